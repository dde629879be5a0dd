"""Export: estimate, scene, raster, writer, as one generator that every caller shares."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.filters import RAW, parse_filter
from poseviewer.runtime.factories import follower, goniometer, load_network
from poseviewer.runtime.job import CANCELLED, Countdown, ahead
from poseviewer.runtime.source_thread import open_location

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from poseviewer.core.filters import Filter
    from poseviewer.core.frame import Frame, Timestamp
    from poseviewer.core.look import Look
    from poseviewer.core.result import FrameResult
    from poseviewer.pipeline.track import Tracker
    from poseviewer.records.tables import Record
    from poseviewer.runtime.factories import Loader
    from poseviewer.runtime.source_thread import Opener
    from poseviewer.runtime.state import Choices, ExportJob, Progress
    from poseviewer.video.source import Clip
    from poseviewer.video.writer import ClipWriter

STILLS = (".png",)
"""Endings of outputs that hold one frame."""


def export_clip(
    job: ExportJob,
    choices: Choices,
    location: str,
    *,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    opener: Opener = open_location,
    loader: Loader = load_network,
) -> Path:
    """Write what `job` asks for and wait for it; nothing is left when it fails.

    Raises:
        PoseViewerError: The job cannot be done, or `cancelled` said so.
    """
    steps = export_steps(job, choices, location, opener=opener, loader=loader)
    try:
        for step in steps:
            if progress is not None:
                progress(step)
            if cancelled is not None and cancelled():
                raise PoseViewerError(CANCELLED)
    finally:
        steps.close()
    return job.output


def export_steps(
    job: ExportJob,
    choices: Choices,
    location: str,
    *,
    opener: Opener = open_location,
    loader: Loader = load_network,
    tracker: Tracker | None = None,
) -> Generator[Progress, None, None]:
    """Write what `job` asks for, a frame a step; closing the generator leaves nothing behind.

    `tracker` numbers people; one that begins at 0 where None.

    Raises:
        PoseViewerError: The job cannot be done; the sentence says why.
    """
    clip = _clip(opener(location), location)
    with clip:
        start, end = _range(job, clip)
        by = _filter(choices, clip, start=start, end=end) if job.data else RAW
        countdown = Countdown(end - start + 1, output=str(job.output))
        yield countdown.at(0)
        frames = _frames(job, choices, clip, start=start, end=end, loader=loader, tracker=tracker)
        if job.overlay and job.look.truth:
            from poseviewer.truth.frames import truth_of, with_truth

            frames = with_truth(frames, truth_of(clip, job.truth))
        yield from _write(job, clip, frames, countdown, start=start, end=end, by=by)


def snapshot_steps(
    path: Path, look: Look, *, frame: Frame, result: FrameResult | None
) -> Generator[Progress, None, None]:
    """Write one picture as the window shows it.

    Raises:
        PoseViewerError: The file cannot be written.
    """
    countdown = Countdown(1, output=str(path))
    yield countdown.at(0)
    write_png(path, painted(frame, result, look))
    yield countdown.at(1)


def painted(
    frame: Frame,
    result: FrameResult | None,
    look: Look | None,
    *,
    out: NDArray[np.uint8] | None = None,
) -> NDArray[np.uint8]:
    """The pixels of `frame` with `result` drawn over them; bare where either is missing.

    Args:
        frame: The picture.
        result: What was found in it.
        look: What is drawn.
        out: Where to draw; a new array where None.

    Returns:
        RGB (h, w, 3); the frame's own read-only pixels where there is nothing to draw.
    """
    if result is None or look is None:
        return frame.pixels
    from poseviewer.draw.raster import paint
    from poseviewer.draw.scene import build_scene

    if out is None:
        out = frame.pixels.copy()
    else:
        out[:] = frame.pixels
    paint(build_scene(result, look, poses=result.shown), out)
    return out


def write_png(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Write RGB pixels losslessly, under a temporary name until complete.

    Raises:
        PoseViewerError: The file cannot be written.
    """
    import cv2

    done, encoded = cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))
    part = path.with_name(path.name + ".part")
    try:
        if not done:
            raise OSError(0, "the picture cannot be encoded")
        part.write_bytes(encoded.tobytes())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        msg = f"Cannot write {path}: {error.strerror}; choose another folder."
        raise PoseViewerError(msg) from error


def _frames(
    job: ExportJob,
    choices: Choices,
    clip: Clip,
    *,
    start: int,
    end: int,
    loader: Loader,
    tracker: Tracker | None,
) -> Iterator[tuple[Frame, FrameResult | None]]:
    """Frames of the range, with results where the job needs any."""
    if not job.overlay and not job.data:
        return ((frame, None) for frame in clip.frames(start, end))
    from poseviewer.core.stage import Request
    from poseviewer.pipeline.run import run

    stage = job.look.overlay_stage if job.overlay else None
    network = loader(choices)
    if stage is not None and stage >= len(network.card.stages):
        msg = (
            f"{network.card.name} has stages 0 to {len(network.card.stages) - 1}; "
            f"there is no stage {stage}."
        )
        raise PoseViewerError(msg)
    request = Request(stages=frozenset() if stage is None else frozenset([stage]))
    estimator = network.estimator(choices)
    return run(
        clip,
        estimator,
        follower(choices),
        request=request,
        start=start,
        end=end,
        goniometer=goniometer(choices),
        tracker=tracker,
        focus=choices.focus,
    )


def _write(
    job: ExportJob,
    clip: Clip,
    analysed: Iterator[tuple[Frame, FrameResult | None]],
    countdown: Countdown,
    *,
    start: int,
    end: int,
    by: Filter,
) -> Generator[Progress, None, None]:
    """Write video and records together: all of them appear, or none."""
    from poseviewer.records.open import open_records

    look = job.look if job.overlay else None
    # Reading and analysing the next frames takes one core, painting and encoding another.
    frames = ahead(analysed)
    records = open_records(job.data, beside=job.output, by=by)
    writer: ClipWriter | StillWriter | None = None
    try:
        writer = _writer(job, clip, start=start, end=end)
        canvas = None
        for done, (frame, result) in enumerate(frames, 1):
            pixels = painted(frame, result, look, out=canvas)
            canvas = pixels if pixels.flags.writeable else None
            writer.write(pixels, time=frame.time)
            if result is not None:
                _note(records, result)
            if done <= end - start:
                yield countdown.at(done)
        for record in records:
            record.finish()
        writer.finish()
        yield replace(countdown.at(end - start + 1), notice=writer.notice)
    finally:
        frames.close()
        if writer is not None:
            writer.abort()
        for record in records:
            record.discard()


class StillWriter:
    """A .png being written: one frame, under the same calls as a clip."""

    notice: str | None = None

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pixels: NDArray[np.uint8] | None = None

    def write(self, pixels: NDArray[np.uint8], *, time: Timestamp) -> None:  # noqa: ARG002
        """Take the frame."""
        self._pixels = pixels

    def finish(self) -> None:
        """Write the file."""
        if self._pixels is not None:
            write_png(self._path, self._pixels)

    def abort(self) -> None:
        """Leave nothing behind; there is nothing until it is complete."""


def _writer(job: ExportJob, clip: Clip, *, start: int, end: int) -> ClipWriter | StillWriter:
    if job.output.suffix.lower() in STILLS:
        return StillWriter(job.output)
    from poseviewer.video.file import FileClip
    from poseviewer.video.writer import ClipWriter

    # The sound ends with the last picture, which stands until the next one would come.
    stop = clip.time(end + 1).exact if end + 1 < len(clip) else None
    return ClipWriter(
        job.output,
        size=clip.size,
        time_base=clip.time(start).time_base,
        rate=clip.rate,
        source=clip.location if job.audio and isinstance(clip, FileClip) else None,
        sound_end=stop,
        threads=encoder_threads() if job.overlay or job.data else None,
    )


def encoder_threads() -> int:
    """Half the cores, where the network takes the other half.

    With a thread a core the encoder holds the network up, and then waits for it: a third more
    time on two cores.
    """
    return max(1, (os.cpu_count() or 2) // 2)


def _note(records: list[Record], result: FrameResult) -> None:
    for record in records:
        record.add(result)


def _filter(choices: Choices, clip: Clip, *, start: int, end: int) -> Filter:
    """What is done to curves that are written.

    Raises:
        PoseViewerError: It cannot be done at this rate: better said before all the work.
    """
    by = parse_filter(choices.filter)
    refusal = by.refusal(np.array([clip.time(at).seconds for at in range(start, end + 1)]))
    if refusal:
        raise PoseViewerError(refusal)
    return by


def _clip(source: object, location: str) -> Clip:
    from poseviewer.video.source import Clip, Source

    if isinstance(source, Clip):
        return source
    if isinstance(source, Source):
        source.close()
    msg = f"{location} is a live source and has no end; export takes a file or a folder of images."
    raise PoseViewerError(msg)


def _range(job: ExportJob, clip: Clip) -> tuple[int, int]:
    """First and last frame, checked."""
    last = len(clip) - 1
    end = last if job.end is None else job.end
    still = job.output.suffix.lower() in STILLS
    if still and job.end is None:
        end = job.start
    if not 0 <= job.start <= end <= last:
        msg = (
            f"{clip.name} has frames 0 to {last}; "
            f"the range {job.start} to {end} does not lie in it."
        )
        raise PoseViewerError(msg)
    if still and end != job.start:
        msg = f"{job.output.name} holds one frame, but the range is {job.start} to {end}."
        raise PoseViewerError(msg)
    return job.start, end
