"""One figure over time, a curve a stage, in the colours the stages have on the frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from poseviewer.draw.colour import mixed
from poseviewer.draw.paths import stage_colour
from poseviewer.gui import theme

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LEFT, _RIGHT, _TOP, _BOTTOM = 40, 10, 22, 20
"""Room around the curves, logical pixels."""

_STEPS = (1.0, 2.0, 2.5, 5.0)
_MOST = 2
"""Points a logical pixel; more cannot be distinguished."""


class StagePlot(QWidget):
    """Curves over seconds; a click goes to a time."""

    clicked = Signal(float)
    """The time in seconds under a click or a drag of the left button."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._seconds: NDArray[np.float64] = np.empty(0)
        self._values: NDArray[np.float64] = np.empty((0, 0))
        self._range = 0.0, 1.0
        self._gap = 0.0
        self._top = 1.0
        self._title = ""
        self._cursor: float | None = None
        self._moving = False
        self.setAccessibleName("Figures over time")
        self.setToolTip("The chosen figure over time, a curve a stage. Click to go to a frame.")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 84)

    def sizeHint(self) -> QSize:
        """Wide and low."""
        return QSize(360, 130)

    @property
    def top(self) -> float:
        """The figure at the upper edge."""
        return self._top

    @property
    def curves(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Seconds (n,) and values (n, stages) of what is shown."""
        return self._seconds, self._values

    def show_curves(
        self,
        seconds: NDArray[np.float64],
        values: NDArray[np.float64],
        *,
        span: tuple[float, float],
        gap: float,
        least: float,
        title: str,
        cursor: float | None,
        moving: bool = False,
    ) -> None:
        """Show other curves.

        Args:
            seconds: (n,) rising.
            values: (n, s) of every stage, at least 0; NaN leaves a gap.
            span: The seconds at the left and the right edge.
            gap: Points further apart than this, seconds, are not joined.
            least: The upper edge is not below this, so that noise is not blown up.
            title: What is shown.
            cursor: Where the current frame is; None for nowhere.
            moving: Whether more follow at once: thin strokes cost a fifth.
        """
        inside = (seconds >= span[0]) & (seconds <= span[1])
        self._seconds, self._values = seconds[inside], values[inside]
        self._gap = gap
        self._range, self._title, self._cursor, self._moving = span, title, cursor, moving
        known = self._values[np.isfinite(self._values)]
        # A few wild frames must not press the others to the floor.
        high = float(np.quantile(known, 0.98)) * 1.1 if known.size else 0.0
        self._top = _round_up(max(high, least))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint axes, curves and cursor."""
        colours = theme.current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), colours.colour("canvas"))
        area = self._area()
        painter.setFont(theme.digits(8.5))
        self._paint_axes(painter, area)
        painter.setPen(colours.colour("muted"))
        title = painter.fontMetrics().elidedText(
            self._title, Qt.TextElideMode.ElideRight, int(area.width())
        )
        above = QRectF(area.left(), 2, area.width(), _TOP - 4)
        painter.drawText(above, Qt.AlignmentFlag.AlignVCenter, title)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(area.adjusted(-2, -2, 2, 2))
        self._paint_curves(painter, area)
        painter.setClipping(False)
        if self._cursor is not None and self._range[0] <= self._cursor <= self._range[1]:
            x = self._x(self._cursor, area)
            painter.setPen(QPen(colours.colour("text"), 1.5))
            painter.drawLine(QLineF(x, area.top(), x, area.bottom()))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the time that was clicked."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._click(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the pointer while the button is down."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._click(event)

    def _click(self, event: QMouseEvent) -> None:
        area = self._area()
        low, high = self._range
        share = (event.position().x() - area.left()) / max(area.width(), 1)
        self.clicked.emit(low + min(max(share, 0.0), 1.0) * (high - low))

    def _area(self) -> QRectF:
        return QRectF(self.rect()).adjusted(_LEFT, _TOP, -_RIGHT, -_BOTTOM)

    def _x(self, seconds: float, area: QRectF) -> float:
        low, high = self._range
        return area.left() + (seconds - low) / max(high - low, 1e-9) * area.width()

    def _paint_axes(self, painter: QPainter, area: QRectF) -> None:
        colours = theme.current()
        metrics = painter.fontMetrics()
        lines = 2 if area.height() < 90 else 4
        for part in range(lines + 1):
            y = area.bottom() - area.height() * part / lines
            painter.setPen(colours.colour("muted", 0.45 if part == 0 else 0.16))
            painter.drawLine(QLineF(area.left(), y, area.right(), y))
            painter.setPen(colours.colour("muted"))
            place = QRectF(0, y - 9, _LEFT - 6, 18)
            align = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(place, align, f"{self._top * part / lines:.3g}")
        low, high = self._range
        step = _step(high - low, most=max(int(area.width() / 70), 1))
        for number in range(int(np.ceil(low / step)), int(np.floor(high / step)) + 1):
            text = f"{number * step:.10g} s"
            half = metrics.horizontalAdvance(text) / 2
            x = self._x(number * step, area)
            left = min(max(x - half, area.left() - half), self.width() - 2 * half - 2)
            place = QRectF(left, area.bottom() + 2, 2 * half + 2, _BOTTOM - 3)
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_curves(self, painter: QPainter, area: QRectF) -> None:
        count = self._values.shape[1]
        if not len(self._seconds):
            return
        step = max(len(self._seconds) // max(int(area.width() * _MOST), 1), 1)
        xs = self._x_all(self._seconds[::step], area)
        broken = np.diff(self._seconds[::step]) > self._gap
        for stage in range(count):
            values = self._values[::step, stage]
            ys = area.bottom() - values / self._top * area.height()
            width = 1.0 if self._moving else 1.8 if stage == count - 1 else 1.3
            painter.setPen(QPen(curve_colour(stage, count), width))
            known = np.isfinite(ys)
            ends = np.flatnonzero(~(known[1:] & known[:-1]) | broken) + 1
            for run in np.split(np.arange(len(xs)), ends):
                drawn = run[known[run]]
                if len(drawn) == 1:
                    painter.drawPoint(QPointF(xs[drawn[0]], ys[drawn[0]]))
                    painter.drawEllipse(QPointF(xs[drawn[0]], ys[drawn[0]]), 1.5, 1.5)
                elif len(drawn):
                    painter.drawPolyline(
                        QPolygonF(
                            [QPointF(x, y) for x, y in zip(xs[drawn], ys[drawn], strict=True)]
                        )
                    )

    def _x_all(self, seconds: NDArray[np.float64], area: QRectF) -> NDArray[np.float64]:
        low, high = self._range
        return area.left() + (seconds - low) / max(high - low, 1e-9) * area.width()


def curve_colour(stage: int, count: int) -> QColor:
    """A stage's colour, darker on a light background."""
    colour = stage_colour(stage, count)
    return QColor(*(colour if theme.current().dark else mixed(colour, (0, 0, 0), 0.28)))


def _round_up(value: float) -> float:
    """The next figure of one or two digits that halves well."""
    if value <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(value))
    return float(
        next(
            step * power
            for step in (1, 1.2, 1.6, 2, 3, 4, 6, 8, 10)
            if step * power >= value * 0.999
        )
    )


def _step(span: float, *, most: int) -> float:
    """A round number of seconds that divides `span` into at most `most` parts."""
    rough = max(span / most, 1e-3)
    power = 10.0 ** np.floor(np.log10(rough))
    return float(next(s * power for s in (*_STEPS, 10.0) if s * power >= rough * 0.999))
