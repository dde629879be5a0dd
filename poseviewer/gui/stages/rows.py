"""Which maps the Stages dock shows, one a row; no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from poseviewer.core.stage import StageGroup, StageKind, StageSpec

PARTS = ("arms", "legs", "trunk", "right", "left")
"""Groups of joints that can be shown together, besides `all`, `joints`, `limbs`, `sum` and
single channels."""

_ARM = ("shoulder", "elbow", "wrist")
_LEG = ("hip", "knee", "ankle")
_BACKGROUND = "background"
_LIMBS = {
    ("shoulder", "elbow"): "upper arm",
    ("elbow", "wrist"): "forearm",
    ("hip", "knee"): "thigh",
    ("knee", "ankle"): "shin",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One row of tiles: a channel, or the strongest of all joints in each cell."""

    channel: int | None
    """Of the stage's output, of a field that of the x component; None for all at once."""

    title: str
    """In full, such as `right wrist`."""

    label: str
    """As it stands beside the tiles, such as `r wrist`."""

    side: str
    """`left`, `right` or `middle`."""

    kind: StageKind = "heatmap"
    """Which output of a stage it shows."""


def rows_of(
    channels: tuple[str, ...],
    *,
    show: str,
    kind: StageKind = "heatmap",
    fields: tuple[str, ...] = (),
) -> tuple[Row, ...]:
    """The rows for a choice.

    Args:
        channels: Names of a stage's joints, then perhaps `background`.
        show: `all` (the sums, then each joint and limb), `joints`, `limbs`, `sum`, one of
            `PARTS`, or a channel's name; of a channel that this network lacks, everything.
        kind: What the joints are told by: belief maps or coordinates.
        fields: Names of a stage's field components, such as `neck-nose x`.
    """
    joints = tuple(_row(number, name, kind) for number, name in enumerate(channels))
    limbs = tuple(_limb(number, fields[number]) for number in range(0, len(fields), 2))
    together = (Row(None, "all joints", "all joints", "middle", kind),) if channels else ()
    bundled = (Row(None, "all limbs", "all limbs", "middle", "paf"),) if fields else ()
    plain = tuple(row for row in joints if channels[row.channel or 0] != _BACKGROUND)
    if show == "sum":
        return together + bundled
    if show in PARTS:
        return tuple(row for row in plain + limbs if _belongs(row, show))
    if show in channels:
        return (joints[channels.index(show)],)
    if show in fields:
        return (limbs[fields.index(show) // 2],)
    if show == "joints" and fields:
        return together + plain
    if show == "limbs" and fields:
        return bundled + limbs
    return together + bundled + plain + limbs


def rows_for(stages: Sequence[StageSpec], *, show: str) -> tuple[Row, ...]:
    """The rows for the stages of a network.

    Args:
        stages: What it promises.
        show: As `rows_of` takes it.
    """
    plain = next((spec for spec in reversed(stages) if spec.kind != "paf"), None)
    channels, kind = (plain.channels, plain.kind) if plain is not None else ((), "heatmap")
    return rows_of(channels, show=show, kind=kind, fields=fields_of(stages))


def fields_of(stages: Sequence[StageSpec]) -> tuple[str, ...]:
    """The names of the components of a network's fields; empty where it has none."""
    return next((spec.channels for spec in reversed(stages) if spec.kind == "paf"), ())


def columns_of(groups: Sequence[StageGroup], kinds: Collection[str]) -> tuple[StageGroup, ...]:
    """The stages that have something to show of any of some kinds."""
    return tuple(group for group in groups if any(kind in kinds for kind, _ in group.parts))


def _row(number: int, name: str, kind: StageKind) -> Row:
    side, plain = _sided(name)
    label = plain if side == "middle" else f"{side[0]} {plain}"
    return Row(number, name.replace("_", " "), label, side, kind)


def _limb(number: int, name: str) -> Row:
    """The row of a limb, from the name of its x component."""
    start, end = name.removesuffix(" x").split("-", 1)
    ends = _sided(start), _sided(end)
    sides = {side for side, _ in ends} - {"middle"}
    side = sides.pop() if len(sides) == 1 else "middle"
    plain = _LIMBS.get((ends[0][1], ends[1][1]), f"{ends[0][1]}-{ends[1][1]}")
    title = f"{start.replace('_', ' ')} to {end.replace('_', ' ')}"
    return Row(number, title, plain if side == "middle" else f"{side[0]} {plain}", side, "paf")


def _sided(name: str) -> tuple[str, str]:
    """The side of a joint and the rest of its name."""
    side, _, rest = name.partition("_")
    if side in ("left", "right"):
        return side, rest.replace("_", " ")
    return "middle", name.replace("_", " ")


def _belongs(row: Row, part: str) -> bool:
    if part in ("left", "right"):
        return row.side == part
    if row.kind == "paf":
        arm = row.label.endswith(("upper arm", "forearm"))
        leg = row.label.endswith(("thigh", "shin"))
        return part == ("arms" if arm else "legs" if leg else "trunk")
    plain = row.title.rsplit(" ", 1)[-1]
    kind = "arms" if plain in _ARM else "legs" if plain in _LEG else "trunk"
    if part == "trunk":
        return kind == "trunk" or plain in ("shoulder", "hip")
    return kind == part
