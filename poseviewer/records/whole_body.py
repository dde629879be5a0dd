"""People in the format of COCO-WholeBody: 133 joints in five lists (Jin et al., ECCV 2020).

Of MediaPipe Holistic there are body, heels, big toes and hands; it has no small toes, and of its
mesh of the face nobody has said which points are the 68 that COCO-WholeBody labels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.core.skeleton import load_skeleton
from poseviewer.records.in_order import in_order

if TYPE_CHECKING:
    from poseviewer.core.pose import Poses

PARTS = {
    "body": ("keypoints", 0, 17),
    "foot": ("foot_kpts", 17, 23),
    "face": ("face_kpts", 23, 91),
    "left hand": ("lefthand_kpts", 91, 112),
    "right hand": ("righthand_kpts", 112, 133),
}
"""What a part is called in the tables, its first joint of wholebody-133 and the one after it."""

SCORES = {
    "foot": "foot_score",
    "face": "face_score",
    "left hand": "lefthand_score",
    "right hand": "righthand_score",
}
"""What says how sure an answer is of a part; `score` of the others, and where it does not."""


def has_whole_body(poses: Poses) -> bool:
    """Return whether poses have joints of hands or a face."""
    return bool(poses.skeleton.details)


def whole_body(poses: Poses) -> Poses:
    """Return poses with COCO-WholeBody's joints; NaN with score 0 where they have none."""
    return in_order(poses, load_skeleton("wholebody-133"))
