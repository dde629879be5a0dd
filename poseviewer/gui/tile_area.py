"""A scrolled area of equal tiles with labels beside and headers above them."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, Qt, Signal
from PySide6.QtGui import QFont, QFontMetricsF, QRegion
from PySide6.QtWidgets import QAbstractScrollArea

from poseviewer.gui.grid_layout import Fit, GridLayout, laid_out

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QResizeEvent, QWheelEvent
    from PySide6.QtWidgets import QWidget

SMALLEST, LARGEST = 24, 320
"""Logical pixels that a tile may be wide."""

_GAP = 3
WHOLE, PICTURE = 26, 52
"""The sizes from which a tile of a map, and one of a picture, is worth seeing."""
_FIT_LEAST, _FIT_MOST = 36, 72
"""Between these a fitted tile is as wide as the columns allow where the grid scrolls."""


_BESIDE = 14
"""Room for the colour of a side, and before a label."""


def small_font(font: QFont) -> QFont:
    """The font of labels and headers: every pixel they take is a tile's."""
    made = QFont(font)
    made.setPointSizeF(max(font.pointSizeF() * 0.88, 6.0))
    return made


class TileArea(QAbstractScrollArea):
    """Lays the tiles out and scrolls them; what is in them is a subclass's business."""

    seen_changed = Signal()
    """Other rows or columns can be seen."""

    resized_tiles = Signal(int)
    """The width of a tile, logical pixels."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setMinimumSize(140, 90)
        self.tiles = GridLayout(0, 0, (1, 1), 0, 0, 0)
        """Where each tile lies, device pixels."""
        self._labels: tuple[str, ...] = ()
        self._columns = 0
        self._shape = 1.0
        self._whole = WHOLE
        self._width: int | None = None
        self._seen: tuple[tuple[int, ...], range] = (), range(0)

    def set_tiles(
        self, labels: Sequence[str], *, columns: int, shape: float, whole: int = WHOLE
    ) -> None:
        """Set what there is.

        Args:
            labels: Of the rows.
            columns: How many.
            shape: Height of a tile over its width.
            whole: From this size on all rows are shown at once rather than fewer larger ones,
                logical pixels of a tile's shorter side.
        """
        self._labels, self._columns, self._shape = tuple(labels), columns, shape
        self._whole = whole
        self.arrange()

    def set_tile_width(self, width: int | None) -> None:
        """Set the width of a tile in logical pixels; None makes the grid fill the room."""
        self._width = None if width is None else max(SMALLEST, min(LARGEST, width))
        self.arrange()

    @property
    def tile_width(self) -> int:
        """Logical pixels."""
        return round(self.tiles.tile[0] / self.devicePixelRatioF())

    @property
    def fitting(self) -> bool:
        """Whether the tiles choose their size by themselves."""
        return self._width is None

    @property
    def seen(self) -> tuple[tuple[int, ...], range]:
        """Rows and columns of which something can be seen."""
        return self._seen

    def offset(self) -> tuple[int, int]:
        """How far the tiles are scrolled, device pixels."""
        return self.horizontalScrollBar().value(), self.verticalScrollBar().value()

    def rect_of(self, row: int, column: int) -> QRectF:
        """Where a tile lies in the viewport, logical pixels."""
        ratio = self.devicePixelRatioF()
        x, y = self.tiles.corner(row, column, scroll=self.offset())
        width, height = self.tiles.tile
        return QRectF(x / ratio, y / ratio, width / ratio, height / ratio)

    def tiles_region(self) -> QRegion:
        """The part of the viewport where tiles are: neither labels nor headers."""
        ratio, layout = self.devicePixelRatioF(), self.tiles
        width, height = self.viewport().width(), self.viewport().height()
        top, region = ceil(layout.top / ratio), QRegion()
        for bank in range(layout.banks):
            left = ceil((bank * layout.bank_width + layout.left) / ratio)
            last = bank == layout.banks - 1
            right = width if last else int((bank + 1) * layout.bank_width / ratio)
            region += QRect(left, top, right - left, height - top)
        return region

    def reveal(self, row: int, column: int) -> None:
        """Scroll a tile into sight."""
        corner = self.tiles.corner(row, column, scroll=(0, 0))
        near = self.tiles.left, self.tiles.top
        ratio = self.devicePixelRatioF()
        room = self.viewport().width() * ratio, self.viewport().height() * ratio
        bars = self.horizontalScrollBar(), self.verticalScrollBar()
        for axis, bar in enumerate(bars):
            start = corner[axis] - near[axis]
            end = corner[axis] + self.tiles.pitch[axis] - round(room[axis])
            bar.setValue(max(min(bar.value(), start), end))

    def arrange(self) -> None:
        """Lay out anew, after the room, the font or the tiles changed."""
        ratio = self.devicePixelRatioF()
        metrics = QFontMetricsF(small_font(self.font()))
        widest = max((metrics.horizontalAdvance(label) for label in self._labels), default=0.0)
        left, top = round((widest + _BESIDE) * ratio), round((metrics.height() + 4) * ratio)
        gap = max(round(_GAP * ratio), 1)
        # Room is kept for the scroll bar whether it shows or not: else fitting would make it
        # come and go without end.
        spare = self.verticalScrollBar().sizeHint().width()
        bounds = (self._whole, _FIT_LEAST, _FIT_MOST, LARGEST)
        self.tiles = laid_out(
            (round((self.width() - spare) * ratio), round(self.height() * ratio)),
            rows=len(self._labels),
            columns=self._columns,
            shape=self._shape,
            gap=gap,
            left=left,
            top=top,
            # Of a wide tile it is the height that has to be seen.
            fit=Fit(*(round(bound * ratio / min(self._shape, 1.0)) for bound in bounds)),
            width=None if self._width is None else round(self._width * ratio),
        )
        extent, view = self.tiles.extent, self._room()
        for axis, bar in enumerate((self.horizontalScrollBar(), self.verticalScrollBar())):
            room = view[axis] - (left, top)[axis]
            bar.setRange(0, max(0, extent[axis] - room))
            bar.setPageStep(max(room, 1))
            bar.setSingleStep(max(self.tiles.pitch[axis] // 2, 1))
        self._look_around()
        self.viewport().update()
        self.resized_tiles.emit(self.tile_width)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the tiles anew."""
        super().resizeEvent(event)
        self.arrange()

    def scrollContentsBy(self, _dx: int, _dy: int) -> None:
        """Scroll by repainting: only what can be seen is composed."""
        self._look_around()
        self.viewport().update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll; with Ctrl make the tiles larger or smaller."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            steps = event.angleDelta().y() / 120
            self.set_tile_width(round(self.tile_width * 1.15**steps))
            event.accept()
        else:
            super().wheelEvent(event)

    def _room(self) -> tuple[int, int]:
        ratio = self.devicePixelRatioF()
        return round(self.viewport().width() * ratio), round(self.viewport().height() * ratio)

    def _look_around(self) -> None:
        seen = self.tiles.seen(scroll=self.offset(), viewport=self._room())
        if seen != self._seen:
            self._seen = seen
            self.seen_changed.emit()
