"""The application: opens the window, runs it and closes it."""

from __future__ import annotations

import gc
import signal
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.interrupt import SIGNALLED, SIGNALS, ending_at_once
from poseviewer.core.video_choice import DEFAULT_CHOICE
from poseviewer.gui.bridge import Bridge
from poseviewer.gui.icons import application_icon
from poseviewer.gui.settings import Settings
from poseviewer.gui.snapshot import SETTLE, WindowSnapshot
from poseviewer.gui.window.window import Window
from poseviewer.runtime.project import ENDING
from poseviewer.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType

    from PySide6.QtWidgets import QWidget

    from poseviewer.core.video_choice import VideoChoice
    from poseviewer.gui.design import Distance, ThemeChoice
    from poseviewer.gui.session import SessionProtocol
    from poseviewer.runtime.state import AppState


def application() -> QApplication:
    """The one application object, made on the first call."""
    existing = QApplication.instance()
    if isinstance(existing, QApplication):
        return existing
    app = QApplication(["poseviewer"])
    app.setApplicationName("PoseViewer")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("io.github.poseviewer.PoseViewer")
    app.setWindowIcon(application_icon())
    return app


def launch(
    location: str | None = None,
    *,
    choice: VideoChoice = DEFAULT_CHOICE,
    changes: Mapping[str, Any] | None = None,
    screenshot: Path | None = None,
    store: bool = True,
    prepare: Callable[[], object] = lambda: None,
) -> int:
    """Open the window and wait until it is closed.

    Args:
        location: What to open, which may be a project; the demo where None.
        choice: Of a video file: which stream, and what is done to interlaced frames.
        changes: Choices that differ from those of the last time, see `AppState.choosing`.
        screenshot: Write a picture of the window here once it shows a result, and leave.
        store: Whether analyses are saved, and what was saved is shown, as the settings say.
        prepare: Called after the first paint, before the first thing is opened.

    Returns:
        The exit status: 0, 130 after Ctrl-C, 143 after SIGTERM, 129 after SIGHUP.

    Raises:
        PoseViewerError: The screenshot could not be taken.
    """
    if screenshot is not None:
        with ending_at_once():
            snapshot(screenshot, location=location, choice=choice, changes=changes)
        return 0
    with ending_at_once():
        app = application()
        settings = Settings()

        def start(on_ready: Callable[[], None], **options: Any) -> SessionProtocol:
            saving = settings.saving if store else None
            return _session(on_ready, saving=saving, may_save=store, **options)

        touring = location is None and not settings.toured
        project = location is not None and location.lower().endswith(ENDING)
        window = make_window(
            settings,
            changes=changes,
            start=start,
            build=False,
            expecting=not touring and not project,
            ahead=True,
        )
        if "custom" not in (changes or {}):
            window.bridge.on_start(lambda session: session.angles.load())
        window.ready.connect(_collect_garbage)
        window.ready.connect(lambda: _offer_unfinished(window))
        window.able.connect(prepare)
        if touring:
            # It opens the demo.
            window.ready.connect(lambda: window.actions_by_name["introduction"].trigger())
        else:
            begin = window.built if project else window.able
            begin.connect(lambda: window.open(_place(location), choice=choice))
        window.show()
    return _until_closed(app, window)


def _place(location: str | None) -> str:
    """What is to be opened; the demo where nothing was named."""
    from poseviewer.gui.actions.context import DEMO

    return location or DEMO


def _offer_unfinished(window: Window) -> None:
    """Offer what windows that ended had not finished."""
    from poseviewer.gui.window.offers import offer_projects, offer_recordings

    offer_recordings(window.context)
    offer_projects(window.context, window.project)


def _collect_garbage() -> None:
    """Look for garbage, where that was put off, but not in what the window is made of."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def snapshot(
    path: Path,
    *,
    location: str | None = None,
    choice: VideoChoice = DEFAULT_CHOICE,
    changes: Mapping[str, Any] | None = None,
    bare: bool = False,
    size: tuple[int, int] = (1600, 960),
    theme: ThemeChoice = "dark",
    distance: Distance = "desk",
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
        choice: Of a video file: which stream, and what is done to interlaced frames.
        changes: Choices to make, see `AppState.choosing`; with a map and the knees' angles
            unless `bare`.
        bare: Whether nothing is chosen but `changes`.
        size: Of the window, points.
        theme: `dark`, `light` or `contrast`.
        distance: From how far it is to be read.
        prepare: Called once the docks are there, to arrange what is to be seen.
        part: Which widget of the window is taken; the whole of it where None.
        arrange: Called once the frame to picture is on screen.
        settle: Milliseconds that docks then have to draw it.
        share: Which part of a clip is shown, 0 to 1.

    Raises:
        PoseViewerError: There was nothing to show, or the file cannot be written.
    """
    # Here, not at the top: the first paint of the window needs none.
    import tempfile

    app = application()
    with tempfile.TemporaryDirectory() as folder:
        # Settings of its own: an image depends on no user's settings, and changes none.
        settings = Settings(Path(folder) / "window.ini")
        settings.theme, settings.distance = theme, distance
        # Nor does it depend on how fast this machine is.
        window = make_window(settings, changes={"automatic": False, **(changes or {})})
        window.resize(*size)
        window.show()
        troubles: list[str] = []
        # A loop of its own: quitting the application would also end every later one.
        waiting = QEventLoop()
        shot = WindowSnapshot(
            window,
            path,
            part=part or (lambda whole: whole),
            arrange=arrange or (lambda _: None),
            settle=settle,
            share=share,
            with_map=not bare,
        )
        shot.done.connect(troubles.append)
        shot.done.connect(waiting.quit)
        if not bare:
            knees = ("right knee", "left knee")
            window.ready.connect(lambda: window.bridge.session.change("display", arcs=knees))
        if prepare is not None:
            window.ready.connect(partial(prepare, window))
        window.open(_place(location), choice=choice)
        waiting.exec()
        window.leave(keep=False)
        window.deleteLater()
        app.processEvents()
    if troubles and troubles[0]:
        raise PoseViewerError(troubles[0])


def make_window(
    settings: Settings,
    *,
    changes: Mapping[str, Any] | None = None,
    start: Callable[..., SessionProtocol] | None = None,
    build: bool = True,
    expecting: bool = False,
    ahead: bool = False,
    **options: Any,
) -> Window:
    """A window over a session of its own, not shown yet.

    Args:
        settings: What is remembered.
        changes: Choices that differ from those remembered, see `AppState.choosing`.
        start: Makes the session, at its first use; a test may give its own.
        build: Whether all but the docks is made now; if not, after the first paint.
        expecting: Whether something will be opened at once, see `Window`.
        ahead: Whether pictures are made on a thread of their own while frames run.
        options: What else it is given.
    """

    @cache
    def first() -> AppState:
        return settings.state.choosing(**(changes or {}))

    if changes:
        # What is wrong with them is said before there is a window.
        first()

    def begin(on_ready: Callable[[], None]) -> SessionProtocol:
        return (start or _session)(on_ready, state=first(), **options)

    window = Window(Bridge(begin, first=first, ahead=ahead), settings, expecting=expecting)
    if build:
        window.build()
    return window


def _session(on_ready: Callable[[], None], **options: Any) -> SessionProtocol:
    """A session; with what it imports it comes after the first paint."""
    from poseviewer.runtime.session import Session

    return Session(on_ready, **options)


def _until_closed(app: QApplication, window: Window) -> int:
    """Run the event loop; Ctrl-C and other requests to end close the window without asking."""
    ended_by = 0

    def on_signal(number: int, _frame: FrameType | None) -> None:
        # No more than this: it may come in the middle of anything, also while a lock is held.
        nonlocal ended_by
        ended_by = number

    def leave() -> None:
        if ended_by:
            waking.stop()
            window.leave()
            app.quit()

    # What is ignored from outside (`nohup`) stays ignored.
    heard = [each for each in SIGNALS if signal.getsignal(each) is not signal.SIG_IGN]
    before = {each: signal.signal(each, on_signal) for each in heard}
    # Python hears a signal only while it runs; Qt's loop would keep it waiting.
    waking = QTimer(window, interval=100)
    waking.timeout.connect(leave)
    waking.start()
    try:
        status = app.exec()
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        window.bridge.close()
    return SIGNALLED + ended_by if ended_by else status
