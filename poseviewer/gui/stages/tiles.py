"""What lies under the pointer in the grid of the Stages dock; no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.stage import kind_of
from poseviewer.draw.tiles import tile_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageGroup
    from poseviewer.draw.tile import Row, Tile


def places_of(
    point: tuple[float, float],
    result: FrameResult,
    *,
    rows: Sequence[Row],
    groups: Sequence[StageGroup],
    seen: tuple[Sequence[int], Sequence[int]],
) -> list[tuple[int, int, float, float]]:
    """The places of a frame pixel in the visible tiles.

    Returns:
        Row, column and place, 0 to 1 across and down, of each tile that it lies in.
    """
    places = []
    for column in seen[1]:
        known: dict[object, tuple[float, float]] = {}
        for row in seen[0]:
            shown = rows[row]
            # All maps of a stage lie on the frame alike.
            key = shown.kind if kind_of(shown.kind).mapped else shown
            if key not in known:
                tile = tile_of(result, row=shown, group=groups[column])
                u, v = (-1.0, -1.0) if tile is None else tile.place(np.array(point)).tolist()
                known[key] = u, v
            u, v = known[key]
            if 0 <= u <= 1 and 0 <= v <= 1:
                places.append((row, column, u, v))
    return places


@dataclass(frozen=True, slots=True)
class Reading:
    """What lies under the pointer."""

    row: Row
    stage: int
    """Number of the output."""
    cell: tuple[int, int]
    """x, y in the map; 0, 0 without one."""
    value: float
    """As `StageKind.read` gives it; NaN where there is none."""
    frame: tuple[float, float]
    """x, y of the pointer, carried to frame pixels."""
    note: str
    """The value in words."""


def read(tile: Tile, result: FrameResult, *, u: float, v: float) -> Reading:
    """Read a tile at a place, 0 to 1 across and down."""
    width, height = tile.cells
    cell = min(int(u * width), width - 1), min(int(v * height), height - 1)
    kind = kind_of(tile.row.kind)
    value, note = kind.read(result.stage_poses, tile.output, channel=tile.row.channel, cell=cell)
    return Reading(tile.row, tile.output.number, cell, value, tile.at(u, v), note)
