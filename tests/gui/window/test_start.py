"""The first start: the start page with its pictures and questions, and the tour."""

import os
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from poseviewer.core.frame import Frame, Timestamp
from poseviewer.gui.window.questions import QUESTIONS, QUESTIONS_CLIP
from poseviewer.gui.window.thumbnails import SIZE, Thumbnails, is_path
from poseviewer.gui.window.tour import TOUR_CLIP, WALK, Tour


def frame(colour=(200, 30, 40), size=(300, 900)):
    return Frame(np.full((*size, 3), colour, np.uint8), 0, Timestamp(0, Fraction(1)))


@pytest.fixture
def thumbnails(tmp_path, qapp):
    made = Thumbnails(folder=tmp_path / "small")
    yield made
    made.close()


def loaded(qtbot, thumbnails, location):
    with qtbot.waitSignal(thumbnails.loaded) as got:
        thumbnails.load([location])
    return got.args


def test_a_picture_is_stored_and_loaded_again(qtbot, tmp_path, thumbnails):
    clip = tmp_path / "walk.mp4"
    clip.touch()
    thumbnails.store(str(clip), frame())
    location, image, there = loaded(qtbot, thumbnails, str(clip))
    assert (location, there) == (str(clip), True)
    assert image.size() == SIZE
    assert image.pixelColor(160, 90).red() == pytest.approx(200, abs=6)


def test_a_missing_file_keeps_its_picture_and_is_said_to_be_gone(qtbot, thumbnails):
    thumbnails.store("/gone/walk.mp4", frame())
    _, image, there = loaded(qtbot, thumbnails, "/gone/walk.mp4")
    assert not there
    assert not image.isNull()
    assert loaded(qtbot, thumbnails, "rtsp://camera/1")[1:] == [QImage(), True]


def test_only_so_many_are_stored(qtbot, thumbnails, monkeypatch):
    monkeypatch.setattr("poseviewer.gui.window.thumbnails._MOST", 3)
    for number in range(6):
        thumbnails.store(f"/clips/{number}.mp4", frame())
    assert not loaded(qtbot, thumbnails, "/clips/5.mp4")[1].isNull()
    assert len(list(thumbnails.path("").parent.glob("*.jpg"))) == 3


def test_a_stored_picture_that_is_none_of_ours_is_not_shown(qtbot, thumbnails):
    thumbnails.store("/a.mp4", frame())
    assert not loaded(qtbot, thumbnails, "/a.mp4")[1].isNull()
    QImage(900, 900, QImage.Format.Format_RGB32).save(str(thumbnails.path("/a.mp4")))
    assert loaded(qtbot, thumbnails, "/a.mp4")[1].isNull()
    thumbnails.path("/a.mp4").write_bytes(b"\xff\xd8 nothing")
    assert loaded(qtbot, thumbnails, "/a.mp4")[1].isNull()


@pytest.mark.parametrize(
    ("location", "path"),
    [("/a/b.mp4", True), ("camera:0", False), ("https://x/y", False), ("mannequin:", False)],
)
def test_what_is_a_file(location, path):
    assert is_path(location) == path


def test_the_clip_that_was_shown_gets_a_card_with_its_picture(qtbot, own_window):
    own_window.open("/videos/walk.mp4")
    qtbot.waitUntil(lambda: own_window.frame_view.frame is not None)
    with qtbot.waitSignal(
        own_window.thumbnails.loaded, check_params_cb=lambda *a: not a[1].isNull()
    ):
        own_window.actions_by_name["close_source"].trigger()
    card = own_window.welcome.card("/videos/walk.mp4")
    assert not card.there
    assert "not there" in card.accessibleName()
    assert card.isVisible()
    with qtbot.waitSignal(own_window.welcome.chosen) as got:
        card.click()
    assert got.args == ["/videos/walk.mp4"]


@pytest.mark.parametrize("number", range(len(QUESTIONS)))
def test_a_question_opens_the_demo_at_its_frame_with_its_joint(qtbot, window, session, number):
    question = QUESTIONS[number]
    buttons = {one.text(): one for one in window.welcome.findChildren(QPushButton)}
    session.count = 410
    buttons[question.text].click()
    qtbot.waitUntil(lambda: window.notices.text == question.answer)
    assert session.state.source.location == QUESTIONS_CLIP
    assert QUESTIONS_CLIP not in window.settings.recent
    assert session.state.shown[1].frame.index == question.frame
    spec = session.state.model.stages[session.state.display.overlay_stage]
    assert spec.channels[session.state.display.overlay_channel] == question.joint
    assert session.state.display.overlay_stage == len(session.state.model.stages) - 1


@pytest.fixture
def tour(qtbot, window, session):
    session.count = 1230
    window.actions_by_name["introduction"].trigger()
    (made,) = window.findChildren(Tour)
    qtbot.waitUntil(made.callout.isVisible)
    yield made
    for left in window.findChildren(Tour):
        left.end()
    window.actions_by_name["close_source"].trigger()


def test_the_tour_points_at_four_real_parts_over_a_walk(qtbot, window, session, tour):
    qtbot.waitUntil(lambda: session.state.source is not None)
    assert session.state.source.location == TOUR_CLIP
    qtbot.waitUntil(lambda: session.state.playback.index == WALK)
    assert window.settings.toured
    seen = []
    for number in range(1, 5):
        target = tour.step.target()
        assert not target.visibleRegion().isEmpty()
        part = tour.step.part(target)
        around = tour.outline.geometry().adjusted(3, 3, -3, -3)
        assert around.topLeft() == target.mapTo(window, part.topLeft())
        assert window.rect().contains(tour.callout.geometry())
        assert tour.callout.count.text() == f"{number} of 4"
        seen.append(tour.step.title)
        QTest.keyClick(tour.callout.next, Qt.Key.Key_Space)
    assert len(set(seen)) == 4
    qtbot.waitUntil(lambda: not window.findChildren(Tour))


@pytest.mark.parametrize(("workspace", "shown"), [("inspect", "joint_maps"), ("measure", "stages")])
def test_the_tour_begins_at_what_the_workspace_shows(window, workspace, shown):
    window.actions_by_name[workspace].trigger()
    window.actions_by_name["introduction"].trigger()
    (made,) = window.findChildren(Tour)
    assert made.step.target() is getattr(window.docks, shown)
    made.end()
    window.actions_by_name["inspect"].trigger()
    window.actions_by_name["close_source"].trigger()


@pytest.mark.parametrize("way", ["skip", "escape"])
def test_the_tour_can_be_left_at_once(qtbot, window, tour, way):
    if way == "skip":
        tour.callout.skip.click()
    else:
        QTest.keyClick(tour.callout.next, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not window.findChildren(Tour))


def test_the_callout_hides_nothing_that_it_points_at(window, tour):
    tour.go_on()
    assert not tour.callout.geometry().intersects(tour.outline.geometry().adjusted(4, 4, -4, -4))
    window.resize(900, 640)
    tour.place()
    assert window.rect().contains(tour.callout.geometry())


_FIRST_PAINT = """
import os, sys
from pathlib import Path
from PySide6.QtCore import QEvent, QObject
from poseviewer.gui.app import application, make_window
from poseviewer.gui.settings import Settings

class Painted(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            late = ("cv2", "av", "torch", "openvino", "poseviewer.gui.window.docks")
            dialogs = [name for name in sys.modules if name.startswith("poseviewer.gui.dialogs.")]
            print(sorted({*late, "poseviewer.gui.dialogs.export"} & {*sys.modules}), flush=True)
            print(len(dialogs) < 8, watched.docks is None, flush=True)
            os._exit(0)
        return False

app = application()
window = make_window(Settings(Path(sys.argv[1])))
painted = Painted()
window.installEventFilter(painted)
window.show()
app.exec()
"""


def test_what_is_heavy_comes_after_the_first_paint(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", _FIRST_PAINT, str(tmp_path / "window.ini")],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )
    assert done.stdout.split("\n")[:2] == ["[]", "True True"]


def test_docks_show_no_controls_while_nothing_is_open(qtbot, window):
    docks = window.docks
    window.actions_by_name["inspect"].trigger()
    docks.angles.raise_()
    parts = docks.joint_maps.controls, docks.angles.controls, docks.angles.list
    qtbot.waitUntil(lambda: not any(part.isVisible() for part in parts))
    window.open("/videos/walk.mp4")
    qtbot.waitUntil(lambda: all(part.isVisible() for part in parts))
