"""Tracks people from frame to frame: each gets a number that stays the same.

Poses of a frame are paired with the people known so far by how alike they are, joint by joint,
once everyone has moved on at a constant speed (pose to pose, as Pose Flow does it, Xiu et al.,
BMVC 2018; weak poses go on with a person but start none, Zhang et al., ECCV 2022). A person
who is hidden for a while keeps the number.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core import reading
from poseviewer.core.reading import PLACE_LIMIT, listing, mapping, whole
from poseviewer.pipeline.checkpoint import MOST_FRAMES, MOST_SECONDS, joints_of
from poseviewer.pipeline.flows import FlowWindow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from poseviewer.core.frame import Frame
    from poseviewer.core.pose import Poses
    from poseviewer.core.skeleton import Skeleton

PATIENCE = 1.5
"""Seconds after which a person who is not found loses the number."""

ALIKE = 0.1
"""`likeness` times the share of joints in common from which on a pose may belong to a person."""

SAME = 0.5
"""`likeness` from which on two poses of one frame are of the same person."""

NEW = 0.3
"""Mean score of the better half of the joints from which on a pose starts a new person."""

_FEWEST = 3
# A person's area over the square of the longer side of the joints' box; nine in ten of the
# people labelled in COCO have more.
_AREA = 0.25
# People turn, swing their arms and are hidden: how much further than a labeller errs a joint may
# be from where a constant speed takes it, at once and per second.
_SLACK, _DRIFT = 2.0, 1.5
# Seconds over which a speed is averaged.
_STEADY = 0.4
# What being unseen costs in `likeness` by the end of the patience.
_FORGOTTEN = 0.5
# Within so many seconds joints that have moved by less than this share of the body, on average,
# are plainly those of the same person.
_AT_ONCE, _PLAIN = 0.2, 0.05


def likeness(
    found: NDArray[np.floating],
    known: NDArray[np.floating],
    *,
    skeleton: Skeleton,
    slack: NDArray[np.floating] | float = 1.0,
) -> NDArray[np.float64]:
    """Measure the object keypoint similarity of poses to poses, over the joints that both have.

    Args:
        found: (n, k, 2); NaN where a joint is missing.
        known: (m, k, 2).
        skeleton: Gives every joint's constant.
        slack: (m,) factor on the constants.

    Returns:
        (n, m), 0 to 1; 0 for pairs with fewer than three joints in common.
    """
    there = np.isfinite(found).all(axis=-1)[:, None] & np.isfinite(known).all(axis=-1)[None]
    squared = ((found[:, None] - known[None]).astype(np.float64) ** 2).sum(axis=-1)
    area = _AREA * np.maximum(_extent(found)[:, None], _extent(known)[None]) ** 2
    spread = np.multiply.outer(2 * np.asarray(slack, np.float64), skeleton.sigmas)
    near = np.exp(-np.where(there, squared, 0.0) / (2 * area[..., None] * spread**2))
    shared = there.sum(axis=-1)
    alike: NDArray[np.float64] = (near * there).sum(axis=-1) / np.maximum(shared, 1)
    return np.where(shared >= _FEWEST, alike, 0.0)


def distinct(poses: Poses) -> NDArray[np.bool_]:
    """Choose the poses to keep (n,): of those that are alike the surest."""
    kept = np.ones(len(poses), np.bool_)
    if len(poses) < 2:
        return kept
    alike = likeness(poses.xy, poses.xy, skeleton=poses.skeleton)
    for row in np.argsort(-poses.score.mean(axis=1), kind="stable"):
        if kept[row]:
            kept[alike[row] >= SAME] = False
            kept[row] = True
    return kept


def best_pairs(value: NDArray[np.floating], *, least: float) -> list[tuple[int, int]]:
    """Return the pairs (row, column) whose values add up to the most, each row and column once.

    Args:
        value: (n, m), at least 0.
        least: Pairs worth less are not made, and count nothing in the total.

    Returns:
        Pairs by rising row.
    """
    if value.shape == (1, 1):
        return [(0, 0)] if value[0, 0] >= least else []
    # Imported when it is needed: it takes longer than the rest of the tracker.
    from scipy.optimize import linear_sum_assignment

    pairs = zip(
        *linear_sum_assignment(np.where(value >= least, value, 0.0), maximize=True), strict=True
    )
    return [(int(row), int(column)) for row, column in pairs if value[row, column] >= least]


@dataclass(slots=True, eq=False)
class _Track:
    """One person known so far."""

    number: int
    xy: NDArray[np.float64]
    """(k, 2) frame pixels where each joint was last, moved along while it was not found."""
    speed: NDArray[np.float64]
    """(2,) frame pixels per second of the whole body."""
    seen: float
    """When, seconds."""
    extent: float
    """The longer side of the box of the joints, when they were last updated."""


class Tracker:
    """Gives people numbers: explicit state, reset at every seek.

    Numbers rise from 0 and are never given to another person, not even after a reset.

    Args:
        numbers: Where further numbers come from, where several trackers share them.
        window: Seconds over which two numbers that mean one person are found out, so that only the
            surer one is given (`pipeline.flows`); 0 leaves that out.
    """

    def __init__(self, *, numbers: Iterator[int] | None = None, window: float = 0.0) -> None:
        self._numbers = count() if numbers is None else numbers
        self._given = 0
        """How many numbers were given."""
        self._people: list[_Track] = []
        self._skeleton: Skeleton | None = None
        self._window = FlowWindow(window, _alike) if window else None

    def reset(self) -> None:
        """Forget all people: the next frame has nothing to do with the last one."""
        self._people = []
        if self._window is not None:
            self._window.reset()

    def checkpoint(self) -> dict[str, Any]:
        """The state as JSON holds it, for `go_on`."""
        people = [
            [p.number, p.xy.tolist(), p.speed.tolist(), p.seen, p.extent] for p in self._people
        ]
        window = {} if self._window is None else {"window": self._window.checkpoint()}
        return {"given": self._given, "people": people, **window}

    def go_on(self, state: Any, *, skeleton: Skeleton) -> None:
        """Continue from a checkpoint of a tracker that numbered people by itself.

        Args:
            state: Of `checkpoint`, of a tracker with a window where this one has one.
            skeleton: Of the network that found the people.

        Raises:
            ValueError, KeyError: It is none.
        """
        found = mapping(state, "the tracker")
        self._given = whole(found["given"], "a count", low=0, high=MOST_FRAMES)
        self._numbers, self._skeleton = count(self._given), skeleton.body
        if self._window is not None:
            self._window.go_on(found["window"])
        self._people = []
        for row in listing(found["people"], "the people"):
            named, xy, speed, seen, extent = listing(row, "a person")
            person = _Track(
                whole(named, "a number", low=0, high=MOST_FRAMES),
                joints_of(xy, len(skeleton.body.joints)),
                np.array([reading.number(v, "a speed", low=-1e12, high=1e12) for v in speed]),
                reading.number(seen, "a time", low=-MOST_SECONDS, high=MOST_SECONDS),
                reading.number(extent, "a length", low=0, high=2 * PLACE_LIMIT),
            )
            self._people.append(person)

    def apply(self, poses: Poses, *, frame: Frame) -> Poses:
        """Number the people in `poses` of `frame`; -1 for one too unsure to be new."""
        return replace(poses, track=self._numbered(poses.body, frame.time.seconds))

    def _numbered(self, poses: Poses, seconds: float) -> NDArray[np.int64]:
        """The numbers (n,) of bodies."""
        if self._stayed(poses, seconds):
            return np.array([self._people[0].number])
        self._convert(poses.skeleton)
        self._people = [p for p in self._people if abs(seconds - p.seen) <= PATIENCE]
        track = np.full(len(poses), -1, np.int64)
        for row, place in self._pairs(poses, seconds):
            track[row] = self._people[place].number
        if (track < 0).any():
            self._number_new(poses, track)
        numbered = replace(poses, track=track)
        self.learn(numbered, seconds=seconds)
        if self._window is not None:
            track = self._window.suppressed(numbered, seconds=seconds).track
        return track

    def learn(self, poses: Poses, *, seconds: float) -> None:
        """Take the numbers that `poses` have for granted and go on from there.

        A person found at the same moment under another number is one of them.
        """
        poses = poses.body
        self._convert(poses.skeleton)
        named = set(poses.track.tolist())
        self._people = [p for p in self._people if p.seen != seconds or p.number in named]
        by_number = {person.number: person for person in self._people}
        for xy, number in zip(poses.xy, poses.track.tolist(), strict=True):
            if number in by_number:
                _move(by_number[number], xy.astype(np.float64), seconds)
            elif number >= 0:
                place = xy.astype(np.float64)
                extent = float(_extent(place[None])[0])
                self._people.append(_Track(number, place, np.zeros(2), seconds, extent))

    def _stayed(self, poses: Poses, seconds: float) -> bool:
        """Return whether the one pose is plainly the one person, which then is updated.

        It spares the most usual case, one person, the computation for several.
        """
        if len(poses) != 1 or len(self._people) != 1 or poses.skeleton is not self._skeleton:
            return False
        (person,) = self._people
        gap = seconds - person.seen
        shift: NDArray[np.float64] = poses.xy[0] - person.xy
        moved = shift.sum(axis=0) / len(shift)
        away = float(np.abs(shift).sum())
        # A joint that is missing makes this false.
        if not (abs(gap) <= _AT_ONCE and away < _PLAIN * len(shift) * person.extent):
            return False
        if gap:
            person.speed += -np.expm1(-abs(gap) / _STEADY) * (moved / gap - person.speed)
        person.xy, person.seen = poses.xy[0].astype(np.float64), seconds
        return True

    def _pairs(self, poses: Poses, seconds: float) -> list[tuple[int, int]]:
        """Pair rows of `poses` with the people they belong to."""
        if not len(poses) or not self._people:
            return []
        gaps = np.array([seconds - person.seen for person in self._people])
        known = np.stack([p.xy + p.speed * gap for p, gap in zip(self._people, gaps, strict=True)])
        unseen = np.abs(gaps)
        alike = likeness(poses.xy, known, skeleton=poses.skeleton, slack=_SLACK + _DRIFT * unseen)
        # A few joints are like those of many people: a pose belongs where most of it does.
        whole = _share(poses.xy, known) * (1 - _FORGOTTEN * unseen / PATIENCE)
        return best_pairs(alike * whole, least=ALIKE)

    def _number_new(self, poses: Poses, track: NDArray[np.int64]) -> None:
        """Number the new people in `track`: surely there, and like no other person."""
        half = poses.score.shape[1] // 2
        sure = np.sort(poses.score, axis=1)[:, half:].mean(axis=1) >= NEW
        known = np.flatnonzero(track >= 0)
        for row in np.flatnonzero((track < 0) & sure):
            others = likeness(poses.xy[[row]], poses.xy[known], skeleton=poses.skeleton)
            if others.max(initial=0.0) < SAME:
                track[row] = next(self._numbers)
                self._given = int(track[row]) + 1
                known = np.append(known, row)

    def _convert(self, skeleton: Skeleton) -> None:
        """Convert all people to another network's joints."""
        old, self._skeleton = self._skeleton, skeleton
        if old is None or old is skeleton:
            return
        shared = [
            (old.index(joint), at) for at, joint in enumerate(skeleton.joints) if old.has(joint)
        ]
        for person in self._people:
            xy = np.full((len(skeleton.joints), 2), np.nan)
            for was, at in shared:
                xy[at] = person.xy[was]
            person.xy = xy


def _alike(first: Poses, second: Poses) -> NDArray[np.float64]:
    return likeness(first.xy, second.xy, skeleton=first.skeleton)


def _share(found: NDArray[np.floating], known: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the share (n, m) of the joints of the fuller of two poses that both have."""
    there, were = np.isfinite(found).all(axis=-1), np.isfinite(known).all(axis=-1)
    shared = (there[:, None] & were[None]).sum(axis=-1)
    fuller = np.maximum(there.sum(axis=-1)[:, None], were.sum(axis=-1)[None])
    share: NDArray[np.float64] = shared / np.maximum(fuller, 1)
    return share


def _extent(xy: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the longer side (n,) of the box of each person's joints; at least a pixel."""
    there = np.isfinite(xy).all(axis=-1, keepdims=True)
    low = np.where(there, xy, np.inf).min(axis=1, initial=np.inf)
    high = np.where(there, xy, -np.inf).max(axis=1, initial=-np.inf)
    sides: NDArray[np.float64] = np.maximum(high - low, 1.0).max(axis=-1)
    return sides


def _move(person: _Track, xy: NDArray[np.float64], seconds: float) -> None:
    """Note where a person is now, and how fast the body as a whole went there."""
    gap = seconds - person.seen
    there = np.asarray(np.isfinite(xy).all(axis=1))
    shared = np.asarray(there & np.isfinite(person.xy).all(axis=1), np.bool_)
    shift = (xy[shared] - person.xy[shared]).mean(axis=0) if shared.any() else np.zeros(2)
    if gap and shared.any():
        person.speed += (1 - np.exp(-abs(gap) / _STEADY)) * (shift / gap - person.speed)
    # A joint that is hidden goes along with the rest.
    person.xy = np.where(there[:, None], xy, person.xy + shift)
    person.seen = seconds
    person.extent = float(_extent(person.xy[None])[0])
