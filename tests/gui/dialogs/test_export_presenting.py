"""Presenter's things in the export dialog: what is asked becomes the job, and is previewed."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from PySide6.QtWidgets import QDialogButtonBox

from poseviewer.core.beside import Beside
from poseviewer.core.look import Look
from poseviewer.core.pose import Mark
from poseviewer.core.timeline import Freeze, Slow
from poseviewer.draw.halves import Halves
from poseviewer.gui.dialogs.encoder_choice import EncoderChoice
from poseviewer.gui.dialogs.export import ExportDialog
from poseviewer.runtime.beside_look import BesideLook
from poseviewer.runtime.state import AppState, Playback, SourceInfo
from tests.dots import CARD, SIZE, STAGES, DotsClip, loader

COUNT = 30


@pytest.fixture
def shown():
    """A frame and what the network finds in it."""
    from poseviewer.core.stage import Request
    from poseviewer.pipeline.run import run
    from poseviewer.runtime.factories import follower

    state = AppState()
    loaded = loader()(state.network)
    (pair,) = run(
        DotsClip(COUNT), loaded.estimator(state.reading), follower(state.reading),
        request=Request(), start=12, end=12,
    )  # fmt: skip
    return pair


@pytest.fixture
def asked():
    """Every asker that a dialog made."""
    return []


@pytest.fixture
def source(tmp_path):
    """The clip that is open."""
    clip = DotsClip(COUNT)
    times = np.array([clip.time(index).seconds for index in range(COUNT)])
    return SourceInfo("dots.mp4", str(tmp_path / "dots.mp4"), SIZE, 25.0, False, times)


@pytest.fixture
def dialog(qtbot, tmp_path, shown, asked, source):

    def ask(notify):
        state = AppState().choosing()
        asked.append(BesideLook(loader(), lambda _: DotsClip(8), lambda: state, notify))
        return asked[-1]

    from poseviewer.runtime.factories import model_info

    made = ExportDialog(
        source=source,
        transport=Playback(),
        look=Look(overlay_stage=2),
        folder=str(tmp_path),
        writers=[],
        stages=STAGES,
        shown=shown,
        angles=(("left knee", "right knee"), ()),
        models=(replace(model_info(CARD), trained=True),),
        ask=ask,
    )
    qtbot.addWidget(made)
    yield made
    made.reject()
    for asker in asked:
        for thread in asker.close():
            thread.join()


def ok(dialog):
    (box,) = dialog.findChildren(QDialogButtonBox)
    return box.button(QDialogButtonBox.StandardButton.Save)


def pixels(dialog):
    """The preview as an array."""
    dialog.preview.draw()
    image = dialog.preview.pixmap().toImage().convertToFormat(image_format())
    bits = np.frombuffer(image.constBits(), np.uint8)
    return bits.reshape(image.height(), image.bytesPerLine())[:, : image.width() * 3].astype(int)


def image_format():
    from PySide6.QtGui import QImage

    return QImage.Format.Format_RGB888


def test_what_is_on_the_screen_is_drawn_unless_told_otherwise(dialog):
    assert dialog.job().look == Look(overlay_stage=2)
    assert dialog.job().captions == ()


def test_everything_that_can_be_drawn_is_asked_for_and_previewed(dialog):
    before = pixels(dialog)
    drawing = dialog.drawing
    drawing.drawn.choose(["skeleton", "uncertainty", "region_outline", "corrections"])
    drawing.texts.choose(["time", "legend", "figures"])
    drawing.arcs.choose(["left knee"])
    drawing.map_.setCurrentIndex(drawing.map_.findText("left wrist"))
    drawing.stage.setCurrentIndex(1)
    drawing.ghost.setCurrentIndex(1)
    drawing.lines.setValue(2.0)
    drawing.letters.setValue(0.5)
    job = dialog.job()
    assert job.look == Look(
        region_outline=True, uncertainty=True, numbers=False, drawings=False, arcs=("left knee",),
        ghost=0, overlay_stage=1, overlay_channel=STAGES[1].channels.index("left_wrist"),
    )  # fmt: skip
    assert job.captions == ("figures", "time", "legend")
    assert (job.line_width, job.text_size) == (2.0, 0.5)
    after = pixels(dialog)
    assert np.abs(after - before).max() > 100
    drawing.map_.setCurrentIndex(0)
    assert dialog.job().look.overlay_stage is None
    assert not drawing.stage.isEnabled()


def test_a_range_is_slowed_down(dialog):
    length = dialog.summary.text()
    dialog.times.add_slow.click()
    (row,) = dialog.times.findChildren(type(dialog.times._rows[0]))
    assert row.start.value() == 12
    row.end.setValue(20)
    row.speed.setCurrentIndex(row.speed.findData("1/4"))
    dialog.times.interpolate.setChecked(True)
    job = dialog.job()
    assert job.slow == (Slow(12, 20, Fraction(1, 4)),)
    assert job.interpolate
    assert dialog.summary.text() != length
    dialog.times.add_slow.click()
    assert not ok(dialog).isEnabled()
    assert "overlap" in dialog.summary.text()
    dialog.times._rows[-1].removed.emit()
    assert ok(dialog).isEnabled()
    dialog.start.setValue(25)
    assert "does not lie within" in dialog.summary.text()


def test_a_frame_stands_still_under_its_title(dialog):
    before = pixels(dialog)
    dialog.times.add_freeze.click()
    row = dialog.times._rows[0]
    row.seconds.setValue(2.5)
    row.title.setText("Knees out")
    row.stages.setChecked(True)
    assert dialog.job().freezes == (Freeze(12, Fraction(5, 2), "Knees out", stages=True),)
    after = pixels(dialog)
    height = len(after)
    changed = np.abs(after - before)
    assert changed[height // 2 :].max() > 100
    assert changed[: height // 2].max() == 0
    row.frame.setValue(3)
    assert np.abs(pixels(dialog) - before).max() == 0
    dialog.end.setValue(2)
    assert "Frame 3 cannot stand still" in dialog.summary.text()
    dialog.form.format.setCurrentIndex(dialog.form.format.findData("%06d.png"))
    assert "need a clip" in dialog.summary.text()


def test_another_network_stands_beside(qtbot, dialog, asked):
    alone = pixels(dialog)
    dialog.beside.kind.setCurrentIndex(1)
    assert dialog.job().beside == Beside(network="dots")
    dialog.preview.draw()
    qtbot.waitUntil(lambda: asked[0].answer is not None)
    both = pixels(dialog)
    assert both.shape[1] / both.shape[0] > 1.6 * alone.shape[1] / alone.shape[0]
    left, right = both[:, : both.shape[1] // 2], both[:, both.shape[1] // 2 :]
    width = min(left.shape[1], right.shape[1])
    assert np.abs(left[60:, :width] - right[60:, -width:]).mean() < 40
    width, height = Halves.of(SIZE, SIZE).size
    qtbot.waitUntil(lambda: f"{width}×{height}" in dialog.summary.text())  # noqa: RUF001


def test_another_clip_stands_beside(qtbot, dialog, asked, tmp_path):
    dialog.beside.kind.setCurrentIndex(2)
    assert "Choose the clip" in dialog.summary.text()
    dialog.beside.path.setText(str(tmp_path / "none.mp4"))
    assert "does not exist" in dialog.summary.text()
    assert not ok(dialog).isEnabled()
    (tmp_path / "b.mp4").touch()
    dialog.beside.path.setText(str(tmp_path / "b.mp4"))
    dialog.beside.offset.setValue(-0.5)
    assert dialog.job().beside == Beside(clip=str(tmp_path / "b.mp4"), offset=Fraction(-1, 2))
    dialog.preview.draw()
    qtbot.waitUntil(lambda: asked[0].answer is not None)
    seen = asked[0].answer.seen
    # Frame 12 comes before the other clip begins.
    assert (seen.frame.index, seen.note) == (0, "begins later")


def test_encoders_that_work_are_offered_and_named(qtbot):
    found = {"mp4": ["qsv", "vaapi"], "webm": []}
    choice = EncoderChoice(SIZE, search=lambda form, size: found[form] if size == SIZE else [])
    qtbot.addWidget(choice)
    choice.show_form("mp4")
    assert choice.count() == 2
    choice.show()
    qtbot.waitUntil(lambda: choice.count() == 4)
    assert choice.itemText(0) == "Automatic (Intel Quick Sync)"
    assert [choice.itemData(at) for at in range(4)] == ["auto", "software", "qsv", "vaapi"]
    choice.setCurrentIndex(3)
    assert choice.encoder == "vaapi"
    choice.show_form("webm")
    qtbot.waitUntil(lambda: choice.count() == 2)
    assert choice.itemText(0) == "Automatic (software)"
    assert choice.encoder == "auto"
    assert "No hardware encoder works here" in choice.toolTip()
    choice.show_form("")
    assert not choice.isEnabled()
    choice.stop()


def test_what_the_screen_says_is_not_stored(dialog):
    """Else one export with ellipses would give all later ones some that the screen has not."""
    shown = dialog.drawing.drawn.names
    dialog.drawing.drawn.choose((*shown, "uncertainty", "region_outline"))
    stored = dialog.stored()
    dialog.drawing.drawn.choose(shown)
    dialog._restore(stored)
    assert dialog.job().look == Look(overlay_stage=2)


def test_choices_of_drawing_are_stored(qtbot, dialog):
    dialog.drawing.texts.choose(["time"])
    dialog.drawing.letters.setValue(1.5)
    stored = dialog.stored()
    assert stored["captions"] == ["time"]
    dialog.drawing.texts.choose([])
    dialog.drawing.letters.setValue(1.0)
    dialog._restore(stored)
    assert dialog.job().captions == ("time",)
    assert dialog.job().text_size == 1.5


@pytest.mark.parametrize("said", ["corrected", "network", "both"])
def test_the_export_of_a_corrected_clip_asks_which_skeleton(qtbot, source, shown, tmp_path, said):
    frame, result = shown
    xy = result.poses.xy.copy()
    xy[0, 3] += 25
    marks = np.zeros(result.poses.score.shape, np.int8)
    marks[0, 3] = Mark.MOVED
    moved = replace(result.poses, xy=xy, corrected=marks)
    corrected = replace(result, poses=moved, smoothed=None, network=result.poses)
    made = ExportDialog(
        source=source, transport=Playback(), look=Look(said=said), folder=str(tmp_path),
        writers=[], stages=STAGES, shown=(frame, corrected), said=result, corrected="1 joint",
    )  # fmt: skip
    qtbot.addWidget(made)
    assert made.people.currentData() == said
    assert made.job().corrected == (said != "network")
    assert made.job().look.said == said
    pictures = {}
    for row in range(made.people.count()):
        made.people.setCurrentIndex(row)
        pictures[made.people.currentData()] = pixels(made)
    for one, other in (("corrected", "network"), ("corrected", "both"), ("network", "both")):
        assert np.abs(pictures[one] - pictures[other]).max() > 60, (one, other)


def test_where_nothing_is_corrected_there_is_nothing_to_choose(dialog):
    assert not dialog.people.isEnabled()
    assert dialog.job().corrected
