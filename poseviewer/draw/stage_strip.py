"""One joint at every stage, or over time, as one strip of tiles."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np

from poseviewer.core.affine import Box, apply, box_to_frame, compose, invert
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
    short: str = ""
    """The same where there is little room; as the title where empty."""
    beneath: NDArray[np.uint8] | None = None
    """The region in grey, in any size, where the pixels of the frame are not at hand."""
    window: Box | None = None
    """The part of the frame that is shown, frame pixels; the whole region where None."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What one tile looks like."""

    tile: Tile | None
    """None where the stage was not asked for."""

    high: float
    """The value at the end of the colours."""

    difference: NDArray[np.float32] | None
    """What is drawn from -high to high instead of the tile's values, in the same cells (h, w)."""

    marks: Marks | None
    """Strokes and boxes of one tile."""

    @property
    def change(self) -> tuple[float, float] | None:
        """The greatest loss and the greatest gain; None where no difference is drawn."""
        if self.difference is None:
            return None
        low = np.fmin.reduce(self.difference, axis=None)
        return min(float(low), 0.0), max(float(np.fmax.reduce(self.difference, axis=None)), 0.0)

    def value(self, u: float, v: float) -> float | None:
        """What is drawn at a place of the tile, 0 to 1; None without a map there."""
        shown = None if self.tile is None else self.tile.values
        if self.difference is not None:
            shown = self.difference
        if shown is None or not (0 <= u < 1 and 0 <= v < 1):
            return None
        height, width = shown.shape[-2:]
        here = shown[..., int(v * height), int(u * width)]
        return float(here if here.ndim == 0 else np.linalg.norm(here))


@dataclass(frozen=True, slots=True, eq=False)
class Strip:
    """All tiles side by side as one image."""

    pixels: NDArray[np.uint32]
    """(h, n * w) of 0xffRRGGBB."""

    pictures: tuple[Picture, ...]

    beneath: NDArray[np.uint8]
    """What lies under the last tile in grey, (h, w)."""


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
    out: NDArray[np.uint32] | None = None,
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
        out: Pixels of a strip that is seen no more, to write into where the size fits: new memory
            takes as long to get as a tile to colour.
    """
    # Here, not at the top: the mosaic needs OpenCV, the first paint of the window does not.
    from poseviewer.draw.mosaic import Grid, mosaic
    from poseviewer.draw.stage_mosaic import stage_mosaic

    results = [one.result if one.window is None else _part(one.result, one.window) for one in shown]
    tiles = [
        tile_of(result, row=row, group=one.group)
        for one, result in zip(shown, results, strict=True)
    ]
    changes: list[NDArray[np.float32] | None] = [None] * len(tiles)
    if mode == "change":
        changes[1:] = [change_of(*pair) for pair in pairwise(tiles)]
    highs = _highs(tiles, changes, row=row, own_range=own_range)
    width, height = size
    whole = height, width * len(shown)
    pixels = out if out is not None and out.shape == whole else np.empty(whole, np.uint32)
    pictures = []
    known: dict[tuple[int, Box], NDArray[np.uint8]] = {}
    """Grey pictures, by frame and part of it: those of all stages are mostly one."""
    each = zip(shown, results, tiles, changes, highs, strict=True)
    for at, (one, result, tile, change, high) in enumerate(each):
        box = one.result.region if tile is None else _box(tile)
        key = one.result.frame.index, box
        if key not in known:
            known[key] = _beneath(one, box, size)
        beneath = known[key]
        part = pixels[:, at * width : (at + 1) * width]
        marks = None
        if change is None:
            made = stage_mosaic(
                result,
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
                beneath=beneath,
                out=part,
            )
            marks = made.marks
        else:
            # The middle of the colours is no change; the ends are `high` in either direction.
            level = np.asarray((np.nan_to_num(change) / high + 1) / 2, np.float32)
            mosaic(
                [[level]],
                grid=Grid(1, 1, size, 0),
                colormap="signed",
                highs=np.ones((1, 1)),
                beneath=beneath,
                out=part,
            )
        pictures.append(Picture(tile, high, change, marks))
    return Strip(pixels, tuple(pictures), beneath)


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


def grey_region(
    result: FrameResult, *, longest: int, known: NDArray[np.uint8] | None = None
) -> NDArray[np.uint8]:
    """The region of a frame in grey, as a `Shown` takes it.

    Args:
        result: Of the frame.
        longest: Pixels of the longer side, at most.
        known: The same in another size, where there is one.
    """
    from poseviewer.draw.mosaic import thumbnail

    if known is not None and max(known.shape) <= longest:
        return known
    region = result.region
    scale = longest / max(region.width, region.height)
    size = max(round(region.width * scale), 1), max(round(region.height * scale), 1)
    if known is None:
        return thumbnail(result.frame.pixels, region, tile=size)
    import cv2

    return np.asarray(cv2.resize(known, size, interpolation=cv2.INTER_AREA), np.uint8)


def _part(result: FrameResult, window: Box) -> FrameResult:
    """The same with no more of its maps than the cells that a box of the frame touches."""
    outputs = []
    for output in result.stages:
        height, width = output.values.shape[1:]
        corners = np.array(
            [(window.x, window.y), (window.x + window.width, window.y + window.height)]
        )
        low, high = apply(invert(output.to_frame), corners)
        left, top = (int(max(np.rint(side), 0)) for side in low)
        right, bottom = (
            int(min(np.rint(side) + 1, most))
            for side, most in zip(high, (width, height), strict=True)
        )
        if not output.spec.meaning.mapped or right - left < 2 or bottom - top < 2:
            outputs.append(output)
            continue
        to_frame = compose(output.to_frame, np.array([[1.0, 0.0, left], [0.0, 1.0, top]]))
        values = output.values[:, top:bottom, left:right]
        outputs.append(replace(output, values=values, to_frame=to_frame))
    return replace(result, stages=tuple(outputs))


def _box(tile: Tile) -> Box:
    """The part of the frame that a tile shows."""
    scale = tile.to_frame
    return Box(float(scale[0, 2]), float(scale[1, 2]), float(scale[0, 0]), float(scale[1, 1]))


def _beneath(one: Shown, box: Box, size: tuple[int, int]) -> NDArray[np.uint8]:
    import cv2

    from poseviewer.draw.mosaic import thumbnail

    if one.beneath is None:
        return thumbnail(one.result.frame.pixels, box, tile=size)
    high, wide = one.beneath.shape
    to_stored = compose(
        invert(box_to_frame(one.result.region, size=(wide, high))), box_to_frame(box, size=size)
    )
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    grey = cv2.warpAffine(one.beneath, to_stored, size, flags=flags)
    return np.asarray(grey, np.uint8)
