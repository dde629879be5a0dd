"""MPJPE and PA-MPJPE: distances of joints in space (models.md section 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from poseviewer.evaluation.score import Score

if TYPE_CHECKING:
    from numpy.typing import NDArray

MPJPE = "MPJPE: mean distance after moving the root joint onto the true one"
PA_MPJPE = (
    "PA-MPJPE: mean distance after the similarity (scale, rotation, shift, no mirroring) of each "
    "pose that makes its squared error smallest"
)


def mpjpe(
    found: NDArray[np.floating],
    truth: NDArray[np.floating],
    *,
    root: int,
    seen: NDArray[np.bool_] | None = None,
) -> Score:
    """Mean per-joint position error with the roots aligned.

    Args:
        found: (n, k, 3), in the unit of `truth`, usually mm.
        truth: (n, k, 3).
        root: The joint that is moved onto its truth, usually the pelvis.
        seen: (n, k) joints that count; all where None.

    Returns:
        Its `value` is in the unit of `truth`, no share.
    """
    counted = np.ones(truth.shape[:2], np.bool_) if seen is None else seen & seen[:, root, None]
    apart = (found - found[:, root, None]) - (truth - truth[:, root, None])
    return _mean(np.linalg.norm(apart, axis=-1), counted, MPJPE)


def pa_mpjpe(
    found: NDArray[np.floating],
    truth: NDArray[np.floating],
    *,
    seen: NDArray[np.bool_] | None = None,
) -> Score:
    """Mean per-joint position error after Procrustes alignment, pose by pose.

    Arguments as of `mpjpe`; only joints that count steer the alignment, and poses with fewer
    than three of them are left out.
    """
    counted = np.ones(truth.shape[:2], np.bool_) if seen is None else seen.copy()
    counted &= counted.sum(axis=1, keepdims=True) >= 3
    distances = np.zeros(truth.shape[:2])
    for number in np.flatnonzero(counted.any(axis=1)):
        use = counted[number]
        near = aligned(found[number][use], truth[number][use])
        distances[number, use] = np.linalg.norm(near - truth[number][use], axis=-1)
    return _mean(distances, counted, PA_MPJPE)


def aligned(found: NDArray[np.floating], truth: NDArray[np.floating]) -> NDArray[np.float64]:
    """`found` (k, 3) moved, turned and scaled onto `truth` (k, 3) with the least squared error.

    A mirroring is never used, even where it would fit better (Umeyama, 1991).
    """
    middle = truth.mean(axis=0, dtype=np.float64)
    x = found - found.mean(axis=0, dtype=np.float64)
    y = truth - middle
    u, s, vt = np.linalg.svd(x.T @ y)
    sign = np.ones(len(s))
    sign[-1] = np.sign(np.linalg.det(vt.T @ u.T))
    turn = (vt.T * sign) @ u.T
    size = float((x**2).sum())
    scale = float((s * sign).sum()) / size if size > 0 else 0.0
    near: NDArray[np.float64] = scale * x @ turn.T + middle
    return near


def _mean(distances: NDArray[np.floating], counted: NDArray[np.bool_], rule: str) -> Score:
    count = int(counted.sum())
    value = float(distances[counted].mean()) if count else float("nan")
    return Score(value, rule, f"pooled over {counted.shape[1]} joints", count)
