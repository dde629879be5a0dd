"""Correcting on the frame: joints are dragged, said to be something, and given back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from poseviewer.core.correction import NONE
from poseviewer.core.pose import Mark

JOINT = 9


@pytest.fixture
def correcting(clip_window, session):
    """A window in which joints are corrected."""
    clip_window.actions_by_name["correct"].trigger()
    assert clip_window.actions_by_name["correct"].isChecked()
    return clip_window


def point(window, joint=JOINT, row=0) -> QPoint:
    view = window.frame_view
    xy = window.bridge.session.state.shown[1].shown.xy[row, joint].tolist()
    return QPointF(*view.viewport.to_view(*xy)).toPoint()


def entry(menu, text):
    return next(one for one in menu.actions() if one.text() == text)


def marks(session):
    return session.state.result.poses.marks()[0]


def test_a_joint_is_dragged_undone_and_done_again(qtbot, correcting, session):
    view, start = correcting.frame_view, point(correcting)
    end = start + QPoint(30, -18)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(view, end)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=end)
    result = session.state.result
    wanted = view.viewport.to_frame(end.x(), end.y())
    # Another joint may lie on the same point; one was moved there.
    (moved,) = [n for n, mark in enumerate(marks(session)) if mark == Mark.MOVED]
    assert result.shown.xy[0, moved].tolist() == pytest.approx(wanted, abs=0.01)
    assert session.state.undo.endswith("moved")
    undo, redo = (correcting.actions_by_name[name] for name in ("undo", "redo"))
    qtbot.waitUntil(undo.isEnabled)
    undo.trigger()
    assert session.state.corrections == NONE
    qtbot.waitUntil(redo.isEnabled)
    redo.trigger()
    assert session.state.result.poses.marks()[0, moved] == Mark.MOVED


def test_a_click_beside_every_joint_moves_nothing(correcting, session):
    view = correcting.frame_view
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(6, view.height() - 6))
    assert session.state.corrections == NONE


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("It is right", Mark.ACCEPTED),
        ("It is hidden", Mark.OCCLUDED),
        ("It is wrong", Mark.WRONG),
        ("It is not there", Mark.ABSENT),
    ],
)
def test_the_menu_says_what_a_joint_is(correcting, session, text, mark):
    menu = correcting.frame_view.tool.menu(QPointF(point(correcting)))
    assert not entry(menu, "As the network said").isEnabled()
    entry(menu, text).trigger()
    menu.deleteLater()
    (said,) = [n for n, one in enumerate(marks(session)) if one == mark]
    session.correcting.reset(0, [said])
    assert session.state.corrections == NONE


def test_a_joint_that_is_away_is_put_back(correcting, session):
    session.correcting.mark(0, JOINT, "wrong")
    menu = correcting.frame_view.tool.menu(QPointF(5, 5))
    put = next(one.menu() for one in menu.actions() if one.text() == "Put a joint here")
    put.actions()[0].trigger()
    menu.deleteLater()
    assert marks(session)[JOINT] == Mark.MOVED


def test_the_sides_of_a_person_are_swapped_and_history_goes_back(correcting, session):
    menu = correcting.frame_view.tool.menu(QPointF(point(correcting)))
    swap = next(one.menu() for one in menu.actions() if one.text() == "Swap left and right")
    entry(swap, "In this frame").trigger()
    menu.deleteLater()
    assert (marks(session) == Mark.SWAPPED).any()
    correcting.showing.refresh()
    first = correcting.menus._steps.actions()[-1]
    assert first.text() == "As it was opened"
    first.trigger()
    assert session.state.corrections == NONE
    assert session.state.redo


def test_esc_ends_it_and_a_playing_clip_is_paused(correcting, session):
    correcting.actions_by_name["leave"].trigger()
    assert not correcting.actions_by_name["correct"].isChecked()
    session.play()
    correcting.actions_by_name["correct"].trigger()
    assert not session.state.playback.playing


def test_a_live_source_is_frozen_first(qtbot, window, session):
    window.open("camera:0")
    qtbot.waitUntil(lambda: session.state.shown[1] is not None)
    correct = window.actions_by_name["correct"]
    qtbot.waitUntil(correct.isEnabled)
    correct.trigger()
    assert correct.isChecked()
    qtbot.waitUntil(lambda: session.state.past is not None)
    assert "frozen" in session.state.notices[-1].text
    correct.trigger()


def test_the_network_s_own_skeleton_can_be_drawn(correcting, session):
    session.correcting.place(0, JOINT, (3.0, 4.0))
    for said in ("corrected", "network", "both"):
        session.change("display", said=said)
        correcting.showing.refresh()
        lines = correcting.frame_view.said("bottom left")
        assert any("as the network said" in line for line in lines) == (said == "network")
        scene = correcting.frame_view.scene
        dots = [item for item in scene.items if type(item).__name__ == "Dot"]
        there = any(abs(dot.centre[0] - 3) + abs(dot.centre[1] - 4) < 0.1 for dot in dots)
        assert there == (said != "network"), said
