"""The annotated video and the data that are written beside a recording."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import OutputSet, write_errors, write_failure
from poseviewer.runtime.export_picture import encoder_threads, painted
from poseviewer.runtime.recording.clock import RisingClock
from poseviewer.runtime.writer_thread import WriterThread

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from poseviewer.core.result import FrameResult
    from poseviewer.records.about import About
    from poseviewer.records.record import Record
    from poseviewer.runtime.jobs import RecordJob
    from poseviewer.video.writer import ClipWriter

_WAITING_BYTES = 64 * 2**20
"""Pixels and maps that may wait; mostly shared with the recording itself."""


class ResultRecorder(WriterThread["FrameResult"]):
    """Draws and writes results at their true times; those that find no room are counted.

    Args:
        path: The recording that this lies beside.
        job: What is wanted.
        about: How the results are made; its rate is what the feed promises, 0 if unknown.
    """

    def __init__(self, path: Path, *, job: RecordJob, about: About) -> None:
        super().__init__("result-recorder", fewest=4, most=120, budget=_WAITING_BYTES)
        self.video = path.with_name(f"{path.stem}_pose{path.suffix}") if job.annotated else None
        """The annotated video, where it is wanted."""
        self._path, self._job, self._about = path, job, about
        self._clock = RisingClock()
        self._writer: ClipWriter | None = None
        self._records: list[tuple[OutputSet, list[Record]]] | None = None
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
        with self.changed:
            if self.stopped or (time := self._clock.time(result.frame)) is None:
                return
            timed = replace(result, frame=replace(result.frame, time=time))
            if not self.enqueue(timed, size=_bytes(timed)):
                self.overruns += 1

    def words(self) -> str:
        """Return what was written beside the video, as the end of a sentence."""
        parts = [self.video.name] if self.video is not None and self.frames else []
        parts += [file.name for file in self.files]
        return f", with {', '.join(parts)} beside it" if parts else ""

    def write(self, item: FrameResult) -> None:
        """Write one result."""
        if self.video is not None:
            if self._writer is None:
                self._writer = self._open_video(self.video, item)
            pixels = painted(item.frame, item, self._job.look, out=self._canvas)
            self._canvas = pixels if pixels.flags.writeable else None
            self._writer.write(pixels, time=item.frame.time)
        if self._job.data:
            self._write_data(item)
        self.frames += 1

    def end(self) -> None:
        """Complete every file; where one fails, the others are still completed."""
        if isinstance(self.error, PoseViewerError):
            self.trouble = str(self.error)
        elif isinstance(self.error, OSError):
            self.trouble = write_failure(self._path, self.error, fate="has data that ends early")
        elif self.error is not None:
            self.trouble = f"What was written beside {self._path.name} ends early: {self.error}."
        try:
            if self._writer is not None:
                self._writer.finish()
        except PoseViewerError as error:
            self.trouble = self.trouble or str(error)
        if self._writer is not None:
            self.video = self._writer.path
        for outputs, records in self._records or ():
            try:
                with write_errors(self._path, fate="has lost its data"):
                    for record in records:
                        record.finish()
                    self.files += outputs.commit()
            except PoseViewerError as error:
                self.trouble = self.trouble or str(error)
            finally:
                outputs.discard()

    def _write_data(self, result: FrameResult) -> None:
        from poseviewer.records.open import open_records

        if self._records is None:
            self._records = []
            for number, kind in enumerate(self._job.data):
                outputs = OutputSet(kind="recording")
                records = open_records(
                    [kind],
                    beside=self._path,
                    outputs=outputs,
                    about=replace(self._about, size=result.frame.size),
                    note=not number,
                )
                self._records.append((outputs, records))
            self._columns = result.angles.specs, result.poses.skeleton
        if (result.angles.specs, result.poses.skeleton) == self._columns:
            for _, records in self._records:
                for record in records:
                    record.add(result)
        elif not self.trouble:
            self.trouble = (
                f"The data ends at frame {result.frame.index}: another network was chosen, "
                "whose joints or angles are others."
            )

    def _open_video(self, path: Path, result: FrameResult) -> ClipWriter:
        from poseviewer.video.writer import ClipWriter

        return ClipWriter(
            path,
            size=result.frame.size,
            time_base=result.frame.time.time_base,
            rate=self._about.rate,
            preset="superfast",
            threads=encoder_threads(),
            lasting=True,
            comment=replace(self._about, smoothing=result.smoothing).drawn,
        )


def _bytes(result: FrameResult) -> int:
    return result.frame.pixels.nbytes + sum(stage.values.nbytes for stage in result.stages)
