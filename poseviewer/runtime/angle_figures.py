"""The figures of angles over a range of a clip or the last seconds of a feed."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from math import isfinite, nan, pi
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.angle import wrap
from poseviewer.core.filters import filtered
from poseviewer.core.series import gap_limit
from poseviewer.core.summary import Summary, sides, summary, symmetry_index, velocities

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from poseviewer.core.filters import Filter
    from poseviewer.runtime.state import AppState, History

_SETTLED = 15.0
"""Seconds before the range that a filter is given, so that it has settled."""


@dataclass(frozen=True, slots=True)
class Span:
    """The range that figures are of."""

    first: int
    """Number of its first frame."""
    last: int
    """Number of its last frame, included."""
    frames: int
    """How many it has; those of a feed are the ones that were analysed."""
    title: str
    """Such as `in to out`, for a person."""


@dataclass(frozen=True, slots=True)
class AngleFigures:
    """The figures of one angle, or of the right side less the left one; all in degrees."""

    name: str
    now: float
    """At the cursor; NaN where there is none."""
    velocity: float
    """At the cursor, degrees a second."""
    over: Summary
    """Over the range."""
    symmetry: float = nan
    """Of a difference: the symmetry index of the two ranges, percent; NaN for an angle."""


def span_of(state: AppState, history: History, *, seconds: float) -> Span:
    """The range from in to out; without marks the whole clip, or the last `seconds` of a feed."""
    source, play = state.source, state.playback
    marked = play.start is not None or play.end is not None
    if source is not None and not source.live:
        last = source.count - 1
        first, end = play.start or 0, last if play.end is None else min(play.end, last)
        return Span(first, end, end - first + 1, "in to out" if marked else "whole clip")
    if not len(history.index):
        return Span(0, 0, 0, f"last {seconds:g} s")
    early = int(np.searchsorted(history.seconds, history.seconds[-1] - seconds))
    first, end = int(history.index[early]), int(history.index[-1])
    if marked:
        first = first if play.start is None else play.start
        end = end if play.end is None else play.end
    title = "in to out" if marked else f"last {seconds:g} s"
    inside = (history.index >= first) & (history.index <= end)
    return Span(first, end, int(inside.sum()), title)


def angle_figures(
    history: History,
    names: Iterable[str],
    *,
    by: Filter,
    span: Span,
    at: int | None,
) -> tuple[AngleFigures, ...]:
    """The figures of some angles, and after both sides of a joint those of their difference.

    Args:
        history: Everything measured.
        names: Which angles; those it lacks are left out.
        by: The filter, which must suit the times; figures are of what it gives.
        span: Over which frames.
        at: Number of the frame under the cursor; None for none.

    Returns:
        In the order of the history.
    """
    seconds = history.seconds
    spot = _row(history, at)
    low, high = (int(np.searchsorted(history.index, n)) for n in (span.first, span.last + 1))
    part = _part(seconds, range(low, high), spot)
    limit = gap_limit(seconds[part], history.index[part])
    inside = slice(low - part.start, high - part.start)
    whole = high - low == span.frames > 0

    def figures(name: str, curve: NDArray[np.float64], index: float = nan) -> AngleFigures:
        now = velocity = nan
        if spot is not None:
            now = float(curve[spot - part.start])
            velocity = float(velocities(seconds[part], curve, limit=limit)[spot - part.start])
        over = summary(seconds[part][inside], curve[inside], frames=span.frames, whole=whole)
        return AngleFigures(name, now, velocity, over, index)

    chosen = frozenset(names)
    curves = {
        spec: filtered(
            seconds[part], history.degrees[part, n], by=by, period=spec.period, reach=spec.reach
        )
        for n, spec in enumerate(history.specs)
        if spec.name in chosen
    }
    rows = {spec.name: figures(spec.name, curve) for spec, curve in curves.items()}
    by_name = {spec.name: spec for spec in curves}
    after: dict[str, AngleFigures] = {}
    for plain, right, left in sides(rows):
        apart = curves[by_name[right]] - curves[by_name[left]]
        turned = wrap(apart, period=by_name[right].period).astype(np.float64)
        index = symmetry_index(rows[right].over.range, rows[left].over.range)
        after[left] = figures(f"{plain}: right less left", turned, index)
    return tuple(
        one for name, row in rows.items() for one in (row, after.get(name)) if one is not None
    )


def _row(history: History, at: int | None) -> int | None:
    """The position of a frame in a history; None where it is not there."""
    spot = len(history.index) if at is None else int(np.searchsorted(history.index, at))
    return spot if spot < len(history.index) and history.index[spot] == at else None


def _part(seconds: NDArray[np.float64], rows: range, spot: int | None) -> slice:
    """The values that a filter is given for some rows and the one under the cursor."""
    needed = [row for row in (rows.start, rows.stop - 1, spot) if row is not None]
    needed = [row for row in needed if 0 <= row < len(seconds)]
    if not needed:
        return slice(0, 0)
    early = int(np.searchsorted(seconds, seconds[min(needed)] - _SETTLED))
    late = int(np.searchsorted(seconds, seconds[max(needed)] + _SETTLED, side="right"))
    return slice(early, late)


def figures_text(
    figures: Iterable[AngleFigures], *, span: Span, by: Filter, radians: bool = False
) -> str:
    """The figures as CSV, a row an angle; times in seconds, an empty cell where there is none."""
    unit, factor = ("rad", pi / 180) if radians else ("deg", 1.0)
    rows = [
        {
            "angle": one.name,
            f"at_cursor_{unit}": _cell(one.now * factor),
            f"velocity_{unit}_s": _cell(one.velocity * factor),
            f"minimum_{unit}": _cell(one.over.minimum * factor),
            "minimum_s": _cell(one.over.minimum_at),
            f"maximum_{unit}": _cell(one.over.maximum * factor),
            "maximum_s": _cell(one.over.maximum_at),
            f"range_{unit}": _cell(one.over.range * factor),
            f"mean_{unit}": _cell(one.over.mean * factor),
            f"sd_{unit}": _cell(one.over.deviation * factor),
            f"first_{unit}": _cell(one.over.first * factor),
            f"last_{unit}": _cell(one.over.last * factor),
            "symmetry_index_percent": _cell(one.symmetry),
            "frames": str(one.over.frames),
            "frames_missing": str(one.over.frames - one.over.measured),
            "first_frame": str(span.first),
            "last_frame": str(span.last),
            "filter": by.title,
        }
        for one in figures
    ]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else ["angle"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _cell(value: float) -> str:
    return f"{value:.4f}" if isfinite(value) else ""
