"""Which belief maps the Stages dock shows, one a row; no Qt."""

from __future__ import annotations

from dataclasses import dataclass

PARTS = ("arms", "legs", "trunk", "right", "left")
"""Groups of joints that can be shown together, besides `all`, `sum` and single channels."""

_ARM = ("shoulder", "elbow", "wrist")
_LEG = ("hip", "knee", "ankle")
_BACKGROUND = "background"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of tiles: a channel, or the strongest of all joints in each cell."""

    channel: int | None
    """Of the stage's maps; None for all joints at once."""

    title: str
    """In full, such as `right wrist`."""

    label: str
    """As it stands beside the tiles, such as `r wrist`."""

    side: str
    """`left`, `right` or `middle`."""


def rows_of(channels: tuple[str, ...], *, show: str) -> tuple[Row, ...]:
    """The rows for a choice.

    Args:
        channels: Names of a stage's maps: the joints, then perhaps `background`.
        show: `all` (the sum, then each joint), `sum`, one of `PARTS`, or a channel's name; of
            a channel that this network lacks, everything.
    """
    together = Row(None, "all joints", "all joints", "middle")
    every = tuple(_row(number, name) for number, name in enumerate(channels))
    joints = tuple(row for row in every if channels[row.channel or 0] != _BACKGROUND)
    if show == "sum":
        return (together,)
    if show in PARTS:
        return tuple(row for row in joints if _belongs(row, show))
    if show in channels:
        return (every[channels.index(show)],)
    return (together, *joints)


def _row(number: int, name: str) -> Row:
    title = name.replace("_", " ")
    side = title.split(" ", 1)[0]
    if side not in ("left", "right"):
        return Row(number, title, title, "middle")
    return Row(number, title, f"{side[0]} {title[len(side) + 1 :]}", side)


def _belongs(row: Row, part: str) -> bool:
    if part in ("left", "right"):
        return row.side == part
    plain = row.title.rsplit(" ", 1)[-1]
    kind = "arms" if plain in _ARM else "legs" if plain in _LEG else "trunk"
    if part == "trunk":
        return kind == "trunk" or plain in ("shoulder", "hip")
    return kind == part
