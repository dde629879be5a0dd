"""The Notes dock and the keys for key frames."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog

from poseviewer.core.affine import Box
from poseviewer.core.annotation import NO_ANNOTATIONS, KeyFrame
from poseviewer.gui.dialogs.ask_text import TextDialog
from poseviewer.runtime.pose_crops import PoseCrop


@pytest.fixture
def dock(clip_window):
    made = clip_window.docks.notes
    made.show()
    made.raise_()
    QApplication.processEvents()
    return made


def rows(dock):
    QApplication.processEvents()
    items = (dock.list.topLevelItem(n) for n in range(dock.list.topLevelItemCount()))
    return [tuple(item.text(column) for column in range(3)) for item in items]


def do(window, name):
    QApplication.processEvents()
    window.actions_by_name[name].trigger()


def test_key_frames_are_marked_listed_and_gone_to(dock, clip_window, session):
    for frame in (60, 15):
        session.seek(frame)
        do(clip_window, "key_frame")
    assert rows(dock) == [("15", "0:00.500", ""), ("60", "0:02.000", "")]
    assert clip_window.transport.timeline._key_frames == (15, 60)
    assert session.state.undo == "frame 15 a key frame"
    do(clip_window, "next_key_frame")
    assert session.state.playback.index == 60
    do(clip_window, "next_key_frame")
    assert session.state.playback.index == 60
    do(clip_window, "previous_key_frame")
    assert session.state.playback.index == 15
    dock.list.setCurrentItem(dock.list.topLevelItem(1))
    assert session.state.playback.index == 60
    do(clip_window, "key_frame")
    assert rows(dock) == [("15", "0:00.500", "")]
    session.undo()
    assert len(rows(dock)) == 2


def test_rows_that_can_be_seen_show_their_frames(qtbot, dock, session):
    for frame, grey in ((0, 40), (60, 200)):
        box = Box.whole((32, 18))
        session.crops[frame] = PoseCrop(box, box, np.full((18, 32, 3), grey, np.uint8))
    frames = tuple(range(0, 90, 3))
    key_frames = tuple(KeyFrame(frame) for frame in frames)
    session.annotate("many", replace(NO_ANNOTATIONS, key_frames=key_frames))

    def shade(frame):
        row = dock.list.findItems(str(frame), Qt.MatchFlag.MatchExactly)[0]
        colour = row.icon(0).pixmap(dock.list.iconSize()).toImage().pixelColor(8, 8)
        return colour.red() if colour.alpha() else None

    qtbot.waitUntil(lambda: dock.list.topLevelItemCount() == len(frames))
    qtbot.waitUntil(lambda: shade(0) == 40)
    assert session.pictured == frames[: len(session.pictured)] != frames
    assert shade(60) is None
    dock.list.scrollToItem(dock.list.topLevelItem(frames.index(60)))
    qtbot.waitUntil(lambda: shade(60) == 200)
    dock.hide()
    qtbot.waitUntil(lambda: session.pictured == ())


def test_comments_are_written_in_the_list_and_in_a_dialog(dock, clip_window, session):
    session.seek(30)
    do(clip_window, "key_comment")
    (dialog,) = clip_window.findChildren(TextDialog)
    dialog.line.setPlainText("deepest\npoint")
    dialog.accept()
    assert session.state.annotations.comment(30) == "deepest\npoint"
    assert rows(dock) == [("30", "0:01.000", "deepest point")]
    dock.list.topLevelItem(0).setText(2, "lowest")
    assert session.state.annotations.comment(30) == "lowest"
    assert session.state.undo == "comment on frame 30"


def test_notes_are_one_step_while_they_are_typed(dock, session):
    dock.notes.setFocus()
    QTest.keyClicks(dock.notes, "left knee ")
    assert session.state.annotations.notes == "left knee"
    assert dock.notes.toPlainText() == "left knee "
    QTest.keyClicks(dock.notes, "hurts")
    assert session.state.annotations.notes == "left knee hurts"
    while session.state.annotations.notes:
        session.undo()
    QApplication.processEvents()
    assert dock.notes.toPlainText() == ""


def test_another_clip_has_notes_of_its_own(dock, clip_window, session):
    session.annotate("", replace(NO_ANNOTATIONS, notes="first", key_frames=(KeyFrame(3),)))
    assert len(rows(dock)) == 1
    clip_window.open("/videos/run.mp4")
    assert rows(dock) == []
    assert dock.notes.toPlainText() == ""
    assert session.state.annotations == NO_ANNOTATIONS


def test_a_contact_sheet_is_asked_for(dock, clip_window, session, tmp_path):
    action = clip_window.actions_by_name["contact_sheet"]
    assert not action.isEnabled()
    assert "key frame" in action.toolTip()
    do(clip_window, "key_frame")
    do(clip_window, "contact_sheet")
    (picker,) = clip_window.findChildren(QFileDialog)
    assert picker.defaultSuffix() == "pdf"
    picker.fileSelected.emit(str(tmp_path / "sheet.pdf"))
    picker.reject()
    assert session.calls[-1] == ("contact_sheet", tmp_path / "sheet.pdf")


def test_a_live_source_has_none(dock, clip_window, session):
    clip_window.open("camera:0")
    QApplication.processEvents()
    assert "record it" in dock.why_empty(session.state)
    assert not clip_window.actions_by_name["key_frame"].isEnabled()
    QTest.keyClick(clip_window, Qt.Key.Key_K, Qt.KeyboardModifier.ShiftModifier)
    assert session.state.annotations == NO_ANNOTATIONS
