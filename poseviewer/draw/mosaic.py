"""The joints x stages grid of belief maps as one picture, and where things lie in it.

One array and one look-up replace dozens of little pictures: a window draws it in one call.
Mosaic pixels, like all others, are 0-based and pixel-centred; so are the cells of a map, which
fills its tile from edge to edge.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import cv2
import numpy as np

from poseviewer.core.affine import Box, box_to_frame, invert
from poseviewer.draw.colour import field_glow_lut32, glow_lut32, pack
from poseviewer.draw.maps import top_of

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
"""How bright the picture beneath is left."""

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

    def tile_at(self, x: float, y: float) -> tuple[int, int] | None:
        """Row and column of the tile at a mosaic pixel; None in a gap or outside."""
        column, row = (
            int((value + 0.5) // (side + self.gap))
            for value, side in zip((x, y), self.tile, strict=True)
        )
        left, top = self.corner(row, column)
        across, down = x + 0.5 - left, y + 0.5 - top
        inside = 0 <= across < self.tile[0] and 0 <= down < self.tile[1]
        return (row, column) if inside and row < self.rows and column < self.columns else None

    def to_mosaic(self, row: int, column: int, *, cells: tuple[int, int]) -> NDArray[np.float64]:
        """The 2x3 affine from cells of a map (`cells` wide and high) to mosaic pixels."""
        left, top = self.corner(row, column)
        affine = invert(box_to_frame(Box.whole(cells), size=self.tile))
        affine[:, 2] += left, top
        return affine

    def cell_at(
        self, x: float, y: float, *, cells: tuple[int, int]
    ) -> tuple[int, int, float, float] | None:
        """Row, column and cell coordinates (x, y) at a mosaic pixel; None where no tile is."""
        found = self.tile_at(x, y)
        if found is None:
            return None
        back = invert(self.to_mosaic(*found, cells=cells))
        cell = back[:, :2] @ (x, y) + back[:, 2]
        return *found, float(cell[0]), float(cell[1])

    def place(
        self, points: NDArray[np.floating], *, sizes: Sequence[tuple[int, int]]
    ) -> NDArray[np.float64]:
        """Mosaic pixels of one point a tile, such as each decoded peak.

        Args:
            points: Cell coordinates (rows, columns, 2); NaN stays NaN.
            sizes: Width and height in cells of the maps of each column (stage).
        """
        scale = np.array(self.tile) / np.array(sizes, np.float64).reshape(-1, 2)
        corner = np.stack(
            np.meshgrid(
                np.arange(self.columns) * (self.tile[0] + self.gap),
                np.arange(self.rows) * (self.tile[1] + self.gap),
            ),
            axis=-1,
        )
        placed: NDArray[np.float64] = (points + 0.5) * scale - 0.5 + corner
        return placed


def tile_size(cells: tuple[int, int], *, longest: int) -> tuple[int, int]:
    """Width and height of a tile of a map's shape whose longer side is `longest` pixels."""
    share = longest / max(cells)
    return max(1, round(cells[0] * share)), max(1, round(cells[1] * share))


def thumbnail(
    pixels: NDArray[np.uint8], region: Box, *, tile: tuple[int, int]
) -> NDArray[np.uint8]:
    """The region of a frame as a grey picture of a tile's size; black outside the frame.

    Args:
        pixels: H x W x 3 RGB.
        region: What the network was shown, frame pixels.
        tile: Width and height, pixels.

    Returns:
        (height, width) uint8; green alone stands for lightness, at a third of the cost.
    """
    if region.width < tile[0] or region.height < tile[1]:
        return _enlarged(pixels, region, tile=tile)
    # Three samples across and down a pixel are enough for a dark backdrop: reading the whole
    # region would cost more than the mosaic.
    height, width = pixels.shape[:2]
    x, across = _samples(region.x, region.width, count=3 * tile[0], limit=width)
    y, down = _samples(region.y, region.height, count=3 * tile[1], limit=height)
    green = pixels[y[:, None], x[None, :], 1]
    green[~down] = 0
    green[:, ~across] = 0
    return np.asarray(cv2.resize(green, tile, interpolation=cv2.INTER_AREA), np.uint8)


def _samples(
    start: float, length: float, *, count: int, limit: int
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Evenly spaced pixels along one side of a box, and which of them lie in the frame."""
    at = np.rint(start + (np.arange(count) + 0.5) * (length / count)).astype(np.intp)
    return at.clip(0, limit - 1), (at >= 0) & (at < limit)


def _enlarged(
    pixels: NDArray[np.uint8], region: Box, *, tile: tuple[int, int]
) -> NDArray[np.uint8]:
    """The region where it has fewer pixels than the tile: drawn out, not repeated."""
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
    """A box of a frame as a picture of `size` (width, height); black outside the frame.

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
    """The greatest value of every tile (rows, columns): 0 where there is none."""
    return np.array([[0.0 if tile is None else top_of(tile) for tile in row] for row in maps])


def ranges(peaks: NDArray[np.floating], *, span: Span) -> NDArray[np.float64]:
    """The value of every tile that is drawn as the end of the colour map.

    Args:
        peaks: The greatest value of every tile (rows, columns); NaN counts as none.
        span: What shares one range.
    """
    peaks = np.array(peaks, np.float64)
    if span == "row":
        peaks[:] = np.fmax.reduce(peaks, axis=1, keepdims=True)
    elif span == "all":
        peaks[:] = np.fmax.reduce(peaks, axis=None, initial=0.0)
    return np.asarray(np.fmax(peaks, LEAST_PEAK), np.float64)


def mosaic(
    maps: Sequence[Sequence[NDArray[np.float32] | None]],
    *,
    grid: Grid,
    colormap: str = "inferno",
    span: Span = "row",
    peaks: NDArray[np.floating] | None = None,
    beneath: NDArray[np.uint8] | None = None,
    background: int = 0xFF14161A,
    out: NDArray[np.uint32] | None = None,
) -> NDArray[np.uint32]:
    """The whole grid as one picture.

    Args:
        maps: Per row (joint) and column (stage) a belief map (h, w), or the vectors of a field
            (2, h, w); None leaves a tile empty.
        grid: The lay-out.
        colormap: Of `draw.colour`.
        span: What shares one range of values.
        peaks: The greatest value of every tile (rows, columns), where it is known already.
        beneath: A grey thumbnail of the tile's size that the belief glows on.
        background: 0xffRRGGBB of the gaps.
        out: An array of the mosaic's size to write into.

    Returns:
        (H, W) of 0xffRRGGBB, the layout of QImage.Format_RGB32.

    Raises:
        ValueError: `maps` or `beneath` does not fit `grid`.
    """
    width, height = grid.tile
    if len(maps) != grid.rows or any(len(row) != grid.columns for row in maps):
        msg = f"maps must be {grid.rows} rows of {grid.columns}"
        raise ValueError(msg)
    if beneath is not None and beneath.shape != (height, width):
        msg = f"beneath must be {(height, width)}, got {beneath.shape}"
        raise ValueError(msg)
    shade = np.zeros((height, width), np.float32)
    if beneath is not None:
        shade = np.rint(beneath.astype(np.float32) * (_DIM * (_SHADES - 1) / 255))
    tops = ranges(peaks_of(maps) if peaks is None else peaks, span=span)
    # All tiles in one array: the arithmetic is then a few calls, however many tiles there are.
    tiles = np.zeros((grid.rows, grid.columns, height, width), np.float32)
    there = [
        (row, column, values)
        for row, line in enumerate(maps)
        for column, values in enumerate(line)
        if values is not None
    ]
    fields = [one for one in there if one[2].ndim == 3]
    for row, column, values in there:
        if values.ndim == 2:
            cv2.resize(values, grid.tile, dst=tiles[row, column], interpolation=cv2.INTER_LINEAR)
    tiles *= ((_LEVELS - 1) / tops).astype(np.float32)[:, :, None, None]
    np.fmax(tiles, 0, out=tiles)
    np.minimum(tiles, _LEVELS - 1, out=tiles)
    np.rint(tiles, out=tiles)
    tiles *= _SHADES
    tiles += shade
    index = np.full(grid.size[::-1], _LEVELS * _SHADES, np.intp)
    for row, line in enumerate(tiles):
        for column, tile in enumerate(line):
            left, top = grid.corner(row, column)
            index[top : top + height, left : left + width] = tile
    for row, column, vectors in fields:
        left, top = grid.corner(row, column)
        part = index[top : top + height, left : left + width]
        part[:] = _field_index(vectors, size=grid.tile, high=float(tops[row, column]))
        part *= _SHADES
        part += shade.astype(np.intp) + (_LEVELS * _SHADES + 1)
    table = _table(colormap, background, fields=bool(fields))
    return np.take(table, index, out=out, mode="clip")


def paste(
    out: NDArray[np.uint32], picture: NDArray[np.uint8], *, grid: Grid, row: int, column: int
) -> None:
    """Put a picture (h, w, 3) of a tile's size into a mosaic, in place."""
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


def _table(colormap: str, background: int, *, fields: bool) -> NDArray[np.uint32]:
    """Colours by value * shades + shade, that of the gaps, and those of fields in like order."""
    beliefs = np.append(glow_lut32(colormap, _SHADES), np.uint32(background))
    if not fields:
        return beliefs
    vectors = field_glow_lut32(directions=_TURNS, strengths=_STRENGTHS, levels=_SHADES)
    return np.concatenate([beliefs, vectors])
