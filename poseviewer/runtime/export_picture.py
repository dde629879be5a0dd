"""The pictures of an export: frames as they are drawn, in the size and form that is asked for."""

from __future__ import annotations

import os
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.annotation import NOTHING_SHOWN
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import write_errors
from poseviewer.core.frame import Timestamp
from poseviewer.core.numbered import is_numbered
from poseviewer.core.stage import Request, grouped
from poseviewer.draw.primitives import design_scale

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from poseviewer.core.files import OutputSet
    from poseviewer.core.frame import Frame
    from poseviewer.core.look import Look
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageSpec
    from poseviewer.core.timeline import Timeline
    from poseviewer.draw.captions import Corner
    from poseviewer.draw.composite import Composer
    from poseviewer.runtime.jobs import ExportJob
    from poseviewer.video.moving import FrameWriter
    from poseviewer.video.source import Clip

STILLS = (".png",)
"""Endings of outputs that hold one frame."""

_GIF_SIDE = 640
"""Pixels of the longer side of a GIF for which no size is asked: it is large enough so."""

_FADE = 6
"""Frames of the passage from one stage to the next."""

_FINE = Fraction(1, 90_000)
"""Seconds a unit of times that are not the source's own."""

FORMING_RATE = 20
"""Frames a second of a clip in which the stages of one frame follow each other."""


def painted(
    frame: Frame,
    result: FrameResult | None,
    look: Look | None,
    *,
    out: NDArray[np.uint8] | None = None,
    size: tuple[int, int] | None = None,
    scale: float | None = None,
    lines: float = 1.0,
    letters: float = 1.0,
) -> NDArray[np.uint8]:
    """The pixels of `frame` with `result` drawn over them, and what a person has drawn on it.

    Args:
        frame: The frame.
        result: What was found in it; None for nothing.
        look: What is drawn; None for nothing.
        out: Where to draw; a new array where None.
        size: Width and height of the picture; those of the frame where None.
        scale: Frame pixels per design point; by the frame's size where None.
        lines: How many times as thick as usual.
        letters: How many times as large as usual.

    Returns:
        RGB (h, w, 3); the frame's own read-only pixels where there is nothing to draw.
    """
    if look is None or (result is None and look.drawn is NOTHING_SHOWN):
        return frame.pixels if size is None else resized(frame.pixels, size)
    from poseviewer.draw.raster import paint
    from poseviewer.draw.scene import build_scene, drawn_scene
    from poseviewer.draw.zoom import thickened, zoomed

    pixels = frame.pixels if size is None else resized(frame.pixels, size)
    if out is None:
        out = pixels.copy()
    else:
        out[:] = pixels
    if result is None:
        scene = drawn_scene(frame, look, scale=scale)
    else:
        scene = build_scene(result, look, poses=result.shown, scale=scale)
    scene = thickened(scene, lines=lines, letters=letters)
    paint(scene if size is None else zoomed(scene, size), out)
    return out


class Picture:
    """Makes the pictures of a job.

    Args:
        job: What is written.
        frame_size: Width and height of the clip's frames.
        stages: Of the network; empty where none runs.
        span: First and last second of the range.
        origin: Second of the clip's first frame.
        figures: Lines about the source and the network.
    """

    def __init__(
        self,
        job: ExportJob,
        frame_size: tuple[int, int],
        *,
        stages: Sequence[StageSpec],
        span: tuple[float, float],
        origin: float = 0.0,
        figures: Sequence[str] = (),
    ) -> None:
        self._job, self._stages = job, stages
        self._origin, self._figures = origin, tuple(figures)
        self._look = job.look if job.overlay else None
        self._canvas: NDArray[np.uint8] | None = None
        self._composer: Composer | None = None
        self.size = fitted(frame_size, within(job, frame_size))
        """Width and height of every picture."""
        shown = self.size
        self._area: tuple[int, int, int, int] = (0, 0, *self.size)
        if job.composite is not None:
            from poseviewer.draw.composite import Composer

            self.size = job.composite.size
            self._composer = Composer(
                job.composite, frame_size, stages, job.look.gate, job.look.colormap, span, origin
            )
            self._area = self._composer.frame_area
            shown = self._area[2:]
        # Lines and letters suit the picture that is written, not the one that is read; they are
        # painted after it has grown, and before it shrinks.
        self._scale = design_scale(shown) * frame_size[0] / shown[0]
        self._drawn = shown if shown[0] > frame_size[0] else None

    @property
    def title_area(self) -> tuple[int, int, int, int]:
        """Where a title lies: the panel of the frame, left, top, width and height."""
        if self._composer is None:
            return self._area
        panel = self._composer.panels.frame
        return panel.x, panel.y, panel.width, panel.height

    def of(
        self, frame: Frame, result: FrameResult | None, *, between: bool = False
    ) -> NDArray[np.uint8]:
        """The picture of one frame; valid until the next.

        Args:
            frame: The frame.
            result: What was found in it.
            between: Whether it is shown at a moment between it and the next one.
        """
        pixels = self._painted(frame, result, self._look, out=self._canvas)
        self._canvas = pixels if pixels.flags.writeable else None
        if self._composer is not None:
            pixels = self._composer.compose(pixels, result, seconds=frame.time.seconds)
        else:
            pixels = resized(pixels, self.size)
        return self._captioned(pixels, frame, result, self._look, between=between)

    def forming(
        self, frame: Frame, result: FrameResult, *, hold: Fraction
    ) -> Iterator[tuple[NDArray[np.uint8], Timestamp]]:
        """The stages of one frame, one after another.

        Each shows its map over the frame and the skeleton that it would answer, and fades into
        the next.

        Args:
            frame: The frame.
            result: With the maps of every stage.
            hold: Seconds that each stage is shown.

        Yields:
            Pixels, and when they are shown.
        """
        over = self.of(frame, result).copy() if self._composer is not None else None
        yield from faded(self.stage_pictures(frame, result, over=over), hold=hold)

    @property
    def stage_count(self) -> int:
        """How many pictures `stage_pictures` gives."""
        return len(grouped(self._stages))

    def stage_pictures(
        self, frame: Frame, result: FrameResult, *, over: NDArray[np.uint8] | None = None
    ) -> Iterator[NDArray[np.uint8]]:
        """A picture of each stage: its map over the frame, and the skeleton it would answer.

        Args:
            frame: The frame.
            result: With the maps of every stage.
            over: The composed picture whose frame they take the place of.
        """
        from poseviewer.draw.primitives import Label, Scene
        from poseviewer.draw.raster import paint
        from poseviewer.records.stage import at_stage

        groups = grouped(self._stages)
        look = replace(self._job.look, ghost=None, uncertainty=False)
        scale = design_scale(self._area[2:])
        for number, group in enumerate(groups):
            shown = replace(look, overlay_stage=group.last)
            answer = at_stage(result, group.last, gate=look.gate)
            pixels = self._painted(frame, answer, shown)
            if self._composer is not None and over is not None:
                pixels = self._composer.with_frame(over, pixels)
            else:
                pixels = resized(pixels, self.size).copy()
            text = f"{group.title} of {len(groups)}" if number < len(groups) else group.title
            at = self._area[0] + 24 * scale, self._area[1] + 30 * scale
            label = Label(at, text, 14.0 * self._job.text_size)
            paint(Scene(self.size, (label,), scale), pixels)
            # The corner of the figures has the stage's name.
            yield self._captioned(pixels, frame, answer, shown, figures=False)

    def _painted(
        self,
        frame: Frame,
        result: FrameResult | None,
        look: Look | None,
        *,
        out: NDArray[np.uint8] | None = None,
    ) -> NDArray[np.uint8]:
        job = self._job
        return painted(
            frame, result, look, out=out, size=self._drawn, scale=self._scale,
            lines=job.line_width, letters=job.text_size,
        )  # fmt: skip

    def _captioned(
        self,
        pixels: NDArray[np.uint8],
        frame: Frame,
        result: FrameResult | None,
        look: Look | None,
        *,
        between: bool = False,
        figures: bool = True,
    ) -> NDArray[np.uint8]:
        """The picture with the texts that are asked for in the corners of the frame."""
        wanted = self._job.captions
        if not wanted:
            return pixels
        from poseviewer.draw.captions import clock, corner_items, legend_lines
        from poseviewer.draw.primitives import Scene
        from poseviewer.draw.raster import paint

        lines: dict[Corner, Sequence[str]] = {}
        if "figures" in wanted and figures:
            lines["top left"] = self._figures
        if "time" in wanted:
            number = f"{frame.index} to {frame.index + 1}" if between else f"{frame.index}"
            stamp = f"{clock(frame.time.seconds - self._origin)}   frame {number}"
            # Above each other they would meet in a narrow picture.
            lines["bottom right" if "figures" in wanted else "top right"] = [stamp]
        if "legend" in wanted and look is not None:
            lines["bottom left"] = legend_lines(look, result, self._stages)
        scale = design_scale(self._area[2:])
        items = [
            item
            for corner, texts in lines.items()
            for item in corner_items(
                texts, corner=corner, area=self._area, scale=scale, letters=self._job.text_size
            )
        ]
        made = pixels if pixels.flags.writeable else pixels.copy()
        paint(Scene(self.size, tuple(items), scale), made)
        return made


def faded(
    pictures: Iterable[NDArray[np.uint8]], *, hold: Fraction
) -> Iterator[tuple[NDArray[np.uint8], Timestamp]]:
    """Show pictures one after another, each fading into the next.

    Args:
        pictures: Of one size.
        hold: Seconds that each is shown; the last one stays twice as long.

    Yields:
        Pixels, and when they are shown.
    """
    count = frames_of(hold)
    before: NDArray[np.uint8] | None = None
    number = 0
    for picture in pictures:
        for step in range(count):
            share = min((step + 1) / _FADE, 1.0) if before is not None else 1.0
            pixels = picture if share == 1 else _mixed(before, picture, share)
            yield pixels, Timestamp(number, Fraction(1, FORMING_RATE))
            number += 1
        before = picture
    if before is not None:
        # Before it begins anew.
        for _ in range(count):
            yield before, Timestamp(number, Fraction(1, FORMING_RATE))
            number += 1


def frames_of(hold: Fraction) -> int:
    """How many frames each picture of `faded` is shown for."""
    return max(round(hold * FORMING_RATE), 1)


def request_of(job: ExportJob) -> Request:
    """The maps that the pictures of a job need."""
    if job.composite or job.forming or any(freeze.stages for freeze in job.freezes):
        return Request()
    wanted = {job.look.overlay_stage if job.overlay else None}
    return Request(stages=frozenset(number for number in wanted if number is not None))


def within(job: ExportJob, size: tuple[int, int]) -> tuple[int, int]:
    """The width and height that the pictures of a job are fitted into.

    Args:
        job: What is written.
        size: Of the clip.
    """
    if job.size is not None:
        return job.size
    if job.output.suffix.lower() == ".gif" and max(size) > _GIF_SIDE:
        return _GIF_SIDE, _GIF_SIDE
    return size


def fitted(size: tuple[int, int], room: tuple[int, int]) -> tuple[int, int]:
    """The largest size of the same shape within `room`; `size` itself where it is `room`.

    Its sides are even where it is not the source's own.
    """
    if size == room:
        return size
    scale = min(room[0] / size[0], room[1] / size[1])
    if scale == 1:
        return size
    width, height = (max(2, round(side * scale / 2) * 2) for side in size)
    return width, height


def open_picture(
    job: ExportJob,
    clip: Clip,
    outputs: OutputSet,
    *,
    size: tuple[int, int],
    start: int,
    end: int,
    comment: str,
    network: bool,
    timeline: Timeline | None = None,
) -> FrameWriter:
    """Open the picture of a job for writing; a video says `comment` about itself.

    Args:
        job: What is written.
        clip: What is read.
        outputs: The outputs that it is one of.
        size: Width and height of every picture.
        start: First frame.
        end: Last frame, included.
        comment: What a video says of how it was made.
        network: Whether a network runs beside, and needs cores too.
        timeline: When what is shown; None for the source's own times.

    Raises:
        PoseViewerError: It has no known ending, or the folder cannot be written to.
    """
    from poseviewer.video.moving import (
        ANIMATIONS,
        Animation,
        ConstantRate,
        PictureSequence,
    )

    ending = job.output.suffix.lower()
    writer: FrameWriter
    if is_numbered(job.output):
        writer = PictureSequence(job.output, first=start, outputs=outputs)
    elif ending in STILLS:
        with write_errors(job.output):
            return StillWriter(outputs.file(job.output), output=job.output)
    elif ending in ANIMATIONS:
        last: Fraction | None = None
        if job.rate is None and job.forming is None:
            last = clip.end(end) if timeline is None else timeline.length
        writer = Animation(job.output, size=size, outputs=outputs, end=last)
    else:
        writer = _video(
            job, clip, outputs, size=size, start=start, end=end, comment=comment, network=network,
            timeline=timeline,
        )  # fmt: skip
    if job.rate is not None and job.forming is None:
        # The last frame stands until the next one would come, and else for its own moment.
        stop = clip.time(end + 1).exact if end + 1 < len(clip) else None
        length = stop if timeline is None else timeline.length
        writer = ConstantRate(writer, rate=job.rate, end=length)
    return writer


def _video(
    job: ExportJob,
    clip: Clip,
    outputs: OutputSet,
    *,
    size: tuple[int, int],
    start: int,
    end: int,
    comment: str,
    network: bool,
    timeline: Timeline | None,
) -> FrameWriter:
    from poseviewer.video.encoders import choose
    from poseviewer.video.file import FileClip
    from poseviewer.video.writer import FORMATS, QUALITIES, ClipWriter

    if job.quality not in QUALITIES:
        msg = f"There is no quality {job.quality!r}; choose from {', '.join(QUALITIES)}."
        raise PoseViewerError(msg)
    ending = job.output.suffix.lower()
    audible = job.audio and job.forming is None
    base = clip.time(start).time_base
    if job.forming is not None:
        base = Fraction(1, FORMING_RATE)
    elif job.rate is not None:
        base = 1 / job.rate
    elif timeline is not None:
        base = time_base(job, clip, start=start)
    file = clip if isinstance(clip, FileClip) else None
    return ClipWriter(
        job.output,
        size=size,
        time_base=base,
        rate=float(job.rate or clip.rate * job.speed),
        # The sound ends with the last picture, which stands until the next one would come.
        source=file.location if file and audible else None,
        sound_end=clip.end(end),
        sound_shifts=file.shifts if file else (),
        sound_pieces=timeline.pieces if timeline else (),
        crf=QUALITIES[job.quality],
        threads=encoder_threads(network=network),
        comment=comment,
        encoder=choose(job.encoder, FORMATS.get(ending, ""), size=size),
        outputs=outputs,
    )


def time_base(job: ExportJob, clip: Clip, *, start: int) -> Fraction:
    """Seconds a unit of the times of a job that has a timeline.

    Raises:
        PoseViewerError: The frames of the clip lie closer together than such a unit.
    """
    if job.slow or job.freezes:
        if clip.rate * float(job.speed * _FINE) > 1:
            msg = (
                f"{clip.name} has {clip.rate:.0f} frames a second, so its times are hardly right: "
                "it has no slow motion and no frame that stands; export it at its own speed."
            )
            raise PoseViewerError(msg)
        return _FINE
    return clip.time(start).time_base / job.speed


def hardware_encoders(form: str, size: tuple[int, int]) -> list[str]:
    """Families of hardware that encode a container's codec at a size here; may take a second.

    Args:
        form: FFmpeg's name of the container.
        size: Width and height, pixels.
    """
    from poseviewer.video.encoders import hardware

    return [encoder.family for encoder in hardware(form, size)]


def encoder_threads(*, network: bool = True) -> int:
    """The number of encoder threads: half the cores where the network uses the other half.

    With a thread a core the encoder holds the network up, and then waits for it: a third more
    time on two cores.

    Args:
        network: Whether one runs; else all cores are the encoder's, with more threads than cores
            where these are few: one that waits for lines of the picture before leaves a core idle.
    """
    cores = os.cpu_count() or 2
    return max(1, cores // 2) if network else max(cores, min(2 * cores, 8))


class StillWriter:
    """Writes a .png of one frame, with the methods of the writer of a clip.

    Args:
        part: Where to, until the export is complete.
        output: What it is called then, for sentences.
    """

    notice: str | None = None

    def __init__(self, part: Path, *, output: Path) -> None:
        self._part, self._output = part, output

    def write(self, pixels: NDArray[np.uint8], *, time: Timestamp) -> None:  # noqa: ARG002
        """Write the frame."""
        with write_errors(self._output):
            self._part.write_bytes(png_bytes(pixels))

    def finish(self) -> None:
        """Complete the file; it is complete with its frame."""

    abort = finish


def png_bytes(pixels: NDArray[np.uint8]) -> bytes:
    """Encode RGB pixels as PNG."""
    import cv2

    return bytes(cv2.imencode(".png", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR))[1])


def resized(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """A picture in another size; itself where it has that."""
    if (pixels.shape[1], pixels.shape[0]) == size:
        return pixels
    import cv2

    mode = cv2.INTER_AREA if size[0] < pixels.shape[1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, size, interpolation=mode), np.uint8)


def _mixed(
    before: NDArray[np.uint8] | None, after: NDArray[np.uint8], share: float
) -> NDArray[np.uint8]:
    import cv2

    if before is None:
        return after
    return np.asarray(cv2.addWeighted(after, share, before, 1 - share, 0), np.uint8)
