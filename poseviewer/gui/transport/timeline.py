"""The slider of the whole clip, with marks and the confidence of analysed frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QPolygonF,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QWidget

from poseviewer.draw.captions import clock
from poseviewer.gui import theme
from poseviewer.gui.transport.reach import behind_text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.gui.design import Theme
    from poseviewer.runtime.state import Past

_PITCH = 5
"""Points from one confidence bar to the next."""

_SIDE = 8.0
"""Room left and right, so that the ends can be grabbed."""

_TOP, _BOTTOM = 9.0, 4.0


def confidence_bars(
    index: NDArray[np.integer], confidence: NDArray[np.floating], *, count: int, bars: int
) -> NDArray[np.float64]:
    """Mean confidence of the frames in each of `bars` equal parts of a clip; NaN where none."""
    part = np.minimum(index * bars // max(count, 1), bars - 1)
    seen = np.isfinite(confidence) & (index < count)
    part, confidence = part[seen], confidence[seen]
    total = np.bincount(part, weights=confidence, minlength=bars)
    number = np.bincount(part, minlength=bars)
    with np.errstate(invalid="ignore"):
        return np.asarray(total / number, np.float64)


class Timeline(QAbstractSlider):
    """A slider over the frames of a clip."""

    sought = Signal(int)
    """The frame that was pointed at."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setAccessibleName("Timeline")
        self.setToolTip("Click or drag to go to a frame; bars show the confidence of the analysis")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._times: NDArray[np.float64] = np.empty(0)
        self._marks: tuple[int | None, int | None] = (None, None)
        self._history: tuple[NDArray[np.int64], NDArray[np.float32]] | None = None
        self._bars: QPixmap | None = None
        self._pointer: float | None = None
        self._past: Past | None = None
        self._found: tuple[int, ...] = ()
        self._key_frames: tuple[int, ...] = ()

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(400, 40)

    def minimumSizeHint(self) -> QSize:
        """Enough for a few bars."""
        return QSize(120, 40)

    # -- what is shown --------------------------------------------------------------------

    def set_times(self, times: NDArray[np.float64], *, past: Past | None = None) -> None:
        """The frames, as seconds; of a frozen feed also their numbers and how far back they are."""
        if times is not self._times:
            self._times, self._past = times, past
            self._found = ()
            self._history = None
            self.setRange(0, max(len(times) - 1, 0))
            self._redraw()

    def set_marks(self, start: int | None, end: int | None) -> None:
        """The chosen range."""
        if (start, end) != self._marks:
            self._marks = (start, end)
            self.update()

    def set_history(self, index: NDArray[np.int64], confidence: NDArray[np.float32]) -> None:
        """Show the numbers and the confidence of the frames analysed so far."""
        if self._past is not None:
            kept = np.isin(index, self._past.index)
            index = np.searchsorted(self._past.index, index[kept]).astype(np.int64)
            confidence = confidence[kept]
        self._history = (index, confidence)
        self._redraw()

    def set_found(self, frames: tuple[int, ...]) -> None:
        """Mark frames that are worth a look."""
        self._found = frames
        self.update()

    def set_key_frames(self, frames: tuple[int, ...]) -> None:
        """Mark key frames."""
        if frames != self._key_frames:
            self._key_frames = frames
            self.update()

    def _redraw(self) -> None:
        self._bars = None
        self.update()

    # -- geometry -------------------------------------------------------------------------

    def x_of(self, index: int) -> float:
        """The position of a frame, points from the left."""
        last = max(self.maximum(), 1)
        return _SIDE + (self.width() - 2 * _SIDE) * index / last

    def index_at(self, x: float) -> int:
        """The frame at a point."""
        share = (x - _SIDE) / max(self.width() - 2 * _SIDE, 1)
        return round(min(max(share, 0.0), 1.0) * self.maximum())

    # -- events ---------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        """Draw the bars again in new colours."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._redraw()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go there."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(True)
            self._seek(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Scrub, or show the time under the pointer."""
        self._pointer = event.position().x()
        if self.isSliderDown():
            self._seek(self._pointer)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End scrubbing."""
        self.setSliderDown(False)
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        """Hide the time under the pointer."""
        super().leaveEvent(event)
        self._pointer = None
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """One frame a notch."""
        self._go(self.value() - round(event.angleDelta().y() / 120))
        event.accept()

    def _seek(self, x: float) -> None:
        self._go(self.index_at(x))

    def _go(self, index: int) -> None:
        bounded = min(max(index, 0), self.maximum())
        if bounded != self.value():
            self.setValue(bounded)
            self.sought.emit(bounded)

    # -- painting -------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint bars, range, marks, cursor and the time under the pointer."""
        now = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self._bars is None or self._bars.deviceIndependentSize() != QRectF(self.rect()).size():
            self._bars = self._draw_bars(now)
        painter.drawPixmap(0, 0, self._bars)
        self._paint_found(painter, now)
        self._paint_marks(painter, now)
        self._paint_key_frames(painter, now)
        self._paint_cursor(painter, now)
        if self._pointer is not None and len(self._times):
            self._paint_pointer(painter, now, self._pointer)
        painter.end()

    def _draw_bars(self, now: Theme) -> QPixmap:
        ratio = self.devicePixelRatioF()
        made = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
        made.setDevicePixelRatio(ratio)
        made.fill(QColor(now.panel))
        painter = QPainter(made)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        floor = self.height() - _BOTTOM
        room = self.width() - 2 * _SIDE
        painter.setBrush(QColor(now.line))
        painter.drawRoundedRect(QRectF(_SIDE, floor - 3, room, 3), 1.5, 1.5)
        bars = max(min(int(room // _PITCH), self.maximum() + 1), 1)
        if self._history is not None and len(self._history[0]) and self.maximum() > 0:
            means = confidence_bars(*self._history, count=self.maximum() + 1, bars=bars)
            tall = floor - _TOP - 1
            painter.setBrush(QColor(now.confidence))
            step = room / bars
            for at in np.flatnonzero(np.isfinite(means)):
                height = 3 + float(np.clip(means[at], 0, 1)) * (tall - 3)
                painter.drawRoundedRect(
                    QRectF(_SIDE + at * step + 0.5, floor - height, step - 1, height), 1, 1
                )
        painter.end()
        return made

    def _paint_found(self, painter: QPainter, now: Theme) -> None:
        """Ticks above the bars, where something is worth a look."""
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(now.warning))
        side = 3.0 * theme.scale()
        for x in {round(self.x_of(index)) for index in self._found}:
            painter.drawRect(QRectF(x - side / 2, 1, side, _TOP - 3))

    def _paint_key_frames(self, painter: QPainter, now: Theme) -> None:
        """Diamonds on the floor of the bars."""
        painter.setPen(QPen(QColor(now.panel), 1.5))
        painter.setBrush(QColor(now.accent))
        y, half = self.height() - _BOTTOM - 1.5, 5.0 * theme.scale()
        y = min(y, self.height() - half)
        for index in self._key_frames:
            x = self.x_of(min(index, self.maximum()))
            corners = ((x, y - half), (x + half, y), (x, y + half), (x - half, y))
            painter.drawPolygon(QPolygonF([QPointF(*corner) for corner in corners]))

    def _paint_marks(self, painter: QPainter, now: Theme) -> None:
        start, end = self._marks
        if start is None and end is None:
            return
        floor = self.height() - _BOTTOM
        left = self.x_of(start if start is not None else 0)
        right = self.x_of(end if end is not None else self.maximum())
        shade = now.colour("panel", 0.62)
        painter.fillRect(QRectF(_SIDE, _TOP - 2, left - _SIDE, floor - _TOP + 2), shade)
        painter.fillRect(
            QRectF(right, _TOP - 2, self.width() - _SIDE - right, floor - _TOP + 2), shade
        )
        painter.setPen(QPen(QColor(now.mark), 2 * theme.scale()))
        painter.setBrush(QColor(now.mark))
        for x, shown, lean in ((left, start, 5), (right, end, -5)):
            if shown is not None:
                painter.drawLine(QPointF(x, _TOP - 4), QPointF(x, floor + 1))
                flag = [QPointF(x, _TOP - 4), QPointF(x + lean, _TOP - 4), QPointF(x, _TOP + 2)]
                painter.drawPolygon(QPolygonF(flag))

    def _paint_cursor(self, painter: QPainter, now: Theme) -> None:
        if not len(self._times):
            return
        x = self.x_of(self.value())
        colour = QColor(now.accent if self.hasFocus() else now.text)
        painter.setPen(QPen(colour, 2 * theme.scale()))
        painter.drawLine(QPointF(x, 6), QPointF(x, self.height() - 2))
        painter.setBrush(colour)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawPolygon(QPolygonF([QPointF(x - 5, 1), QPointF(x + 5, 1), QPointF(x, 8)]))

    def _paint_pointer(self, painter: QPainter, now: Theme, x: float) -> None:
        index = self.index_at(x)
        text = f"{clock(float(self._times[index]))}   frame {index}"
        if self._past is not None:
            number = int(self._past.index[index])
            text = f"{behind_text(self._past, number)}   frame {number}"
        font = theme.digits()
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        width = metrics.horizontalAdvance(text) + 16
        height = metrics.height() + 6
        left = min(max(x - width / 2, 0.0), self.width() - width)
        box = QRectF(left, (self.height() - height) / 2, width, height)
        painter.setPen(QPen(QColor(now.line), 1))
        painter.setBrush(QColor(now.raised))
        painter.drawRoundedRect(box, 5, 5)
        painter.setPen(QColor(now.text))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
