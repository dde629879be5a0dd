"""The plot of the Joint angles dock; with `plot_pane` the only module that imports pyqtgraph.

Import it after the first paint: pyqtgraph takes as long to load as the window to appear.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QGraphicsItem

from poseviewer.gui import theme
from poseviewer.gui.angle_list import angle_pen
from poseviewer.gui.angle_panes import grouped
from poseviewer.gui.curves import degree_range
from poseviewer.gui.plot_pane import PlotPane, style_axis

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPen
    from PySide6.QtWidgets import QWidget

    from poseviewer.gui.angle_panes import AngleCurves, Arrangement
    from poseviewer.gui.curves import Curve

LEAST_PANE = 64
"""Logical pixels below which a pane is no longer readable."""

_BOLD, _BEHIND = 2.2, 0.45
"""Width of a filtered curve, and the opacity of the raw one behind it."""


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """One curve and how it is drawn."""

    name: str
    """Of the angle."""

    curve: Curve
    """In degrees."""

    pen: QPen

    filtered: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Pane:
    """What one pane shows."""

    title: str
    strokes: tuple[Stroke, ...]

    degrees: tuple[float, float]
    """The lowest and highest degrees shown."""


def panes_of(
    curves: Sequence[AngleCurves], arrangement: Arrangement, *, width: float, ratio: float
) -> list[Pane]:
    """The panes of some curves: raw, or raw thin with the filtered one bold over it.

    Args:
        curves: What to show.
        arrangement: How they are spread over panes.
        width: Of a raw curve without a filter, device pixels.
        ratio: Device pixels per logical one.
    """
    panes = []
    for title, group in grouped(curves, arrangement):
        strokes = [stroke for curve in group for stroke in _strokes(curve, width, ratio)]
        limits = degree_range([stroke.curve for stroke in strokes])
        panes.append(Pane(title, tuple(strokes), limits))
    return panes


def _strokes(curve: AngleCurves, width: float, ratio: float) -> list[Stroke]:
    raw = angle_pen(curve.name, width=width)
    if curve.after is None:
        return [Stroke(curve.name, curve.raw, raw)]
    faint = raw.color()
    faint.setAlphaF(_BEHIND)
    raw.setColor(faint)
    raw.setWidthF(1.0)
    bold = angle_pen(curve.name, width=_BOLD * ratio)
    return [
        Stroke(curve.name, curve.raw, raw),
        Stroke(curve.name, curve.after, bold, filtered=True),
    ]


class AnglePlot(pg.GraphicsView):
    """Angles over seconds in one pane or several, with a cursor.

    Ranges are fixed, so that drawing costs only the lines. Not a `PlotWidget`: that makes
    menus and option panels which nobody sees.
    """

    clicked = Signal(float)
    """The time in seconds under a click or a drag of the left button."""

    zoomed = Signal()
    """The time range was changed by the wheel or by dragging with the middle button."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, useOpenGL=False, background=None)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Joint angles over time")
        self.setToolTip("Click to go to a frame; wheel to zoom in time; double-click for all.")
        self._limits = (-1e9, 1e9)
        self._range = (0.0, 1.0)
        self._seconds: float | None = None
        self._factor = 1.0
        self._bottom = pg.AxisItem("bottom")
        self._bottom.enableAutoSIPrefix(False)
        self._bottom.setLabel("time (s)")
        self._bottom.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self._layout = pg.GraphicsLayout()
        self._layout.setContentsMargins(2, 8, 12, 2)
        self._layout.setSpacing(0)
        self._layout.layout.setVerticalSpacing(8)
        self.setCentralItem(self._layout)
        self._panes: list[PlotPane] = []
        self._lay_out(1)

    # -- what is shown --------------------------------------------------------------------

    def show_panes(self, panes: Sequence[Pane], *, radians: bool = False) -> None:
        """Show these panes, top first, and nothing else.

        Args:
            panes: At least one.
            radians: Write radians along the axis instead of degrees.
        """
        if len(panes) != len(self._panes):
            self._lay_out(len(panes))
        self._factor = np.pi / 180 if radians else 1.0
        for made, wanted in zip(self._panes, panes, strict=True):
            unit = "rad" if radians else "°"
            made.show_title(f"{wanted.title} ({unit})" if wanted.title else "")
            made.show_strokes(wanted.strokes, factor=self._factor)
            made.set_range(wanted.degrees, radians=radians)

    def curve(self, name: str, *, filtered: bool = False) -> tuple[np.ndarray, np.ndarray]:
        """Seconds and values, in the unit shown, of a curve."""
        x, y = self.item(name, filtered=filtered).getData()
        return np.asarray(x), np.asarray(y)

    def item(self, name: str, *, filtered: bool = False) -> pg.PlotCurveItem:
        """The curve of an angle.

        Raises:
            KeyError: It is not shown.
        """
        for pane in self._panes:
            if (name, filtered) in pane.curves:
                return pane.curves[name, filtered]
        raise KeyError(name)

    @property
    def names(self) -> frozenset[str]:
        """The angles shown."""
        return frozenset(name for pane in self._panes for name, _ in pane.curves)

    @property
    def titles(self) -> tuple[str, ...]:
        """What the panes are called, top first."""
        return tuple(pane.title for pane in self._panes)

    def set_cursor(self, seconds: float | None) -> None:
        """Put the cursor line at a time; None hides it."""
        self._seconds = seconds
        for pane in self._panes:
            pane.set_cursor(seconds)

    @property
    def cursor_time(self) -> float | None:
        """Where the cursor stands; None while it is hidden."""
        return self._seconds

    def set_time_range(self, low: float, high: float) -> None:
        """Show the seconds from `low` to `high`."""
        if self.time_range != (low, high):
            self._range = low, high
            for pane in self._panes:
                pane.view.setXRange(low, high, padding=0)

    def set_time_limits(self, low: float, high: float) -> None:
        """How far a person may zoom out and pan."""
        self._limits = low, high
        for pane in self._panes:
            pane.view.setLimits(xMin=low, xMax=high, minXRange=0.1)

    @property
    def time_range(self) -> tuple[float, float]:
        """The seconds at the left and right edge."""
        low, high = self._panes[0].view.viewRange()[0]
        return float(low), float(high)

    @property
    def degree_range(self) -> tuple[float, float]:
        """The degrees at the bottom and top of the first pane."""
        return self._panes[0].degrees

    @property
    def columns(self) -> int:
        """Width of the plot area in device pixels."""
        return max(int(self._panes[0].view.width() * self.devicePixelRatioF()), 1)

    def place_of(self, seconds: float) -> float:
        """The x of a time on this widget, in logical pixels."""
        point = self._panes[0].view.mapViewToScene(pg.Point(seconds, 0.0))
        return float(self.mapFromScene(point).x())

    # -- looks ----------------------------------------------------------------------------

    def restyle(self) -> None:
        """Take the colours of the theme in force."""
        self.setBackground(theme.current().colour("canvas"))
        style_axis(self._bottom)
        for pane in self._panes:
            pane.restyle()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and getattr(self, "_panes", None):
            self.restyle()

    def _lay_out(self, count: int) -> None:
        """Have `count` panes with the time axis below the last."""
        if self._panes:
            self._range = self.time_range
            self._layout.removeItem(self._bottom)
        for pane in self._panes[count:]:
            pane.remove(self._layout)
        del self._panes[count:]
        for row in range(len(self._panes), count):
            pane = PlotPane(self._layout, row=row, clicked=self.clicked.emit, zoomed=self._on_zoom)
            pane.view.setLimits(xMin=self._limits[0], xMax=self._limits[1], minXRange=0.1)
            pane.view.setXRange(*self._range, padding=0)
            pane.set_cursor(self._seconds)
            self._panes.append(pane)
        self._layout.addItem(self._bottom, count, 1)
        self._bottom.linkToView(self._panes[-1].view)
        self.setMinimumHeight(LEAST_PANE * count + 40 if count > 1 else 0)
        self.restyle()

    def _on_zoom(self, view: pg.ViewBox) -> None:
        """Let every pane show the range of the one that was zoomed or panned."""
        low, high = view.viewRange()[0]
        for pane in self._panes:
            if pane.view is not view:
                pane.view.setXRange(low, high, padding=0)
        self.zoomed.emit()
