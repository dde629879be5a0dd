"""Kinds of data files that an export can write beside its output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from poseviewer.records.curves import FilteredAngleTable, MotFile, TrcFile
from poseviewer.records.tables import AngleTable, JointTable, OpenPoseFolder

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from poseviewer.core.files import OutputSet
    from poseviewer.core.filters import Filter
    from poseviewer.records.tables import Record


@dataclass(frozen=True, slots=True)
class RecordKind:
    """One kind of data file, as `--data` names it."""

    endings: tuple[str, ...]
    """What follows the output's stem in the name of each file or folder, such as `_angles.csv`."""

    open: Callable[[Sequence[Path], OutputSet, Filter], Sequence[Record]]
    """Begins the files at these paths, one for each ending, as a part of these outputs; curves are
    written with this filter."""

    def paths(self, beside: Path) -> list[Path]:
        """The files and folders of this kind beside an export's output."""
        return [beside.with_name(beside.stem + ending) for ending in self.endings]


def _csv(paths: Sequence[Path], outputs: OutputSet, by: Filter) -> Sequence[Record]:
    joints = JointTable(paths[0], outputs=outputs)
    if by.idle:
        return joints, AngleTable(paths[1], outputs=outputs)
    return joints, FilteredAngleTable(paths[1], outputs=outputs, by=by)


def _json(paths: Sequence[Path], outputs: OutputSet, _by: Filter) -> Sequence[Record]:
    stem = paths[0].name.removesuffix("_json")
    return [OpenPoseFolder(paths[0], stem=stem, outputs=outputs)]


CSV = RecordKind((".csv", "_angles.csv"), _csv)
JSON = RecordKind(("_json",), _json)
MOT = RecordKind((".mot",), lambda paths, outputs, by: [MotFile(paths[0], outputs=outputs, by=by)])
TRC = RecordKind((".trc",), lambda paths, outputs, by: [TrcFile(paths[0], outputs=outputs, by=by)])
