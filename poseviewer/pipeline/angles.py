"""Angles of results: the person's own definitions, and the facing where it is to be found out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.angle import measure, offered_angles
from poseviewer.core.facing import facing_votes

if TYPE_CHECKING:
    from poseviewer.core.angle import AngleSpec, Facing, FacingChoice
    from poseviewer.core.result import FrameResult
    from poseviewer.core.skeleton import Skeleton

_MEMORY = 0.4
"""Seconds after which what was seen of a person counts a third."""

_TURN = 0.12
"""What the votes must amount to, against the way a person was taken to face, to turn it."""

_USUAL: Facing = "right"
"""The way of one of whom nothing is known."""


class Goniometer:
    """Measures what an estimator's own angles leave out.

    Facing `auto` is a state with hysteresis: votes fade with time, and a person turns only when
    they are clearly for the other way, so that one who stands straight or faces the camera
    keeps the way seen before (right where nothing was seen). Reset it at every seek.

    Args:
        own: The person's own angles, measured after the standard ones.
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
        """Forget which way anybody faced."""
        self._seen.clear()

    def measured(self, result: FrameResult, *, known: bool = False) -> FrameResult:
        """`result` with every angle.

        Args:
            result: Of an estimator, in the order of time.
            known: It was measured here before: the way people face stays, so that coming back
                to a frame never changes it.
        """
        poses, angles = result.poses, result.angles
        ways = self._ways(result, known=known)
        specs = self.specs(poses.skeleton)
        if angles.specs == specs and angles.facing == ways:
            return result
        return replace(result, angles=measure(poses, specs=specs, gate=self._gate, facing=ways))

    def _ways(self, result: FrameResult, *, known: bool) -> tuple[Facing, ...]:
        poses = result.poses
        if self._facing != "auto":
            return (self._facing,) * len(poses)
        now = result.frame.time.seconds
        votes = np.clip(facing_votes(poses, gate=self._gate), -1, 1)
        old = result.angles.facing if known else (None,) * len(poses)
        # Several people without identity cannot be told apart from frame to frame.
        alone = len(poses) == 1
        ways: list[Facing] = []
        seen: dict[int, tuple[float, float, Facing]] = {}
        for vote, track, before in zip(votes, poses.track.tolist(), old, strict=True):
            known_as = track if track >= 0 or alone else None
            way, sum_of_votes = self._settle(float(vote), now, known_as)
            way = before or way
            if known_as is not None:
                seen[known_as] = sum_of_votes, now, way
            ways.append(way)
        self._seen.update(seen)
        return tuple(ways)

    def _settle(self, vote: float, now: float, track: int | None) -> tuple[Facing, float]:
        """The way to take somebody now, and the votes so far."""
        total, when, way = vote, now, _USUAL
        if track is not None:
            total, when, way = self._seen.get(track, (total, when, way))
        total += (1 - float(np.exp(-max(now - when, 0.0) / _MEMORY))) * (vote - total)
        if (-total if way == "right" else total) > _TURN:
            way = "left" if way == "right" else "right"
        return way, total
