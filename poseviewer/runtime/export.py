"""Export: estimates, draws and writes frames, as one generator that every caller shares."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.annotation import NOTHING_SHOWN, shown_drawings
from poseviewer.core.correction import NONE
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import OutputSet, save_file, write_errors
from poseviewer.core.filters import RAW, parse_filter
from poseviewer.core.numbered import is_numbered
from poseviewer.core.result import FrameResult
from poseviewer.pipeline.follow import in_focus
from poseviewer.pipeline.track import Tracker
from poseviewer.runtime.analysis import Analyst
from poseviewer.runtime.beside import WriterBeside
from poseviewer.runtime.export_beside import PairPicture, SecondHalf
from poseviewer.runtime.export_picture import (
    STILLS,
    Picture,
    open_picture,
    painted,
    png_bytes,
    request_of,
    time_base,
)
from poseviewer.runtime.export_queue import inputs_of, outputs_of
from poseviewer.runtime.export_times import TimedPictures, timeline_of, words
from poseviewer.runtime.factories import (
    load_network,
    sequence_measurement,
    smoothing,
)
from poseviewer.runtime.job import CANCELLED, Countdown
from poseviewer.runtime.passing_results import PassingResults
from poseviewer.runtime.source_thread import described, open_location
from poseviewer.runtime.writer_thread import WriterThread
from poseviewer.video.inputs import spare_inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from poseviewer.core.correction import Corrections
    from poseviewer.core.filters import Filter
    from poseviewer.core.frame import Frame
    from poseviewer.core.look import Look
    from poseviewer.core.stage import StageSpec
    from poseviewer.records.about import About as About  # The window is given one.
    from poseviewer.records.record import Record
    from poseviewer.runtime.export_beside import Seen
    from poseviewer.runtime.factories import Loader
    from poseviewer.runtime.jobs import ExportJob, Progress
    from poseviewer.runtime.source_thread import Opener
    from poseviewer.runtime.state import AppState, ModelInfo, SourceInfo
    from poseviewer.video.moving import FrameWriter
    from poseviewer.video.source import Clip


def export_clip(
    job: ExportJob,
    state: AppState,
    location: str,
    *,
    progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    opener: Opener = open_location,
    loader: Loader = load_network,
    analyst: Analyst | None = None,
    seen: Callable[[FrameResult], None] | None = None,
) -> Path:
    """Write what `job` asks for and wait for it; no file is left when it fails.

    `analyst` and the other arguments are those of `export_steps`.

    Raises:
        PoseViewerError: The job cannot be done, or `cancelled` said so.
    """
    steps = export_steps(
        job, state, location, opener=opener, loader=loader, analyst=analyst, seen=seen
    )
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
    beside_opener: Opener = open_location,
    seen: Callable[[FrameResult], None] | None = None,
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
        beside_opener: Opens the clip that stands beside it.
        seen: Called with every result, in order.

    Raises:
        PoseViewerError: The job cannot be done; the sentence says why.
    """
    if job.smooth is not None:
        state = state.choosing(smooth=job.smooth)
    state = replace(state, corrections=_corrections(job, state, analyst))
    clip = _clip(opener(location), location)
    with clip:
        job = _annotated(job, clip, state if analyst is None else analyst)
        start, end = _range(job, clip)
        written = outputs_of(job)
        read = inputs_of(job, location=clip.location)
        spare_inputs(written, source=clip.location, others=read)
        about = replace(
            about_results(state, clip.name, size=clip.size, rate=clip.rate),
            filter=_filter(state, clip, start=start, end=end) if job.data else RAW,
            stage=job.data_stage,
            timing=words(job),
            metres_per_pixel=job.metres_per_pixel,
            height=job.height,
        )
        _spare_folders(written, others=read)
        countdown = Countdown(end - start + 1, output=str(job.output))
        yield countdown.at(0)
        frames: Iterator[tuple[Frame, FrameResult | None]]
        stages: Sequence[StageSpec] = ()
        network = False
        if job.poses is not None:
            about = replace(about, network=job.poses.name)
            frames = _imported(job.poses, state, clip, start=start, end=end)
        else:
            frames, stages, network = _frames(
                job, state, clip, start=start, end=end, loader=loader, analyst=analyst
            )
        if seen is not None:
            frames = _watched(frames, seen)
        if job.overlay and job.look.truth:
            from poseviewer.truth.frames import truth_of, with_truth

            frames = with_truth(frames, truth_of(clip, job.truth))
        with ExitStack() as stack:
            if not job.picture:
                yield from _write_data(job, frames, countdown, about=about)
                return
            other = None
            if job.beside is not None:
                other = SecondHalf(
                    job, state, clip, start=start, opener=beside_opener, loader=loader
                )
                stack.callback(other.close)
                about = replace(about, beside=other.info.name)
            yield from _write(
                job, clip, frames, countdown, start=start, end=end, about=about, stages=stages,
                other=other, network=network,
            )  # fmt: skip


def _annotated(job: ExportJob, clip: Clip, by: AppState | Analyst) -> ExportJob:
    """The job with what a person has drawn on the clip, and the scale of the known length."""
    annotations, drawn = by.annotations, NOTHING_SHOWN
    if annotations.drawings:
        drawn = shown_drawings(annotations, described(clip).times)
    scale = job.metres_per_pixel
    if job.height is None and scale is None:
        scale = annotations.metres_per_pixel
    return replace(job, look=replace(job.look, drawn=drawn), metres_per_pixel=scale)


def _corrections(job: ExportJob, state: AppState, analyst: Analyst | None) -> Corrections:
    """What is put right in what is written; in the poses of another program nothing is."""
    if job.poses is not None:
        return NONE
    if analyst is None:
        return state.corrections if job.corrected else NONE
    if not job.corrected:
        analyst.corrections = NONE
    return analyst.corrections


def snapshot_steps(
    path: Path, look: Look, *, source: str, frame: Frame, result: FrameResult | None
) -> Generator[Progress, None, None]:
    """Write one frame of `source` as the window shows it.

    Raises:
        PoseViewerError: The file cannot be written, or is the source.
    """
    countdown = Countdown(1, output=str(path))
    yield countdown.at(0)
    spare_inputs([path], source=source)
    write_png(path, painted(frame, result, look))
    yield countdown.at(1)


def write_png(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Write RGB pixels losslessly.

    Raises:
        PoseViewerError: The file cannot be written.
    """
    save_file(path, png_bytes(pixels))


def _frames(
    job: ExportJob,
    state: AppState,
    clip: Clip,
    *,
    start: int,
    end: int,
    loader: Loader,
    analyst: Analyst | None,
) -> tuple[Iterator[tuple[Frame, FrameResult | None]], Sequence[StageSpec], bool]:
    """Frames of the range, with the results that the job needs.

    Returns:
        Them; the network's stages; and whether it has to run.
    """
    from poseviewer.records.open import need_pictures

    standing = any(freeze.stages for freeze in job.freezes)
    if not (job.overlay or job.data or job.composite or job.forming or standing):
        return ((frame, None) for frame in clip.frames(start, end)), (), False
    stage = job.look.overlay_stage if job.overlay else None
    stages = [number for number in (stage, job.data_stage) if number is not None]
    # A part of a clip is written without being stored: the window would go on with it alone.
    whole = start == 0 and end == len(clip) - 1
    if analyst is None or not analyst.begin(start, end, instead=False, anew=whole):
        analyst = Analyst(PassingResults(state), state, loader=loader)
        analyst.begin(start, end, instead=False)
    for number in stages:
        _check_stage(analyst.model, number)
    request = request_of(job)
    pixels = job.picture or need_pictures(job.data)
    results = analyst.sequence(clip, start, end, request=request, pixels=pixels)
    runs = analyst.course.next <= end or request.stages != frozenset()
    return _with_frames(results), analyst.model.stages, runs


def _with_frames(
    results: Generator[FrameResult, None, None],
) -> Iterator[tuple[Frame, FrameResult]]:
    with closing(results):
        for result in results:
            yield result.frame, result


def _watched(
    frames: Iterator[tuple[Frame, FrameResult | None]], seen: Callable[[FrameResult], None]
) -> Iterator[tuple[Frame, FrameResult | None]]:
    """The same frames, of whose results `seen` is notified."""
    with ExitStack() as stack:
        if isinstance(frames, Generator):
            stack.enter_context(closing(frames))
        for frame, result in frames:
            if result is not None:
                seen(result)
            yield frame, result


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
    known.check_places()
    measure = sequence_measurement(state.reading, state.angles)
    tracker, nobody = Tracker(), known.nobody
    for frame in clip.frames(start, end):
        poses = known.at(frame.index) or nobody
        if len(poses) and (poses.track < 0).all():
            poses = tracker.apply(poses, frame=frame)
        yield frame, in_focus(measure(FrameResult.bare(frame, poses)), state.people.focus)


def _check_stage(card: ModelInfo, stage: int) -> None:
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
    stages: Sequence[StageSpec],
    other: SecondHalf | None,
    network: bool,
) -> Generator[Progress, None, None]:
    """Write video and records together: all of them appear, or none."""
    from poseviewer.records.open import open_records

    span = clip.time(start).seconds, clip.time(end).seconds
    origin = clip.time(0).seconds
    picture: Picture | PairPicture
    if other is None:
        picture = Picture(
            job, clip.size, stages=stages, span=span, origin=origin, figures=about.figures
        )
    else:
        picture = PairPicture(
            job, clip.size, other=other.info.carried(stages), stages=stages, span=span,
            origin=origin, about=about,
        )  # fmt: skip
    timeline = timeline_of(job, clip, start=start, end=end)
    base = time_base(job, clip, start=start)
    pictures = TimedPictures(job, picture, timeline, base=base, rate=clip.rate)
    with ExitStack() as stack:
        # First in, last out: partial files are removed when nothing writes to them any more.
        outputs = OutputSet(replace=job.replace, kind="export")
        stack.callback(outputs.discard)
        if isinstance(analysed, Generator):
            stack.enter_context(closing(analysed))
        records = open_records(job.data, beside=job.output, outputs=outputs, about=about)
        for record in records:
            stack.callback(record.abort)
        comment = "; ".join(filter(None, (about.drawn if job.overlay else "", about.timing)))
        network = network or other is not None
        writer: FrameWriter = open_picture(
            job, clip, outputs, size=picture.size, start=start, end=end, comment=comment,
            timeline=timeline, network=network,
        )  # fmt: skip
        writer = WriterBeside(writer, behind=network)
        stack.callback(writer.abort)
        # Frames are analysed here, painted on the next thread and encoded on the last.
        thread = _ExportThread(writer, records, pictures, job, behind=network)
        thread.start()
        stack.callback(thread.join)
        stack.callback(thread.cancel)
        for done, (frame, result) in enumerate(analysed, 1):
            thread.put((frame, result, None if other is None else other.at(frame)))
            if done <= end - start:
                yield countdown.at(done)
        thread.finish()
        writer.finish()
        with write_errors(job.output):
            for record in records:
                record.finish()
            outputs.commit()
        yield replace(countdown.at(end - start + 1), notice=writer.notice)


def _write_data(
    job: ExportJob,
    analysed: Iterator[tuple[Frame, FrameResult | None]],
    countdown: Countdown,
    *,
    about: About,
) -> Generator[Progress, None, None]:
    """Write the records alone: all of them appear, or none."""
    from poseviewer.records.open import open_records

    with ExitStack() as stack:
        # First in, last out: partial files are removed when nothing writes to them any more.
        outputs = OutputSet(replace=job.replace, kind="export")
        stack.callback(outputs.discard)
        records = open_records(job.data, beside=job.output, outputs=outputs, about=about)
        for record in records:
            stack.callback(record.abort)
        if isinstance(analysed, Generator):
            stack.enter_context(closing(analysed))
        done = 0
        for done, (_, result) in enumerate(analysed, 1):
            assert result is not None
            with write_errors(job.output):
                for record in records:
                    record.add(result)
            yield countdown.at(done)
        with write_errors(job.output):
            for record in records:
                record.finish()
            outputs.commit()
        yield countdown.at(done)


class _ExportThread(WriterThread["tuple[Frame, FrameResult | None, Seen | None]"]):
    """Paints and writes the frames of an export."""

    def __init__(
        self,
        writer: FrameWriter,
        records: list[Record],
        pictures: TimedPictures,
        job: ExportJob,
        *,
        behind: bool,
    ) -> None:
        super().__init__("export", fewest=4, behind=behind)
        self._writer, self._records = writer, records
        self._pictures, self._job = pictures, job

    def write(self, item: tuple[Frame, FrameResult | None, Seen | None]) -> None:
        """Write one frame."""
        frame, result, seen = item
        if seen is not None:
            self._pictures.show(seen)
        for pixels, time in self._pictures.of(frame, result):
            self._writer.write(pixels, time=time)
        if result is not None:
            with write_errors(self._job.output):
                for record in self._records:
                    record.add(result)


def about_results(state: AppState, name: str, *, size: tuple[int, int], rate: float) -> About:
    """How results are made under the choices of `state`, for the metadata of data files.

    Args:
        state: The choices.
        name: Of the source.
        size: Width and height of its frames.
        rate: Frames a second; 0 if unknown.
    """
    from poseviewer.records.about import About

    return About(
        source=name,
        size=size,
        rate=rate,
        network=state.network.model,
        gate=state.reading.gate,
        smoothing=smoothing(state.reading),
        corrections=state.corrections.words,
        repetition=state.angles.repetition,
    )


def about_source(source: SourceInfo) -> About:
    """What is known of a clip alone, before a network has said anything of it."""
    from poseviewer.records.about import About

    return About(source=source.name, size=source.size, rate=source.rate)


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


def _spare_folders(written: Sequence[Path], *, others: Sequence[Path]) -> None:
    """See that no folder of data that is written holds a file that is read.

    Raises:
        PoseViewerError: One does, so that it would be replaced by what is made of it.
    """
    folders = {path.resolve() for path in written}
    for other in others:
        if other.resolve().parent in folders:
            msg = (
                f"{other.name} is read, and lies in the folder {other.parent.name} that would be "
                "written: give the output another name."
            )
            raise PoseViewerError(msg)


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
    still = job.output.suffix.lower() in STILLS and not is_numbered(job.output)
    if (still or job.forming) and job.end is None:
        end = job.start
    if not 0 <= job.start <= end <= last:
        msg = (
            f"{clip.name} has frames 0 to {last}; "
            f"the range {job.start} to {end} does not lie in it."
        )
        raise PoseViewerError(msg)
    if job.forming and (still or end != job.start):
        msg = "The stages of one frame make a video or a GIF of that frame: give its number alone."
        raise PoseViewerError(msg)
    if still and end != job.start:
        msg = f"{job.output.name} holds one frame, but the range is {job.start} to {end}."
        raise PoseViewerError(msg)
    return job.start, end
