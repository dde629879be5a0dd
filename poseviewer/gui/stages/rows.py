"""Which rows of tiles the Stages dock shows; no Qt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.core.stage import BACKGROUND, kind_of
from poseviewer.draw.kinds import painter_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from poseviewer.core.stage import StageGroup, StageSpec
    from poseviewer.draw.tile import Row

PARTS = ("arms", "legs", "trunk", "right", "left")
"""Groups of joints and limbs that can be shown together, besides `all`, `joints`, `limbs`,
`channels`, `sum` and single ones."""

_SUBJECTS = ("joint", "limb", "channel")
"""In the order of their rows."""

_ARM = ("shoulder", "elbow", "wrist")
_LEG = ("hip", "knee", "ankle")


def rows_for(stages: Sequence[StageSpec], *, show: str) -> tuple[Row, ...]:
    """The rows for the stages of a network: those of all at once, then each joint and limb.

    Args:
        stages: What it promises; of every kind the last one counts.
        show: `all`, `sum` (those of all at once), `joints`, `limbs`, `channels`, one of `PARTS`,
            or a row's name; of a name that this network lacks, everything.
    """
    last = {spec.kind: spec for spec in stages}
    # What joints are read from comes first of its subject.
    specs = sorted(
        last.values(),
        key=lambda spec: (_SUBJECTS.index(spec.meaning.subject), not spec.meaning.answers),
    )
    rows = [row for spec in specs for row in painter_of(spec.kind).rows(spec)]
    sums = [row for row in rows if row.channel is None]
    single = [row for row in rows if row.channel is not None and row.name != BACKGROUND]
    if show == "sum":
        return tuple(sums)
    if show in PARTS:
        return tuple(row for row in single if _belongs(row, show))
    chosen = [row for row in rows if row.name == show]
    if not chosen:
        chosen = [row for row in sums + single if f"{kind_of(row.kind).subject}s" == show]
    return tuple(chosen or sums + single)


def subjects_of(stages: Sequence[StageSpec]) -> tuple[str, ...]:
    """What the rows of a network are about, in their order: `joint`, `limb`, `channel`."""
    found = {spec.meaning.subject for spec in stages}
    return tuple(subject for subject in _SUBJECTS if subject in found)


def columns_of(groups: Sequence[StageGroup], kinds: Collection[str]) -> tuple[StageGroup, ...]:
    """The stages that have something to show of any of some kinds."""
    return tuple(group for group in groups if any(kind in kinds for kind, _ in group.parts))


def _belongs(row: Row, part: str) -> bool:
    subject = kind_of(row.kind).subject
    if part in ("left", "right"):
        return row.side == part
    if subject == "limb":
        arm = row.label.endswith(("upper arm", "forearm"))
        leg = row.label.endswith(("thigh", "shin"))
        return part == ("arms" if arm else "legs" if leg else "trunk")
    plain = row.name.rpartition("_")[2]
    where = "arms" if plain in _ARM else "legs" if plain in _LEG else "trunk"
    if part == "trunk":
        return subject == "joint" and (where == "trunk" or plain in ("shoulder", "hip"))
    return where == part
