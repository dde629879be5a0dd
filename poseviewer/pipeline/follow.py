"""Following people from frame to frame: their regions, their numbers, and the focus."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from poseviewer.core.angle import Angles
from poseviewer.core.reading import listing, whole
from poseviewer.pipeline.checkpoint import MOST_FRAMES
from poseviewer.pipeline.heads import personal
from poseviewer.pipeline.track import likeness

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.core.affine import Box
    from poseviewer.core.detection import Detections
    from poseviewer.core.frame import Frame
    from poseviewer.core.pose import Poses
    from poseviewer.core.result import FrameResult
    from poseviewer.core.skeleton import Skeleton
    from poseviewer.core.stage import Request
    from poseviewer.pipeline.estimate import Estimator
    from poseviewer.pipeline.track import Tracker

_PATIENCE = 15
"""Frames without the person in focus before another one is."""


class Focus:
    """Chooses the person in focus: the one picked, else the one of the frame before."""

    def __init__(self) -> None:
        self.picked: int | None = None
        """Number of the person that was asked for."""
        self._last = -1
        self._away = 0
        """Frames since that person was found."""

    def checkpoint(self) -> list[int]:
        """The state as JSON holds it, for `go_on`; who was asked for is not part of it."""
        return [self._last, self._away]

    def go_on(self, state: Any) -> None:
        """Continue from a checkpoint; raise ValueError if it is none."""
        last, away = listing(state, "the focus")
        self._last = whole(last, "a number", low=-1, high=MOST_FRAMES)
        self._away = whole(away, "a count", low=0, high=MOST_FRAMES)

    @property
    def now(self) -> int:
        """Number of the person put first last time; -1 where there was none."""
        return self._last

    def turn(self, result: FrameResult) -> FrameResult:
        """`result`, in which people have numbers, with the person in focus first.

        Where the picked person is away, the one in focus last is put first, else the surest.
        """
        tracks = result.poses.track.tolist()
        if not tracks:
            return result
        row = 0
        for number in (self.picked, self._last):
            if number is not None and number >= 0 and number in tracks:
                row = tracks.index(number)
                self._last, self._away = tracks[row], 0
                break
        else:
            self._away += 1
            if self._last < 0 or self._away > _PATIENCE:
                self._last, self._away = tracks[0], 0
        return foremost(result, row)


def regions_of(result: FrameResult) -> tuple[Box, ...]:
    """The regions that the network was shown for a result, the person in focus first."""
    return (result.region, *result.others)


def foremost(result: FrameResult, row: int) -> FrameResult:
    """`result` with the person in `row` of its poses first.

    Maps of another person are left out: they have to be asked for again.
    """
    if result.others:
        regions = regions_of(result)
        at = _region_of(result.poses.box[row], regions)
        if at:
            order = _first(at, len(regions))
            result = replace(
                result,
                region=regions[at],
                others=tuple(regions[i] for i in order[1:]),
                stage_poses=tuple(poses.only(order) for poses in result.stage_poses),
                stages=(),
            )
    elif len(result.poses) > 1:
        person = result.poses.only(np.array([row]))
        stages = {id(poses): _turned(poses, person) for poses in result.stage_poses}
        result = replace(result, stage_poses=tuple(stages[id(p)] for p in result.stage_poses))
    if not row:
        return result
    order = _first(row, len(result.poses))
    angles = result.angles
    turned = replace(
        result,
        poses=result.poses.only(order),
        smoothed=None if result.smoothed is None else result.smoothed.only(order),
        angles=Angles(
            angles.specs,
            angles.degrees[order],
            angles.score[order],
            tuple(angles.facing[at] for at in order) if angles.facing else (),
        ),
    )
    return personal(turned)


def _first(row: int, count: int) -> NDArray[np.intp]:
    """0 to count - 1 with `row` first."""
    return np.array([row, *(i for i in range(count) if i != row)], np.intp)


def _region_of(box: NDArray[np.float32], regions: Sequence[Box]) -> int:
    """Which of the regions a person was read from."""
    boxes = np.array([(r.x, r.y, r.width, r.height) for r in regions])
    return int(np.abs(boxes - box).sum(axis=1).argmin())


def _turned(poses: Poses, person: Poses) -> Poses:
    """A stage's people, the one most like `person` first."""
    if len(poses) < 2:
        return poses
    alike = likeness(person.xy, poses.xy, skeleton=poses.skeleton)[0]
    row = int(alike.argmax())
    return poses.only(_first(row, len(poses))) if row else poses


class Follower(Protocol):
    """Says where to look in the next frame; its state is explicit, and reset at every seek."""

    detections: Detections | None
    """What the person detector saw in the frame of the last regions; None if they do not depend
    on it."""

    nobody: bool
    """Whether there is no person in that frame, whatever the network says of it."""

    def reset(self) -> None:
        """Start again: the next frame does not follow on the last one."""

    def checkpoint(self) -> dict[str, Any]:
        """The state as JSON holds it, for `go_on`."""

    def go_on(self, state: Any, *, skeleton: Skeleton) -> None:
        """Continue from a checkpoint of a follower of the same kind.

        Args:
            state: Of `checkpoint`.
            skeleton: Of the network.

        Raises:
            ValueError, KeyError: It is none.
        """

    def regions(self, frame: Frame, estimator: Estimator, *, first: int = -1) -> Sequence[Box]:
        """The regions of `frame` to show the network, at least one.

        Args:
            frame: The next frame.
            estimator: Searches the frame where no person is known.
            first: Number of the person to put first, where that one is followed.
        """

    def update(self, result: FrameResult) -> None:
        """Update the regions from the result, in which people have numbers."""


class SequentialEstimator:
    """Estimates the frames of a sequence in order: follows people, and numbers them.

    What it says of a frame depends on the frames before; see `single_frame` for what does not.

    Args:
        estimator: The network with its decoder.
        follower: Chooses regions.
        tracker: Numbers people.
        focus: Chooses the first person; the most confident one, for as long as possible, where
            None.
    """

    def __init__(
        self,
        estimator: Estimator,
        follower: Follower,
        tracker: Tracker,
        *,
        focus: Focus | None = None,
    ) -> None:
        self.estimator = estimator
        self._follower = follower
        self._tracker = tracker
        self.focus = focus or Focus()

    def reset(self) -> None:
        """Start again: the next frame does not follow on earlier ones."""
        self._follower.reset()
        self._tracker.reset()

    def estimate(self, frame: Frame, request: Request, *, captured: float = 0.0) -> FrameResult:
        """The result of the next frame: people numbered, the person in focus first."""
        region, *others = self._follower.regions(frame, self.estimator, first=self.focus.now)
        raw = self.estimator.estimate(frame, region, request, others=others, captured=captured)
        raw = _sighted(raw, self._follower)
        poses = self._tracker.apply(raw.poses, frame=frame)
        return self.focus.turn(replace(raw, poses=poses))

    def update(self, result: FrameResult) -> None:
        """Update the regions from the result; call it once per frame."""
        self._follower.update(result)


def single_frame(
    frame: Frame,
    estimator: Estimator,
    follower: Follower,
    request: Request,
    *,
    captured: float = 0.0,
) -> FrameResult:
    """The single-frame answer: it depends on the frame alone, however it was reached.

    No person has a number, for numbers come from earlier frames.

    Args:
        frame: The frame.
        estimator: The network with its decoder.
        follower: Chooses regions; it is reset first.
        request: Which maps are wanted.
        captured: `time.perf_counter()` when the frame was taken.
    """
    follower.reset()
    region, *others = follower.regions(frame, estimator)
    raw = estimator.estimate(frame, region, request, others=others, captured=captured)
    return _sighted(raw, follower)


def _sighted(result: FrameResult, follower: Follower) -> FrameResult:
    """`result` with what the detector saw, and without people where it says that nobody is."""
    if follower.detections is not None:
        result = replace(result, detections=follower.detections)
    if not follower.nobody:
        return result
    angles = result.angles
    return replace(
        result,
        poses=result.poses.only(np.empty(0, np.intp)),
        angles=Angles(angles.specs, angles.degrees[:0], angles.score[:0]),
    )


def with_maps(
    result: FrameResult, estimator: Estimator, request: Request, *, captured: float = 0.0
) -> FrameResult:
    """A stored result with the maps that it lacks: the same regions, hence the same answer."""
    region, *others = regions_of(result)
    raw = estimator.estimate(result.frame, region, request, others=others, captured=captured)
    whole = replace(
        result,
        stages=raw.stages,
        timings=raw.timings,
        generation=raw.generation,
        captured=captured,
    )
    return personal(whole)


def in_focus(result: FrameResult, number: int | None) -> FrameResult:
    """`result` with the person of a number first, where that person is there."""
    tracks = result.poses.track.tolist()
    if number is None or number < 0 or number not in tracks:
        return result
    return foremost(result, tracks.index(number))
