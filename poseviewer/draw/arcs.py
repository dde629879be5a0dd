"""Angles on the frame: an arc as wide as the value, and the value where no limb runs."""

from __future__ import annotations

from math import atan2, cos, degrees, hypot, isfinite, radians, sin
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.angle import point
from poseviewer.draw.colour import MIDDLE, mixed, side_colour
from poseviewer.draw.primitives import LABEL_ADVANCE, LABEL_PADDING, Arc, Label, Line

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.angle import Angles, AngleSpec
    from poseviewer.core.pose import Poses
    from poseviewer.draw.primitives import Item, Point

_RADIUS = 30.0
_TEXT = 9.0
_CLEAR = 7.0
"""A label this far from every limb is far enough: points."""

# Directions a label may take from its joint, best first: beside, then slanted, then above.
_DIRECTIONS = (0, 180, -35, -145, 35, 145, -90, 90)


def angle_items(
    poses: Poses,
    *,
    angles: Angles,
    names: tuple[str, ...],
    size: tuple[int, int],
    scale: float,
) -> list[Item]:
    """Arcs and values of the chosen angles of everyone.

    Args:
        poses: People in frame pixels.
        angles: Their angles, one row a person; those that are NaN are left out.
        names: Which angles.
        size: Of the frame, so that labels stay inside.
        scale: Frame pixels per design point.
    """
    items: list[Item] = []
    chosen = [(i, spec) for i, spec in enumerate(angles.specs) if spec.name in names]
    if not chosen:
        return items
    limbs = _limbs(poses)
    taken: list[NDArray[np.float64]] = []
    for person in range(min(len(poses), len(angles.degrees))):
        for column, spec in chosen:
            value = float(angles.degrees[person, column])
            places = [_place(poses, name, person) for name in spec.points]
            if not isfinite(value) or not all(map(isfinite, np.ravel(places))):
                continue
            items += _arc(places, value=value, spec=spec, scale=scale)
            label, box = _label(
                places[1], spec=spec, value=value, limbs=limbs, taken=taken, size=size, scale=scale
            )
            items.append(label)
            taken.append(box)
    return items


def sweep_of(places: list[Point], *, value: float, spec: AngleSpec) -> tuple[float, float]:
    """Where an arc begins and how far it runs, so that it is as wide as the value.

    The arc runs from the direction at which the angle would be 0 (a straight leg for the
    knee, the horizon for a segment) to the limb that moves: |sweep| = |value|. Which way the
    person faced is read off the value itself, because x was negated for one who faces left.

    Returns:
        Degrees from the x axis towards y (down), and the signed sweep.
    """
    if len(places) == 2:
        moving, still = _direction(places[1], places[0]), 0.0
    elif len(places) == 3:
        moving, still = _direction(places[1], places[0]), _direction(places[1], places[2])
    else:
        moving, still = _direction(places[0], places[1]), _direction(places[2], places[3])

    def misfit(facing: int) -> float:
        horizon = 180.0 if len(places) == 2 and facing < 0 else still
        turned = facing * (moving - horizon) + spec.offset
        return abs(_wrap(turned - value * spec.scale, spec.period))

    facing = min((1, -1), key=misfit)
    # Four points: the limb leaves the vertex against the direction that is measured.
    shown = moving + 180.0 if len(places) == 4 else moving
    sweep = facing * value * spec.scale
    return _wrap(shown - sweep, 360), sweep


def _arc(places: list[Point], *, value: float, spec: AngleSpec, scale: float) -> list[Item]:
    vertex = places[1]
    start, sweep = sweep_of(places, value=value, spec=spec)
    arm = hypot(places[0][0] - vertex[0], places[0][1] - vertex[1]) / scale
    radius = min(_RADIUS, 0.6 * arm)
    if radius < 4:
        return []
    colour = side_colour(_side(spec))
    reach = 1.35 * radius * scale
    end = (vertex[0] + reach * cos(radians(start)), vertex[1] + reach * sin(radians(start)))
    return [
        Line(vertex, end, colour, 1.2, 0.7),
        Arc(vertex, radius, start, sweep, colour, 2.2),
    ]


def _label(
    vertex: Point,
    *,
    spec: AngleSpec,
    value: float,
    limbs: NDArray[np.float64],
    taken: list[NDArray[np.float64]],
    size: tuple[int, int],
    scale: float,
) -> tuple[Label, NDArray[np.float64]]:
    """The value beside its joint, and the box (left, top, right, bottom) it takes."""
    text = f"{spec.name.removeprefix('left ').removeprefix('right ')} {degrees_text(value)}"
    height = _TEXT * scale
    half = np.array(
        [
            (len(text) * LABEL_ADVANCE / 2 + LABEL_PADDING[0]) * height,
            (0.5 + LABEL_PADDING[1]) * height,
        ]
    )
    best, least = np.empty(4), np.inf
    for order, turn in enumerate(_DIRECTIONS):
        # Where several places are free the first of them wins, so that a label seldom jumps.
        handicap = 0.02 * order
        if handicap >= least:
            break
        unit = np.array([cos(radians(turn)), sin(radians(turn))])
        middle = np.asarray(vertex) + unit * (half + (_RADIUS * 0.75 + 4) * scale)
        box = np.concatenate([middle - half, middle + half])
        cost = handicap + _crowding(box, limbs=limbs, taken=taken, size=size, scale=scale)
        if cost < least:
            best, least = box, cost
    at = (float(best[0] + best[2]) / 2, float(best[1] + best[3]) / 2)
    colour = mixed(side_colour(_side(spec)), MIDDLE, 0.55)
    return Label(at, text, _TEXT, colour, "centre"), best


def degrees_text(value: float) -> str:
    """A whole number of degrees with a true minus sign, never `-0`."""
    whole = round(value)
    sign = "\N{MINUS SIGN}" if whole < 0 else ""
    return f"{sign}{abs(whole)}\N{DEGREE SIGN}"


def _crowding(
    box: NDArray[np.float64],
    *,
    limbs: NDArray[np.float64],
    taken: list[NDArray[np.float64]],
    size: tuple[int, int],
    scale: float,
) -> float:
    """0 for a free place, growing with what a label in `box` would cover."""
    low, high = box[:2], box[2:]
    gap = _distances(box, limbs) / (_CLEAR * scale)
    cost = float(np.clip(1.0 - gap, 0.0, 1.0).sum())
    for other in taken:
        shared = np.minimum(high, other[2:]) - np.maximum(low, other[:2])
        cost += 3.0 * bool((shared > 0).all())
    outside = float(np.maximum(-low, high - size + 1).max())
    return cost + (10.0 + outside if outside > 0 else 0.0)


_ALONG = np.linspace(0.0, 1.0, 17)[:, None, None]


def _distances(box: NDArray[np.float64], limbs: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each limb (m, 2, 2) stays from a box (4,), (m,); sampled along the limb."""
    along = limbs[None, :, 0] * (1 - _ALONG) + limbs[None, :, 1] * _ALONG
    beyond = np.maximum(np.maximum(box[:2] - along, along - box[2:]), 0.0)
    nearest: NDArray[np.float64] = np.hypot(beyond[..., 0], beyond[..., 1]).min(axis=0)
    return nearest


def _limbs(poses: Poses) -> NDArray[np.float64]:
    ends = poses.xy[:, np.array(poses.skeleton.bones, dtype=np.intp).reshape(-1, 2)]
    flat = ends.reshape(-1, 2, 2).astype(np.float64)
    return flat[np.isfinite(flat).all(axis=(1, 2))]


def _place(poses: Poses, name: str, person: int) -> Point:
    xy, _ = point(poses, name)
    return float(xy[person, 0]), float(xy[person, 1])


def _side(spec: AngleSpec) -> str:
    head = spec.name.split(" ", 1)[0]
    return head if head in ("left", "right") else "middle"


def _direction(start: Point, end: Point) -> float:
    return degrees(atan2(end[1] - start[1], end[0] - start[0]))


def _wrap(angle: float, period: float) -> float:
    return (angle + period / 2) % period - period / 2
