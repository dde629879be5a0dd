"""The thread of one source: opens it, then lets a transport or a capture drive it."""

from __future__ import annotations

from threading import Event, Thread
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from poseviewer.core.errors import PoseViewerError
from poseviewer.runtime.live import FeedCapture
from poseviewer.runtime.playback import ClipTransport
from poseviewer.runtime.state import Keep, SourceInfo

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.core.frame import Frame
    from poseviewer.runtime.state import Past
    from poseviewer.video.source import Clip, Feed, Source

    Opener = Callable[[str], Source]


class Owner(Protocol):
    """Who opened the source; called from its thread."""

    def opened(self, thread: SourceThread, source: SourceInfo) -> None:
        """The source runs; `thread.controls` takes commands now."""

    def not_opened(self, thread: SourceThread, text: str) -> None:
        """The source could not be opened, for the reason `text`."""

    def show(self, thread: SourceThread, frame: Frame, *, journey: int) -> None:
        """A frame came."""

    def moved(self, thread: SourceThread, **fields: Any) -> None:
        """The transport has changed."""

    def tell(self, thread: SourceThread, text: str) -> None:
        """Something went wrong, or right again."""

    def kept(self, thread: SourceThread, past: Past | None) -> None:
        """A feed was frozen, or runs again."""

    def expects(self) -> bool:
        """Whether the frame on screen will still be analysed."""


def open_location(location: str) -> Source:
    """The source at `location`; see `poseviewer.video.open`."""
    from poseviewer.video.open import open_source

    return open_source(location)


class SourceThread(Thread):
    """Owner of one clip or feed, from opening to closing.

    Args:
        location: What to open.
        number: Tells this source's frames from those of others.
        opener: Opens it; may take long.
        owner: Told everything.
        after: Who must have let go of the source first: a device cannot be opened twice.
        keep: How much of a feed is kept to go back to.
    """

    def __init__(
        self,
        location: str,
        *,
        number: int,
        opener: Opener,
        owner: Owner,
        after: SourceThread | Preview | None = None,
        keep: Keep | None = None,
    ) -> None:
        super().__init__(name=f"poseviewer-source-{number}", daemon=True)
        self.location = location
        self.number = number
        self.controls: ClipTransport | FeedCapture | None = None
        self.source: Source | None = None
        self._opener = opener
        self._owner = owner
        self._after = after
        self._keep = keep or Keep()
        self._closed = Event()

    def close(self) -> None:
        """Let go of the source soon; the thread then ends."""
        self._closed.set()
        if self.controls is not None:
            self.controls.close()

    def run(self) -> None:
        """Open, drive, close."""
        if self._after is not None:
            self._after.close()
            self._after.join()
            self._after = None
        try:
            source = self._opener(self.location)
        except PoseViewerError as error:
            self._owner.not_opened(self, str(error))
            return
        except Exception as error:  # noqa: BLE001 - a decoder's surprise must reach the person too
            self._owner.not_opened(self, f"{self.location} cannot be opened: {error}")
            return
        with source:
            if self._closed.is_set():
                return
            self.source = source
            self.controls = self._control(source)
            self._owner.opened(self, _described(source))
            if source.notice:
                self.tell(source.notice)
            # close() may have come before there was anything to close.
            if not self._closed.is_set():
                self._drive(self.controls)

    def _drive(self, controls: ClipTransport | FeedCapture) -> None:
        try:
            controls.drive()
        except Exception as error:  # noqa: BLE001 - a decoder's surprise must reach the person too
            self.moved(playing=False)
            self.tell(f"{self.location} cannot be read any further: {error}")

    def _control(self, source: Source) -> ClipTransport | FeedCapture:
        from poseviewer.video.source import Clip, Feed

        if isinstance(source, Clip):
            return ClipTransport(source, stage=self, expects=self._owner.expects)
        assert isinstance(source, Feed)
        return FeedCapture(source, stage=self, keep=self._keep, expects=self._owner.expects)

    # What transport and capture report goes on with our name on it, so that the frames of a
    # source that was replaced meanwhile can be told apart.

    def show(self, frame: Frame, *, journey: int) -> None:
        """Pass a frame on."""
        self._owner.show(self, frame, journey=journey)

    def moved(self, **fields: Any) -> None:
        """Pass a change of the transport on."""
        self._owner.moved(self, **fields)

    def tell(self, text: str) -> None:
        """Pass a sentence on."""
        self._owner.tell(self, text)

    def kept(self, past: Past | None) -> None:
        """Pass on that the feed was frozen, or runs again."""
        self._owner.kept(self, past)


def _described(source: Clip | Feed | Source) -> SourceInfo:
    from poseviewer.video.source import Clip

    times = np.empty(0)
    live = not isinstance(source, Clip)
    if isinstance(source, Clip):
        origin = source.time(0).exact
        times = np.array([float(source.time(i).exact - origin) for i in range(len(source))])
    times.flags.writeable = False
    return SourceInfo(source.name, source.location, source.size, source.rate, live, times)


def holder(thread: SourceThread | None, location: str) -> SourceThread | None:
    """`thread`, if it holds the device that `location` names; `camera:0@1280x720` is `camera:0`."""
    if thread is None or not isinstance(thread.controls, FeedCapture):
        return None
    held, wanted = (
        place.split("@")[0] if place.startswith("camera:") else place
        for place in (thread.location, location)
    )
    return thread if held == wanted else None


_TIMEOUT = 0.1
_PACE = 1 / 15
"""Seconds between two pictures that are told: enough to aim a camera by."""


class Preview(Thread):
    """Reads a feed until closed; `frame` and `text` always hold what is newest.

    Args:
        location: The feed.
        on_ready: Called from the thread whenever either has changed.
        opener: Opens it.
        after: A look that must have let go of its device first.
    """

    def __init__(
        self,
        location: str,
        *,
        on_ready: Callable[[], None],
        opener: Opener = open_location,
        after: Preview | None = None,
    ) -> None:
        super().__init__(name="poseviewer-preview", daemon=True)
        self.location = location
        self.frame: Frame | None = None
        self.text = "Opening…"
        """What the feed gives, or why there is nothing."""
        self._on_ready, self._opener, self._after = on_ready, opener, after
        self._closed = Event()

    def close(self) -> None:
        """Let go of the feed soon; the thread then ends."""
        self._closed.set()

    def run(self) -> None:
        """Open, read, close."""
        if self._after is not None:
            self._after.close()
            self._after.join()
            self._after = None
        if self._closed.is_set():
            return
        try:
            with self._opener(self.location) as source:
                self._look(source)  # type: ignore[arg-type]
        except PoseViewerError as error:
            self._say(str(error))
        except Exception as error:  # noqa: BLE001 - a driver's surprise must reach the person too
            self._say(f"{self.location} cannot be opened: {error}")

    def _look(self, feed: Feed) -> None:
        width, height = feed.size
        rate = f" at {feed.rate:.4g} fps" if feed.rate else ""
        gives = f"Gives {width} × {height}{rate}"  # noqa: RUF001 - the sign for sizes
        due = 0.0
        while not self._closed.is_set():
            frame = feed.read(_TIMEOUT)
            if feed.trouble is not None:
                self.frame = None
                self._say(feed.trouble)
            elif frame is not None and perf_counter() >= due:
                due = perf_counter() + _PACE
                self.frame = frame
                self._say(gives)

    def _say(self, text: str) -> None:
        self.text = text
        if not self._closed.is_set():
            self._on_ready()
