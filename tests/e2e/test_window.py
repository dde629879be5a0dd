"""A real clip in the real window: stepped, compared, laid over, exported, opened again."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PySide6.QtCore import Qt

from poseviewer.draw.primitives import MapLayer
from poseviewer.gui.app import make_window, snapshot
from poseviewer.gui.dialogs.export import ExportDialog
from poseviewer.gui.settings import Settings
from poseviewer.pipeline.run import run
from poseviewer.runtime.factories import follower, load_network
from poseviewer.runtime.state import AppState
from poseviewer.video.open import open_source
from tests.waiting import no_new_threads

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from poseviewer.core.result import FrameResult
    from poseviewer.gui.window.window import Window

pytestmark = [pytest.mark.gui, pytest.mark.slow]

# The whole frame: there a frame alone has the joints of the same frame in a sequence.
STATE = AppState().choosing(model="hourglass-lite", region="whole", engine="torch")
COUNT = 12


@pytest.fixture(scope="module")
def clip(shared: Path) -> str:
    return str(shared / "videos" / "squat.mp4")


@pytest.fixture(scope="module")
def sequential(clip: str) -> list[FrameResult]:
    """The first frames as one pass from the start gives them, without a window."""
    loaded = load_network(STATE.network)
    with open_source(clip) as source:
        pairs = run(source, loaded.estimator(STATE.reading), follower(STATE.reading), end=COUNT - 1)
        return [result for _, result in pairs]


@pytest.fixture
def window(qtbot: QtBot, qapp: object, tmp_path: Path, clip: str) -> Iterator[Window]:
    settings = Settings(tmp_path / "window.ini")
    settings.save_state(STATE)
    with no_new_threads():
        made = make_window(settings)
        made.resize(1280, 800)
        with qtbot.waitSignal(made.ready):
            made.show()
        made.open(clip)
        qtbot.waitUntil(lambda: made.frame_view.scene is not None)
        yield made
        made.close()
        made.deleteLater()
        gc.collect()


def arrive(qtbot: QtBot, window: Window, index: int) -> FrameResult:
    """Wait until frame `index` is shown with its analysis."""

    def there() -> bool:
        shown = window.frame_view.frame
        return shown is not None and shown.index == index and window.frame_view.scene is not None

    qtbot.waitUntil(there)
    result = window.bridge.session.state.result
    assert result is not None
    return result


def press(qtbot: QtBot, window: Window, key: Qt.Key) -> None:
    window.frame_view.setFocus()
    qtbot.keyClick(window.frame_view, key)


def test_stepping_gives_what_one_pass_gives(
    qtbot: QtBot, window: Window, sequential: list[FrameResult]
) -> None:
    def same(index: int) -> None:
        result = arrive(qtbot, window, index)
        expected = sequential[index]
        shown = window.frame_view.frame
        assert shown is not None
        assert np.array_equal(shown.pixels, expected.frame.pixels)
        assert shown.time == expected.frame.time
        np.testing.assert_allclose(result.poses.xy, expected.poses.xy, atol=1e-3)
        np.testing.assert_allclose(result.angles.degrees, expected.angles.degrees, atol=1e-2)

    same(0)
    for index in (1, 2, 3):
        press(qtbot, window, Qt.Key.Key_Right)
        same(index)
    for index in (2, 1):
        press(qtbot, window, Qt.Key.Key_Left)
        same(index)
    press(qtbot, window, Qt.Key.Key_End)
    arrive(qtbot, window, 613)
    window.bridge.session.seek(COUNT - 1)
    same(COUNT - 1)
    press(qtbot, window, Qt.Key.Key_Comma)
    same(COUNT - 2)


def test_a_stage_is_laid_over_the_picture(qtbot: QtBot, window: Window) -> None:
    def laid_over() -> bool:
        scene = window.frame_view.scene
        return scene is not None and any(isinstance(item, MapLayer) for item in scene.items)

    press(qtbot, window, Qt.Key.Key_1)
    qtbot.waitUntil(laid_over)
    press(qtbot, window, Qt.Key.Key_H)
    qtbot.waitUntil(lambda: not laid_over())


def test_the_marked_range_is_exported_and_opened_again(
    qtbot: QtBot, window: Window, sequential: list[FrameResult], tmp_path: Path
) -> None:
    session, output = window.bridge.session, tmp_path / "out.mp4"
    for index, key in ((3, Qt.Key.Key_I), (8, Qt.Key.Key_O)):
        window.bridge.session.seek(index)
        arrive(qtbot, window, index)
        press(qtbot, window, key)
    qtbot.waitUntil(lambda: (session.state.playback.start, session.state.playback.end) == (3, 8))
    press(qtbot, window, Qt.Key.Key_E)
    dialog = window.findChild(ExportDialog)
    assert isinstance(dialog, ExportDialog)
    dialog.output.setText(str(output))
    dialog.overlay.setChecked(False)
    dialog.accept()

    def ended() -> bool:
        progress = session.state.export
        return progress is not None and progress.finished

    qtbot.waitUntil(ended)
    qtbot.waitUntil(lambda: "out.mp4" in window.notices.text)
    with open_source(str(output)) as again:
        assert len(again) == 6
        for place in range(6):
            frame, wanted = again.read(place), sequential[3 + place].frame
            # Coded anew: alike, not the same; another frame would differ by more.
            assert np.abs(frame.pixels.astype(int) - wanted.pixels).mean() < 4
            spent = frame.time.exact - again.time(0).exact
            meant = wanted.time.exact - sequential[3].frame.time.exact
            assert abs(float(spent - meant)) < 1e-3


def test_a_file_that_is_no_video_is_told_and_the_clip_stays(
    qtbot: QtBot, window: Window, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video at all")
    window.open(str(broken))
    qtbot.waitUntil(lambda: "broken.mp4" in window.notices.text)
    assert window.stack.currentWidget() is window.frame_view


def test_a_picture_of_the_window_needs_no_display(qapp: object, clip: str, tmp_path: Path) -> None:
    path = tmp_path / "window.png"
    snapshot(
        path,
        location="mannequin-clip:320x240@30x12",
        changes={"engine": "torch"},
        size=(1000, 700),
    )
    from PySide6.QtGui import QImage

    image = QImage(str(path))
    assert (image.width(), image.height()) == (1000, 700)
    colours = {image.pixelColor(x, y).name() for x in range(0, 1000, 9) for y in range(0, 700, 9)}
    assert len(colours) > 50


def test_the_demo_says_what_it_is_and_is_not_remembered_as_a_file(qtbot, tmp_path):
    settings = Settings(tmp_path / "window.ini")
    window = make_window(settings, changes={"engine": "torch"})
    qtbot.addWidget(window)
    window.show()
    window.open("mannequin:")
    view = window.frame_view
    qtbot.waitUntil(lambda: any("demo" in text for text in view.said("bottom right")))
    assert not settings.recent
    window.close()
