"""A record of what a stage before the last one says."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.angle import measure
from poseviewer.records.record import Record

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.angle import Facing
    from poseviewer.core.pose import Poses
    from poseviewer.core.result import FrameResult


class AtStage(Record):
    """Gives another record the answers of one stage.

    Args:
        record: What is written.
        stage: 0-based.
        gate: The confidence from which joints count in angles.
    """

    def __init__(self, record: Record, stage: int, *, gate: float) -> None:
        self.path = record.path
        self._record, self._stage, self._gate = record, stage, gate

    def add(self, result: FrameResult) -> None:
        """Write the stage's answer for one frame."""
        self._record.add(at_stage(result, self._stage, gate=self._gate))

    def finish(self) -> None:
        """Complete the record."""
        self._record.finish()

    def abort(self) -> None:
        """Write no further."""
        self._record.abort()


def at_stage(result: FrameResult, stage: int, *, gate: float) -> FrameResult:
    """Return a result whose poses and angles are those of one stage.

    People of a network for one person are those of the last stage, with their numbers, since they
    were read from the same regions. A network that finds people stage by stage gives no number to
    those of an earlier one. Of the last stage it is the answer itself, with its confidence and
    visibility; those of an earlier one have the heights of peaks.
    """
    if stage == len(result.stage_poses) - 1:
        return result
    answer = result.stage_poses[stage]
    rows, track = _same_regions(result.poses, answer)
    poses, angles = replace(answer.only(rows), track=track), result.angles
    facing: Facing | tuple[Facing, ...] = "right"
    if len(rows) == len(angles.facing):
        facing = angles.facing
    measured = measure(poses, specs=angles.specs, gate=gate, facing=facing)
    return replace(result, poses=poses, angles=measured, smoothed=None, smoothing="")


def _same_regions(last: Poses, answer: Poses) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Rows of `answer` for the people of `last`, with numbers; every row where regions differ."""
    rows = [np.flatnonzero((answer.box == box).all(axis=1)) for box in last.box]
    if all(len(found) == 1 for found in rows) and rows:
        return np.concatenate(rows), last.track.copy()
    if not len(last):
        return np.empty(0, np.intp), last.track.copy()
    return np.arange(len(answer)), np.full(len(answer), -1)
