"""A curve that grows by a value at a time."""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field
from math import ceil, isfinite, nan
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.draw.curve import Curve

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(slots=True, eq=False)
class GrowingCurve:
    """One angle up to now: what `trace` makes of `unwrapped` values, a value at a time.

    Args:
        period: As of `core.series.unwrapped`, like `reach`.
        reach: See there.
    """

    period: float = 360.0
    reach: float = np.inf
    seconds: list[float] = field(default_factory=list)
    """Of the frames where the angle was measured."""
    degrees: list[float] = field(default_factory=list)
    """As they are drawn."""
    _beside: list[bool] = field(default_factory=list)
    """Whether the frame before was measured, and not too long ago."""
    _raw: float = nan
    """The last value."""
    _straight: list[float] = field(default_factory=list)
    """The values since the last gap, continued beyond the end of their range."""
    _ranked: list[float] = field(default_factory=list)
    """The same by size."""
    _turns: float = nan
    """Periods that are taken off all of them."""
    _missed: bool = False
    """Whether the frame before had no value."""

    def add(self, seconds: float, degrees: float, *, limit: float) -> bool:
        """Add the value of the next frame.

        Args:
            seconds: When it is shown, later than any before.
            degrees: NaN where the angle was not measured.
            limit: Seconds; a longer step is a gap.

        Returns:
            Whether values that were there are drawn elsewhere from now on.
        """
        if not isfinite(degrees):
            self._missed = True
            return False
        near = bool(self.seconds) and seconds - self.seconds[-1] <= limit
        if not near:
            self._straight, self._ranked, self._turns = [], [], nan
        straight = degrees
        if self._straight:
            straight = self._straight[-1] + _step(self._raw, degrees, period=self.period)
        before = len(self._straight)
        self._straight.append(straight)
        insort(self._ranked, straight)
        turns = ceil(median(self._ranked) / self.period - 0.5)
        moved = before > 0 and turns != self._turns
        self._turns = turns
        if moved:
            self.degrees[-before:] = [self._folded(one) for one in self._straight[:-1]]
        self.seconds.append(seconds)
        self.degrees.append(self._folded(straight))
        self._beside.append(near and not self._missed)
        self._raw, self._missed = degrees, False
        return moved

    def curve(self, begin: int = 0) -> Curve:
        """The strokes from the value at a place on; one that stands alone is a point."""
        degrees = np.array(self.degrees[begin:], np.float64)
        joined = np.zeros(len(degrees), np.int32)
        if len(degrees) > 1:
            joined[:-1] = self._beside[begin + 1 :]
            joined[:-1] &= np.abs(np.diff(degrees)) <= self.period / 2
        return Curve(np.array(self.seconds[begin:], np.float64), degrees, joined)

    def _folded(self, straight: float) -> float:
        value = straight - self._turns * self.period
        if abs(value) > self.reach:
            value -= ceil(value / self.period - 0.5) * self.period
        return value


def median(ranked: Sequence[float]) -> float:
    """The median of sorted values; at least one."""
    middle = len(ranked) // 2
    return (ranked[middle] + ranked[~middle]) / 2


def _step(before: float, after: float, *, period: float) -> float:
    """The shorter way from one value to the next, as `numpy.unwrap` goes."""
    step, half = after - before, period / 2
    if abs(step) < half:
        return step
    short = (step + half) % period - half
    return half if short == -half and step > 0 else short
