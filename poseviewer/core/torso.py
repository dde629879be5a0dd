"""Distances between poses, and the length they are measured by: the torso."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

# The first diagonal is the rule; the other one stands in for it only where asked.
_DIAGONALS = (("left_shoulder", "right_hip"), ("right_shoulder", "left_hip"))


def torsos(
    joints: NDArray[np.floating],
    *,
    seen: NDArray[np.bool_],
    names: Sequence[str],
    either: bool = False,
) -> NDArray[np.float64]:
    """Return the torso length of each person (n,): left shoulder to right hip.

    Args:
        joints: Truth (n, k, 2).
        seen: (n, k) labelled joints.
        names: k joint names.
        either: Whether the other diagonal stands in where one of the two is not labelled.

    Returns:
        Same unit as `joints`; NaN where it is not known.
    """
    length = np.full(len(joints), np.nan)
    for a, b in _DIAGONALS[: 2 if either else 1]:
        if a not in names or b not in names:
            continue
        i, j = names.index(a), names.index(b)
        apart = np.linalg.norm(joints[:, i].astype(np.float64) - joints[:, j], axis=-1)
        length = np.where(np.isnan(length) & seen[:, i] & seen[:, j], apart, length)
    return length


def torso_of(xy: NDArray[np.floating], joints: Sequence[str]) -> float:
    """Return the torso length of one person (k, 2) by either diagonal; NaN where not known."""
    seen = np.isfinite(xy).all(axis=-1)
    return float(torsos(xy[None], seen=seen[None], names=joints, either=True)[0])


def joint_distances(xy: NDArray[np.floating], place: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the distances (..., k) of joints (..., k, 2) to `place` (k, 2)."""
    distance: NDArray[np.float64] = np.linalg.norm(np.asarray(xy, np.float64) - place, axis=-1)
    return distance


def mean_distances(apart: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the means of distances (..., k) over the joints that are known; infinite for none."""
    known = np.isfinite(apart)
    count = known.sum(axis=-1)
    mean = np.where(known, apart, 0.0).sum(axis=-1) / np.maximum(count, 1)
    return np.where(count > 0, mean, np.inf)
