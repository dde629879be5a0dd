"""Activations of many channels as one picture of tiles: sizes by lightness, signs by hue."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from poseviewer.draw.colour import lut32

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.draw.mosaic import Grid

_TINY = 1e-12


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

    Values below zero anywhere make all tiles signed: blue below zero, orange above, nearly black
    at zero. Cells are drawn as they are, not smoothed: a layer has no values between them.

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
    share = known / np.maximum(tops, _TINY)[:, None, None]
    level = np.rint(share * 127.5 + 127.5 if signed else share * 255).astype(np.uint8)
    shrinks = values.shape[2] > grid.tile[0] or values.shape[1] > grid.tile[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_NEAREST
    for number, plane in enumerate(level):
        left, top = grid.corner(number // grid.columns, number % grid.columns)
        tile = cv2.resize(plane, grid.tile, interpolation=how)
        picture[top : top + grid.tile[1], left : left + grid.tile[0]] = table[tile]
    return picture, TileRange(signed=signed, high=high)
