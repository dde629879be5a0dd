"""The figures of each repetition in the curves of angles, and their mean and spread."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, fields
from math import isfinite, pi
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.repetitions import USUAL_APART, RepetitionChoice, repetitions
from poseviewer.core.summary import sides

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from poseviewer.core.filters import Filter


@dataclass(frozen=True, slots=True)
class Measures:
    """What is measured of a repetition, or the mean or spread of that; NaN where unknown."""

    duration: float
    """Seconds from its first value to its last."""
    minimum: float
    """Degrees."""
    maximum: float
    """Degrees."""
    range: float
    """Greatest less least value, degrees."""
    velocity: float
    """Greatest angular velocity either way, degrees a second, without a sign."""


@dataclass(frozen=True, slots=True)
class RepetitionFigures:
    """One repetition of an angle."""

    name: str
    """Of the angle."""
    number: int
    """Counted from 1 in each angle."""
    first: int
    """Number of its first frame."""
    last: int
    """Number of its last frame, included."""
    at: int
    """Number of the frame at its peak."""
    start: float
    """Seconds of its first frame."""
    peak: float
    """Seconds of its greatest value, or its least one where those are the peaks."""
    end: float
    """Seconds of its last frame."""
    measures: Measures


@dataclass(frozen=True, slots=True)
class RepetitionSummary:
    """Mean and spread over the repetitions of an angle, or the right side less the left one."""

    name: str
    count: int
    """Of the repetitions; of a difference the fewer of both sides."""
    mean: Measures
    deviation: Measures | None
    """Standard deviation of a sample (n - 1); None for a difference, which is one of means."""


def repetition_figures(
    name: str,
    seconds: NDArray[np.float64],
    index: NDArray[np.int64],
    *,
    degrees: NDArray[np.float64],
    speed: NDArray[np.float64],
    by: RepetitionChoice,
) -> list[RepetitionFigures]:
    """The repetitions of one angle, in order of time.

    Args:
        name: Of the angle.
        seconds: (n,) rising.
        index: (n,) numbers of the frames.
        degrees: (n,) NaN where there is none.
        speed: (n,) degrees a second, likewise.
        by: What counts.
    """
    made = []
    for number, one in enumerate(repetitions(seconds, degrees, by=by), start=1):
        inside = slice(one.start, one.end + 1)
        low, high = float(np.nanmin(degrees[inside])), float(np.nanmax(degrees[inside]))
        known = np.abs(speed[inside])
        fastest = float(known[np.isfinite(known)].max(initial=-np.inf))
        start, peak, end = (float(seconds[at]) for at in (one.start, one.peak, one.end))
        measures = Measures(
            end - start, low, high, high - low, fastest if isfinite(fastest) else float("nan")
        )
        first, at, last = (int(index[at]) for at in (one.start, one.peak, one.end))
        made.append(RepetitionFigures(name, number, first, last, at, start, peak, end, measures))
    return made


def summaries(found: Iterable[RepetitionFigures]) -> tuple[RepetitionSummary, ...]:
    """Mean and spread of each angle, and after both sides the right less the left means."""
    by_name: dict[str, list[Measures]] = {}
    for one in found:
        by_name.setdefault(one.name, []).append(one.measures)
    apart = {left: (plain, right) for plain, right, left in sides(by_name)}
    made: list[RepetitionSummary] = []
    means: dict[str, RepetitionSummary] = {}
    for name, measures in by_name.items():
        mean, spread = _of_each(_mean, measures), _of_each(_spread, measures)
        means[name] = RepetitionSummary(name, len(measures), mean, spread)
    for name, own in means.items():
        made.append(own)
        if name in apart:
            plain, right = apart[name]
            count = min(own.count, means[right].count)
            less = _of_each(_less, (means[right].mean, own.mean))
            made.append(RepetitionSummary(f"{plain}: right less left", count, less, None))
    return tuple(made)


def repetitions_text(
    found: Sequence[RepetitionFigures],
    *,
    choice: RepetitionChoice,
    by: Filter,
    radians: bool = False,
) -> str:
    """The repetitions as CSV, a row each; after each angle's the rows `mean` and `sd`.

    Times are in seconds; a cell is empty where there is no value.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(repetition_columns(radians=radians))
    writer.writerows(repetition_rows(found, choice=choice, by=by, radians=radians))
    return text.getvalue()


def repetition_columns(*, radians: bool = False) -> list[str]:
    """The header of `repetition_rows`."""
    unit = "rad" if radians else "deg"
    return [
        "angle", "repetition", "first_frame", "peak_frame", "last_frame",
        "start_s", "peak_s", "end_s", "duration_s", f"minimum_{unit}", f"maximum_{unit}",
        f"range_{unit}", f"peak_velocity_{unit}_s", "prominence_deg", "apart_s", "filter",
    ]  # fmt: skip


def repetition_rows(
    found: Sequence[RepetitionFigures],
    *,
    choice: RepetitionChoice,
    by: Filter,
    radians: bool = False,
) -> Iterator[list[str]]:
    """The cells of each repetition, and after each angle's those of mean and spread.

    Args:
        found: Angle by angle.
        choice: What counted.
        by: The filter of the curves.
        radians: Whether angles are written in radians.
    """
    factor = pi / 180 if radians else 1.0
    chosen = [
        f"{choice.prominence:g}" if choice.prominence else "automatic",
        f"{choice.apart or USUAL_APART:g}",
        by.title,
    ]

    def cells(of: Measures) -> list[str]:
        turned = (of.minimum, of.maximum, of.range, of.velocity)
        return [_cell(of.duration), *(_cell(value * factor) for value in turned)]

    for one in summaries(found):
        for each in found:
            if each.name == one.name:
                places = [str(at) for at in (each.number, each.first, each.at, each.last)]
                times = [_cell(each.start), _cell(each.peak), _cell(each.end)]
                yield [one.name, *places, *times, *cells(each.measures), *chosen]
        for title, measures in (("mean", one.mean), ("sd", one.deviation)):
            if measures is not None:
                yield [one.name, title, *[""] * 6, *cells(measures), *chosen]


def _cell(value: float) -> str:
    return f"{value:.4f}" if isfinite(value) else ""


def _mean(values: list[float]) -> float:
    return float(np.mean(values))


def _spread(values: list[float]) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")


def _less(values: list[float]) -> float:
    return values[0] - values[1]


def _of_each(figure: Callable[[list[float]], float], measures: Sequence[Measures]) -> Measures:
    """A figure of each measure."""
    columns = ([getattr(one, field.name) for one in measures] for field in fields(Measures))
    return Measures(*map(figure, columns))
