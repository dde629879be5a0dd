"""OpenPose JSON: one file per frame, joints in an order that the file does not name.

`out_json/out_<12-digit frame>_keypoints.json` holds BODY_25 (75 numbers a person) and
`out_json18/` OpenPose's COCO order (54 numbers), whatever the network's skeleton: readers take the
order for granted. A joint that the skeleton lacks is 0, 0, 0; the neck and the middle of the hips
are computed of shoulders and hips, as OpenPose's own training data were.
Written as OpenPose 1.3 does (released code and its page on output); readers pass over `time_s`, the
container's own time, and `poseviewer`, how it was made.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.angle import MIDPOINTS
from poseviewer.core.skeleton import common_names, load_skeleton
from poseviewer.records.record import Record

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.core.files import OutputSet
    from poseviewer.core.pose import Poses
    from poseviewer.core.result import FrameResult
    from poseviewer.core.skeleton import Skeleton
    from poseviewer.records.about import About

BODY_25 = "body-25"
COCO_18 = "openpose-coco-18"

_EMPTY = ("face_keypoints_2d", "hand_left_keypoints_2d", "hand_right_keypoints_2d")


class OpenPoseFolder(Record):
    """A folder of OpenPose JSON, one file per frame.

    Args:
        folder: The folder.
        stem: What the names of the files begin with.
        outputs: The outputs of the job.
        about: How the results are made; a line of it stands in every file.
        order: Name of the skeleton whose order is written.
    """

    def __init__(
        self,
        folder: Path,
        *,
        stem: str,
        outputs: OutputSet,
        about: About,
        order: str,
    ) -> None:
        self.path, self._about = folder, about
        self._stem, self._order = stem, load_skeleton(order)
        self._part = outputs.folder(folder, replaces=f"{stem}_*_keypoints.json")

    def add(self, result: FrameResult) -> None:
        """Write the file of one frame."""
        name = f"{self._stem}_{result.frame.index:012d}_keypoints.json"
        table = openpose(result, self._order) | {"poseviewer": self._about.words()}
        text = json.dumps(table, separators=(",", ":"))
        (self._part / name).write_text(text, encoding="utf-8")


def openpose(result: FrameResult, order: Skeleton) -> dict[str, object]:
    """Return a frame as OpenPose 1.3 writes it: missing joints 0,0,0, no person an empty list."""
    people = []
    poses = in_order(result.poses, order)
    for xy, score, track in zip(poses.xy, poses.score, poses.track, strict=True):
        flat: list[float] = []
        for (x, y), found in zip(xy, score, strict=True):
            there = bool(np.isfinite(x) and np.isfinite(y))
            values = (x, y, found) if there else (0, 0, 0)
            flat += [round(float(value), 4) for value in values]
        person: dict[str, object] = {"person_id": [int(track)], "pose_keypoints_2d": flat}
        person |= {name: [] for name in _EMPTY}
        person |= {name.replace("2d", "3d"): [] for name in ("pose_keypoints_2d", *_EMPTY)}
        people.append(person)
    return {"version": 1.3, "people": people, "time_s": result.frame.time.seconds}


def in_order(poses: Poses, order: Skeleton) -> Poses:
    """Return poses with the joints of another skeleton, matched by their common names.

    A neck between the shoulders and a middle of the hips that the skeleton lacks are computed;
    the neck of LSP and MPII lies higher and is another joint. What else it lacks is NaN, score 0.
    """
    if poses.skeleton.joints == order.joints:
        return poses
    theirs = common_names(poses.skeleton.joints)
    xy = np.full((len(poses), len(order.joints), 2), np.nan, np.float32)
    score = np.zeros(xy.shape[:2], np.float32)
    world = np.full((*score.shape, 3), np.nan, np.float32)
    seen, marks = np.zeros(score.shape, np.int8), np.zeros(score.shape, np.int8)
    for at, (name, common) in enumerate(zip(order.joints, common_names(order.joints), strict=True)):
        ends = (common, common) if common in theirs else MIDPOINTS.get(name, ())
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
