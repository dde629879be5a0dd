"""Fixtures of the window's tests; every one of them must leave no widget and no thread behind."""

from __future__ import annotations

import gc
import threading
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from poseviewer.gui.bridge import Bridge
from tests.gui.fake_session import FakeSession

if TYPE_CHECKING:
    from collections.abc import Iterator


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
