"""Export: estimates, draws and writes frames, as one generator that every caller shares."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import OutputSet, save_file, write_errors
from poseviewer.core.filters import RAW, parse_filter
from poseviewer.core.result import FrameResult
from poseviewer.core.stage import Request
from poseviewer.pipeline.follow import in_focus, with_maps
from poseviewer.pipeline.run import run
from poseviewer.pipeline.track import Tracker
from poseviewer.runtime.clip_results import sequence_measurement
from poseviewer.runtime.factories import (
    follower,
    goniometer,
    load_network,
    smoother,
)
from poseviewer.runtime.job import CANCELLED, Countdown
from poseviewer.runtime.source_thread import open_location
from poseviewer.runtime.writer_thread import WriterThread

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from poseviewer.core.filters import Filter
    from poseviewer.core.frame import Frame, Timestamp
    from poseviewer.core.look import Look
    from poseviewer.models.card import ModelCard
    from poseviewer.records.about import About
    from poseviewer.records.record import Record
    from poseviewer.runtime.analysis import Analyst
    from poseviewer.runtime.factories import Loader
    from poseviewer.runtime.source_thread import Opener
    from poseviewer.runtime.state import AppState, ExportJob, Progress
    from poseviewer.video.source import Clip
    from poseviewer.video.writer import ClipWriter

STILLS = (".png",)
"""Endings of outputs that hold one frame."""


def export_clip(
    job: ExportJob,
    state: AppState,
    location: str,
    *,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    opener: Opener = open_location,
    loader: Loader = load_network,
) -> Path:
    """Write what `job` asks for and wait for it; no file is left when it fails.

    Raises:
        PoseViewerError: The job cannot be done, or `cancelled` said so.
    """
    steps = export_steps(job, state, location, opener=opener, loader=loader)
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
    state: AppState,
    location: str,
    *,
    opener: Opener = open_location,
    loader: Loader = load_network,
    analyst: Analyst | None = None,
) -> Generator[Progress, None, None]:
    """Write what `job` asks for, a frame per step; closing the generator leaves no file.

    What is written is a sequential analysis: the one that `analyst` has, taken as far as the
    range goes, else one that begins with the range. That is stored, unless it would take the
    place of one that has other frames.

    Args:
        job: What to write.
        state: The choices.
        location: The clip.
        opener: Opens it.
        loader: Loads the network.
        analyst: Stores the analysis; None where nothing is stored.

    Raises:
        PoseViewerError: The job cannot be done; the sentence says why.
    """
    clip = _clip(opener(location), location)
    with clip:
        start, end = _range(job, clip)
        about = replace(
            about_results(state, clip.name, size=clip.size, rate=clip.rate),
            filter=_filter(state, clip, start=start, end=end) if job.data else RAW,
            stage=job.data_stage,
            metres_per_pixel=job.metres_per_pixel,
            height=job.height,
        )
        countdown = Countdown(end - start + 1, output=str(job.output))
        yield countdown.at(0)
        frames: Iterator[tuple[Frame, FrameResult | None]]
        if job.poses is not None:
            about = replace(about, network=job.poses.name)
            frames = _imported(job.poses, state, clip, start=start, end=end)
        else:
            frames = _frames(job, state, clip, start=start, end=end, loader=loader, analyst=analyst)
        if job.overlay and job.look.truth:
            from poseviewer.truth.frames import truth_of, with_truth

            frames = with_truth(frames, truth_of(clip, job.truth))
        yield from _write(job, clip, frames, countdown, start=start, end=end, about=about)


def snapshot_steps(
    path: Path, look: Look, *, frame: Frame, result: FrameResult | None
) -> Generator[Progress, None, None]:
    """Write one frame as the window shows it.

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
        frame: The frame.
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
    """Write RGB pixels losslessly.

    Raises:
        PoseViewerError: The file cannot be written.
    """
    save_file(path, png_bytes(pixels))


def png_bytes(pixels: NDArray[np.uint8]) -> bytes:
    """Encode RGB pixels as PNG."""
    import cv2

    return bytes(cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))[1])


def _frames(
    job: ExportJob,
    state: AppState,
    clip: Clip,
    *,
    start: int,
    end: int,
    loader: Loader,
    analyst: Analyst | None,
) -> Iterator[tuple[Frame, FrameResult | None]]:
    """Frames of the range, with results where the job needs any."""
    if not job.overlay and not job.data:
        return ((frame, None) for frame in clip.frames(start, end))
    stage = job.look.overlay_stage if job.overlay else None
    request = Request(stages=frozenset() if stage is None else frozenset([stage]))
    stages = [number for number in (stage, job.data_stage) if number is not None]
    # A part of a clip is written without being stored: the window would go on with it alone.
    whole = start == 0 and end == len(clip) - 1
    if analyst is not None and analyst.begin(start, end, instead=False, anew=whole):
        for number in stages:
            _check_stage(analyst.estimator.card, number)
        return _analysed(analyst, state, clip, start=start, end=end, request=request)
    network = loader(state.network)
    for number in stages:
        _check_stage(network.card, number)
    return run(
        clip,
        network.estimator(state.reading),
        follower(state.reading),
        request=request,
        start=start,
        end=end,
        goniometer=goniometer(state.reading, state.angles),
        smoother=smoother(state.reading),
        focus=state.people.focus,
    )


def _imported(
    path: Path, state: AppState, clip: Clip, *, start: int, end: int
) -> Iterator[tuple[Frame, FrameResult]]:
    """Frames with the poses of a file, measured as those of a network are.

    People are numbered here where the file has no numbers.

    Raises:
        PoseViewerError: The file cannot be read, or belongs to another clip.
    """
    from poseviewer.truth.frames import truth_of

    known = truth_of(clip, path)
    if known is None:
        msg = f"{path.name} holds no poses of {clip.name}."
        raise PoseViewerError(msg)
    measure = sequence_measurement(state.reading, state.angles)
    tracker, nobody = Tracker(), known.nobody
    for frame in clip.frames(start, end):
        poses = known.at(frame.index) or nobody
        if len(poses) and (poses.track < 0).all():
            poses = tracker.apply(poses, frame=frame)
        yield frame, in_focus(measure(FrameResult.bare(frame, poses)), state.people.focus)


def _analysed(
    analyst: Analyst, state: AppState, clip: Clip, *, start: int, end: int, request: Request
) -> Iterator[tuple[Frame, FrameResult]]:
    """Frames with the results of the stored analysis, which is continued where needed.

    They are measured here: what is stored is measured anew when a choice changes meanwhile.
    """
    measure = sequence_measurement(state.reading, state.angles)
    for index in range(analyst.course.begin, start):
        if (before := analyst.known(index)) is not None:
            measure(before)
    for frame in clip.frames(start, end):
        result = measure(analyst.result(frame, request=request))
        result = in_focus(result, state.people.focus)
        if not result.meets(request):
            result = with_maps(result, analyst.estimator, request)
        yield frame, result


def _check_stage(card: ModelCard, stage: int) -> None:
    """Check that the network has the stages; raise PoseViewerError otherwise."""
    if stage >= len(card.stages):
        last = len(card.stages) - 1
        msg = f"{card.name} has stages 0 to {last}; there is no stage {stage}."
        raise PoseViewerError(msg)


def _write(
    job: ExportJob,
    clip: Clip,
    analysed: Iterator[tuple[Frame, FrameResult | None]],
    countdown: Countdown,
    *,
    start: int,
    end: int,
    about: About,
) -> Generator[Progress, None, None]:
    """Write video and records together: all of them appear, or none."""
    from poseviewer.records.open import open_records

    look = job.look if job.overlay else None
    with OutputSet() as outputs, ExitStack() as stack:
        if isinstance(analysed, Generator):
            stack.enter_context(closing(analysed))
        records = open_records(job.data, beside=job.output, outputs=outputs, about=about)
        for record in records:
            stack.callback(record.abort)
        picture = _picture(job, clip, outputs, start=start, end=end)
        stack.callback(picture.abort)
        # Reading and analysing the next frames takes one core, painting and encoding another.
        thread = _ExportThread(picture, records, path=job.output, look=look)
        thread.start()
        stack.callback(thread.join)
        stack.callback(thread.cancel)
        for done, pair in enumerate(analysed, 1):
            thread.put(pair)
            if done <= end - start:
                yield countdown.at(done)
        thread.finish()
        picture.finish()
        with write_errors(job.output):
            for record in records:
                record.finish()
            outputs.commit()
        yield replace(countdown.at(end - start + 1), notice=picture.notice)


class _ExportThread(WriterThread["tuple[Frame, FrameResult | None]"]):
    """Paints and writes the frames of an export."""

    def __init__(
        self,
        picture: ClipWriter | StillWriter,
        records: list[Record],
        *,
        path: Path,
        look: Look | None,
    ) -> None:
        super().__init__("export", fewest=4)
        self._picture, self._records = picture, records
        self._path, self._look = path, look
        self._canvas: NDArray[np.uint8] | None = None

    def write(self, item: tuple[Frame, FrameResult | None]) -> None:
        """Write one frame."""
        frame, result = item
        pixels = painted(frame, result, self._look, out=self._canvas)
        self._canvas = pixels if pixels.flags.writeable else None
        self._picture.write(pixels, time=frame.time)
        if result is not None:
            with write_errors(self._path):
                for record in self._records:
                    record.add(result)


class StillWriter:
    """Writes a .png of one frame, with the methods of the writer of a clip."""

    notice: str | None = None

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, pixels: NDArray[np.uint8], *, time: Timestamp) -> None:  # noqa: ARG002
        """Write the frame."""
        self._path.write_bytes(png_bytes(pixels))

    def finish(self) -> None:
        """Complete the file; it is complete with its frame."""

    abort = finish


def _picture(
    job: ExportJob, clip: Clip, outputs: OutputSet, *, start: int, end: int
) -> ClipWriter | StillWriter:
    if job.output.suffix.lower() in STILLS:
        return StillWriter(outputs.file(job.output))
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
        outputs=outputs,
    )


def encoder_threads() -> int:
    """The number of encoder threads: half the cores where the network uses the other half.

    With a thread a core the encoder holds the network up, and then waits for it: a third more
    time on two cores.
    """
    return max(1, (os.cpu_count() or 2) // 2)


def about_results(state: AppState, name: str, *, size: tuple[int, int], rate: float) -> About:
    """How results are made under the choices of `state`, for the metadata of data files.

    Args:
        state: The choices.
        name: Of the source.
        size: Width and height of its frames.
        rate: Frames a second; 0 if unknown.
    """
    from poseviewer.records.about import About

    network, gate = state.network.model, state.reading.gate
    return About(source=name, size=size, rate=rate, network=network, gate=gate)


def _filter(state: AppState, clip: Clip, *, start: int, end: int) -> Filter:
    """The filter of the curves that are written.

    Raises:
        PoseViewerError: It cannot be done at this rate: better said before all the work.
    """
    by = parse_filter(state.angles.filter)
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
