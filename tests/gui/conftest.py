"""Fixtures of the window's tests; every one of them must leave no widget and no thread behind."""

from __future__ import annotations

import gc
from typing import TYPE_CHECKING

import pytest
from PySide6.QtCore import QByteArray, QCoreApplication, QEvent, QEventLoop, QPoint
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QApplication

from poseviewer.gui.app import make_window
from poseviewer.gui.bridge import Bridge
from poseviewer.gui.settings import Settings
from tests.gui.fake_session import FakeSession
from tests.waiting import no_new_threads

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytestqt.qtbot import QtBot

    from poseviewer.gui.window.window import Window

SHARED = ("window", "clip_window")
SIZE = (1280, 800)
AWAY = QPoint(-100, -100)
"""Where the pointer is over no window."""


@pytest.fixture(autouse=True)
def no_leaks(qapp: QApplication) -> Iterator[None]:
    """Fail a test that leaves a top-level widget or a thread."""
    widgets = set(QApplication.topLevelWidgets())
    with no_new_threads():
        yield
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        if set(QApplication.topLevelWidgets()) - widgets:
            gc.collect()  # a third of a second, so only where it may matter
    left = set(QApplication.topLevelWidgets()) - widgets
    assert not left, f"widgets left behind: {left}"


@pytest.fixture(autouse=True)
def pointer_away(qapp: QApplication) -> None:
    """Begin with the pointer over nothing: moving it to where it is already is no event."""
    if QCursor.pos() != AWAY:
        QCursor.setPos(AWAY)
        QCoreApplication.processEvents()


@pytest.fixture
def bridge(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[Bridge]:
    """A bridge over a fake session with nothing open; that of the shared window if it is used."""
    if any(name in request.fixturenames for name in SHARED):
        yield request.getfixturevalue("cleared_window").bridge
        return
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


def opened(settings: Settings) -> Window:
    """The whole window, docks and all, over a fake session with nothing open."""
    made = make_window(settings, start=FakeSession)
    made.resize(*SIZE)
    waiting = QEventLoop()
    made.ready.connect(waiting.quit)
    made.show()
    waiting.exec()
    return made


@pytest.fixture
def own_window(qapp: QApplication, settings: Settings) -> Iterator[Window]:
    """A window of the test's own, with nothing open."""
    made = opened(settings)
    yield made
    made.close()
    made.deleteLater()


@pytest.fixture(scope="module")
def one_window(
    qapp: QApplication, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Window, QByteArray]]:
    """A window for all tests of a module, which takes long to make, and how its docks lie."""
    made = opened(Settings(tmp_path_factory.mktemp("one") / "window.ini"))
    # What is made when the first frame is shown belongs to the window and to no test.
    session = made.bridge.session
    assert isinstance(session, FakeSession)
    session.count = 10
    made.open("/videos/walk.mp4")
    session.analyse()
    assert made.docks is not None
    for dock in (made.docks.angles, made.docks.stages):
        QCoreApplication.processEvents()
        dock.raise_()
    QCoreApplication.processEvents()
    yield made, made.saveState()
    made.close()
    made.deleteLater()


@pytest.fixture
def cleared_window(one_window: tuple[Window, QByteArray]) -> Window:
    """The window of the module as at its first start, with nothing open."""
    made, layout = one_window
    session = made.bridge.session
    assert isinstance(session, FakeSession)
    made.context.shuttle.halt()
    made.context.last_stage = -1
    made.settings._file.clear()  # the last export's choices, say, are the next one's defaults
    made.screens.full_screen(False)
    made.workspaces.switch("Inspect")
    made.frame_view.disarm()
    made.frame_view.fit()
    made.resize(*SIZE)
    made.activateWindow()  # another test's own window may have been active
    if made.saveState() != layout:
        made.restoreState(layout)
    session.reset()
    session.publish()
    made.status.refresh(session.state)
    QCoreApplication.processEvents()
    session.calls.clear()
    return made


@pytest.fixture
def window(cleared_window: Window) -> Window:
    """The window with nothing open; shared, so a test leaves its controls as they were."""
    return cleared_window


@pytest.fixture
def clip_window(qtbot: QtBot, cleared_window: Window, session: FakeSession) -> Window:
    """The window with a clip of 300 frames open, at frame 0; shared, see `window`."""
    cleared_window.open("/videos/walk.mp4")
    qtbot.waitUntil(lambda: cleared_window.frame_view.scene is not None)
    session.calls.clear()
    return cleared_window
