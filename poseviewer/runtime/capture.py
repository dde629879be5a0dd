"""The feed's capture: one thread that owns the device and passes every frame on at once."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError

if TYPE_CHECKING:
    from poseviewer.core.frame import Frame
    from poseviewer.runtime.recorder import Recorder
    from poseviewer.runtime.transport import Stage
    from poseviewer.video.source import Feed

_TIMEOUT = 0.25
"""Seconds that one read waits; closing takes no longer."""


class FeedCapture:
    """Frames of a feed as they come. Pausing freezes the picture; the device runs on.

    Args:
        feed: Read by `drive` only, on one thread.
        stage: Told what is shown, and about a device that was lost or came back.
    """

    def __init__(self, feed: Feed, *, stage: Stage) -> None:
        self._feed = feed
        self._stage = stage
        self._closed = Event()
        self._frozen = Event()
        self._journey = 0
        self._trouble: str | None = None
        self._recorder: Recorder | None = None

    def play(self) -> None:
        """Show what comes."""
        self._frozen.clear()
        self._stage.moved(playing=True)

    def pause(self) -> None:
        """Keep the picture that is on screen."""
        self._frozen.set()
        self._stage.moved(playing=False)

    def record(self, recorder: Recorder) -> None:
        """Offer it every frame from now on, also while the picture is frozen."""
        self._recorder = recorder
        if self._closed.is_set():
            recorder.stop()

    def close(self) -> None:
        """Make `drive` return."""
        self._closed.set()

    def drive(self) -> None:
        """Read until closed, or until the feed has ended for good."""
        self._stage.moved(playing=True)
        try:
            while not self._closed.is_set():
                self._report_frame(self._feed.read(_TIMEOUT))
        except PoseViewerError as error:
            self._stage.moved(playing=False)
            self._stage.tell(str(error))
            self._end_recording("The source has ended.")
        finally:
            self._closed.set()
            self._end_recording()

    def _report_frame(self, frame: Frame | None) -> None:
        self._report(self._feed.trouble)
        if frame is None:
            return
        if self._recorder is not None:
            self._recorder.offer(frame)
        if not self._frozen.is_set():
            self._stage.show(frame, journey=self._journey)

    def _end_recording(self, reason: str = "") -> None:
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.stop(reason)

    def _report(self, trouble: str | None) -> None:
        """Say once that the device was lost, and once that it is back."""
        if trouble == self._trouble:
            return
        if trouble is not None:
            self._stage.tell(trouble)
            self._end_recording(f"{self._feed.name} was lost.")
        else:
            # Whoever stood there may have moved on meanwhile.
            self._journey += 1
            self._stage.tell(f"{self._feed.name} is back.")
        self._trouble = trouble
