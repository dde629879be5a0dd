"""Results as CSV: joints and angles in long form, one wide sheet, and SLEAP's form.

`out.csv`, one row per frame, person and joint:
    frame     0-based number in the source
    time_s    the container's own time of the frame, seconds, exact to the last digit
    person    number that stays the same from frame to frame, from 0; for people too unsure to be
              given one -1, -2 and so on, which say nothing from frame to frame; empty where no
              person was found. Frame, person and joint together are found once.
    joint     name as in the skeleton file
    x_px      source pixels, 0 is the centre of the leftmost column; empty where not found
    y_px      source pixels, 0 is the centre of the topmost row; empty where not found
    score     confidence, 0 to 1: a probability where the network's confidence is calibrated (then
              `visibility` is not empty); 0 where not found
    visibility  visible, occluded or outside (of the frame, then without a place); empty where the
              network does not tell
    sd_x_px, sd_y_px  standard deviations of the network's belief around the joint along x and y;
              empty where it has no belief map, or a person placed the joint
    correlation  of the two, -1 to 1; the covariance is their product
    x_px (FILTER), y_px (FILTER)    with a filter on the joints: the place after it, as it is drawn

`out_angles.csv`, one row per frame and person:
    frame, time_s, person    as above
    confidence               mean joint score, 0 to 1
    facing                   right or left: the way the person was taken to face
    <angle>_deg              degrees of the raw joints, unfiltered; empty where one was missing,
                             weak or hidden
    <angle>_deg (FILTER)     with a filter: the values after it, unwrapped

`out_wide.csv`, one row per frame and person with everything in it:
    the columns of `out_angles.csv`, and before the angles
    <joint>_x_px, <joint>_y_px, <joint>_score    as above

`out_sleap.csv`, SLEAP's analysis table, one row per frame and person:
    track                             `person00` and so on; empty for a person without a number
    frame_idx                         0-based number in the source
    instance.score                    mean joint score
    <joint>.x, <joint>.y, <joint>.score    pixels from the centre of the top left one, confidence
A frame without a person has no row there; in the others it has one.

`out_repetitions.csv`, one row per repetition that is found in an angle of a person:
    person                            as above
    angle                             its name
    repetition                        counted from 1 for each angle; then rows of their `mean` and
                                      `sd` (n - 1), and of right less left where both sides repeat
    first_frame, peak_frame, last_frame, start_s, peak_s, end_s, duration_s
    minimum_deg, maximum_deg, range_deg, peak_velocity_deg_s    from first to last frame
    prominence_deg, apart_s           what counted as one
    filter                            of the curves
"""

from __future__ import annotations

import csv
from abc import abstractmethod
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.pose import Visibility
from poseviewer.core.repetition_figures import (
    repetition_columns,
    repetition_figures,
    repetition_rows,
)
from poseviewer.core.series import gap_limit
from poseviewer.core.summary import velocities
from poseviewer.records.clip import ClipRecord
from poseviewer.records.record import Record, person_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from poseviewer.core.files import OutputSet
    from poseviewer.core.pose import Poses
    from poseviewer.core.result import FrameResult
    from poseviewer.records.about import About
    from poseviewer.records.clip import ClipTable, Person


JOINT_COLUMNS = (
    "frame", "time_s", "person", "joint", "x_px", "y_px", "score", "visibility",
    "sd_x_px", "sd_y_px", "correlation",
)  # fmt: skip
"""Header of the long form, but for the columns of smoothed joints."""

_START = ("frame", "time_s", "person", "confidence", "facing")
_JOINT = ("x_px", "y_px", "score")


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
        """Close the file; what finds no room on the disk is lost with it."""
        with suppress(OSError):
            self._file.close()


class JointTable(CsvTable):
    """The long form: one row per joint."""

    def __init__(self, path: Path, *, outputs: OutputSet) -> None:
        super().__init__(path, outputs=outputs)
        self._smoothing = ""

    def header(self, result: FrameResult) -> list[str]:
        """Return the names of the columns; those of smoothed joints name the filter."""
        self._smoothing = result.smoothing
        return joint_columns(self._smoothing)

    def rows(self, result: FrameResult) -> Iterable[list[object]]:
        """Return one row per joint of every person, or one without a person."""
        return joint_rows(result, smoothing=self._smoothing)


class AngleTable(CsvTable):
    """The wide form: one row per person, one column per angle."""

    def header(self, result: FrameResult) -> list[str]:
        """Return the names of the columns."""
        return [*_START, *(angle_column(spec.name) for spec in result.angles.specs)]

    def rows(self, result: FrameResult) -> Iterable[list[object]]:
        """Yield one row per person, or one without."""
        start = _moment(result)
        if not len(result.poses):
            yield [*start, "", "", "", *[""] * len(result.angles.specs)]
        poses, keys = result.poses, person_keys(result)
        for row, (degrees, way) in enumerate(
            zip(result.angles.degrees, result.angles.facing, strict=True)
        ):
            mean = poses.score[row].mean()
            yield [*start, keys[row], f"{mean:.4f}", way, *[_cell(value) for value in degrees]]


class PersonSheet(ClipRecord):
    """One row per frame and person, with angles after the filter beside the raw ones.

    Args:
        path: The file.
        outputs: The outputs of the job.
        about: How the results were made.
        joints: Whether each joint has columns too.
    """

    def __init__(self, path: Path, *, outputs: OutputSet, about: About, joints: bool) -> None:
        super().__init__(path, about=about)
        self._part = outputs.file(path)
        self._part.touch()
        self._joints = joints

    def write(self, clip: ClipTable) -> None:
        """Write the sheet."""
        by, angles = self.about.filter, [angle_column(spec.name) for spec in clip.specs]
        head = [*_START, *(self._joint_columns(clip) if self._joints else ())]
        head += [name for angle in angles for name in _both(angle, by.title, alone=by.idle)]
        cells = {person.key: self._cells(clip, person) for person in clip.people}
        with self._part.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(head)
            for number, (index, when) in enumerate(
                zip(clip.index.tolist(), clip.seconds.tolist(), strict=True)
            ):
                there = [person for person in clip.people if person.present[number]]
                for person in there:
                    rows.writerow([index, repr(when), person.key, *cells[person.key][number]])
                if not there:
                    rows.writerow([index, repr(when), *[""] * (len(head) - 2)])

    def _joint_columns(self, clip: ClipTable) -> list[str]:
        return [f"{joint}_{what}" for joint in clip.skeleton.joints for what in _JOINT]

    def _cells(self, clip: ClipTable, person: Person) -> list[list[str]]:
        """The cells of every frame after the person's key."""
        columns = [[f"{value:.4f}" for value in person.score.mean(axis=1)], list(person.facing)]
        if self._joints:
            for joint in range(len(clip.skeleton.joints)):
                columns += [_column(person.xy[:, joint, axis]) for axis in (0, 1)]
                columns.append(_column(person.score[:, joint]))
        smooth = clip.filtered_degrees(person, self.about.filter)
        for angle in range(len(clip.specs)):
            columns.append(_column(person.degrees[:, angle]))
            if not self.about.filter.idle:
                columns.append(_column(smooth[:, angle]))
        return [list(row) for row in zip(*columns, strict=True)]


class RepetitionTable(ClipRecord):
    """A row per repetition, with mean and spread.

    Args:
        path: The file.
        outputs: The outputs of the job.
        about: How the results were made.
    """

    def __init__(self, path: Path, *, outputs: OutputSet, about: About) -> None:
        super().__init__(path, about=about)
        self._part = outputs.file(path)
        self._part.touch()

    def write(self, clip: ClipTable) -> None:
        """Write the table."""
        by, choice = self.about.filter, self.about.repetition
        limit = gap_limit(clip.seconds, clip.index)
        with self._part.open("w", encoding="utf-8", newline="") as file:
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(["person", *repetition_columns()])
            for person in clip.people:
                degrees = clip.filtered_degrees(person, by)
                found = [
                    one
                    for column, spec in enumerate(clip.specs)
                    for one in repetition_figures(
                        spec.name,
                        clip.seconds,
                        clip.index,
                        degrees=degrees[:, column],
                        speed=velocities(clip.seconds, degrees[:, column], limit=limit),
                        by=choice,
                    )
                ]
                for row in repetition_rows(found, choice=choice, by=by):
                    rows.writerow([person.key, *row])


class SleapTable(CsvTable):
    """SLEAP's analysis table: one row per frame and person."""

    def header(self, result: FrameResult) -> list[str]:
        """Return the names of the columns."""
        joints = result.poses.skeleton.joints
        places = [f"{joint}.{what}" for joint in joints for what in ("x", "y", "score")]
        return ["track", "frame_idx", "instance.score", *places]

    def rows(self, result: FrameResult) -> Iterable[list[object]]:
        """Yield one row per person."""
        poses = result.poses
        for track, xy, score in zip(poses.track.tolist(), poses.xy, poses.score, strict=True):
            start = [
                f"person{track:02d}" if track >= 0 else "",
                result.frame.index,
                f"{score.mean():.4f}",
            ]
            places = [
                text
                for (x, y), found in zip(xy, score, strict=True)
                for text in (_cell(x), _cell(y), f"{found:.4f}")
            ]
            yield [*start, *places]


def visibility_names(poses: Poses, row: int) -> list[str]:
    """Return the visibility of a person's joints as files say it; empty where unknown."""
    names = [""] * len(poses.skeleton.joints)
    if poses.visibility is not None:
        return [Visibility(state).name.lower() for state in poses.visibility[row].tolist()]
    for state in (Visibility.OCCLUDED, Visibility.OUTSIDE):
        # The network does not tell, but a person may have.
        for joint in np.flatnonzero(poses.are(state)[row]).tolist():
            names[joint] = state.name.lower()
    return names


def angle_column(name: str) -> str:
    """Return the name of an angle's column."""
    return name.replace(" ", "_") + "_deg"


def joint_columns(smoothing: str) -> list[str]:
    """Return the header of the long form, where joints were smoothed by a filter of this title."""
    smoothed = [f"x_px ({smoothing})", f"y_px ({smoothing})"] if smoothing else []
    return [*JOINT_COLUMNS, *smoothed]


def joint_rows(result: FrameResult, *, smoothing: str = "") -> Iterator[list[object]]:
    """Yield the long form of a frame: a row per joint of every person, or one without a person.

    Args:
        result: The frame.
        smoothing: Title of the filter whose columns there are; empty for none. A frame that was
            smoothed by another one, as when a live setting changes, leaves them empty.
    """
    start, poses = _moment(result), result.poses
    blank = [""] * (2 if smoothing else 0)
    after = result.smoothed if smoothing == result.smoothing else None
    if not len(poses):
        yield [*start, *[""] * (len(JOINT_COLUMNS) - len(start)), *blank]
    for row, person in enumerate(person_keys(result)):
        states, sides = visibility_names(poses, row), poses.uncertainty()[row]
        for k, joint in enumerate(poses.skeleton.joints):
            x, y = poses.xy[row, k]
            shown = blank if after is None else [_cell(value) for value in after.xy[row, k]]
            cells = [_cell(x), _cell(y), f"{poses.score[row, k]:.4f}", states[k]]
            yield [*start, person, joint, *cells, *_column(sides[k]), *shown]


def _moment(result: FrameResult) -> tuple[int, str]:
    return result.frame.index, repr(result.frame.time.seconds)


def _both(angle: str, title: str, *, alone: bool) -> tuple[str, ...]:
    return (angle,) if alone else (angle, f"{angle} ({title})")


def _column(values: NDArray[np.floating]) -> list[str]:
    return [_cell(value) for value in values.tolist()]


def _cell(value: float) -> str:
    return f"{value:.4f}" if np.isfinite(value) else ""
