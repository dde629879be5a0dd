"""The tiles of the Probe dock: channels of a layer, pointed at and chosen from."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen
from PySide6.QtWidgets import QAbstractScrollArea, QWidget

from poseviewer.core.affine import apply
from poseviewer.gui import theme

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QMouseEvent, QPaintEvent, QResizeEvent

    from poseviewer.core.layer import Activations
    from poseviewer.draw.tiles import TileRange

_GAP = 3
_LEAST, _MOST = 44, 168
"""Logical pixels that the longer side of a tile may have."""

_LABELLED = 36
"""Logical pixels of a tile's width from which its number fits."""


@dataclass(frozen=True, slots=True)
class TileReading:
    """What lies under the pointer."""

    channel: int
    cell: tuple[int, int]
    """x, y in the channel."""
    value: float
    strength: float
    """Mean absolute activation of the channel."""
    frame: tuple[float, float] | None
    """x, y of the cell's centre in frame pixels; None where cells have no place."""


class ActivationTiles(QAbstractScrollArea):
    """Tiles of channels, as large as all of them fit; scrolls where they would be too small."""

    read = Signal(object)
    """The `TileReading` under the pointer, or None."""

    chosen = Signal(object)
    """Number of the channel a person chose; None where the chosen one was chosen again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Activations, a channel a tile")
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setMinimumSize(120, 90)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        self.meaning: TileRange | None = None
        """What the colours mean."""
        self._shown: Activations | None = None
        self._shared = True
        self._colormap = "inferno"
        self._choice: int | None = None
        self._cursor: tuple[float, float] | None = None
        self._columns, self._tile = 1, (_LEAST, _LEAST)
        self._pixels: NDArray[np.uint32] | None = None
        self._image: QImage | None = None

    # -- what is shown --------------------------------------------------------------------

    def show_activations(self, shown: Activations | None) -> None:
        """Show the channels of `shown`; None empties the tiles."""
        if shown is not self._shown:
            self._shown = shown
            self._arrange()

    def show_look(self, *, colormap: str, shared: bool) -> None:
        """Set the colours of unsigned channels and whether all tiles share one range."""
        if (colormap, shared) != (self._colormap, self._shared):
            self._colormap, self._shared = colormap, shared
            self._compose()

    def show_choice(self, channel: int | None) -> None:
        """Outline the tile of a channel, without a signal."""
        if channel != self._choice:
            self._choice = channel
            self.viewport().update()

    def set_cursor(self, place: tuple[float, float] | None) -> None:
        """Show a cross at a frame pixel in every tile."""
        if place != self._cursor:
            self._cursor = place
            self.viewport().update()

    def tile_rect(self, position: int) -> QRectF:
        """Where the tile at a position lies in the viewport, logical pixels."""
        ratio = self.devicePixelRatioF()
        row, column = divmod(position, self._columns)
        x = column * (self._tile[0] + self._gap)
        y = row * (self._tile[1] + self._gap) - self.verticalScrollBar().value()
        return QRectF(x / ratio, y / ratio, self._tile[0] / ratio, self._tile[1] / ratio)

    def reading_at(self, place: QPointF) -> TileReading | None:
        """What lies at a point of the viewport."""
        shown = self._shown
        position = self._position(place)
        if shown is None or position is None:
            return None
        box = self.tile_rect(position)
        height, width = shown.values.shape[1:]
        cell = (
            min(int((place.x() - box.left()) / box.width() * width), width - 1),
            min(int((place.y() - box.top()) / box.height() * height), height - 1),
        )
        frame = None
        if shown.to_frame is not None:
            x, y = apply(shown.to_frame, np.array(cell, np.float64)).tolist()
            frame = (x, y)
        return TileReading(
            int(shown.channels[position]),
            cell,
            float(shown.values[position, cell[1], cell[0]]),
            float(shown.strength[position]),
            frame,
        )

    # -- inside ---------------------------------------------------------------------------

    @property
    def _gap(self) -> int:
        return max(round(_GAP * self.devicePixelRatioF()), 1)

    def _position(self, place: QPointF) -> int | None:
        count = 0 if self._shown is None else len(self._shown.channels)
        ratio = self.devicePixelRatioF()
        x = place.x() * ratio
        y = place.y() * ratio + self.verticalScrollBar().value()
        column, across = divmod(x, self._tile[0] + self._gap)
        row, down = divmod(y, self._tile[1] + self._gap)
        position = int(row) * self._columns + int(column)
        inside = across < self._tile[0] and down < self._tile[1] and column < self._columns
        return position if inside and 0 <= position < count and min(x, y) >= 0 else None

    def _arrange(self) -> None:
        """Make the tiles as large as all of them fit."""
        shown = self._shown
        ratio, gap = self.devicePixelRatioF(), self._gap
        count = 0 if shown is None else len(shown.channels)
        shape = 1.0 if shown is None else shown.values.shape[1] / shown.values.shape[2]
        width = self.viewport().width() * ratio
        height = self.viewport().height() * ratio
        least, most = _LEAST * ratio, _MOST * ratio
        longest = max(shape, 1.0)
        columns = 1
        for columns in range(1, max(count, 1) + 1):
            across = (width - (columns - 1) * gap) / columns
            rows = ceil(count / columns)
            fits = rows * (across * shape + gap) - gap <= height and across * longest <= most
            if fits or (width - columns * gap) / (columns + 1) * longest < least:
                break
        across = max((width - (columns - 1) * gap) / columns, 1)
        across = min(across, most / longest)
        self._columns = columns
        self._tile = max(int(across), 1), max(int(across * shape), 1)
        rows = ceil(count / columns)
        bar = self.verticalScrollBar()
        bar.setRange(0, max(0, rows * (self._tile[1] + gap) - gap - round(height)))
        bar.setPageStep(max(round(height), 1))
        bar.setSingleStep(max(self._tile[1] // 2, 1))
        self._compose()

    def _compose(self) -> None:
        self._image = None
        self.viewport().update()
        shown = self._shown
        if shown is None or not len(shown.channels):
            self.meaning = None
            return
        # Here, not at the top: the tiles need OpenCV, the first paint of the window does not.
        from poseviewer.draw.mosaic import Grid
        from poseviewer.draw.tiles import activation_mosaic

        grid = Grid(ceil(len(shown.channels) / self._columns), self._columns, self._tile, self._gap)
        self._pixels, self.meaning = activation_mosaic(
            shown.values,
            grid=grid,
            shared=self._shared,
            colormap=self._colormap,
            background=theme.current().colour("panel").rgb(),
        )
        height, width = self._pixels.shape
        self._image = QImage(
            self._pixels.data, width, height, width * 4, QImage.Format.Format_RGB32
        )
        self._image.setDevicePixelRatio(self.devicePixelRatioF())

    # -- events ---------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the mosaic in one call, and what is written on it."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), theme.current().colour("panel"))
        if self._image is not None and self._shown is not None:
            offset = self.verticalScrollBar().value() / self.devicePixelRatioF()
            painter.drawImage(QPointF(0, -offset), self._image)
            for position, channel in enumerate(self._shown.channels.tolist()):
                box = self.tile_rect(position)
                if box.bottom() >= 0 and box.top() <= self.viewport().height():
                    self._paint_marks(painter, box, channel)
        painter.end()

    def _paint_marks(self, painter: QPainter, box: QRectF, channel: int) -> None:
        if box.width() >= _LABELLED:
            font = theme.digits(7.5)
            painter.setFont(font)
            text = str(channel)
            metrics = QFontMetricsF(font)
            back = QRectF(
                box.left(), box.top(), metrics.horizontalAdvance(text) + 6, metrics.height()
            )
            painter.fillRect(back, QColor(12, 13, 16, 150))
            painter.setPen(QColor(232, 234, 237))
            painter.drawText(back, Qt.AlignmentFlag.AlignCenter, text)
        self._paint_cross(painter, box)
        if channel == self._choice:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.current().colour("accent"), 2))
            painter.drawRect(box.adjusted(1, 1, -1, -1))

    def _paint_cross(self, painter: QPainter, box: QRectF) -> None:
        shown = self._shown
        if self._cursor is None or shown is None or shown.to_frame is None:
            return
        step, start = shown.to_frame[[0, 1], [0, 1]], shown.to_frame[:, 2]
        height, width = shown.values.shape[1:]
        u, v = ((np.array(self._cursor) - start) / step + 0.5) / (width, height)
        if not (0 <= u <= 1 and 0 <= v <= 1):
            return
        at = QPointF(box.left() + u * box.width(), box.top() + v * box.height())
        for colour, thick in ((QColor(0, 0, 0, 170), 3.0), (QColor(255, 255, 255), 1.0)):
            painter.setPen(QPen(colour, thick))
            painter.drawLine(at - QPointF(4, 0), at + QPointF(4, 0))
            painter.drawLine(at - QPointF(0, 4), at + QPointF(0, 4))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the tiles anew."""
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        """Take the colours of a new theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._compose()

    def scrollContentsBy(self, _dx: int, _dy: int) -> None:
        """Scroll by painting."""
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a channel; the chosen one again for none."""
        position = self._position(event.position())
        if event.button() == Qt.MouseButton.LeftButton and position is not None and self._shown:
            channel = int(self._shown.channels[position])
            self.show_choice(None if channel == self._choice else channel)
            self.chosen.emit(self._choice)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what is under the pointer."""
        self.read.emit(self.reading_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Nothing is under the pointer any more."""
        super().leaveEvent(event)
        self.read.emit(None)
