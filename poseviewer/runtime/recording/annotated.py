"""What is written beside a recording: the video as the screen shows it, and the data."""

from __future__ import annotations

from collections import deque
from threading import Condition, Thread
from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError
from poseviewer.runtime.export import encoder_threads, painted

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from poseviewer.core.result import FrameResult
    from poseviewer.records.tables import Record
    from poseviewer.runtime.state import RecordJob
    from poseviewer.video.writer import ClipWriter

_WAITING_BYTES = 64 * 2**20
"""Pixels and maps that may wait; mostly shared with the recording itself."""

_FEWEST, _MOST = 4, 120


class ResultRecorder(Thread):
    """Paints and writes the results it is offered, those that find room, at their true times.

    Args:
        path: The recording that this lies beside.
        job: What is wanted.
        rate: Frames a second that the feed promises; 0 if unknown.
    """

    def __init__(self, path: Path, *, job: RecordJob, rate: float) -> None:
        super().__init__(name="poseviewer-result-recorder", daemon=True)
        self.video = path.with_name(f"{path.stem}_pose{path.suffix}") if job.annotated else None
        """The annotated video, where it is wanted."""
        self._path, self._job, self._rate = path, job, rate
        self._changed = Condition()
        self._waiting: deque[FrameResult] = deque()
        self._ended = False
        self._last: FrameResult | None = None
        self._writer: ClipWriter | None = None
        self._records: list[Record] | None = None
        self._canvas: NDArray[np.uint8] | None = None
        self.frames = 0
        """Results written."""
        self.overruns = 0
        """Results that found no room."""
        self.files: tuple[Path, ...] = ()
        """Data that was written."""
        self.trouble = ""
        """What went wrong, in a sentence."""

    def offer(self, result: FrameResult) -> None:
        """Take a result; returns at once. Called by the inference thread."""
        with self._changed:
            last = self._last
            if self._ended or (last and result.frame.time.exact <= last.frame.time.exact):
                return
            self._last = result
            room = min(max(_WAITING_BYTES // _bytes(result), _FEWEST), _MOST)
            if len(self._waiting) >= room:
                self.overruns += 1
                return
            self._waiting.append(result)
            self._changed.notify_all()

    def stop(self) -> None:
        """Write what waits and finish; returns at once."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def run(self) -> None:
        """Write until told to stop."""
        try:
            while (result := self._next()) is not None:
                self._write(result)
                self.frames += 1
        except PoseViewerError as error:
            self.trouble = str(error)
        except Exception as error:  # noqa: BLE001 - an encoder's surprise must reach the person too
            self.trouble = f"What lies beside {self._path.name} ends early: {error}."
        self.stop()
        self._waiting.clear()
        self._finish()

    def words(self) -> str:
        """What was written beside, as the end of a sentence."""
        parts = [self.video.name] if self.video is not None and self.frames else []
        parts += [file.name for file in self.files]
        return f", with {', '.join(parts)} beside it" if parts else ""

    def _write(self, result: FrameResult) -> None:
        if self.video is not None:
            if self._writer is None:
                self._writer = self._begin(self.video, result)
            pixels = painted(result.frame, result, self._job.look, out=self._canvas)
            self._canvas = pixels if pixels.flags.writeable else None
            self._writer.write(pixels, time=result.frame.time)
        if self._job.data:
            self._note(result)

    def _note(self, result: FrameResult) -> None:
        from poseviewer.records.open import open_records

        if self._records is None:
            self._records = open_records(self._job.data, beside=self._path)
            self._columns = result.angles.specs, result.poses.skeleton
        if (result.angles.specs, result.poses.skeleton) == self._columns:
            for record in self._records:
                record.add(result)
        elif not self.trouble:
            self.trouble = (
                f"The data ends at frame {result.frame.index}: another network was chosen, "
                "whose joints or angles are others."
            )

    def _begin(self, path: Path, result: FrameResult) -> ClipWriter:
        from poseviewer.video.writer import ClipWriter

        return ClipWriter(
            path,
            size=result.frame.size,
            time_base=result.frame.time.time_base,
            rate=self._rate,
            preset="superfast",
            threads=encoder_threads(),
            lasting=True,
        )

    def _finish(self) -> None:
        """Complete every file, each for itself: one that fails takes no other with it."""
        try:
            if self._writer is not None:
                self._writer.finish()
        except PoseViewerError as error:
            self.trouble = self.trouble or str(error)
        for record in self._records or ():
            try:
                self.files += (record.finish(),)
            except (OSError, PoseViewerError) as error:
                record.discard()
                self.trouble = self.trouble or f"Data beside {self._path.name} is lost: {error}."

    def _next(self) -> FrameResult | None:
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._ended)
            return self._waiting.popleft() if self._waiting else None


def _bytes(result: FrameResult) -> int:
    return result.frame.pixels.nbytes + sum(stage.values.nbytes for stage in result.stages)
