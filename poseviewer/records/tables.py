"""Results in files that other programs read: CSV and OpenPose JSON.

`out.csv`, one row per frame, person and joint:
    frame     0-based number in the source
    time_s    the container's own time of the frame, seconds, exact to the last digit
    person    number that stays the same from frame to frame, from 0; -1 for a person too unsure
              to be given one; empty where no person was found
    joint     name as in the skeleton file
    x_px      source pixels, 0 is the centre of the leftmost column; empty where not found
    y_px      source pixels, 0 is the centre of the topmost row; empty where not found
    score     confidence, 0 to 1

`out_angles.csv`, one row per frame and person:
    frame, time_s, person    as above
    confidence               mean joint score, 0 to 1
    facing                   right or left: the way the person was taken to face
    <angle>_deg              raw degrees, unfiltered; empty where a joint was missing or weak
    <angle>_deg (FILTER)     with a filter: the values after it, unwrapped

`out.mot`, angles for OpenSim, and `out.trc`, joints as markers: see `records.curves`.

`out_json/out_<12-digit frame>_keypoints.json`: OpenPose 1.3, one file per frame; joints in the
order of the skeleton file, those of a skeleton with a face and feet in BODY_25's (see `body_25`).

A frame without a person is present in every form.
"""

from __future__ import annotations

import csv
import json
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.angle import MIDPOINTS
from poseviewer.core.skeleton import load_skeleton

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from poseviewer.core.files import OutputSet
    from poseviewer.core.pose import Poses
    from poseviewer.core.result import FrameResult


JOINT_COLUMNS = ("frame", "time_s", "person", "joint", "x_px", "y_px", "score")
"""Header of what `joint_rows` gives."""

_EMPTY = ("face_keypoints_2d", "hand_left_keypoints_2d", "hand_right_keypoints_2d")


class Record(ABC):
    """A file being written: add every frame, then `finish`, then commit its `OutputSet`."""

    path: Path
    """The file, or the folder of files."""

    @abstractmethod
    def add(self, result: FrameResult) -> None:
        """Write one frame, with or without people."""

    def finish(self) -> None:  # noqa: B027 - a folder of files is complete with the last one
        """Complete the file; it gets its name with the other outputs of its job."""

    def abort(self) -> None:  # noqa: B027
        """Write no further; safe after `finish` too."""


class CsvTable(Record):
    """A CSV file with a header."""

    def __init__(self, path: Path, *, outputs: OutputSet) -> None:
        self.path = path
        self._file = outputs.file(path).open("w", encoding="utf-8", newline="")
        self._rows = csv.writer(self._file, lineterminator="\n")
        self._headed = False

    def add(self, result: FrameResult) -> None:
        """Write the rows of one frame."""
        if not self._headed:
            self._rows.writerow(self.header(result))
            self._headed = True
        self._rows.writerows(self.rows(result))

    @abstractmethod
    def header(self, result: FrameResult) -> list[str]:
        """Return the names of the columns."""

    @abstractmethod
    def rows(self, result: FrameResult) -> Iterable[list[object]]:
        """Return the rows of one frame."""

    def finish(self) -> None:
        """Complete the file."""
        self._file.close()

    def abort(self) -> None:
        """Close the file."""
        self._file.close()


class JointTable(CsvTable):
    """The long form: one row per joint."""

    def header(self, result: FrameResult) -> list[str]:  # noqa: ARG002
        """Return the names of the columns."""
        return list(JOINT_COLUMNS)

    def rows(self, result: FrameResult) -> Iterable[list[object]]:
        """Return one row per joint of every person, or one without a person."""
        return joint_rows(result)


class AngleTable(CsvTable):
    """The wide form: one row per person, one column per angle."""

    def header(self, result: FrameResult) -> list[str]:
        """Return the names of the columns."""
        names = [spec.name.replace(" ", "_") + "_deg" for spec in result.angles.specs]
        return ["frame", "time_s", "person", "confidence", "facing", *names]

    def rows(self, result: FrameResult) -> Iterable[list[object]]:
        """Yield one row per person, or one without."""
        start = _moment(result)
        if not len(result.poses):
            yield [*start, "", "", "", *[""] * len(result.angles.specs)]
        poses = result.poses
        for row, (degrees, way) in enumerate(
            zip(result.angles.degrees, result.angles.facing, strict=True)
        ):
            mean, person = poses.score[row].mean(), int(poses.track[row])
            yield [*start, person, f"{mean:.4f}", way, *[_cell(value) for value in degrees]]


class OpenPoseFolder(Record):
    """A folder of OpenPose JSON, one file per frame."""

    def __init__(self, folder: Path, *, stem: str, outputs: OutputSet) -> None:
        self.path = folder
        self._stem = stem
        self._part = outputs.folder(folder, replaces=f"{stem}_*_keypoints.json")

    def add(self, result: FrameResult) -> None:
        """Write the file of one frame."""
        name = f"{self._stem}_{result.frame.index:012d}_keypoints.json"
        text = json.dumps(openpose(result), separators=(",", ":"))
        (self._part / name).write_text(text, encoding="utf-8")


def joint_rows(result: FrameResult) -> Iterator[list[object]]:
    """Yield the long form of a frame: a row per joint of every person, or one without a person."""
    start, poses = _moment(result), result.poses
    if not len(poses):
        yield [*start, "", "", "", "", ""]
    people = zip(poses.track.tolist(), poses.xy, poses.score, strict=True)
    for person, xy, score in people:
        for joint, (x, y), found in zip(poses.skeleton.joints, xy, score, strict=True):
            yield [*start, person, joint, _cell(x), _cell(y), f"{found:.4f}"]


def openpose(result: FrameResult) -> dict[str, object]:
    """Return a frame as OpenPose 1.3 writes it: missing joints 0,0,0, no person an empty list."""
    people = []
    poses = result.poses
    if poses.skeleton.has("nose", "left_heel"):
        poses = body_25(poses)
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
    return {"version": 1.3, "people": people}


def body_25(poses: Poses) -> Poses:
    """Return poses in the order of OpenPose's BODY_25, whose files have no names of joints.

    Neck and middle of the hips are those of shoulders and hips, as OpenPose's are; small toes,
    where the skeleton has none, are missing.
    """
    target = load_skeleton("body-25")
    if poses.skeleton.joints == target.joints:
        return poses
    xy = np.full((len(poses), len(target.joints), 2), np.nan, np.float32)
    score = np.zeros(xy.shape[:2], np.float32)
    for at, name in enumerate(target.joints):
        ends = MIDPOINTS.get(name, (name, name))
        if poses.skeleton.has(*ends):
            a, b = (poses.skeleton.index(end) for end in ends)
            xy[:, at] = (poses.xy[:, a] + poses.xy[:, b]) / 2
            score[:, at] = np.minimum(poses.score[:, a], poses.score[:, b])
    return replace(poses, xy=xy, score=score, skeleton=target)


def _moment(result: FrameResult) -> tuple[int, str]:
    return result.frame.index, repr(result.frame.time.seconds)


def _cell(value: float) -> str:
    return f"{value:.4f}" if np.isfinite(value) else ""
