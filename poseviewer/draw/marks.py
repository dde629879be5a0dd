"""The marks on the tiles of stages: peaks, limbs, arrows and boxes."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.stage import kind_of
from poseviewer.draw.kinds import painter_of
from poseviewer.draw.tile import Marks, Stroke

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.core.result import FrameResult
    from poseviewer.draw.tile import Row, Tile

_SPACING = 9.0
"""Least logical pixels from arrow to arrow."""


def marks_of(
    result: FrameResult,
    tiles: Sequence[Sequence[Tile | None]],
    *,
    rows: Sequence[Row],
    columns: Sequence[int],
    gate: float,
) -> Marks:
    """The marks of some tiles.

    Args:
        result: What they show.
        tiles: By row and column.
        rows: Of the tiles.
        columns: Their numbers.
        gate: Joints below this confidence are weak.
    """
    shape = len(rows), len(columns)
    marks = Marks(
        tuple(rows),
        tuple(columns),
        np.full((*shape, 2), np.nan),
        np.ones(shape, bool),
        np.full(shape, np.nan, np.float32),
    )
    for row, line in enumerate(tiles):
        for column, tile in enumerate(line):
            if tile is None:
                continue
            if tile.values is not None:
                marks.values[row, column] = kind_of(tile.row.kind).top(tile.values)
            if tile.output.number < len(result.stage_poses):
                painter_of(tile.row.kind).mark(marks, (row, column), tile, result, gate=gate)
    return marks


def arrows_of(
    tiles: Sequence[Sequence[Tile | None]], highs: NDArray[np.floating], *, width: float
) -> list[Stroke]:
    """Arrows on the tiles of vectors, no denser than can be distinguished.

    Args:
        tiles: By row and column.
        highs: The length drawn as the strongest of each.
        width: Of a tile, logical pixels.
    """
    strokes = []
    for row, line in enumerate(tiles):
        for column, tile in enumerate(line):
            if tile is None or tile.values is None or tile.values.shape[:-2] != (2,):
                continue
            cells = np.array(tile.cells)
            step = max(1, ceil(_SPACING * cells[0] / width))
            ends = painter_of(tile.row.kind).arrow_ends(
                tile.output,
                tile.row.channel,
                tile.values,
                high=float(highs[row, column]),
                step=step,
            )
            starts, tips = (((end + 0.5) / cells).tolist() for end in ends)
            strokes += [
                Stroke(row, column, (ax, ay), (bx, by), strong=True, arrow=True)
                for (ax, ay), (bx, by) in zip(starts, tips, strict=True)
            ]
    return strokes
