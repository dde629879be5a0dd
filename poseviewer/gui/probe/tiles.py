"""The tiles of the Probe dock: channels of a layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter

from poseviewer.core.affine import apply, invert
from poseviewer.draw.tile import from_edges
from poseviewer.gui import theme
from poseviewer.gui.stages.grid import TileArea
from poseviewer.gui.stages.layout import flowed
from poseviewer.gui.stages.painter import Face

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QMouseEvent, QPaintEvent
    from PySide6.QtWidgets import QWidget

    from poseviewer.core.layer import Activations
    from poseviewer.draw.kinds.features import TileRange
    from poseviewer.gui.stages.layout import GridLayout

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


class ActivationTiles(TileArea):
    """Tiles of channels, as large as all of them fit; scrolls where they would be too small."""

    read = Signal(object)
    """The `TileReading` under the pointer, or None."""

    chosen = Signal(object)
    """Number of the channel a person chose; None where the chosen one was chosen again."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Activations, a channel a tile")
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
        self._pixels: NDArray[np.uint32] | None = None
        self._image: QImage | None = None

    # -- what is shown --------------------------------------------------------------------

    def show_activations(self, shown: Activations | None) -> None:
        """Show the channels of `shown`; None empties the tiles."""
        if shown is not self._shown:
            self._shown = shown
            self.arrange()

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
        """Show a crosshair at a frame pixel in every tile."""
        if place != self._cursor:
            self._cursor = place
            self.viewport().update()

    def tile_rect(self, position: int) -> QRectF:
        """Where the tile at a position lies in the viewport, logical pixels."""
        return self.rect_of(*divmod(position, self.tiles.columns))

    def reading_at(self, place: QPointF) -> TileReading | None:
        """What lies at a point of the viewport."""
        shown, found = self._shown, self._find(place)
        if shown is None or found is None:
            return None
        position, u, v = found
        height, width = shown.values.shape[1:]
        cell = min(int(u * width), width - 1), min(int(v * height), height - 1)
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

    def _find(self, place: QPointF) -> tuple[int, float, float] | None:
        """Position of the tile at a point of the viewport, and the place in it, 0 to 1."""
        ratio = self.devicePixelRatioF()
        found = self.tiles.find(place.x() * ratio, place.y() * ratio, scroll=self.offset())
        if found is None or self._shown is None:
            return None
        position = found[0] * self.tiles.columns + found[1]
        return (position, *found[2:]) if position < len(self._shown.channels) else None

    def arrange(self) -> None:
        """Make the tiles as large as all of them fit."""
        super().arrange()
        self._compose()

    def _layout(self, room: tuple[int, int], *, gap: int, width: int | None) -> GridLayout:
        shown, ratio = self._shown, self.devicePixelRatioF()
        return flowed(
            room,
            count=0 if shown is None else len(shown.channels),
            shape=1.0 if shown is None else shown.values.shape[1] / shown.values.shape[2],
            gap=gap,
            sides=(round(_LEAST * ratio), round(_MOST * ratio)),
            width=width,
        )

    def _compose(self) -> None:
        self._image = None
        self.viewport().update()
        shown = self._shown
        if shown is None or not len(shown.channels):
            self.meaning = None
            return
        # Here, not at the top: the tiles need OpenCV, the first paint of the window does not.
        from poseviewer.draw.kinds.features import activation_mosaic
        from poseviewer.draw.mosaic import Grid

        self._pixels, self.meaning = activation_mosaic(
            shown.values,
            grid=Grid(self.tiles.rows, self.tiles.columns, self.tiles.tile, self.tiles.gap),
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
        if self._image is None or self._shown is None:
            return
        ratio, scroll = self.devicePixelRatioF(), self.offset()
        painter.drawImage(QPointF(-scroll[0] / ratio, -scroll[1] / ratio), self._image)
        numbers = self._shown.channels.tolist()
        if self.tile_width >= _LABELLED:
            self._paint_numbers(painter, numbers)
        face = Face(painter, self.tiles, scroll=scroll, ratio=ratio)
        face.crosshair(self._crosshairs(len(numbers)))
        if self._choice in numbers:
            at = divmod(numbers.index(self._choice), self.tiles.columns)
            face.choice(*at, focused=self.hasFocus())

    def _paint_numbers(self, painter: QPainter, numbers: list[int]) -> None:
        font = theme.digits(7.5)
        painter.setFont(font)
        metrics = QFontMetricsF(font)
        for position, channel in enumerate(numbers):
            box, text = self.tile_rect(position), str(channel)
            if box.bottom() >= 0 and box.top() <= self.viewport().height():
                width = metrics.horizontalAdvance(text) + 6
                back = QRectF(box.left(), box.top(), width, metrics.height())
                painter.fillRect(back, QColor(12, 13, 16, 150))
                painter.setPen(QColor(232, 234, 237))
                painter.drawText(back, Qt.AlignmentFlag.AlignCenter, text)

    def _crosshairs(self, count: int) -> list[tuple[int, int, float, float]]:
        """Row, column and place (0 to 1) of the cursor in each tile; all lie alike."""
        output = None if self._shown is None else self._shown.output
        if self._cursor is None or output is None:
            return []
        u, v = apply(invert(from_edges(output)), np.array(self._cursor)).tolist()
        if not (0 <= u <= 1 and 0 <= v <= 1):
            return []
        return [(*divmod(position, self.tiles.columns), u, v) for position in range(count)]

    def changeEvent(self, event: QEvent) -> None:
        """Take the colours of a new theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._compose()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a channel; the chosen one again for none."""
        found = self._find(event.position())
        if event.button() == Qt.MouseButton.LeftButton and found is not None and self._shown:
            channel = int(self._shown.channels[found[0]])
            self.show_choice(None if channel == self._choice else channel)
            self.chosen.emit(self._choice)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Emit what is under the pointer."""
        self.read.emit(self.reading_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Note that nothing is under the pointer any more."""
        super().leaveEvent(event)
        self.read.emit(None)
