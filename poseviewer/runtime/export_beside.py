"""The second half of an export: another network on the same frames, or another clip in step."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError
from poseviewer.pipeline.between import between as answer_between
from poseviewer.pipeline.run import run
from poseviewer.runtime.export_picture import Picture, faded, request_of, within
from poseviewer.runtime.factories import follower, goniometer, smoother
from poseviewer.video.source import Clip

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from fractions import Fraction

    import numpy as np
    from numpy.typing import NDArray

    from poseviewer.core.frame import Frame, Timestamp
    from poseviewer.core.look import Look
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageSpec
    from poseviewer.records.about import About
    from poseviewer.runtime.factories import Loader
    from poseviewer.runtime.jobs import ExportJob
    from poseviewer.runtime.source_thread import Opener
    from poseviewer.runtime.state import AppState


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What the second half shows at a moment."""

    frame: Frame
    result: FrameResult | None

    note: str = ""
    """Why it stands still; empty while it does not."""


@dataclass(frozen=True, slots=True, eq=False)
class HalfInfo:
    """What is known of the second half before its first frame."""

    name: str
    """What is written above it."""

    size: tuple[int, int]
    """Width and height of its frames."""

    rate: float
    """Frames a second; 0 if unknown."""

    origin: float
    """Second of its first frame."""

    look: Look
    """What is drawn over its frames."""

    stages: tuple[StageSpec, ...] = ()
    """Of its network; empty where none runs."""

    def carried(self, stages: Sequence[StageSpec]) -> HalfInfo:
        """Return it with the map and the ghost that mean the same as those of other stages."""
        if not stages or not self.stages or tuple(stages) == self.stages:
            return self
        chosen = self.look.carried(stages, self.stages)
        return replace(self, look=replace(self.look, **chosen))  # type: ignore[arg-type]


class SecondHalf:
    """The frames and answers of the second half, in step with those of the first.

    Args:
        job: What is written; it has something beside it.
        state: How frames are analysed.
        clip: The first half.
        start: Its first frame.
        opener: Opens the other clip.
        loader: Loads networks.

    Raises:
        PoseViewerError: The network or the other clip cannot be opened.
    """

    def __init__(
        self,
        job: ExportJob,
        state: AppState,
        clip: Clip,
        *,
        start: int,
        opener: Opener,
        loader: Loader,
    ) -> None:
        assert job.beside is not None
        self._beside, self._first = job.beside, clip
        network = state.network
        if job.beside.network:
            network = replace(network, model=job.beside.network)
        loaded = loader(network) if job.overlay or job.composite or job.beside.network else None
        self._clip = opened_clip(job.beside.clip, opener) if job.beside.clip else None
        self.info = info_of(
            self._clip or clip,
            name=network.model if self._clip is None else self._clip.name,
            look=job.look,
            stages=() if loaded is None else loaded.card.stages,
        )
        self._due: list[Frame] = []
        self._now: tuple[Frame, FrameResult | None] | None = None
        frames: Iterator[Frame] = self._handed()
        if self._clip is not None:
            frames = self._clip.frames(self._target(clip.time(start).exact)[0])
        self._answers: Iterator[tuple[Frame, FrameResult | None]]
        if loaded is None:
            self._answers = ((frame, None) for frame in frames)
        else:
            self._answers = run(
                self._clip or clip,
                loaded.estimator(state.reading),
                follower(state.reading),
                request=request_of(job),
                frames=frames,
                goniometer=goniometer(state.reading, state.angles),
                smoother=smoother(state.reading),
                focus=state.people.focus,
                track_window=state.reading.track_window,
            )

    def at(self, frame: Frame) -> Seen:
        """What is beside a frame of the first half; frames come in their order."""
        if self._clip is None:
            self._due.append(frame)
            return Seen(*next(self._answers))
        index, note = self._target(frame.time.exact)
        while self._now is None or self._now[0].index < index:
            self._now = next(self._answers)
        return Seen(*self._now, note)

    def close(self) -> None:
        """Stop the analysis and close the other clip; safe to call twice."""
        if isinstance(self._answers, Generator):
            self._answers.close()
        if self._clip is not None:
            self._clip.close()

    def _handed(self) -> Iterator[Frame]:
        while self._due:
            yield self._due.pop()

    def _target(self, seconds: Fraction) -> tuple[int, str]:
        """The other clip's frame at a moment of the first one's clock, and why it stands still."""
        assert self._clip is not None
        since = seconds - self._first.time(0).exact
        return place_in(self._clip, since + self._beside.offset)


def place_in(clip: Clip, seconds: Fraction) -> tuple[int, str]:
    """The frame of a clip that is shown so long after its first, and why it stands still."""
    last = len(clip) - 1
    if seconds < 0:
        return 0, "begins later"
    if seconds >= clip.end(last) - clip.time(0).exact:
        return last, "has ended"
    return clip.index_at(float(seconds)), ""


def info_of(clip: Clip, *, name: str, look: Look, stages: Sequence[StageSpec]) -> HalfInfo:
    """What is known of a half whose frames are those of `clip`."""
    origin = clip.time(0).seconds
    return HalfInfo(name, clip.size, clip.rate, origin, look, tuple(stages))


class PairPicture:
    """Makes the pictures of a job with something beside it; it has the methods of `Picture`.

    Args:
        job: What is written.
        frame_size: Width and height of the first clip's frames.
        other: The second half.
        stages: Of the first network.
        span: First and last second of the first half's range.
        origin: Second of the first clip's first frame.
        about: What the first half says of itself.
    """

    def __init__(
        self,
        job: ExportJob,
        frame_size: tuple[int, int],
        *,
        other: HalfInfo,
        stages: Sequence[StageSpec],
        span: tuple[float, float],
        origin: float,
        about: About,
    ) -> None:
        from poseviewer.draw.halves import Halves

        self._job = job
        other_clip = job.beside is not None and bool(job.beside.clip)
        name = about.source if other_clip else about.network
        self._names = name, other.name
        if job.composite is None:
            self._halves = Halves.of(frame_size, other.size, room=_room(job, frame_size))
        else:
            self._halves = Halves.within(job.composite.size)
        self.size = self._halves.size
        """Width and height of every picture."""
        rest = other.origin - origin
        offset = float(job.beside.offset) if job.beside is not None and other_clip else 0.0
        shift = rest + offset if other_clip else 0.0
        second = replace(
            about,
            source=other.name if other_clip else about.source,
            network=about.network if other_clip else other.name,
            size=other.size,
            rate=other.rate,
        )
        # What a person has drawn belongs to the first clip alone.
        drawings = job.look.drawings and not other_clip
        looks = job.look, replace(other.look, drawings=drawings)
        self._pictures = tuple(
            Picture(
                replace(half_of(job, area), look=look), size, stages=of, span=when, origin=zero,
                figures=said.figures,
            )
            for area, look, size, of, when, zero, said in (
                (self._halves.areas[0], looks[0], frame_size, stages, span, origin, about),
                (
                    self._halves.areas[1], looks[1], other.size, other.stages,
                    (span[0] + shift, span[1] + shift), other.origin, second,
                ),
            )
        )  # fmt: skip
        self._same_frames = not other_clip
        self._before: Seen | None = None
        self._now: Seen | None = None
        self._shown: tuple[NDArray[np.uint8], NDArray[np.uint8]] | None = None

    def show(self, seen: Seen) -> None:
        """Take what stands beside the frames that come next."""
        self._before, self._now = self._now, seen

    def of(
        self, frame: Frame, result: FrameResult | None, *, between: bool = False
    ) -> NDArray[np.uint8]:
        """The picture of one frame of the first half and what is beside it."""
        left = self._pictures[0].of(frame, result, between=between)
        seen = self._beside(frame, between=between)
        right = self._pictures[1].of(seen.frame, seen.result, between=between)
        self._shown = left, right
        return self._composed(left, right)

    @property
    def title_area(self) -> tuple[int, int, int, int]:
        """Where a title lies: across both halves, left, top, width and height."""
        return 0, 0, *self.size

    @property
    def stage_count(self) -> int:
        """How many pictures `stage_pictures` gives."""
        return max(picture.stage_count for picture in self._pictures)

    def stage_pictures(
        self,
        frame: Frame,
        result: FrameResult,
        *,
        over: NDArray[np.uint8] | None = None,  # noqa: ARG002 - halves are stored one by one
    ) -> Iterator[NDArray[np.uint8]]:
        """A picture of each stage of both networks; the one with fewer waits at its last."""
        assert self._now is not None
        assert self._shown is not None
        overs = tuple(pixels.copy() for pixels in self._shown)
        halves = ((frame, result), (self._now.frame, self._now.result))
        made = [
            picture.stage_pictures(at, answer, over=under)
            if answer is not None and picture.stage_count
            else iter((under,))
            for picture, (at, answer), under in zip(self._pictures, halves, overs, strict=True)
        ]
        before = overs
        for pair in zip_longest(*made):
            before = tuple(
                last if new is None else new for new, last in zip(pair, before, strict=True)
            )
            yield self._composed(before[0], before[1])

    def forming(
        self, frame: Frame, result: FrameResult, *, hold: Fraction
    ) -> Iterator[tuple[NDArray[np.uint8], Timestamp]]:
        """The stages of one frame by both networks, one after another."""
        self.of(frame, result)
        yield from faded(self.stage_pictures(frame, result), hold=hold)

    def _composed(self, left: NDArray[np.uint8], right: NDArray[np.uint8]) -> NDArray[np.uint8]:
        note = self._now.note if self._now is not None else ""
        names = self._names[0], f"{self._names[1]} {note}".strip()
        return self._halves.compose((left, right), names, letters=self._job.text_size)

    def _beside(self, frame: Frame, *, between: bool) -> Seen:
        assert self._now is not None
        before, now = self._before, self._now
        if not between or before is None or before.result is None or now.result is None:
            return now if not between or before is None else before
        if not self._same_frames:
            return before
        moment = frame.time.exact
        made = answer_between(before.result, now.result, seconds=moment, gate=self._job.look.gate)
        return Seen(made.frame, made)


def half_of(job: ExportJob, area: tuple[int, int, int, int]) -> ExportJob:
    """The job of one half, which fills an area."""
    size = area[2], area[3]
    if job.composite is not None:
        return replace(job, composite=replace(job.composite, size=size))
    return replace(job, size=size)


def _room(job: ExportJob, size: tuple[int, int]) -> tuple[int, int] | None:
    """What both halves are fitted into; None where they keep their size."""
    room = within(job, size)
    return None if room == size and job.size is None else room


def opened_clip(location: str, opener: Opener) -> Clip:
    """Open the clip that stands beside another one.

    Raises:
        PoseViewerError: It cannot be opened, or is a live source.
    """
    source = opener(location)
    if isinstance(source, Clip):
        return source
    source.close()
    msg = f"{location} is a live source: beside a clip stands another clip."
    raise PoseViewerError(msg)
