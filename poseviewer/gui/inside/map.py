"""The map of the Inside dock: columns are modules or blocks, rows are what they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen

from poseviewer.core.affine import apply, invert
from poseviewer.draw.tile import from_edges
from poseviewer.gui import theme
from poseviewer.gui.stages.grid import TileArea, small_font
from poseviewer.gui.stages.layout import GridLayout
from poseviewer.gui.stages.painter import Face
from poseviewer.gui.widgets import takes_key

if TYPE_CHECKING:
    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent
    from PySide6.QtWidgets import QWidget

    from poseviewer.core.inside import InsideTile, InsideView

_LEAST, _MOST = 26, 150
"""Logical pixels of a tile's width."""

_APART = 3
"""Logical pixels between tiles."""

_FUSED = 30, 90
"""Logical pixels between two columns with fusions between them, at least and at most."""

_ARROWS = {
    Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class InsideReading:
    """What lies under the pointer."""

    tile: InsideTile
    cell: tuple[int, int]
    """x, y in the tile's values."""
    value: float
    frame: tuple[float, float]
    """x, y of the pointer in frame pixels."""


@dataclass(frozen=True, slots=True)
class MapLayout(GridLayout):
    """A grid with more room between columns than between rows."""

    between: int = 0
    """Between two columns beyond the gap, device pixels."""

    @property
    def pitch(self) -> tuple[int, int]:
        """From one tile to the next, in x and y."""
        return self.tile[0] + self.gap + self.between, self.tile[1] + self.gap


class InsideMap(TileArea):
    """All tiles of a network, with the fusions drawn between them."""

    read = Signal(object)
    """The `InsideReading` under the pointer, or None."""

    chosen = Signal(object)
    """The `InsideReading` of a tile that was clicked, or stepped to."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Modules of the network, what each holds")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        self._view: InsideView | None = None
        self._at: tuple[int, int] | None = None
        self._colormap = "inferno"
        self._cursor: tuple[float, float] | None = None
        self._images: dict[tuple[int, int], QImage] = {}
        self._tile: tuple[int, int] = 0, 0

    # -- what is shown --------------------------------------------------------------------

    def show_view(self, view: InsideView | None) -> None:
        """Show a network; None empties the map."""
        if view is self._view:
            return
        before, self._view = self._view, view
        self._images.clear()
        if view is None:
            return
        height, width = view.tiles[0].output.values.shape[1:]
        shape = height / width
        if before is None or (before.rows, before.columns, self._shape) != (
            view.rows,
            view.columns,
            shape,
        ):
            self._at = None
            self.set_tiles(view.rows, columns=len(view.columns), shape=shape)
        self.viewport().update()

    def show_colours(self, colormap: str) -> None:
        """Set the colours of tiles without values below zero."""
        if colormap != self._colormap:
            self._colormap = colormap
            self._images.clear()
            self.viewport().update()

    def set_cursor(self, place: tuple[float, float] | None) -> None:
        """Show a crosshair at a frame pixel in every tile."""
        if place != self._cursor:
            self._cursor = place
            self.viewport().update()

    @property
    def choice(self) -> InsideTile | None:
        """The tile that a person has chosen."""
        return None if self._view is None or self._at is None else self._view.tile(*self._at)

    def choose(self, row: int, column: int) -> None:
        """Choose a tile, if there is one."""
        if self._view is None or self._view.tile(row, column) is None:
            return
        self._at = row, column
        self.reveal(row, column)
        self.viewport().update()

    def reading_at(self, place: QPointF) -> InsideReading | None:
        """What lies at a point of the viewport."""
        ratio = self.devicePixelRatioF()
        found = self.tiles.find(place.x() * ratio, place.y() * ratio, scroll=self.offset())
        tile = None if found is None or self._view is None else self._view.tile(*found[:2])
        return None if tile is None or found is None else _reading(tile, *found[2:])

    # -- inside ---------------------------------------------------------------------------

    def _layout(self, room: tuple[int, int], *, gap: int, width: int | None) -> GridLayout:
        ratio = self.devicePixelRatioF()
        fused = self._view is not None and bool(self._view.fusions)
        gap = round((2 * _APART if fused else _APART) * ratio)
        least, most = (round(one * ratio) - gap if fused else 0 for one in _FUSED)
        metrics = QFontMetricsF(small_font(self.font()))
        widest = max((metrics.horizontalAdvance(label) for label in self._labels), default=0.0)
        left, top = round((widest + 12) * ratio), round((metrics.height() + 6) * ratio)
        rows, columns = max(len(self._labels), 1), max(self._columns, 1)
        if width is None:
            across = (room[0] - left) // columns - gap - least
            tall = int(((room[1] - top) // rows - gap) / self._shape)
            smallest = round(_LEAST * ratio / min(self._shape, 1.0))
            width = max(smallest, min(across, tall, round(_MOST * ratio)))
        tile = max(width, 1), max(round(width * self._shape), 1)
        spare = (room[0] - left) // columns - gap - tile[0]
        between = max(least, min(spare, most))
        return MapLayout(len(self._labels), self._columns, tile, gap, left, top, between=between)

    def _image(self, tile: InsideTile) -> QImage:
        at = tile.row, tile.column
        if self._tile != self.tiles.tile:
            self._tile = self.tiles.tile
            self._images.clear()
        if at not in self._images:
            # Here, not at the top: the tiles need OpenCV, the first paint of the window does not.
            from poseviewer.draw.inside import tile_picture

            assert self._view is not None
            size = self.tiles.tile
            rgb = tile_picture(self._view, tile, size=size, colormap=self._colormap)
            rgb = np.ascontiguousarray(rgb)
            image = QImage(rgb.data, *size, size[0] * 3, QImage.Format.Format_RGB888).copy()
            image.setDevicePixelRatio(self.devicePixelRatioF())
            self._images[at] = image
        return self._images[at]

    # -- events ---------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the fusions, then the tiles, then what is written on them."""
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), theme.current().colour("panel"))
        view = self._view
        if view is None:
            return
        ratio = self.devicePixelRatioF()
        face = Face(painter, self.tiles, scroll=self.offset(), ratio=ratio)
        painter.setFont(small_font(self.font()))
        self._write(painter, face, view)
        face.clip_tiles()
        self._draw_fusions(painter, view)
        seen_rows, seen_columns = self.seen
        for tile in view.tiles:
            if tile.row not in seen_rows or tile.column not in seen_columns:
                continue
            rect = self.rect_of(tile.row, tile.column)
            painter.drawImage(rect.topLeft(), self._image(tile))
            if tile.output.spec.kind == "heatmap" and tile.output.spec.warning:
                painter.setPen(QPen(QColor(232, 234, 237, 150), 1, Qt.PenStyle.DashLine))
                painter.drawRect(rect.adjusted(0.5, 0.5, -0.5, -0.5))
        face.crosshair(self._crosshairs(view))
        if self._at is not None and self.choice is not None:
            face.choice(*self._at, focused=self.hasFocus())

    def _write(self, painter: QPainter, face: Face, view: InsideView) -> None:
        """Write the columns above and the rows beside the tiles."""
        face.headers(view.columns, chosen=None if self._at is None else self._at[1])
        painter.setClipRect(self.viewport().rect())
        painter.setPen(theme.current().colour("text"))
        left = self.tiles.left / self.devicePixelRatioF()
        for row, label in enumerate(view.rows):
            rect = self.rect_of(row, 0)
            if rect.bottom() < self.tiles.top / self.devicePixelRatioF():
                continue
            place = QRectF(0, rect.top(), left - 6, rect.height())
            how = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(place, how, label)

    def _draw_fusions(self, painter: QPainter, view: InsideView) -> None:
        """A line from every branch to every one that it is summed into, as thick as its share."""
        colour = QColor(theme.current().colour("accent"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for fusion in view.fusions:
            source = fusion.source
            while view.tile(source, fusion.column - 1) is None and source > 1:
                # A new branch is made of the coarsest.
                source -= 1
            start = self.rect_of(source, fusion.column - 1)
            end = self.rect_of(fusion.target, fusion.column)
            colour.setAlphaF(0.2 + 0.8 * fusion.share)
            pen = QPen(colour, 0.6 + 5 * fusion.share)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(pen)
            painter.drawLine(
                QLineF(start.right(), start.center().y(), end.left(), end.center().y())
            )
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    def _crosshairs(self, view: InsideView) -> list[tuple[int, int, float, float]]:
        """Row, column and place (0 to 1) of the cursor in each tile."""
        if self._cursor is None:
            return []
        places = []
        for tile in view.tiles:
            u, v = apply(invert(from_edges(tile.output)), np.array(self._cursor)).tolist()
            if 0 <= u <= 1 and 0 <= v <= 1:
                places.append((tile.row, tile.column, u, v))
        return places

    def changeEvent(self, event: QEvent) -> None:
        """Take the colours of a new theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the tile under the pointer."""
        reading = self.reading_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and reading is not None:
            self.choose(reading.tile.row, reading.tile.column)
            self.chosen.emit(reading)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Emit what is under the pointer."""
        self.read.emit(self.reading_at(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Note that nothing is under the pointer any more."""
        super().leaveEvent(event)
        self.read.emit(None)

    def event(self, event: QEvent) -> bool:
        """Keep the arrows from the window's keys while the map has the focus."""
        return takes_key(event, _ARROWS) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Step from tile to tile by the arrow keys."""
        step = _ARROWS.get(Qt.Key(event.key()))
        if step is None or self._view is None:
            super().keyPressEvent(event)
            return
        row, column = self._at or (0, 0)
        self.choose(*((row, column) if self._at is None else (row + step[0], column + step[1])))
        if self.choice is not None:
            self.chosen.emit(_reading(self.choice, 0.5, 0.5))


def _reading(tile: InsideTile, u: float, v: float) -> InsideReading:
    """What lies at a place in a tile, 0 to 1 across and down."""
    height, width = tile.output.values.shape[1:]
    cell = min(int(u * width), width - 1), min(int(v * height), height - 1)
    x, y = apply(from_edges(tile.output), np.array([u, v])).tolist()
    return InsideReading(tile, cell, float(tile.output.values[0, cell[1], cell[0]]), (x, y))
