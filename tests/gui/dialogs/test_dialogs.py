"""The dialogs: what is asked becomes what is done."""

import numpy as np
import pytest
import shiboken6
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QDialogButtonBox

from poseviewer.core.look import Look
from poseviewer.gui.dialogs.camera import CameraDialog
from poseviewer.gui.dialogs.export import ExportDialog
from poseviewer.gui.dialogs.go_to import GoToDialog, parse_place
from poseviewer.gui.dialogs.shortcuts import ShortcutsDialog
from poseviewer.gui.transport.reach import Reach
from poseviewer.runtime.jobs import ExportJob
from poseviewer.runtime.state import CameraChoice, Playback, SourceInfo, WriterInfo
from tests.dots import STAGES

TIMES = np.arange(300) / 30


@pytest.fixture
def export(qtbot, tmp_path):
    source = SourceInfo("walk.mp4", str(tmp_path / "walk.mp4"), (640, 480), 30.0, False, TIMES)
    made = ExportDialog(
        source=source,
        transport=Playback(start=10, end=40),
        look=Look(overlay_stage=2),
        folder=str(tmp_path),
        writers=[
            *(WriterInfo(name, name) for name in ("csv", "json", "mot", "trc", "trc-m", "people")),
            WriterInfo("nwb", "NWB", ("pynwb",)),
        ],
        stages=STAGES,
        curves="median of 5",
    )
    qtbot.addWidget(made)
    return made


def ok(dialog):
    """The button that accepts the dialog."""
    (box,) = dialog.findChildren(QDialogButtonBox)
    accepts = QDialogButtonBox.ButtonRole.AcceptRole
    (found,) = [one for one in box.buttons() if box.buttonRole(one) == accepts]
    return found


def test_motion_files_and_the_filter_that_goes_into_them(export):
    assert "median" not in export.summary.text()
    export.data["mot"].setChecked(True)
    export.data["trc"].setChecked(True)
    assert export.job().data == ("mot", "trc")
    assert "Curves: median of 5" in export.summary.text()


def test_data_of_an_earlier_stage_and_in_metres(export):
    assert not export.data["nwb"].isEnabled()
    assert "pynwb" in export.data["nwb"].toolTip()
    export.data["trc-m"].setChecked(True)
    assert "height of the person" in export.summary.text()
    assert not ok(export).isEnabled()
    export.choice.height_m.setValue(1.75)
    assert ok(export).isEnabled()
    texts = [export.choice.stage.itemText(row) for row in range(export.choice.stage.count())]
    assert texts == ["stage 3, the last", "stage 2", "stage 1"]
    assert export.job().data_stage is None
    export.choice.stage.setCurrentIndex(2)
    job = export.job()
    assert (job.data, job.data_stage, job.height) == (("trc-m",), 0, 1.75)


def test_the_export_job_is_what_was_asked(qtbot, export, tmp_path):
    export.data["csv"].setChecked(True)
    export.audio.setChecked(False)
    assert export.job().smooth
    export.smooth.setChecked(False)
    with qtbot.waitSignal(export.chosen) as got:
        export.accept()
    assert got.args[0] == ExportJob(
        output=tmp_path / "walk_pose.mp4",
        start=10,
        end=40,
        look=Look(overlay_stage=2),
        overlay=True,
        data=("csv",),
        audio=False,
        smooth=False,
        replace=False,
    )


def test_the_whole_clip_and_a_bare_picture(export):
    export.whole.click()
    export.overlay.setChecked(False)
    export.data["json"].setChecked(True)
    job = export.job()
    assert (job.start, job.end, job.overlay, job.data) == (0, 299, False, ("json",))
    assert export.summary.text().startswith("300 frames, 0:09.967")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda d: d.start.setValue(100), "before"),
        (lambda d: d.output.setText("/no/such/folder/x.mp4"), "does not exist"),
        (lambda d: d.output.setText(""), "Give a file name"),
        (lambda d: d.output.setText(d.output.text().replace("_pose", "")), "the clip itself"),
    ],
)
def test_what_cannot_be_written_is_refused_with_a_reason(export, change, reason):
    change(export)
    assert not ok(export).isEnabled()
    assert reason in export.summary.text()


def test_a_file_that_exists_is_announced(export, tmp_path):
    (tmp_path / "walk_pose.mp4").touch()
    export.output.setText(str(tmp_path / "x.mp4"))
    assert "is replaced" not in export.summary.text()
    export.output.setText(str(tmp_path / "walk_pose.mp4"))
    assert "before it is replaced" in export.summary.text()


def test_the_window_exports(clip_window, session, tmp_path):
    clip_window.actions_by_name["export"].trigger()
    dialog = clip_window.findChild(ExportDialog)
    dialog.output.setText(str(tmp_path / "out.mp4"))
    dialog.accept()
    name, job = session.calls[-1]
    assert name == "export"
    assert job.output == tmp_path / "out.mp4"
    assert job.look == session.state.look


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("200", 200),
        (" 0 ", 0),
        ("0:05", 150),
        ("0:05.001", 150),
        ("5s", 150),
        ("5,5s", 165),
        ("0:00:05.5", 165),
        ("50%", 150),
        ("100%", 299),
    ],
)
def test_places_are_understood(text, index):
    assert parse_place(text, times=TIMES) == index


@pytest.mark.parametrize("text", ["", "x", "300", "-1", "1:00", "200%", "1:x", "%"])
def test_places_that_are_none_are_told(text):
    with pytest.raises(ValueError, match=r"frame|clip"):
        parse_place(text, times=TIMES)


@given(st.integers(0, 299))
def test_the_time_of_a_frame_leads_to_it(index):
    assert parse_place(f"{TIMES[index]:.6f}s", times=TIMES) == index


def test_go_to_goes(qtbot):
    dialog = GoToDialog(Reach(TIMES), position=5)
    qtbot.addWidget(dialog)
    dialog.place.setText("nowhere")
    dialog.place.textEdited.emit("nowhere")
    assert not ok(dialog).isEnabled()
    dialog.place.setText("0:01")
    with qtbot.waitSignal(dialog.chosen) as got:
        dialog.accept()
    assert got.args == [30]


def test_a_camera_is_chosen_with_size_and_rate(qtbot):
    dialog = CameraDialog(
        [CameraChoice("camera:0", "Lens"), CameraChoice("camera:2", "Other")], mirror=True
    )
    qtbot.addWidget(dialog)
    assert dialog.location() == "camera:0"
    dialog.camera.setCurrentIndex(1)
    dialog.size_choice.setCurrentIndex(2)
    dialog.rate.setCurrentIndex(2)
    with qtbot.waitSignal(dialog.chosen) as got:
        dialog.accept()
    assert got.args == ["camera:2@1280x720@30", True]


def test_no_camera_is_told(qtbot):
    dialog = CameraDialog([])
    qtbot.addWidget(dialog)
    assert not ok(dialog).isEnabled()


def test_every_shortcut_is_listed_and_can_be_searched(qtbot, window):
    window.actions_by_name["shortcuts"].trigger()
    dialog = window.findChild(ShortcutsDialog)
    rows = [
        dialog.list.topLevelItem(a).child(b)
        for a in range(dialog.list.topLevelItemCount())
        for b in range(dialog.list.topLevelItem(a).childCount())
    ]
    assert len(rows) == len(window.actions_by_name)
    dialog.search.setText("snap")
    assert [row.text(0) for row in rows if not row.isHidden()] == ["Snapshot"]
    dialog.reject()


@pytest.fixture
def formed(qtbot, tmp_path, clip_window, session):
    """The dialog over a frame with stages, as the window opens it."""
    clip_window.actions_by_name["export"].trigger()
    dialog = clip_window.findChild(ExportDialog)
    dialog.output.setText(str(tmp_path / "out.mp4"))
    yield dialog
    if shiboken6.isValid(dialog):
        dialog.reject()
    qtbot.waitUntil(lambda: clip_window.findChild(ExportDialog) is None)


def test_a_composed_clip_is_asked_for_and_previewed(formed):
    form = formed.form
    form.layout_.setCurrentIndex(form.layout_.findData("portrait"))
    assert "the network runs for each frame" in formed.summary.text()
    composite = formed.job().composite
    assert (composite.layout, composite.size) == ("portrait", (1080, 1920))
    formed.preview.draw()
    pixmap = formed.preview.pixmap()
    assert pixmap.height() > pixmap.width()
    form.size_.setCurrentText("200x100")
    assert not ok(formed).isEnabled()
    assert "180" in formed.summary.text()
    form.size_.setCurrentText("720x1280")
    assert ok(formed).isEnabled()
    assert "720" in formed.summary.text()


def test_the_format_gives_the_file_its_ending(formed, tmp_path):
    form = formed.form
    assert "network" not in formed.summary.text()
    form.format.setCurrentIndex(form.format.findData(".gif"))
    assert formed.job().output == tmp_path / "out.gif"
    assert not form.quality.isEnabled()
    form.format.setCurrentIndex(form.format.findData("%06d.png"))
    assert formed.job().output == tmp_path / "out" / "%06d.png"
    assert ok(formed).isEnabled()
    form.format.setCurrentIndex(form.format.findData(".webm"))
    assert formed.job().output == tmp_path / "out.webm"


def test_the_stages_of_the_frame_on_screen(formed, session):
    form = formed.form
    form.layout_.setCurrentIndex(form.layout_.findData("forming"))
    job = formed.job()
    here = session.state.shown[0].index
    assert (job.start, job.end, job.forming, job.composite) == (here, here, 1, None)
    assert not form.speed.isEnabled()
    assert formed.summary.text().startswith("1 frame")


def test_rate_and_speed_are_numbers(formed):
    form = formed.form
    form.rate.setCurrentText("29.97")
    form.speed.setCurrentIndex(form.speed.findData("1/4"))
    job = formed.job()
    assert (float(job.rate), float(job.speed)) == (29.97, 0.25)
    form.rate.setCurrentText("fast")
    assert not ok(formed).isEnabled()


def test_choices_are_there_again_the_next_time(qtbot, clip_window, session, tmp_path, formed):
    formed.form.layout_.setCurrentIndex(formed.form.layout_.findData("side"))
    formed.form.format.setCurrentIndex(formed.form.format.findData(".mkv"))
    formed.data["csv"].setChecked(True)
    formed.accept()
    qtbot.waitUntil(lambda: clip_window.findChild(ExportDialog) is None)
    clip_window.actions_by_name["export"].trigger()
    again = clip_window.findChild(ExportDialog)
    assert again.form.layout_.currentData() == "side"
    assert again.job().output.suffix == ".mkv"
    assert again.job().data == ("csv",)
    again.reject()
    qtbot.waitUntil(lambda: clip_window.findChild(ExportDialog) is None)
