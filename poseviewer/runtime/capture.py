"""The feed's capture: one thread that owns the device and passes every frame on at once."""

from __future__ import annotations

from itertools import count
from threading import Event, RLock
from typing import TYPE_CHECKING, Any, Protocol

from poseviewer.core.errors import PoseViewerError
from poseviewer.runtime.rewind import FrameRing, Rewind
from poseviewer.runtime.state import Keep
from poseviewer.runtime.transport import Stage

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.core.frame import Frame
    from poseviewer.runtime.state import Past
    from poseviewer.video.source import Feed

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
