"""A look at a source before it is opened: its newest picture, and what it gives."""

from __future__ import annotations

from threading import Event, Thread
from time import perf_counter
from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError
from poseviewer.runtime.opening import open_location

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.core.frame import Frame
    from poseviewer.runtime.opening import Opener
    from poseviewer.video.source import Feed

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
