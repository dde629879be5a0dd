"""Annotations in the file of their clip: written at every change, row by row."""

from __future__ import annotations

import json
from itertools import groupby
from typing import TYPE_CHECKING, Any

from poseviewer.core.annotation import (
    NO_ANNOTATIONS,
    Annotations,
    Calibration,
    KeyFrame,
    drawing_of,
)
from poseviewer.runtime.saved.edits import SavedEdits

if TYPE_CHECKING:
    import sqlite3

    from poseviewer.core.annotation import Drawing
    from poseviewer.runtime.saved.file import SavedFile

_COLUMNS = {
    "calibration": ("id", "ax", "ay", "bx", "by", "metres"),
    "drawings": ("kind", "points", "first", "last", "text", "stop"),
    "key_frames": ("frame", "comment"),
    "notes": ("id", "text"),
}
_MOST = 1_000_000
"""Rows of a table that are read, at most."""


class SavedAnnotations(SavedEdits[Annotations]):
    """What is saved of the annotations of a clip.

    Args:
        file: Of the clip.
    """

    def __init__(self, file: SavedFile) -> None:
        super().__init__(file, none=NO_ANNOTATIONS)

    def _read(self, connection: sqlite3.Connection) -> Annotations:
        found = {
            table: connection.execute(f"SELECT {', '.join(columns)} FROM {table} LIMIT {_MOST}")
            for table, columns in _COLUMNS.items()
        }
        calibrations = list(self._readable(found["calibration"], _calibration))
        notes = list(self._readable(found["notes"], _note))
        return Annotations(
            calibrations[0] if calibrations else None,
            tuple(self._readable(found["drawings"], _drawing)),
            tuple(self._readable(found["key_frames"], lambda row: KeyFrame(*row))),
            notes[0] if notes else "",
        )

    def _write(
        self, connection: sqlite3.Connection, before: Annotations, after: Annotations
    ) -> None:
        # Rows alone: what another window has added meanwhile stays.
        was, now = _rows(before), _rows(after)
        for table, gone in _by_table(was - now):
            match = " AND ".join(f"{column} IS ?" for column in _COLUMNS[table])
            connection.executemany(f"DELETE FROM {table} WHERE {match}", gone)
        for table, new in _by_table(now - was):
            places = ", ".join("?" for _ in _COLUMNS[table])
            connection.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({places})", new)


_Row = tuple[str, tuple[Any, ...]]


def _rows(annotations: Annotations) -> set[_Row]:
    """All rows, each with the table it belongs to."""
    rows: set[_Row] = {("drawings", _drawn(one)) for one in annotations.drawings}
    rows |= {("key_frames", (one.frame, one.comment)) for one in annotations.key_frames}
    if (known := annotations.calibration) is not None:
        rows.add(("calibration", (1, *known.a, *known.b, known.metres)))
    if annotations.notes:
        rows.add(("notes", (1, annotations.notes)))
    return rows


def _by_table(rows: set[_Row]) -> list[tuple[str, list[tuple[Any, ...]]]]:
    def table(row: _Row) -> str:
        return row[0]

    return [
        (name, [values for _, values in group])
        for name, group in groupby(sorted(rows, key=table), key=table)
    ]


def _calibration(row: tuple[Any, ...]) -> Calibration:
    _, ax, ay, bx, by, metres = row
    return Calibration((ax, ay), (bx, by), metres)


def _note(row: tuple[Any, ...]) -> str:
    return Annotations(notes=row[1]).notes


def _drawn(one: Drawing) -> tuple[Any, ...]:
    return one.kind, json.dumps(one.points), one.first, one.last, one.text, one.stop


def _drawing(row: tuple[Any, ...]) -> Drawing:
    values = dict(zip(_COLUMNS["drawings"], row, strict=True))
    return drawing_of(values | {"points": json.loads(values["points"])})
