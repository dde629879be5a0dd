"""The plot of the Joint angles dock; with `plot_pane` the only module that imports pyqtgraph.

Import it after the first paint: pyqtgraph takes as long to load as the window to appear.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QGraphicsItem

from poseviewer.draw.curve import degree_range
from poseviewer.gui import theme
from poseviewer.gui.angles.curves import grouped
from poseviewer.gui.angles.list import angle_pen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtGui import QPen
    from PySide6.QtWidgets import QWidget

    from poseviewer.draw.curve import Curve
    from poseviewer.gui.angles.curves import AngleCurves
    from poseviewer.runtime.state import Panes

Layer = Literal["raw", "filtered", "other"]
"""Which curve of an angle: the network's, the same after the filter, or another source's."""

_HEIGHTS: dict[Layer, int] = {"other": 0, "raw": 1, "filtered": 5}

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
        self.curves: dict[tuple[str, Layer], pg.PlotCurveItem] = {}
        """By name of the angle."""
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
        wanted = {(stroke.name, stroke.layer): stroke for stroke in strokes}
        for key in self.curves.keys() - wanted.keys():
            self.view.removeItem(self.curves.pop(key))
        for key, stroke in wanted.items():
            item = self.curves.get(key)
            if item is None:
                item = self.curves[key] = pg.PlotCurveItem(antialias=True)
                item.setZValue(_HEIGHTS[stroke.layer])
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


LEAST_PANE = 64
"""Logical pixels below which a pane is no longer readable."""

_BOLD, _BEHIND = 2.2, 0.45
"""Width of a filtered curve, and the opacity of the raw one behind it."""

_BROAD, _PALE = 5.0, 0.34
"""Width of a curve of another source, and its opacity; it lies behind those of the network."""


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """One curve and how it is drawn."""

    name: str
    """Of the angle."""

    curve: Curve
    """In degrees."""

    pen: QPen

    layer: Layer = "raw"


@dataclass(frozen=True, slots=True, eq=False)
class Pane:
    """What one pane shows."""

    title: str
    strokes: tuple[Stroke, ...]

    degrees: tuple[float, float]
    """The lowest and highest degrees shown."""


def panes_of(
    curves: Sequence[AngleCurves],
    arrangement: Panes,
    *,
    width: float,
    ratio: float,
    others: Sequence[AngleCurves] = (),
) -> list[Pane]:
    """The panes of some curves: raw, or raw thin with the filtered one bold over it.

    Args:
        curves: What to show.
        others: What another source has, drawn broad and pale behind them.
        arrangement: How they are spread over panes.
        width: Of a raw curve without a filter, device pixels.
        ratio: Device pixels per logical one.
    """
    panes = []
    behind = {id(curve) for curve in others}
    for title, group in grouped((*curves, *others), arrangement):
        strokes = [
            stroke
            for curve in group
            for stroke in (
                [_other(curve, ratio)] if id(curve) in behind else _strokes(curve, width, ratio)
            )
        ]
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
        Stroke(curve.name, curve.after, bold, "filtered"),
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


class AnglePlot(pg.GraphicsView):
    """Angles over seconds in one pane or several, with a cursor.

    Ranges are fixed, so that drawing costs only the lines. Not a `PlotWidget`: that makes
    menus and option panels that are never shown.
    """

    clicked = Signal(float)
    """The time in seconds under a click or a drag of the left button."""

    zoomed = Signal()
    """The time range was changed by the wheel or by dragging with the middle button."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, useOpenGL=False, background=None)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Joint angles over time")
        self.setToolTip("Click to go to a frame; wheel to zoom in time; double-click to show all.")
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

    def curve(self, name: str, layer: Layer = "raw") -> tuple[np.ndarray, np.ndarray]:
        """Seconds and values, in the unit shown, of a curve."""
        x, y = self.item(name, layer).getData()
        return np.asarray(x), np.asarray(y)

    def item(self, name: str, layer: Layer = "raw") -> pg.PlotCurveItem:
        """The curve of an angle.

        Raises:
            KeyError: It is not shown.
        """
        for pane in self._panes:
            if (name, layer) in pane.curves:
                return pane.curves[name, layer]
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


_MARGIN, _LINE, _STROKE, _GAP = 14.0, 20.0, 26.0, 18.0


def plot_picture(plot: QWidget, *, title: str, names: Sequence[str], caption: str) -> QImage:
    """The plot as an image, with its title, its legend and its caption.

    Args:
        plot: The widget.
        title: Of what, such as the clip's name.
        names: The angles shown, for the legend.
        caption: How they are drawn, such as with which filter.
    """
    colours = theme.current()
    ratio = plot.devicePixelRatioF()
    width = plot.width() + 2 * _MARGIN
    font = plot.font()
    rows = _legend_rows(names, room=width - 2 * _MARGIN, metrics=QFontMetricsF(font))
    top = _MARGIN + _LINE * (1 + len(rows)) + 4
    # A caption as long as the filter's name may take two lines.
    height = top + plot.height() + 2 * _LINE + _MARGIN
    image = QImage(round(width * ratio), round(height * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(colours.colour("canvas"))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(font)
    painter.setPen(colours.colour("text"))
    left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    line = QRectF(_MARGIN, _MARGIN, width - 2 * _MARGIN, _LINE)
    painter.drawText(line, left, title)
    for row in rows:
        line.translate(0, _LINE)
        for x, name in row:
            painter.setPen(angle_pen(name, width=2.0))
            middle = line.center().y()
            painter.drawLine(
                round(_MARGIN + x), round(middle), round(_MARGIN + x + _STROKE - 8), round(middle)
            )
            painter.setPen(colours.colour("text"))
            painter.drawText(line.adjusted(x + _STROKE, 0, 0, 0), left, name)
    painter.drawPixmap(QPointF(_MARGIN, top), plot.grab())
    painter.setPen(colours.colour("muted"))
    below = QRectF(_MARGIN, top + plot.height() + 4, width - 2 * _MARGIN, 2 * _LINE)
    painter.drawText(below, int(Qt.TextFlag.TextWordWrap), caption)
    painter.end()
    return image


def _legend_rows(
    names: Sequence[str], *, room: float, metrics: QFontMetricsF
) -> list[list[tuple[float, str]]]:
    """Where each name begins in its row."""
    rows: list[list[tuple[float, str]]] = [[]]
    x = 0.0
    for name in names:
        wide = _STROKE + metrics.horizontalAdvance(name)
        if rows[-1] and x + wide > room:
            rows.append([])
            x = 0.0
        rows[-1].append((x, name))
        x += wide + _GAP
    return rows
