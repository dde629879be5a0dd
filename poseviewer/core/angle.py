"""Joint and segment angles, as Sports2D and Pose2Sim define them.

Definitions and signs: docs/facts/conventions.md. The image's y points down; a person facing left is
measured with x negated.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np

from poseviewer.core.assets import resource
from poseviewer.core.pose import Visibility
from poseviewer.core.reading import listing, mapping, number, word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.core.pose import Poses
    from poseviewer.core.skeleton import Skeleton

Facing = Literal["right", "left"]
FacingChoice = Literal["right", "left", "auto"]

MIDPOINTS = {
    "mid_hip": ("left_hip", "right_hip"),
    "neck": ("left_shoulder", "right_shoulder"),
}
"""Points that lie between two joints where a skeleton does not name them itself."""


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

    @property
    def reach(self) -> float:
        """Degrees beyond which no body moves without a full turn: segments turn, joints do not."""
        return np.inf if len(self.points) == 2 else 270.0

    def offered(self, skeleton: Skeleton) -> bool:
        """Return whether `skeleton` has every joint this angle needs, or can derive it."""
        return all(_available(point, skeleton) for point in self.points)


@dataclass(frozen=True, slots=True, eq=False)
class Angles:
    """Every angle of every person in one frame."""

    specs: tuple[AngleSpec, ...]

    degrees: NDArray[np.float32]
    """(people, angles); NaN where a joint was missing, below the confidence gate, hidden or
    outside the frame."""

    score: NDArray[np.float32]
    """(people, angles) the least confidence among the joints used."""

    facing: tuple[Facing, ...] = ()
    """The way each person was taken to face."""


@cache
def standard_angles() -> tuple[AngleSpec, ...]:
    """Return every angle of resources/angles.toml, left and right written out."""
    return specs_of(resource("angles.toml").read_text(encoding="utf-8"))


def specs_of(text: str) -> tuple[AngleSpec, ...]:
    """Parse the angles that a TOML text defines; `{side}` stands for right and for left.

    Raises:
        ValueError: It is no TOML, or something is not what it should be.
        KeyError: A name or the points are missing.
    """
    rows = listing(tomllib.loads(text).get("angle", []), "what it calls angle")
    return tuple(spec for row in rows for spec in specs_of_row(row))


def specs_of_row(row: object) -> tuple[AngleSpec, ...]:
    """Return the angle of one table of a TOML text, or that of both sides; errors as `specs_of`."""
    table = mapping(row, "an angle")
    name = word(table["name"], "the name of an angle")
    points = [word(point, "a point") for point in listing(table["points"], "the points")]
    offset = number(table.get("offset", 0), "the offset", low=-360, high=360)
    scale = number(table.get("scale", 1), "the scale", low=-1, high=1)
    period = number(table.get("period", 360), "the period", low=0, high=360)
    return tuple(
        AngleSpec(
            name.replace("{side}", side),
            tuple(point.replace("{side}", side) for point in points),
            offset,
            scale,
            int(period),
        )
        for side in (("right", "left") if "{side}" in name else ("",))
    )


@lru_cache(maxsize=32)
def offered_angles(skeleton: Skeleton, own: tuple[AngleSpec, ...] = ()) -> tuple[AngleSpec, ...]:
    """Return the standard angles and then the user's `own` ones, those that `skeleton` gives."""
    return tuple(spec for spec in (*standard_angles(), *own) if spec.offered(skeleton))


def wrap(
    degrees: NDArray[np.floating], *, period: float | NDArray[np.float64] = 360
) -> NDArray[np.floating]:
    """Bring `degrees` into (-period/2, period/2]."""
    half = period / 2
    wrapped: NDArray[np.floating] = half - np.mod(half - degrees, period)
    return wrapped


def measure(
    poses: Poses,
    *,
    specs: tuple[AngleSpec, ...],
    gate: float = 0.0,
    facing: Facing | Sequence[Facing] = "right",
) -> Angles:
    """Measure the angles of every person of `poses`.

    Args:
        poses: People in frame pixels.
        specs: Angles to measure; each must be offered by the skeleton.
        gate: Joints scoring below this leave the angle NaN, as hidden ones do and ones outside
            the frame.
        facing: The direction the people face in the image: all of them, or one by one.

    Raises:
        KeyError: An angle needs a joint that the skeleton lacks.
    """
    plan = _plan(specs, poses.skeleton)
    joints, found, seen = poses.xy, poses.score, measurable(poses, gate=gate)
    if plan.middles.size:
        a, b = plan.middles
        joints = np.concatenate([joints, (joints[:, a] + joints[:, b]) / 2], axis=1)
        found = np.concatenate([found, np.minimum(found[:, a], found[:, b])], axis=1)
        seen = np.concatenate([seen, seen[:, a] & seen[:, b]], axis=1)
    xy = joints.astype(np.float64)
    ways: tuple[Facing, ...] = (facing,) * len(poses) if isinstance(facing, str) else tuple(facing)
    xy[[way == "left" for way in ways], :, 0] *= -1
    score = found[:, plan.used].min(axis=-1)
    tails = xy[:, plan.tails]
    u, v = xy[:, plan.heads[0]] - tails[:, 0], xy[:, plan.heads[1]] - tails[:, 1]
    degrees = _between(u, v, form=plan.form)
    degrees[~seen[:, plan.used].all(axis=-1)] = np.nan
    return Angles(specs, degrees.astype(np.float32), score, ways)


def measurable(poses: Poses, *, gate: float) -> NDArray[np.bool_]:
    """Return the joints (n, k) that angles are measured from: surely seen."""
    return np.asarray(poses.sure(gate) & ~poses.are(Visibility.OCCLUDED), np.bool_)


def why_missing(poses: Poses, row: int, *, spec: AngleSpec, gate: float) -> str:
    """Say in a word or two why a person has no such angle.

    Args:
        poses: As measured.
        row: Of the person.
        spec: Offered by their skeleton.
        gate: Confidence.

    Returns:
        `outside`, `not found`, `hidden` or `unsure`; empty where all its joints are surely seen.
    """
    names = {half for name in spec.points for half in _parts(name, poses.skeleton)}
    joints = [poses.skeleton.index(name) for name in names]
    if poses.are(Visibility.OUTSIDE)[row, joints].any():
        return "outside"
    if not poses.found[row, joints].all():
        return "not found"
    if poses.are(Visibility.OCCLUDED)[row, joints].any():
        return "hidden"
    return "" if poses.sure(gate)[row, joints].all() else "unsure"


def _parts(name: str, skeleton: Skeleton) -> tuple[str, ...]:
    """The joints that a point depends on."""
    return (name,) if name in skeleton.joints else MIDPOINTS[name]


def angle_of(xy: NDArray[np.float64], *, spec: AngleSpec) -> NDArray[np.float64]:
    """Measure one angle of n sets of points.

    Args:
        xy: (n, points, 2) with x to the person's front and y down.
        spec: Which of the three forms, its offset, scale and period.

    Returns:
        (n,) degrees in (-period/2, period/2]; NaN where a segment has no length, hence no
        direction.
    """
    (a, b), (c, d) = _segments(spec)
    return _between(xy[:, a] - xy[:, b], xy[:, c] - xy[:, d], form=_Form.of([spec]))


@dataclass(frozen=True, slots=True, eq=False)
class _Form:
    """What differs from angle to angle besides the points."""

    alone: NDArray[np.bool_]
    """Whether one segment is measured against the horizontal."""

    sign: NDArray[np.float64]
    offset: NDArray[np.float64]
    scale: NDArray[np.float64]
    period: NDArray[np.float64]

    @classmethod
    def of(cls, specs: Sequence[AngleSpec]) -> _Form:
        alone = np.array([len(spec.points) == 2 for spec in specs], bool)
        offset, scale, period = (
            np.array([getattr(spec, name) for spec in specs], np.float64)
            for name in ("offset", "scale", "period")
        )
        return cls(alone, np.where(alone, 1.0, -1.0), offset, scale, period)


@dataclass(frozen=True, slots=True, eq=False)
class _Plan:
    """Where the points of some angles lie in a skeleton, to measure all of them at once."""

    middles: NDArray[np.intp]
    """(2, m) joints whose midpoints are taken for further joints."""

    heads: NDArray[np.intp]
    """(2, angles) where the two segments end."""

    tails: NDArray[np.intp]
    """(2, angles) where they begin."""

    used: NDArray[np.intp]
    """(angles, 4) every point, one of them repeated where there are fewer."""

    form: _Form


@lru_cache(maxsize=32)
def _plan(specs: tuple[AngleSpec, ...], skeleton: Skeleton) -> _Plan:
    """Plan how to measure `specs`.

    Raises:
        KeyError: The skeleton lacks a point.
    """
    numbers = {joint: number for number, joint in enumerate(skeleton.joints)}
    middles: list[tuple[int, int]] = []
    ends, used = [], []
    for spec in specs:
        for name in spec.points:
            if name not in numbers:
                numbers[name] = len(numbers)
                middles.append(_halves(name, skeleton))
        points = [numbers[name] for name in spec.points]
        ends.append([[points[at] for at in segment] for segment in _segments(spec)])
        used.append((points + points[-1:] * 3)[:4])
    heads, tails = np.array(ends, np.intp).reshape(-1, 2, 2).transpose(2, 1, 0)
    return _Plan(
        np.array(middles, np.intp).reshape(-1, 2).T,
        heads,
        tails,
        np.array(used, np.intp).reshape(-1, 4),
        _Form.of(specs),
    )


def _segments(spec: AngleSpec) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return which of an angle's points its two segments end and begin at."""
    return {2: ((0, 1), (0, 1)), 3: ((0, 1), (2, 1)), 4: ((1, 0), (3, 2))}[len(spec.points)]


def _between(u: NDArray[np.float64], v: NDArray[np.float64], *, form: _Form) -> NDArray[np.float64]:
    """Measure the degrees of segments u and v (..., 2); the last axis but one is as in `form`."""
    ux, uy, vx, vy = u[..., 0], u[..., 1], v[..., 0], v[..., 1]
    across = np.where(form.alone, uy, ux * vy - uy * vx)
    along = np.where(form.alone, ux, ux * vx + uy * vy)
    raw = np.degrees(form.sign * np.arctan2(across, along))
    raw[~(u.any(axis=-1) & v.any(axis=-1))] = np.nan
    wrapped = wrap((raw + form.offset) * form.scale, period=form.period)
    return wrapped.astype(np.float64, copy=False)


def point(poses: Poses, name: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Place (n, 2) and score (n,) of a joint, or of a midpoint the skeleton can derive.

    Raises:
        KeyError: The skeleton can give no such point.
    """
    skeleton = poses.skeleton
    if name in skeleton.joints:
        at = skeleton.index(name)
        return poses.xy[:, at], poses.score[:, at]
    a, b = _halves(name, skeleton)
    middle = np.asarray((poses.xy[:, a] + poses.xy[:, b]) / 2, np.float32)
    return middle, np.minimum(poses.score[:, a], poses.score[:, b])


def _halves(name: str, skeleton: Skeleton) -> tuple[int, int]:
    """Return the joints between which a derived point lies.

    Raises:
        KeyError: The skeleton can give no such point.
    """
    if not _available(name, skeleton):
        msg = f"skeleton {skeleton.name} cannot give {name!r}"
        raise KeyError(msg)
    a, b = MIDPOINTS[name]
    return skeleton.index(a), skeleton.index(b)


def _available(name: str, skeleton: Skeleton) -> bool:
    return name in skeleton.joints or (name in MIDPOINTS and skeleton.has(*MIDPOINTS[name]))
