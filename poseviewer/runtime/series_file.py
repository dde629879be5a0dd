"""Curves of angles over a shown range, written as CSV or MOT."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import save_file
from poseviewer.core.filters import RAW, filtered
from poseviewer.runtime.job import Countdown

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from numpy.typing import NDArray

    from poseviewer.core.filters import Filter
    from poseviewer.runtime.jobs import Progress
    from poseviewer.runtime.joint_travel import JointTravel
    from poseviewer.runtime.state import History

ENDINGS = (".csv", ".mot")


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Some of the angles of a history, from one moment to another."""

    history: History
    names: tuple[str, ...]
    low: float
    """Seconds of the first value."""
    high: float
    """Seconds of the last value, included."""
    by: Filter
    """Applied to the whole history, so that the range has no edge effects."""
    radians: bool = False
    travel: JointTravel | None = None
    """Where a joint was, to be written beside them."""


def series_steps(path: Path, series: Series) -> Generator[Progress, None, None]:
    """Write `series` in one step.

    A CSV file has the frame, its true time, and for every angle the raw value and, with a
    filter, the value after it, unwrapped; the filter stands in the column's name.

    Raises:
        PoseViewerError: The file cannot be written, or the filter not used.
    """
    countdown = Countdown(1, output=str(path))
    yield countdown.at(0)
    save_file(path, series_text(series, kind=path.suffix.lower()))
    yield countdown.at(1)


def series_text(series: Series, *, kind: str) -> str:
    """The contents of a file of `kind`, one of `ENDINGS`.

    Raises:
        PoseViewerError: There is no such kind, or the filter cannot be used.
    """
    from poseviewer.records.opensim import mot_text

    if kind not in ENDINGS:
        msg = f"Curves are written as {' or '.join(ENDINGS)}, not as {kind or 'a file'}."
        raise PoseViewerError(msg)
    history, by = series.history, series.by
    chosen = (history.seconds >= series.low) & (history.seconds <= series.high)
    unit, factor = ("rad", np.pi / 180) if series.radians else ("deg", 1.0)
    raw, smooth = {}, {}
    for column, spec in enumerate(history.specs):
        if spec.name in series.names:
            degrees = history.degrees[:, column].astype(np.float64)
            after = filtered(history.seconds, degrees, by=by, period=spec.period, reach=spec.reach)
            raw[spec.name], smooth[spec.name] = degrees[chosen] * factor, after[chosen] * factor
    seconds = history.seconds[chosen]
    if kind == ".mot":
        return mot_text(seconds, smooth, note=f"filter: {by.title}", radians=series.radians)
    columns = {"frame": history.index[chosen].tolist(), "time_s": seconds.tolist()}
    for name in raw:
        plain = f"{name.replace(' ', '_')}_{unit}"
        columns[plain] = _cells(raw[name])
        if not by.idle:
            columns[f"{plain} ({by.title})"] = _cells(smooth[name])
    if series.travel is not None:
        columns |= _travel_columns(series.travel, history.index[chosen], by=by)
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(columns)
    rows.writerows(zip(*columns.values(), strict=True))
    return text.getvalue()


def _travel_columns(
    travel: JointTravel, index: NDArray[np.int64], *, by: Filter
) -> dict[str, list[str]]:
    """The columns of a joint's places and speeds at some frames, raw and after the filter."""
    spots = np.searchsorted(travel.index, index)
    there = spots < len(travel.index)
    there[there] = travel.index[spots[there]] == index[there]
    columns = {}
    for filter_ in (RAW,) if by.idle else (RAW, by):
        ending = "" if filter_.idle else f" ({filter_.title})"
        values = np.column_stack([travel.places(filter_), travel.speed(filter_)])
        aligned = np.full((len(index), 3), np.nan)
        aligned[there] = values[spots[there]]
        unit = travel.unit
        for name, column in zip(
            (f"x_{unit}", f"y_{unit}", f"speed_{unit}_s"), aligned.T, strict=True
        ):
            columns[f"{travel.joint}_{name}{ending}"] = _cells(column)
    return columns


def _cells(values: np.ndarray) -> list[str]:
    return [f"{value:.4f}" if np.isfinite(value) else "" for value in values]
