"""What stands around and over the tiles of the Stages dock: headers, labels, choice, cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from poseviewer.draw.colour import side_colour
from poseviewer.gui import theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.gui.grid_layout import GridLayout
    from poseviewer.gui.grid_rows import Row


class Face:
    """One painting of the grid, in logical pixels."""

    def __init__(
        self, painter: QPainter, layout: GridLayout, *, scroll: tuple[int, int], ratio: float
    ) -> None:
        """Paint a grid of `layout` scrolled by `scroll` device pixels.

        Args:
            painter: On the viewport; its clip is set by every method that needs one.
            layout: Device pixels.
            scroll: Device pixels.
            ratio: Device pixels per logical pixel.
        """
        self._painter = painter
        self._layout = layout
        self._scroll = scroll
        self._ratio = ratio
        device = painter.device()
        width, height = device.width(), device.height()
        left, top = layout.left / ratio, layout.top / ratio
        self._gap = layout.gap / ratio
        self._tiles = QRectF(left, top, width - left, height - top)
        step, last = layout.bank_width / ratio, layout.banks - 1
        self._banks = [
            (QRectF(at, top, left, height - top), QRectF(at + left, 0, right - at - left, top))
            for at, right in (
                (bank * step, width if bank == last else (bank + 1) * step)
                for bank in range(layout.banks)
            )
        ]
        """Where the labels and the headers of each bank lie."""

    def clip_tiles(self) -> None:
        """Let nothing be drawn on the headers and labels."""
        self._painter.setClipRect(self._tiles)

    def crosshair(self, places: Sequence[tuple[int, int, float, float]]) -> None:
        """Draw a crosshair in tiles: row, column and place from 0 to 1 across and down."""
        lines = []
        for row, column, u, v in places:
            tile = self._rect(row, column)
            x, y = tile.left() + u * tile.width(), tile.top() + v * tile.height()
            lines.append(QLineF(tile.left(), y, tile.right() - 1, y))
            lines.append(QLineF(x, tile.top(), x, tile.bottom() - 1))
        self._painter.setPen(QPen(QColor(255, 255, 255, 95), 1.0))
        self._painter.drawLines(lines)

    def choice(self, row: int, column: int, *, focused: bool) -> None:
        """Outline a tile in the accent colour."""
        # Wider than the tiles by the gap, so that the outline of a tile at the edge is whole.
        self._painter.setClipRect(self._tiles.adjusted(-self._gap, -self._gap, 0, 0))
        width = 2.5 if focused else 2.0
        grow = width / 2
        self._painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        self._painter.setPen(QPen(theme.current().colour("accent"), width))
        tile = self._rect(row, column).adjusted(-grow, -grow, grow, grow)
        self._painter.drawRoundedRect(tile, 2.5, 2.5)
        self._painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    def headers(self, names: Sequence[str], *, chosen: int | None) -> None:
        """Write the stages above their columns, of every bank."""
        metrics = self._painter.fontMetrics()
        for bank, (_, header) in enumerate(self._banks):
            self._painter.setClipRect(header)
            for column, name in enumerate(names):
                tile = self._rect(self._layout.rows_of(bank).start, column)
                place = QRectF(tile.left(), 0, tile.width(), header.height())
                self._painter.setPen(_ink(chosen=column == chosen))
                fits = metrics.horizontalAdvance(name) <= place.width()
                # Of `stage 3` the 3 says it, where the rest finds no room.
                text = name if fits else name.rpartition(" ")[2]
                self._painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def labels(self, rows: Sequence[Row], *, chosen: int | None) -> None:
        """Write the joints beside their rows, with the colour of their side."""
        for bank, (label, _) in enumerate(self._banks):
            self._painter.setClipRect(label)
            for number in self._layout.rows_of(bank):
                row, tile = rows[number], self._rect(number, 0)
                place = QRectF(label.left(), tile.top(), label.width() - 10, tile.height())
                self._painter.setPen(_ink(chosen=number == chosen))
                align = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                self._painter.drawText(place, align, row.label)
                if row.side != "middle":
                    mark = QRectF(label.right() - 7, tile.center().y() - 6, 3, 12)
                    self._painter.fillRect(mark, QColor(*side_colour(row.side)))

    def _rect(self, row: int, column: int) -> QRectF:
        x, y = self._layout.corner(row, column, scroll=self._scroll)
        width, height = self._layout.tile
        ratio = self._ratio
        return QRectF(x / ratio, y / ratio, width / ratio, height / ratio)


def _ink(*, chosen: bool) -> QColor:
    return theme.current().colour("accent" if chosen else "muted")
