"""The plot of the Joint angles dock; the only module that imports pyqtgraph.

Import it after the first paint: pyqtgraph takes as long to load as the window to appear.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QGraphicsItem

from poseviewer.gui import theme

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QPen
    from PySide6.QtWidgets import QWidget

    from poseviewer.gui.curves import Curve


class AnglePlot(pg.GraphicsView):
    """Degrees over seconds, with a cursor; fixed ranges, so that drawing costs only the lines.

    Not a `PlotWidget`: that makes menus and option panels which nobody sees.
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
        self._view = _TimeBox(self)
        self._left = pg.AxisItem("left")
        self._bottom = pg.AxisItem("bottom")
        layout = pg.GraphicsLayout()
        layout.setContentsMargins(2, 8, 12, 2)
        layout.setSpacing(0)
        layout.addItem(self._left, 0, 0)
        layout.addItem(self._view, 0, 1)
        layout.addItem(self._bottom, 1, 1)
        self.setCentralItem(layout)
        for axis, label in ((self._left, "angle (°)"), (self._bottom, "time (s)")):
            axis.linkToView(self._view)
            axis.enableAutoSIPrefix(False)
            axis.setLabel(label)
            # Labels and grid cost ten times the curves and seldom change.
            axis.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        self._left.setWidth(46)
        self._zero = pg.InfiniteLine(pos=0.0, angle=0)
        self._cursor = pg.InfiniteLine(angle=90)
        self._cursor.setZValue(10)
        self._cursor.hide()
        for line in (self._zero, self._cursor):
            self._view.addItem(line, ignoreBounds=True)
        self._degrees = (np.nan, np.nan)
        self._curves: dict[str, pg.PlotCurveItem] = {}
        self.restyle()

    # -- what is shown --------------------------------------------------------------------

    def show_curves(self, curves: Mapping[str, tuple[Curve, QPen]]) -> None:
        """Show these curves by name, and no others."""
        for name in self._curves.keys() - curves.keys():
            self._view.removeItem(self._curves.pop(name))
        for name, (curve, pen) in curves.items():
            item = self._curves.get(name)
            if item is None:
                item = self._curves[name] = pg.PlotCurveItem(antialias=True)
                self._view.addItem(item, ignoreBounds=True)
            item.setData(
                curve.seconds,
                curve.degrees,
                connect="all" if curve.unbroken else curve.joined,
                skipFiniteCheck=True,
                pen=pen,
            )

    def curve(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """Seconds and degrees of a shown curve."""
        x, y = self._curves[name].getData()
        return np.asarray(x), np.asarray(y)

    @property
    def names(self) -> frozenset[str]:
        """The curves shown."""
        return frozenset(self._curves)

    def set_cursor(self, seconds: float | None) -> None:
        """Put the cursor line at a time; None hides it."""
        self._cursor.setVisible(seconds is not None)
        if seconds is not None and self._cursor.value() != seconds:
            self._cursor.setValue(seconds)

    def set_time_range(self, low: float, high: float) -> None:
        """Show the seconds from `low` to `high`."""
        if self.time_range != (low, high):
            self._view.setXRange(low, high, padding=0)

    def set_time_limits(self, low: float, high: float) -> None:
        """How far a person may zoom out and pan."""
        self._view.setLimits(xMin=low, xMax=high, minXRange=0.1)

    def set_degree_range(self, low: float, high: float) -> None:
        """Show the degrees from `low` to `high`."""
        if self.degree_range != (low, high):
            self._view.setYRange(low, high, padding=0.02)
            self._degrees = low, high
            step = 30 if high - low <= 180 else 60
            self._left.setTickSpacing(step, step / 3)

    @property
    def time_range(self) -> tuple[float, float]:
        """The seconds at the left and right edge."""
        low, high = self._view.viewRange()[0]
        return float(low), float(high)

    @property
    def degree_range(self) -> tuple[float, float]:
        """The degrees last asked for."""
        return self._degrees

    @property
    def columns(self) -> int:
        """Width of the plot area in device pixels."""
        return max(int(self._view.width() * self.devicePixelRatioF()), 1)

    def place_of(self, seconds: float) -> float:
        """The x of a time on this widget, in logical pixels."""
        point = self._view.mapViewToScene(pg.Point(seconds, self.degree_range[0]))
        return float(self.mapFromScene(point).x())

    # -- looks ----------------------------------------------------------------------------

    def restyle(self) -> None:
        """Take the colours of the theme in force."""
        colours = theme.current()
        self.setBackground(colours.colour("canvas"))
        faint = pg.mkPen(colours.colour("muted", 0.6))
        for axis in (self._left, self._bottom):
            axis.setPen(faint)
            axis.setTextPen(pg.mkPen(colours.colour("muted")))
            axis.setStyle(tickFont=theme.digits(8.5), tickLength=-4)
            axis.setGrid(46)
        self._zero.setPen(pg.mkPen(colours.colour("muted", 0.5)))
        self._cursor.setPen(pg.mkPen(colours.colour("text"), width=1.5))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_curves"):
            self.restyle()


class _TimeBox(pg.ViewBox):
    """The plot area: a click or drag goes to a time, the wheel zooms in time."""

    def __init__(self, plot: AnglePlot) -> None:
        super().__init__(enableMenu=False, defaultPadding=0)
        self._plot = plot
        self.setMouseEnabled(x=True, y=False)
        self.disableAutoRange()

    def mouseClickEvent(self, ev: Any) -> None:
        if ev.button() == Qt.MouseButton.LeftButton:
            ev.accept()
            if ev.double():
                low, high = self.state["limits"]["xLimits"]
                if low is not None and high is not None:
                    self.setXRange(low, high, padding=0)
            else:
                self._plot.clicked.emit(float(self.mapSceneToView(ev.scenePos()).x()))

    def mouseDragEvent(self, ev: Any, axis: int | None = None) -> None:  # noqa: ARG002
        if ev.button() == Qt.MouseButton.LeftButton:
            ev.accept()
            self._plot.clicked.emit(float(self.mapSceneToView(ev.scenePos()).x()))
        elif ev.button() == Qt.MouseButton.MiddleButton:
            super().mouseDragEvent(ev, axis=0)
            self._plot.zoomed.emit()

    def wheelEvent(self, ev: Any, axis: int | None = None) -> None:  # noqa: ARG002
        super().wheelEvent(ev, axis=0)
        self._plot.zoomed.emit()
