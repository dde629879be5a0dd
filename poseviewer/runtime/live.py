"""The feed's capture: one thread that owns the device and passes every frame on at once."""

from __future__ import annotations

from collections import deque
from itertools import count
from threading import Event, RLock, Thread
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from poseviewer.core.errors import PoseViewerError
from poseviewer.runtime.playback import ClipTransport, Stage
from poseviewer.runtime.state import Keep, Past

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from poseviewer.core.frame import Frame
    from poseviewer.video.source import Feed


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


_TIMEOUT = 0.25
"""Seconds that one read waits; closing takes no longer."""


class Recording(Protocol):
    """Who is offered every frame, and told when there will be no more."""

    def offer(self, frame: Frame) -> None:
        """Take a frame; returns at once."""

    def stop(self, reason: str = "") -> None:
        """No frame will follow, for the reason given."""


class FeedStage(Stage, Protocol):
    """Where a capture puts what it reads."""

    def kept(self, past: Past | None) -> None:
        """The feed was frozen and this can be gone back to; None: it runs again."""


class FeedCapture:
    """Frames of a feed as they come. Pausing freezes the picture and lets one go back.

    Frozen or not, the device is read on, so that going on shows what is true then.

    Args:
        feed: Read by `drive` only, on one thread.
        stage: Told what is shown, and about a device that was lost or came back.
        keep: How much is kept to go back to.
        expects: Whether an analysis of the frame on screen is still to come.
    """

    def __init__(
        self,
        feed: Feed,
        *,
        stage: FeedStage,
        keep: Keep | None = None,
        expects: Callable[[], bool] = lambda: False,
    ) -> None:
        self._feed = feed
        self._stage = stage
        self._expects = expects
        self._closed = Event()
        self._ended = False
        self._journeys = count()
        self._journey = next(self._journeys)
        self._trouble: str | None = None
        self._recording: Recording | None = None
        # Held while a frame is shown, so that none of the feed follows a freeze.
        self._showing = RLock()
        self._ring = FrameRing(keep or Keep())
        self._rewind: Rewind | None = None
        self._rewinds: list[Rewind] = []

    @property
    def rewind(self) -> Rewind | None:
        """The past while the feed is frozen."""
        return self._rewind

    def keep(self, keep: Keep) -> None:
        """Keep so much from the next frame on."""
        self._ring.keep = keep

    def play(self) -> None:
        """Replay what is kept; nothing while the feed runs."""
        if (rewind := self._rewind) is not None:
            rewind.play()

    def pause(self, *, at: int | None = None) -> None:
        """Freeze the feed; when it is frozen, stop replaying.

        Args:
            at: Number of the frame that is seen; the newest where None.
        """
        with self._showing:
            rewind = self._rewind
            frames = self._ring.frames()
            if rewind is None and frames and not self._closed.is_set():
                self._freeze(frames, at=at)
        if rewind is not None:
            rewind.pause()

    def live(self) -> None:
        """Show what comes, from now on."""
        with self._showing:
            if self._rewind is None:
                return
            if self._ended:
                self._stage.tell(f"{self._feed.name} has ended: only what was kept is left.")
                return
            self._rewind.close()
            self._rewind = None
            # Whoever stood there may have moved on meanwhile.
            self._journey = next(self._journeys)
            self._stage.kept(None)

    def answered(self, index: int) -> None:
        """The analysis of frame `index` is done, well or badly."""
        if (rewind := self._rewind) is not None:
            rewind.answered(index)

    def record(self, recording: Recording) -> None:
        """Offer it every frame from now on, also while the picture is frozen."""
        self._recording = recording
        if self._closed.is_set():
            recording.stop()

    def close(self) -> None:
        """Make `drive` return."""
        self._closed.set()

    def drive(self) -> None:
        """Read until closed; a feed that has ended for good stays frozen until then."""
        self._stage.moved(playing=True)
        try:
            while not self._closed.is_set():
                self._report_frame(self._feed.read(_TIMEOUT))
        except PoseViewerError as error:
            self._stage.moved(playing=False)
            self._stage.tell(str(error))
            self._end_recording("The source has ended.")
            self.pause()
            self._ended = True
            self._closed.wait()
        finally:
            self._closed.set()
            self._end_recording()
            for rewind in self._rewinds:
                rewind.close()
                rewind.join()

    def _report_frame(self, frame: Frame | None) -> None:
        self._report(self._feed.trouble)
        if frame is None:
            return
        if self._recording is not None:
            self._recording.offer(frame)
        with self._showing:
            if self._rewind is None:
                self._ring.put(frame)
                self._stage.show(frame, journey=self._journey)

    def _freeze(self, frames: tuple[Frame, ...], *, at: int | None) -> None:
        screen = _Screen(self)
        made = Rewind(
            frames,
            name=self._feed.name,
            rate=self._feed.rate,
            screen=screen,
            expects=self._expects,
            journey=lambda: next(self._journeys),
            at=at,
        )
        screen.rewind = self._rewind = made
        self._rewinds = [*(one for one in self._rewinds if one.alive), made]
        self._stage.kept(made.past)
        made.start()

    def _end_recording(self, reason: str = "") -> None:
        recording, self._recording = self._recording, None
        if recording is not None:
            recording.stop(reason)

    def _report(self, trouble: str | None) -> None:
        """Say once that the device was lost, and once that it is back."""
        if trouble == self._trouble:
            return
        if trouble is not None:
            self._stage.tell(trouble)
            self._end_recording(f"{self._feed.name} was lost.")
        else:
            # Whoever stood there may have moved on meanwhile.
            self._journey = next(self._journeys)
            self._stage.tell(f"{self._feed.name} is back.")
        self._trouble = trouble


class _Screen:
    """The capture's stage as long as its rewind is the one that is looked at."""

    def __init__(self, capture: FeedCapture) -> None:
        self._capture = capture
        self.rewind: Rewind | None = None

    def show(self, frame: Frame, *, journey: int) -> None:
        """Show a kept frame."""
        capture = self._capture
        with capture._showing:
            if capture._rewind is self.rewind:
                capture._stage.show(frame, journey=journey)

    def moved(self, **fields: Any) -> None:
        """Pass a change of the transport on."""
        capture = self._capture
        with capture._showing:
            if capture._rewind is self.rewind:
                capture._stage.moved(**fields)

    def tell(self, text: str) -> None:
        """Pass a sentence on."""
        self._capture._stage.tell(text)
