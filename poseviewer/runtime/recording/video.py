"""The recording of a feed: every frame as it came, with its true time, into a file."""

from __future__ import annotations

from collections import deque
from threading import Condition, Thread
from time import localtime, perf_counter, strftime
from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError
from poseviewer.runtime.state import Recording

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

_FEWEST, _MOST = 8, 240
"""Frames that may wait, whatever their size."""

_PERIOD = 0.2
"""Seconds between reports: a window needs no more."""


def free_path(folder: Path, name: str) -> Path:
    """A file in `folder` that does not exist yet, named after the source and the time of day."""
    plain = "".join(c if c.isalnum() or c in " -_." else "_" for c in name).strip(" .") or "live"
    stem = f"{plain} {strftime('%Y-%m-%d %H-%M-%S', localtime())}"
    path, number = folder / f"{stem}.mp4", 1
    while path.exists():
        number += 1
        path = folder / f"{stem} ({number}).mp4"
    return path


class Recorder(Thread):
    """Writes the frames it is offered; a frame that finds no room is counted, never waited for.

    Args:
        path: The file.
        rate: Frames a second that the feed promises; 0 if unknown.
        report: Told how far the recording is, and None when it has ended.
        tell: Told one sentence at the end.
        beside: Writes what was found in the frames, on a thread of its own; started and ended
            with this one.
        account: Written down when all is complete.
    """

    def __init__(
        self,
        path: Path,
        *,
        rate: float,
        report: Callable[[Recording | None], None],
        tell: Callable[[Level, str], None],
        beside: ResultRecorder | None = None,
        account: RecordingReport | None = None,
    ) -> None:
        super().__init__(name="poseviewer-recorder", daemon=True)
        self._path, self._rate = path, rate
        self._report, self._tell = report, tell
        self._beside, self._account = beside, account
        self._changed = Condition()
        self._waiting: deque[Frame] = deque()
        self._room = _FEWEST
        self._ended = False
        self._reason = ""
        self.overruns = 0
        """Frames that found no room."""
        self._last: Frame | None = None
        self._first = self._captured = self._analysed = 0

    def offer(self, frame: Frame) -> None:
        """Take a frame; returns at once. Called by the one thread that reads the feed."""
        with self._changed:
            if self._ended:
                return
            self._captured += 1
            last, self._last = self._last, frame
            late = last is not None and frame.time.exact <= last.time.exact
            if last is None:
                self._first = frame.index
                self._room = min(max(_WAITING_BYTES // frame.pixels.nbytes, _FEWEST), _MOST)
            if late or len(self._waiting) >= self._room:
                self.overruns += 1
                return
            self._waiting.append(frame)
            self._changed.notify_all()

    def analysed(self, result: FrameResult, *, model: str, engine: str) -> None:
        """Take what was found in a frame; returns at once. Called by the inference thread."""
        with self._changed:
            if self._ended or not self._captured or result.frame.index < self._first:
                return
            self._analysed += 1
        if self._account is not None:
            self._account.used(model, engine)
        if self._beside is not None:
            self._beside.offer(result)

    def stop(self, reason: str = "") -> None:
        """Write what waits and finish the file; returns at once.

        Args:
            reason: One sentence, where it was not the person who ended it.
        """
        with self._changed:
            if not self._ended:
                self._ended, self._reason = True, reason
                self._changed.notify_all()

    def run(self) -> None:
        """Write until told to stop."""
        self._report(Recording(str(self._path)))
        if self._beside is not None:
            self._beside.start()
        writer: ClipWriter | None = None
        first = latest = 0.0
        trouble, due = "", 0.0
        try:
            while (frame := self._next()) is not None:
                latest = frame.time.seconds
                if writer is None:
                    writer, first = self._begin(frame), latest
                writer.write(frame.pixels, time=frame.time)
                if perf_counter() >= due:
                    due = perf_counter() + _PERIOD
                    self._report(self._progress(latest - first, writer.frames))
            if writer is not None:
                writer.finish()
        except PoseViewerError as error:
            trouble = str(error)
        except Exception as error:  # noqa: BLE001 - an encoder's surprise must reach the person too
            trouble = f"{self._path.name} ends early: {error}."
        finally:
            self.stop()
            self._waiting.clear()
            if writer is not None:
                writer.abort()
        frames, seconds = writer.frames if writer else 0, latest - first
        trouble = " ".join(filter(None, (trouble, self._end_beside(frames, seconds))))
        self._report(None)
        self._tell(*self._words(frames, seconds, trouble))

    def _end_beside(self, frames: int, seconds: float) -> str:
        """Finish what is written beside the file, and the account; what went wrong with it."""
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

    def _begin(self, frame: Frame) -> ClipWriter:
        from poseviewer.video.writer import ClipWriter

        return ClipWriter(
            self._path,
            size=frame.size,
            time_base=frame.time.time_base,
            rate=self._rate,
            preset="superfast",
            lasting=True,
        )

    def _next(self) -> Frame | None:
        """The next frame, waiting for it; None when there will be no more."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ended)
            return self._waiting.popleft() if self._waiting else None

    def _words(self, frames: int, seconds: float, trouble: str) -> tuple[Level, str]:
        """What to say at the end, and how serious it is."""
        said = [self._reason, trouble]
        if frames:
            beside = self._beside.words() if self._beside is not None else ""
            said.append(f"Recorded {frames} frames, {seconds:.1f} s, to {self._path}{beside}.")
        elif not trouble:
            said.append("Nothing was recorded: no frame came.")
        if self.overruns:
            many = "1 frame" if self.overruns == 1 else f"{self.overruns} frames"
            said.append(f"{many} came faster than they could be written and are missing.")
        fine = frames and not (trouble or self._reason or self.overruns)
        return "info" if fine else "warning", " ".join(filter(None, said))
