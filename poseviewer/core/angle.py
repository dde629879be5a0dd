"""Joint and segment angles, as Sports2D and Pose2Sim define them.

Definitions and signs: product.md, table "Angles". The image's y points down; a person who
faces left is measured with x negated.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from poseviewer.core.assets import resource

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.pose import Poses
    from poseviewer.core.skeleton import Skeleton

Facing = Literal["right", "left"]

_MIDPOINTS = {
    "mid_hip": ("left_hip", "right_hip"),
    "neck": ("left_shoulder", "right_shoulder"),
}


@dataclass(frozen=True, slots=True)
class AngleSpec:
    """How one angle is measured."""

    name: str
    """Such as `right knee`."""

    points: tuple[str, ...]
    """Two joints for a segment, three for a joint (vertex in the middle), four for two segments."""

    offset: float = 0.0
    """Degrees added before scaling."""

    scale: float = 1.0
    """Sign of the anatomical direction."""

    period: int = 360
    """360, or 180 for a line without a direction (pelvis, shoulders)."""

    def offered(self, skeleton: Skeleton) -> bool:
        """Whether `skeleton` has every joint this angle needs, or can derive it."""
        return all(_available(point, skeleton) for point in self.points)


@dataclass(frozen=True, slots=True, eq=False)
class Angles:
    """Every angle of every person in one frame."""

    specs: tuple[AngleSpec, ...]

    degrees: NDArray[np.float32]
    """(people, angles); NaN where a joint was missing or below the confidence gate."""

    score: NDArray[np.float32]
    """(people, angles) the least confidence among the joints used."""


@cache
def standard_angles() -> tuple[AngleSpec, ...]:
    """Every angle of resources/angles.toml, left and right written out."""
    table = tomllib.loads(resource("angles.toml").read_text(encoding="utf-8"))
    specs: list[AngleSpec] = []
    for row in table["angle"]:
        sides = ("right", "left") if "{side}" in row["name"] else ("",)
        specs.extend(
            AngleSpec(
                row["name"].format(side=side),
                tuple(point.format(side=side) for point in row["points"]),
                float(row.get("offset", 0)),
                float(row.get("scale", 1)),
                int(row.get("period", 360)),
            )
            for side in sides
        )
    return tuple(specs)


def offered_angles(skeleton: Skeleton) -> tuple[AngleSpec, ...]:
    """The standard angles that `skeleton` can give."""
    return tuple(spec for spec in standard_angles() if spec.offered(skeleton))


def wrap(degrees: NDArray[np.floating], *, period: int = 360) -> NDArray[np.floating]:
    """`degrees` brought into (-period/2, period/2]."""
    half = period / 2
    wrapped: NDArray[np.floating] = half - np.mod(half - degrees, period)
    return wrapped


def measure(
    poses: Poses,
    *,
    specs: tuple[AngleSpec, ...],
    gate: float = 0.0,
    facing: Facing = "right",
) -> Angles:
    """The angles of every person of `poses`.

    Args:
        poses: People in frame pixels.
        specs: Angles to measure; each must be offered by the skeleton.
        gate: Joints scoring below this leave the angle NaN.
        facing: The direction the people face in the image.

    Raises:
        KeyError: An angle needs a joint that the skeleton lacks.
    """
    degrees = np.full((len(poses), len(specs)), np.nan, np.float32)
    score = np.zeros((len(poses), len(specs)), np.float32)
    for column, spec in enumerate(specs):
        located = [point(poses, name) for name in spec.points]
        xy = np.stack([place for place, _ in located], axis=1).astype(np.float64)
        if facing == "left":
            xy[..., 0] *= -1
        value = angle_of(xy, spec=spec)
        weakest = np.min([found for _, found in located], axis=0)
        score[:, column] = weakest
        degrees[:, column] = np.where(weakest >= gate, value, np.nan)
    return Angles(specs, degrees, score)


def angle_of(xy: NDArray[np.float64], *, spec: AngleSpec) -> NDArray[np.float64]:
    """One angle of n sets of points.

    Args:
        xy: (n, points, 2) with x to the person's front and y down.
        spec: Which of the three forms, its offset, scale and period.

    Returns:
        (n,) degrees in (-period/2, period/2]; NaN where a segment has no length, hence no
        direction.
    """
    if xy.shape[1] == 2:
        u = v = xy[:, 0] - xy[:, 1]
        raw = np.arctan2(u[:, 1], u[:, 0])
    else:
        if xy.shape[1] == 3:
            u, v = xy[:, 0] - xy[:, 1], xy[:, 2] - xy[:, 1]
        else:
            u, v = xy[:, 1] - xy[:, 0], xy[:, 3] - xy[:, 2]
        cross = u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]
        raw = -np.arctan2(cross, (u * v).sum(axis=1))
    lengthless = ~(u.any(axis=1) & v.any(axis=1))
    raw = np.where(lengthless, np.nan, raw)
    wrapped: NDArray[np.float64] = wrap(
        (np.degrees(raw) + spec.offset) * spec.scale, period=spec.period
    ).astype(np.float64)
    return wrapped


def point(poses: Poses, name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Place (n, 2) and score (n,) of a joint, or of a midpoint the skeleton can derive.

    Raises:
        KeyError: The skeleton can give no such point.
    """
    skeleton = poses.skeleton
    if name in skeleton.joints:
        at = skeleton.index(name)
        return poses.xy[:, at], poses.score[:, at]
    if not _available(name, skeleton):
        msg = f"skeleton {skeleton.name} cannot give {name!r}"
        raise KeyError(msg)
    a, b = (skeleton.index(joint) for joint in _MIDPOINTS[name])
    middle = np.asarray((poses.xy[:, a] + poses.xy[:, b]) / 2, np.float32)
    return middle, np.minimum(poses.score[:, a], poses.score[:, b])


def _available(name: str, skeleton: Skeleton) -> bool:
    return name in skeleton.joints or (name in _MIDPOINTS and skeleton.has(*_MIDPOINTS[name]))
