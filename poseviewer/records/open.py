"""Which data files an export can write, and opening them together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.filters import RAW, Filter
from poseviewer.records.curves import FilteredAngleTable, MotFile, TrcFile
from poseviewer.records.tables import AngleTable, JointTable, OpenPoseFolder, Record

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

KINDS = ("csv", "json", "mot", "trc")
"""What `open_records` can write."""


def places(kinds: Iterable[str], *, beside: Path) -> list[Path]:
    """Every file or folder that `open_records` would write."""
    names = {
        "csv": (f"{beside.stem}.csv", f"{beside.stem}_angles.csv"),
        "json": (f"{beside.stem}_json",),
        "mot": (f"{beside.stem}.mot",),
        "trc": (f"{beside.stem}.trc",),
    }
    return [beside.with_name(name) for kind in kinds for name in names[kind]]


def open_records(kinds: Iterable[str], *, beside: Path, by: Filter = RAW) -> list[Record]:
    """Files of the wanted kinds beside (and named after) the output of an export.

    Args:
        kinds: Of `KINDS`.
        beside: The output.
        by: What is done to curves that are written; raw angles are written beside it.

    Raises:
        PoseViewerError: There is no such kind, or the folder cannot be written.
    """
    records: list[Record] = []
    stem = beside.stem
    try:
        for kind in kinds:
            if kind not in KINDS:
                msg = f"Results cannot be written as {kind!r}; choose from {', '.join(KINDS)}."
                raise PoseViewerError(msg)
            first, *more = places([kind], beside=beside)
            if kind == "csv":
                records.append(JointTable(first))
                records.append(
                    AngleTable(more[0]) if by.idle else FilteredAngleTable(more[0], by=by)
                )
            elif kind == "json":
                records.append(OpenPoseFolder(first, stem=stem))
            else:
                records.append((MotFile if kind == "mot" else TrcFile)(first, by=by))
    except OSError as error:
        _discard(records)
        msg = f"Cannot write beside {beside}: {error.strerror}; choose another folder."
        raise PoseViewerError(msg) from error
    except PoseViewerError:
        _discard(records)
        raise
    return records


def _discard(records: list[Record]) -> None:
    for record in records:
        record.discard()
