"""Joints to belief maps and back: one class, so that training and inference cannot drift.

Coordinates are 0-based and pixel-centred. Cell g of a map with stride s is sampled at input
pixel s * g + (s - 1) / 2 (CPM, released code; models.md section 3.3).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

Decoding = Literal["argmax", "quarter", "dark"]

DECODINGS: tuple[Decoding, ...] = get_args(Decoding)
"""How a peak is refined: not at all, by a quarter cell, or by a Newton step (DARK)."""

# Below this, the exponent of a Gaussian gives less than 0.01 and the released CPM writes 0.
_CUT = 4.6052
_SMALLEST = 1e-10
_NO_BLUR = np.ones(1)


@dataclass(frozen=True, slots=True)
class HeatmapCodec:
    """Gaussian belief maps of one stride and width."""

    stride: int
    """Input pixels per cell."""

    sigma: float
    """Standard deviation of a peak, cells."""

    background: bool = False
    """Whether a last map 1 - max(joint maps) follows the joints' (CPM)."""

    cut: bool = False
    """Whether values below 0.01 are written as 0, as the released CPM does."""

    def to_cells(self, pixels: NDArray[np.floating]) -> NDArray[np.float64]:
        """Cell coordinates of input pixels (..., 2)."""
        cells: NDArray[np.float64] = (
            np.asarray(pixels, np.float64) - (self.stride - 1) / 2
        ) / self.stride
        return cells

    def to_pixels(self, cells: NDArray[np.floating]) -> NDArray[np.float64]:
        """Input pixels of cell coordinates (..., 2)."""
        pixels: NDArray[np.float64] = (
            np.asarray(cells, np.float64) * self.stride + (self.stride - 1) / 2
        )
        return pixels

    def encode(
        self,
        joints: NDArray[np.floating],
        *,
        size: tuple[int, int],
        present: NDArray[np.bool_] | None = None,
    ) -> NDArray[np.float32]:
        """The maps that a perfect network would return.

        Args:
            joints: Input pixels (..., k, 2).
            size: Input width and height, pixels.
            present: Which joints have a peak (..., k); all where None.

        Returns:
            (..., k or k + 1, height / stride, width / stride), peak 1.
        """
        cells = self.to_cells(joints)
        width, height = size[0] // self.stride, size[1] // self.stride
        dx = (np.arange(width) - cells[..., :1]) / self.sigma
        dy = (np.arange(height) - cells[..., 1:]) / self.sigma
        # A Gaussian is separable, so two short exponentials replace one over the whole map.
        maps = np.exp(-dy * dy / 2)[..., :, None] * np.exp(-dx * dx / 2)[..., None, :]
        if self.cut:
            maps[maps < np.exp(-_CUT)] = 0.0
        if present is not None:
            maps *= present[..., None, None]
        if self.background:
            rest = np.clip(1.0 - maps.max(axis=-3, keepdims=True), 0.0, 1.0)
            maps = np.concatenate([maps, rest], axis=-3)
        return maps.astype(np.float32)

    def decode(
        self,
        maps: NDArray[np.floating],
        *,
        method: Decoding = "dark",
        blur: bool = False,
    ) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """The peak of every joint's map.

        Args:
            maps: (..., k or k + 1, h, w); a background map is left out.
            method: `argmax`; `quarter`, the hourglass rule (models.md section 4.4); or
                `dark`, one Newton step on the logarithm (Zhang et al., CVPR 2020).
            blur: Whether DARK smooths the maps with the training sigma first, which real
                maps want and exact Gaussians do not.

        Returns:
            Cell coordinates (..., k, 2) and the value at the peak (..., k), unblurred.

        Raises:
            ValueError: There is no such method.
        """
        if method not in DECODINGS:
            msg = f"decoding must be one of {', '.join(DECODINGS)}, not {method!r}"
            raise ValueError(msg)
        if self.background:
            maps = maps[..., :-1, :, :]
        *lead, height, width = maps.shape
        flat = np.ascontiguousarray(maps, dtype=np.float32).reshape(-1, height, width)
        rows = np.arange(len(flat))
        peak = flat.reshape(len(flat), -1).argmax(axis=1)
        y, x = np.divmod(peak, width)
        cells = np.stack([x, y], axis=1).astype(np.float64)
        score = flat[rows, y, x].copy()
        cells += self.refine(flat, (rows, y, x), method=method, blur=blur)
        return cells.reshape(*lead, 2), score.reshape(lead)

    def refine(
        self,
        maps: NDArray[np.float32],
        peaks: tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]],
        *,
        method: Decoding,
        blur: bool = False,
    ) -> NDArray[np.float64]:
        """How far each peak really lies from the middle of its cell.

        Args:
            maps: (m, h, w).
            peaks: Map, row and column of n of their cells.
            method: As `decode` takes it.
            blur: As `decode` takes it.

        Returns:
            (n, 2) cells to add to the column and the row.
        """
        if method == "quarter":
            return _quarter(maps, *peaks)
        if method == "dark":
            return _newton(maps, *peaks, kernel=_gaussian(self.sigma) if blur else _NO_BLUR)
        return np.zeros((len(peaks[0]), 2))


def _quarter(
    maps: NDArray[np.float32], rows: NDArray[np.intp], y: NDArray[np.intp], x: NDArray[np.intp]
) -> NDArray[np.float64]:
    """A quarter cell towards the higher neighbour in each axis, for peaks inside the map."""
    height, width = maps.shape[1:]
    inside = (x > 0) & (x < width - 1) & (y > 0) & (y < height - 1)
    cx, cy = np.clip(x, 1, max(width - 2, 1)), np.clip(y, 1, max(height - 2, 1))
    shift = np.zeros((len(rows), 2))
    if width > 2 and height > 2:
        shift[:, 0] = np.sign(maps[rows, cy, cx + 1] - maps[rows, cy, cx - 1])
        shift[:, 1] = np.sign(maps[rows, cy + 1, cx] - maps[rows, cy - 1, cx])
    shift *= 0.25 * inside[:, None]
    return shift


def _newton(
    maps: NDArray[np.float32],
    rows: NDArray[np.intp],
    y: NDArray[np.intp],
    x: NDArray[np.intp],
    *,
    kernel: NDArray[np.float64],
) -> NDArray[np.float64]:
    """The step -H^-1 g of log(map) from each peak that lies two cells inside, at most a cell.

    The map is smoothed with `kernel` along both axes. A factor on the map, by which the paper
    restores the old maximum, would change neither gradient nor Hessian of the logarithm.
    """
    height, width = maps.shape[1:]
    inside = (x > 1) & (x < width - 2) & (y > 1) & (y < height - 2)
    shift = np.zeros((len(rows), 2))
    if not inside.any():
        return shift
    patch = _smoothed(maps, rows[inside], y[inside], x[inside], kernel=kernel)
    h: NDArray[np.float64] = np.log(np.maximum(patch, _SMALLEST))
    gx, gy = (h[:, 2, 3] - h[:, 2, 1]) / 2, (h[:, 3, 2] - h[:, 1, 2]) / 2
    hxx = (h[:, 2, 4] - 2 * h[:, 2, 2] + h[:, 2, 0]) / 4
    hyy = (h[:, 4, 2] - 2 * h[:, 2, 2] + h[:, 0, 2]) / 4
    hxy = (h[:, 3, 3] - h[:, 1, 3] - h[:, 3, 1] + h[:, 1, 1]) / 4
    det = hxx * hyy - hxy * hxy
    # Only a true summit has a negative definite Hessian; elsewhere the step leads astray.
    summit = (det > _SMALLEST) & (hxx < 0)
    det = np.where(summit, det, 1.0)
    step = np.stack([hxy * gy - hyy * gx, hxy * gx - hxx * gy], axis=1) / det[:, None]
    shift[inside] = np.clip(np.where(summit[:, None], step, 0.0), -1.0, 1.0)
    return shift


def _smoothed(
    maps: NDArray[np.float32],
    rows: NDArray[np.intp],
    y: NDArray[np.intp],
    x: NDArray[np.intp],
    *,
    kernel: NDArray[np.float64],
) -> NDArray[np.float64]:
    """What `kernel` makes of the 5 x 5 cells about n peaks, (n, 5, 5); no other cell is read."""
    height, width = maps.shape[1:]
    radius = 2 + len(kernel) // 2
    reach = np.arange(-radius, radius + 1)
    down, across = y[:, None] + reach, x[:, None] + reach
    line = rows[:, None] * height + np.clip(down, 0, height - 1)
    cells = line[:, :, None] * width + np.clip(across, 0, width - 1)[:, None]
    patch: NDArray[np.float64] = np.maximum(maps.reshape(-1)[cells], 0).astype(np.float64)
    if len(kernel) == 1:
        return patch
    patch *= ((down >= 0) & (down < height))[:, :, None]
    patch *= ((across >= 0) & (across < width))[:, None]
    # One column for each of the five cells: a product with it smooths along the last axis.
    band = np.zeros((len(reach), 5))
    for cell in range(5):
        band[cell : cell + len(kernel), cell] = kernel
    # Two large products take a third of the time of one small one for every peak.
    along = (patch.reshape(-1, len(reach)) @ band).reshape(len(rows), len(reach), 5)
    turned = np.ascontiguousarray(along.swapaxes(1, 2)).reshape(-1, len(reach))
    smooth: NDArray[np.float64] = (turned @ band).reshape(len(rows), 5, 5).swapaxes(1, 2)
    return smooth


@cache
def _gaussian(sigma: float) -> NDArray[np.float64]:
    """The kernel with which DARK smooths, of sum 1."""
    radius = max(1, int(np.ceil(2 * sigma)))
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    return kernel
