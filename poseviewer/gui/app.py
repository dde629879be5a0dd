"""The application: from nothing to a painted window, and out again."""

from __future__ import annotations

import signal
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from poseviewer import __version__
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.look import Look
from poseviewer.gui.actions.general import DEMO
from poseviewer.gui.bridge import Bridge
from poseviewer.gui.icons import application_icon
from poseviewer.gui.settings import Settings
from poseviewer.gui.snapshot import SETTLE, Photographer
from poseviewer.gui.window.window import Window
from poseviewer.runtime.session import Session

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType

    from PySide6.QtWidgets import QWidget

    from poseviewer.gui.theme import ThemeChoice

INTERRUPTED = 130
"""Exit status after Ctrl-C."""


def application() -> QApplication:
    """The one application object, made if need be."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    app = QApplication(["poseviewer"])
    app.setApplicationName("PoseViewer")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("poseviewer")
    app.setWindowIcon(application_icon())
    return app


def launch(
    location: str | None = None,
    *,
    changes: Mapping[str, Any] | None = None,
    screenshot: Path | None = None,
) -> int:
    """Open the window and stay until it is closed.

    Args:
        location: What to open; the demo where None.
        changes: Fields of `Choices` that differ from what the person chose last.
        screenshot: Write a picture of the window here once it shows a result, and leave.

    Returns:
        The exit status: 0, or 130 after Ctrl-C.

    Raises:
        PoseViewerError: The screenshot could not be taken.
    """
    if screenshot is not None:
        snapshot(screenshot, location=location, changes=changes)
        return 0
    app = application()
    window = make_window(Settings(), changes=changes)
    if "angles" not in (changes or {}):
        window.bridge.session.angles.load()
    window.show()
    # After the first paint: opening starts threads that import what is heavy.
    QTimer.singleShot(0, window, lambda: window.open(location or DEMO))
    return _until_closed(app, window)


def snapshot(
    path: Path,
    *,
    location: str | None = None,
    changes: Mapping[str, Any] | None = None,
    look: Look | None = None,
    size: tuple[int, int] = (1600, 960),
    theme: ThemeChoice = "dark",
    prepare: Callable[[Window], object] | None = None,
    part: Callable[[Window], QWidget] | None = None,
    arrange: Callable[[Window], object] | None = None,
    settle: int = SETTLE,
    share: float = 0.5,
) -> None:
    """Write a picture of the real window showing `location`; works without a display.

    Args:
        path: The PNG to write.
        location: What to open; the demo where None.
        changes: Fields of `Choices` to change.
        look: How the result is drawn; with a map and the knees' angles where None.
        size: Of the window, points.
        theme: `dark` or `light`.
        prepare: Called once the docks are there, to arrange what is to be seen.
        part: Which widget of the window is taken; the whole of it where None.
        arrange: Called once the frame to picture is on screen.
        settle: Milliseconds that docks then have to draw it.
        share: Which part of a clip is shown, 0 to 1.

    Raises:
        PoseViewerError: There was nothing to show, or the file cannot be written.
    """
    app = application()
    with tempfile.TemporaryDirectory() as folder:
        # Settings of its own: a picture does not depend on who takes it, nor leaves a trace.
        settings = Settings(Path(folder) / "window.ini")
        settings.theme = theme
        settings.look = look or Look()
        window = make_window(settings, changes=changes)
        window.resize(*size)
        window.show()
        troubles: list[str] = []
        # A loop of its own: quitting the application would also end every later one.
        waiting = QEventLoop()
        photographer = Photographer(
            window,
            path,
            part=part or (lambda whole: whole),
            arrange=arrange or (lambda _: None),
            settle=settle,
            share=share,
            with_map=look is None,
        )
        photographer.done.connect(troubles.append)
        photographer.done.connect(waiting.quit)
        if look is None:
            window.ready.connect(lambda: window.set_look(arcs=("right knee", "left knee")))
        if prepare is not None:
            window.ready.connect(partial(prepare, window))
        window.open(location or DEMO)
        waiting.exec()
        window.close()
        window.deleteLater()
        app.processEvents()
    if troubles and troubles[0]:
        raise PoseViewerError(troubles[0])


def make_window(
    settings: Settings,
    *,
    changes: Mapping[str, Any] | None = None,
    start: Callable[..., Session] = Session,
) -> Window:
    """A window over a session of its own, not shown yet.

    Args:
        settings: What is remembered.
        changes: Fields of `Choices` that differ from what is remembered.
        start: Makes the session; a test may give its own.
    """
    choices = replace(settings.choices, **(changes or {}))
    return Window(Bridge(partial(start, choices=choices)), settings)


def _until_closed(app: QApplication, window: Window) -> int:
    """Run the event loop; Ctrl-C in the terminal closes the window."""
    interrupted = False

    def on_interrupt(_number: int, _frame: FrameType | None) -> None:
        nonlocal interrupted
        interrupted = True
        window.close()

    before = signal.signal(signal.SIGINT, on_interrupt)
    # Python hears a signal only while it runs; Qt's loop would keep it waiting.
    waking = QTimer(window, interval=200)
    waking.timeout.connect(lambda: None)
    waking.start()
    try:
        status = app.exec()
    finally:
        signal.signal(signal.SIGINT, before)
        window.bridge.close()
    return INTERRUPTED if interrupted else status
