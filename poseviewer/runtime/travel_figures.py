"""The figures of a joint's speed over a range, with the length of its path."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.summary import summary
from poseviewer.runtime.angle_figures import AngleFigures

if TYPE_CHECKING:
    from poseviewer.core.filters import Filter
    from poseviewer.runtime.angle_figures import Span
    from poseviewer.runtime.joint_travel import JointTravel


class TravelTable:
    """The figures of one joint.

    Args:
        travel: Where it was.
        by: The filter on its places, which must suit the times.
        span: Over which frames.
    """

    def __init__(self, travel: JointTravel, *, by: Filter, span: Span) -> None:
        self._travel, self._speed = travel, travel.speed(by)
        low, high = (int(np.searchsorted(travel.index, n)) for n in (span.first, span.last + 1))
        self._over = summary(
            travel.seconds[low:high],
            self._speed[low:high],
            frames=span.frames,
            whole=high - low == span.frames > 0,
        )
        self._path = travel.length(by, first=span.first, last=span.last)

    def row(self, at: int) -> AngleFigures:
        """The figures with the speed at frame number `at`."""
        travel = self._travel
        spot = int(np.searchsorted(travel.index, at))
        there = spot < len(travel.index) and travel.index[spot] == at
        now = float(self._speed[spot]) if there else nan
        return AngleFigures(
            f"{travel.title} speed", now, nan, self._over, unit=travel.unit, path=self._path
        )
