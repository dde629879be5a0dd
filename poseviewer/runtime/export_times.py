"""The pictures of an export at its own times: slow motion, and frames that stand still."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.frame import Timestamp
from poseviewer.core.numbered import is_numbered
from poseviewer.core.timeline import Timeline, timing_words
from poseviewer.pipeline.between import between
from poseviewer.runtime.export_beside import PairPicture
from poseviewer.runtime.export_picture import faded, frames_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from poseviewer.core.frame import Frame
    from poseviewer.core.result import FrameResult
    from poseviewer.runtime.export_beside import Seen
    from poseviewer.runtime.export_picture import Picture
    from poseviewer.runtime.jobs import ExportJob
    from poseviewer.video.source import Clip

_USUAL_RATE = 25.0


def timeline_of(job: ExportJob, clip: Clip, *, start: int, end: int) -> Timeline | None:
    """When the frames of a job are shown; None for the source's own times.

    Raises:
        PoseViewerError: The times cannot be had in this form, or lie outside the range.
    """
    if job.interpolate and job.beside is not None and job.beside.clip:
        msg = "Skeletons are interpolated between frames of one clip, not beside another clip."
        raise PoseViewerError(msg)
    if not (job.slow or job.freezes or job.speed != 1):
        return None
    if job.forming is not None:
        if job.slow or job.freezes:
            msg = "The stages of one frame have no slow motion and no further frame that stands."
            raise PoseViewerError(msg)
        return None
    if (job.slow or job.freezes) and (is_numbered(job.output) or start == end):
        msg = f"{job.output.name} has no times to change: slow motion and still frames need a clip."
        raise PoseViewerError(msg)
    return Timeline.of(
        lambda index: clip.time(index).exact,
        start=start,
        end=end,
        stop=clip.end(end),
        speed=job.speed,
        slow=job.slow,
        freezes=job.freezes,
    )


def words(job: ExportJob) -> str:
    """What a file says of a job's times; empty for the source's own."""
    return timing_words(
        speed=job.speed,
        slow=job.slow,
        freezes=job.freezes,
        interpolate=job.interpolate and bool(job.speed < 1 or job.slow),
    )


class TimedPictures:
    """Gives the pictures of a job and when they are shown.

    Args:
        job: What is written.
        picture: Makes the pictures.
        timeline: When what is shown; None for the source's own times.
        base: Seconds a unit of the times, where there is a timeline.
        rate: Frames a second of the clip; 0 if unknown.
    """

    def __init__(
        self,
        job: ExportJob,
        picture: Picture | PairPicture,
        timeline: Timeline | None,
        *,
        base: Fraction,
        rate: float,
    ) -> None:
        self._job, self._picture = job, picture
        self._timeline, self._base = timeline, base
        self._rate = float(job.rate or 0) or rate or _USUAL_RATE
        self._freezes: dict[int, list[int]] = {}
        for place, freeze in enumerate(job.freezes):
            self._freezes.setdefault(freeze.frame, []).append(place)
        self._before: tuple[Frame, FrameResult | None] | None = None

    def show(self, seen: Seen) -> None:
        """Take what stands beside the frames that come next."""
        assert isinstance(self._picture, PairPicture)
        self._picture.show(seen)

    def of(
        self, frame: Frame, result: FrameResult | None
    ) -> Iterator[tuple[NDArray[np.uint8], Timestamp]]:
        """The pictures up to and of the next frame; each is valid until the next."""
        if self._job.forming is not None and result is not None:
            yield from self._picture.forming(frame, result, hold=self._job.forming)
            return
        if self._timeline is None:
            yield self._picture.of(frame, result), frame.time
            return
        yield from self._between(self._timeline, frame, result)
        self._before = frame, result
        shown = self._timeline.shown(frame.time.exact)
        pixels = self._picture.of(frame, result)
        for place in self._freezes.get(frame.index, ()):
            pixels = pixels.copy()
            yield from self._standing(place, pixels, frame, result, shown=shown)
            shown += self._job.freezes[place].seconds
        yield pixels, self._time(shown)

    def _time(self, shown: Fraction) -> Timestamp:
        return Timestamp(round(shown / self._base), self._base)

    def _between(
        self, timeline: Timeline, frame: Frame, result: FrameResult | None
    ) -> Iterator[tuple[NDArray[np.uint8], Timestamp]]:
        """Pictures with the skeleton on its way from the frame before."""
        if not self._job.interpolate or self._before is None or result is None:
            return
        before, known = self._before
        if known is None:
            return
        for moment in self._moments(timeline, before, frame):
            seconds = timeline.source(moment)
            made = between(known, result, seconds=seconds, gate=self._job.look.gate)
            yield self._picture.of(made.frame, made, between=True), self._time(moment)

    def _moments(self, timeline: Timeline, before: Frame, frame: Frame) -> list[Fraction]:
        """When pictures between two frames are shown, seconds of the export."""
        begin = timeline.shown(before.time.exact)
        begin += sum(self._job.freezes[place].seconds for place in self._stands(before))
        end = timeline.shown(frame.time.exact)
        if end - begin <= frame.time.exact - before.time.exact:
            return []
        if self._job.rate is not None:
            # Exactly when a picture of the constant rate is due.
            rate = self._job.rate
            first, last = int(begin * rate) + 1, ceil(end * rate)
            return [number / rate for number in range(first, last)]
        steps = round((end - begin) * Fraction(self._rate))
        return [begin + (end - begin) * step / steps for step in range(1, steps)]

    def _stands(self, frame: Frame) -> list[int]:
        return self._freezes.get(frame.index, [])

    def _standing(
        self,
        place: int,
        pixels: NDArray[np.uint8],
        frame: Frame,
        result: FrameResult | None,
        *,
        shown: Fraction,
    ) -> Iterator[tuple[NDArray[np.uint8], Timestamp]]:
        """The pictures of a frame that stands still."""
        freeze = self._job.freezes[place]

        def with_title(one: NDArray[np.uint8]) -> NDArray[np.uint8]:
            area, letters = self._picture.title_area, self._job.text_size
            return titled(one, freeze.title, area=area, letters=letters)

        if freeze.stages and result is not None and result.stages:
            count, hold = (
                self._picture.stage_count,
                freeze.seconds / (self._picture.stage_count + 1),
            )
            pictures = self._picture.stage_pictures(frame, result, over=pixels)
            total = frames_of(hold) * (count + 1)
            for number, (one, _) in enumerate(faded(pictures, hold=hold)):
                at = shown + freeze.seconds * number / total
                yield with_title(one), self._time(at)
            return
        still = with_title(pixels)
        # A constant rate repeats it by itself.
        count = 1 if self._job.rate is not None else max(round(freeze.seconds * self._rate), 1)
        for number in range(count):
            yield still, self._time(shown + freeze.seconds * number / count)


def titled(
    pixels: NDArray[np.uint8],
    title: str,
    *,
    area: tuple[int, int, int, int],
    letters: float = 1.0,
) -> NDArray[np.uint8]:
    """A picture with a title over it, as a new array; itself where there is no title.

    Args:
        pixels: The picture.
        title: The title.
        area: Where it lies: left, top, width and height.
        letters: How many times as large as usual.
    """
    if not title:
        return pixels
    from poseviewer.draw.captions import title_items
    from poseviewer.draw.primitives import Scene, design_scale
    from poseviewer.draw.raster import paint

    size = pixels.shape[1], pixels.shape[0]
    scale = design_scale(size)
    items = title_items(title, area=area, scale=scale, letters=letters)
    made = pixels.copy()
    paint(Scene(size, tuple(items), scale), made)
    return made
