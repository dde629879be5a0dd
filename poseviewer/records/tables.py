"""Results written down in files that other programs read: CSV and OpenPose JSON.

`out.csv`, one row per frame, person and joint:
    frame     0-based number in the source
    time_s    the container's own time of the frame, seconds, exact to the last digit
    person    number that stays the same from frame to frame, from 0; -1 for somebody too unsure
              to be given one; empty where nobody was found
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

`out.mot`, angles for OpenSim, and `out.trc`, joints as markers: see `curve_records`.

`out_json/out_<12-digit frame>_keypoints.json`: OpenPose 1.3, one file per frame.

A frame without a person is present in every form. Files appear under their names only when
they are complete.
"""

from __future__ import annotations

import csv
import json
import shutil
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from poseviewer.core.result import FrameResult


JOINT_COLUMNS = ("frame", "time_s", "person", "joint", "x_px", "y_px", "score")
"""Header of what `joint_rows` gives."""

_EMPTY = ("face_keypoints_2d", "hand_left_keypoints_2d", "hand_right_keypoints_2d")


class Record(ABC):
    """A file in the making: add every frame, then `finish` it or `discard` it."""

    @abstractmethod
    def add(self, result: FrameResult) -> None:
        """Write one frame, with or without people."""

    @abstractmethod
    def finish(self) -> Path:
        """Complete the file and give it its name; what was there before is replaced."""

    @abstractmethod
    def discard(self) -> None:
        """Leave nothing behind; safe after `finish` too."""


class _Table(Record):
    """A CSV file with a header."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._part = path.with_name(path.name + ".part")
        self._file = self._part.open("w", encoding="utf-8", newline="")
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
        """Names of the columns."""

    @abstractmethod
    def rows(self, result: FrameResult) -> Iterable[list[object]]:
        """One frame, for everyone in it."""

    def finish(self) -> Path:
        """Complete the file."""
        self._file.close()
        return self._part.replace(self._path)

    def discard(self) -> None:
        """Remove what was begun."""
        self._file.close()
        self._part.unlink(missing_ok=True)


class JointTable(_Table):
    """The long form: one row per joint."""

    def header(self, result: FrameResult) -> list[str]:  # noqa: ARG002
        """Names of the columns."""
        return list(JOINT_COLUMNS)

    def rows(self, result: FrameResult) -> Iterable[list[object]]:
        """One row per joint of everyone, or one without a person."""
        return joint_rows(result)


class AngleTable(_Table):
    """The wide form: one row per person, one column per angle."""

    def header(self, result: FrameResult) -> list[str]:
        """Names of the columns."""
        names = [spec.name.replace(" ", "_") + "_deg" for spec in result.angles.specs]
        return ["frame", "time_s", "person", "confidence", "facing", *names]

    def rows(self, result: FrameResult) -> Iterable[list[object]]:
        """One row per person, or one without."""
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

    def __init__(self, folder: Path, *, stem: str) -> None:
        self._folder = folder
        self._stem = stem
        self._part = folder.with_name(folder.name + ".part")
        shutil.rmtree(self._part, ignore_errors=True)
        self._part.mkdir()

    def add(self, result: FrameResult) -> None:
        """Write the file of one frame."""
        name = f"{self._stem}_{result.frame.index:012d}_keypoints.json"
        text = json.dumps(openpose(result), separators=(",", ":"))
        (self._part / name).write_text(text, encoding="utf-8")

    def finish(self) -> Path:
        """Move the files into the folder; those of an earlier export of this name go."""
        self._folder.mkdir(exist_ok=True)
        for old in self._folder.glob(f"{self._stem}_*_keypoints.json"):
            old.unlink()
        for file in self._part.iterdir():
            file.replace(self._folder / file.name)
        self._part.rmdir()
        return self._folder

    def discard(self) -> None:
        """Remove what was begun."""
        shutil.rmtree(self._part, ignore_errors=True)


def joint_rows(result: FrameResult) -> Iterator[list[object]]:
    """One frame in the long form: a row per joint of everyone, or one without a person."""
    start, poses = _moment(result), result.poses
    if not len(poses):
        yield [*start, "", "", "", "", ""]
    everyone = zip(poses.track.tolist(), poses.xy, poses.score, strict=True)
    for person, xy, score in everyone:
        for joint, (x, y), found in zip(poses.skeleton.joints, xy, score, strict=True):
            yield [*start, person, joint, _cell(x), _cell(y), f"{found:.4f}"]


def openpose(result: FrameResult) -> dict[str, object]:
    """One frame as OpenPose 1.3 writes it: missing joints 0,0,0 and nobody an empty list."""
    people = []
    poses = result.poses
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


def _moment(result: FrameResult) -> tuple[int, str]:
    return result.frame.index, repr(result.frame.time.seconds)


def _cell(value: float) -> str:
    return f"{value:.4f}" if np.isfinite(value) else ""
