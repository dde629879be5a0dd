"""Which way people face in the image, judged from how a body is built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.angle import point

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.pose import Poses

# What points to the front, and by how much it counts: the second point (or the line through
# the second and third) lies behind the first.
_CUES = (
    (1.0, "right_big_toe", "right_heel", None),
    (1.0, "left_big_toe", "left_heel", None),
    (1.0, "right_knee", "right_hip", "right_ankle"),
    (1.0, "left_knee", "left_hip", "left_ankle"),
    (-0.5, "right_elbow", "right_shoulder", "right_wrist"),
    (-0.5, "left_elbow", "left_shoulder", "left_wrist"),
    (1.0, "nose", "right_ear", None),
    (1.0, "nose", "left_ear", None),
)


def facing_votes(poses: Poses, *, gate: float = 0.0) -> NDArray[np.float64]:
    """How clearly each person faces right (above 0) or left (below 0).

    Toes lie before heels and the nose before the ears; a knee bends to the front and an elbow
    to the back, so each is measured from the line through its neighbours. All distances are
    along x and shares of the torso; cues whose joints are missing say nothing.

    Args:
        poses: People in frame pixels.
        gate: Joints scoring below this are missing.

    Returns:
        (n,) the sum of the cues; 0 where nothing is known, as of one who faces the camera.
    """
    votes = np.zeros(len(poses))
    if not len(poses):
        return votes
    for weight, *names in _CUES:
        places = [_sure(poses, name, gate) for name in names if isinstance(name, str)]
        if any(place is None for place in places):
            continue
        tip, *base = [place for place in places if place is not None]
        ahead = tip[:, 0] - (base[0][:, 0] if len(base) == 1 else _on_line(tip, *base))
        votes += np.nan_to_num(float(weight) * ahead)
    shares: NDArray[np.float64] = votes / _torso(poses)
    return shares


def _sure(poses: Poses, name: str, gate: float) -> NDArray[np.float64] | None:
    """The places (n, 2) of a joint, NaN where it is not sure; None where there is none."""
    if not poses.skeleton.has(name):
        return None
    xy, score = point(poses, name)
    return np.where((score >= gate)[:, None], xy.astype(np.float64), np.nan)


def _on_line(
    tip: NDArray[np.float64], a: NDArray[np.float64], b: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The x (n,) of the point between `a` and `b` that is nearest to `tip`."""
    along = b - a
    share = ((tip - a) * along).sum(axis=1) / np.maximum((along**2).sum(axis=1), 1e-9)
    nearest: NDArray[np.float64] = (a + np.clip(share, 0, 1)[:, None] * along)[:, 0]
    return nearest


def _torso(poses: Poses) -> NDArray[np.float64]:
    """A length (n,) by which to measure a person: from neck to hips, or a third of the height."""
    xy = poses.xy.astype(np.float64)
    height = np.nan_to_num(np.nanmax(xy[..., 1], axis=1) - np.nanmin(xy[..., 1], axis=1)) / 3
    try:
        torso = np.hypot(*(point(poses, "neck")[0] - point(poses, "mid_hip")[0]).T)
    except KeyError:
        torso = height
    length: NDArray[np.float64] = np.maximum(np.where(np.isfinite(torso), torso, height), 1e-3)
    return length
