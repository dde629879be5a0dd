"""The Performance dock."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel

from poseviewer.gui.performance_dock import PerformanceDock
from poseviewer.runtime.state import Stats

pytestmark = pytest.mark.gui


@pytest.fixture
def dock(qtbot, bridge):
    made = PerformanceDock(bridge)
    qtbot.addWidget(made)
    return made


def hints(dock):
    return [one for one in dock.findChildren(QLabel) if "open a clip" in one.text()]


def test_empty_says_what_to_do(dock, session):
    dock.show()
    (hint,) = hints(dock)
    assert hint.isVisible()
    session.open("clip.mp4")
    dock.show_state(session.state)
    assert not hint.isVisible()


def test_figures_are_those_of_the_state(dock, session):
    session.open("mannequin:")
    dock.show()
    text = dock.text()
    assert "Source: 30.0 fps" in text
    assert "Network: 29.8 fps" in text
    assert "Age: 11.0 ms" in text
    assert "network: 6.4 ms" in text
    assert "Dropped: 0" in text


def test_a_clip_drops_nothing(dock, session):
    session.open("clip.mp4")
    dock.show()
    assert "Dropped: —" in dock.text()


def test_copy_puts_the_text_on_the_clipboard(qtbot, dock, session):
    session.open("mannequin:")
    dock.show()
    qtbot.mouseClick(dock.copy_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == dock.text()


def test_figures_are_medians_of_the_last_results(dock, session):
    session.open("clip.mp4")
    dock.show()
    answer = session.state.answer
    for network in (0.02, 0.03):
        slower = replace(answer.result, timings={"network": network})
        session.publish(answer=replace(answer, result=slower))
        dock.show_state(session.state)
    assert "network: 20.0 ms" in dock.text()


def test_a_state_that_came_too_soon_is_shown_later(qtbot, dock, session):
    session.open("mannequin:")
    dock.show()
    dock.refresh(session.state)
    session.publish(stats=Stats(source_rate=12.0))
    dock.refresh(session.state)
    assert "12.0 fps" not in dock.text()
    qtbot.waitUntil(lambda: "Source: 12.0 fps" in dock.text())


def test_a_dock_whose_time_has_come_is_drawn_with_the_next_state(qtbot, dock, session):
    session.open("mannequin:")
    dock.show()
    dock.refresh(session.state)
    session.publish(stats=Stats(source_rate=12.0))
    dock.refresh(session.state)
    with qtbot.waitSignal(dock._timer.timeout, timeout=40_000):
        pass
    # As if nothing had been drawn since, however late this is.
    dock._due = True
    session.publish(stats=Stats(source_rate=13.0))
    dock.refresh(session.state)
    assert "Source: 13.0 fps" in dock.text()
