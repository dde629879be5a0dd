"""Angles of results: the user's own definitions, and which way people face in the image."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.angle import measure, offered_angles, point

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.angle import AngleSpec, Facing, FacingChoice
    from poseviewer.core.pose import Poses
    from poseviewer.core.result import FrameResult
    from poseviewer.core.skeleton import Skeleton

_MEMORY = 0.4
"""Seconds after which earlier votes of a person count a third."""

_TURN = 0.12
"""The sum of opposite votes at which the way that a person faces is changed."""

_USUAL: Facing = "right"
"""The way that a person faces where there is no vote."""


class Goniometer:
    """Measures custom angles, and detects which way people face.

    Facing `auto` is a state with hysteresis: votes fade with time, and a person turns only when
    they are clearly for the other way, so that a person who stands straight or faces
    the camera keeps the way seen before (right where nothing was seen). Reset it at every seek.

    Args:
        own: The user's own angles, measured after the standard ones.
        gate: Joints below this confidence are left out.
        facing: `right`, `left` or `auto`.
    """

    def __init__(
        self, *, own: tuple[AngleSpec, ...] = (), gate: float = 0.2, facing: FacingChoice = "right"
    ) -> None:
        self._own, self._gate, self._facing = own, gate, facing
        self._seen: dict[int, tuple[float, float, Facing]] = {}
        """By identity: votes so far, when, and the way taken."""

    def specs(self, skeleton: Skeleton) -> tuple[AngleSpec, ...]:
        """Every angle that is measured of `skeleton`."""
        return offered_angles(skeleton, self._own)

    def reset(self) -> None:
        """Drop which way people faced."""
        self._seen.clear()

    def measured(self, result: FrameResult) -> FrameResult:
        """`result` with every angle; results come in the order of time."""
        poses = result.poses
        specs, facing = self.specs(poses.skeleton), self._directions(result)
        angles = measure(poses, specs=specs, gate=self._gate, facing=facing)
        return replace(result, angles=angles)

    def _directions(self, result: FrameResult) -> tuple[Facing, ...]:
        poses = result.poses
        if self._facing != "auto":
            return (self._facing,) * len(poses)
        now = result.frame.time.seconds
        votes = np.clip(facing_votes(poses, gate=self._gate), -1, 1)
        # Several people without a number cannot be matched from frame to frame.
        alone = len(poses) == 1
        directions: list[Facing] = []
        seen: dict[int, tuple[float, float, Facing]] = {}
        for vote, track in zip(votes, poses.track.tolist(), strict=True):
            number = track if track >= 0 or alone else None
            direction, sum_of_votes = self._settle(float(vote), now, number)
            if number is not None:
                seen[number] = sum_of_votes, now, direction
            directions.append(direction)
        self._seen.update(seen)
        return tuple(directions)

    def _settle(self, vote: float, now: float, track: int | None) -> tuple[Facing, float]:
        """Return the direction a person is taken to face now, and the votes so far."""
        total, when, way = vote, now, _USUAL
        if track is not None:
            total, when, way = self._seen.get(track, (total, when, way))
        total += (1 - float(np.exp(-max(now - when, 0.0) / _MEMORY))) * (vote - total)
        if (-total if way == "right" else total) > _TURN:
            way = "left" if way == "right" else "right"
        return way, total


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
    """Measure how clearly each person faces right (above 0) or left (below 0).

    Toes lie before heels and the nose before the ears; a knee bends to the front and an elbow
    to the back, so each is measured from the line through its neighbours. All distances are
    along x and shares of the torso; cues whose joints are missing say nothing.

    Args:
        poses: People in frame pixels.
        gate: Joints scoring below this are missing.

    Returns:
        (n,) the sum of the cues; 0 where nothing is known, as of a person facing the camera.
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
    """Return the places (n, 2) of a joint, NaN where it is not sure; None where there is none."""
    if not poses.skeleton.has(name):
        return None
    joint = poses.skeleton.index(name)
    seen = poses.sure(gate)[:, joint, None]
    return np.where(seen, poses.xy[:, joint].astype(np.float64), np.nan)


def _on_line(
    tip: NDArray[np.float64], a: NDArray[np.float64], b: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the x (n,) of the point between `a` and `b` that is nearest to `tip`."""
    along = b - a
    share = ((tip - a) * along).sum(axis=1) / np.maximum((along**2).sum(axis=1), 1e-9)
    nearest: NDArray[np.float64] = (a + np.clip(share, 0, 1)[:, None] * along)[:, 0]
    return nearest


def _torso(poses: Poses) -> NDArray[np.float64]:
    """Return a length (n,) to measure by: from neck to hips, or a third of the height."""
    xy = poses.xy.astype(np.float64)
    height = np.nan_to_num(np.nanmax(xy[..., 1], axis=1) - np.nanmin(xy[..., 1], axis=1)) / 3
    try:
        torso = np.hypot(*(point(poses, "neck")[0] - point(poses, "mid_hip")[0]).T)
    except KeyError:
        torso = height
    length: NDArray[np.float64] = np.maximum(np.where(np.isfinite(torso), torso, height), 1e-3)
    return length
