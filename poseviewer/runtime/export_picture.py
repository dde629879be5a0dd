"""The pictures of an export: frames as they are drawn, in the size and form that is asked for."""

from __future__ import annotations

import os
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import write_errors
from poseviewer.core.frame import Timestamp
from poseviewer.core.numbered import is_numbered
from poseviewer.core.stage import grouped

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from poseviewer.core.files import OutputSet
    from poseviewer.core.frame import Frame
    from poseviewer.core.look import Look
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageSpec
    from poseviewer.runtime.state import ExportJob
    from poseviewer.video.moving import FrameWriter
    from poseviewer.video.source import Clip

STILLS = (".png",)
"""Endings of outputs that hold one frame."""

_GIF_SIDE = 640
"""Pixels of the longer side of a GIF for which no size is asked: it is large enough so."""

_FADE = 6
"""Frames of the passage from one stage to the next."""

FORMING_RATE = 20
"""Frames a second of a clip in which the stages of one frame follow each other."""


def painted(
    frame: Frame,
    result: FrameResult | None,
    look: Look | None,
    *,
    out: NDArray[np.uint8] | None = None,
    scale: float | None = None,
) -> NDArray[np.uint8]:
    """The pixels of `frame` with `result` drawn over them; bare where either is missing.

    Args:
        frame: The frame.
        result: What was found in it.
        look: What is drawn.
        out: Where to draw; a new array where None.
        scale: Frame pixels per design point; by the frame's size where None.

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
    paint(build_scene(result, look, poses=result.shown, scale=scale), out)
    return out


class Picture:
    """Makes the pictures of a job.

    Args:
        job: What is written.
        frame_size: Width and height of the clip's frames.
        stages: Of the network; empty where none runs.
        span: First and last second of the range.
    """

    def __init__(
        self,
        job: ExportJob,
        frame_size: tuple[int, int],
        *,
        stages: Sequence[StageSpec],
        span: tuple[float, float],
    ) -> None:
        self._job, self._stages = job, stages
        self._look = job.look if job.overlay else None
        self._canvas: NDArray[np.uint8] | None = None
        self._composer = None
        self.size = fitted(frame_size, within(job, frame_size))
        """Width and height of every picture."""
        self._scale: float | None = None
        if self.size != frame_size:
            from poseviewer.draw.primitives import design_scale

            # Lines and letters suit the picture that is written, not the one that is read.
            self._scale = design_scale(self.size) * frame_size[0] / self.size[0]
        if job.composite is not None:
            from poseviewer.draw.composite import Composer

            self.size = job.composite.size
            self._scale = None
            self._composer = Composer(
                job.composite, frame_size, stages, job.look.gate, job.look.colormap, span
            )

    def of(self, frame: Frame, result: FrameResult | None) -> NDArray[np.uint8]:
        """The picture of one frame; valid until the next."""
        pixels = painted(frame, result, self._look, out=self._canvas, scale=self._scale)
        self._canvas = pixels if pixels.flags.writeable else None
        if self._composer is not None:
            return self._composer.compose(pixels, result, seconds=frame.time.seconds)
        return _resized(pixels, self.size)

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
        count = max(round(hold * FORMING_RATE), 1)
        before: NDArray[np.uint8] | None = None
        number = 0
        for picture in self._of_stages(frame, result):
            for step in range(count):
                share = min((step + 1) / _FADE, 1.0) if before is not None else 1.0
                pixels = picture if share == 1 else _mixed(before, picture, share)
                yield pixels, Timestamp(number, Fraction(1, FORMING_RATE))
                number += 1
            before = picture
        if before is not None:
            # The last one stays twice as long, before it begins anew.
            for _ in range(count):
                yield before, Timestamp(number, Fraction(1, FORMING_RATE))
                number += 1

    def _of_stages(self, frame: Frame, result: FrameResult) -> Iterator[NDArray[np.uint8]]:
        from poseviewer.draw.primitives import Label, Scene, design_scale
        from poseviewer.draw.raster import paint
        from poseviewer.records.stage import at_stage

        groups = grouped(self._stages)
        look = replace(self._job.look, ghost=None)
        for number, group in enumerate(groups):
            shown = replace(look, overlay_stage=group.last)
            answer = at_stage(result, group.last, gate=look.gate)
            pixels = painted(frame, answer, shown, scale=self._scale)
            pixels = _resized(pixels, self.size).copy()
            scale = design_scale(self.size)
            text = f"{group.title} of {len(groups)}" if number < len(groups) else group.title
            label = Label((24 * scale, 30 * scale), text, 14.0)
            paint(Scene(self.size, (label,), scale), pixels)
            yield pixels


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
) -> FrameWriter:
    """Open the picture of a job for writing; a video says `comment` about itself.

    Raises:
        PoseViewerError: It has no known ending, or the folder cannot be written to.
    """
    from poseviewer.video.moving import (
        ANIMATIONS,
        Animation,
        ConstantRate,
        PictureSequence,
        Retimed,
    )

    ending = job.output.suffix.lower()
    stop = clip.time(end + 1).exact if end + 1 < len(clip) else None
    writer: FrameWriter
    if is_numbered(job.output):
        writer = PictureSequence(job.output, first=start, outputs=outputs)
    elif ending in STILLS:
        with write_errors(job.output):
            return StillWriter(outputs.file(job.output), output=job.output)
    elif ending in ANIMATIONS:
        writer = Animation(job.output, size=size, outputs=outputs)
    else:
        writer = _video(job, clip, outputs, size=size, start=start, stop=stop, comment=comment)
    if job.rate is not None and job.forming is None:
        length = None if stop is None else _retimed(stop, clip.time(start).exact, job.speed)
        writer = ConstantRate(writer, rate=job.rate, end=length)
    if job.speed != 1 and job.forming is None:
        writer = Retimed(writer, speed=job.speed)
    return writer


def _retimed(stop: Fraction, start: Fraction, speed: Fraction) -> Fraction:
    """When the last frame ends on the clock that the constant rate counts by."""
    return stop if speed == 1 else (stop - start) / speed


def _video(
    job: ExportJob,
    clip: Clip,
    outputs: OutputSet,
    *,
    size: tuple[int, int],
    start: int,
    stop: Fraction | None,
    comment: str,
) -> FrameWriter:
    from poseviewer.video.file import FileClip
    from poseviewer.video.writer import QUALITIES, ClipWriter

    if job.quality not in QUALITIES:
        msg = f"There is no quality {job.quality!r}; choose from {', '.join(QUALITIES)}."
        raise PoseViewerError(msg)
    audible = job.audio and job.speed == 1 and job.forming is None
    base = clip.time(start).time_base
    if job.forming is not None:
        base = Fraction(1, FORMING_RATE)
    elif job.rate is not None:
        base = 1 / job.rate
    elif job.speed != 1:
        base = base / job.speed
    file = clip if isinstance(clip, FileClip) else None
    return ClipWriter(
        job.output,
        size=size,
        time_base=base,
        rate=float(job.rate or clip.rate * job.speed),
        # The sound ends with the last picture, which stands until the next one would come.
        source=file.location if file and audible else None,
        sound_end=stop,
        sound_shifts=file.shifts if file else (),
        crf=QUALITIES[job.quality],
        threads=encoder_threads() if job.overlay or job.data else None,
        comment=comment,
        outputs=outputs,
    )


def encoder_threads() -> int:
    """The number of encoder threads: half the cores where the network uses the other half.

    With a thread a core the encoder holds the network up, and then waits for it: a third more
    time on two cores.
    """
    return max(1, (os.cpu_count() or 2) // 2)


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


def _resized(pixels: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
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
