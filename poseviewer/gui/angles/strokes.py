"""What the panes of the plot show: curves with their pens, and side against side."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from PySide6.QtCore import Qt

from poseviewer.core.angle import wrap
from poseviewer.core.filters import RAW
from poseviewer.core.series import gap_limit
from poseviewer.core.summary import sides
from poseviewer.draw.curve import degree_range, thin, trace
from poseviewer.gui.angles.curves import AngleCurves, grouped, nearest
from poseviewer.gui.angles.list import APART, angle_pen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PySide6.QtGui import QPen

    from poseviewer.core.filters import Filter
    from poseviewer.draw.curve import Curve
    from poseviewer.runtime.joint_travel import JointTravel
    from poseviewer.runtime.sections import Panes

Unit = Literal["angle", "velocity", "m", "px"]
"""What a pane is of: degrees, degrees a second, metres a second or pixels a second."""

_LIMITS: dict[Unit, tuple[float, float]] = {
    "angle": (30, 60),
    "velocity": (50, 100),
    "m": (0.5, 1),
    "px": (100, 200),
}
"""Whole steps that the limits of a pane are at, and the least between them."""

Layer = Literal["raw", "filtered", "other", "apart", "second"]
"""Which curve of an angle: the network's, the same after the filter, another source's, the
right side less the left one, or that of the second clip."""

_ORDER: dict[Layer, int] = {"other": 0, "apart": 1, "second": 2, "raw": 3, "filtered": 4}
"""What lies behind what."""

_BOLD, _BEHIND = 2.2, 0.45
"""Width of a filtered curve, and the opacity of the raw one behind it."""

_BROAD, _PALE = 5.0, 0.34
"""Width of a curve of another source, and its opacity; it lies behind those of the network."""

_LOW = 0.6
"""Height of a pane with a difference, of that of the pane with both sides."""


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """One curve and how it is drawn."""

    name: str
    """Of the angle."""

    curve: Curve
    """In degrees."""

    pen: QPen
    layer: Layer = "raw"

    label: str | None = None
    """What is written before its value at the cursor; no value is written where it is None."""

    samples: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None
    """Seconds and degrees of every frame, from which the value at the cursor is read."""

    near: float = 1e-3
    """Seconds that a frame may be from the cursor to give its value."""

    def at(self, seconds: float) -> float:
        """Degrees at the frame of a time; NaN where it has none."""
        if self.samples is None or not len(self.samples[0]):
            return float("nan")
        times, degrees = self.samples
        spot = nearest(times, seconds)
        there = abs(times[spot] - seconds) <= self.near
        return float(degrees[spot]) if there else float("nan")


@dataclass(frozen=True, slots=True, eq=False)
class Pane:
    """What one pane shows."""

    title: str
    strokes: tuple[Stroke, ...]
    """Those behind others first."""

    degrees: tuple[float, float]
    """The lowest and highest degrees shown."""

    weight: float = 1.0
    """Its height in proportion to that of the others."""

    unit: Unit = "angle"


def panes_of(
    curves: Sequence[AngleCurves],
    arrangement: Panes,
    *,
    width: float,
    ratio: float,
    others: Sequence[AngleCurves] = (),
    second: Sequence[AngleCurves] = (),
    unit: Unit = "angle",
) -> list[Pane]:
    """The panes of some curves: raw, or raw thin with the filtered one bold over it.

    Args:
        curves: What to show.
        others: What another source has, drawn broad and pale behind them.
        second: Those of the second clip, dotted.
        arrangement: How they are spread over panes; `auto` is as `pairs`.
        width: Of a raw curve without a filter, device pixels.
        ratio: Device pixels per logical one.
        unit: Of the curves.
    """
    panes = []
    behind, dotted = ({id(curve) for curve in curves} for curves in (others, second))
    pairs = {plain: (right, left) for plain, right, left in sides(one.name for one in curves)}
    own = {one.name: one for one in curves}
    for title, group in grouped((*curves, *others, *second), arrangement):
        strokes = [
            stroke
            for curve in group
            for stroke in (
                [_other(curve, ratio)]
                if id(curve) in behind
                else [_second(curve, width, short=bool(title))]
                if id(curve) in dotted
                else _strokes(curve, width, ratio, short=bool(title))
            )
        ]
        strokes.sort(key=lambda stroke: _ORDER[stroke.layer])
        step, least = _LIMITS[unit]
        limits = degree_range([stroke.curve for stroke in strokes], step=step, least=least)
        panes.append(Pane(title, tuple(strokes), limits, unit=unit))
        if arrangement == "sides" and title in pairs:
            right, left = (own[name] for name in pairs[title])
            panes.append(_apart(title, right, left, ratio, unit))
    return panes


def speed_pane(
    travel: JointTravel,
    *,
    by: Filter,
    low: float,
    high: float,
    columns: int,
    width: float,
    ratio: float,
) -> Pane:
    """The pane of a joint's speed, drawn as an angle's curve is.

    Args:
        travel: Where the joint was.
        by: The filter on its places.
        low: First second shown.
        high: Last second shown.
        columns: Of the screen.
        width: Of a raw curve without a filter, device pixels.
        ratio: Device pixels per logical one.
    """
    first, last = np.searchsorted(travel.seconds, (low, high))
    shown = slice(max(int(first) - 1, 0), int(last) + 1)
    seconds, speeds = travel.seconds[shown], [travel.speed(RAW)[shown]]
    if not by.idle:
        speeds.append(travel.speed(by)[shown])
    raw, *after = (
        thin(trace(seconds, values, limit=travel.limit, period=np.inf), columns=columns)
        for values in speeds
    )
    name = f"{travel.title} speed"
    curve = AngleCurves(name, raw, after[0] if after else None, seconds, speeds[-1])
    strokes = _strokes(curve, width, ratio, short=False)
    unit: Unit = "px" if travel.scale is None else "m"
    step, least = _LIMITS[unit]
    limits = degree_range([stroke.curve for stroke in strokes], step=step, least=least)
    return Pane(name, tuple(replace(s, label=s.label and "") for s in strokes), limits, unit=unit)


def _strokes(curve: AngleCurves, width: float, ratio: float, *, short: bool) -> list[Stroke]:
    label, samples = curve.name, (curve.seconds, curve.degrees)
    if short and " " in label:
        label = label.split(" ", 1)[0]
    raw = angle_pen(curve.name, width=width)
    if curve.after is None:
        return [Stroke(curve.name, curve.raw, raw, label=label, samples=samples)]
    faint = raw.color()
    faint.setAlphaF(_BEHIND)
    raw.setColor(faint)
    raw.setWidthF(1.0)
    bold = angle_pen(curve.name, width=_BOLD * ratio)
    return [
        Stroke(curve.name, curve.raw, raw),
        Stroke(curve.name, curve.after, bold, "filtered", label, samples),
    ]


def _other(curve: AngleCurves, ratio: float) -> Stroke:
    pen = angle_pen(curve.name, width=_BROAD * ratio)
    pale = pen.color()
    pale.setAlphaF(_PALE)
    pen.setColor(pale)
    # Flat, or the dashes of a left side would run into each other.
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    if pen.style() == Qt.PenStyle.CustomDashLine:
        # Dashes as long as those of a thin curve, in units of the pen's width.
        pen.setDashPattern([1.6, 0.8])
    return Stroke(curve.name, curve.raw, pen, "other")


def _second(curve: AngleCurves, width: float, *, short: bool) -> Stroke:
    pen = angle_pen(curve.name, width=width)
    # Of a left side dots among dashes, of any other dots alone.
    pen.setDashPattern([4.0, 2.5, 0.5, 2.5] if curve.name.startswith("left ") else [0.5, 2.5])
    name = curve.name.split(" ", 1)[0] if short and " " in curve.name else curve.name
    half = 0.5 * float(np.median(np.diff(curve.seconds))) if len(curve.seconds) > 1 else 0.0
    samples = curve.seconds, curve.degrees
    drawn = curve.raw if curve.after is None else curve.after
    return Stroke(curve.name, drawn, pen, "second", f"2nd {name}", samples, max(half, 1e-3))


def _apart(plain: str, right: AngleCurves, left: AngleCurves, ratio: float, unit: Unit) -> Pane:
    """The pane of the right side less the left one."""
    seconds = right.seconds
    degrees = right.degrees - left.degrees
    if unit == "angle":
        degrees = wrap(degrees).astype(np.float64)
    curve = thin(trace(seconds, degrees, limit=gap_limit(seconds)), columns=4000)
    title = f"{plain}{APART}"
    pen = angle_pen(title, width=1.4 * ratio)
    stroke = Stroke(plain, curve, pen, "apart", "", (seconds, degrees))
    low, high = degree_range([curve], step=10, least=20)
    return Pane(title, (stroke,), (min(low, 0.0), max(high, 0.0)), _LOW, unit)
