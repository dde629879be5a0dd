"""Values over true time: where they break off, and angles without their jumps of a whole turn."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LEAST_GAP = 0.25
"""Seconds without a value that always count as a gap in a clip of usual rate."""


def gap_limit(seconds: NDArray[np.float64], index: NDArray[np.integer] | None = None) -> float:
    """Return the longest step between two values that still belong together.

    A quarter of a second, or three times the usual step where frames come slower.

    Args:
        seconds: (n,) when each value was measured, rising.
        index: (n,) number of each value's frame; without it every frame has a value.
    """
    if len(seconds) < 2:
        return _LEAST_GAP
    steps = np.diff(seconds)
    if index is not None:
        steps = steps / np.maximum(np.diff(index), 1)
    return max(_LEAST_GAP, 3 * float(np.median(steps)))


def runs(
    seconds: NDArray[np.float64],
    values: NDArray[np.floating],
    *,
    limit: float,
    jump: float = np.inf,
) -> list[slice]:
    """Return the stretches of finite values with no step longer than `limit` seconds or `jump`."""
    row = np.flatnonzero(np.isfinite(values))
    if not len(row):
        return []
    broken = (np.diff(row) > 1) | (np.diff(seconds[row]) > limit)
    broken |= np.abs(np.diff(values[row])) > jump
    first = row[np.concatenate([[True], broken])]
    last = row[np.concatenate([broken, [True]])]
    return [slice(int(a), int(b) + 1) for a, b in zip(first, last, strict=True)]


def unwrapped(
    seconds: NDArray[np.float64],
    degrees: NDArray[np.floating],
    *,
    period: float,
    limit: float | None = None,
    reach: float = np.inf,
) -> NDArray[np.float64]:
    """Continue degrees beyond the end of their range instead of jumping by a period.

    Over a gap of up to `limit` seconds the values go on where they would be nearest to the
    last one; after a longer one nothing is known of the turns between, and they begin anew.
    What belongs together lies so that its median is in (-period/2, period/2]. No limb turns on
    and on about its joint: what seems to is a frame read wrongly, whose turn must not stay with
    every frame after it, so values beyond `reach` come back into that range, and jump.

    Args:
        seconds: (n,) rising.
        degrees: (n,) NaN where there is none.
        period: 360 for a direction, 180 for a line.
        limit: Seconds; `gap_limit` of `seconds` where None.
        reach: Degrees; see above.
    """
    whole = np.array(degrees, np.float64)
    row = np.flatnonzero(np.isfinite(whole))
    if not len(row):
        return whole
    if _lies_straight(whole[row], period=period, reach=reach):
        return whole
    longest = gap_limit(seconds) if limit is None else limit
    starts = np.flatnonzero(np.diff(seconds[row]) > longest) + 1
    for piece in np.split(row, starts):
        straight = whole[piece]
        # Most curves never jump, and unwrapping takes several times as long as looking.
        if np.abs(np.diff(straight)).max(initial=0.0) > period / 2:
            straight = np.unwrap(straight, period=period)
        turns = np.ceil(_median(straight) / period - 0.5)
        straight -= turns * period
        turns = np.where(np.abs(straight) > reach, np.ceil(straight / period - 0.5), 0.0)
        whole[piece] = straight - turns * period
    return whole


def _lies_straight(degrees: NDArray[np.float64], *, period: float, reach: float) -> bool:
    """Whether values lie in range and never jump, so that there is nothing to unwrap.

    Args:
        degrees: (n,) finite; n > 0.
        period: As of `unwrapped`.
        reach: As of `unwrapped`.
    """
    farthest = float(np.abs(degrees).max())
    # As turns are counted, so that both round alike.
    if farthest / period + 0.5 >= 1 or farthest > reach:
        return False
    return float(np.abs(degrees[1:] - degrees[:-1]).max(initial=0.0)) <= period / 2


def _median(values: NDArray[np.float64]) -> float:
    """The median of finite values; `np.median` takes ten times as long for a few of them."""
    ordered = np.sort(values)
    middle = len(ordered) // 2
    return float((ordered[~middle] + ordered[middle]) / 2)
