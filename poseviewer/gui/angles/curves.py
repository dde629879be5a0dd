"""The curves of angles, and the values at the frame on screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.angle import why_missing
from poseviewer.core.filters import filtered
from poseviewer.core.series import gap_limit, unwrapped
from poseviewer.core.summary import velocities
from poseviewer.draw.curve import thin, trace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from poseviewer.core.angle import AngleSpec
    from poseviewer.core.filters import Filter
    from poseviewer.draw.curve import Curve
    from poseviewer.runtime.sections import Panes
    from poseviewer.runtime.state import AppState, History


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
    if runs_live(state) and len(history.index):
        at = len(history.index) - 1
    elif at >= len(history.index) or history.index[at] != index:
        return {}
    row = history.degrees[at]
    return {spec.name: float(row[n]) for n, spec in enumerate(history.specs)}


def missing(state: AppState, specs: Iterable[AngleSpec]) -> dict[str, str]:
    """Why the person in focus has no value of an angle at the frame that is shown, by name.

    Empty where the frame on screen has no person.
    """
    _, result = state.shown
    if result is None or not len(result.poses):
        return {}
    poses, gate = result.poses, state.reading.gate
    return {
        spec.name: why_missing(poses, 0, spec=spec, gate=gate)
        for spec in specs
        if spec.offered(poses.skeleton)
    }


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

    seconds: NDArray[np.float64]
    """(n,) of every frame that was measured."""

    degrees: NDArray[np.float64]
    """(n,) after the filter, or without one as measured; NaN where there is none."""


def angle_curves(
    history: History,
    names: Iterable[str],
    *,
    by: Filter,
    low: float,
    high: float,
    columns: int,
    velocity: bool = False,
) -> list[AngleCurves]:
    """The chosen angles from `low` to `high` seconds, in the order of the history.

    Args:
        history: Everything measured.
        names: Which angles.
        by: The filter; it must suit the times of the history.
        low: First second shown; strokes begin one value before it.
        high: Last second shown.
        columns: Of the screen, so that no more is drawn than is seen.
        velocity: Whether degrees a second are drawn instead of degrees.
    """
    wanted = frozenset(names)
    around = 1.0 if by.idle else _BEFORE
    early = int(np.searchsorted(history.seconds, low - around))
    late = int(np.searchsorted(history.seconds, high + around, side="right"))
    seconds = history.seconds[early:late]
    limit = gap_limit(seconds, history.index[early:late])
    # One point beyond each edge, so that strokes run out of the picture.
    start = max(int(np.searchsorted(seconds, low)) - 1, 0)
    shown = slice(start, int(np.searchsorted(seconds, high, side="right")) + 1)

    def drawn(values: NDArray[np.float64], spec: AngleSpec) -> Curve:
        # A velocity may jump as far as it likes.
        period = spec.period if not velocity else np.inf
        curve = trace(seconds[shown], values[shown], limit=limit, period=period)
        return thin(curve, columns=columns)

    def chosen(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return velocities(seconds, values, limit=limit) if velocity else values

    curves = []
    for column, spec in enumerate(history.specs):
        if spec.name not in wanted:
            continue
        degrees = history.degrees[early:late, column]
        longest = max(limit, by.longest)
        straight = unwrapped(seconds, degrees, period=spec.period, limit=longest, reach=spec.reach)
        straight = chosen(straight)
        raw, after = drawn(straight, spec), None
        if not by.idle:
            straight = chosen(
                filtered(seconds, degrees, by=by, period=spec.period, reach=spec.reach)
            )
            after = drawn(straight, spec)
        curves.append(AngleCurves(spec.name, raw, after, seconds[shown], straight[shown]))
    return curves


def grouped(
    curves: Iterable[AngleCurves], arrangement: Panes
) -> list[tuple[str, list[AngleCurves]]]:
    """Title and curves of each pane, in the order of the curves; at least one pane.

    Args:
        curves: All of them.
        arrangement: `one` pane for all, one for `each` angle, else one for both sides of it.
    """
    panes: dict[str, list[AngleCurves]] = {}
    for curve in curves:
        title = {"one": "", "each": curve.name}.get(arrangement, plain_name(curve.name))
        panes.setdefault(title, []).append(curve)
    return list(panes.items()) or [("", [])]


def plain_name(name: str) -> str:
    """An angle's name without its side."""
    return name.removeprefix("right ").removeprefix("left ")
