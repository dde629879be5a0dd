"""Joints to belief maps and back: one class, so that training and inference cannot drift.

Coordinates are 0-based and pixel-centred. Cell g of a map with stride s is sampled at input
pixel s * g + (s - 1) / 2 (CPM, released code; docs/facts/conventions.md), unless `first` and
`steps` say otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

import numpy as np

from poseviewer.core.belief import entropy, modes
from poseviewer.core.stage import BACKGROUND, StageKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.core.stage import StageOutput

Decoding = Literal["argmax", "quarter", "dark", "tree"]

DECODINGS: tuple[Decoding, ...] = get_args(Decoding)
"""How a peak is refined: not at all, by a quarter cell, or by a Newton step (DARK). With `tree`
joints are chosen together (`codec.springs`); a single peak is refined as by `dark`."""

SMOOTHING = 0.5
"""How far DARK smooths a network's maps before it fits them, in training sigmas.

The paper (Zhang et al., CVPR 2020, section 3.2) takes one. Half of it places our networks' joints
better: PCK@0.1 of hourglass-lite on LSPET val .498 for .488, AP of openpose-lite .235 for .219.
"""

# Below this, the exponent of a Gaussian gives less than 0.01 and the released CPM writes 0.
_CUT = 4.6052
_SMALLEST = 1e-10


def _differences() -> NDArray[np.float64]:
    """What gx, gy, hxx, hyy and hxy (columns) take of each of 5 x 5 cells, row by row."""
    slope, bend = np.array([0, -1, 0, 1, 0]) / 2, np.array([1, 0, -2, 0, 1]) / 4
    here = np.array([0, 0, 1, 0, 0])
    pairs = ((here, slope), (slope, here), (here, bend), (bend, here), (slope, slope))
    return np.stack([np.outer(down, across).reshape(-1) for down, across in pairs], axis=1)


_DERIVATIVES = _differences()


def udp(size: tuple[int, int], *, stride: int) -> tuple[float, float]:
    """`HeatmapCodec.steps` of a network that was trained with UDP.

    Args:
        size: Width and height of the input, pixels.
        stride: Input pixels for each cell.
    """
    across, down = ((side - 1) / (side // stride - 1) for side in size)
    return across, down


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

    first: float | None = None
    """The input pixel of the first cell, in x and in y, where it is not the middle of the pixels
    that the cell covers: 0 of HRNet and ViTPose (docs/facts/conventions.md)."""

    steps: tuple[float, float] | None = None
    """Input pixels from one cell to the next in x and in y, where they are not the stride: UDP
    (Huang et al., CVPR 2020) puts the last cell on the last pixel."""

    @property
    def to_input(self) -> NDArray[np.float64]:
        """2x3 affine from cells (x, y) to pixels of the network's input."""
        first = (self.stride - 1) / 2 if self.first is None else self.first
        across, down = self.steps or (self.stride, self.stride)
        return np.array([[across, 0.0, first], [0.0, down, first]])

    def mirrors_late(self, width: int) -> bool:
        """Whether the mirror image of maps is to be moved one cell to the right.

        Cells that begin on the first pixel do not end on the last one (HRNet, released code).
        """
        affine = self.to_input
        last = self.stride * width - 1 - 2 * float(affine[0, 2])
        return round(last / float(affine[0, 0]) - (width - 1)) == 1

    def to_cells(self, pixels: NDArray[np.floating]) -> NDArray[np.float64]:
        """Cell coordinates of input pixels (..., 2)."""
        affine = self.to_input
        cells: NDArray[np.float64] = np.asarray(pixels, np.float64) - affine[:, 2]
        return cells / affine.diagonal()

    def to_pixels(self, cells: NDArray[np.floating]) -> NDArray[np.float64]:
        """Input pixels of cell coordinates (..., 2)."""
        affine = self.to_input
        pixels: NDArray[np.float64] = np.asarray(cells, np.float64) * affine.diagonal()
        return pixels + affine[:, 2]

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
            method: `argmax`; `quarter`, the rule of the released hourglass; or
                `dark` or `tree`, one Newton step on the logarithm (Zhang et al., CVPR 2020).
            blur: Whether DARK smooths the maps first, which real maps want and exact
                Gaussians do not; see `SMOOTHING`.

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
        score = flat.reshape(-1).take(rows * (height * width) + peak)
        cells = np.empty((len(flat), 2))
        cells[:, 0], cells[:, 1] = x, y
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
        if method in ("dark", "tree"):
            return _newton(maps, *peaks, sigma=SMOOTHING * self.sigma if blur else None)
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
    sigma: float | None,
) -> NDArray[np.float64]:
    """The step -H^-1 g of log(map) from each peak that lies two cells inside, at most a cell.

    The map is smoothed with a Gaussian of `sigma` cells first. A factor on the map, by which
    the paper restores the old maximum, would change neither gradient nor Hessian.
    """
    height, width = maps.shape[1:]
    shift = np.zeros((len(rows), 2))
    if not len(rows):
        return shift
    near = int(min(y.min(), x.min(), height - 1 - y.max(), width - 1 - x.max()))
    # Few calls: right after the network, whose weights have emptied the caches, each new piece
    # of code costs more than its numbers.
    gx, gy, hxx, hyy, hxy = _derivatives(maps, (rows, y, x), sigma=sigma, near=near)
    det = hxx * hyy - hxy * hxy
    # Only a true summit has a negative definite Hessian; elsewhere the step leads astray.
    useful = (det > _SMALLEST) & (hxx < 0)
    if near < 2:
        useful &= (x > 1) & (x < width - 2) & (y > 1) & (y < height - 2)
    divisor = np.where(useful, det, np.inf)
    shift[:, 0] = (hxy * gy - hyy * gx) / divisor
    shift[:, 1] = (hxy * gx - hxx * gy) / divisor
    return shift.clip(-1.0, 1.0, out=shift)


def _derivatives(
    maps: NDArray[np.float32],
    peaks: tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]],
    *,
    sigma: float | None,
    near: int,
) -> NDArray[np.float64]:
    """Gradient and Hessian (5, n) of the logarithm at n peaks, as `_differences` orders them.

    No more of the smoothed maps is worked out than that takes.

    Args:
        maps: (m, h, w).
        peaks: Map, row and column.
        sigma: As in `_newton`.
        near: Cells between the border and the peak that is nearest to it.
    """
    height, width = maps.shape[1:]
    rows, y, x = peaks
    reach, weights = _window(sigma)
    outside = None
    if near >= reach[0, -1]:
        at = ((rows * height + y) * width + x)[:, None] + (reach[0] * width + reach[1])
    else:
        down, across = y[:, None] + reach[0], x[:, None] + reach[1]
        outside = (down < 0) | (down >= height) | (across < 0) | (across >= width)
        down, across = down.clip(0, height - 1), across.clip(0, width - 1)
        at = (rows[:, None] * height + down) * width + across
    cells: NDArray[np.float64] = maps.reshape(-1).take(at).astype(np.float64)
    np.maximum(cells, 0, out=cells)
    if outside is not None:
        cells[outside] = 0.0
    smooth = cells @ weights
    derivatives: NDArray[np.float64] = np.log(np.maximum(smooth, _SMALLEST)) @ _DERIVATIVES
    return derivatives.T


@cache
def _window(sigma: float | None) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Rows and columns (2, m) from a peak to the cells that 5 x 5 smoothed ones depend on.

    Returns:
        Them, and the share (m, 25) of each in each.
    """
    blur = 0 if sigma is None else max(1, int(np.ceil(2 * sigma)))
    span = np.arange(-2 - blur, 3 + blur)
    reach = np.stack(np.meshgrid(span, span, indexing="ij")).reshape(2, -1)
    kernel = np.ones(1)
    if sigma is not None:
        kernel = np.exp(-0.5 * (np.arange(-blur, blur + 1) / sigma) ** 2)
        kernel /= kernel.sum()
    band = np.zeros((len(span), 5))
    for cell in range(5):
        band[cell : cell + len(kernel), cell] = kernel
    return reach.astype(np.intp), np.kron(band, band).astype(np.float64)


class HeatmapKind(StageKind):
    """A map a joint: how much the network believes that the joint is in each cell."""

    name = "heatmap"
    title = "belief maps"
    quantity = "belief"
    limits = (0.0, 1.0)
    subject = "joint"
    together = "all joints"
    answers = True

    def shown(self, output: StageOutput, channel: int | None) -> NDArray[np.float32]:
        """Return one map, or the strongest of all joints, without the background, in each cell."""
        if channel is not None and 0 <= channel < len(output.values):
            return self.select(output, channel)[0]
        names = output.spec.channels
        joints = len(names) - (len(names) > 1 and names[-1] == BACKGROUND)
        return np.asarray(output.values[:joints].max(axis=0), np.float32)

    def decode(
        self, maps: NDArray[np.float32], *, codec: HeatmapCodec, method: str
    ) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Return the peak of every joint's map."""
        return codec.decode(maps, method=cast("Decoding", method), blur=True)

    def mirrored(
        self,
        maps: NDArray[np.float32],
        *,
        codec: Any,
        mirror: Sequence[int],
    ) -> NDArray[np.float32]:
        """Columns change ends, left joints swap with right ones."""
        order = [*mirror, *range(len(mirror), maps.shape[1])]
        back = maps[:, order, :, ::-1]
        if isinstance(codec, HeatmapCodec) and codec.mirrors_late(maps.shape[3]):
            return np.concatenate([back[..., :1], back[..., :-1]], axis=3)
        return back

    def spread(
        self, output: StageOutput, joints: int
    ) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
        """Return the entropy and summits of the joints' maps."""
        return entropy(output.values[:joints]), modes(output.values[:joints])


KIND = HeatmapKind()
