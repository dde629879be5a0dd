"""What the Convergence dock draws over the frame; no Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.convergence import torso_of, ways
from poseviewer.core.truth import true_place
from poseviewer.draw.colour import CASING, TRUTH
from poseviewer.draw.paths import way_items
from poseviewer.draw.primitives import Dot, design_scale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageSpec
    from poseviewer.draw.primitives import Item

_STIRRED = 0.03
"""Share of the torso a joint must have moved for its way to be drawn among all."""

_RING = 7.5
"""Radius of the ring where a joint truly is, design points."""


def drawn_ways(
    result: FrameResult,
    *,
    specs: Sequence[StageSpec],
    joint: int | None,
    gate: float,
    truth: bool,
) -> list[Item]:
    """The way of a joint over the stages, or of every sure one that was moved.

    Args:
        result: Of one frame.
        specs: Of every stage of its network.
        joint: Which; all where None.
        gate: Confidence from which a joint is sure.
        truth: Whether the true place of the joint is marked too.
    """
    if not len(result.poses):
        return []
    xy, _ = ways(result, specs=specs)
    if joint is not None and joint < xy.shape[1]:
        numbers = tuple(range(1, len(xy) + 1))
        way = way_items(xy[:, joint], numbers=numbers, scale=design_scale(result.frame.size))
        return [*(_target(result, joint) if truth else ()), *way]
    items: list[Item] = []
    torso = torso_of(result.poses.xy[0], result.poses.skeleton.joints)
    reach = np.linalg.norm(xy - xy[-1:], axis=2)
    farthest = np.where(np.isfinite(reach), reach, 0.0).max(axis=0, initial=0.0)
    limit = _STIRRED * torso if np.isfinite(torso) else 2.0
    stirred = (farthest >= limit) & (result.poses.score[0] >= gate)
    for moved in np.flatnonzero(stirred).tolist():
        items += way_items(xy[:, moved])
    return items


def _target(result: FrameResult, joint: int) -> list[Item]:
    place = true_place(result.truth, result.poses, person=0)
    if place is None or not np.isfinite(place[joint]).all():
        return []
    at = float(place[joint, 0]), float(place[joint, 1])
    return [Dot(at, _RING, None, CASING, 4.0, 0.8), Dot(at, _RING, None, TRUTH, 2.0)]
