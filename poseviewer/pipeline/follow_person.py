"""Where to look: the whole frame, a dragged box, or the person followed from frame to frame.

The network was trained on squares around a person, so the crop matters as much as the
weights: on a whole frame the same network loses the body.
"""

from __future__ import annotations

from functools import partial
from math import ceil
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from poseviewer.core.affine import Box
from poseviewer.core.reading import listing, mapping, number, whole
from poseviewer.pipeline.checkpoint import MOST_FRAMES, a_box, box_of, edges, joints_of
from poseviewer.pipeline.evidence import DOUBTS, GONE, evidence

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from poseviewer.core.detection import Detections
    from poseviewer.core.frame import Frame
    from poseviewer.core.result import FrameResult
    from poseviewer.core.skeleton import Skeleton
    from poseviewer.pipeline.estimate import Estimator, PersonFinder

RegionMode = Literal["whole", "box", "follow"]

MARGIN = 1.5
"""Side of the region over that of the joints' box, as in training."""

SURE = 0.2
"""Confidence from which on joints determine where the person is."""

LOST = 0.3
"""A `presence` below this means that the person is not in the region."""

FOUND = 0.7
"""Presence times `agreement` from which on a scan ends."""

PATIENCE = 3
"""Frames without the person before the frame is scanned again."""

CHECKED = 10
"""Frames between two looks of the detector at a person who is followed."""

SPREAD = 4
"""Windows searched per frame while a scan is spread over frames."""

MOST_WINDOWS = 64
"""Windows of a whole scan, at most; the best of each of four levels is then refined twice."""

_FEWEST = 4
# Times the median bone; a torso is about twice as long.
_TOO_LONG = 2.7
_SMALLEST = 24.0
# How much of the way to the new region is gone at once; the size moves more slowly than the
# place because the joints' box breathes with every step.
_FOLLOW = np.array([0.8, 0.8])
_BREATHE = 0.35
_JUMP = 0.3
# A region that would move by less of its side and change its side by less stays where it is: the
# network answers a little otherwise to every other crop, which halves the jitter of a still person.
_STILL, _STEADY = 0.04, 0.12
_STAYED = 0.08


def presence(score: NDArray[np.floating]) -> float:
    """How surely a person is there: the mean score of the better half of the joints (k,).

    Seen from the side half of a body is hidden, and those joints say nothing about whether
    there is a body.
    """
    return float(np.sort(score)[len(score) // 2 :].mean())


def agreement(
    xy: NDArray[np.floating], score: NDArray[np.floating], *, before: NDArray[np.floating], box: Box
) -> float:
    """The share of sure joints that stayed where they were when the region became `box`.

    A person stays in a closer crop; a pattern that was taken for one does not.
    """
    sure = score >= SURE
    if not sure.any():
        return 0.0
    moved = np.linalg.norm(xy[sure] - before[sure], axis=1)
    return float((moved < _STAYED * box.width).mean())


def around(
    xy: NDArray[np.floating], score: NDArray[np.floating], *, skeleton: Skeleton
) -> Box | None:
    """The square region for a pose (k, 2) with scores (k,); None where too little is sure."""
    sure = (score >= SURE) & np.isfinite(xy).all(axis=1)
    sure &= ~too_far(xy, sure, skeleton=skeleton)
    if int(sure.sum()) < _FEWEST:
        return None
    tight = Box.around(xy[sure], margin=1.0)
    side = max(tight.width, tight.height, _SMALLEST / MARGIN) * MARGIN
    return Box.centred(*tight.centre, side, side)


def too_far(
    xy: NDArray[np.floating], sure: NDArray[np.bool_], *, skeleton: Skeleton
) -> NDArray[np.bool_]:
    """The joints (k,) at the far end of a bone that is too long for this body.

    One ankle on a tripod would widen the region until the person in it is too small to be
    read, which keeps the ankle on the tripod.
    """
    found = np.zeros(len(xy), np.bool_)
    bones = [(a, b) for a, b in skeleton.bones if sure[a] and sure[b]]
    if len(bones) < _FEWEST:
        return found
    start, end = np.array(bones).T
    length = np.linalg.norm(xy[end] - xy[start], axis=1)
    found[end[length > _TOO_LONG * np.median(length)]] = True
    return found


def followed(old: Box, new: Box, *, frame: tuple[int, int]) -> Box:
    """The next region: from `old` most of the way to `new`, or straight there when it is far.

    It stays as it is while `new` differs little from it.

    Args:
        old: The region that was shown last.
        new: The region its pose asks for.
        frame: Width and height of the frame; the region never grows past twice its longer
            side, and its centre stays inside.
    """
    side, last = max(new.width, new.height), max(old.width, old.height)
    centre = np.array(new.centre)
    moved = float(np.linalg.norm(centre - np.array(old.centre)))
    if moved < _STILL * last and abs(side / last - 1) < _STEADY:
        return old
    if new.overlap(old) >= _JUMP:
        centre = np.array(old.centre) + _FOLLOW * (centre - np.array(old.centre))
        side = last * (side / last) ** _BREATHE
    side = float(np.clip(side, _SMALLEST, 2 * max(frame)))
    x, y = np.clip(centre, 0, np.array(frame) - 1.0)
    return Box.centred(float(x), float(y), side, side)


def windows(size: tuple[int, int]) -> list[list[Box]]:
    """Overlapping squares over a frame of `size`, level by level from coarse to fine.

    The whole frame, then squares of the shorter side and of 0.6 and 0.36 of it, each moved
    by half a side or less.
    """
    width, height = size
    longer, shorter = max(size), min(size)
    sides = [float(longer)] + [shorter * part for part in (1.0, 0.6, 0.36)]
    levels: list[list[Box]] = []
    left = MOST_WINDOWS
    for side in sides:
        if levels and side > 0.9 * longer:
            continue
        level = [
            Box.centred(x, y, side, side)
            for y in _centres(height, side)
            for x in _centres(width, side)
        ][:left]
        left -= len(level)
        if level:
            levels.append(level)
    return levels


def _centres(length: int, side: float) -> NDArray[np.float64]:
    """The centres of windows of `side` along an axis that together cover it."""
    if side >= length:
        return np.array([(length - 1) / 2])
    count = ceil((length - side) / (side / 2)) + 1
    return np.linspace(side / 2 - 0.5, length - 0.5 - side / 2, count)


class Scan:
    """A search for the person over all windows of a frame, at once or a few at a time."""

    def __init__(self, size: tuple[int, int]) -> None:
        self._size = size
        self._levels = windows(size)
        self._queue = list(self._levels.pop(0))
        self._best: tuple[float, Box, NDArray[np.float32]] | None = None
        self._over_all: tuple[float, Box] | None = None

    def checkpoint(self) -> dict[str, Any]:
        """The state, for `continued`."""
        best = self._best and [self._best[0], edges(self._best[1]), self._best[2].tolist()]
        over_all = self._over_all and [self._over_all[0], edges(self._over_all[1])]
        return {
            "size": self._size,
            "levels": len(self._levels),
            "queue": len(self._queue),
            "best": best,
            "over_all": over_all,
        }

    @classmethod
    def continued(cls, state: Any, *, skeleton: Skeleton) -> Scan:
        """A search that goes on from `checkpoint`; raise ValueError or KeyError if it is none."""
        found = mapping(state, "a search")
        size = [whole(n, "a size", low=1, high=1 << 16) for n in listing(found["size"], "a size")]
        scan = cls((size[0], size[1]))
        passed = len(scan._levels) - whole(found["levels"], "levels", low=0, high=MOST_WINDOWS)
        for _ in range(passed):
            scan._queue = list(scan._levels.pop(0))
        left = whole(found["queue"], "windows", low=0, high=MOST_WINDOWS)
        scan._queue = scan._queue[len(scan._queue) - left :]
        if found["best"] is not None:
            there, box, xy = listing(found["best"], "the best window")
            places = joints_of(xy, len(skeleton.body.joints)).astype(np.float32)
            scan._best = number(there, "a presence", low=-10, high=10), a_box(box), places
        if found["over_all"] is not None:
            there, box = listing(found["over_all"], "the best region")
            scan._over_all = number(there, "a presence", low=-10, high=10), a_box(box)
        return scan

    @property
    def done(self) -> bool:
        """Whether every window has been searched."""
        return not self._queue and not self._levels

    @property
    def likeliest(self) -> Box | None:
        """The best region so far, if it is better than chance."""
        if self._over_all is None or self._over_all[0] < LOST:
            return None
        return self._over_all[1]

    def advance(self, frame: Frame, estimator: Estimator, *, budget: int | None) -> Box | None:
        """Search up to `budget` more windows (None: all that are left).

        Returns:
            The region of a person that is surely there; None while there is none.
        """
        left = MOST_WINDOWS if budget is None else budget
        while left > 0:
            looked, self._queue = self._queue[:left], self._queue[left:]
            left -= len(looked)
            self._look(frame, estimator, looked)
            if self._queue:
                break
            score, box = self._refined(frame, estimator)
            if score >= FOUND:
                return box
            if not self._levels:
                break
            self._queue = list(self._levels.pop(0))
        return None

    def _look(self, frame: Frame, estimator: Estimator, boxes: list[Box]) -> None:
        poses, scores = estimator.quick_estimate(frame, boxes)
        for xy, score in zip(poses, scores, strict=True):
            box = around(xy, score, skeleton=estimator.body)
            there = presence(score)
            if box is not None and (self._best is None or there > self._best[0]):
                self._best = there, box, xy

    def _refined(self, frame: Frame, estimator: Estimator) -> tuple[float, Box]:
        """The best window of a level, refined."""
        if self._best is None:
            return 0.0, Box.whole(self._size)
        (_, box, before), self._best = self._best, None
        best = refined(frame, estimator, box, before=before)
        if self._over_all is None or best[0] > self._over_all[0]:
            self._over_all = best
        return best


def refined(
    frame: Frame, estimator: Estimator, box: Box, *, before: NDArray[np.floating]
) -> tuple[float, Box]:
    """Refine a region: crop it twice around the pose found in it.

    Args:
        frame: The frame.
        estimator: Estimates the pose.
        box: The region that the pose `before` (k, 2) asks for.
        before: The joints found before.

    Returns:
        Presence times `agreement`, and the region that has it.
    """
    best = (0.0, box)
    for _ in range(2):
        (xy,), (score,) = estimator.quick_estimate(frame, [box])
        value = presence(score) * agreement(xy, score, before=before, box=box)
        if value > best[0]:
            best = value, box
        closer = around(xy, score, skeleton=estimator.body)
        if closer is None:
            break
        box, before = closer, xy
    return best


class RegionFollower:
    """Follows one person with one region; its state is explicit, and reset at every seek.

    Args:
        mode: The whole frame, the dragged `box`, or the person followed.
        box: The dragged region; without it `box` means the whole frame.
        live: Whether frames come in real time, so that even the first scan is spread over frames.
    """

    def __init__(
        self, mode: RegionMode = "follow", *, box: Box | None = None, live: bool = False
    ) -> None:
        self._mode = mode
        self._dragged = box
        self._live = live
        self._box: Box | None = None
        self._last: Box | None = None
        """The last region of a lost person, used until a scan finds another."""
        self._scan: Scan | None = None
        self._misses = 0
        self._fresh = True
        self._since = 0
        """Frames since the detector looked."""
        self._support: float | None = None
        """How sure it was of the person when it looked; None once that is taken into account."""
        self._doubts = 0
        """Looks one after another that spoke against the person."""
        self.detections: Detections | None = None
        """What the person detector saw in the last frame; None where nobody was looked for."""
        self._looking: Callable[[], float] | None = None
        """Waits for how sure it is of the person, where it looks beside the network."""
        self.nobody = False
        """Whether there is no person in the last frame, whatever the network says of it."""

    def reset(self) -> None:
        """Drop the person: the next frame does not follow on the last one."""
        self._box, self._last, self._scan, self._misses, self._fresh = None, None, None, 0, True
        self._since, self._support, self._doubts, self._looking = 0, None, 0, None

    def _settle(self) -> None:
        """Wait for the detector, where it looks."""
        if self._looking is not None:
            self._support, self._looking = self._looking(), None

    def checkpoint(self) -> dict[str, Any]:
        """The state, for `go_on`."""
        self._settle()
        return {
            "box": edges(self._box),
            "last": edges(self._last),
            "scan": self._scan and self._scan.checkpoint(),
            "misses": self._misses,
            "fresh": self._fresh,
            "since": self._since,
            "support": self._support,
            "doubts": self._doubts,
        }

    def go_on(self, state: Any, *, skeleton: Skeleton) -> None:
        """Continue from a checkpoint, as `Follower.go_on`."""
        found = mapping(state, "the follower")
        scan, support = found["scan"], found["support"]
        self._box, self._last = box_of(found["box"]), box_of(found["last"])
        self._scan = None if scan is None else Scan.continued(scan, skeleton=skeleton)
        self._fresh = bool(found["fresh"])
        self._support = None if support is None else number(support, "support", low=-10, high=10)
        self._misses, self._since, self._doubts = (
            whole(found[name], name, low=0, high=MOST_FRAMES)
            for name in ("misses", "since", "doubts")
        )

    def regions(self, frame: Frame, estimator: Estimator, *, first: int = -1) -> tuple[Box, ...]:  # noqa: ARG002
        """The one region of `frame`, as a `Follower` returns it."""
        return (self.region(frame, estimator),)

    def region(self, frame: Frame, estimator: Estimator) -> Box:
        """The region of `frame` to show the network; scans the frame when no person is followed."""
        self.detections, self.nobody = None, False
        whole = Box.whole(frame.size)
        if self._mode == "box":
            return self._dragged or whole
        if self._mode == "whole" or estimator.everybody:
            return whole
        if self._box is not None:
            self._check(frame, self._box, estimator)
            return self._box
        if estimator.finder is not None:
            return self._found(frame, estimator, estimator.finder) or whole
        thorough = self._fresh and not self._live
        self._fresh = False
        if self._scan is None or self._scan.done:
            self._scan = Scan(frame.size)
        found = self._scan.advance(frame, estimator, budget=None if thorough else SPREAD)
        if found is None and self._scan.done:
            self._last = None
            found = self._scan.likeliest
        if found is not None:
            self._box, self._scan, self._misses = found, None, 0
        return found or self._last or whole

    def _found(self, frame: Frame, estimator: Estimator, finder: PersonFinder) -> Box | None:
        """The region in which the detector finds the person."""
        sighting = finder.people(frame, estimator, near=self._last)
        self.detections, self.nobody = sighting.detections, not sighting.regions
        if self.nobody:
            return None
        (self._box,), self._misses = sighting.regions, 0
        self._since, self._support, self._doubts, self._looking = 0, None, 0, None
        return self._box

    def _check(self, frame: Frame, box: Box, estimator: Estimator) -> None:
        """Have the detector look, now and then, whether a person is still in the region."""
        self._since += 1
        if estimator.finder is not None and self._since >= CHECKED:
            self._since = 0
            # Beside the network, which is shown the region meanwhile, and the next one.
            self._looking = partial(
                _support_of, estimator.finder, estimator.finder.begin(frame), box
            )

    def update(self, result: FrameResult) -> None:
        """Update the region from the result of the one that was given."""
        if self._mode != "follow" or result.parsings or result.nobody:
            return
        self._fresh = False
        if self._since:
            # A look takes as long as a frame: what it says counts from the next one on.
            self._settle()
        pose = result.stage_poses[-1].body
        wanted = around(pose.xy[0], pose.score[0], skeleton=pose.skeleton)
        if self._support is not None:
            gone = evidence(self._support, pose.score[0]) < GONE
            self._doubts = self._doubts + 1 if gone else 0
            self._support = None
        if self._doubts >= DOUBTS:
            self._box, self._last, self._doubts = None, self._box, 0
        elif wanted is not None and presence(pose.score[0]) >= LOST:
            self._box = followed(result.region, wanted, frame=result.frame.size)
            self._scan, self._misses = None, 0
        else:
            self._misses += 1
            if self._misses >= PATIENCE and self._box is not None:
                self._box, self._last = None, self._box


def _support_of(finder: PersonFinder, answer: Callable[[], Detections], box: Box) -> float:
    """How surely the detector sees a person in a region, once it has answered."""
    return finder.support(answer(), [box])[0]
