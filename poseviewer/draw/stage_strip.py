"""One joint at every stage, or over time, as one strip of tiles."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np

from poseviewer.core.affine import compose, invert
from poseviewer.core.stage import kind_of
from poseviewer.draw.kinds import painter_of
from poseviewer.draw.tiles import tile_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageGroup
    from poseviewer.draw.mosaic import Span
    from poseviewer.draw.tile import Marks, Row, Tile

Mode = Literal["maps", "change", "time"]
"""The stages of a frame, what each changed, or one stage over the last frames."""


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What one tile shows."""

    result: FrameResult
    group: StageGroup
    title: str
    """Of the stage, or of the frame."""
    beneath: NDArray[np.uint8] | None = None
    """The region in grey, in any size, where the pixels of the frame are not at hand."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What one tile looks like."""

    tile: Tile | None
    """None where the stage was not asked for."""

    high: float
    """The value at the end of the colours."""

    signed: bool
    """Whether it is a difference, drawn from -high to high."""

    marks: Marks | None
    """Strokes and boxes of one tile."""


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """All tiles side by side as one image."""

    pixels: NDArray[np.uint32]
    """(h, n * w) of 0xffRRGGBB."""

    pictures: tuple[Picture, ...]

    beneath: NDArray[np.uint8]
    """The region of the last tile's frame in grey, (h, w)."""


def strip_of(
    shown: Sequence[Shown],
    *,
    row: Row,
    size: tuple[int, int],
    mode: Mode,
    colormap: str,
    own_range: bool,
    gate: float,
    background: int,
) -> Strip:
    """Compose the tiles.

    Args:
        shown: What each shows; their stages all have something for `row`.
        row: The joint, limb or channel.
        size: Width and height of a tile, pixels.
        mode: In `change`, tiles but the first show the difference to the one before.
        colormap: Of beliefs.
        own_range: Whether each tile uses all colours, rather than sharing one range.
        gate: Joints below this confidence are weak.
        background: 0xffRRGGBB of a tile without anything.
    """
    # Here, not at the top: the mosaic needs OpenCV, the first paint of the window does not.
    from poseviewer.draw.mosaic import Grid, mosaic
    from poseviewer.draw.stage_mosaic import stage_mosaic

    tiles = [tile_of(one.result, row=row, group=one.group) for one in shown]
    changes: list[NDArray[np.float32] | None] = [None] * len(tiles)
    if mode == "change":
        changes[1:] = [change_of(*pair) for pair in pairwise(tiles)]
    highs = _highs(tiles, changes, row=row, own_range=own_range)
    width, height = size
    pixels = np.full((height, width * len(shown)), background, np.uint32)
    pictures = []
    known: tuple[FrameResult, NDArray[np.uint8]] | None = None
    for at, (one, tile, change, high) in enumerate(zip(shown, tiles, changes, highs, strict=True)):
        if known is None or known[0] is not one.result:
            known = one.result, _beneath(one, size)
        part = pixels[:, at * width : (at + 1) * width]
        marks = None
        if change is None:
            made = stage_mosaic(
                one.result,
                rows=[row],
                groups=[one.group],
                columns=(0,),
                tile=size,
                gap=0,
                colormap=colormap,
                span="tile",
                gate=gate,
                high=high,
                background=background,
                beneath=known[1],
            )
            part[:], marks = made.pixels, made.marks
        else:
            # The middle of the colours is no change; the ends are `high` in either direction.
            level = np.asarray((np.nan_to_num(change) / high + 1) / 2, np.float32)
            part[:] = mosaic(
                [[level]],
                grid=Grid(1, 1, size, 0),
                colormap="signed",
                highs=np.ones((1, 1)),
                beneath=known[1],
            )
        pictures.append(Picture(tile, high, change is not None, marks))
    nothing = np.zeros((height, width), np.uint8)
    return Strip(pixels, tuple(pictures), nothing if known is None else known[1])


def change_of(before: Tile | None, after: Tile | None) -> NDArray[np.float32] | None:
    """What a stage added to the map of the one before (h, w), in its own cells.

    Of vectors it is how much longer each became. Where the two have cells of other sizes, the
    first map is sampled in the cells of the second.

    Returns:
        None where either is no map.
    """
    if before is None or after is None or before.values is None or after.values is None:
        return None
    old, new = (_strength(tile.values) for tile in (before, after) if tile.values is not None)
    if old.shape != new.shape or not np.allclose(before.output.to_frame, after.output.to_frame):
        import cv2

        cells = compose(invert(before.output.to_frame), after.output.to_frame)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        old = np.asarray(
            cv2.warpAffine(
                old, cells, new.shape[::-1], flags=flags, borderMode=cv2.BORDER_REPLICATE
            ),
            np.float32,
        )
    return new - old


def _strength(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return values if values.ndim == 2 else np.asarray(np.linalg.norm(values, axis=0), np.float32)


def _highs(
    tiles: Sequence[Tile | None],
    changes: Sequence[NDArray[np.float32] | None],
    *,
    row: Row,
    own_range: bool,
) -> list[float]:
    """The value of each tile at the end of its colours; maps and differences do not share one."""
    from poseviewer.draw.mosaic import ranges

    kind, least = kind_of(row.kind), painter_of(row.kind).least_tile
    tops = np.array(
        [
            np.nan
            if tile is None or tile.values is None
            else kind.top(tile.values)
            if change is None
            else float(np.fmax.reduce(np.abs(change), axis=None))
            for tile, change in zip(tiles, changes, strict=True)
        ]
    )
    for signed in (False, True):
        here = np.array([(change is not None) == signed for change in changes])
        if here.any():
            span: Span = "tile" if own_range else "row"
            tops[here] = ranges(tops[here][None], span=span, least=least)[0]
    return [float(top) for top in tops]


def _beneath(one: Shown, size: tuple[int, int]) -> NDArray[np.uint8]:
    import cv2

    from poseviewer.draw.mosaic import thumbnail

    if one.beneath is None:
        return thumbnail(one.result.frame.pixels, one.result.region, tile=size)
    smaller = one.beneath.shape[1] > size[0]
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(one.beneath, size, interpolation=how), np.uint8)
