"""The shape of a belief map: its peaks, and how spread it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

RIVAL = 0.3
"""Share of the highest belief from which another summit counts as a rival of it."""


def summits(
    maps: NDArray[np.floating], *, above: float | NDArray[np.floating]
) -> NDArray[np.bool_]:
    """Find the cells higher than their eight neighbours; of equal neighbours the first counts.

    Args:
        maps: (k, h, w).
        above: The value that a summit exceeds: one for all maps, or (k, 1, 1).

    Returns:
        (k, h, w).
    """
    count, height, width = maps.shape
    wide = np.full((count, height + 2, width + 2), -np.inf, maps.dtype)
    wide[:, 1:-1, 1:-1] = maps
    high: NDArray[np.bool_] = np.asarray(maps > above)
    for number in (0, 1, 2, 3, 5, 6, 7, 8):
        dy, dx = divmod(number, 3)
        other = wide[:, dy : dy + height, dx : dx + width]
        # A joint half way between two cells makes them equal to the last bit.
        high &= (maps > other) if number < 4 else (maps >= other)
    return high


def modes(maps: NDArray[np.floating], *, share: float = RIVAL) -> NDArray[np.int64]:
    """Count the peaks of each map above `share` of its highest belief.

    Args:
        maps: (k, h, w).
        share: 0 to 1.

    Returns:
        (k,); 0 for a map without any positive value.
    """
    top = maps.max(axis=(1, 2), keepdims=True, initial=0.0)
    # Exactly the share counts, and nothing does where there is no belief.
    above = np.nextafter(np.maximum(top * share, 0.0), -1, dtype=maps.dtype)
    counts: NDArray[np.int64] = (summits(maps, above=above) & (maps > 0)).sum(axis=(1, 2))
    return counts


def peaks(
    belief: NDArray[np.floating], *, share: float = RIVAL
) -> tuple[tuple[int, int, float], ...]:
    """Find the peaks that `modes` counts in one map (h, w).

    Returns:
        x, y and value of each, highest first.
    """
    known = np.nan_to_num(belief)
    top = float(known.max(initial=0.0))
    above = np.nextafter(np.float64(top * share), -1).astype(known.dtype)
    rows, columns = np.nonzero(summits(known[None], above=above)[0] & (known > 0))
    values = known[rows, columns]
    order = np.argsort(-values, kind="stable")
    found = (columns[order].tolist(), rows[order].tolist(), values[order].tolist())
    return tuple(zip(*found, strict=True))


def entropy(maps: NDArray[np.floating]) -> NDArray[np.float64]:
    """Measure the Shannon entropy, bits (k,), of each map (k, h, w) as a distribution of cells.

    Values below 0 count as 0 and the rest is divided by its sum. A single cell has 0 bits, a
    Gaussian of s cells about log2(2 pi e s^2), all cells alike log2(h w): 2 to the power of it
    is the number of cells over which the belief is spread. NaN for a map without any belief.
    """
    flat = np.maximum(maps, 0).reshape(len(maps), -1)
    total = flat.sum(axis=1, dtype=np.float64)
    # H = log S - (sum v log v) / S saves a division of every cell.
    logs = np.log2(flat, out=np.zeros_like(flat), where=flat > 0)
    weighed = np.einsum("kc,kc->k", flat, logs, dtype=np.float64)
    known = total > 0
    safe = np.where(known, total, 1.0)
    return np.where(known, np.log2(safe) - weighed / safe, np.nan)
