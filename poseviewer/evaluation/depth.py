"""How right places in space are: by the lifter, by a network itself, and with all depth 0.

Two sets: random mannequins, whose places are exact, and a clip with markers that Pose2Sim
triangulated from several cameras, which is no ground truth but another network's opinion from
four sides. Networks run as in the window, on crops around the true joints.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.affine import Box
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.pose import Poses
from poseviewer.core.skeleton import common_names, matching_skeleton
from poseviewer.core.stage import Request
from poseviewer.core.truth import partners, true_places
from poseviewer.evaluation.space import HIPS, SpaceScore, rooted, score
from poseviewer.mannequin.random import random_figure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from poseviewer.evaluation.assess import Judged
    from poseviewer.pipeline.lifter import Lifter
    from poseviewer.truth.triangulated import Triangulated
    from poseviewer.video.source import Clip

FIRST_SEED = 7_000_000
"""Of the mannequins that are measured on; those that are learnt from have others."""

_SIZE = (384, 384)
_GATE = 0.3
_POSES_ONLY = Request(stages=frozenset())


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A frame with one person whose place in space is known."""

    frame: Frame
    truth: Poses
    """That person, with `world`."""


@dataclass(frozen=True, slots=True)
class SpaceAssessment:
    """How right places in space are on one set, by what they come from."""

    name: str
    against: str
    """What they are compared with."""

    people: int
    joints: tuple[str, ...]
    """Compared ones: those that every source places."""

    rows: tuple[tuple[str, SpaceScore], ...]


def mannequins(count: int) -> Iterator[Placed]:
    """Random mannequins in random rooms, wholly in the picture or not."""
    for number in range(count):
        pixels, truth = random_figure(FIRST_SEED + number, size=_SIZE)
        yield Placed(Frame(pixels, number, Timestamp(number, Fraction(1))), truth)


def clip_frames(clip: Clip, markers: Triangulated, *, count: int) -> Iterator[Placed]:
    """Frames of a clip with markers, spread evenly over it."""
    skeleton = matching_skeleton(markers.joints)
    whole = np.isfinite(markers.places).all(axis=(1, 2)) & (markers.frames < len(clip))
    rows = np.flatnonzero(whole)
    for row in rows[:: max(len(rows) // count, 1)][:count].tolist():
        xy, places = markers.xy[row], rooted(markers.places[row][None], markers.joints)
        truth = Poses.single(
            xy, score=np.ones(len(xy)), skeleton=skeleton, box=(0.0, 0.0, 0.0, 0.0)
        )
        placed = Poses(
            truth.xy, truth.score, truth.box, truth.track, skeleton,
            world=places.astype(np.float32),
        )  # fmt: skip
        yield Placed(clip.read(int(markers.frames[row])), placed)


def assess_space(
    estimator: Judged,
    lifter: Lifter | None,
    people: Iterator[Placed],
    *,
    name: str,
    against: str,
    progress: Callable[[int], None] | None = None,
) -> SpaceAssessment:
    """Measure every source of depth on a set.

    Args:
        estimator: The network whose joints are lifted, and whose own places in space are measured
            where it gives any.
        lifter: None where its weights are not installed.
        people: The set, not empty, all of the same skeleton.
        name: Of the set.
        against: What it knows places by.
        progress: Called with how many people are done.
    """
    table = _Table(estimator, lifter)
    for number, one in enumerate(people, 1):
        table.add(one)
        if progress is not None:
            progress(number)
    joints, rows = table.rows()
    return SpaceAssessment(name, against, len(table.truth), joints, rows)


class _Table:
    """Places in space of the people of a set, by every source."""

    def __init__(self, estimator: Judged, lifter: Lifter | None) -> None:
        self._estimator, self._lifter = estimator, lifter
        self.truth: list[NDArray[np.float64]] = []
        self.joints: tuple[str, ...] = ()
        self._found: dict[str, list[NDArray[np.float64]]] = {}

    def add(self, one: Placed) -> None:
        """Place a person by every source."""
        self.joints = common_names(one.truth.skeleton.joints)
        assert one.truth.world is not None
        model = self._estimator.card.name
        result = self._estimator.estimate(one.frame, Box.around(one.truth.xy[0]), _POSES_ONLY)
        places = true_places(one.truth, result.poses.skeleton)
        rows = np.flatnonzero(partners(result.poses, places) == 0)
        found = result.poses.only(rows[:1])
        if self._lifter is not None:
            self._put("lifter, from the true joints in the picture", self._lifter, one.truth)
            self._put(f"lifter, from the joints of {model}", self._lifter, found)
        if result.poses.world is not None:
            self._put(f"{model} itself", None, found)
        truth = one.truth.world[0].astype(np.float64)
        flat = truth * (1.0, 1.0, 0.0)
        self._found.setdefault("all depth 0, true across and down", []).append(flat)
        self.truth.append(truth)

    def _put(self, source: str, lifter: Lifter | None, poses: Poses) -> None:
        placed = poses if lifter is None else lifter.lifted(poses, gate=_GATE)
        answer = np.full((len(self.joints), 3), np.nan)
        if len(placed) and placed.world is not None:
            theirs = common_names(placed.skeleton.joints)
            for at, joint in enumerate(self.joints):
                if joint in theirs:
                    answer[at] = placed.world[0, theirs.index(joint)]
        self._found.setdefault(source, []).append(answer)

    def rows(self) -> tuple[tuple[str, ...], tuple[tuple[str, SpaceScore], ...]]:
        """The joints that every source places which places any, and the errors of each source."""
        found = {source: np.stack(places) for source, places in self._found.items()}
        known = [np.isfinite(places).any(axis=(0, 2)) for places in found.values()]
        common = np.logical_and.reduce([each for each in known if each.any()])
        # Without its root a pose is not compared at all.
        kept = np.flatnonzero(common | np.isin(self.joints, HIPS))
        joints = tuple(self.joints[at] for at in kept.tolist())
        truth = np.stack(self.truth)[:, kept]
        return joints, tuple(
            (source, score(places[:, kept], truth, joints=joints))
            for source, places in found.items()
        )
