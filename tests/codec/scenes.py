"""Random people for the tests of fields: they may overlap, but no two limbs of a kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from poseviewer.core.skeleton import Skeleton

_ANGLE = np.pi / 180


def body(skeleton: Skeleton, rng: np.random.Generator, *, centre, size: float) -> np.ndarray:
    """Joints (k, 2) of one person: bones of random direction, left and right apart."""
    xy = np.full((len(skeleton.joints), 2), np.nan)
    root = skeleton.bones[0][0]
    xy[root] = centre
    for a, b in skeleton.bones:
        side = {"left": 1.0, "right": -1.0, "middle": 0.0}[skeleton.side(b)]
        name = skeleton.joints[b]
        up = name.endswith(("nose", "eye", "ear", "head"))
        heading = (-90 if up else 90) - side * rng.uniform(10, 70)
        length = size * rng.uniform(0.12, 0.3)
        xy[b] = xy[a] + length * np.array([np.cos(heading * _ANGLE), np.sin(heading * _ANGLE)])
    return xy


def crowd(
    skeleton: Skeleton, rng: np.random.Generator, *, people: int, size: tuple[int, int]
) -> np.ndarray:
    """Joints (n, k, 2) of up to `people` people in a picture of `size`, limbs of a kind apart."""
    found: list[np.ndarray] = []
    for _ in range(200):
        if len(found) == people:
            break
        scale = rng.uniform(0.25, 0.5) * size[1]
        one = body(skeleton, rng, centre=rng.uniform((0, 0), size), size=scale)
        low, high = one.min(axis=0), one.max(axis=0)
        # Two cells inside, or a peak cannot be refined.
        inside = (low > 20).all() and (high < np.array(size) - 21).all()
        if inside and all(_clear(one, other, skeleton) for other in found) and _open(one):
            found.append(one)
    return np.array(found).reshape(-1, len(skeleton.joints), 2)


def _clear(one: np.ndarray, other: np.ndarray, skeleton: Skeleton) -> bool:
    """Whether no limb of one person comes within 28 pixels of the same limb of the other.

    Nor a joint within 44 pixels of the same joint: the tail of its peak would pull the other's.
    """
    if np.linalg.norm(one - other, axis=1).min() < 44:
        return False
    part = np.linspace(0, 1, 15)[:, None]
    for limb in skeleton.limbs:
        a, b = (
            person[limb.start] + part * (person[limb.end] - person[limb.start])
            for person in (one, other)
        )
        if np.linalg.norm(a[:, None] - b[None], axis=-1).min() < 28:
            return False
    return True


def _open(one: np.ndarray) -> bool:
    """Whether every two joints of a person are 12 pixels apart."""
    away = np.linalg.norm(one[:, None] - one[None], axis=-1)
    np.fill_diagonal(away, np.inf)
    return bool(away.min() > 12)
