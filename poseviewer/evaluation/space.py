"""MPJPE and PA-MPJPE: how far joints in space are from where they should be, millimetres.

MPJPE, mean per joint position error (Ionescu, Papava, Olaru & Sminchisescu, "Human3.6M", TPAMI
2014, section 4): the mean Euclidean distance of corresponding joints, once the roots of both lie
on each other; the root here is the middle of the hips. PA-MPJPE ("protocol 2" since Martinez et
al., ICCV 2017): the same once each pose is brought as near as a similarity allows, by rotation,
scale and translation (Procrustes analysis; the rotation after Umeyama, TPAMI 1991).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

HIPS = ("left_hip", "right_hip")


def rooted(places: NDArray[np.floating], joints: Sequence[str]) -> NDArray[np.float64]:
    """Places (n, k, 3) from the middle of the hips."""
    hips = [joints.index(name) for name in HIPS]
    exact = np.asarray(places, np.float64)
    found: NDArray[np.float64] = exact - exact[:, hips].mean(axis=1, keepdims=True)
    return found


def aligned(found: NDArray[np.floating], truth: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return `found` as near to `truth` as rotation, scale and translation bring it, pose by pose.

    Args:
        found: (n, k, 3); NaN where a joint has no place.
        truth: (n, k, 3); NaN where it is not known. Joints without both do not decide.

    Returns:
        (n, k, 3); NaN for a pose with fewer than three joints to go by.
    """
    answer = np.full(found.shape, np.nan)
    for row, (one, other) in enumerate(zip(found, truth, strict=True)):
        both = np.isfinite(one).all(axis=1) & np.isfinite(other).all(axis=1)
        if both.sum() < 3:
            continue
        ours, theirs = one[both].astype(np.float64), other[both].astype(np.float64)
        at, to = ours.mean(axis=0), theirs.mean(axis=0)
        u, s, vt = np.linalg.svd((theirs - to).T @ (ours - at))
        # A mirror image is another pose.
        keep = np.array([1, 1, np.sign(np.linalg.det(u @ vt))])
        spread = np.square(ours - at).sum()
        scale = (s * keep).sum() / spread if spread > 0 else 1.0
        answer[row] = (one - at) @ ((u * keep) @ vt).T * scale + to
    return answer


@dataclass(frozen=True, slots=True)
class SpaceScore:
    """How far joints are from where they should be."""

    mpjpe: float
    """Millimetres, roots on each other; NaN where nothing counts."""

    pa_mpjpe: float
    """Millimetres, after the best similarity."""

    joints: tuple[tuple[str, float, float], ...]
    """Of each joint its name and both errors."""

    counted: int
    """Joints of all poses that are compared."""


def score(
    found: NDArray[np.floating], truth: NDArray[np.floating], *, joints: Sequence[str]
) -> SpaceScore:
    """Compare places in space.

    Args:
        found: (n, k, 3) metres from any root; NaN where there is none.
        truth: (n, k, 3) metres along the same axes; NaN where it is not known.
        joints: k names, both hips among them.
    """
    found, truth = rooted(found, joints), rooted(truth, joints)
    apart = 1000 * np.linalg.norm(found - truth, axis=-1)
    near = 1000 * np.linalg.norm(aligned(found, truth) - truth, axis=-1)
    each = tuple(
        (joint, _mean(apart[:, at]), _mean(near[:, at])) for at, joint in enumerate(joints)
    )
    return SpaceScore(_mean(apart), _mean(near), each, int(np.isfinite(apart).sum()))


def _mean(values: NDArray[np.float64]) -> float:
    there = values[np.isfinite(values)]
    return float(there.mean()) if len(there) else float("nan")
