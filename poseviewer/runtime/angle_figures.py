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
from poseviewer.core.repetition_figures import repetition_figures
from poseviewer.core.series import gap_limit
from poseviewer.core.summary import Summary, sides, summary, symmetry_index, velocities

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from poseviewer.core.filters import Filter
    from poseviewer.core.repetition_figures import RepetitionFigures
    from poseviewer.core.repetitions import RepetitionChoice
    from poseviewer.runtime.state import AppState, History


@dataclass(frozen=True, slots=True)
class Span:
    """The range that figures are of."""

    first: int
    """Number of its first frame."""
    last: int
    """Number of its last frame, included."""
    frames: int
    """How many it has; those of a feed are the ones that were analysed."""
    analysed: int
    """In how many of them something is known: no other frame counts in a figure."""
    title: str
    """Such as `in to out`, for a person."""


@dataclass(frozen=True, slots=True)
class AngleFigures:
    """The figures of one angle, of the right side less the left one, or of a joint's speed."""

    name: str
    now: float
    """At the cursor; NaN where there is none."""
    velocity: float
    """At the cursor, degrees a second."""
    over: Summary
    """Over the range."""
    symmetry: float = nan
    """Of a difference: the symmetry index of the two ranges over the frames in which both sides
    have a value, percent; NaN for an angle."""
    unit: str = "deg"
    """`deg` of an angle; of a speed `m` or `px`, in each of which it is a second."""
    path: float = nan
    """Of a joint: the length of its path over the range, in `unit`."""


def span_of(state: AppState, history: History, *, seconds: float) -> Span:
    """The range from in to out; without marks the whole clip, or the last `seconds` of a feed."""
    source, play = state.source, state.playback
    marked = play.start is not None or play.end is not None
    if source is not None and not source.live:
        last = source.count - 1
        first, end = play.start or 0, last if play.end is None else min(play.end, last)
        known = _within(history, first, end)
        return Span(first, end, end - first + 1, known, "in to out" if marked else "whole clip")
    if not len(history.index):
        return Span(0, 0, 0, 0, f"last {seconds:g} s")
    early = int(np.searchsorted(history.seconds, history.seconds[-1] - seconds))
    first, end = int(history.index[early]), int(history.index[-1])
    if marked:
        first = first if play.start is None else play.start
        end = end if play.end is None else play.end
    title = "in to out" if marked else f"last {seconds:g} s"
    count = _within(history, first, end)
    return Span(first, end, count, count, title)


def _within(history: History, first: int, last: int) -> int:
    """How many frames of a history are from `first` to `last`."""
    low, high = np.searchsorted(history.index, (first, last + 1))
    return int(high - low)


@dataclass(frozen=True, slots=True, eq=False)
class _Curve:
    """An angle, or the difference of two sides, with its figures over the range."""

    name: str
    degrees: NDArray[np.float64]
    """(n,) after the filter; NaN where there is none."""
    speed: NDArray[np.float64]
    """(n,) degrees a second."""
    over: Summary
    symmetry: float = nan


class AngleTable:
    """The figures of some angles over a range, and after both sides those of their difference.

    Args:
        history: Everything measured.
        names: Which angles; those it lacks are left out.
        by: The filter, which must suit the times; figures are of what it gives.
        span: Over which frames.
    """

    def __init__(self, history: History, names: Iterable[str], *, by: Filter, span: Span) -> None:
        self._seconds, self._index = history.seconds, history.index
        self._limit = gap_limit(history.seconds, history.index)
        low, high = (int(np.searchsorted(history.index, n)) for n in (span.first, span.last + 1))
        self._inside, self._frames = slice(low, high), span.frames
        chosen = frozenset(names)
        found: dict[str, _Curve] = {}
        periods: dict[str, int] = {}
        for column, spec in enumerate(history.specs):
            if spec.name in chosen:
                degrees = filtered(
                    history.seconds,
                    history.degrees[:, column],
                    by=by,
                    period=spec.period,
                    reach=spec.reach,
                )
                found[spec.name] = self._curve(spec.name, degrees)
                periods[spec.name] = spec.period
        self._angles = tuple(found.values())
        apart: dict[str, _Curve] = {}
        for plain, right, left in sides(found):
            turned = wrap(found[right].degrees - found[left].degrees, period=periods[right])
            index = self._symmetry(found[right].degrees, found[left].degrees)
            apart[left] = self._curve(f"{plain}: right less left", turned.astype(np.float64), index)
        both = ((curve, apart.get(name)) for name, curve in found.items())
        self._curves = [curve for pair in both for curve in pair if curve is not None]

    def _curve(self, name: str, degrees: NDArray[np.float64], symmetry: float = nan) -> _Curve:
        inside = self._inside
        over = summary(
            self._seconds[inside],
            degrees[inside],
            frames=self._frames,
            whole=inside.stop - inside.start == self._frames > 0,
        )
        speed = velocities(self._seconds, degrees, limit=self._limit)
        return _Curve(name, degrees, speed, over, symmetry)

    def _symmetry(self, right: NDArray[np.float64], left: NDArray[np.float64]) -> float:
        """The symmetry index of the ranges over the frames in which both sides have a value."""
        right, left = right[self._inside], left[self._inside]
        both = np.isfinite(right) & np.isfinite(left)
        if not both.any():
            return nan
        return symmetry_index(float(np.ptp(right[both])), float(np.ptp(left[both])))

    def repetitions(self, by: RepetitionChoice) -> tuple[RepetitionFigures, ...]:
        """The repetitions of each angle within the range, angle by angle in order of time."""
        inside = self._inside
        return tuple(
            one
            for curve in self._angles
            for one in repetition_figures(
                curve.name,
                self._seconds[inside],
                self._index[inside],
                degrees=curve.degrees[inside],
                speed=curve.speed[inside],
                by=by,
            )
        )

    def rows(self, at: int | None) -> tuple[AngleFigures, ...]:
        """The figures with the values at frame number `at`, in the order of the history."""
        spot = len(self._index) if at is None else int(np.searchsorted(self._index, at))
        there = spot < len(self._index) and self._index[spot] == at
        return tuple(
            AngleFigures(
                curve.name,
                float(curve.degrees[spot]) if there else nan,
                float(curve.speed[spot]) if there else nan,
                curve.over,
                curve.symmetry,
            )
            for curve in self._curves
        )


def figures_text(
    figures: Iterable[AngleFigures], *, span: Span, by: Filter, radians: bool = False
) -> str:
    """The figures as CSV, a row an angle; times in seconds, an empty cell where there is none.

    Those of a speed have columns of their own.
    """
    rows = [_row(one, span=span, by=by, radians=radians) for one in figures]
    columns = dict.fromkeys(name for row in rows for name in row) or {"angle": None}
    text = io.StringIO()
    writer = csv.DictWriter(text, list(columns), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _row(one: AngleFigures, *, span: Span, by: Filter, radians: bool) -> dict[str, str]:
    unit, factor = f"{one.unit}_s", 1.0
    if one.unit == "deg":
        unit, factor = ("rad", pi / 180) if radians else ("deg", 1.0)
    over = one.over
    row = {
        "angle": one.name,
        f"at_cursor_{unit}": _cell(one.now * factor),
        f"velocity_{unit}_s": _cell(one.velocity * factor),
        f"minimum_{unit}": _cell(over.minimum * factor),
        "minimum_s": _cell(over.minimum_at),
        f"maximum_{unit}": _cell(over.maximum * factor),
        "maximum_s": _cell(over.maximum_at),
        f"range_{unit}": _cell(over.range * factor),
        f"mean_{unit}": _cell(over.mean * factor),
        f"sd_{unit}": _cell(over.deviation * factor),
        f"first_{unit}": _cell(over.first * factor),
        f"last_{unit}": _cell(over.last * factor),
        "symmetry_index_percent": _cell(one.symmetry),
        "frames": str(over.frames),
        "frames_analysed": str(span.analysed),
        "frames_missing": str(over.frames - over.measured),
        "first_frame": str(span.first),
        "last_frame": str(span.last),
        "filter": by.title,
    }
    if one.unit != "deg":
        del row[f"velocity_{unit}_s"]
        row[f"path_{one.unit}"] = _cell(one.path)
    return row


def _cell(value: float) -> str:
    return f"{value:.4f}" if isfinite(value) else ""
