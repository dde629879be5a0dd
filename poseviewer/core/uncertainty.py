"""How uncertain the place of a joint is: the covariance of the belief around it.

Values of a map below `FLOOR` of its highest are noise and count as 0; the rest is divided by its
sum. The covariance is the second moment of that about the joint's own place, so that a second peak
far away makes it wide along the line between the two. What the floor cuts off is made up for as of
a Gaussian, of which the result is the covariance to within the size of a cell.

It says what the network believes, not how far it errs: a network learns peaks of one width.
"""

from __future__ import annotations

from functools import cache
from math import atan2, degrees, hypot, log, sqrt
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

FLOOR = 0.1
"""Share of the highest belief of a map below which it is noise."""

SHARES = (0.68, 0.95)
"""Of the belief within the ellipses that are drawn."""

_LEFT = 1 + FLOOR * log(FLOOR) / (1 - FLOOR)
"""Share of the variance of a Gaussian that is left where it is cut off at `FLOOR` of its height."""


def covariance(maps: NDArray[np.floating], cells: NDArray[np.floating]) -> NDArray[np.float64]:
    """The covariance of the belief in each of some maps about a place.

    Args:
        maps: (k, h, w); values below 0 count as 0.
        cells: (k, 2) x, y; NaN where there is none.

    Returns:
        (k, 3) variance of x, covariance, variance of y, cells squared; NaN where there is no place
        or no belief.
    """
    count, height, width = maps.shape
    top = maps.max(axis=(1, 2), initial=0.0)
    known = maps
    if np.isnan(top).any():
        known = np.nan_to_num(maps)
        top = known.max(axis=(1, 2), initial=0.0)
    least = np.where(top > 0, FLOOR * top, np.inf).astype(maps.dtype)
    belief = np.where(known >= least[:, None, None], known, 0)
    # Sums over whole maps, about their middle, of all maps at once; then about each place.
    across, down = _powers(width), _powers(height)
    lines = (belief.reshape(-1, width) @ across.astype(belief.dtype)).reshape(count, height, 3)
    sums = np.matmul(down.T, lines.astype(np.float64))
    x, y = (cells - (np.array([width, height]) - 1) / 2).T
    whole = sums[:, 0, 0]
    total = np.where(np.isfinite(cells).all(axis=1), whole, 0)
    moments = np.stack(
        [
            sums[:, 0, 2] - 2 * x * sums[:, 0, 1] + x * x * whole,
            sums[:, 1, 1] - y * sums[:, 0, 1] - x * sums[:, 1, 0] + x * y * whole,
            sums[:, 2, 0] - 2 * y * sums[:, 1, 0] + y * y * whole,
        ],
        axis=1,
    )
    found: NDArray[np.float64] = moments / np.where(total > 0, total, np.nan)[:, None] / _LEFT
    return found


@cache
def _powers(count: int) -> NDArray[np.float64]:
    """1, x and x squared (count, 3) of the cells of a line, from its middle."""
    x = np.arange(count) - (count - 1) / 2
    return np.stack([np.ones(count), x, x * x], axis=1)


def moved(found: NDArray[np.floating], affine: NDArray[np.floating]) -> NDArray[np.float64]:
    """Covariances (..., 3) after a 2x3 affine: of its matrix A and a covariance C, A C A'."""
    (a, b), (c, d) = affine[:, :2].tolist()
    xx, xy, yy = np.moveaxis(np.asarray(found, np.float64), -1, 0)
    return np.stack(
        [
            a * a * xx + 2 * a * b * xy + b * b * yy,
            a * c * xx + (a * d + b * c) * xy + b * d * yy,
            c * c * xx + 2 * c * d * xy + d * d * yy,
        ],
        axis=-1,
    )


def rounded(found: NDArray[np.floating]) -> NDArray[np.float32]:
    """Numbers to within 0.4 %, with which a file that is compressed has half as much to hold."""
    bits = np.ascontiguousarray(found, np.float32).view(np.uint32)
    return ((bits + 0x8000) & 0xFFFF0000).view(np.float32)


def deviations(found: NDArray[np.floating]) -> NDArray[np.float64]:
    """Standard deviations of x and y, and their correlation (..., 3), of covariances (..., 3)."""
    xx, xy, yy = np.moveaxis(np.asarray(found, np.float64), -1, 0)
    sides = np.sqrt(xx), np.sqrt(yy)
    both = np.where(sides[0] * sides[1] > 0, sides[0] * sides[1], np.nan)
    return np.stack([*sides, (xy / both).clip(-1, 1)], axis=-1)


def reach(share: float) -> float:
    """The square of the distance, in deviations, within which a share of a Gaussian lies."""
    # In two dimensions that square has an exponential distribution of mean 2.
    return -2 * log(1 - share)


def half_axes(found: tuple[float, float, float]) -> tuple[float, float, float]:
    """The ellipse of the points p with p' C^-1 p = 1, of a covariance C.

    Args:
        found: Variance of x, covariance, variance of y.

    Returns:
        Its longer and its shorter half axis, in the root of the covariance's unit, and the
        direction of the longer one: degrees from the x axis towards y, -90 to 90.
    """
    xx, xy, yy = found
    middle, half = (xx + yy) / 2, hypot((xx - yy) / 2, xy)
    turn = degrees(atan2(2 * xy, xx - yy)) / 2
    return sqrt(max(middle + half, 0.0)), sqrt(max(middle - half, 0.0)), turn
