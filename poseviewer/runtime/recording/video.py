"""The recording of a feed: every frame as it came, with its true time, into a file."""

from __future__ import annotations

from dataclasses import replace
from time import localtime, perf_counter, strftime
from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError
from poseviewer.runtime.jobs import Recording
from poseviewer.runtime.recording.clock import RisingClock
from poseviewer.runtime.writer_thread import WriterThread

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from poseviewer.core.frame import Frame
    from poseviewer.core.result import FrameResult
    from poseviewer.runtime.recording.annotated import ResultRecorder
    from poseviewer.runtime.recording.report import RecordingReport
    from poseviewer.runtime.state import Level
    from poseviewer.video.writer import ClipWriter

_WAITING_BYTES = 256 * 2**20
"""Pixels that may wait for the encoder."""

_PERIOD = 0.2
"""Seconds between reports: a window needs no more."""


def free_path(folder: Path, name: str) -> Path:
    """Return a path in `folder` that is free, named after the source and the time of day."""
    plain = "".join(c if c.isalnum() or c in " -_." else "_" for c in name).strip(" .") or "live"
    stem = f"{plain} {strftime('%Y-%m-%d %H-%M-%S', localtime())}"
    path, number = folder / f"{stem}.mp4", 1
    while path.exists():
        number += 1
        path = folder / f"{stem} ({number}).mp4"
    return path


class Recorder(WriterThread["Frame"]):
    """Writes frames as they come; a frame that finds no room is counted and dropped.

    Args:
        path: The file.
        rate: Frames a second that the feed promises; 0 if unknown.
        report: Called with how far the recording is, and with None when it has ended.
        notify: Called with one sentence at the end.
        beside: Writes what was found in the frames, on a thread of its own; started and ended
            with this one.
        account: The report, written when all is complete.
    """

    def __init__(
        self,
        path: Path,
        *,
        rate: float,
        report: Callable[[Recording | None], None],
        notify: Callable[[Level, str], None],
        beside: ResultRecorder | None = None,
        account: RecordingReport | None = None,
    ) -> None:
        super().__init__("recorder", fewest=8, most=240, budget=_WAITING_BYTES)
        self._path, self._rate = path, rate
        self._report, self._notify = report, notify
        self._beside, self._account = beside, account
        self._reason = ""
        self.overruns = 0
        """Frames that found no room."""
        self._clock = RisingClock()
        self._first = self._captured = self._analysed = 0
        self._writer: ClipWriter | None = None
        self._began = self._latest = self._due = 0.0

    def offer(self, frame: Frame) -> None:
        """Take a frame; returns at once. Called by the one thread that reads the feed."""
        with self.changed:
            if self.stopped:
                return
            if not self._captured:
                self._first = frame.index
            self._captured += 1
            time = self._clock.time(frame)
            if time is None or not self.enqueue(
                replace(frame, time=time), size=frame.pixels.nbytes
            ):
                self.overruns += 1

    def analysed(self, result: FrameResult, *, model: str, engine: str) -> None:
        """Take the result of a frame; returns at once. Called by the inference thread."""
        with self.changed:
            if self.stopped or not self._captured or result.frame.index < self._first:
                return
            self._analysed += 1
        if self._account is not None:
            self._account.used(model, engine, smoothing=result.smoothing)
        if self._beside is not None:
            self._beside.offer(result)

    def stop(self, reason: str = "") -> None:
        """Write what is queued and finish the file; returns at once.

        Args:
            reason: One sentence, where the recording was not ended by the user.
        """
        with self.changed:
            if not self.stopped:
                self._reason = reason
            super().stop()

    def begin(self) -> None:
        """Report the start, and start what is written beside the video."""
        self._report(Recording(str(self._path)))
        if self._beside is not None:
            self._beside.start()

    def write(self, item: Frame) -> None:
        """Write one frame."""
        self._latest = item.time.seconds
        if self._writer is None:
            self._writer, self._began = self._open_video(item), self._latest
        self._writer.write(item.pixels, time=item.time)
        if perf_counter() >= self._due:
            self._due = perf_counter() + _PERIOD
            self._report(self._progress(self._latest - self._began, self._writer.frames))

    def end(self) -> None:
        """Finish every file and report how it went."""
        writer = self._writer
        try:
            # After an error, too: what was written before it is kept.
            if writer is not None:
                writer.finish()
        except Exception as error:  # noqa: BLE001 - an encoder's surprise must reach the person too
            self.error = self.error or error
        if writer is not None:
            writer.abort()
            self._path = writer.path
        trouble = ""
        if isinstance(self.error, PoseViewerError):
            trouble = str(self.error)
        elif self.error is not None:
            trouble = f"{self._path.name} ends early: {self.error}."
        frames, seconds = writer.frames if writer else 0, self._latest - self._began
        trouble = " ".join(filter(None, (trouble, self._end_beside(frames, seconds))))
        self._report(None)
        self._notify(*self._words(frames, seconds, trouble))

    def _end_beside(self, frames: int, seconds: float) -> str:
        """Finish what is written beside the video, and the report; return what went wrong."""
        trouble = ""
        if self._beside is not None:
            self._beside.stop()
            self._beside.join()
            trouble = self._beside.trouble
        if self._account is not None and frames:
            try:
                self._account.write(
                    video=self._path,
                    frames=frames,
                    seconds=seconds,
                    captured=self._captured,
                    overruns=self.overruns,
                    analysed=self._analysed,
                    ended=self._reason,
                    beside=self._beside,
                )
            except OSError as error:
                trouble = f"{trouble} The report cannot be written: {error.strerror}.".strip()
        return trouble

    def _progress(self, seconds: float, frames: int) -> Recording:
        lost = self._beside.overruns if self._beside is not None else 0
        return Recording(str(self._path), seconds, frames, self.overruns + lost)

    def _open_video(self, frame: Frame) -> ClipWriter:
        from poseviewer.video.writer import ClipWriter

        return ClipWriter(
            self._path,
            size=frame.size,
            time_base=frame.time.time_base,
            rate=self._rate,
            preset="superfast",
            lasting=True,
        )

    def _words(self, frames: int, seconds: float, trouble: str) -> tuple[Level, str]:
        """Return the final notice, and its level."""
        said = [self._reason, trouble]
        if frames:
            beside = self._beside.words() if self._beside is not None else ""
            said.append(f"Recorded {frames} frames, {seconds:.1f} s, to {self._path}{beside}.")
        elif not trouble:
            said.append("Nothing was recorded: no frame arrived.")
        if self.overruns:
            many = "1 frame" if self.overruns == 1 else f"{self.overruns} frames"
            said.append(f"{many} arrived faster than they could be written and are missing.")
        fine = frames and not (trouble or self._reason or self.overruns)
        return "info" if fine else "warning", " ".join(filter(None, said))
