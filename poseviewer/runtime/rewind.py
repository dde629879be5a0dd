"""Freeze and rewind: the last seconds of a feed, kept as they came, moved in as in a clip."""

from __future__ import annotations

from collections import deque
from threading import Thread
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from poseviewer.runtime.state import Keep, Past
from poseviewer.runtime.transport import ClipTransport

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from poseviewer.core.frame import Frame


class FrameRing:
    """The newest frames of a feed, bounded in seconds and bytes; at least one once one came."""

    def __init__(self, keep: Keep) -> None:
        self.keep = keep
        """May be replaced; holds from the next frame on."""
        self._frames: deque[Frame] = deque()
        self._bytes = 0

    @property
    def bytes(self) -> int:
        """Of the pixels held."""
        return self._bytes

    def put(self, frame: Frame) -> None:
        """Hold `frame` itself, not a copy, and forget what there is no room for."""
        frames = self._frames
        frames.append(frame)
        self._bytes += frame.pixels.nbytes
        limit, since = self.keep.megabytes * 2**20, frame.time.seconds - self.keep.seconds
        while len(frames) > 1 and (self._bytes > limit or frames[0].time.seconds < since):
            self._bytes -= frames.popleft().pixels.nbytes

    def frames(self) -> tuple[Frame, ...]:
        """What is held, oldest first."""
        return tuple(self._frames)


class Screen(Protocol):
    """Where a rewind puts what it shows; called from any thread."""

    def show(self, frame: Frame, *, journey: int) -> None:
        """Put a kept frame on screen; a new `journey` number: it follows on nothing."""

    def moved(self, **fields: Any) -> None:
        """Say which fields of the transport have changed, in the feed's frame numbers."""

    def tell(self, text: str) -> None:
        """Say one sentence."""


class Rewind:
    """A frozen feed's past under a clip's transport, with a thread of its own.

    Commands take and report the feed's frame numbers; the clip below counts positions.

    Args:
        frames: Oldest first; at least one.
        name: Of the feed.
        rate: Frames per second that the feed promises.
        screen: Told what is shown.
        expects: Whether an analysis of the frame on screen is still to come.
        journey: Gives a number that was never given before.
        at: Number of the frame to begin at; the newest where None or no longer kept.
    """

    def __init__(
        self,
        frames: Sequence[Frame],
        *,
        name: str,
        rate: float,
        screen: Screen,
        expects: Callable[[], bool],
        journey: Callable[[], int],
        at: int | None = None,
    ) -> None:
        from poseviewer.video.kept import KeptClip

        self.clip = KeptClip(frames, name=name, rate=rate)
        self.past = _past(frames)
        self._screen = screen
        self._number = journey
        self._journeys: tuple[int, int] = (-1, 0)
        self._transport = ClipTransport(self.clip, stage=self, expects=expects)
        known = at is not None and at >= frames[0].index
        self.seek(at if known and at is not None else frames[-1].index)
        self._thread = Thread(target=self._transport.drive, name="poseviewer-rewind", daemon=True)

    def start(self) -> None:
        """Show the first frame and take commands."""
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether its thread runs."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Let the thread end; returns at once."""
        self._transport.close()

    def join(self) -> None:
        """Wait for the thread."""
        self._thread.join()

    # Commands ------------------------------------------------------------------------------

    def play(self) -> None:
        """Play from here; from the oldest when here is the newest."""
        self._transport.play()

    def pause(self) -> None:
        """Stay where we are."""
        self._transport.pause()

    def step(self, count: int) -> None:
        """Go `count` kept frames on, or back."""
        self._transport.step(count)

    def seek(self, index: int) -> None:
        """Go to the frame numbered `index`, or the nearest kept."""
        self._transport.seek(self.past.position(index))

    def set_speed(self, speed: float) -> None:
        """Play `speed` times as fast."""
        self._transport.set_speed(speed)

    def set_loop(self, loop: bool) -> None:
        """Whether playing begins again at the end."""
        self._transport.set_loop(loop)

    def set_every_frame(self, every_frame: bool) -> None:
        """Whether playing waits for the analysis of each frame."""
        self._transport.set_every_frame(every_frame)

    def mark(self, start: int | None, end: int | None) -> None:
        """Play within these frames, both included; None is the end of what is kept."""
        position = self.past.position
        self._transport.mark(
            None if start is None else position(start), None if end is None else position(end)
        )

    def answered(self, index: int) -> None:
        """The analysis of the frame numbered `index` is done."""
        self._transport.answered(self.past.position(index))

    # From the transport --------------------------------------------------------------------

    def show(self, frame: Frame, *, journey: int) -> None:
        """Pass the kept frame at a position on, as it came."""
        if journey != self._journeys[0]:
            self._journeys = journey, self._number()
        self._screen.show(self.clip.kept[frame.index], journey=self._journeys[1])

    def moved(self, **fields: Any) -> None:
        """Pass a change on, in the feed's numbers."""
        for name in ("index", "start", "end"):
            if fields.get(name) is not None:
                fields[name] = int(self.past.index[fields[name]])
        self._screen.moved(**fields)

    def tell(self, text: str) -> None:
        """Pass a sentence on."""
        self._screen.tell(text)


def _past(frames: Sequence[Frame]) -> Past:
    index = np.array([frame.index for frame in frames], np.int64)
    seconds = np.array([frame.time.seconds for frame in frames], np.float64)
    index.flags.writeable = seconds.flags.writeable = False
    return Past(index, seconds, sum(frame.pixels.nbytes for frame in frames))
