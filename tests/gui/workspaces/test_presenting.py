"""Present: the whole screen, one key each, the tour, the slow replay and the second screen."""

import os
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QApplication, QTabBar, QToolButton

from poseviewer.gui import theme
from poseviewer.gui.joint_maps.subject import first_row
from poseviewer.gui.workspaces import present, tour
from poseviewer.gui.workspaces.bar import OFFERED
from poseviewer.runtime.state import Past

pytestmark = pytest.mark.gui

Key = Qt.Key
DIRECT = Qt.FindChildOption.FindDirectChildrenOnly


def press(qtbot, window, key, modifier=Qt.KeyboardModifier.NoModifier):
    window.activateWindow()
    window.frame_view.setFocus()
    qtbot.keyClick(window.frame_view, key, modifier)


def move_mouse(view):
    at = QPointF(50, 50)
    event = QMouseEvent(
        QEvent.Type.MouseMove, at, view.mapToGlobal(at), Qt.MouseButton.NoButton,
        Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    QApplication.sendEvent(view, event)


@pytest.fixture
def presented(qtbot, clip_window):
    press(qtbot, clip_window, Key.Key_F6)
    yield clip_window
    clip_window.tour.switch(on=False)
    clip_window.workspaces.leave()


def test_nothing_is_on_screen_but_frame_maps_and_angles(qtbot, presented):
    window = presented
    assert window.isFullScreen()
    for part in (window.menuBar(), window.status, window.transport):
        assert not part.isVisible()
    shown = {dock.objectName() for dock in window.docks.all if dock.isVisible()}
    assert shown == {"joint_maps_dock", "figures_dock"}
    assert window.docks.joint_maps.titleBarWidget().sizeHint().height() <= 0
    assert not window.docks.joint_maps.controls.isVisible()
    assert window.frame_view.said("top left") == []
    qtbot.waitUntil(lambda: window.workspaces.settled)
    maps, figures = window.docks.joint_maps, window.docks.figures
    assert maps.width() == window.width()
    assert window.frame_view.width() + figures.width() > 0.98 * window.width()


@pytest.mark.parametrize("key", [Key.Key_Escape, Key.Key_F6, Key.Key_F7, Key.Key_F8, Key.Key_F])
def test_it_is_left_by_each_of_its_keys(qtbot, presented, key):
    press(qtbot, presented, key)
    name = "Measure" if key == Key.Key_F8 else "Inspect"
    assert presented.workspaces.now == name
    assert not presented.isFullScreen()
    assert presented.menuBar().isVisible()
    assert presented.transport.isVisible()
    assert presented.docks.joint_maps.titleBarWidget() is None
    assert not presented.docks.joint_maps.controls.isHidden()
    assert not presented.presenting.bar.isVisible()
    assert not presented.docks.angles.isHidden()
    assert not presented.docks.stages.isHidden()


def test_docks_have_their_tabs_again(qtbot, own_window):
    """Qt leaves bars of tabs that it uses again hidden in a window whose size does not change."""
    own_window.actions_by_name["present"].trigger()
    qtbot.waitUntil(lambda: own_window.workspaces.settled)
    bars = partial(own_window.findChildren, QTabBar, options=DIRECT)
    for bar in bars():
        bar.hide()
    own_window.actions_by_name["inspect"].trigger()
    used = [bar for bar in bars() if bar.count() > 1]
    assert len(used) == 2
    assert all(bar.isVisible() for bar in used)


def test_bar_and_pointer_go_while_the_mouse_rests(qtbot, presented, monkeypatch):
    bar = presented.presenting.bar
    qtbot.mouseMove(presented.frame_view)
    move_mouse(presented.frame_view)
    assert bar.isVisible()
    presented.presenting._idle.start(10)
    qtbot.waitUntil(lambda: not bar.isVisible())
    assert QGuiApplication.overrideCursor().shape() == Qt.CursorShape.BlankCursor
    move_mouse(presented.frame_view)
    assert bar.isVisible()
    assert QGuiApplication.overrideCursor() is None
    assert present.IDLE > 1000


@pytest.mark.parametrize("distance", ["desk", "hall"])
def test_the_bar_covers_nothing(qtbot, presented, distance):
    theme.apply("dark", distance=distance)
    presented.resize(1280, 720)
    bar, docks = presented.presenting.bar, presented.docks
    shown = (presented.frame_view, docks.joint_maps, docks.figures)

    def above_all():
        move_mouse(presented.frame_view)  # it goes while the mouse rests
        beneath = bar.geometry().bottom()
        return all(part.mapTo(presented, QPoint()).y() > beneath for part in shown)

    try:
        qtbot.waitUntil(above_all, timeout=40_000)
        assert bar.height() < 2 * bar.findChildren(QToolButton)[0].height()
        before = presented.frame_view.size()
        presented.presenting._idle.start(10)
        qtbot.waitUntil(lambda: not bar.isVisible())
        assert presented.frame_view.size() == before, "nothing jumps"
        presented.workspaces.leave()
        assert presented.contentsMargins().top() == 0
    finally:
        theme.apply("dark", distance="desk")


def test_the_bar_lies_over_docks_in_the_middle_of_whatever_size(qtbot, presented):
    """Docks are laid out after it has appeared, and the window gets its size still later."""
    bar = presented.presenting.bar
    presented.resize(1600, 500)

    def over_the_middle():
        move_mouse(presented.frame_view)  # it goes while the mouse rests
        middle = abs(bar.geometry().center().x() - presented.rect().center().x()) < 3
        above = presented.childAt(bar.geometry().topRight() + QPoint(-4, 8))
        return middle and above is not None and (above is bar or bar.isAncestorOf(above))

    qtbot.waitUntil(over_the_middle, timeout=40_000)


def test_the_bar_names_keys_and_does_what_they_do(qtbot, presented):
    bar = presented.presenting.bar
    buttons = bar.findChildren(QToolButton)
    assert len(buttons) == len(OFFERED)
    assert any("Tab" in button.text() for button in buttons)
    bar.appear()
    assert presented.rect().contains(bar.geometry())
    mirror, joint = (
        next(button for button in buttons if word in button.text()) for word in ("Mirror", "Joint")
    )
    # A clip is shown as it is.
    assert not mirror.isEnabled()
    maps = presented.docks.joint_maps
    before = maps.row
    qtbot.mouseClick(joint, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: maps.row != before)
    leave = buttons[-1]
    assert leave.text() == "Leave   Esc"
    qtbot.mouseClick(leave, Qt.MouseButton.LeftButton)
    assert presented.workspaces.now == "Inspect"
    assert not presented.isFullScreen()


def test_stages_play_while_the_frame_stands_still(qtbot, presented, session):
    maps = presented.docks.joint_maps
    qtbot.waitUntil(lambda: maps.animated)
    session.play()
    qtbot.waitUntil(lambda: not maps.animated)
    session.pause()
    qtbot.waitUntil(lambda: maps.animated)
    presented.workspaces.leave()
    assert not maps.animated


def test_the_joint_is_named_and_nothing_else_is_said(qtbot, presented, session):
    view = presented.frame_view
    session.change("display", overlay_stage=3, overlay_channel=10)
    qtbot.waitUntil(lambda: view.said("bottom left") == ["Right wrist"])
    # Nothing else changes while a clip stands still, so one change must do.
    with qtbot.waitSignal(presented.bridge.changed):
        session.change("display", overlay_channel=1)
    assert view.said("bottom left") == ["Right knee"]
    presented.open("mannequin:")
    qtbot.waitUntil(lambda: "demo" not in " ".join(view.said("bottom right")))
    presented.workspaces.leave()
    # What was shown before presenting comes back: no map.
    qtbot.waitUntil(lambda: session.state.display.overlay_stage is None)
    session.change("display", overlay_stage=3, overlay_channel=1)
    qtbot.waitUntil(lambda: view.said("bottom left")[:1] == ["map: r knee, stack 4"])


def test_next_stage_and_next_network(qtbot, clip_window, session):
    session.change("display", overlay_stage=2, overlay_channel=4)
    for stage in (3, 0, 1):
        press(qtbot, clip_window, Key.Key_D)
        display = session.state.display
        assert (display.overlay_stage, display.overlay_channel) == (stage, 4)
    for name in ("cpm-lite", "hourglass-lite"):
        press(qtbot, clip_window, Key.Key_F9)
        assert session.state.network.model == name


def test_the_tour_shows_joint_after_joint_until_a_key(qtbot, presented, session):
    press(qtbot, presented, Key.Key_F5)
    assert presented.tour.active
    qtbot.waitUntil(presented.actions_by_name["tour"].isChecked)
    seen = [session.state.display.overlay_channel]
    for _ in range(16):
        presented.tour._timer.timeout.emit()
        seen.append(session.state.display.overlay_channel)
    assert seen == [*range(16), 0]
    playing = session.state.playback.playing
    press(qtbot, presented, Key.Key_Space)
    assert not presented.tour.active
    assert not presented.actions_by_name["tour"].isChecked()
    assert session.state.playback.playing == playing
    press(qtbot, presented, Key.Key_Space)
    assert session.state.playback.playing != playing
    press(qtbot, presented, Key.Key_F5)
    press(qtbot, presented, Key.Key_Escape)
    assert not presented.tour.active
    assert presented.workspaces.presenting
    assert tour.PAUSE >= 2000


@pytest.mark.parametrize("playing", [False, True])
def test_the_last_seconds_of_a_clip_are_replayed_slowly(qtbot, clip_window, session, playing):
    session.seek(200)
    if playing:
        session.play()
    press(qtbot, clip_window, Key.Key_Z)
    assert clip_window.context.slow_replay.active
    playback = session.state.playback
    assert (playback.index, playback.speed, playback.playing) == (110, 0.25, True)
    qtbot.waitUntil(lambda: clip_window.transport.speed.currentData() == 0.25)
    session.show(150)
    qtbot.wait(1)
    assert clip_window.context.slow_replay.active
    session.show(200)
    qtbot.waitUntil(lambda: not clip_window.context.slow_replay.active)
    playback = session.state.playback
    assert (playback.index, playback.speed, playback.playing) == (200, 1.0, playing)


def test_a_replay_stops_at_its_key_and_stays_at_a_pause(qtbot, clip_window, session):
    session.seek(200)
    press(qtbot, clip_window, Key.Key_Z)
    press(qtbot, clip_window, Key.Key_Z)
    assert (session.state.playback.index, session.state.playback.speed) == (200, 1.0)
    press(qtbot, clip_window, Key.Key_Z)
    with qtbot.waitSignal(clip_window.bridge.changed):
        session.show(130)
    press(qtbot, clip_window, Key.Key_Space)
    qtbot.waitUntil(lambda: not clip_window.context.slow_replay.active)
    assert (session.state.playback.index, session.state.playback.speed) == (130, 1.0)


def test_a_replay_keeps_to_the_marks(qtbot, clip_window, session):
    session.mark(180, 220)
    session.seek(200)
    press(qtbot, clip_window, Key.Key_Z)
    assert session.state.playback.index == 180
    press(qtbot, clip_window, Key.Key_Z)


def test_a_feed_is_replayed_and_live_again(qtbot, window, session):
    window.open("camera:0")
    session.show(400)
    qtbot.waitUntil(window.actions_by_name["slow_replay"].isEnabled)
    press(qtbot, window, Key.Key_Z)
    assert session.state.past is not None
    assert session.state.playback.speed == 0.25
    assert session.state.playback.index == 311
    session.show(400)
    qtbot.waitUntil(lambda: session.state.past is None)
    assert session.state.playback.playing
    assert session.state.playback.speed == 1.0


def test_a_frozen_feed_stays_frozen_after_its_replay(qtbot, window, session):
    window.open("camera:0")
    session.show(400)
    qtbot.waitUntil(window.actions_by_name["slow_replay"].isEnabled)
    session.pause()
    numbers = np.arange(200, 401)
    session.publish(past=Past(numbers, numbers / 30, 0))
    session.seek(350)
    press(qtbot, window, Key.Key_Z)
    assert session.state.playback.index == 260
    session.show(350)
    qtbot.waitUntil(lambda: not window.context.slow_replay.active)
    assert session.state.past is not None
    assert (session.state.playback.index, session.state.playback.playing) == (350, False)


def test_without_another_screen_the_output_is_a_window(qtbot, clip_window, session):
    window = clip_window
    for dock in window.docks.all:
        dock.hide()
    qtbot.waitUntil(lambda: session.wanted == frozenset())
    press(qtbot, window, Key.Key_F6, Qt.KeyboardModifier.ShiftModifier)
    output = window.screens.output
    assert output.isVisible()
    assert not output.isFullScreen()
    assert window.actions_by_name["second_screen"].isChecked()
    qtbot.waitUntil(lambda: output.frame_view.frame is session.state.frame)
    assert output.frame_view.scene is not None
    qtbot.waitUntil(lambda: session.wanted == frozenset(range(4)))
    qtbot.waitUntil(lambda: len(output.maps.facts) == 4)
    # The joint that the operator sees, although the program would choose another one now.
    maps = window.docks.joint_maps
    maps._picked = maps._picked[0], 3
    session.seek(7)
    qtbot.waitUntil(lambda: output.maps.row == first_row(session.state.model.stages, 3))
    assert output.maps.animated
    session.seek(42)
    qtbot.waitUntil(lambda: output.frame_view.frame.index == 42)
    output.activateWindow()
    qtbot.keyClick(output, Key.Key_Space)
    assert session.state.playback.playing
    qtbot.keyClick(output, Key.Key_Escape)
    qtbot.waitUntil(lambda: window.screens.output is None)
    assert not window.actions_by_name["second_screen"].isChecked()
    qtbot.waitUntil(lambda: session.wanted == frozenset())


TWO_SCREENS = """
import json, sys, tempfile
from pathlib import Path
from PySide6.QtCore import QEventLoop
from PySide6.QtGui import QGuiApplication
from poseviewer.gui.app import application, make_window
from poseviewer.gui.settings import Settings
from tests.gui.fake_session import FakeSession

app = application()
window = make_window(Settings(Path(sys.argv[1])), start=FakeSession)
window.resize(900, 700)
waiting = QEventLoop()
window.ready.connect(waiting.quit)
window.show()
waiting.exec()
window.open("/videos/walk.mp4")
window.screens.show_output(True)
app.processEvents()
output, screens = window.screens.output, QGuiApplication.screens()
found = [
    len(screens),
    output.screen() is screens[1],
    output.geometry() == screens[1].geometry(),
    output.isFullScreen(),
    window.docks.stages.isVisible(),
]
window.close()
app.processEvents()
sys.stdout.write(json.dumps(found + [window.screens.output is None]))
"""


def test_another_screen_is_filled(tmp_path):
    (tmp_path / "screens.json").write_text(
        '{"screens": [{"name": "desk", "x": 0, "y": 0, "width": 1280, "height": 800},'
        ' {"name": "hall", "x": 1280, "y": 0, "width": 1920, "height": 1080}]}'
    )
    run = subprocess.run(
        [sys.executable, "-c", TWO_SCREENS, str(tmp_path / "window.ini")],
        env={
            **os.environ,
            "QT_QPA_PLATFORM": f"offscreen:configfile={tmp_path / 'screens.json'}",
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert run.stdout.endswith("[2, true, true, true, true, true]")
