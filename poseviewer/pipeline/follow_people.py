"""Following several people with a network for one person, which is shown each of them.

Each person is followed as the only one would be. Newcomers are looked for all the time, a window
or two a frame, where no person is followed yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core.affine import Box
from poseviewer.core.reading import listing, mapping, number, whole
from poseviewer.pipeline.checkpoint import (
    MOST_FRAMES,
    MOST_SECONDS,
    a_box,
    coordinate,
    edges,
    joints_of,
)
from poseviewer.pipeline.evidence import DOUBTS, GONE, evidence
from poseviewer.pipeline.follow import regions_of
from poseviewer.pipeline.follow_person import (
    LOST,
    MOST_WINDOWS,
    PATIENCE,
    SPREAD,
    around,
    followed,
    presence,
    refined,
    windows,
)
from poseviewer.pipeline.track import SAME, likeness

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.detection import Detections
    from poseviewer.core.frame import Frame
    from poseviewer.core.pose import Poses
    from poseviewer.core.result import FrameResult
    from poseviewer.core.skeleton import Skeleton
    from poseviewer.pipeline.estimate import Estimator, PersonFinder

MOST = 20
"""People that are followed at once, at most."""

_PATROL = 1
"""Windows searched per frame while a person is followed: each costs as much as a person."""

_EVERY = 5
"""Frames between two looks of the detector for newcomers and at those who are followed: one costs
as much as two people."""

_KNOWN = 0.25
"""`likeness` from which on a pose in a window is taken for a followed person."""

_INSIDE = 0.6
"""Share of the smaller of two boxes of joints inside the other from which on a newcomer is taken
for a part of a followed person."""

_COVERED = 0.6
"""Overlap with a person's region from which on a window is not searched."""

_SURELY, _THERE = 0.6, 0.45
"""Least presence times agreement of a newcomer, and least presence of a followed person.
More than for a single person, where the best guess is wanted: here none may be invented."""

_CROWDED = 0.25
"""Overlap of two regions from which on the network may read the wrong one of two people, or mix
them: then only a pose that fits is believed."""

_FITS = 0.5
"""`likeness` to where the person must be by now from which on a pose fits."""

_WAIT = 20
"""Frames that a region is continued without its person, who may be hidden by another."""

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
    support: float | None = None
    """How sure the detector is of the person in the last frame; None where it did not look."""
    doubts: int = 0
    """Looks one after another that spoke against the person."""

    def checkpoint(self) -> list[Any]:
        """The state, for `continued`."""
        return [
            edges(self.box), self.xy.tolist(), self.number, *self.step, self.frames, self.misses,
            self.support, self.doubts,
        ]  # fmt: skip

    @classmethod
    def continued(cls, state: Any, *, joints: int) -> _Followed:
        """The person of `checkpoint`; raise ValueError if it is none."""
        box, xy, named, u, v, frames, misses, support, doubts = listing(state, "a person")
        counts = (whole(n, "a count", low=0, high=MOST_FRAMES) for n in (frames, misses, doubts))
        frames, misses, doubts = counts
        return cls(
            a_box(box),
            joints_of(xy, joints).astype(np.float32),
            whole(named, "a number", low=-1, high=MOST_FRAMES),
            (coordinate(u), coordinate(v)),
            frames,
            misses,
            None if support is None else number(support, "support", low=-10, high=10),
            doubts,
        )


class PeopleFollower:
    """Follows several people, a region each; its state is explicit, and reset at every seek.

    Args:
        live: Whether frames wait for nobody, so that even the first search is spread over frames.
    """

    def __init__(self, *, live: bool = False) -> None:
        self._live = live
        self._people: list[_Followed] = []
        self._queue: list[Box] = []
        self._seconds = 0.0
        self._fresh = True
        self._since = 0
        """Frames since the detector looked for newcomers."""
        self.detections: Detections | None = None
        """What the person detector saw in the last frame; None where it was not asked."""
        self.nobody = False
        """Whether there is no person in the last frame, whatever the network says of it."""

    def reset(self) -> None:
        """Drop all people: the next frame does not follow on the last one."""
        self._people, self._queue, self._fresh, self._since = [], [], True, 0

    def checkpoint(self) -> dict[str, Any]:
        """The state, for `go_on`."""
        return {
            "people": [person.checkpoint() for person in self._people],
            "queue": [edges(box) for box in self._queue],
            "seconds": self._seconds,
            "fresh": self._fresh,
            "since": self._since,
        }

    def go_on(self, state: Any, *, skeleton: Skeleton) -> None:
        """Continue from a checkpoint, as `Follower.go_on`."""
        found = mapping(state, "the follower")
        people = listing(found["people"], "the people")[:MOST]
        self._people = [_Followed.continued(p, joints=len(skeleton.body.joints)) for p in people]
        self._queue = [a_box(box) for box in listing(found["queue"], "the windows")][:MOST_WINDOWS]
        self._seconds = number(found["seconds"], "a time", low=-MOST_SECONDS, high=MOST_SECONDS)
        self._fresh = bool(found["fresh"])
        self._since = whole(found["since"], "a count", low=0, high=MOST_FRAMES)

    def regions(self, frame: Frame, estimator: Estimator, *, first: int = -1) -> tuple[Box, ...]:
        """A region per person, that of number `first` first; the whole frame if there is none."""
        self.detections, self.nobody = None, False
        whole = Box.whole(frame.size)
        if estimator.everybody:
            return (whole,)
        if estimator.finder is not None:
            self._find(frame, estimator, estimator.finder)
        elif self._fresh and not self._live:
            self._search(frame, estimator, budget=MOST_WINDOWS)
        elif len(self._people) < MOST:
            self._search(frame, estimator, budget=_PATROL if self._people else SPREAD)
        self._fresh = False
        self._people.sort(key=lambda person: person.number != first)
        return tuple(person.box for person in self._people) or (whole,)

    def update(self, result: FrameResult) -> None:
        """Update the people from the result of the regions that were given."""
        if result.parsings or result.nobody:
            return
        self._fresh = False
        seconds = result.frame.time.seconds
        elapsed = min(max(seconds - self._seconds, 0.0), _LONGEST)
        self._seconds = seconds
        poses = result.stage_poses[-1].body
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
                _doubt(person, score)
            if person.doubts == DOUBTS:
                continue
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

    def _find(self, frame: Frame, estimator: Estimator, finder: PersonFinder) -> None:
        """Have the detector look for newcomers: at once, or now and then beside known people."""
        self._since += 1
        if self._people and self._since < _EVERY:
            return
        self._since = 0
        sighting = finder.people(frame, estimator, most=MOST)
        self.detections = sighting.detections
        boxes = [person.box for person in self._people]
        supports = finder.support(sighting.detections, boxes)
        for person, support in zip(self._people, supports, strict=True):
            person.support = support
        for box, xy in zip(sighting.regions, sighting.xy, strict=True):
            if len(self._people) < MOST and not self._knows(xy, estimator):
                self._people.append(_Followed(box, xy))
        self.nobody = not self._people

    def _search(self, frame: Frame, estimator: Estimator, *, budget: int) -> None:
        """Look for newcomers in up to `budget` windows."""
        if not self._queue:
            self._queue = [box for level in windows(frame.size) for box in level]
        while budget > 0 and self._queue and len(self._people) < MOST:
            window = self._queue.pop(0)
            if any(person.box.overlap(window) >= _COVERED for person in self._people):
                continue
            budget -= 1
            (xy,), (score,) = estimator.quick_estimate(frame, [window])
            box = around(xy, score, skeleton=estimator.body)
            if box is None or presence(score) < LOST or self._knows(xy, estimator):
                continue
            sure, box = refined(frame, estimator, box, before=xy)
            if sure < _SURELY:
                continue
            (xy,), _ = estimator.quick_estimate(frame, [box])
            if not self._knows(xy, estimator):
                self._people.append(_Followed(box, xy))

    def _knows(self, xy: NDArray[np.float32], estimator: Estimator) -> bool:
        """Whether the pose (k, 2) is that of a followed person."""
        if not self._people:
            return False
        known = np.stack([person.xy for person in self._people])
        alike = likeness(xy[None], known, skeleton=estimator.body)
        return bool(alike.max() >= _KNOWN or max(_inside(xy, one) for one in known) >= _INSIDE)


def _inside(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """How much of the smaller of the boxes of two poses (k, 2) lies in the other, 0 to 1."""
    low = np.maximum(np.nanmin(one, axis=0), np.nanmin(other, axis=0))
    high = np.minimum(np.nanmax(one, axis=0), np.nanmax(other, axis=0))
    sides = [np.maximum(np.nanmax(xy, axis=0) - np.nanmin(xy, axis=0), 1.0) for xy in (one, other)]
    return float(np.maximum(high - low, 0.0).prod() / min(side.prod() for side in sides))


def _fits(people: list[_Followed], poses: Poses, elapsed: float) -> NDArray[np.float64]:
    """The likeness of each pose to that of its person, moved on since."""
    known = np.stack([person.xy + np.array(person.step) * elapsed for person in people])
    slack = np.array([1 + 0.1 * person.misses for person in people])
    alike = likeness(poses.xy, known, skeleton=poses.skeleton, slack=slack)
    return alike.diagonal()


def _crowded(person: _Followed, people: list[_Followed]) -> bool:
    others = (other for other in people if other is not person)
    return any(person.box.overlap(other.box) >= _CROWDED for other in others)


def _doubles(poses: Poses, fits: NDArray[np.float64]) -> list[bool]:
    """The people whose region shows another person, who has a region that fits better."""
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
    """Continue a person who was found, in the region `box`."""
    if elapsed > 0 and person.frames:
        (x, y), (old_x, old_y), (u, v) = box.centre, person.box.centre, person.step
        u += _STEADY * ((x - old_x) / elapsed - u)
        v += _STEADY * ((y - old_y) / elapsed - v)
        person.step = u, v
    person.box, person.xy = box, xy
    person.frames += 1
    person.misses = 0


def _doubt(person: _Followed, score: NDArray[np.float32]) -> None:
    """Count the looks of the detector that speak against a person with these joints (k,)."""
    if person.support is not None:
        gone = evidence(person.support, score) < GONE
        person.doubts, person.support = person.doubts + 1 if gone else 0, None


def _wait(person: _Followed, elapsed: float) -> None:
    """Continue a person who was not found; region and joints move on as before."""
    person.misses += 1
    if elapsed > 0:
        by = person.step[0] * elapsed, person.step[1] * elapsed
        x, y = person.box.centre
        person.box = Box.centred(x + by[0], y + by[1], person.box.width, person.box.height)
        person.xy = person.xy + np.array(by, np.float32)
