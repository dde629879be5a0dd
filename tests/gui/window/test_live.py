"""A live source in the window: running, frozen, gone back in."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt

from poseviewer.gui.dialogs.export import exportable
from poseviewer.gui.dialogs.go_to import GoToDialog, parse_place
from poseviewer.gui.frame.hud import hud_lines
from poseviewer.gui.transport.reach import Reach, reach
from poseviewer.runtime.state import Past
from tests.gui.find import button

pytestmark = pytest.mark.gui
Key = Qt.Key


@pytest.fixture
def live(qtbot, window, session):
    """A camera that has run for 400 frames."""
    window.open("camera:0")
    session.show(400)
    qtbot.waitUntil(lambda: window.actions_by_name["toggle"].text() == "Freeze")
    session.calls.clear()
    return window


@pytest.fixture
def frozen(qtbot, live):
    """The same, frozen: frames 311 to 400 are kept."""
    qtbot.keyClick(live, Key.Key_Space)
    qtbot.waitUntil(lambda: live.transport.live.text().startswith("FROZEN"))
    return live


def test_what_is_live_says_so_and_keeps_the_place_of_the_timeline(live):
    bar = live.transport
    assert bar.timeline.isVisible()
    assert not bar.timeline.isEnabled()
    assert not bar.go_live.isVisible()
    assert not button(bar, "step_back").isVisible()
    assert live.actions_by_name["toggle"].text() == "Freeze"


def test_a_mirrored_camera_is_seen_mirrored_and_a_clip_is_not(qtbot, live, session, tmp_path):
    view = live.frame_view

    def swapped():
        return view.viewport.to_view(3, 5)[0] > view.viewport.to_view(30, 5)[0]

    assert not swapped()
    live.actions_by_name["mirror"].trigger()
    qtbot.waitUntil(swapped)
    # What is saved is what the camera sees.
    session.snapshot(tmp_path / "s.png", (view.frame, None))
    saved = cv2.imread(str(tmp_path / "s.png"))[..., ::-1]
    assert np.array_equal(saved, view.frame.pixels)
    live.open("/videos/walk.mp4")
    qtbot.waitUntil(lambda: not swapped())
    assert session.state.display.mirror


def test_docks_that_show_the_frame_mirror_it_too(qtbot, live):
    docks = live.docks
    views = [
        (docks.compare, docks.compare.pair.first),
        (docks.compare, docks.compare.pair.second),
        (docks.what_if, docks.what_if.view),
        (docks.springs, docks.springs.pair.first),
    ]
    live.actions_by_name["mirror"].trigger()
    for dock, view in views:
        dock.show()
        dock.raise_()
        qtbot.waitUntil(lambda view=view: bool(view.frame and view.viewport.mirrored))


def test_frozen_says_how_far_back_and_offers_the_way_on(qtbot, frozen, session):
    bar = frozen.transport
    assert bar.live.text() == "FROZEN  \N{MINUS SIGN}0.0 s"
    assert bar.timeline.isEnabled()
    assert bar.timeline.maximum() == 89
    assert bar.go_live.isVisible()
    assert bar.go_live.text() == "●  Go live"
    assert button(bar, "replay").isVisible()
    assert not button(bar, "toggle").isVisible()
    qtbot.keyClick(frozen, Key.Key_Home)
    qtbot.waitUntil(lambda: bar.live.text() == "FROZEN  \N{MINUS SIGN}3.0 s")
    assert bar.timeline.value() == 0
    assert "frame 311" in bar.readout.accessibleDescription()
    assert any("frozen \N{MINUS SIGN}3.0 s" in line for line in hud_lines(session.state))
    qtbot.mouseClick(bar.go_live, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bar.live.text() == "●  LIVE")
    assert session.state.past is None


@pytest.mark.parametrize(
    ("key", "modifier", "index"),
    [
        (Key.Key_Left, "NoModifier", 399),
        (Key.Key_Left, "ControlModifier", 390),
        (Key.Key_Home, "NoModifier", 311),
        (Key.Key_PageUp, "NoModifier", 391),
    ],
)
def test_going_back_freezes_first(qtbot, live, session, key, modifier, index):
    qtbot.keyClick(live, key, getattr(Qt.KeyboardModifier, modifier))
    assert session.state.past is not None
    assert session.state.frame.index == index


@pytest.mark.parametrize(
    ("key", "index"),
    [(Key.Key_Right, 351), (Key.Key_End, 400), (Key.Key_PageDown, 359), (Key.Key_Comma, 349)],
)
def test_keys_move_in_the_past_by_its_own_numbers(qtbot, frozen, session, key, index):
    session.seek(350)
    qtbot.waitUntil(lambda: frozen.transport.timeline.value() == 39)
    qtbot.keyClick(frozen, key)
    assert session.state.frame.index == index


def test_the_timeline_seeks_by_the_numbers_of_the_feed(frozen, session):
    frozen.transport.timeline.sought.emit(10)
    assert session.state.playback.index == 321


def test_marks_lie_where_they_belong(qtbot, frozen, session):
    session.mark(320, 350)
    mark = button(frozen.transport, "mark_in")
    qtbot.waitUntil(lambda: mark.accessibleDescription() == "frame 320")
    source, playback = exportable(session.state)
    assert (playback.start, playback.end) == (9, 39)
    assert source.count == 90
    assert not source.live
    assert source.times[0] == 0


def test_a_feed_that_runs_is_not_exported(live, session):
    assert exportable(session.state) is None
    assert not live.actions_by_name["export"].isEnabled()
    assert not live.actions_by_name["analyse"].isEnabled()


def test_shuttle_goes_back_from_live_and_stops_at_the_oldest(qtbot, live, session):
    qtbot.keyClick(live, Key.Key_J)
    assert session.state.past is not None
    session.seek(312)
    qtbot.waitUntil(lambda: not live.context.shuttle.backwards)
    assert session.state.frame.index == 311


def test_replay_is_played_and_stopped(qtbot, live, session):
    qtbot.keyClick(live, Key.Key_Space, Qt.KeyboardModifier.ShiftModifier)
    assert session.state.playback.playing
    qtbot.waitUntil(lambda: live.transport.live.text().startswith("REPLAY"))
    assert live.actions_by_name["replay"].text() == "Stop the replay"


def test_the_curve_has_a_marker_where_one_stands(qtbot, frozen, session):
    dock = frozen.docks.angles
    dock.raise_()
    for index in range(380, 401):
        session.note(index, sequential=True)
    session.seek(390)
    at = pytest.approx(390 / 30, abs=0.02)
    qtbot.waitUntil(lambda: dock.plot is not None and dock.plot.cursor_time == at)


def test_the_curve_reaches_as_far_back_as_one_can_go(qtbot, frozen, session):
    dock = frozen.docks.angles
    dock.raise_()
    span = dock.controls.span
    span.setCurrentIndex(span.findText("last 5 s"))
    numbers = np.arange(200, 401)
    session.publish(past=Past(numbers, numbers / 30, 0))
    for index in (200, 400):
        session.note(index, sequential=True)
    session.seek(200)
    qtbot.waitUntil(lambda: dock.plot is not None and dock.plot.time_range[0] <= 200 / 30)


PAST = Past(np.arange(311, 401), np.arange(311, 401) / 30, 0)


@pytest.mark.parametrize(
    ("typed", "position"),
    [("311", 0), ("400", 89), ("-1s", 59), ("\N{MINUS SIGN}0.5s", 74), ("11s", 19), ("50%", 44)],
)
def test_places_in_the_past(typed, position):
    assert parse_place(typed, times=PAST.seconds, past=PAST) == position


@pytest.mark.parametrize("typed", ["310", "401", "2s", "-9s"])
def test_places_that_are_not_kept_are_said(typed):
    with pytest.raises(ValueError, match="The past"):
        parse_place(typed, times=PAST.seconds, past=PAST)


def test_go_to_speaks_of_the_past(qtbot):
    dialog = GoToDialog(Reach(PAST.seconds, PAST), position=59)
    qtbot.addWidget(dialog)
    assert dialog.place.text() == "370"
    assert dialog.hint.text() == "frame 370, 0:12.333, \N{MINUS SIGN}1.0 s"
    with qtbot.waitSignal(dialog.chosen) as chosen:
        dialog.accept()
    assert chosen.args == [370]


def test_there_is_nowhere_to_go_where_nothing_is_open(session):
    assert reach(session.state) is None
