"""Fixtures of the window's tests; every one of them must leave no widget and no thread behind."""

from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from poseviewer.gui.bridge import Bridge
from poseviewer.gui.settings import Settings
from poseviewer.gui.window.window import Window
from tests.gui.fake_session import FakeSession

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot


@pytest.fixture(autouse=True)
def no_leaks(qapp: QApplication) -> Iterator[None]:
    """Fail a test that leaves a top-level widget or a thread."""
    widgets = set(QApplication.topLevelWidgets())
    threads = set(threading.enumerate())
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    left = [w for w in QApplication.topLevelWidgets() if w not in widgets]
    assert not left, f"widgets left behind: {left}"
    alive = [t for t in threading.enumerate() if t not in threads and t.is_alive()]
    assert not alive, f"threads left behind: {alive}"


@pytest.fixture
def bridge(qapp: QApplication) -> Iterator[Bridge]:
    """A bridge over a fake session with nothing open."""
    made = Bridge(FakeSession)
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def session(bridge: Bridge) -> FakeSession:
    """The fake session under `bridge`."""
    made = bridge.session
    assert isinstance(made, FakeSession)
    return made


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings in a file of the test's own."""
    return Settings(tmp_path / "window.ini")


@pytest.fixture
def window(qtbot: QtBot, bridge: Bridge, settings: Settings) -> Iterator[Window]:
    """The whole window, docks and all, with nothing open."""
    made = Window(bridge, settings)
    made.resize(1280, 800)
    with qtbot.waitSignal(made.ready):
        made.show()
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture
def clip_window(qtbot: QtBot, window: Window, session: FakeSession) -> Window:
    """The window with a clip of 300 frames open, at frame 0."""
    window.open("/videos/walk.mp4")
    qtbot.waitUntil(lambda: window.frame_view.scene is not None)
    session.calls.clear()
    return window
