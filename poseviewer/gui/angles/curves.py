"""The curves of angles, and the values at the frame on screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.filters import filtered
from poseviewer.core.series import gap_limit, unwrapped

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from poseviewer.core.angle import AngleSpec
    from poseviewer.core.filters import Filter
    from poseviewer.runtime.state import AppState, History, Panes


def shown_index(state: AppState) -> int:
    """The number of the frame on screen; after a jump, still the old one for a moment."""
    frame, _ = state.shown
    return state.playback.index if frame is None else frame.index


def now(state: AppState, history: History) -> float:
    """The time of the frame that is shown, seconds since the first one."""
    source, index = state.source, shown_index(state)
    if source is not None and 0 <= index < source.count:
        return float(source.times[index])
    at = int(np.searchsorted(history.index, index))
    return float(history.seconds[min(at, len(history.seconds) - 1)])


def runs_live(state: AppState) -> bool:
    """Whether the newest value is the one on screen."""
    live = state.source is not None and state.source.live
    return live and state.playback.playing and state.past is None


def grows(state: AppState) -> bool:
    """Whether new values are still added."""
    analysing = state.analysis is not None and not state.analysis.finished
    return state.playback.playing or analysing


def values(history: History, state: AppState) -> dict[str, float]:
    """The raw degrees of every angle at the frame that is shown."""
    index = shown_index(state)
    at = int(np.searchsorted(history.index, index))
    if runs_live(state):
        at = len(history.index) - 1
    elif at >= len(history.index) or history.index[at] != index:
        return {}
    row = history.degrees[at]
    return {spec.name: float(row[n]) for n, spec in enumerate(history.specs)}


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
    period: int = 360,
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


def degree_range(curves: list[Curve], *, step: int = 30, least: int = 60) -> tuple[float, float]:
    """Limits of the degree axis that hold every point, whole steps and at least `least` apart."""
    points = [curve.degrees for curve in curves if len(curve.degrees)]
    if not points:
        return 0.0, 180.0
    low = step * np.floor(min(part.min() for part in points) / step)
    high = step * np.ceil(max(part.max() for part in points) / step)
    while high - low < least:
        high += step
    return float(low), float(high)


def nearest(times: NDArray[np.float64], seconds: float) -> int:
    """The position in rising `times` that is closest to `seconds`.

    Raises:
        ValueError: `times` is empty.
    """
    if not len(times):
        msg = "there is no time to be near to"
        raise ValueError(msg)
    at = int(np.clip(np.searchsorted(times, seconds), 1, max(len(times) - 1, 1)))
    if len(times) == 1:
        return 0
    return at - 1 if seconds - times[at - 1] <= times[at] - seconds else at


_BEFORE = 15.0
"""Seconds before the first one shown that a filter is given, so that it has settled."""


@dataclass(frozen=True, slots=True, eq=False)
class AngleCurves:
    """One angle to draw, unwrapped."""

    name: str
    raw: Curve
    after: Curve | None
    """After the filter; None without one."""


def angle_curves(
    history: History,
    names: Iterable[str],
    *,
    by: Filter,
    low: float,
    high: float,
    columns: int,
) -> list[AngleCurves]:
    """The chosen angles from `low` to `high` seconds, in the order of the history.

    Args:
        history: Everything measured.
        names: Which angles.
        by: The filter; it must suit the times of the history.
        low: First second shown; strokes begin one value before it.
        high: Last second shown.
        columns: Of the screen, so that no more is drawn than is seen.
    """
    wanted = frozenset(names)
    early = int(np.searchsorted(history.seconds, low - _BEFORE))
    late = int(np.searchsorted(history.seconds, high + _BEFORE, side="right"))
    seconds = history.seconds[early:late]
    limit = gap_limit(seconds, history.index[early:late])
    # One point beyond each edge, so that strokes run out of the picture.
    start = max(int(np.searchsorted(seconds, low)) - 1, 0)
    shown = slice(start, int(np.searchsorted(seconds, high, side="right")) + 1)

    def drawn(values: NDArray[np.float64], spec: AngleSpec) -> Curve:
        curve = trace(seconds[shown], values[shown], limit=limit, period=spec.period)
        return thin(curve, columns=columns)

    curves = []
    for column, spec in enumerate(history.specs):
        if spec.name not in wanted:
            continue
        degrees = history.degrees[early:late, column]
        longest = max(limit, by.longest)
        straight = unwrapped(seconds, degrees, period=spec.period, limit=longest, reach=spec.reach)
        after = None
        if not by.idle:
            after = drawn(
                filtered(seconds, degrees, by=by, period=spec.period, reach=spec.reach), spec
            )
        curves.append(AngleCurves(spec.name, drawn(straight, spec), after))
    return curves


def grouped(
    curves: Iterable[AngleCurves], arrangement: Panes
) -> list[tuple[str, list[AngleCurves]]]:
    """Title and curves of each pane, in the order of the curves; at least one pane.

    Args:
        curves: All of them.
        arrangement: `one` pane for all, one for `each` angle, or one for both sides of it.
    """
    panes: dict[str, list[AngleCurves]] = {}
    for curve in curves:
        title = {"one": "", "each": curve.name, "pairs": plain_name(curve.name)}[arrangement]
        panes.setdefault(title, []).append(curve)
    return list(panes.items()) or [("", [])]


def plain_name(name: str) -> str:
    """An angle's name without its side."""
    return name.removeprefix("right ").removeprefix("left ")
