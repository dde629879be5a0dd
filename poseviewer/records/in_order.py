"""Poses with the joints of another skeleton, matched by name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.angle import MIDPOINTS
from poseviewer.core.skeleton import common_names

if TYPE_CHECKING:
    from poseviewer.core.pose import Poses
    from poseviewer.core.skeleton import Skeleton

STAND_INS = {
    "left_big_toe": ("left_foot_index", "left_foot_index"),
    "right_big_toe": ("right_foot_index", "right_foot_index"),
}
"""Joints that another name is near enough to: BlazePose marks the tip of the foot."""

_MADE = MIDPOINTS | STAND_INS


def in_order(poses: Poses, order: Skeleton) -> Poses:
    """Return poses with the joints of another skeleton, matched by their common names.

    A neck between the shoulders and a middle of the hips that the skeleton lacks are computed;
    the neck of LSP and MPII lies higher and is another joint. The tip of a foot stands for a big
    toe. What else it lacks is NaN, score 0.
    """
    if poses.skeleton.joints == order.joints:
        return poses
    theirs = common_names(poses.skeleton.joints)
    xy = np.full((len(poses), len(order.joints), 2), np.nan, np.float32)
    score = np.zeros(xy.shape[:2], np.float32)
    world = np.full((*score.shape, 3), np.nan, np.float32)
    seen, marks = np.zeros(score.shape, np.int8), np.zeros(score.shape, np.int8)
    for at, (name, common) in enumerate(zip(order.joints, common_names(order.joints), strict=True)):
        ends = (common, common) if common in theirs else _MADE.get(name, ())
        if ends and set(ends) <= set(theirs):
            a, b = (theirs.index(end) for end in ends)
            xy[:, at] = (poses.xy[:, a] + poses.xy[:, b]) / 2
            score[:, at] = np.minimum(poses.score[:, a], poses.score[:, b])
            if poses.visibility is not None:
                seen[:, at] = np.minimum(poses.visibility[:, a], poses.visibility[:, b])
            if poses.world is not None:
                world[:, at] = (poses.world[:, a] + poses.world[:, b]) / 2
            if poses.corrected is not None:
                marks[:, at] = np.maximum(poses.corrected[:, a], poses.corrected[:, b])
    states = seen if poses.calibrated else None
    corrected = None if poses.corrected is None else marks
    return replace(
        poses, xy=xy, score=score, skeleton=order, visibility=states, corrected=corrected,
        covariance=None, world=None if poses.world is None else world,
    )  # fmt: skip
