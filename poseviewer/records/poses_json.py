"""PoseViewer's own JSON: everything about a clip in one file, with the joints named.

`out_poses.json`:
    about     how it was made: program, source, width, height, rate, network, stage, gate, filter,
              joints (names, in the order of every list below) and bones (pairs of positions)
    frames    a list in the order of the clip, each frame with
      frame     0-based number in the source
      time_s    the container's own time, seconds
      people    a list, the person in focus first, each with
        person    number that stays the same from frame to frame; negative where there is none
        box       x, y, width, height of the region that the network was shown, source pixels
        xy        pairs of source pixels, null where a joint was not found
        score     confidences, 0 to 1
        visibility  visible, occluded or outside; empty where the network does not tell
        uncertainty  where the network has belief maps: for each joint the standard deviations of
                     the belief along x and y, source pixels, and their correlation; null where
                     unknown
        world        where the network places joints in space: for each metres from the middle of
                     the hips, right, down and away from the camera; null where unknown
        corrected    where a person has corrected joints: what was said of each, else empty
        facing    right or left
        angles    raw degrees by name, null where not measured

Joints here are raw: a filter is for curves, and named in `about`.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.pose import Mark
from poseviewer.records.record import Record, person_keys
from poseviewer.records.tables import visibility_names

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.core.files import OutputSet
    from poseviewer.core.pose import Poses
    from poseviewer.core.result import FrameResult
    from poseviewer.records.about import About


class PosesJson(Record):
    """The file, written frame by frame."""

    def __init__(self, path: Path, *, outputs: OutputSet, about: About) -> None:
        self.path, self._about = path, about
        self._file = outputs.file(path).open("w", encoding="utf-8")
        self._frames = 0

    def add(self, result: FrameResult) -> None:
        """Write one frame."""
        if not self._frames:
            about = json.dumps(self._about.table(result.poses.skeleton))
            self._file.write(f'{{"about": {about},\n"frames": [\n')
        else:
            self._file.write(",\n")
        self._frames += 1
        json.dump(_frame(result), self._file, separators=(",", ":"), allow_nan=False)

    def finish(self) -> None:
        """Complete the file."""
        if not self._frames:
            self._file.write(f'{{"about": {json.dumps(self._about.table())},\n"frames": [')
        self._file.write("\n]}\n")
        self._file.close()

    def abort(self) -> None:
        """Close the file; what finds no room on the disk is lost with it."""
        with suppress(OSError):
            self._file.close()


def _frame(result: FrameResult) -> dict[str, object]:
    poses, angles = result.poses, result.angles
    people = [
        {
            "person": key,
            "box": [_number(value) for value in poses.box[row].tolist()],
            "xy": [
                [_number(x), _number(y)] if np.isfinite(x + y) else None
                for x, y in poses.xy[row].tolist()
            ],
            "score": [round(value, 4) for value in poses.score[row].tolist()],
            "visibility": visibility_names(poses, row),
            **_uncertain(poses, row),
            **_in_space(poses, row),
            **_corrected(poses, row),
            "facing": angles.facing[row],
            "angles": {
                spec.name: _number(value)
                for spec, value in zip(angles.specs, angles.degrees[row].tolist(), strict=True)
            },
        }
        for row, key in enumerate(person_keys(result))
    ]
    return {"frame": result.frame.index, "time_s": result.frame.time.seconds, "people": people}


def _uncertain(poses: Poses, row: int) -> dict[str, object]:
    """How uncertain the places of joints are; nothing where it is known of none."""
    if poses.covariance is None:
        return {}
    each = poses.uncertainty()[row].tolist()
    return {"uncertainty": [
        [_number(value) for value in sides] if np.isfinite(sides[0]) else None for sides in each
    ]}  # fmt: skip


def _in_space(poses: Poses, row: int) -> dict[str, object]:
    """Where joints are in space; nothing where the network places none there."""
    if poses.world is None:
        return {}
    return {"world": [
        [_number(value) for value in place] if np.isfinite(place).all() else None
        for place in poses.world[row].tolist()
    ]}  # fmt: skip


def _corrected(poses: Poses, row: int) -> dict[str, object]:
    """What a person has said of joints; nothing where that is nothing."""
    marks = poses.marks()[row].tolist()
    if not any(marks):
        return {}
    return {"corrected": [Mark(mark).name.lower() if mark else "" for mark in marks]}


def _number(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None
