"""The thread of one source: opens it, then runs its playback or its capture."""

from __future__ import annotations

from functools import partial
from threading import Event, Thread
from time import perf_counter
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from poseviewer.core.address import redacted_text
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.video_choice import DEFAULT_CHOICE
from poseviewer.runtime.live import FeedCapture
from poseviewer.runtime.memory import give_back
from poseviewer.runtime.playback import ClipTransport
from poseviewer.runtime.state import Keep, SourceInfo

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.core.frame import Frame
    from poseviewer.core.video_choice import VideoChoice
    from poseviewer.runtime.state import Level, Past
    from poseviewer.video.source import Clip, Feed, Source

    Opener = Callable[..., Source]


class Owner(Protocol):
    """What a source thread notifies; called from that thread."""

    def opened(self, thread: SourceThread, source: SourceInfo) -> None:
        """The source is open; `thread.controls` takes commands now."""

    def not_opened(self, thread: SourceThread, text: str) -> None:
        """The source could not be opened, for the reason `text`."""

    def show(self, thread: SourceThread, frame: Frame, *, seek_id: int) -> None:
        """A frame came."""

    def moved(self, thread: SourceThread, **fields: Any) -> None:
        """Some fields of the playback have changed."""

    def said(self, thread: SourceThread, text: str, *, level: Level = "warning") -> None:
        """There is one sentence to show: something went wrong, or works again."""

    def frozen(self, thread: SourceThread, past: Past | None) -> None:
        """A feed was frozen, or runs again."""

    def expects(self) -> bool:
        """Whether an analysis of the frame on screen is still to come."""


def open_location(location: str, *, choice: VideoChoice = DEFAULT_CHOICE) -> Source:
    """The source at `location`; see `poseviewer.video.open`."""
    from poseviewer.video.open import open_source

    return open_source(location, choice=choice)


def opener_of(opener: Opener, choice: VideoChoice) -> Opener:
    """The opener that opens video files as chosen."""
    return opener if choice == DEFAULT_CHOICE else partial(opener, choice=choice)


class SourceThread(Thread):
    """Owner of one clip or feed, from opening to closing.

    Args:
        location: What to open.
        number: Distinguishes this source's frames from those of others.
        opener: Opens it; may take long.
        owner: Notified of everything.
        after: Thread that must have released the source first: a device cannot be opened twice.
        keep: How much of a feed is stored to go back to.
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
        """Release the source soon; the thread then ends."""
        self._closed.set()
        if self.controls is not None:
            self.controls.close()

    def run(self) -> None:
        """Open, drive, close."""
        self._run()
        # They refer to this thread: with the decoder they would wait for the collector.
        self.controls = self.source = None
        give_back()

    def _run(self) -> None:
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
            self._owner.opened(self, described(source))
            if source.remarks:
                level: Level = "warning" if source.notice else "info"
                self._owner.said(self, source.remarks, level=level)
            # close() may have come before there was anything to close.
            if not self._closed.is_set():
                self._drive(self.controls)

    def _drive(self, controls: ClipTransport | FeedCapture) -> None:
        try:
            controls.drive()
        except Exception as error:  # noqa: BLE001 - a decoder's surprise must reach the person too
            self.moved(playing=False)
            self.said(f"{self.location} cannot be read any further: {error}")

    def _control(self, source: Source) -> ClipTransport | FeedCapture:
        from poseviewer.video.source import Clip, Feed

        if isinstance(source, Clip):
            return ClipTransport(source, sink=self, expects=self._owner.expects)
        assert isinstance(source, Feed)
        return FeedCapture(source, sink=self, keep=self._keep, expects=self._owner.expects)

    # Reports of playback and capture are passed on with this thread, so that the frames of a
    # source that was replaced meanwhile can be recognised.

    def show(self, frame: Frame, *, seek_id: int) -> None:
        """Pass on a frame."""
        self._owner.show(self, frame, seek_id=seek_id)

    def moved(self, **fields: Any) -> None:
        """Pass on a change of the playback."""
        self._owner.moved(self, **fields)

    def said(self, text: str) -> None:
        """Pass on a sentence."""
        self._owner.said(self, text)

    def frozen(self, past: Past | None) -> None:
        """Pass on that the feed was frozen, or runs again."""
        self._owner.frozen(self, past)


def described(source: Clip | Feed | Source) -> SourceInfo:
    """What the state says of an open source."""
    from poseviewer.video.source import Clip

    times = np.empty(0)
    live = not isinstance(source, Clip)
    if isinstance(source, Clip):
        origin = source.time(0).exact
        times = np.array([float(source.time(i).exact - origin) for i in range(len(source))])
    times.flags.writeable = False
    return SourceInfo(
        source.name, source.location, source.size, source.rate, live, times, source.video
    )


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
"""Seconds between two frames that are shown: enough to aim a camera by."""


class Preview(Thread):
    """Reads a feed until closed; `frame` and `text` always hold what is newest.

    Args:
        location: The feed.
        on_ready: Called from the thread whenever either has changed.
        opener: Opens it.
        after: A preview that must have released its device first.
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
        """Release the feed soon; the thread then ends."""
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
        self.text = redacted_text(text)
        if not self._closed.is_set():
            self._on_ready()
