"""What is marked on the tiles of the Stages dock: peaks, limbs, ways and boxes; no Qt."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.draw.fields import arrows
from poseviewer.draw.maps import top_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.core.result import FrameResult
    from poseviewer.gui.stages.rows import Row
    from poseviewer.gui.stages.tiles import Tile

_MOST_FAINT = 30
"""Connections that were weighed and not taken, drawn on one tile at most."""


_SPACING = 9.0
"""Least logical pixels from arrow to arrow."""

_LARGEST = 0.9
"""Width of a box, in tiles, beyond which it would only repeat the tile's own edge."""


@dataclass(frozen=True, slots=True)
class Ring:
    """A joint, or the candidate for one, beside the best person's."""

    row: int
    column: int
    place: tuple[float, float]
    """0 to 1 across and down the tile."""
    strong: bool


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line on a tile."""

    row: int
    column: int
    start: tuple[float, float]
    """0 to 1 across and down the tile."""
    end: tuple[float, float]
    strong: bool
    arrow: bool = False
    """Whether it has a head at its end: a joint was moved there."""


@dataclass(frozen=True, slots=True)
class Frame:
    """An upright box on a tile: where the next stage looks."""

    row: int
    column: int
    corner: tuple[float, float]
    """Left and top, 0 to 1 across and down the tile."""
    size: tuple[float, float]
    side: str


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """What is written on the tiles that can be seen."""

    rows: tuple[Row, ...]
    columns: tuple[int, ...]

    peaks: NDArray[np.float64]
    """(rows, columns, 2) where the decoder put the joint, 0 to 1 across and down the tile; NaN
    where it found none, or where the row is no joint."""

    strong: NDArray[np.bool_]
    """(rows, columns) whether the joint passed the confidence gate."""

    values: NDArray[np.float32]
    """(rows, columns) the greatest belief, the longest vector or the confidence; NaN where the
    stage was not asked for."""

    rings: list[Ring] = field(default_factory=list)
    strokes: list[Stroke] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)

    arrows: list[Stroke] = field(default_factory=list)
    """Of fields, where they were asked for."""


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
            if tile is not None:
                _mark(marks, row, column, tile, result, gate)
    return marks


def arrows_of(
    tiles: Sequence[Sequence[Tile | None]], highs: NDArray[np.floating], *, width: float
) -> list[Stroke]:
    """Arrows on the tiles of fields, no denser than can be told apart.

    Args:
        tiles: By row and column.
        highs: The strength drawn as the strongest of each.
        width: Of a tile, logical pixels.
    """
    strokes = []
    for row, line in enumerate(tiles):
        for column, tile in enumerate(line):
            if tile is None or tile.values is None or tile.values.ndim != 3:
                continue
            cells = np.array(tile.cells)
            step = max(1, ceil(_SPACING * cells[0] / width))
            ends = arrows(tile.values, high=float(highs[row, column]), step=step)
            starts, tips = (((end + 0.5) / cells).tolist() for end in ends)
            strokes += [
                Stroke(row, column, (ax, ay), (bx, by), strong=True, arrow=True)
                for (ax, ay), (bx, by) in zip(starts, tips, strict=True)
            ]
    return strokes


def _mark(
    marks: Marks, row: int, column: int, tile: Tile, result: FrameResult, gate: float
) -> None:
    if tile.values is not None:
        marks.values[row, column] = top_of(tile.values)
    number = tile.output.number
    if number >= len(result.stage_poses):
        return
    if tile.row.kind == "coords":
        _mark_ways(marks, row, column, tile, result, gate)
    elif tile.row.kind == "paf":
        _mark_limbs(marks, row, column, tile, result)
    else:
        _mark_peaks(marks, row, column, tile, result, gate)


def _mark_peaks(
    marks: Marks, row: int, column: int, tile: Tile, result: FrameResult, gate: float
) -> None:
    poses, channel = result.stage_poses[tile.output.number], tile.row.channel
    # The background and the sum of all joints are not joints: nothing was decoded.
    if channel is None or channel >= len(poses.skeleton.joints):
        return
    if len(poses):
        places = tile.place(poses.xy[:, channel])
        sure = poses.score[:, channel] >= gate
        marks.peaks[row, column], marks.strong[row, column] = places[0], sure[0]
        marks.rings.extend(
            Ring(row, column, (u, v), bool(strong))
            for (u, v), strong in zip(places[1:].tolist(), sure[1:], strict=True)
            if np.isfinite(u)
        )
    if tile.output.number >= len(result.parsings):
        return
    parsing = result.parsings[tile.output.number]
    nobodys = parsing.candidates.joint == channel
    nobodys[parsing.people[parsing.people >= 0]] = False
    marks.rings.extend(
        Ring(row, column, (u, v), strong=False)
        for u, v in tile.place(parsing.candidates.xy[nobodys]).tolist()
    )


def _mark_limbs(marks: Marks, row: int, column: int, tile: Tile, result: FrameResult) -> None:
    if tile.output.number >= len(result.parsings):
        return
    parsing, limbs = result.parsings[tile.output.number], result.poses.skeleton.limbs
    taken = np.zeros(len(parsing.limbs), bool)
    taken[parsing.taken] = True
    shown = parsing.limbs.score > 0
    if tile.row.channel is None:
        shown &= taken
    else:
        channels = np.array([limb.channel for limb in limbs])
        shown &= channels[parsing.limbs.limb] == tile.row.channel
    chosen = np.flatnonzero(shown)
    # The taken ones last, on top; of the others the best.
    chosen = chosen[np.lexsort((parsing.limbs.score[chosen], taken[chosen]))]
    chosen = chosen[-(_MOST_FAINT + int(taken[chosen].sum())) :]
    places = tile.place(parsing.candidates.xy)
    for limb in chosen.tolist():
        start = places[parsing.limbs.start[limb]].tolist()
        end = places[parsing.limbs.end[limb]].tolist()
        marks.strokes.append(
            Stroke(row, column, (start[0], start[1]), (end[0], end[1]), bool(taken[limb]))
        )


def _mark_ways(
    marks: Marks, row: int, column: int, tile: Tile, result: FrameResult, gate: float
) -> None:
    number, channel = tile.output.number, tile.row.channel
    poses = result.stage_poses[number]
    if not len(poses):
        return
    joints = range(len(poses.skeleton.joints)) if channel is None else [channel]
    places, sure = tile.place(poses.xy[0]), poses.score[0] >= gate
    before = tile.place(result.stage_poses[number - 1].xy[0]) if number else None
    for joint in joints:
        (u, v), strong = places[joint].tolist(), bool(sure[joint])
        if before is not None:
            x, y = before[joint].tolist()
            marks.strokes.append(Stroke(row, column, (x, y), (u, v), strong, arrow=True))
        if channel is None:
            marks.rings.append(Ring(row, column, (u, v), strong))
    if channel is None:
        return
    marks.peaks[row, column], marks.strong[row, column] = places[channel], sure[channel]
    marks.values[row, column] = poses.score[0, channel]
    later = result.stage(number + 1)
    if later is not None and later.spec.kind == "coords":
        width = later.to_frame[0, 0] / tile.to_frame[0, 0]
        height = later.to_frame[1, 1] / tile.to_frame[1, 1]
        if width > _LARGEST:
            return
        u, v = places[channel].tolist()
        corner = (u - width / 2, v - height / 2)
        side = poses.skeleton.side(channel)
        marks.frames.append(Frame(row, column, corner, (float(width), float(height)), side))
