"""One pane of the plot of angles: its axis, its curves, its cursor."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGraphicsItem

from poseviewer.gui import theme

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from poseviewer.gui.angle_plot import Stroke

_AXIS_WIDTH = 46

# Steps of the axis, finest first, with the finer lines between: degrees, and radians.
_DEGREE_STEPS = ((15, 5), (30, 10), (60, 20), (90, 30), (180, 60), (360, 180))
_RADIAN_STEPS = ((0.25, 0.125), (0.5, 0.25), (1.0, 0.5), (2.0, 1.0), (4.0, 2.0))

_WORDS_ROOM = 100
"""Logical pixels of height from which the axis says its unit."""

_LABEL_ROOM = 22
"""Logical pixels from one label of the axis to the next."""


class PlotPane:
    """A plot area with its left axis in row `row` of a layout.

    Args:
        layout: Where to.
        row: From 0 at the top.
        clicked: Called with the time under a click or a drag of the left button.
        zoomed: Called with the plot area whose time range a person has changed.
    """

    def __init__(
        self,
        layout: pg.GraphicsLayout,
        *,
        row: int,
        clicked: Callable[[float], object],
        zoomed: Callable[[pg.ViewBox], object],
    ) -> None:
        self.view = _TimeBox(clicked, zoomed)
        self.curves: dict[tuple[str, bool], pg.PlotCurveItem] = {}
        """By name of the angle and whether it is the filtered one."""
        self.degrees = (np.nan, np.nan)
        """The lowest and highest degrees shown."""
        self.title = ""
        self._shown: tuple[object, ...] = ()
        self._left = pg.AxisItem("left")
        self._left.linkToView(self.view)
        self._left.enableAutoSIPrefix(False)
        self._left.setWidth(_AXIS_WIDTH)
        # Labels and grid cost ten times the curves and seldom change.
        self._left.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)
        layout.addItem(self._left, row, 0)
        layout.addItem(self.view, row, 1)
        self._label = pg.LabelItem("", justify="left")
        self._label.setParentItem(self.view)
        self._label.anchor((0, 0), (0, 0), offset=(6, 0))
        self._label.setZValue(20)
        self._zero = pg.InfiniteLine(pos=0.0, angle=0)
        self._cursor = pg.InfiniteLine(angle=90)
        self._cursor.setZValue(10)
        self._cursor.hide()
        for line in (self._zero, self._cursor):
            self.view.addItem(line, ignoreBounds=True)

    def remove(self, layout: pg.GraphicsLayout) -> None:
        """Take the pane out of its layout."""
        for item in (self._left, self.view):
            layout.removeItem(item)

    def show_title(self, title: str) -> None:
        """Write what the pane shows into its corner."""
        if title != self.title:
            self.title = title
            self._write_title()

    def show_strokes(self, strokes: Sequence[Stroke], *, factor: float) -> None:
        """Show these curves and no others, their degrees times `factor`."""
        wanted = {(stroke.name, stroke.filtered): stroke for stroke in strokes}
        for key in self.curves.keys() - wanted.keys():
            self.view.removeItem(self.curves.pop(key))
        for key, stroke in wanted.items():
            item = self.curves.get(key)
            if item is None:
                item = self.curves[key] = pg.PlotCurveItem(antialias=True)
                item.setZValue(5 if stroke.filtered else 1)
                self.view.addItem(item, ignoreBounds=True)
            curve = stroke.curve
            item.setData(
                curve.seconds,
                curve.degrees if factor == 1 else curve.degrees * factor,
                connect="all" if curve.unbroken else curve.joined,
                skipFiniteCheck=True,
                pen=stroke.pen,
            )

    def set_cursor(self, seconds: float | None) -> None:
        """Put the cursor line at a time; None hides it."""
        self._cursor.setVisible(seconds is not None)
        if seconds is not None and self._cursor.value() != seconds:
            self._cursor.setValue(seconds)

    def set_range(self, degrees: tuple[float, float], *, radians: bool) -> None:
        """Show the degrees from the first to the second, written in degrees or radians."""
        height = self.view.height()
        shown = (degrees, radians, height)
        if shown == self._shown:
            return
        self._shown, self.degrees = shown, degrees
        factor = np.pi / 180 if radians else 1.0
        low, high = degrees[0] * factor, degrees[1] * factor
        self.view.setYRange(low, high, padding=0.02)
        steps = _RADIAN_STEPS if radians else _DEGREE_STEPS
        room = max(height, 1) / max(high - low, 1e-6)
        fits = (pair for pair in steps if pair[0] * room >= _LABEL_ROOM)
        self._left.setTickSpacing(*next(fits, steps[-1]))
        # A pane too low for the words has a title, and the title has the unit.
        self._left.setLabel(("radians" if radians else "degrees") if height >= _WORDS_ROOM else "")

    def restyle(self) -> None:
        """Take the colours of the theme in force."""
        colours = theme.current()
        style_axis(self._left)
        self._zero.setPen(pg.mkPen(colours.colour("muted", 0.5)))
        self._cursor.setPen(pg.mkPen(colours.colour("text"), width=1.5))
        self._write_title()

    def _write_title(self) -> None:
        colours = theme.current()
        # On a ground of its own: curves run behind it.
        ground = f'<span style="background-color: {colours.canvas}">'
        text = f"{ground}&nbsp;{escape(self.title)}&nbsp;</span>" if self.title else ""
        self._label.setText(text, size="8.5pt", color=colours.text)


def style_axis(axis: pg.AxisItem) -> None:
    """Give an axis the colours and the digits of the theme in force."""
    colours = theme.current()
    axis.setPen(pg.mkPen(colours.colour("muted", 0.6)))
    axis.setTextPen(pg.mkPen(colours.colour("muted")))
    axis.setStyle(tickFont=theme.digits(8.5), tickLength=-4)
    axis.setGrid(46)


class _TimeBox(pg.ViewBox):
    """The plot area: a click or drag goes to a time, the wheel zooms in time."""

    def __init__(
        self, clicked: Callable[[float], object], zoomed: Callable[[pg.ViewBox], object]
    ) -> None:
        super().__init__(enableMenu=False, defaultPadding=0)
        self._clicked, self._zoomed = clicked, zoomed
        self.setMouseEnabled(x=True, y=False)
        self.disableAutoRange()

    def mouseClickEvent(self, ev: Any) -> None:
        if ev.button() == Qt.MouseButton.LeftButton:
            ev.accept()
            if ev.double():
                low, high = self.state["limits"]["xLimits"]
                if low is not None and high is not None:
                    self.setXRange(low, high, padding=0)
                    self._zoomed(self)
            else:
                self._clicked(float(self.mapSceneToView(ev.scenePos()).x()))

    def mouseDragEvent(self, ev: Any, axis: int | None = None) -> None:  # noqa: ARG002
        if ev.button() == Qt.MouseButton.LeftButton:
            ev.accept()
            self._clicked(float(self.mapSceneToView(ev.scenePos()).x()))
        elif ev.button() == Qt.MouseButton.MiddleButton:
            super().mouseDragEvent(ev, axis=0)
            self._zoomed(self)

    def wheelEvent(self, ev: Any, axis: int | None = None) -> None:  # noqa: ARG002
        super().wheelEvent(ev, axis=0)
        self._zoomed(self)
