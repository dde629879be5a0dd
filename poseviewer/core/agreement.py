"""How far two sources of poses lie apart over a clip: joint by joint, and angle by angle.

One is the network, the other a file: ground truth, or what another program found. People are paired
and distances measured as the errors against a ground truth are (`core.truth`, `core.torso`); angles
of both are measured by the same definitions, facing the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.angle import measure, wrap
from poseviewer.core.skeleton import common_names
from poseviewer.core.torso import torso_of
from poseviewer.core.truth import partners, true_places

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from poseviewer.core.angle import AngleSpec, Facing
    from poseviewer.core.pose import Poses
    from poseviewer.core.result import FrameResult
    from poseviewer.core.skeleton import Skeleton

_HIGH = 95
"""The percentile that stands beside the median."""


@dataclass(frozen=True, slots=True, eq=False)
class Apart:
    """One person in one frame, as the network and the other source have it."""

    person: int
    """Row in the network's poses."""

    partner: int
    """Row in the other's poses; -1 where it has only angles."""

    offset: NDArray[np.float64]
    """(k, 2) frame pixels, the network's joint less the other's; NaN where one has none."""

    torso: float
    """Length of the other's torso, frame pixels; NaN where it is not known."""

    degrees: NDArray[np.float64]
    """(a,) the network's degrees less the other's; NaN where one has none, or means another
    point."""

    @property
    def pixels(self) -> NDArray[np.float64]:
        """(k,) distances."""
        return np.asarray(np.linalg.norm(self.offset, axis=-1), np.float64)


@dataclass(frozen=True, slots=True)
class Spread:
    """How far apart a joint or an angle is over a clip."""

    name: str

    count: int
    """People in frames of which both have it."""

    median: float
    """Of the distances, frame pixels, or of the differences without sign, degrees; NaN for none."""

    high: float
    """Their 95th percentile."""

    bias: tuple[float, ...]
    """Mean of the network's less the other's: x and y of a joint, degrees of an angle."""

    shares: tuple[float, float] | None = None
    """Median and 95th percentile of a joint's distance in torsos; None of an angle."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two sources lie apart over a clip."""

    people: int
    """People in frames that both have."""

    joints: tuple[Spread, ...]
    """Those that both name."""

    angles: tuple[Spread, ...]
    """Those that both can measure."""


def apart(result: FrameResult, other: Poses, *, gate: float) -> tuple[Apart, ...]:
    """Compare the people of a frame that both have.

    Args:
        result: The network's, measured.
        other: Of the same frame; scores above 0 say which joints are known.
        gate: The confidence from which the other's joints count in angles, as the network's do.
    """
    poses, angles = result.poses, result.angles
    places = true_places(other, poses.skeleton)
    pairs = partners(poses, places)
    rows = np.flatnonzero(pairs >= 0)
    theirs = _degrees(
        other.only(pairs[rows]),
        angles.specs,
        gate=gate,
        facing=[angles.facing[row] for row in rows.tolist()],
    )
    alike = np.array([_alike(spec, poses.skeleton, other.skeleton) for spec in angles.specs], bool)
    found = []
    for row, degrees in zip(rows.tolist(), theirs, strict=True):
        place = places[pairs[row]]
        between = _between(angles.degrees[row], degrees, angles.specs)
        found.append(
            Apart(
                row,
                int(pairs[row]),
                poses.xy[row].astype(np.float64) - place,
                torso_of(place, poses.skeleton.joints),
                np.where(alike, between, np.nan),
            )
        )
    return tuple(found)


def angles_apart(result: FrameResult, theirs: NDArray[np.float64], *, person: int = 0) -> Apart:
    """Compare one of the people of a frame with angles that have no joints.

    Args:
        result: The network's, measured.
        theirs: (a,) degrees of the same angles; NaN for none.
        person: Row in its poses.
    """
    nowhere = np.full((len(result.poses.skeleton.joints), 2), np.nan)
    between = _between(result.angles.degrees[person], theirs, result.angles.specs)
    return Apart(person, -1, nowhere, float("nan"), between)


def agreement(
    pairs: Iterable[Apart], *, joints: Sequence[str], specs: Sequence[AngleSpec]
) -> Agreement:
    """Summarise what was compared.

    Args:
        pairs: Of all frames, one for each person.
        joints: Names of the network's k joints.
        specs: Its angles.
    """
    every = list(pairs)
    # (n, k, 2), (n,) and (n, a).
    offset = np.array([one.offset for one in every]).reshape(len(every), len(joints), 2)
    torso = np.array([one.torso for one in every], np.float64)
    degrees = np.array([one.degrees for one in every]).reshape(len(every), len(specs))
    spreads = [_of_joint(name, offset[:, at], torso) for at, name in enumerate(joints)]
    turned = [_of_angle(spec.name, degrees[:, at]) for at, spec in enumerate(specs)]
    return Agreement(
        len(every),
        tuple(one for one in spreads if one.count),
        tuple(one for one in turned if one.count),
    )


def _of_joint(name: str, offset: NDArray[np.float64], torso: NDArray[np.float64]) -> Spread:
    there = np.isfinite(offset).all(axis=1)
    pixels = np.linalg.norm(offset[there], axis=1)
    x, y = (_mean(offset[there, axis]) for axis in (0, 1))
    return Spread(name, len(pixels), *_middle(pixels), (x, y), _middle(pixels / torso[there]))


def _of_angle(name: str, degrees: NDArray[np.float64]) -> Spread:
    known = degrees[np.isfinite(degrees)]
    return Spread(name, len(known), *_middle(np.abs(known)), (_mean(known),))


def _middle(values: NDArray[np.float64]) -> tuple[float, float]:
    """Median and 95th percentile of what is finite; NaN for nothing."""
    known = values[np.isfinite(values)]
    if not len(known):
        return float("nan"), float("nan")
    return float(np.median(known)), float(np.percentile(known, _HIGH))


def _mean(values: NDArray[np.float64]) -> float:
    return float(values.mean()) if len(values) else float("nan")


def _degrees(
    poses: Poses, specs: tuple[AngleSpec, ...], *, gate: float, facing: Sequence[Facing]
) -> NDArray[np.float64]:
    """(n, a) degrees of those angles that the skeleton offers; NaN of the others."""
    offered = tuple(spec for spec in specs if spec.offered(poses.skeleton))
    degrees = np.full((len(poses), len(specs)), np.nan)
    if offered and len(poses):
        columns = [specs.index(spec) for spec in offered]
        degrees[:, columns] = measure(poses, specs=offered, gate=gate, facing=facing).degrees
    return degrees


def _between(
    ours: NDArray[np.floating], theirs: NDArray[np.float64], specs: Sequence[AngleSpec]
) -> NDArray[np.float64]:
    """The difference of two sets of angles (a,), the short way round."""
    period = np.array([spec.period for spec in specs], np.float64)
    return np.asarray(wrap(ours.astype(np.float64) - theirs, period=period), np.float64)


@lru_cache(maxsize=1024)
def _alike(spec: AngleSpec, ours: Skeleton, theirs: Skeleton) -> bool:
    """Whether the points of an angle are the same in both: necks differ."""
    return all(_meaning(name, ours) == _meaning(name, theirs) for name in spec.points)


def _meaning(point: str, skeleton: Skeleton) -> str:
    """The common name of a point, also of one that the skeleton derives."""
    if point in skeleton.joints:
        return common_names(skeleton.joints)[skeleton.joints.index(point)]
    return "middle_of_shoulders" if point == "neck" else point
