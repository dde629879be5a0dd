"""Tiles of stages with their marks: the same image in the window and in a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.draw.kinds import painter_of
from poseviewer.draw.marks import marks_of
from poseviewer.draw.mosaic import Grid, cut, mosaic, paste, ranges, thumbnail
from poseviewer.draw.tiles import tiles_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.core.affine import Box
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageGroup
    from poseviewer.draw.mosaic import Span
    from poseviewer.draw.tile import Marks, Row, Tile


@dataclass(frozen=True, slots=True, eq=False)
class StageMosaic:
    """An image of tiles, and what is written on them."""

    pixels: NDArray[np.uint32]
    """(h, w) of 0xffRRGGBB."""

    marks: Marks

    highs: NDArray[np.float64]
    """(rows, columns) the value of each tile that is drawn as the strongest."""

    tiles: list[list[Tile | None]]


def stage_mosaic(
    result: FrameResult,
    *,
    rows: Sequence[Row],
    groups: Sequence[StageGroup],
    columns: Sequence[int],
    tile: tuple[int, int],
    gap: int,
    colormap: str,
    span: Span,
    gate: float,
    high: float | None = None,
    background: int = 0xFF14161A,
    beneath: NDArray[np.uint8] | None = None,
    out: NDArray[np.uint32] | None = None,
) -> StageMosaic:
    """Compose the image of some rows at some stages.

    Args:
        result: What is shown.
        rows: Of the image.
        groups: All stages.
        columns: Numbers of the stages that are columns of the image.
        tile: Width and height of a tile, pixels.
        gap: Pixels between tiles.
        colormap: Of beliefs.
        span: Which tiles share a range.
        gate: Joints below this confidence are weak.
        high: The value drawn as the strongest in every tile; by `span` where None.
        background: 0xffRRGGBB of the gaps.
        beneath: What `mosaic.thumbnail` gives for the region and a tile, where it is known.
        out: An array of the image's size to write into.
    """
    tiles = tiles_of(result, rows=rows, groups=[groups[column] for column in columns])
    marks = marks_of(result, tiles, rows=rows, columns=columns, gate=gate)
    highs = np.full(marks.values.shape, high) if high else highs_of(marks, span=span)
    # The pictures first, so that the mosaic draws no tile that has one.
    pictures = _pictures(tiles, result, highs, size=tile, colormap=colormap)
    grid = Grid(len(rows), len(columns), tile, gap)
    if beneath is None:
        beneath = thumbnail(result.frame.pixels, result.region, tile=tile)
    pixels = mosaic(
        [
            [
                None if one is None or (row, column) in pictures else one.values
                for column, one in enumerate(line)
            ]
            for row, line in enumerate(tiles)
        ],
        grid=grid,
        colormap=colormap,
        highs=highs,
        beneath=beneath,
        background=background,
        out=out,
    )
    for (row, column), picture in pictures.items():
        paste(pixels, picture, grid=grid, row=row, column=column)
    for row, one in enumerate(rows):
        for column, number in enumerate(columns):
            # What a stage never has looks different from what is not here yet.
            if groups[number].number(one.kind) is None:
                left, top = grid.corner(row, column)
                pixels[top : top + tile[1], left : left + tile[0]] = background
    return StageMosaic(pixels, marks, highs, tiles)


def highs_of(marks: Marks, *, span: Span) -> NDArray[np.float64]:
    """The value of each tile that is drawn as the strongest: kinds do not share ranges."""
    kinds = [row.kind for row in marks.rows]
    highs = np.empty(marks.values.shape)
    for kind in set(kinds):
        rows = [row for row, one in enumerate(kinds) if one == kind]
        least = painter_of(kind).least_tile
        highs[rows] = ranges(marks.values[rows], span=span, least=least)
    return highs


def _pictures(
    tiles: Sequence[Sequence[Tile | None]],
    result: FrameResult,
    highs: NDArray[np.float64],
    *,
    size: tuple[int, int],
    colormap: str,
) -> dict[tuple[int, int], NDArray[np.uint8]]:
    """The tiles with an image of their own, by row and column."""
    pictures: dict[tuple[int, int], NDArray[np.uint8]] = {}
    # Every joint of a first stage of coordinates has the same part of the frame.
    made: dict[Box, NDArray[np.uint8]] = {}
    for row, line in enumerate(tiles):
        for column, tile in enumerate(line):
            if tile is None:
                continue
            if tile.box is not None:
                if tile.box not in made:
                    made[tile.box] = cut(result.frame.pixels, tile.box, size=size)
                pictures[row, column] = made[tile.box]
                continue
            high = float(highs[row, column])
            painter = painter_of(tile.row.kind)
            picture = painter.picture(tile, size=size, high=high, colormap=colormap)
            if picture is not None:
                pictures[row, column] = picture
    return pictures
