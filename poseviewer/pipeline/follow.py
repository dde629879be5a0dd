"""People from frame to frame: where to look, who is who, and who is in focus."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from poseviewer.core.angle import Angles
from poseviewer.pipeline.track import likeness

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.core.affine import Box
    from poseviewer.core.frame import Frame
    from poseviewer.core.pose import Poses
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import Request
    from poseviewer.pipeline.estimate import Estimator
    from poseviewer.pipeline.track import Tracker

_PATIENCE = 15
"""Frames without the person in focus before somebody else is."""


class Focus:
    """Stays with one person from frame to frame: the one picked, else the one it was with."""

    def __init__(self) -> None:
        self.picked: int | None = None
        """Number of the person that was asked for."""
        self._last = -1
        self._away = 0
        """Frames since that one was seen."""

    @property
    def now(self) -> int:
        """Number of the person who came first last time; -1 where nobody is known."""
        return self._last

    def turn(self, result: FrameResult) -> FrameResult:
        """`result`, in which people have numbers, with the person in focus first.

        Where the picked person is away, whoever was in focus last stands in, else the surest.
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
    """What the network was shown for a result, the person in focus first."""
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
    return replace(
        result,
        poses=result.poses.only(order),
        angles=Angles(
            angles.specs,
            angles.degrees[order],
            angles.score[order],
            tuple(angles.facing[at] for at in order) if angles.facing else (),
        ),
    )


def _first(row: int, count: int) -> NDArray[np.intp]:
    """0 to count - 1 with `row` first."""
    return np.array([row, *(i for i in range(count) if i != row)], np.intp)


def _region_of(box: NDArray[np.float32], regions: Sequence[Box]) -> int:
    """Which of the regions a person was read from."""
    boxes = np.array([(r.x, r.y, r.width, r.height) for r in regions])
    return int(np.abs(boxes - box).sum(axis=1).argmin())


def _turned(poses: Poses, person: Poses) -> Poses:
    """A stage's people with the one first who is most like `person`, if anybody is."""
    if len(poses) < 2:
        return poses
    alike = likeness(person.xy, poses.xy, skeleton=poses.skeleton)[0]
    row = int(alike.argmax())
    return poses.only(_first(row, len(poses))) if row else poses


class Follower(Protocol):
    """Says where to look: explicit state, reset at every seek."""

    def reset(self) -> None:
        """The next frame has nothing to do with the last one."""

    def regions(self, frame: Frame, estimator: Estimator, *, first: int = -1) -> Sequence[Box]:
        """What of `frame` to show the network, at least one region.

        Args:
            frame: The next frame.
            estimator: Glances where nobody is known.
            first: Number of the person whose region comes first, where that one is followed.
        """

    def update(self, result: FrameResult) -> None:
        """Learn from the result, in which people have numbers, where they went."""


class Company:
    """Where to look, who is who and who is in focus, from frame to frame.

    Args:
        follower: Says where to look.
        tracker: Numbers people.
        focus: Who comes first; the surest, for as long as possible, where None.
    """

    def __init__(self, follower: Follower, tracker: Tracker, *, focus: Focus | None = None) -> None:
        self._follower = follower
        self._tracker = tracker
        self.focus = focus or Focus()

    def reset(self) -> None:
        """The next frame has nothing to do with the last one."""
        self._follower.reset()
        self._tracker.reset()

    def look(
        self, frame: Frame, estimator: Estimator, request: Request, *, captured: float = 0.0
    ) -> FrameResult:
        """The raw result of `frame`, looked at where people are."""
        region, *others = self._follower.regions(frame, estimator, first=self.focus.now)
        return estimator.estimate(frame, region, request, others=others, captured=captured)

    def name(self, result: FrameResult) -> FrameResult:
        """A raw result with everybody's number, the person in focus first."""
        poses = self._tracker.apply(result.poses, frame=result.frame)
        return self.focus.turn(replace(result, poses=poses))

    def again(
        self, result: FrameResult, estimator: Estimator, request: Request, *, captured: float = 0.0
    ) -> FrameResult:
        """A named result once more, with maps that it lacks: the same regions, the same answer."""
        region, *others = regions_of(result)
        raw = estimator.estimate(result.frame, region, request, others=others, captured=captured)
        return replace(self.name(raw), angles=result.angles)

    def update(self, result: FrameResult) -> None:
        """Learn from a named result where people went."""
        self._follower.update(result)
