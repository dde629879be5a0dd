"""OpenPose JSON: one file per frame, joints in an order that the file does not name.

`out_json/out_<12-digit frame>_keypoints.json` holds BODY_25 (75 numbers a person) and
`out_json18/` OpenPose's COCO order (54 numbers), whatever the network's skeleton: readers take the
order for granted. A joint that the skeleton lacks is 0, 0, 0; the neck and the middle of the hips
are computed of shoulders and hips, as OpenPose's own training data were. Hands are written where
they were found, a face where the network has the 68 joints that OpenPose's 70 begin with.
Written as OpenPose 1.3 does (released code and its page on output); readers pass over `time_s`, the
container's own time, and `poseviewer`, how it was made.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.skeleton import load_skeleton
from poseviewer.records.in_order import in_order
from poseviewer.records.record import Record
from poseviewer.records.whole_body import PARTS, has_whole_body, whole_body

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from poseviewer.core.files import OutputSet
    from poseviewer.core.pose import Poses
    from poseviewer.core.result import FrameResult
    from poseviewer.core.skeleton import Skeleton
    from poseviewer.records.about import About

BODY_25 = "body-25"
COCO_18 = "openpose-coco-18"

_DETAILS = {
    "face_keypoints_2d": "face",
    "hand_left_keypoints_2d": "left hand",
    "hand_right_keypoints_2d": "right hand",
}
"""Arrays beside that of the body, and whose joints they hold."""

_PUPILS = ("right_eye", "left_eye")
"""What OpenPose's 70 joints of a face have after the 68."""


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
    wide = whole_body(result.poses) if has_whole_body(result.poses) else None
    for row, track in enumerate(poses.track.tolist()):
        person: dict[str, object] = {
            "person_id": [track],
            "pose_keypoints_2d": _flat(poses, row, range(len(order.joints))),
        }
        for name, part in _DETAILS.items():
            person[name] = [] if wide is None else _detail(wide, row, part)
        person |= {name.replace("2d", "3d"): [] for name in ("pose_keypoints_2d", *_DETAILS)}
        people.append(person)
    return {"version": 1.3, "people": people, "time_s": result.frame.time.seconds}


def _detail(wide: Poses, row: int, part: str) -> list[float]:
    """The joints of a hand or of the face; an empty list where none was found."""
    _, start, stop = PARTS[part]
    joints = list(range(start, stop))
    if not wide.found[row, joints].any():
        return []
    if part == "face":
        joints += [wide.skeleton.index(eye) for eye in _PUPILS]
    return _flat(wide, row, joints)


def _flat(poses: Poses, row: int, joints: Iterable[int]) -> list[float]:
    """x, y and score of joints of a person, one after another; 0, 0, 0 where not found."""
    flat: list[float] = []
    for joint in joints:
        x, y = poses.xy[row, joint]
        there = bool(np.isfinite(x) and np.isfinite(y))
        values = (x, y, poses.score[row, joint]) if there else (0, 0, 0)
        flat += [round(float(value), 4) for value in values]
    return flat
