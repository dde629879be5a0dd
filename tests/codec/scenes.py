"""Random people for the tests of fields: every joint clear of everybody else's."""

from __future__ import annotations

import numpy as np

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
    """Joints (n, k, 2) of up to `people` people in a picture of `size`, in boxes that keep apart."""
    found: list[np.ndarray] = []
    for _ in range(200):
        if len(found) == people:
            break
        scale = rng.uniform(0.25, 0.6) * size[1]
        one = body(skeleton, rng, centre=rng.uniform((0, 0), size), size=scale)
        low, high = one.min(axis=0), one.max(axis=0)
        # Two cells inside, or a peak cannot be refined.
        inside = (low > 20).all() and (high < np.array(size) - 21).all()
        if inside and all(_clear(one, other) for other in found) and _open(one):
            found.append(one)
    return np.array(found).reshape(-1, len(skeleton.joints), 2)


def _clear(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether the boxes of two people are 40 pixels apart."""
    low, high = one.min(axis=0), one.max(axis=0)
    return bool((low > other.max(axis=0) + 40).any() or (high < other.min(axis=0) - 40).any())


def _open(one: np.ndarray) -> bool:
    """Whether every two joints of a person are 12 pixels apart."""
    away = np.linalg.norm(one[:, None] - one[None], axis=-1)
    np.fill_diagonal(away, np.inf)
    return bool(away.min() > 12)
