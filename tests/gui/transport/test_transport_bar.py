"""The bar below the picture."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QToolButton

from tests.gui.find import button

pytestmark = pytest.mark.gui


@pytest.fixture
def bar(clip_window):
    bare(clip_window)
    return clip_window.transport


def bare(window):
    """Give the bar the whole width of the window."""
    for dock in window.docks.all:
        dock.hide()


def text(bar):
    return bar.readout.accessibleDescription()


def test_time_and_frame_are_true(qtbot, clip_window, session, bar):
    session.seek(200)
    qtbot.waitUntil(lambda: text(bar) == "0:06.667 / 0:09.967   frame 200 / 299")
    assert bar.timeline.value() == 200


def test_the_timeline_seeks(qtbot, session, bar):
    bar.timeline.sought.emit(77)
    assert session.state.playback.index == 77


def test_speed_is_chosen_and_shown(qtbot, clip_window, session, bar):
    bar.speed.setCurrentIndex(0)
    bar.speed.activated.emit(0)
    assert session.state.playback.speed == 0.1
    session.set_speed(4.0)
    qtbot.waitUntil(lambda: bar.speed.currentData() == 4.0)
    session.set_speed(1.3)
    qtbot.waitUntil(lambda: bar.speed.currentText() == "1.3×")  # noqa: RUF001


def test_marks_say_where_they_are(qtbot, clip_window, session, bar):
    clip_window.resize(1900, 900)
    session.mark(60, 120)
    qtbot.waitUntil(lambda: button(bar, "mark_in").text() == "in 0:02.000")
    assert button(bar, "mark_out").text() == "out 0:04.000"


def test_play_becomes_pause(qtbot, clip_window, session, bar):
    session.play()
    qtbot.waitUntil(lambda: clip_window.actions_by_name["toggle"].text() == "Pause")
    session.pause()
    qtbot.waitUntil(lambda: clip_window.actions_by_name["toggle"].text() == "Play")


def test_live_hides_what_does_not_apply(qtbot, clip_window, bar):
    assert bar.timeline.isVisible()
    assert not bar.live.isVisible()
    clip_window.open("camera:0")
    qtbot.waitUntil(bar.live.isVisible)
    assert not bar.timeline.isEnabled()
    assert not bar.speed.isVisible()
    assert not button(bar, "export").isVisible()
    assert button(bar, "toggle").isVisible()
    clip_window.open("/videos/walk.mp4")
    qtbot.waitUntil(bar.timeline.isVisible)


@pytest.mark.parametrize("width", [1000, 1280, 1600, 2560])
def test_nothing_is_squeezed(qtbot, clip_window, session, bar, width):
    session.mark(60, 120)
    clip_window.resize(width, 800)
    qtbot.waitUntil(lambda: clip_window.width() == width)
    shown = [one for one in bar.findChildren(QToolButton) if one.isVisible()]
    qtbot.waitUntil(lambda: all(b.width() >= b.minimumSizeHint().width() for b in shown))
    if width >= 1600:
        qtbot.waitUntil(lambda: bar.readout.width() >= bar.readout.sizeHint().width())
        icon_only = Qt.ToolButtonStyle.ToolButtonIconOnly
        qtbot.waitUntil(lambda: button(bar, "mark_in").toolButtonStyle() != icon_only)


def test_the_number_of_the_frame_is_seen_in_the_narrowest_row(qtbot, clip_window, bar):
    """From afar, in Measure, there is room for neither marks nor words."""
    clip_window.resize(1280, 720)
    clip_window.actions_by_name["measure"].trigger()
    clip_window.appearance.choose_distance("hall")
    try:
        export, readout = button(bar, "export"), bar.readout
        qtbot.waitUntil(lambda: readout.width() >= readout.sizeHint().width())
        qtbot.waitUntil(lambda: readout.geometry().right() < export.geometry().left())
        assert text(bar).split()[-1].isdigit()
    finally:
        clip_window.appearance.choose_distance("desk")
        clip_window.actions_by_name["inspect"].trigger()


@pytest.mark.parametrize("width", [1280, 2560])
def test_a_photo_has_nothing_to_play(qtbot, window, session, width):
    bar = window.transport
    bare(window)
    window.resize(width, 800)
    session.count = 1
    window.open("/photos/one.jpg")
    qtbot.waitUntil(lambda: not bar.timeline.isVisible())
    shown = [one for one in bar.findChildren(QToolButton) if one.isVisible()]
    names = {one.defaultAction().objectName() for one in shown if one.defaultAction()}
    assert names == {"snapshot", "export"}
    assert not bar.speed.isVisible()
    assert not bar.timeline.isVisible()
    for name in (
        "toggle",
        "step_forward",
        "step_back",
        "first",
        "last",
        "loop",
        "mark_in",
        "go_to",
    ):
        assert not window.actions_by_name[name].isEnabled(), name
    session.count = 300
    window.open("/videos/walk.mp4")
    qtbot.waitUntil(lambda: button(bar, "toggle").isVisible() and bar.timeline.isVisible())
    assert bar.speed.isVisible()
