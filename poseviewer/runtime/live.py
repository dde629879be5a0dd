"""The capture of a feed: one thread that owns the device and passes frames on at once."""

from __future__ import annotations

from collections import deque
from itertools import count
from threading import Event, RLock, Thread
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from poseviewer.core.errors import PoseViewerError
from poseviewer.runtime.playback import ClipTransport, FrameSink
from poseviewer.runtime.state import Keep, Past

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from poseviewer.core.frame import Frame
    from poseviewer.video.memory import MemoryClip
    from poseviewer.video.source import Feed


class FrameRing:
    """The newest frames of a feed, limited in seconds and bytes; at least the newest one."""

    def __init__(self, keep: Keep) -> None:
        self.keep = keep
        """May be replaced; applies from the next frame on."""
        self._frames: deque[Frame] = deque()
        self._bytes = 0

    @property
    def bytes(self) -> int:
        """Of the pixels held."""
        return self._bytes

    def put(self, frame: Frame) -> None:
        """Store `frame` itself, not a copy, and drop what there is no room for."""
        frames = self._frames
        frames.append(frame)
        self._bytes += frame.pixels.nbytes
        limit, since = self.keep.megabytes * 2**20, frame.time.seconds - self.keep.seconds
        while len(frames) > 1 and (self._bytes > limit or frames[0].time.seconds < since):
            self._bytes -= frames.popleft().pixels.nbytes

    def frames(self) -> tuple[Frame, ...]:
        """The stored frames, oldest first."""
        return tuple(self._frames)


class Screen(Protocol):
    """What a rewind shows its frames on; called from any thread."""

    def show(self, frame: Frame, *, seek_id: int) -> None:
        """Show a stored frame; a new `seek_id` means that it follows on no other."""

    def moved(self, **fields: Any) -> None:
        """Report changed fields of the playback, in the feed's frame numbers."""

    def said(self, text: str) -> None:
        """Report one sentence."""


class Rewind:
    """Plays the stored frames of a frozen feed like a clip, on a thread of its own.

    Commands take and report the feed's frame numbers; the clip below counts positions.

    Args:
        frames: Oldest first; at least one.
        name: Of the feed.
        rate: Frames per second that the feed promises.
        screen: Is given what is shown.
        expects: Whether an analysis of the frame on screen is still to come.
        seek_id: Gives a number that was never given before.
        at: Number of the frame to begin at; the newest where None or no longer stored.
    """

    def __init__(
        self,
        frames: Sequence[Frame],
        *,
        name: str,
        rate: float,
        screen: Screen,
        expects: Callable[[], bool],
        seek_id: Callable[[], int],
        at: int | None = None,
    ) -> None:
        from poseviewer.video.memory import MemoryClip

        self.clip = MemoryClip(frames, name=name, rate=rate)
        self.past = _past(frames)
        sink = _RewindSink(self.clip, self.past, screen, seek_id)
        self._transport = ClipTransport(self.clip, sink=sink, expects=expects)
        known = at is not None and at >= frames[0].index
        self.seek(at if known and at is not None else frames[-1].index)
        self.thread = Thread(target=self._transport.drive, name="poseviewer-rewind", daemon=True)
        """Started by the owner: it shows the first frame and takes commands until `close`."""

    def close(self) -> None:
        """End the thread; returns at once."""
        self._transport.close()

    # Commands ------------------------------------------------------------------------------

    def play(self) -> None:
        """Play from here; from the oldest when here is the newest."""
        self._transport.play()

    def pause(self) -> None:
        """Pause at the present frame."""
        self._transport.pause()

    def step(self, count: int) -> None:
        """Go `count` stored frames forward, or back."""
        self._transport.step(count)

    def seek(self, index: int) -> None:
        """Go to the frame numbered `index`, or the nearest stored one."""
        self._transport.seek(self.past.position(index))

    def set_speed(self, speed: float) -> None:
        """Play `speed` times as fast."""
        self._transport.set_speed(speed)

    def set_loop(self, loop: bool) -> None:
        """Set whether playing starts again at the end."""
        self._transport.set_loop(loop)

    def set_every_frame(self, every_frame: bool) -> None:
        """Set whether playing waits for the analysis of each frame."""
        self._transport.set_every_frame(every_frame)

    def mark(self, start: int | None, end: int | None) -> None:
        """Play within these frames, both included; None is the first or last stored frame."""
        position = self.past.position
        self._transport.mark(
            None if start is None else position(start), None if end is None else position(end)
        )

    def answered(self, index: int) -> None:
        """Note that the analysis of the frame numbered `index` is done."""
        self._transport.answered(self.past.position(index))


class _RewindSink:
    """Shows what the transport of a rewind plays, in the feed's frame numbers.

    It does not refer to the rewind: their frames, some hundred MB, would wait for the collector.
    """

    def __init__(
        self, clip: MemoryClip, past: Past, screen: Screen, seek_id: Callable[[], int]
    ) -> None:
        self._clip, self._past, self._screen = clip, past, screen
        self._number = seek_id
        self._seek_ids: tuple[int, int] = (-1, 0)

    def show(self, frame: Frame, *, seek_id: int) -> None:
        """Pass on the stored frame at a position, unchanged."""
        if seek_id != self._seek_ids[0]:
            self._seek_ids = seek_id, self._number()
        self._screen.show(self._clip.kept[frame.index], seek_id=self._seek_ids[1])

    def moved(self, **fields: Any) -> None:
        """Pass on a change."""
        for name in ("index", "start", "end"):
            if fields.get(name) is not None:
                fields[name] = int(self._past.index[fields[name]])
        self._screen.moved(**fields)

    def said(self, text: str) -> None:
        """Pass on a sentence."""
        self._screen.said(text)


def _past(frames: Sequence[Frame]) -> Past:
    index = np.array([frame.index for frame in frames], np.int64)
    seconds = np.array([frame.time.seconds for frame in frames], np.float64)
    index.flags.writeable = seconds.flags.writeable = False
    return Past(index, seconds, sum(frame.pixels.nbytes for frame in frames))


_TIMEOUT = 0.25
"""Seconds that one read waits; closing takes no longer."""


class Recording(Protocol):
    """Receives every frame, and a last call when no more will follow."""

    def offer(self, frame: Frame) -> None:
        """Take a frame; returns at once."""

    def stop(self, reason: str = "") -> None:
        """End; no frame will follow, for the reason given."""


class FeedSink(FrameSink, Protocol):
    """Receives the frames of a capture."""

    def frozen(self, past: Past | None) -> None:
        """Receive the stored frames when the feed is frozen; None when it runs again."""


class FeedCapture:
    """Reads the frames of a feed; a pause freezes it, with its last seconds to go back to.

    Frozen or not, the device is read on, so that going on shows what is true then.

    Args:
        feed: Read by `drive` only, on one thread.
        sink: Given what is shown, and about a device that was lost or came back.
        keep: How much is stored to go back to.
        expects: Whether an analysis of the frame on screen is still to come.
    """

    def __init__(
        self,
        feed: Feed,
        *,
        sink: FeedSink,
        keep: Keep | None = None,
        expects: Callable[[], bool] = lambda: False,
    ) -> None:
        self._feed = feed
        self._sink = sink
        self._expects = expects
        self._closed = Event()
        self._ended = False
        self._seek_ids = count()
        self._seek_id = next(self._seek_ids)
        self._trouble: str | None = None
        self._recording: Recording | None = None
        # Held while a frame is shown, so that none of the feed follows a freeze.
        self._showing = RLock()
        self._ring = FrameRing(keep or Keep())
        self._rewind: Rewind | None = None
        self._screen: _Screen | None = None
        self._ending: list[Thread] = []
        """Threads of rewinds that were closed; not the rewinds, which hold their frames."""

    @property
    def rewind(self) -> Rewind | None:
        """The stored frames while the feed is frozen."""
        return self._rewind

    def keep(self, keep: Keep) -> None:
        """Set how much is stored, from the next frame on."""
        self._ring.keep = keep

    def play(self) -> None:
        """Replay the stored frames; does nothing while the feed runs."""
        if (rewind := self._rewind) is not None:
            rewind.play()

    def pause(self, *, at: int | None = None) -> None:
        """Freeze the feed; when it is frozen, stop replaying.

        Args:
            at: Number of the frame on screen; the newest where None.
        """
        with self._showing:
            rewind = self._rewind
            frames = self._ring.frames()
            if rewind is None and frames and not self._closed.is_set():
                self._freeze(frames, at=at)
        if rewind is not None:
            rewind.pause()

    def live(self) -> None:
        """Show the feed live again."""
        with self._showing:
            if self._rewind is None:
                return
            if self._ended:
                self._sink.said(f"{self._feed.name} has ended: only the stored seconds are left.")
                return
            self._end_rewind()
            # People may have moved meanwhile, so nothing follows on from before.
            self._seek_id = next(self._seek_ids)
            self._sink.frozen(None)

    def answered(self, index: int) -> None:
        """Note that the analysis of frame `index` has ended, in an answer or not."""
        if (rewind := self._rewind) is not None:
            rewind.answered(index)

    def record(self, recording: Recording) -> None:
        """Pass every frame to `recording` from now on, also while the feed is frozen."""
        self._recording = recording
        if self._closed.is_set():
            recording.stop()

    def close(self) -> None:
        """Make `drive` return."""
        self._closed.set()

    def drive(self) -> None:
        """Read until closed; a feed that has ended for good stays frozen until then."""
        self._sink.moved(playing=True)
        try:
            while not self._closed.is_set():
                # A frozen one goes on, so that the device is not full and its loss is noticed.
                take = self._feed.read if self._wanted else self._feed.skip
                self._report_frame(take(_TIMEOUT))
        except PoseViewerError as error:
            self._sink.moved(playing=False, lost=True)
            self._sink.said(str(error))
            self._end_recording("The source has ended.")
            self.pause()
            self._ended = True
            self._closed.wait()
        finally:
            self._closed.set()
            self._end_recording()
            with self._showing:
                self._end_rewind()
            for thread in self._ending:
                thread.join()

    @property
    def _wanted(self) -> bool:
        """Whether something takes the frames: nothing does while the feed is frozen."""
        return self._rewind is None or self._recording is not None

    def _report_frame(self, frame: Frame | None) -> None:
        self._report(self._feed.trouble)
        if frame is None:
            return
        if self._recording is not None:
            self._recording.offer(frame)
        with self._showing:
            if self._rewind is None:
                self._ring.put(frame)
                self._sink.show(frame, seek_id=self._seek_id)

    def _freeze(self, frames: tuple[Frame, ...], *, at: int | None) -> None:
        screen = self._screen = _Screen(self)
        made = self._rewind = Rewind(
            frames,
            name=self._feed.name,
            rate=self._feed.rate,
            screen=screen,
            expects=self._expects,
            seek_id=lambda: next(self._seek_ids),
            at=at,
        )
        self._sink.frozen(made.past)
        made.thread.start()

    def _end_rewind(self) -> None:
        """Close the present rewind; called while nothing is shown."""
        rewind, self._rewind, self._screen = self._rewind, None, None
        if rewind is not None:
            rewind.close()
            alive = [thread for thread in self._ending if thread.is_alive()]
            self._ending = [*alive, rewind.thread]

    def _end_recording(self, reason: str = "") -> None:
        recording, self._recording = self._recording, None
        if recording is not None:
            recording.stop(reason)

    def _report(self, trouble: str | None) -> None:
        """Report once that the device was lost, and once that it is back."""
        if trouble == self._trouble:
            return
        self._sink.moved(lost=trouble is not None)
        if trouble is not None:
            self._sink.said(trouble)
            self._end_recording(f"{self._feed.name} was lost.")
        else:
            # People may have moved meanwhile, so nothing follows on from before.
            self._seek_id = next(self._seek_ids)
            self._sink.said(f"{self._feed.name} is back.")
        self._trouble = trouble


class _Screen:
    """Shows the frames of a rewind while it is the present one of the capture."""

    def __init__(self, capture: FeedCapture) -> None:
        self._capture = capture

    def show(self, frame: Frame, *, seek_id: int) -> None:
        """Show a stored frame."""
        capture = self._capture
        with capture._showing:
            if capture._screen is self:
                capture._sink.show(frame, seek_id=seek_id)

    def moved(self, **fields: Any) -> None:
        """Pass on a change of the playback."""
        capture = self._capture
        with capture._showing:
            if capture._screen is self:
                capture._sink.moved(**fields)

    def said(self, text: str) -> None:
        """Pass on a sentence."""
        self._capture._sink.said(text)
