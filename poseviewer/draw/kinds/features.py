"""Features: activations unchanged, size as lightness and sign as hue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.draw.colour import lut, lut32
from poseviewer.draw.kinds import StagePainter

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.stage import StageOutput
    from poseviewer.draw.mosaic import Grid
    from poseviewer.draw.tile import Tile

_TINY = 1e-12


class FeaturePainter(StagePainter):
    """Draws activations: cell by cell, signed where a channel of the stage is."""

    name = "features"

    def picture(
        self, tile: Tile, *, size: tuple[int, int], high: float, colormap: str
    ) -> NDArray[np.uint8] | None:
        """A channel, signed where any of the stage has values below zero."""
        assert tile.values is not None
        signed = bool((tile.output.values < 0).any())
        table = lut("signed" if signed else colormap)
        return np.asarray(table[_levels(tile.values, size=size, high=high, signed=signed)])

    def high(self, output: StageOutput, channel: int | None) -> float:
        """Return the channel's own: nothing says that those of a layer are of one scale."""
        return max(self.kind.top(self.kind.shown(output, channel)), self.least_overlay)


PAINTER = FeaturePainter()


def _levels(
    values: NDArray[np.float32], *, size: tuple[int, int], high: float, signed: bool
) -> NDArray[np.uint8]:
    """Return where each pixel of a tile lies in its colours; cells are drawn as they are.

    A layer has no values between its cells. Zero is the middle of the colours where they are
    signed (blue below it, orange above, nearly black at zero), else it is their begin.

    Args:
        values: (h, w); NaN counts as zero.
        size: Width and height of the tile, pixels.
        high: The value at the end of the colours.
        signed: Whether values below zero count.
    """
    # Here, not at the top: the first paint of the window must not wait for OpenCV.
    import cv2

    share = np.nan_to_num(values) / max(high, _TINY)
    level = share * 127.5 + 127.5 if signed else share * 255
    level = np.rint(np.clip(level, 0, 255)).astype(np.uint8)
    shrinks = values.shape[1] > size[0] or values.shape[0] > size[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(level, size, interpolation=how), np.uint8)


@dataclass(frozen=True, slots=True)
class TileRange:
    """What the colours mean."""

    signed: bool
    """Whether zero is the middle of the colours; else it is their begin."""

    high: float
    """The value at the end of the colours; of tiles that have their own, the greatest."""


def activation_mosaic(
    values: NDArray[np.float32],
    *,
    grid: Grid,
    shared: bool = True,
    colormap: str = "inferno",
    background: int = 0xFF14161A,
) -> tuple[NDArray[np.uint32], TileRange]:
    """Channels (n, h, w) as tiles, row by row.

    Values below zero anywhere make all tiles signed.

    Args:
        values: What to draw; NaN counts as zero.
        grid: Has room for at least n tiles.
        shared: One range for all tiles, else each its own.
        colormap: Of `draw.colour`, for channels without values below zero.
        background: 0xffRRGGBB of gaps and empty places.

    Returns:
        (H, W) of 0xffRRGGBB, the layout of QImage.Format_RGB32, and what its colours mean.

    Raises:
        ValueError: `grid` is too small.
    """
    if len(values) > grid.rows * grid.columns:
        msg = f"{len(values)} channels do not fit {grid.rows} x {grid.columns} tiles"
        raise ValueError(msg)
    width, height = grid.size
    picture = np.full((height, width), background, np.uint32)
    if not values.size:
        return picture, TileRange(signed=False, high=0.0)
    known = np.nan_to_num(values)
    signed = bool((known < 0).any())
    tops = np.abs(known).reshape(len(known), -1).max(axis=1).astype(np.float64)
    high = float(tops.max())
    if shared:
        tops[:] = high
    table = lut32("signed" if signed else colormap)
    for number, (plane, top) in enumerate(zip(known, tops.tolist(), strict=True)):
        x, y = grid.corner(number // grid.columns, number % grid.columns)
        tile = table[_levels(plane, size=grid.tile, high=top, signed=signed)]
        picture[y : y + grid.tile[1], x : x + grid.tile[0]] = tile
    return picture, TileRange(signed=signed, high=high)
