"""What a tile of the Stages dock shows of a result, and which frame pixels lie in it; no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, degrees, hypot
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.affine import Box, apply, compose, invert
from poseviewer.draw.maps import belief, field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageGroup, StageOutput
    from poseviewer.gui.stages.rows import Row


@dataclass(frozen=True, slots=True, eq=False)
class Tile:
    """One joint or limb at one stage."""

    row: Row

    output: StageOutput

    to_frame: NDArray[np.float64]
    """2x3 affine from places in the tile, 0 to 1 across and down, to frame pixels."""

    values: NDArray[np.float32] | None = None
    """A belief map (h, w) or the vectors of a field (2, h, w); None for a picture."""

    picture: Box | None = None
    """Which part of the frame a tile of coordinates shows, frame pixels."""

    @property
    def cells(self) -> tuple[int, int]:
        """Width and height of the map; 1 x 1 for a picture."""
        if self.values is None:
            return 1, 1
        height, width = self.values.shape[-2:]
        return width, height

    def at(self, u: float, v: float) -> tuple[float, float]:
        """The frame pixel at a place in the tile."""
        x, y = apply(self.to_frame, np.array([u, v])).tolist()
        return x, y

    def place(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Frame pixels (..., 2) as places in the tile."""
        return apply(invert(self.to_frame), points)


def tile_of(result: FrameResult, *, row: Row, group: StageGroup) -> Tile | None:
    """The tile of a row in the column of a stage; None where it was not asked for."""
    number = group.number(row.kind)
    output = None if number is None else result.stage(number)
    if output is None or output.spec.kind != row.kind:
        return None
    if row.channel is not None and row.channel >= len(output.values):
        return None
    if row.kind == "coords":
        box = looked_at(result, output, row.channel)
        to_frame = np.array([[box.width, 0.0, box.x], [0.0, box.height, box.y]])
        return Tile(row, output, to_frame, picture=box)
    show = field if row.kind == "paf" else belief
    values = show(output, channel=row.channel)
    return Tile(row, output, _from_edges(output), values)


def tiles_of(
    result: FrameResult, *, rows: Sequence[Row], groups: Sequence[StageGroup]
) -> list[list[Tile | None]]:
    """The tiles of some rows and columns."""
    return [[tile_of(result, row=row, group=group) for group in groups] for row in rows]


def looked_at(result: FrameResult, output: StageOutput, channel: int | None) -> Box:
    """The box in which a stage of coordinates looked for a joint.

    The first stage looks at the whole region for all of them; so is what all later ones see
    together shown.
    """
    if output.number == 0 or channel is None:
        return result.region
    x, y = result.stage_poses[output.number - 1].xy[0, channel].tolist()
    return Box.centred(x, y, float(output.to_frame[0, 0]), float(output.to_frame[1, 1]))


def shape_of(result: FrameResult) -> float | None:
    """Height over width of the tiles; None where the result has nothing for them."""
    for output in result.stages:
        if output.spec.kind in ("heatmap", "paf"):
            height, width = output.values.shape[1:]
            return float(height / width)
        if output.spec.kind == "coords":
            return result.region.height / result.region.width
    return None


def places_of(
    point: tuple[float, float],
    result: FrameResult,
    *,
    rows: Sequence[Row],
    groups: Sequence[StageGroup],
    seen: tuple[Sequence[int], Sequence[int]],
) -> list[tuple[int, int, float, float]]:
    """Where a frame pixel lies in the tiles that can be seen.

    Returns:
        Row, column and place, 0 to 1 across and down, of each tile that it lies in.
    """
    places = []
    for column in seen[1]:
        known: dict[object, tuple[float, float]] = {}
        for row in seen[0]:
            shown = rows[row]
            # All maps of a stage lie on the frame alike.
            key = shown if shown.kind == "coords" else shown.kind
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
    """x, y in the map; 0, 0 in a picture."""
    value: float
    """The tensor's own value in that cell, of a field the vector's length, of coordinates the
    joint's confidence; NaN where there is none."""
    frame: tuple[float, float]
    """x, y of the pointer, carried to frame pixels."""
    note: str
    """The value in words."""


def read(tile: Tile, result: FrameResult, *, u: float, v: float) -> Reading:
    """What a tile says at a place, 0 to 1 across and down."""
    width, height = tile.cells
    cell = min(int(u * width), width - 1), min(int(v * height), height - 1)
    value, note = _said(tile, result, cell)
    return Reading(tile.row, tile.output.number, cell, value, tile.at(u, v), note)


def _said(tile: Tile, result: FrameResult, cell: tuple[int, int]) -> tuple[float, str]:
    x, y = cell
    if tile.values is None:
        return _moved(tile, result)
    if tile.values.ndim == 3:
        right, down = tile.values[:, y, x].tolist()
        # Counted as in the picture of a protractor: to the right is 0, upwards 90.
        way = f" towards {degrees(atan2(-down, right)) % 360:.0f}°"
        return hypot(right, down), f"strength {hypot(right, down):.3f}{way}   cell {x}, {y}"
    value = float(tile.values[y, x])
    return value, f"belief {value:.3f}   cell {x}, {y}"


def _moved(tile: Tile, result: FrameResult) -> tuple[float, str]:
    number, channel = tile.output.number, tile.row.channel
    if channel is None:
        return float("nan"), "all joints"
    score = float(result.stage_poses[number].score[0, channel])
    if number == 0:
        return score, f"confidence {score:.2f}"
    way = result.stage_poses[number].xy[0, channel] - result.stage_poses[number - 1].xy[0, channel]
    return score, f"confidence {score:.2f}   moved {float(np.hypot(*way)):.1f} px"


def _from_edges(output: StageOutput) -> NDArray[np.float64]:
    """From places 0 to 1 across a map, edge to edge, to frame pixels."""
    height, width = output.values.shape[1:]
    return compose(output.to_frame, np.array([[width, 0.0, -0.5], [0.0, height, -0.5]]))
