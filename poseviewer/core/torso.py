"""The length that errors are measured by: the torso from shoulder to opposite hip."""

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
    """Torso length of each person (n,): left shoulder to right hip.

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
