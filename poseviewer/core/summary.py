"""Figures of a curve over a range: extremes, mean, spread, speed, and side against side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.series import runs

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

_RIGHT, _LEFT = "right ", "left "


@dataclass(frozen=True, slots=True)
class Summary:
    """The figures of a curve over a range; NaN where there are too few values."""

    frames: int
    """Of the range."""

    measured: int
    """Frames of the range that have a value; the others count in no figure."""

    minimum: float
    minimum_at: float
    """Seconds of the first frame with the least value."""

    maximum: float
    maximum_at: float
    """Seconds of the first frame with the greatest value."""

    mean: float

    deviation: float
    """Standard deviation of a sample, so divided by one less than the number of values."""

    first: float
    """Value at the first frame of the range."""

    last: float
    """Value at the last frame of the range."""

    @property
    def range(self) -> float:
        """Greatest less least value."""
        return self.maximum - self.minimum

    @property
    def missing(self) -> float:
        """Share of the frames that have no value, 0 to 1; NaN for no frame."""
        return 1 - self.measured / self.frames if self.frames else float("nan")


def summary(
    seconds: NDArray[np.float64],
    values: NDArray[np.floating],
    *,
    frames: int | None = None,
    whole: bool = True,
) -> Summary:
    """The figures of some values.

    Args:
        seconds: (n,) rising.
        values: (n,) NaN where there is none; those are left out.
        frames: Of the range, where it has frames that are not among the n.
        whole: Whether the first and the last of the n values are of the first and the last frame
            of the range; else those two have no value.
    """
    known = np.flatnonzero(np.isfinite(values))
    count = len(values) if frames is None else frames
    if not len(known):
        return Summary(count, 0, *(float("nan"),) * 8)
    found = values[known].astype(np.float64)
    low, high = int(found.argmin()), int(found.argmax())
    return Summary(
        frames=count,
        measured=len(known),
        minimum=float(found[low]),
        minimum_at=float(seconds[known[low]]),
        maximum=float(found[high]),
        maximum_at=float(seconds[known[high]]),
        mean=float(found.mean()),
        deviation=float(found.std(ddof=1)) if len(found) > 1 else float("nan"),
        first=float(values[0]) if whole else float("nan"),
        last=float(values[-1]) if whole else float("nan"),
    )


def velocities(
    seconds: NDArray[np.float64], values: NDArray[np.floating], *, limit: float
) -> NDArray[np.float64]:
    """Change a second, by differences over the frame before and the one after.

    Steps may differ: the difference is of second order in them, as `numpy.gradient` takes it. The
    first and last value before a gap have one neighbour, and a value alone has no velocity.

    Args:
        seconds: (n,) rising.
        values: (n,) NaN where there is none.
        limit: Seconds beyond which a step is a gap.

    Returns:
        (n,) NaN where there is none.
    """
    speed = np.full(len(values), np.nan)
    for run in runs(seconds, values, limit=limit):
        if run.stop - run.start > 1:
            speed[run] = np.gradient(values[run].astype(np.float64), seconds[run])
    return speed


def sides(names: Iterable[str]) -> tuple[tuple[str, str, str], ...]:
    """Angles that are there for both sides: name without a side, of the right, of the left."""
    there = list(names)
    plain = [name.removeprefix(_RIGHT) for name in there if name.startswith(_RIGHT)]
    return tuple((one, _RIGHT + one, _LEFT + one) for one in plain if _LEFT + one in there)


def symmetry_index(right: float, left: float) -> float:
    """How far the right figure is above the left one, in percent of the mean of both.

    0 for equal sides, 200 where only the right one is above 0. Robinson, Herzog and Nigg, Use of
    force platform variables to quantify the effects of chiropractic manipulation on gait symmetry
    (Journal of Manipulative and Physiological Therapeutics 1987). It suits figures that are never
    negative, such as the range of a movement.

    Args:
        right: 0 or more.
        left: 0 or more.

    Returns:
        -200 to 200; NaN where both are 0 or one is NaN.
    """
    total = right + left
    return 200 * (right - left) / total if total > 0 else float("nan")
