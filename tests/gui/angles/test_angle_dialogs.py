"""The dialogs of angles: definitions of one's own, filters, and saving the plot."""

import csv
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QDialogButtonBox, QFileDialog

from poseviewer.core.angle import AngleSpec, measure
from poseviewer.core.angle_file import own_angles_path, read_angles, write_angles
from poseviewer.core.filters import Filter, parse_filter
from poseviewer.gui.angles.define_dialog import AngleDialog, points_of
from poseviewer.gui.angles.filter_dialog import FilterDialog
from poseviewer.runtime.sections import AngleState, ReadingState

pytestmark = pytest.mark.gui

INSIDE = AngleSpec("inside", ("right_hip", "right_knee", "right_ankle"))


def pick(box, value):
    """Choose an entry as a person would."""
    box.setCurrentIndex(box.findData(value))
    box.activated.emit(box.currentIndex())


def write_name(dialog, text):
    dialog.name.setText(text)
    dialog.name.textEdited.emit(text)


@pytest.fixture
def dialog(qtbot, bridge, session):
    session.open("clip.mp4")
    made = AngleDialog(bridge)
    qtbot.addWidget(made)
    made.show()
    return made


def test_an_angle_is_defined_seen_and_kept(qtbot, dialog, session):
    assert not dialog.keep.isEnabled()
    write_name(dialog, "inside")
    assert dialog.keep.isEnabled()
    result = session.state.result
    shown = measure(result.poses, specs=(INSIDE,), facing="right").degrees[0, 0]
    assert dialog.value.text() == f"{shown:.1f}° on this frame"
    dialog.keep.click()
    assert session.state.angles.custom == (INSIDE,)
    assert read_angles(own_angles_path()) == (INSIDE,)
    assert dialog.list.currentItem().text() == "inside"
    assert dialog.keep.text() == "Change"


def test_four_points_two_points_and_the_midpoints(dialog, session):
    for count, wanted in (
        (4, ("left_hip", "right_hip", "left_shoulder", "right_shoulder")),
        (2, ("neck", "mid_hip")),
    ):
        pick(dialog.form, count)
        assert dialog.spec().points == wanted
        assert [not box.isHidden() for box in dialog.points] == [n < count for n in range(4)]
    offered = [dialog.points[0].itemData(n) for n in range(dialog.points[0].count())]
    assert offered == list(points_of(session.state.model.skeleton))
    assert {"mid_hip", "neck"} <= set(offered)


def test_a_mistake_is_a_sentence_and_cannot_be_kept(dialog):
    write_name(dialog, "trunk")
    assert "called trunk already" in dialog.hint.text()
    assert not dialog.keep.isEnabled()
    write_name(dialog, "mine")
    pick(dialog.points[0], "right_knee")
    assert dialog.hint.text() == "Choose joints that differ."
    assert not dialog.keep.isEnabled()
    assert dialog.value.text() == "No value here"


def test_an_angle_is_changed_and_removed(dialog, session):
    write_name(dialog, "inside")
    dialog.keep.click()
    dialog.offset.setValue(-180)
    pick(dialog.sign, -1)
    write_name(dialog, "flexion")
    dialog.keep.click()
    changed = AngleSpec("flexion", INSIDE.points, -180, -1)
    assert session.state.angles.custom == (changed,)
    dialog.list.setCurrentRow(0)
    assert dialog.name.text() == ""
    dialog.list.setCurrentRow(1)
    assert dialog.spec() == changed
    dialog.remove.click()
    assert session.state.angles.custom == ()
    assert read_angles(own_angles_path()) == ()


def test_joints_that_the_network_lacks_stay_in_the_definition(qtbot, bridge, session):
    toes = AngleSpec("toes", ("right_big_toe", "right_heel"))
    write_angles(own_angles_path(), (toes,))
    session.angles.load()
    session.open("clip.mp4")
    made = AngleDialog(bridge)
    qtbot.addWidget(made)
    made.list.setCurrentRow(1)
    assert made.spec() == toes
    assert "does not find" in made.picture.why


def test_a_broken_file_is_left_alone(qtbot, bridge, session):
    own_angles_path().write_text("[[angle")
    session.angles.load()
    made = AngleDialog(bridge)
    qtbot.addWidget(made)
    write_name(made, "inside")
    assert "correct the file" in made.hint.text()
    assert not made.keep.isEnabled()
    assert own_angles_path().read_text() == "[[angle"


def test_the_picture_is_of_the_angle(qtbot, dialog, session):
    """White is the arc of an angle without a side: there is some, and none without a person."""

    def white():
        image = dialog.picture.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
        return sum(image.pixelColor(x, y).value() > 200 for x in range(0, image.width(), 2)
                   for y in range(0, image.height(), 2))  # fmt: skip

    with_person = white()
    answer = session.state.answer
    nobody = replace(answer.result, poses=answer.result.poses.only(np.array([False])))
    session.publish(answer=replace(answer, result=nobody))
    qtbot.waitUntil(lambda: "once a person is in view" in dialog.picture.why)
    assert white() < with_person


@pytest.fixture
def filters(qtbot, bridge, session):
    session.open("clip.mp4")
    session.analyse()
    made = FilterDialog(bridge)
    qtbot.addWidget(made)
    made.show()
    return made


def test_filters_are_chosen_at_once(filters, session):
    boxes = filters.boxes
    assert boxes["cutoff"].isHidden()
    boxes["kind"].setCurrentIndex(boxes["kind"].findData("butterworth"))
    boxes["order"].setCurrentIndex(boxes["order"].findData(2))
    boxes["cutoff"].setValue(4.5)
    assert parse_filter(session.state.angles.filter) == Filter("butterworth", 2, 4.5)
    assert not boxes["cutoff"].isHidden()
    assert boxes["window"].isHidden()
    assert "order 2 and 4.5 Hz" in filters.note.text()
    boxes["cutoff"].setValue(16)
    assert "needs more than 32 frames a second" in filters.note.text()
    boxes["kind"].setCurrentIndex(boxes["kind"].findData("median"))
    boxes["window"].setValue(8)
    boxes["fill"].setCurrentIndex(boxes["fill"].findData("pchip"))
    boxes["longest"].setValue(0.5)
    made = parse_filter(session.state.angles.filter)
    assert made == Filter("median", window=9, fill="pchip", longest=0.5)


def test_the_live_filter_is_shown_and_can_be_edited(filters, session):
    boxes = filters.boxes
    names, usual = ("min_cutoff", "beta", "d_cutoff"), ReadingState()
    assert [boxes[n].value() for n in names] == [getattr(usual, n) for n in names]
    boxes["smooth"].setChecked(False)
    assert not boxes["beta"].isEnabled()
    boxes["smooth"].setChecked(True)
    assert boxes["beta"].isEnabled()
    boxes["min_cutoff"].setValue(0.8)
    boxes["beta"].setValue(0.5)
    boxes["d_cutoff"].setValue(3)
    assert session.state.reading == ReadingState(
        smooth=True, min_cutoff=0.8, beta=0.5, d_cutoff=3.0
    )


def test_what_is_in_force_is_shown_and_can_be_taken_back(qtbot, bridge, session):
    session.change("angles", filter="hampel,window=7,threshold=2")
    session.change("reading", smooth=False, beta=0.5)
    made = FilterDialog(bridge)
    qtbot.addWidget(made)
    assert made.filter == Filter("hampel", window=7, threshold=2.0)
    assert made.boxes["beta"].value() == 0.5
    buttons = made.findChild(QDialogButtonBox)
    buttons.button(QDialogButtonBox.StandardButton.RestoreDefaults).click()
    assert (session.state.angles, session.state.reading) == (AngleState(), ReadingState())
    assert made.filter.idle


def test_the_shown_range_is_saved(qtbot, clip_window, session, tmp_path):
    window = clip_window
    session.analyse()
    dock = window.docks.angles
    dock.show()
    dock.raise_()
    qtbot.waitUntil(lambda: dock.plot is not None and bool(dock.chosen))
    dock.plot.set_time_range(1.0, 2.0)
    session.change("angles", filter="median,window=3")
    window.actions_by_name["save_curves"].trigger()
    picker = window.findChild(QFileDialog)
    path = tmp_path / "curves.csv"
    picker.fileSelected.emit(str(path))
    picker.done(0)
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert [int(row["frame"]) for row in rows] == list(range(30, 61))
    assert "right_knee_deg (median of 3)" in rows[0]
    assert "trunk_deg" not in rows[0]


def test_a_picture_of_the_plot_stands_alone(qtbot, clip_window, session, tmp_path):
    window = clip_window
    session.analyse()
    dock = window.docks.angles
    dock.show()
    dock.raise_()
    qtbot.waitUntil(lambda: dock.plot is not None and bool(dock.chosen))

    def save(path):
        window.actions_by_name["save_plot"].trigger()
        picker = window.findChild(QFileDialog)
        picker.fileSelected.emit(str(path))
        picker.done(0)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

    save(tmp_path / "plot.png")
    image = QImage(str(tmp_path / "plot.png"))
    # A page, however small the dock is.
    assert image.width() > 1200
    assert image.height() > 460
    assert "Wrote" in session.state.notices[-1].text
    save(tmp_path / "no" / "plot.png")
    assert session.state.notices[-1].level == "error"


def test_a_deletion_is_undone_in_the_file_too(qtbot, clip_window, session):
    session.angles.keep(INSIDE)
    clip_window.actions_by_name["define_angle"].trigger()
    dialog = clip_window.findChild(AngleDialog)
    dialog.list.setCurrentRow(1)
    dialog.remove.click()
    assert read_angles(own_angles_path()) == ()
    dialog.reject()
    undo = clip_window.actions_by_name["undo"]
    qtbot.waitUntil(undo.isEnabled)
    undo.trigger()
    assert session.state.angles.custom == (INSIDE,)
    assert read_angles(own_angles_path()) == (INSIDE,)
