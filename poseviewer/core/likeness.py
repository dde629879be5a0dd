"""Which frames show alike poses, from codes of unit length: nearest ones, a map, a matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float32]

DRAWN = "lsp-14"
"""The skeleton of poses that are drawn from codes."""

JOINTS = tuple(
    f"{side}_{joint}"
    for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    for side in ("left", "right")
)
"""The joints that codes are made of: every skeleton of a whole body has these."""

APART = 0.7
"""Seconds between two frames below which they are one moment."""


def plane_of(codes: Reals) -> Reals:
    """The codes (n, d) on the plane in which they differ most: (n, 2), within -1 and 1.

    Principal components; the same codes give the same plane, with the first frame at the left.
    """
    centred = codes - codes.mean(axis=0)
    _, _, axes = np.linalg.svd(centred.T @ centred)
    plane = centred @ axes[:2].T
    plane *= np.where(plane[0] > 0, -1, 1)
    spread: Reals = plane / max(float(np.abs(plane).max()), 1e-6)
    return spread


def matrix_of(codes: Reals, *, most: int) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """How alike every two rows are, 0 to 255 (m, m), and which rows of `codes` (m,) were taken.

    Args:
        codes: (n, d) of unit length.
        most: Rows that are taken, evenly.
    """
    rows = np.unique(np.linspace(0, len(codes) - 1, min(most, len(codes))).round().astype(np.intp))
    alike = codes[rows] @ codes[rows].T
    return np.asarray(np.clip(alike * 255, 0, 255), np.uint8), rows


def nearest(
    codes: Reals, code: Reals, *, seconds: NDArray[np.float64], count: int, at: float | None = None
) -> list[int]:
    """The rows most alike to a code, the likest first, no two of them one moment.

    Args:
        codes: (n, d) of unit length.
        code: (d,)
        seconds: (n,) of the rows, rising.
        count: How many rows, at most.
        at: The moment of `code`, which is left out; None where it is of another clip.
    """
    alike = codes @ code
    taken = [] if at is None else [at]
    found: list[int] = []
    for row in np.argsort(-alike, kind="stable").tolist():
        if len(found) == count:
            break
        if all(abs(float(seconds[row]) - moment) >= APART for moment in taken):
            taken.append(float(seconds[row]))
            found.append(row)
    return found
