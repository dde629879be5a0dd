"""Everybody in the frame, one by one: a network for one person, shown to each of them.

Each person is followed as the only one would be. Newcomers are looked for all the time, a window
or two a frame, where nobody is followed yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.affine import Box
from poseviewer.pipeline.follow import regions_of
from poseviewer.pipeline.follow_person import (
    LOST,
    MOST_WINDOWS,
    PATIENCE,
    SPREAD,
    around,
    followed,
    presence,
    settled,
    windows,
)
from poseviewer.pipeline.track import SAME, likeness

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.frame import Frame
    from poseviewer.core.pose import Poses
    from poseviewer.core.result import FrameResult
    from poseviewer.pipeline.estimate import Estimator

MOST = 8
"""People who are followed at once."""

_PATROL = 1
"""Windows looked at per frame while somebody is followed: each costs as much as a person."""

_KNOWN = 0.25
"""`likeness` from which on somebody in a window is taken for a person who is followed."""

_INSIDE = 0.6
"""Share of the smaller of two boxes of joints inside the other from which on a newcomer is taken
for a part of somebody who is followed."""

_COVERED = 0.6
"""Overlap with somebody's region from which on a window is not looked at."""

_SURELY, _THERE = 0.6, 0.45
"""What a newcomer needs of presence times agreement, and somebody who is followed of presence.
More than where one person is looked for: there the best guess is wanted, here nobody invented."""

_CROWDED = 0.25
"""Overlap of two regions from which on the network may read the wrong one of two people, or mix
them: then only a pose that fits is believed."""

_FITS = 0.5
"""`likeness` to where the person must be by now from which on a pose fits."""

_WAIT = 20
"""Frames that a region runs on without its person, who may be behind somebody else."""

_ESTABLISHED = 10
"""Frames after which a person is worth that wait."""

_LONGEST = 0.5
"""Seconds for which a speed is believed, at most."""

# Of the way of a region's centre from frame to frame, how much counts for its speed.
_STEADY = 0.3


@dataclass(slots=True, eq=False)
class _Followed:
    box: Box
    xy: NDArray[np.float32]
    """(k, 2) where the joints were last."""
    number: int = -1
    step: tuple[float, float] = (0.0, 0.0)
    """Frame pixels per second of the region's centre."""
    frames: int = 0
    misses: int = 0


class PeopleFollower:
    """Which regions to show the network next: explicit state, reset at every seek.

    Args:
        live: Whether frames wait for nobody, so that even the first search is spread over frames.
    """

    def __init__(self, *, live: bool = False) -> None:
        self._live = live
        self._people: list[_Followed] = []
        self._queue: list[Box] = []
        self._seconds = 0.0
        self._fresh = True

    def reset(self) -> None:
        """Forget everybody: the next frame has nothing to do with the last one."""
        self._people, self._queue, self._fresh = [], [], True

    def regions(self, frame: Frame, estimator: Estimator, *, first: int = -1) -> tuple[Box, ...]:
        """A region for everybody, that of number `first` first; the whole frame where nobody is."""
        whole = Box.whole(frame.size)
        if estimator.everybody:
            return (whole,)
        if self._fresh and not self._live:
            self._search(frame, estimator, budget=MOST_WINDOWS)
        elif len(self._people) < MOST:
            self._search(frame, estimator, budget=_PATROL if self._people else SPREAD)
        self._fresh = False
        self._people.sort(key=lambda person: person.number != first)
        return tuple(person.box for person in self._people) or (whole,)

    def update(self, result: FrameResult) -> None:
        """Learn from the result of the regions that were given, where everybody went."""
        if result.parsings:
            return
        self._fresh = False
        seconds = result.frame.time.seconds
        elapsed = min(max(seconds - self._seconds, 0.0), _LONGEST)
        self._seconds = seconds
        poses = result.stage_poses[-1]
        people = self._looked_at(result, poses)
        fits = _fits(people, poses, elapsed)
        twice = _doubles(poses, fits)
        kept = []
        for row, person in enumerate(people):
            pose, score = poses.xy[row], poses.score[row]
            wanted = around(pose, score, skeleton=poses.skeleton)
            strange = fits[row] < _FITS and _crowded(person, people)
            if twice[row] or strange or wanted is None or presence(score) < _THERE:
                _wait(person, elapsed)
            else:
                box = followed(person.box, wanted, frame=result.frame.size)
                _go_on(person, box, pose, elapsed)
            if person.misses < (_WAIT if person.frames >= _ESTABLISHED else PATIENCE):
                kept.append(person)
        self._people = [person for person in kept if person.frames]

    def _looked_at(self, result: FrameResult, poses: Poses) -> list[_Followed]:
        """The person of each region: known, or new where the region was found by others."""
        left = list(self._people)
        people = []
        for row, region in enumerate(regions_of(result)):
            best = max(left, key=lambda person: person.box.overlap(region), default=None)
            if best is None or best.box.overlap(region) < SAME:
                best = _Followed(region, poses.xy[row])
            else:
                left.remove(best)
            here = np.abs(result.poses.box - poses.box[row]).sum(axis=1) == 0
            if here.any() and result.poses.track[here][0] >= 0:
                best.number = int(result.poses.track[here][0])
            people.append(best)
        return people

    def _search(self, frame: Frame, estimator: Estimator, *, budget: int) -> None:
        """Look for newcomers in up to `budget` windows."""
        if not self._queue:
            self._queue = [box for level in windows(frame.size) for box in level]
        while budget > 0 and self._queue and len(self._people) < MOST:
            window = self._queue.pop(0)
            if any(person.box.overlap(window) >= _COVERED for person in self._people):
                continue
            budget -= 1
            (xy,), (score,) = estimator.glance(frame, [window])
            box = around(xy, score, skeleton=estimator.skeleton)
            if box is None or presence(score) < LOST or self._knows(xy, estimator):
                continue
            sure, box = settled(frame, estimator, box, before=xy)
            if sure < _SURELY:
                continue
            (xy,), _ = estimator.glance(frame, [box])
            if not self._knows(xy, estimator):
                self._people.append(_Followed(box, xy))

    def _knows(self, xy: NDArray[np.float32], estimator: Estimator) -> bool:
        """Whether the pose (k, 2) is that of somebody who is followed."""
        if not self._people:
            return False
        known = np.stack([person.xy for person in self._people])
        alike = likeness(xy[None], known, skeleton=estimator.skeleton)
        return bool(alike.max() >= _KNOWN or max(_inside(xy, one) for one in known) >= _INSIDE)


def _inside(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """How much of the smaller of the boxes of two poses (k, 2) lies in the other, 0 to 1."""
    low = np.maximum(np.nanmin(one, axis=0), np.nanmin(other, axis=0))
    high = np.minimum(np.nanmax(one, axis=0), np.nanmax(other, axis=0))
    sides = [np.maximum(np.nanmax(xy, axis=0) - np.nanmin(xy, axis=0), 1.0) for xy in (one, other)]
    return float(np.maximum(high - low, 0.0).prod() / min(side.prod() for side in sides))


def _fits(people: list[_Followed], poses: Poses, elapsed: float) -> NDArray[np.float64]:
    """How much each pose is like that of its person, who has gone on meanwhile."""
    known = np.stack([person.xy + np.array(person.step) * elapsed for person in people])
    slack = np.array([1 + 0.1 * person.misses for person in people])
    alike = likeness(poses.xy, known, skeleton=poses.skeleton, slack=slack)
    return alike.diagonal()


def _crowded(person: _Followed, people: list[_Followed]) -> bool:
    others = (other for other in people if other is not person)
    return any(person.box.overlap(other.box) >= _CROWDED for other in others)


def _doubles(poses: Poses, fits: NDArray[np.float64]) -> list[bool]:
    """Whose region shows somebody else, who has a region that fits better."""
    twice = [False] * len(poses)
    if len(poses) < 2:
        return twice
    alike = likeness(poses.xy, poses.xy, skeleton=poses.skeleton) >= SAME
    taken: list[int] = []
    for row in np.argsort(-fits, kind="stable").tolist():
        twice[row] = bool(alike[row, taken].any())
        if not twice[row]:
            taken.append(row)
    return twice


def _go_on(person: _Followed, box: Box, xy: NDArray[np.float32], elapsed: float) -> None:
    """The person was seen, and is looked for in `box` from now on."""
    if elapsed > 0 and person.frames:
        (x, y), (old_x, old_y), (u, v) = box.centre, person.box.centre, person.step
        u += _STEADY * ((x - old_x) / elapsed - u)
        v += _STEADY * ((y - old_y) / elapsed - v)
        person.step = u, v
    person.box, person.xy = box, xy
    person.frames += 1
    person.misses = 0


def _wait(person: _Followed, elapsed: float) -> None:
    """The person was not seen; the region and the joints go on as before."""
    person.misses += 1
    if elapsed > 0:
        by = person.step[0] * elapsed, person.step[1] * elapsed
        x, y = person.box.centre
        person.box = Box.centred(x + by[0], y + by[1], person.box.width, person.box.height)
        person.xy = person.xy + np.array(by, np.float32)
