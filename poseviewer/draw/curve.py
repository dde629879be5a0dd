"""The strokes of an angle over time: gaps stay gaps, peaks survive thinning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HAIR = 1e-5
"""Seconds between the two ends of a dot: Qt draws no stroke whose ends are the same."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """The points of a curve, and which of them are joined to the next."""

    seconds: NDArray[np.float64]
    """(n,)"""
    degrees: NDArray[np.float64]
    """(n,) finite."""
    joined: NDArray[np.int32]
    """(n,) 1 where a stroke runs to the next point, else 0; the last is 0."""

    @property
    def unbroken(self) -> bool:
        """Whether one stroke runs through all points."""
        return bool(self.joined[:-1].all())


def trace(
    seconds: NDArray[np.float64],
    degrees: NDArray[np.floating],
    *,
    limit: float,
    period: float = 360,
) -> Curve:
    """The strokes of one angle.

    Args:
        seconds: (n,) rising.
        degrees: (n,) raw; NaN where the angle could not be measured.
        limit: Steps longer than this, in seconds, are gaps.
        period: A jump of more than half of it is a wrap of the value, not a movement.

    Returns:
        Only the finite points; one that stands alone comes twice, a hair apart and joined, so
        that a pen with square or round ends leaves a dot.
    """
    found = np.isfinite(degrees)
    row = np.flatnonzero(found)
    x, y = seconds[row], degrees[row].astype(np.float64)
    joined = np.zeros(len(row), np.int32)
    if len(row) > 1:
        joined[:-1] = (
            (np.diff(row) == 1) & (np.diff(x) <= limit) & (np.abs(np.diff(y)) <= period / 2)
        )
    before = np.concatenate([[0], joined[:-1]]) if len(row) else joined
    alone = np.flatnonzero((joined == 0) & (before == 0))
    if len(alone):
        x, y = np.insert(x, alone, x[alone] - _HAIR), np.insert(y, alone, y[alone])
        joined = np.insert(joined, alone, 1)
    return Curve(x, y, joined.astype(np.int32))


def thin(curve: Curve, *, columns: int) -> Curve:
    """A curve with at most the extremes of each of `columns` screen columns, and every gap.

    Peaks survive: a column keeps its first, lowest, highest and last point.
    """
    n = len(curve.seconds)
    if n <= 6 * columns:
        return curve
    span = curve.seconds[-1] - curve.seconds[0]
    column = ((curve.seconds - curve.seconds[0]) * ((columns - 1) / span)).astype(np.int64)
    # A stroke's end begins a new column, so that no column reaches across a gap.
    group = column + np.concatenate([[0], np.cumsum(curve.joined[:-1] == 0)]) * columns
    first = np.flatnonzero(np.concatenate([[True], np.diff(group) != 0]))
    last = np.concatenate([first[1:], [n]]) - 1
    number = np.repeat(np.arange(len(first)), last - first + 1)
    order = np.lexsort((curve.degrees, number))
    keep = np.unique(np.concatenate([first, last, order[first], order[last]]))
    # Within a group everything is joined; between two groups the last point of one decides.
    joined = np.ones(len(keep), np.int32)
    ends = np.isin(keep, last)
    joined[ends] = curve.joined[keep[ends]]
    return Curve(curve.seconds[keep], curve.degrees[keep], joined)


def degree_range(
    curves: list[Curve], *, step: float = 30, least: float = 60
) -> tuple[float, float]:
    """Limits of the degree axis that hold every point, whole steps and at least `least` apart."""
    points = [curve.degrees for curve in curves if len(curve.degrees)]
    if not points:
        return 0.0, 180.0
    low = step * np.floor(min(part.min() for part in points) / step)
    high = step * np.ceil(max(part.max() for part in points) / step)
    while high - low < least:
        high += step
    return float(low), float(high)
