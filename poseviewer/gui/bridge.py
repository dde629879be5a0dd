"""Passes signals from the session's threads to the window's thread."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot

from poseviewer.core.video_choice import DEFAULT_CHOICE

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from poseviewer.core.video_choice import VideoChoice
    from poseviewer.gui.ahead import Ahead, Part
    from poseviewer.gui.session import SessionProtocol
    from poseviewer.runtime.source_thread import Preview
    from poseviewer.runtime.state import AppState, CameraChoice


_PATIENCE = 2.0
"""Seconds that `close` waits for a preview to end."""


class Bridge(QObject):
    """Owner of the session; emits `changed` on the window's thread for a new state.

    The signal carries nothing: Qt's queue is unbounded, so a frame inside a queued signal
    would stay alive for as long as the window is busy. At most one is ever pending.
    """

    changed = Signal()
    """Emitted on the window's thread; read `session.state`."""

    cameras_found = Signal(object)
    """Answer to `look_for_cameras`: a `CameraChoice` of each."""

    previewed = Signal()
    """Emitted on the window's thread; read `preview`."""

    _ready = Signal()
    _looked = Signal()

    def __init__(
        self,
        start: Callable[[Callable[[], None]], SessionProtocol],
        parent: QObject | None = None,
        *,
        first: Callable[[], AppState] | None = None,
        ahead: bool = False,
    ) -> None:
        """Own a session, which is started at its first use.

        Args:
            start: Starts it, usually the class `runtime.session.Session`.
            parent: Owner of the bridge.
            first: Makes the state until then; without it the session is started at once.
            ahead: Whether pictures are made on a thread of their own while frames run.
        """
        super().__init__(parent)
        self._start, self._first = start, first
        self._session: SessionProtocol | None = None
        self._started: list[Callable[[SessionProtocol], object]] = []
        self._pending = False
        self._closed = False
        self._draws_ahead = ahead
        self._ahead: Ahead | None = None
        self._drawn: AppState | None = None
        """The state whose pictures are made, until it is shown."""
        self._skipped = False
        self.shown: AppState | None = None
        """What `changed` is being emitted for: the newest state or, while frames run, the one
        whose pictures are made."""
        self.preview: Preview | None = None
        """The preview of a source that is not open; see `begin_preview`."""
        self._last_look: Preview | None = None
        self._looking = False
        self._ready.connect(self._tick, Qt.ConnectionType.QueuedConnection)
        self._looked.connect(self._tell_look, Qt.ConnectionType.QueuedConnection)
        if first is None:
            self._begin()

    @property
    def session(self) -> SessionProtocol:
        """The session, started by now."""
        return self._begin() if self._session is None else self._session

    @property
    def state(self) -> AppState:
        """The state of the session, or the first one as long as none is started."""
        if self._session is None and self._first is not None:
            return self._first()
        return self.session.state

    @property
    def started(self) -> bool:
        """Whether there is a session."""
        return self._session is not None

    def on_start(self, callback: Callable[[SessionProtocol], object]) -> None:
        """Call `callback` with the session as soon as it is started."""
        if self._session is not None:
            callback(self._session)
        else:
            self._started.append(callback)

    def draw_ahead(self, parts: Sequence[Part]) -> None:
        """Make pictures for these parts of the window from now on, if it is made ahead at all."""
        from poseviewer.gui.ahead import Ahead

        if self._draws_ahead:
            self._ahead = Ahead(parts, read=lambda: self.session.state, done=self._on_drawn)
            self._ahead.start()

    def _begin(self) -> SessionProtocol:
        made = self._session = self._start(self._on_ready)
        while self._started:
            self._started.pop(0)(made)
        return made

    def close(self) -> None:
        """End the session; nothing is emitted afterwards. Safe to call twice."""
        if not self._closed:
            self._closed = True
            self.end_preview()
            if self._last_look is not None:
                self._last_look.join(_PATIENCE)
            if self._session is not None:
                self._session.close()
            if self._ahead is not None:
                self._ahead.close()
                self._ahead.join(_PATIENCE)

    def look_for_cameras(self) -> None:
        """Find the cameras; `cameras_found` has the answer."""
        # Here, not at the top, as below: the first paint of the window needs neither.
        from poseviewer.runtime.cameras import find_cameras

        find_cameras(self._on_cameras)

    def _on_cameras(self, cameras: tuple[CameraChoice, ...]) -> None:
        """Called from a thread."""
        if not self._closed:
            self.cameras_found.emit(cameras)

    def begin_preview(self, location: str) -> None:
        """Open a preview of a feed; `previewed` is emitted for each change."""
        from poseviewer.runtime.source_thread import Preview

        made = Preview(location, on_ready=self._on_look, after=self._last_look)
        self.end_preview()
        self.preview = self._last_look = made
        made.start()

    def end_preview(self) -> None:
        """Release the previewed source soon."""
        if self.preview is not None:
            self.preview.close()
            self.preview = None

    def open(self, location: str, *, choice: VideoChoice = DEFAULT_CHOICE) -> None:
        """Open a source in the session, once no preview holds its device."""
        self.session.open(location, after=self._last_look, choice=choice)
        self._last_look = None

    def _on_look(self) -> None:
        """Called from the preview's thread."""
        if not self._looking and not self._closed:
            self._looking = True
            self._looked.emit()

    @Slot()
    def _tell_look(self) -> None:
        self._looking = False
        if not self._closed:
            self.previewed.emit()

    def _on_ready(self) -> None:
        """Called from any thread."""
        if not self._pending and not self._closed:
            self._pending = True
            ahead, session = self._ahead, self._session
            runs = session is not None and session.state.playback.playing
            if ahead is not None and runs:
                ahead.ask()
            else:
                self._ready.emit()

    def _on_drawn(self, state: AppState) -> None:
        """Called from the thread that makes pictures."""
        self._drawn = state
        if not self._closed:
            self._ready.emit()

    def skip_drawn(self) -> None:
        """Show no state whose pictures are being made now: a newer one is on screen."""
        self._skipped = True

    @Slot()
    def _tick(self) -> None:
        from poseviewer.runtime.state import only_later

        # Cleared before the state is read: whatever is published from here on asks for a new tick.
        self._pending = False
        if self._closed:
            return
        newest, (drawn, self._drawn) = self.session.state, (self._drawn, None)
        skipped, self._skipped = self._skipped, False
        if drawn is None or skipped or not only_later(drawn, newest):
            drawn = newest
        self.shown = drawn
        if self._ahead is not None:
            self._ahead.hold(True)
        try:
            self.changed.emit()
        finally:
            self.shown = None
            if self._ahead is not None:
                self._ahead.hold(False)
        if drawn.answer is not newest.answer:
            self._on_ready()
