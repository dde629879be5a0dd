"""The curves of angles in a composed picture, which grow with every frame.

What is settled of them is drawn once, into a picture that stays; only the last few points are drawn
for each frame. So a frame of a long clip costs as much as one of a short clip.
"""

from __future__ import annotations

from bisect import insort
from dataclasses import dataclass, field
from math import nan
from typing import TYPE_CHECKING

import cv2
import numpy as np

from poseviewer.draw.colour import angle_rgb, mixed
from poseviewer.draw.curve import Curve, degree_range, thin
from poseviewer.draw.growing_curve import GrowingCurve, median
from poseviewer.draw.panel import GROUND, INK, MUTED, Panel
from poseviewer.draw.primitives import LABEL_ADVANCE, LABEL_PADDING, Label, Line, Scene
from poseviewer.draw.raster import paint, text_width

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from poseviewer.core.angle import AngleSpec
    from poseviewer.core.result import FrameResult
    from poseviewer.draw.primitives import Item

_GAP = 2.5
"""Steps longer than this many usual ones are gaps of a curve."""

_DASH = 7.0
"""Pixels of a dash, and of the gap after it."""

_TITLE, _LEGIBLE, _WIDEST = 7.0, 5.4, "-180°"
"""Height of the capitals above a plot, design points, and at least in pixels; and the value that
takes most room."""

_LEAST = 20
"""Pixels of a side of a plot below which it is left out."""

_LOOSE = 12.0
"""Pixels across that are drawn anew for each frame before they are settled: where much shorter
pieces meet, their soft edges would show."""

# Sub-pixel bits of OpenCV's drawing functions.
_SHIFT = 4
_ONE = 1 << _SHIFT


@dataclass(frozen=True, slots=True)
class _Pen:
    """How far a curve is settled."""

    at: int = 0
    """Place of its last settled value, or of its first where none is."""
    down: bool = False
    """Whether that value is drawn."""
    along: float = 0.0
    """Pixels of the stroke up to it: a dash goes on where the last one ended."""


@dataclass(eq=False)
class AnglePlot:
    """A panel with the curves of some angles and a cursor.

    Args:
        panel: Where it lies.
        names: Of the angles.
        size: Width and height of the picture.
        span: First and last second that are shown: the width of the plot.
        scale: Pixels per design point.
        origin: Second of the clip's first frame, from which the cursor counts.
    """

    panel: Panel
    names: Sequence[str]
    size: tuple[int, int]
    span: tuple[float, float]
    scale: float
    origin: float = 0.0
    _curves: dict[str, GrowingCurve] = field(default_factory=dict)
    """By name, once an angle was measured."""
    _pens: dict[str, _Pen] = field(default_factory=dict)
    _steps: list[float] = field(default_factory=list)
    """Seconds from frame to frame, by size."""
    _now: float | None = None
    _values: tuple[float, ...] = ()
    """At the cursor."""
    _limits: tuple[float, float] | None = None
    """Of the degrees; None before any was measured."""

    def __post_init__(self) -> None:
        """Lay out the panel."""
        letters, panel = 8.0 * self.scale, self.panel
        self._letters = letters
        self._inner = Panel(
            panel.x + round(4.2 * letters),
            panel.y + round(3.2 * letters),
            panel.width - round(5.4 * letters),
            panel.height - round(6.4 * letters),
        )
        self._axes = _Axes(self._inner, (0.0, 180.0), self.span)
        self._title = max(_TITLE, _LEGIBLE / self.scale)
        self._titles = self._fitting_titles()

    def add(self, result: FrameResult | None, *, seconds: float, base: NDArray[np.uint8]) -> None:
        """Add the values of the next frame; gaps where there is nobody.

        Args:
            result: What was found.
            seconds: When the frame is shown.
            base: The picture that stays, into which settled strokes are drawn.
        """
        first = self._now is None
        if self._now is not None:
            insort(self._steps, seconds - self._now)
        self._now = seconds
        limit = _GAP * median(self._steps) if self._steps else 1.0
        moved, measured = False, _measured(result)
        self._values = tuple(measured[name][1] if name in measured else nan for name in self.names)
        for name, value in zip(self.names, self._values, strict=True):
            if name not in self._curves and name in measured:
                spec = measured[name][0]
                self._curves[name] = GrowingCurve(spec.period, spec.reach)
                self._pens[name] = _Pen()
            if name in self._curves:
                moved |= self._curves[name].add(seconds, value, limit=limit)
        if min(self._inner.width, self._inner.height) < _LEAST:
            if first:
                base[self.panel.slices] = GROUND
        elif self._widen(all_values=moved) or moved or first:
            self._draw_anew(base)
        else:
            self._settle(base)

    def draw(self, picture: NDArray[np.uint8]) -> None:
        """Draw the last points, the cursor and the values at it.

        Args:
            picture: A copy of the picture that stays.
        """
        if min(self._inner.width, self._inner.height) < _LEAST or self._now is None:
            return
        for name in self._curves:
            self._draw(picture, name)
        self._paint(picture, self._now_items(self._now))

    # -- curves -----------------------------------------------------------------------------

    def _widen(self, *, all_values: bool) -> bool:
        """Widen the axis to the values that are new, or all; return whether it has changed.

        It never narrows, so that curves do not jump.
        """
        ends: list[float] = []
        for name, curve in self._curves.items():
            fresh = curve.degrees[0 if all_values else self._pens[name].at :]
            ends += [min(fresh), max(fresh)] if fresh else []
        if not ends:
            return False
        part = np.array([*ends, *(self._limits or ())], np.float64)
        low, high = degree_range([Curve(part, part, np.zeros(len(part), np.int32))])
        before, self._limits = self._limits, (low, high)
        self._axes = _Axes(self._inner, (low, high), self.span)
        return before != self._limits

    def _draw_anew(self, base: NDArray[np.uint8]) -> None:
        """Draw everything: the axis has changed, or values that were drawn."""
        base[self.panel.slices] = GROUND
        self._paint(base, _grid_items(self._axes, letters=self._letters))
        for name in self._curves:
            self._pens[name] = _Pen()
            self._draw(base, name, settles=True)

    def _settle(self, base: NDArray[np.uint8]) -> None:
        """Draw into the picture that stays what is long enough of each curve."""
        for name, curve in self._curves.items():
            loose = curve.seconds[self._pens[name].at :]
            if loose and self._axes.x(loose[-1]) - self._axes.x(loose[0]) > _LOOSE:
                self._draw(base, name, settles=True)

    def _draw(self, picture: NDArray[np.uint8], name: str, *, settles: bool = False) -> None:
        """Draw what is not settled of a curve; a left side's is dashed, as in the window."""
        curve, pen = self._curves[name], self._pens[name]
        pieces, along = [], pen.along
        for number, run in enumerate(self._runs(curve.curve(pen.at))):
            along = along if number == 0 else 0.0
            if len(run) == 1:
                pieces += [] if number == 0 and pen.down else [np.vstack([run, run])]
            elif name.startswith("left "):
                pieces += dashes(run, along=along)
            else:
                pieces.append(run)
            along += float(np.hypot(*np.diff(run, axis=0).T).sum())
        fixed = [np.rint(piece * _ONE).astype(np.int32) for piece in pieces]
        thick = max(1, round(np.sqrt(self._inner.width * self._inner.height) / 260))
        cv2.polylines(picture, fixed, False, angle_rgb(name), thick, cv2.LINE_AA, _SHIFT)
        if settles and curve.seconds:
            self._pens[name] = _Pen(len(curve.seconds) - 1, True, along)

    def _runs(self, curve: Curve) -> Iterator[NDArray[np.float64]]:
        """The points (n, 2) of each stroke."""
        if not len(curve.seconds):
            return
        across = self._axes.x(curve.seconds[[0, -1]])
        line = thin(curve, columns=round(across[1] - across[0]) + 2)
        places = np.column_stack([self._axes.x(line.seconds), self._axes.y(line.degrees)])
        yield from np.split(places, np.flatnonzero(line.joined[:-1] == 0) + 1)

    # -- letters ----------------------------------------------------------------------------

    def _now_items(self, now: float) -> list[Item]:
        """The cursor with its time, and the value of every angle at it."""
        axes, inner, letters = self._axes, self._inner, self._letters
        bottom, x = inner.y + inner.height, float(axes.x(now))
        text = f"{now - self.origin:.2f} s"
        half = len(text) / 2 * LABEL_ADVANCE * letters
        at = min(max(x, inner.x + half), inner.x + inner.width - half), bottom + 1.6 * letters
        items: list[Item] = [
            Line((x, inner.y), (x, bottom), mixed(GROUND, INK, 0.7), 1.2),
            Label(at, text, 6.5, INK, "centre", 0.0),
        ]
        titled = zip(self.names, self._values, self._titles, strict=False)
        for name, value, (title, left) in titled:
            figure = f"{value:.0f}°" if np.isfinite(value) else "-"
            at = left, inner.y - 1.6 * letters
            words = f"{title} {figure}".strip()
            items.append(Label(at, words, self._title, angle_rgb(name), "left", 0.0))
        return items

    def _fitting_titles(self) -> list[tuple[str, float]]:
        """What stands before each value, and where: as much of the names as fits side by side.

        They have room for the widest value, so that none moves when one changes. Where not even
        the values fit, the last ones are left out.
        """
        size = self._title * self.scale
        space, start = 1.5 * size, self._inner.x - LABEL_PADDING[0] * size
        end = self.panel.x + self.panel.width - LABEL_PADDING[0] * size
        found: list[tuple[str, float]] = []
        for titles in (self.names, [_short(name) for name in self.names], [""] * len(self.names)):
            left, found = start, []
            for title in titles:
                width = text_width(f"{title} {_WIDEST}".strip(), size=size)
                if left + LABEL_PADDING[0] * size + width > end:
                    break
                found.append((title, left))
                left += width + space
            if len(found) == len(titles):
                break
        return found

    def _paint(self, picture: NDArray[np.uint8], items: list[Item]) -> None:
        paint(Scene(self.size, tuple(items), self.scale), picture)


@dataclass(frozen=True, slots=True)
class _Axes:
    """Where seconds and degrees lie in the picture."""

    inner: Panel
    limits: tuple[float, float]
    span: tuple[float, float]

    def x(self, seconds: NDArray[np.floating] | float) -> NDArray[np.float64]:
        start, end = self.span if self.span[1] > self.span[0] else (self.span[0], self.span[0] + 1)
        across = (np.asarray(seconds, np.float64) - start) / (end - start)
        return np.asarray(self.inner.x + np.clip(across, 0, 1) * self.inner.width)

    def y(self, degrees: NDArray[np.floating] | float) -> NDArray[np.float64]:
        low, high = self.limits
        up = (np.asarray(degrees, np.float64) - low) / (high - low)
        return np.asarray(self.inner.y + (1 - up) * self.inner.height)


def _grid_items(axes: _Axes, *, letters: float) -> list[Item]:
    """The lines of the degrees, and their figures."""
    inner, (low, high) = axes.inner, axes.limits
    faint = mixed(GROUND, INK, 0.14)
    step = 30 if high - low <= 180 else 90
    figured = np.inf
    items: list[Item] = []
    for mark in range(int(np.ceil(low / step)) * step, int(high) + 1, step):
        y = float(axes.y(mark))
        items.append(Line((inner.x, y), (inner.x + inner.width, y), faint, 0.8))
        if figured - y >= 1.4 * letters:
            items.append(Label((inner.x - 0.4 * letters, y), f"{mark}°", 6.5, MUTED, "right", 0.0))
            figured = y
    return items


def _short(name: str) -> str:
    """The name of an angle with one letter for its side, as rows of stages have it."""
    side, _, rest = name.partition(" ")
    return f"{side[0]} {rest}" if side in ("left", "right") and rest else name


def _measured(result: FrameResult | None) -> dict[str, tuple[AngleSpec, float]]:
    """The angles of the person in focus, by name; NaN where one was not measured."""
    if result is None:
        return {}
    angles = result.angles
    first = angles.degrees[0].tolist() if len(angles.degrees) else [nan] * len(angles.specs)
    return {spec.name: (spec, value) for spec, value in zip(angles.specs, first, strict=True)}


def dashes(run: NDArray[np.float64], *, along: float = 0.0) -> list[NDArray[np.float64]]:
    """Cut a run of points (n, 2) into dashes of even length, by the length along it.

    Args:
        run: At least two points.
        along: Length of the stroke before the first of them.
    """
    length = along + np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(run, axis=0).T))])
    starts = np.arange(along // (2 * _DASH) * 2 * _DASH, length[-1], 2 * _DASH)
    starts, ends = np.maximum(starts, along), np.minimum(starts + _DASH, length[-1])
    x, y = run.T
    pieces = []
    for start, end in zip(starts[ends > starts], ends[ends > starts], strict=True):
        inside = slice(*np.searchsorted(length, [start, end], side="right"))
        cuts = np.interp([start, end], length, x), np.interp([start, end], length, y)
        tips = np.column_stack(cuts)
        pieces.append(np.vstack([tips[:1], run[inside], tips[1:]]))
    return pieces
