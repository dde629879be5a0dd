"""Corrections in the file of their clip: written at every change, apart from all analyses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from poseviewer.core.correction import (
    NONE,
    Corrections,
    Exchange,
    JointCorrection,
    Kind,
    Removal,
    SideSwap,
    Who,
)
from poseviewer.core.reading import PLACE_LIMIT, number, whole, word
from poseviewer.runtime.saved.edits import SavedEdits

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from poseviewer.runtime.saved.file import SavedFile

_FRAMES = 1 << 32
_NUMBERS = 1 << 31
_MOST = 1_000_000
"""Rows that are read, at most."""


class SavedCorrections(SavedEdits[Corrections]):
    """What is saved of the corrections of a clip.

    Args:
        file: Of the clip.
    """

    def __init__(self, file: SavedFile) -> None:
        super().__init__(file, none=NONE)

    def _read(self, connection: sqlite3.Connection) -> Corrections:
        return read_corrections(connection)

    def _write(
        self, connection: sqlite3.Connection, before: Corrections, after: Corrections
    ) -> None:
        _write(connection, before, after)


def read_corrections(connection: sqlite3.Connection) -> Corrections:
    """The corrections that a file has.

    Raises:
        ValueError: One is not what it should be.
    """

    def rows(columns: str, table: str, order: str) -> Iterable[Sequence[Any]]:
        query = f"SELECT {columns} FROM {table} ORDER BY {order} LIMIT {_MOST}"
        return connection.execute(query)

    return Corrections(
        tuple(
            joint_of(row)
            for row in rows(
                "frame, joint, person, person_x, person_y, kind, x, y", "corrected_joints", "frame"
            )
        ),
        tuple(
            side_of(row)
            for row in rows("first, last, person, person_x, person_y", "corrected_sides", "first")
        ),
        tuple(
            people_of(row)
            for row in rows("kind, person, other, first, last", "corrected_people", "place")
        ),
    )


def joint_row(one: JointCorrection) -> tuple[Any, ...]:
    """A joint as a row of the file."""
    x, y = one.xy or (None, None)
    return one.frame, one.joint, one.who.number, one.who.x, one.who.y, one.kind, x, y


def joint_of(row: Sequence[Any]) -> JointCorrection:
    """The joint of a row; raise ValueError where it is none."""
    frame, joint, *person, kind, x, y = row
    if kind not in get_args(Kind):
        msg = f"{kind!r} is no kind of correction"
        raise ValueError(msg)
    xy = None if x is None and y is None else (_place(x), _place(y))
    if (xy is None) == (kind in ("moved", "interpolated")):
        msg = "a place is missing, or too many"
        if xy is None or kind != "occluded":
            raise ValueError(msg)
    return JointCorrection(_frame(frame), word(joint, "a joint"), _who(person), kind, xy)


def side_row(one: SideSwap) -> tuple[Any, ...]:
    """An exchange of sides as a row of the file."""
    return one.first, one.last, one.who.number, one.who.x, one.who.y


def side_of(row: Sequence[Any]) -> SideSwap:
    """The exchange of sides of a row; raise ValueError where it is none."""
    first, last, *person = row
    return SideSwap(_frame(first), _frame(last), _who(person))


def people_row(one: Exchange | Removal) -> tuple[Any, ...]:
    """An exchange or removal of people as a row of the file."""
    if isinstance(one, Exchange):
        return "exchanged", one.one, one.other, one.first, one.first
    return "removed", one.number, -1, one.first, one.last


def people_of(row: Sequence[Any]) -> Exchange | Removal:
    """The exchange or removal of people of a row; raise ValueError where it is none."""
    kind, one, other, first, last = row
    if kind == "exchanged":
        return Exchange(_number(one), _number(other), _frame(first))
    if kind == "removed":
        return Removal(_number(one), _frame(first), _frame(last))
    msg = f"{kind!r} is no kind of correction"
    raise ValueError(msg)


def _write(connection: sqlite3.Connection, before: Corrections, after: Corrections) -> None:
    gone = set(before.joints) - set(after.joints)
    connection.executemany(
        "DELETE FROM corrected_joints WHERE frame = ? AND joint = ? AND person = ? "
        "AND person_x = ? AND person_y = ?",
        [joint_row(one)[:5] for one in gone],
    )
    new = set(after.joints) - set(before.joints)
    connection.executemany(
        "INSERT OR REPLACE INTO corrected_joints VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        map(joint_row, new),
    )
    if before.sides != after.sides:
        connection.execute("DELETE FROM corrected_sides")
        connection.executemany(
            "INSERT INTO corrected_sides VALUES (?, ?, ?, ?, ?)", map(side_row, after.sides)
        )
    if before.people != after.people:
        connection.execute("DELETE FROM corrected_people")
        connection.executemany(
            "INSERT INTO corrected_people VALUES (?, ?, ?, ?, ?, ?)",
            [(place, *people_row(one)) for place, one in enumerate(after.people)],
        )


def _frame(value: object) -> int:
    return whole(value, "a frame", low=0, high=_FRAMES)


def _number(value: object) -> int:
    return whole(value, "a person", low=-1, high=_NUMBERS)


def _place(value: object) -> float:
    return number(value, "a place", low=-PLACE_LIMIT, high=PLACE_LIMIT)


def _who(row: Sequence[object]) -> Who:
    return Who(_number(row[0]), _place(row[1]), _place(row[2]))
