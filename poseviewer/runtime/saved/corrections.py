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
    merged,
)
from poseviewer.core.reading import PLACE_LIMIT, number, whole, word
from poseviewer.runtime.saved.edits import SavedEdits

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

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
        joints = connection.execute(
            "SELECT frame, joint, person, person_x, person_y, kind, x, y FROM corrected_joints "
            f"ORDER BY frame LIMIT {_MOST}"
        )
        sides = connection.execute(
            f"SELECT first, last, person, person_x, person_y FROM corrected_sides LIMIT {_MOST}"
        )
        return Corrections(
            tuple(self._readable(joints, joint_of)),
            # Two windows may have written the same.
            tuple(set(self._readable(sides, side_of))),
            tuple(edit for _, edit in self._people(connection)),
        )

    def _people(self, connection: sqlite3.Connection) -> list[tuple[int, Exchange | Removal]]:
        """Exchanges and removals, each with its place."""
        rows = connection.execute(
            "SELECT place, kind, person, other, first, last FROM corrected_people "
            f"ORDER BY place LIMIT {_MOST}"
        )
        return list(self._readable(rows, lambda row: (row[0], people_of(row[1:]))))

    def _with_others(
        self, connection: sqlite3.Connection, mine: Corrections
    ) -> tuple[Corrections, Corrections]:
        theirs = self._read(connection)
        return theirs, merged(self.value, mine, theirs)

    def _write(
        self, connection: sqlite3.Connection, before: Corrections, after: Corrections
    ) -> None:
        _write_rows(connection, before, after)
        if before.people != after.people:
            # Rows that cannot be read stay where they are.
            places = [(place,) for place, _ in self._people(connection)]
            connection.executemany("DELETE FROM corrected_people WHERE place = ?", places)
            (first,) = connection.execute(
                "SELECT coalesce(max(place), -1) + 1 FROM corrected_people"
            ).fetchone()
            connection.executemany(
                "INSERT INTO corrected_people VALUES (?, ?, ?, ?, ?, ?)",
                [(place, *people_row(one)) for place, one in enumerate(after.people, first)],
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


def _write_rows(connection: sqlite3.Connection, before: Corrections, after: Corrections) -> None:
    """Write the difference of joints and sides."""
    connection.executemany(
        "DELETE FROM corrected_joints WHERE frame = ? AND joint = ? AND person = ? "
        "AND person_x = ? AND person_y = ?",
        [joint_row(one)[:5] for one in {*before.joints} - {*after.joints}],
    )
    connection.executemany(
        "INSERT OR REPLACE INTO corrected_joints VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        map(joint_row, {*after.joints} - {*before.joints}),
    )
    connection.executemany(
        "DELETE FROM corrected_sides WHERE first = ? AND last = ? AND person = ? "
        "AND person_x = ? AND person_y = ?",
        map(side_row, {*before.sides} - {*after.sides}),
    )
    connection.executemany(
        "INSERT INTO corrected_sides VALUES (?, ?, ?, ?, ?)",
        map(side_row, {*after.sides} - {*before.sides}),
    )


def _frame(value: object) -> int:
    return whole(value, "a frame", low=0, high=_FRAMES)


def _number(value: object) -> int:
    return whole(value, "a person", low=-1, high=_NUMBERS)


def _place(value: object) -> float:
    return number(value, "a place", low=-PLACE_LIMIT, high=PLACE_LIMIT)


def _who(row: Sequence[object]) -> Who:
    return Who(_number(row[0]), _place(row[1]), _place(row[2]))
