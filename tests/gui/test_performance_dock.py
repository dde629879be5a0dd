"""The Performance dock."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication

from poseviewer.gui.performance_dock import PerformanceDock

pytestmark = pytest.mark.gui


@pytest.fixture
def dock(qtbot, bridge):
    made = PerformanceDock(bridge)
    qtbot.addWidget(made)
    return made


def test_empty_says_what_to_do(dock):
    dock.show()
    assert "open a clip or a camera" in dock._empty.text()
    assert dock._empty.isVisible()


def test_figures_are_those_of_the_view(dock, session):
    session.open("mannequin:")
    dock.show()
    text = dock.text()
    assert "Source: 30.0 fps" in text
    assert "Network: 29.8 fps" in text
    assert "Age: 11.0 ms" in text
    assert "network: 6.4 ms" in text
    assert "Dropped: 0" in text
    assert not dock._empty.isVisible()


def test_a_clip_drops_nothing(dock, session):
    session.open("clip.mp4")
    dock.show()
    assert "Dropped: —" in dock.text()


def test_copy_puts_the_text_on_the_clipboard(qtbot, dock, session):
    session.open("mannequin:")
    dock.show()
    qtbot.mouseClick(dock.copy_button, Qt.MouseButton.LeftButton)
    assert QGuiApplication.clipboard().text() == dock.text()


def test_the_longest_hop_fills_its_bar(dock, session):
    session.open("clip.mp4")
    dock.show()
    shares = {hop: bar._share for hop, (bar, _) in dock._rows.items()}
    assert shares["network"] == 1.0
    assert shares["crop"] == pytest.approx(0.0004 / 0.0064)


def test_hidden_it_does_no_work(dock, session, monkeypatch):
    calls = []
    monkeypatch.setattr(dock, "show_view", calls.append)
    session.open("clip.mp4")
    dock.refresh(session.view())
    assert calls == []
    dock.show()
    assert len(calls) == 1


def test_a_view_that_came_too_soon_is_shown_later(qtbot, dock, session):
    session.open("mannequin:")
    dock.show()
    dock.refresh(session.view())
    session.publish(stats=type(session.view().stats)(source_rate=12.0))
    dock.refresh(session.view())
    assert "12.0 fps" not in dock.text()
    qtbot.waitUntil(lambda: "Source: 12.0 fps" in dock.text())
