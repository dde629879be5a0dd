"""How fast and how far a joint moves in the picture, and how large a pixel is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.summary import velocities

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.skeleton import Skeleton

TALLEST = 3.0
"""Metres that a person can be tall."""

_LENGTHS = (
    ("left_ankle", "left_knee", 0.246),
    ("right_ankle", "right_knee", 0.246),
    ("left_knee", "left_hip", 0.245),
    ("right_knee", "right_hip", 0.245),
    ("left_hip", "left_shoulder", 0.288),
    ("right_hip", "right_shoulder", 0.288),
)
"""Lengths in shares of the stature (Drillis & Contini 1966, in Winter, Biomechanics, fig. 4.1)."""

_STRETCHED = 80
"""Percentile of a segment's length in the frames: it is seen shortened, never lengthened."""


def scale_by_height(
    skeleton: Skeleton,
    xy: NDArray[np.floating],
    score: NDArray[np.floating],
    *,
    gate: float,
    height: float,
) -> float | None:
    """Metres per pixel in the plane of a person's movement, from legs and trunk.

    Args:
        skeleton: Of the k joints.
        xy: (n, k, 2) frame pixels; NaN where a joint was not found.
        score: (n, k)
        gate: Confidence of the joints that count.
        height: Stature in metres.

    Returns:
        The median over the segments; None where no segment is surely seen.
    """
    scales = []
    for start, end, share in _LENGTHS:
        if skeleton.has(start, end):
            a, b = skeleton.index(start), skeleton.index(end)
            sure = score[:, [a, b]].min(axis=1)
            lengths = np.hypot(*(xy[:, a] - xy[:, b]).T)[(sure > 0) & (sure >= gate)]
            lengths = lengths[np.isfinite(lengths)]
            if lengths.size:
                scales.append(height * share / np.percentile(lengths, _STRETCHED))
    return float(np.median(scales)) if scales else None


def speeds(
    seconds: NDArray[np.float64], xy: NDArray[np.floating], *, limit: float
) -> NDArray[np.float64]:
    """The length of the velocity, in the unit of the places a second.

    Args:
        seconds: (n,) rising.
        xy: (n, 2) NaN where there is none.
        limit: Seconds beyond which a step is a gap.

    Returns:
        (n,) NaN where there is none; see `velocities`.
    """
    known = np.where(np.isfinite(xy).all(axis=1)[:, None], xy, np.nan)
    across, down = (velocities(seconds, known[:, axis], limit=limit) for axis in (0, 1))
    return np.asarray(np.hypot(across, down))


def path_length(seconds: NDArray[np.float64], xy: NDArray[np.floating], *, limit: float) -> float:
    """The length of a path from place to place, in the unit of the places.

    Places that are missing for no longer than `limit` are passed over in a straight line; over
    longer gaps nothing counts.

    Args:
        seconds: (n,) rising.
        xy: (n, 2) NaN where there is none.
        limit: Seconds.
    """
    known = np.isfinite(xy).all(axis=1)
    steps = np.hypot(*np.diff(xy[known].astype(np.float64), axis=0).T)
    return float(steps[np.diff(seconds[known]) <= limit].sum())
