"""The joints x stages grid of belief maps as one image, and the layout of its tiles.

One array and one look-up replace dozens of small images: a window draws it in one call.
A map fills its tile from edge to edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from poseviewer.core.affine import Box, box_to_frame
from poseviewer.draw.colour import field_glow_lut32, glow_lut32, pack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Span = Literal["tile", "row", "all"]
"""What shares one range of values: each tile, each row (joint), the whole grid."""

_LEVELS = 256
_SHADES = 64
_TURNS, _STRENGTHS = 64, 32
"""Steps of direction and of strength of a field's vectors."""
_DIM = 0.45
"""The brightness that is left of the frame beneath."""

_AT_ONCE = 1 << 16
"""Pixels of tiles that are drawn one after the other before they are coloured."""

_BLOCK = 1 << 14
"""Pixels that are coloured in one call."""

LEAST_PEAK = 0.05
"""The smallest belief drawn as the end of the colour map, so that noise stays dark."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the tiles of a mosaic lie."""

    rows: int
    columns: int

    tile: tuple[int, int]
    """Width and height of a tile, pixels."""

    gap: int = 4
    """Pixels between tiles; none around the outside."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the whole mosaic, pixels."""
        width = self.columns * (self.tile[0] + self.gap) - self.gap
        height = self.rows * (self.tile[1] + self.gap) - self.gap
        return max(width, 0), max(height, 0)

    def corner(self, row: int, column: int) -> tuple[int, int]:
        """The top-left pixel (x, y) of a tile."""
        return column * (self.tile[0] + self.gap), row * (self.tile[1] + self.gap)


def thumbnail(
    pixels: NDArray[np.uint8], region: Box, *, tile: tuple[int, int]
) -> NDArray[np.uint8]:
    """The region of a frame as a grey image of a tile's size; black outside the frame.

    Args:
        pixels: H x W x 3 RGB.
        region: What the network was shown, frame pixels.
        tile: Width and height, pixels.

    Returns:
        (height, width) uint8; green alone stands for lightness, at a third of the cost.
    """
    if region.width < 2 * tile[0] or region.height < 2 * tile[1]:
        # The four pixels around each place are all there are, or more.
        return _resampled(pixels, region, tile=tile)
    # Three samples across and down a pixel are enough for a dark backdrop: reading the whole
    # region would cost more than the mosaic.
    height, width = pixels.shape[:2]
    x, across = _samples(region.x, region.width, count=3 * tile[0], limit=width)
    y, down = _samples(region.y, region.height, count=3 * tile[1], limit=height)
    # Rows, then columns: a third of the time of both at once.
    green = pixels[..., 1][y][:, x]
    green[~down] = 0
    green[:, ~across] = 0
    return np.asarray(cv2.resize(green, tile, interpolation=cv2.INTER_AREA), np.uint8)


def _samples(
    start: float, length: float, *, count: int, limit: int
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Evenly spaced pixels along one side of a box, and which of them lie in the frame."""
    at = np.rint(start + (np.arange(count) + 0.5) * (length / count)).astype(np.intp)
    return at.clip(0, limit - 1), (at >= 0) & (at < limit)


def _resampled(
    pixels: NDArray[np.uint8], region: Box, *, tile: tuple[int, int]
) -> NDArray[np.uint8]:
    """The region, each pixel of the tile between the four pixels of the frame around it."""
    height, width = pixels.shape[:2]
    left, top = max(int(region.x) - 1, 0), max(int(region.y) - 1, 0)
    part = pixels[
        top : max(int(region.y + region.height) + 2, 0),
        left : max(int(region.x + region.width) + 2, 0),
    ]
    if not part.size or left >= width or top >= height:
        return np.zeros((tile[1], tile[0]), np.uint8)
    to_part = box_to_frame(region, size=tile) - [[0, 0, left], [0, 0, top]]
    grey = cv2.warpAffine(
        cv2.extractChannel(part, 1),
        to_part,
        tile,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=0,
    )
    return np.asarray(grey, np.uint8)


def cut(pixels: NDArray[np.uint8], box: Box, *, size: tuple[int, int]) -> NDArray[np.uint8]:
    """A box of a frame as an image of `size` (width, height); black outside the frame.

    Args:
        pixels: H x W x 3 RGB.
        box: Frame pixels.
        size: Width and height, pixels.
    """
    height, width = pixels.shape[:2]
    left, top = max(int(box.x) - 1, 0), max(int(box.y) - 1, 0)
    part = pixels[
        top : max(int(box.y + box.height) + 2, 0), left : max(int(box.x + box.width) + 2, 0)
    ]
    if not part.size or left >= width or top >= height:
        return np.zeros((size[1], size[0], 3), np.uint8)
    # Halving first, as the networks' own crops do: bilinear sampling alone skips pixels.
    block = 1
    while box.width / size[0] >= 2 * block and min(part.shape[:2]) >= 2:
        part = part[: part.shape[0] // 2 * 2, : part.shape[1] // 2 * 2]
        half = (part.shape[1] // 2, part.shape[0] // 2)
        part = np.asarray(cv2.resize(part, half, interpolation=cv2.INTER_LINEAR), np.uint8)
        block *= 2
    to_part = box_to_frame(box, size=size) / block
    to_part[:, 2] -= (np.array([left, top]) + (block - 1) / 2) / block
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(part, to_part, size, flags=flags, borderMode=cv2.BORDER_CONSTANT), np.uint8
    )


def peaks_of(
    maps: Sequence[Sequence[NDArray[np.floating] | None]],
) -> NDArray[np.float64]:
    """The greatest value or length of every tile (rows, columns): 0 where there is none."""
    sizes = ((_sizes(tile) for tile in row) for row in maps)
    return np.array([[np.fmax.reduce(tile, axis=None) for tile in row] for row in sizes])


def _sizes(tile: NDArray[np.floating] | None) -> NDArray[np.floating]:
    if tile is None:
        return np.zeros(1)
    return tile if tile.ndim == 2 else np.hypot(tile[0], tile[1])


def ranges(
    peaks: NDArray[np.floating], *, span: Span, least: float = LEAST_PEAK
) -> NDArray[np.float64]:
    """The value of every tile that is drawn as the end of the colour map.

    Args:
        peaks: The greatest value of every tile (rows, columns); NaN counts as none.
        span: What shares one range.
        least: The smallest value to be one.
    """
    peaks = np.array(peaks, np.float64)
    if span == "row":
        peaks[:] = np.fmax.reduce(peaks, axis=1, keepdims=True)
    elif span == "all":
        peaks[:] = np.fmax.reduce(peaks, axis=None, initial=0.0)
    return np.asarray(np.fmax(peaks, least), np.float64)


def mosaic(
    maps: Sequence[Sequence[NDArray[np.float32] | None]],
    *,
    grid: Grid,
    colormap: str = "inferno",
    span: Span = "row",
    highs: NDArray[np.floating] | None = None,
    beneath: NDArray[np.uint8] | None = None,
    background: int = 0xFF14161A,
    out: NDArray[np.uint32] | None = None,
) -> NDArray[np.uint32]:
    """The whole grid as one image.

    Args:
        maps: Per row (joint) and column (stage) a belief map (h, w), or the vectors of a field
            (2, h, w); None leaves a tile empty.
        grid: The lay-out.
        colormap: Of `draw.colour`.
        span: What shares one range of values.
        highs: The value of every tile (rows, columns) that is drawn as the end of the colour
            map, where `span` does not decide.
        beneath: A grey thumbnail of the tile's size that the belief glows on.
        background: 0xffRRGGBB of the gaps.
        out: An array of the mosaic's size to write into.

    Returns:
        (H, W) of 0xffRRGGBB, the layout of QImage.Format_RGB32.

    Raises:
        ValueError: `maps` or `beneath` does not fit `grid`.
    """
    width, height = grid.tile
    _check(maps, grid=grid, beneath=beneath)
    shade = np.zeros((height, width), np.uint16)
    if beneath is not None:
        shade = np.rint(beneath * np.float32((_SHADES - 1) / 255)).astype(np.uint16)
    tops = ranges(peaks_of(maps), span=span) if highs is None else highs
    steps = ((_LEVELS - 1) / tops).tolist()
    fields = any(one is not None and one.ndim == 3 for line in maps for one in line)
    table = _table(colormap, fields=fields)
    if out is None:
        out = np.empty(grid.size[::-1], np.uint32)
    if grid.gap:
        out.fill(background)
    # Some rows at a time: few calls, and what they work on stays in the processor's cache.
    many = max(1, min(grid.rows, _AT_ONCE // max(grid.columns * height * width, 1)))
    levels = np.empty((many, grid.columns, height, width), np.uint8)
    index = np.empty(levels.shape, np.intp) if fields else None
    large = np.empty((height, width), np.float32)
    for top in range(0, grid.rows, many):
        here = maps[top : top + many]
        level = levels[: len(here)]
        for part, line, line_steps in zip(level, here, steps[top : top + many], strict=True):
            for tile, values, step in zip(part, line, line_steps, strict=True):
                if values is None or values.ndim == 3:
                    tile.fill(0)
                    continue
                cv2.resize(values, grid.tile, dst=large, interpolation=cv2.INTER_LINEAR)
                # Rounds, and cuts what lies beyond the colours; what is no number becomes 0.
                cv2.addWeighted(large, step, large, 0.0, 0.0, dst=tile, dtype=cv2.CV_8U)
        tiles = _tiles_in(out, grid)[top : top + many]
        if index is None:
            _colour(tiles, level, shade=shade, table=table)
            continue
        at = index[: len(here)]
        np.multiply(level, _SHADES, out=at, dtype=at.dtype)
        at += shade
        _put_fields(at, here, tops[top : top + many], size=grid.tile, shade=shade)
        tiles[:] = np.take(table, at, mode="clip")
    return out


def _colour(
    tiles: NDArray[np.uint32],
    level: NDArray[np.uint8],
    *,
    shade: NDArray[np.uint16],
    table: NDArray[np.uint32],
) -> None:
    """Put the colours of beliefs into `tiles` (rows, columns, h, w), some lines at a time.

    What it works on is so small that its memory is at hand: memory that is new to the process
    takes several times as long to get as the colours to look up.
    """
    rows, columns, height, width = level.shape
    lines = max(1, _BLOCK // max(rows * columns * width, 1))
    index = np.empty((rows, columns, min(lines, height), width), np.uint16)
    colours = np.empty(index.shape, np.uint32)
    for first in range(0, height, lines):
        part = slice(first, first + lines)
        here = level[:, :, part]
        at, shown = index[:, :, : here.shape[2]], colours[:, :, : here.shape[2]]
        np.multiply(here, _SHADES, out=at, dtype=at.dtype)
        at += shade[part]
        np.take(table, at, out=shown, mode="clip")
        tiles[:, :, part] = shown


def _put_fields(
    index: NDArray[np.unsignedinteger | np.signedinteger],
    maps: Sequence[Sequence[NDArray[np.float32] | None]],
    tops: NDArray[np.floating],
    *,
    size: tuple[int, int],
    shade: NDArray[np.uint16],
) -> None:
    """Put the places of vectors in the table of colours into `index` (rows, columns, h, w)."""
    for row, line in enumerate(maps):
        for column, values in enumerate(line):
            if values is not None and values.ndim == 3:
                found = _field_index(values, size=size, high=float(tops[row, column]))
                index[row, column] = found * _SHADES + shade + _LEVELS * _SHADES


def _tiles_in(out: NDArray[np.uint32], grid: Grid) -> NDArray[np.uint32]:
    """The tiles of a mosaic (rows, columns, h, w), in its own memory."""
    width, height = grid.tile
    line, pixel = out.strides
    steps = line * (height + grid.gap), pixel * (width + grid.gap), line, pixel
    shape = grid.rows, grid.columns, height, width
    return np.lib.stride_tricks.as_strided(out, shape, steps)


def _check(
    maps: Sequence[Sequence[NDArray[np.float32] | None]],
    *,
    grid: Grid,
    beneath: NDArray[np.uint8] | None,
) -> None:
    width, height = grid.tile
    if len(maps) != grid.rows or any(len(row) != grid.columns for row in maps):
        msg = f"maps must be {grid.rows} rows of {grid.columns}"
        raise ValueError(msg)
    if beneath is not None and beneath.shape != (height, width):
        msg = f"beneath must be {(height, width)}, got {beneath.shape}"
        raise ValueError(msg)


def paste(
    out: NDArray[np.uint32], picture: NDArray[np.uint8], *, grid: Grid, row: int, column: int
) -> None:
    """Put an image (h, w, 3) of a tile's size into a mosaic, in place."""
    left, top = grid.corner(row, column)
    height, width = picture.shape[:2]
    words = pack(picture.reshape(-1, 3)).reshape(height, width)
    out[top : top + height, left : left + width] = words


def _field_index(
    vectors: NDArray[np.float32], *, size: tuple[int, int], high: float
) -> NDArray[np.intp]:
    """Direction * strengths + strength at every pixel of a tile."""
    x, y = (
        cv2.resize(np.nan_to_num(part), size, interpolation=cv2.INTER_LINEAR) for part in vectors
    )
    strength = np.minimum(np.hypot(x, y) * ((_STRENGTHS - 1) / high), _STRENGTHS - 1)
    turn = np.rint(np.arctan2(y, x) * (_TURNS / (2 * np.pi))).astype(np.intp) % _TURNS
    return np.asarray(turn * _STRENGTHS + np.rint(strength).astype(np.intp), np.intp)


def _table(colormap: str, *, fields: bool) -> NDArray[np.uint32]:
    """Colours by value * shades + shade, and those of fields in like order."""
    beliefs = glow_lut32(colormap, _SHADES, brightest=255 * _DIM)
    if not fields:
        return beliefs
    vectors = field_glow_lut32(
        directions=_TURNS, strengths=_STRENGTHS, levels=_SHADES, brightest=255 * _DIM
    )
    return np.concatenate([beliefs, vectors])
