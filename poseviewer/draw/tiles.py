"""The tiles of a result in a grid of rows (joints) and columns (stages)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.draw.kinds import painter_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageGroup
    from poseviewer.draw.tile import Row, Tile


def tile_of(result: FrameResult, *, row: Row, group: StageGroup) -> Tile | None:
    """The tile of a row in the column of a stage; None where it was not asked for."""
    number = group.number(row.kind)
    output = None if number is None else result.stage(number)
    if output is None or output.spec.kind != row.kind:
        return None
    if row.channel is not None and row.channel >= len(output.values):
        return None
    return painter_of(row.kind).tile(result, output, row)


def tiles_of(
    result: FrameResult, *, rows: Sequence[Row], groups: Sequence[StageGroup]
) -> list[list[Tile | None]]:
    """The tiles of some rows and columns."""
    return [[tile_of(result, row=row, group=group) for group in groups] for row in rows]


def shape_of(result: FrameResult) -> float | None:
    """Height over width of the tiles; None where the result has nothing for them."""
    output = next(iter(result.stages), None)
    return None if output is None else painter_of(output.spec.kind).shape(result, output)
