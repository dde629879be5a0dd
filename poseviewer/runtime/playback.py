"""Playback of a clip: one thread that owns the clip and obeys play, step and seek."""

from __future__ import annotations

from threading import Condition
from time import perf_counter
from typing import TYPE_CHECKING, Protocol

from poseviewer.core.errors import PoseViewerError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from poseviewer.core.frame import Frame
    from poseviewer.video.source import Clip

SLOWEST, FASTEST = 0.1, 4.0

_LONGEST_SKIP = 12
"""Frames that playing jumps over at once, at most. A decoder that cannot keep up would else
jump further and further; instead the clip then runs slower than asked."""

_RECHECK = 0.25
"""Seconds between checks whether an awaited analysis is still to come."""

_NEAR = 2
"""Frames to either side of a paused clip's frame that are read before they are asked for."""
_NEAR_BYTES = 32 * 2**20
"""Bytes of these at most: all of full HD, one of 4K, none of 8K."""


class FrameSink(Protocol):
    """Receives the frames of a source thread; called from that thread."""

    def show(self, frame: Frame, *, seek_id: int) -> None:
        """Show `frame`; a new `seek_id` means that it follows on no other."""

    def moved(self, **fields: Any) -> None:
        """Report changed fields of the playback."""

    def said(self, text: str) -> None:
        """Report one sentence about what went wrong."""


class ClipTransport:
    """Plays and seeks in a clip; its methods may be called from any thread and never wait.

    Args:
        clip: Read by `drive` only, on one thread.
        sink: Given what is shown.
        expects: Whether an analysis of the frame on screen is still to come; asked when every
            frame is to be waited for.
    """

    def __init__(self, clip: Clip, *, sink: FrameSink, expects: Callable[[], bool]) -> None:
        self._clip = clip
        self._count = len(clip)
        self.resting = False
        """Whether there is nothing to do until the next command."""
        self._sink = sink
        self._expects = expects
        self._changed = Condition()
        self._commands = 0
        self._closed = False
        self._target: int | None = 0
        self._index = 0
        self._seek_id = 0
        self._answered = -1
        self._playing = False
        self._speed = 1.0
        self._loop = False
        self._every_frame = False
        self._start: int | None = None
        self._end: int | None = None
        self._ahead = 1
        """The direction of the last move, 1 or -1."""
        self._near: dict[int, Frame | None] = {}
        """Frames that can be shown at once; None where one cannot be read."""
        self._clock: tuple[float, float] | None = None
        """A wall time and the clip time shown then, seconds; None when playing starts again."""

    # Commands ------------------------------------------------------------------------------

    def play(self) -> None:
        """Play from here; from the beginning of the marked range when it is over."""
        with self._changed:
            here = self._index if self._target is None else self._target
            if not self._first <= here < self._last:
                self._aim(self._first, jump=True)
            self._playing = True
            self._command()
        self._sink.moved(playing=True)

    def pause(self) -> None:
        """Pause at the present frame."""
        with self._changed:
            self._playing = False
            self._command()
        self._sink.moved(playing=False)

    def step(self, count: int) -> None:
        """Pause and go `count` frames forward, or back; steps add up while the decoder is busy."""
        with self._changed:
            self._playing = False
            here = self._index if self._target is None else self._target
            target = self._aim(here + count, jump=abs(count) > 1)
            self._command()
        self._sink.moved(playing=False, index=target)

    def seek(self, index: int) -> None:
        """Go to frame `index`, or the nearest there is; a newer call replaces an older one."""
        with self._changed:
            target = self._aim(index, jump=True)
            self._command()
        self._sink.moved(index=target)

    def set_speed(self, speed: float) -> None:
        """Play `speed` times as fast, within 0.1 and 4."""
        speed = min(max(speed, SLOWEST), FASTEST)
        with self._changed:
            self._speed = speed
            self._command()
        self._sink.moved(speed=speed)

    def set_loop(self, loop: bool) -> None:
        """Set whether playing starts again at the end."""
        with self._changed:
            self._loop = loop
            self._command()
        self._sink.moved(loop=loop)

    def set_every_frame(self, every_frame: bool) -> None:
        """Set whether playing waits for the analysis of each frame."""
        with self._changed:
            self._every_frame = every_frame
            self._command()
        self._sink.moved(every_frame=every_frame)

    def mark(self, start: int | None, end: int | None) -> None:
        """Play within `start` and `end`, both included; None is the end of the clip."""
        if start is not None:
            start = self._clamped(start)
        if end is not None:
            end = self._clamped(end)
        if start is not None and end is not None and start > end:
            start, end = end, start
        with self._changed:
            self._start, self._end = start, end
            self._command()
        self._sink.moved(start=start, end=end)

    def answered(self, index: int) -> None:
        """Note that the analysis of frame `index` has ended, in an answer or not."""
        with self._changed:
            self._answered = index
            self._changed.notify_all()

    def close(self) -> None:
        """Make `drive` return."""
        with self._changed:
            self._closed = True
            self._command()

    # The thread ----------------------------------------------------------------------------

    def drive(self) -> None:
        """Carry out commands until closed; the clip is read here and nowhere else."""
        while True:
            with self._changed:
                if self._closed:
                    self._near.clear()
                    return
                target, self._target = self._target, None
                playing, seen = self._playing, self._commands
            try:
                if target is not None:
                    frame = self._near.get(target) or self._clip.read(target)
                    self._put(frame)
                    self._hold(frame)
                elif playing:
                    self._near.clear()
                    self._advance(seen)
                elif not self._prepare():
                    self._rest(seen)
            except PoseViewerError as error:
                self._stop()
                self._sink.said(str(error))
                self._rest(seen)

    def _prepare(self) -> bool:
        """Do a little work for the next step; whether more is left to do."""
        for index in self._beside():
            if index not in self._near and self._clip.at_hand(index):
                try:
                    self._near[index] = self._clip.read(index)
                except PoseViewerError:
                    # Said when it is asked for.
                    self._near[index] = None
                return True
        return self._clip.prefetch(self._index)

    def _hold(self, frame: Frame) -> None:
        """Hold the frame that is shown and those beside it ready, and no other."""
        near = self._near | {frame.index: frame}
        wanted = (frame.index, *self._beside())
        self._near = {index: near[index] for index in wanted if index in near}

    def _beside(self) -> list[int]:
        """The frames to be held ready, those that are likeliest to be next first."""
        width, height = self._clip.size
        room = _NEAR_BYTES // (3 * width * height)
        sides = self._ahead, -self._ahead
        places = [self._index + side * far for far in range(1, _NEAR + 1) for side in sides]
        return [index for index in places if 0 <= index < self._count][:room]

    def _rest(self, seen: int) -> None:
        """Wait for a command."""
        with self._changed:
            self.resting = self._commands == seen
            self._changed.wait_for(lambda: self._commands != seen)
            self.resting = False

    def _advance(self, seen: int) -> None:
        """Show the next frame when it is due."""
        if self._index >= self._last:
            self._turn(seen)
            return
        index = self._next()
        frame = self._clip.read(index)
        if not self._wait(self._due(index), seen):
            return
        self._put(frame)
        with self._changed:
            while self._every_frame and self._answered != index and self._commands == seen:
                if not self._expects():
                    return
                self._changed.wait(_RECHECK)

    def _turn(self, seen: int) -> None:
        """At the end: back to the beginning, or stop."""
        if not self._loop:
            self._stop()
            return
        last = self._last
        shown_for = self._seconds(last) - self._seconds(last - 1) if last else 0.04
        if self._wait(self._due(last) + shown_for / self._speed, seen):
            with self._changed:
                self._aim(self._first, jump=True)
                self._clock = None

    def _next(self) -> int:
        """The number of the frame due on screen now, but at least the next one."""
        now = perf_counter()
        # A command may take the clock away at any moment; what is worked out here is then
        # thrown away by the wait that follows.
        wall, seconds = self._clock or (now, self._seconds(self._index))
        self._clock = wall, seconds
        following = self._index + 1
        if self._every_frame:
            # Time stands still while the analysis is waited for: never hurry to catch up.
            if now > self._due(following):
                self._clock = now, self._seconds(following)
            return following
        due = self._clip.index_at(seconds + (now - wall) * self._speed)
        index = min(max(following, due), self._last)
        if index - self._index > _LONGEST_SKIP:
            index = self._index + _LONGEST_SKIP
            self._clock = now, self._seconds(index)
        return index

    def _due(self, index: int) -> float:
        """The wall time at which frame `index` is to be shown."""
        clock = self._clock
        if clock is None:
            return perf_counter()
        wall, seconds = clock
        return wall + (self._seconds(index) - seconds) / self._speed

    def _wait(self, until: float, seen: int) -> bool:
        """Wait until a wall time; False when a command came first."""
        with self._changed:
            return not self._changed.wait_for(
                lambda: self._commands != seen, max(0.0, until - perf_counter())
            )

    def _put(self, frame: Frame) -> None:
        self._ahead = -1 if frame.index < self._index else 1
        with self._changed:
            self._index = frame.index
            seek_id = self._seek_id
            newer = self._target is not None
        self._sink.show(frame, seek_id=seek_id)
        if not newer:
            self._sink.moved(index=frame.index)

    def _stop(self) -> None:
        with self._changed:
            self._playing = False
            self._clock = None
        self._sink.moved(playing=False)

    def _seconds(self, index: int) -> float:
        """Seconds from the first frame to frame `index`."""
        return float(self._clip.time(index).exact - self._clip.time(0).exact)

    # With the lock held --------------------------------------------------------------------

    def _aim(self, index: int, *, jump: bool) -> int:
        self._target = self._clamped(index)
        self._seek_id += jump
        return self._target

    def _command(self) -> None:
        self._commands += 1
        self.resting = False
        self._clock = None
        self._changed.notify_all()

    def _clamped(self, index: int) -> int:
        return min(max(index, 0), self._count - 1)

    @property
    def _first(self) -> int:
        return self._start or 0

    @property
    def _last(self) -> int:
        return self._count - 1 if self._end is None else self._end
