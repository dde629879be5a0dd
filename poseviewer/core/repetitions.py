"""Repetitions of a movement in a curve: its peaks that stand out, with the way up and down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.series import runs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

PROMINENCE_SHARE, LEAST_PROMINENCE = 0.4, 15.0
"""Of the range between the 1st and the 99th percentile, what a peak must stand out by where no
prominence is chosen; and degrees that it must stand out by at least."""

USUAL_APART = 0.4
"""Seconds from one peak to the next where none are chosen: strides of a sprint come faster."""

EDGE = 0.1
"""Of the way from the higher valley beside a peak up to it: where a repetition begins and ends."""

LONGEST_GAP = 0.5
"""Seconds without a value that a repetition may have."""

PROMINENCES, TIMES_APART = (0.0, 360.0), (0.0, 60.0)
"""Limits of what can be chosen: degrees and seconds."""


@dataclass(frozen=True, slots=True)
class RepetitionChoice:
    """What counts as a repetition.

    Raises:
        PoseViewerError: A number lies beyond its limits.
    """

    prominence: float = 0.0
    """Degrees that a peak stands out by; 0 for what suits the curve."""

    apart: float = 0.0
    """Seconds from one peak to the next; 0 for `USUAL_APART`."""

    lowest: bool = False
    """Whether the peaks are the least values, as of a trunk that leans, and not the greatest."""

    def __post_init__(self) -> None:
        """Check the numbers."""
        for value, (low, high), what in (
            (self.prominence, PROMINENCES, "degrees of prominence"),
            (self.apart, TIMES_APART, "seconds between two repetitions"),
        ):
            if not low <= value <= high:
                msg = f"{value:g} {what} cannot be used: choose {low:g} to {high:g}."
                raise PoseViewerError(msg)


AUTOMATIC = RepetitionChoice()
"""What counts where a person says nothing."""


@dataclass(frozen=True, slots=True)
class Repetition:
    """One repetition; places are positions in the curve that it was found in."""

    start: int
    peak: int
    """Of its greatest value, or its least one where those are the peaks."""
    end: int
    """Its last value, included."""


def repetitions(
    seconds: NDArray[np.float64],
    degrees: NDArray[np.floating],
    *,
    by: RepetitionChoice,
) -> tuple[Repetition, ...]:
    """The repetitions of a movement in an angle's curve, in order of time.

    A peak counts if it stands out by the prominence: on both sides the curve falls so far below it
    before it rises higher or ends. That is the prominence of topography, and of
    `scipy.signal.find_peaks`. Of peaks that are too near to each other the highest counts. A
    repetition begins with the last value before its peak that is not above the edge, and ends
    with the first one after it: a tenth of the way from the higher of the two valleys beside it
    up to the peak. So standing still between two repetitions belongs to neither.

    Args:
        seconds: (n,) rising.
        degrees: (n,) NaN where there is none; up to `LONGEST_GAP` seconds without a value are
            passed over, and nothing is found across longer ones.
        by: What counts.
    """
    values = -degrees.astype(np.float64) if by.lowest else degrees.astype(np.float64)
    known = np.flatnonzero(np.isfinite(values))
    least, apart = by.prominence or usual_prominence(values), by.apart or USUAL_APART
    found: list[Repetition] = []
    for run in runs(seconds[known], values[known], limit=LONGEST_GAP):
        places = known[run]
        heights = values[places]
        peaks = _apart(seconds[places], heights, _peaks(heights, least=least), apart)
        for number, peak in enumerate(peaks):
            first = peaks[number - 1] if number else 0
            last = peaks[number + 1] if number + 1 < len(peaks) else len(heights) - 1
            valley = max(heights[first:peak].min(), heights[peak + 1 : last + 1].min())
            edge = valley + EDGE * (heights[peak] - valley)
            before = np.flatnonzero(heights[first:peak] <= edge)[-1]
            after = np.flatnonzero(heights[peak : last + 1] <= edge)[0]
            found.append(
                Repetition(
                    int(places[first + before]), int(places[peak]), int(places[peak + after])
                )
            )
    return tuple(found)


def usual_prominence(degrees: NDArray[np.floating]) -> float:
    """The degrees that a peak of a curve must stand out by where a person has not chosen them."""
    known = degrees[np.isfinite(degrees)]
    if not len(known):
        return LEAST_PROMINENCE
    low, high = np.percentile(known, (1, 99))
    return max(LEAST_PROMINENCE, PROMINENCE_SHARE * float(high - low))


def _peaks(heights: NDArray[np.float64], *, least: float) -> list[int]:
    """Positions of the peaks of a prominence of at least `least`, rising.

    In one pass: the highest value since the last valley is a peak once the curve lies `least`
    below it, and the lowest since the last peak a valley once the curve lies as far above it.
    Of equal neighbours the middle one is given.
    """
    # Between its turns a curve gets neither higher nor lower.
    steps = np.sign(np.diff(heights))
    moving = np.flatnonzero(steps)
    turns = moving[1:][np.diff(steps[moving]) != 0]
    places = np.unique(np.concatenate([[0], turns, [len(heights) - 1]])).tolist()
    peaks: list[int] = []
    top, valley, rising = 0, 0, False
    for at in places:
        if rising:
            if heights[at] > heights[top]:
                top = at
            elif heights[top] - heights[at] >= least:
                peaks.append(_middle(heights, top))
                valley, rising = at, False
        elif heights[at] < heights[valley]:
            valley = at
        elif heights[at] - heights[valley] >= least:
            top, rising = at, True
    return peaks


def _middle(heights: NDArray[np.float64], peak: int) -> int:
    """The middle of the values that equal a peak and lie side by side with it."""
    first = last = peak
    while first > 0 and heights[first - 1] == heights[peak]:
        first -= 1
    while last + 1 < len(heights) and heights[last + 1] == heights[peak]:
        last += 1
    return (first + last) // 2


def _apart(
    seconds: NDArray[np.float64], heights: NDArray[np.float64], peaks: Sequence[int], apart: float
) -> list[int]:
    """The peaks that have no higher one nearer than `apart` seconds, rising."""
    left = np.array(peaks, np.int64)
    chosen: list[int] = []
    for peak in sorted(peaks, key=lambda at: -heights[at]):
        if peak in left:
            chosen.append(peak)
            left = left[np.abs(seconds[left] - seconds[peak]) >= apart]
    return sorted(chosen)
