"""A plot of some curves over steps or layers, with a linear or logarithmic scale."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from poseviewer.gui import theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.draw.colour import Colour

_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 24, 22

_BANDS = 17
"""Height of the names of the bands, which stand above the curves."""


@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """One line of a plot."""

    x: NDArray[np.float64]
    """(n,) rising."""
    y: NDArray[np.float64]
    """(n,); NaN leaves a gap."""
    colour: Colour
    name: str
    dashed: bool = False


class CurvePlot(QWidget):
    """Curves with axes; a click or drag chooses a place on the horizontal axis.

    Args:
        title: Above the curves.
        across: What the horizontal axis is.
        logarithmic: Whether the vertical scale is; else it begins at 0.
        wide: Whether the horizontal scale is logarithmic.
    """

    chosen = Signal(float)

    def __init__(
        self,
        title: str,
        *,
        across: str,
        logarithmic: bool = False,
        wide: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._title, self._across = title, across
        self._logarithmic, self._wide = logarithmic, wide
        self._curves: tuple[Curve, ...] = ()
        self._bands: tuple[tuple[float, float, str], ...] = ()
        self._cursor: float | None = None
        self._ends: tuple[float, float] | None = None
        self.setAccessibleName(title)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(220, 120)

    def sizeHint(self) -> QSize:
        """Wide and low."""
        return QSize(460, 190)

    @property
    def curves(self) -> tuple[Curve, ...]:
        """What is shown."""
        return self._curves

    def show_curves(
        self,
        curves: Sequence[Curve],
        *,
        cursor: float | None = None,
        bands: Sequence[tuple[float, float, str]] = (),
        ends: tuple[float, float] | None = None,
    ) -> None:
        """Show other curves.

        Args:
            curves: Drawn in their order.
            cursor: Place of a vertical line; None for none.
            bands: From, to and name of parts of the horizontal axis.
            ends: Of the horizontal axis, for plots that lie under each other; those of the curves
                where None.
        """
        self._curves, self._cursor, self._bands = tuple(curves), cursor, tuple(bands)
        self._ends = ends
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint axes, bands, curves and names."""
        colours = theme.current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), colours.colour("canvas"))
        painter.setFont(theme.digits(8.5))
        area = self._area()
        painter.setPen(colours.colour("text"))
        painter.drawText(QRectF(area.left(), 3, area.width(), theme.px(_TOP)), self._title)
        if not any(len(curve.x) for curve in self._curves):
            painter.setPen(colours.colour("muted"))
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, "Nothing yet")
            return
        for place, (start, end, name) in enumerate(self._bands):
            left, right = (min(self._x(at, area), area.right()) for at in (start, end))
            top = area.top() - theme.px(_BANDS)
            if place % 2:
                part = QRectF(left, top, right - left, area.bottom() - top)
                painter.fillRect(part, colours.colour("raised", 0.55))
            painter.setPen(colours.colour("muted"))
            if painter.fontMetrics().horizontalAdvance(name) <= right - left:
                where = QRectF(left, top, right - left, theme.px(_BANDS))
                painter.drawText(where, Qt.AlignmentFlag.AlignCenter, name)
        self._paint_axes(painter, area)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(area.adjusted(-1, -1, 1, 1))
        for curve in self._curves:
            self._paint_curve(painter, area, curve)
        if self._cursor is not None:
            x = self._x(self._cursor, area)
            painter.setPen(QPen(colours.colour("mark"), 1.2))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        painter.setClipping(False)
        self._paint_names(painter, area)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the place under the pointer."""
        self._choose(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the pointer while its button is held."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._choose(event)

    def _choose(self, event: QMouseEvent) -> None:
        area, (low, high) = self._area(), self._range()
        share = min(max((event.position().x() - area.left()) / area.width(), 0.0), 1.0)
        at = low + share * (high - low)
        self.chosen.emit(float(10**at) if self._wide else float(at))

    def _area(self) -> QRectF:
        left, top = theme.px(_LEFT), theme.px(_TOP + (_BANDS if self._bands else 0))
        right, bottom = self.width() - theme.px(_RIGHT), self.height() - theme.px(_BOTTOM)
        return QRectF(QPointF(left, top), QPointF(right, bottom))

    def ticks(self) -> list[tuple[float, float]]:
        """The numbers beneath a wide axis before its end: each, and where it is, pixels."""
        low, high = self._range()
        if not self._wide:
            return []
        numbers = (step * 10**power for power in range(int(high) + 1) for step in (1, 2, 5))
        area = self._area()
        return [(n, self._x(n, area)) for n in numbers if low <= np.log10(n) < high]

    def _range(self) -> tuple[float, float]:
        """The ends of the horizontal scale, as logarithms where it is wide."""
        ends = [float(curve.x[end]) for curve in self._curves if len(curve.x) for end in (0, -1)]
        low, high = self._ends or (min(ends, default=0.0), max(ends, default=1.0))
        if self._wide:
            low, high = np.log10(max(low, 1.0)), np.log10(max(high, 1.0))
        return low, high if high > low else low + 1.0

    def _span(self) -> tuple[float, float]:
        """The ends of the vertical scale, as logarithms where it is logarithmic."""
        every = np.concatenate([curve.y for curve in self._curves])
        every = every[np.isfinite(every)]
        if not self._logarithmic:
            # A few wild values must not press the others to the floor.
            high = float(np.quantile(every, 0.98)) * 1.1 if every.size else 1.0
            # Of less than this the numbers beside the axis have no room.
            return 0.0, max(high, 1.0)
        every = every[every > 0]
        if not every.size:
            return -1.0, 0.0
        low, high = np.log10(every.min()), np.log10(every.max())
        return float(np.floor(low)), float(max(np.ceil(high), np.floor(low) + 1))

    def _x(self, value: float, area: QRectF) -> float:
        low, high = self._range()
        at = np.log10(max(value, 1.0)) if self._wide else value
        return area.left() + (at - low) / (high - low) * area.width()

    def _paint_axes(self, painter: QPainter, area: QRectF) -> None:
        colours = theme.current()
        low, high = self._span()
        levels = np.arange(low, high + 1) if self._logarithmic else np.linspace(low, high, 5)
        if len(levels) > 8:
            levels = levels[:: -(-len(levels) // 8)]
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for level in levels.tolist():
            y = area.bottom() - (level - low) / (high - low) * area.height()
            painter.setPen(colours.colour("line"))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(colours.colour("muted"))
            text = f"1e{level:.0f}" if self._logarithmic else f"{level:.3g}"
            where = QRectF(0, y - 8, area.left() - 5, 16)
            painter.drawText(where, right, text)
        below = QRectF(area.left(), area.bottom() + 3, area.width(), theme.px(_BOTTOM) - 3)
        first, last = (10**end if self._wide else end for end in self._range())
        if not self._wide:
            painter.drawText(below, Qt.AlignmentFlag.AlignLeft, f"{first:.0f}")
            painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, self._across)
            painter.drawText(below, Qt.AlignmentFlag.AlignRight, f"{last:.0f}")
            return
        end, width = f"{self._across} {last:.0f}", painter.fontMetrics().horizontalAdvance
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, end)
        used, room = 0.0, area.right() - width(end) - theme.px(8)
        for number, x in self.ticks():
            text = f"{number:.0f}"
            painter.setPen(colours.colour("line"))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom() + theme.px(3)))
            painter.setPen(colours.colour("muted"))
            left = max(x - width(text) / 2, area.left())
            if used <= left <= room - width(text):
                used = left + width(text) + theme.px(8)
                painter.drawText(QPointF(left, below.top() + painter.fontMetrics().ascent()), text)

    def _paint_curve(self, painter: QPainter, area: QRectF, curve: Curve) -> None:
        low, high = self._span()
        values = curve.y
        if self._logarithmic:
            values = np.log10(np.where(values > 0, values, np.nan))
        y = area.bottom() - (values - low) / (high - low) * area.height()
        pen = QPen(QColor(*curve.colour), 1.8)
        if curve.dashed:
            pen.setStyle(Qt.PenStyle.DashLine)
        painter.setPen(pen)
        x = np.array([self._x(at, area) for at in curve.x.tolist()])
        there = np.isfinite(y)
        for part in np.split(np.arange(len(y)), np.flatnonzero(~there)):
            points = [QPointF(x[at], y[at]) for at in part if there[at]]
            painter.drawPolyline(QPolygonF(points))
            if len(points) == 1:
                painter.drawEllipse(points[0], 2.0, 2.0)

    def _paint_names(self, painter: QPainter, area: QRectF) -> None:
        right = area.right()
        title = area.left() + painter.fontMetrics().horizontalAdvance(self._title)
        for curve in reversed(self._curves):
            if curve.name:
                width = painter.fontMetrics().horizontalAdvance(curve.name) + theme.px(10)
                right -= width
                if right < title + theme.px(10):
                    # The last stages are named: the others' colours lead up to theirs.
                    return
                painter.setPen(QColor(*curve.colour))
                painter.drawText(QRectF(right, 3, width, theme.px(_TOP)), curve.name)
