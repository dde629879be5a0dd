"""The grid of a network's maps, joints by stages."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QRegion,
)
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip, QWidget

from poseviewer.draw.kinds import painter_of
from poseviewer.draw.tiles import shape_of, tile_of
from poseviewer.gui import theme
from poseviewer.gui.plain import plain_tip
from poseviewer.gui.stages.layout import Fit, GridLayout, laid_out
from poseviewer.gui.stages.painter import Face, GridPainter, Plan
from poseviewer.gui.stages.tiles import places_of, read
from poseviewer.gui.widgets import takes_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QPoint
    from PySide6.QtGui import QPaintEvent, QResizeEvent, QWheelEvent

    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageGroup
    from poseviewer.draw.mosaic import Span
    from poseviewer.draw.tile import Marks, Row, Tile
    from poseviewer.gui.stages.tiles import Reading

SMALLEST, LARGEST = 24, 320
"""Logical pixels that a tile may be wide."""

_GAP = 3
WHOLE = 26
"""The size from which a tile is worth seeing."""
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
    """Lays out tiles and scrolls them; subclasses paint them."""

    seen_changed = Signal()
    """Other rows or columns are visible."""

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
        """Set the rows and columns.

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
        """Whether the tiles are fitted to the room."""
        return self._width is None

    @property
    def seen(self) -> tuple[tuple[int, ...], range]:
        """The visible rows and columns, in part or whole."""
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
        """Lay out again, after the room, the font or the tiles changed."""
        ratio = self.devicePixelRatioF()
        # Room is left for the scroll bar whether it shows or not: else fitting would make it
        # come and go without end.
        spare = self.verticalScrollBar().sizeHint().width()
        room = round((self.width() - spare) * ratio), round(self.height() * ratio)
        width = None if self._width is None else round(self._width * ratio)
        self.tiles = self._layout(room, gap=max(round(_GAP * ratio), 1), width=width)
        extent, view = self.tiles.extent, self._room()
        for axis, bar in enumerate((self.horizontalScrollBar(), self.verticalScrollBar())):
            left = view[axis] - (self.tiles.left, self.tiles.top)[axis]
            bar.setRange(0, max(0, extent[axis] - left))
            bar.setPageStep(max(left, 1))
            bar.setSingleStep(max(self.tiles.pitch[axis] // 2, 1))
        self._look_around()
        self.viewport().update()
        self.resized_tiles.emit(self.tile_width)

    def _layout(self, room: tuple[int, int], *, gap: int, width: int | None) -> GridLayout:
        """Where the tiles lie in `room`; all lengths are device pixels.

        Args:
            room: Width and height of the view.
            gap: Between tiles.
            width: Of a tile, where a person has chosen it.
        """
        ratio = self.devicePixelRatioF()
        metrics = QFontMetricsF(small_font(self.font()))
        widest = max((metrics.horizontalAdvance(label) for label in self._labels), default=0.0)
        bounds = (self._whole, _FIT_LEAST, _FIT_MOST, LARGEST)
        return laid_out(
            room,
            rows=len(self._labels),
            columns=self._columns,
            shape=self._shape,
            gap=gap,
            left=round((widest + _BESIDE) * ratio),
            top=round((metrics.height() + 4) * ratio),
            # Of a wide tile it is the height that has to be seen.
            fit=Fit(*(round(bound * ratio / min(self._shape, 1.0)) for bound in bounds)),
            width=width,
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the tiles again."""
        super().resizeEvent(event)
        self.arrange()

    def scrollContentsBy(self, _dx: int, _dy: int) -> None:
        """Scroll by repainting: only visible tiles are composed."""
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


_ARROWS = {
    Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}  # fmt: skip


class StageGrid(TileArea):
    """Tiles of every kind of stage; rows are joints, limbs or channels, columns are stages."""

    chosen = Signal(int, object)
    """Stage and channel (None for all joints) of the tile a person chose."""

    read = Signal(object)
    """The `Reading` under the pointer, or None."""

    asked = Signal(int, object, object)
    """A menu of a tile is wanted: stage, channel and global position."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Belief maps, joints by stages")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        # Else Qt would paint the dock and the window beneath first, at every frame.
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.viewport().setCursor(Qt.CursorShape.PointingHandCursor)
        self._painter = GridPainter()
        self._rows: tuple[Row, ...] = ()
        self._groups: tuple[StageGroup, ...] = ()
        self._shape = 1.0
        self._result: FrameResult | None = None
        self._choice: tuple[int, int | None] | None = None
        self._pointer: QPointF | None = None
        self._cursor: tuple[float, float] | None = None
        self.colormap = "inferno"
        self.span: Span = "row"
        self.gate = 0.2
        self.arrows = False

    # -- what is shown --------------------------------------------------------------------

    def show_stages(self, groups: tuple[StageGroup, ...], rows: tuple[Row, ...]) -> None:
        """Set the columns (stages) and the rows."""
        if (groups, rows) != (self._groups, self._rows):
            self._groups, self._rows = groups, rows
            self._lay_out()

    def show_result(self, result: FrameResult | None) -> None:
        """Show `result`; None empties the tiles."""
        if result is self._result:
            return
        self._result = result
        if result is not None:
            shape = shape_of(result)
            if shape is not None and shape != self._shape:
                self._shape = shape
                self._lay_out()
            if self._painter.holds(result):
                self._compose(result)
        # Without the headers and labels: a result does not change them.
        self.viewport().update(self.tiles_region())
        self._read()

    def show_look(self, *, colormap: str, span: Span, gate: float, arrows: bool = False) -> None:
        """Set how beliefs become colours, which joints are weak, and whether fields have arrows."""
        look = colormap, span, gate, arrows
        if look != (self.colormap, self.span, self.gate, self.arrows):
            self.colormap, self.span, self.gate, self.arrows = look
            self.viewport().update()

    @property
    def rows(self) -> tuple[Row, ...]:
        """What each row shows."""
        return self._rows

    @property
    def marks(self) -> Marks | None:
        """The marks on the tiles that were painted last."""
        return self._painter.marks

    def show_choice(self, stage: int | None, channel: int | None) -> None:
        """Outline a tile, without a signal; a stage of None outlines none."""
        choice = None if stage is None else (stage, channel)
        if choice != self._choice:
            self._choice = choice
            self._describe()
            self._reveal_choice()
            self.viewport().update()

    def set_cursor(self, place: tuple[float, float] | None) -> None:
        """Show a crosshair at a frame pixel in every tile; None removes it."""
        if place != self._cursor:
            self._cursor = place
            self.viewport().update(self.tiles_region())

    @property
    def seen_stages(self) -> frozenset[int]:
        """Numbers of the outputs with visible tiles."""
        rows, columns = self.seen
        kinds = {self._rows[row].kind for row in rows}
        numbers = {self._groups[column].number(kind) for column in columns for kind in kinds}
        return frozenset(number for number in numbers if number is not None)

    def tile_rect(self, stage: int, channel: int | None) -> QRectF:
        """Where a tile lies in the viewport, logical pixels; empty if it is not in the grid."""
        row, column = self._tile_of(stage, channel)
        return QRectF() if row is None or column is None else self.rect_of(row, column)

    def tile(self, stage: int, channel: int | None) -> Tile | None:
        """What a tile shows; None where it is not in the grid or nothing is known of it."""
        row, column = self._tile_of(stage, channel)
        if row is None or column is None or self._result is None:
            return None
        return tile_of(self._result, row=self._rows[row], group=self._groups[column])

    def high(self, stage: int, channel: int | None) -> float | None:
        """The value that a tile draws as the strongest; None where it is not visible."""
        row, column = self._tile_of(stage, channel)
        if row is None or column is None:
            return None
        return self._painter.high(row, column, span=self.span)

    @property
    def result(self) -> FrameResult | None:
        """What is shown."""
        return self._result

    @property
    def pointed(self) -> tuple[int, int | None] | None:
        """Stage and channel of the tile under the pointer, else of the chosen one."""
        reading = None if self._pointer is None else self.reading_at(self._pointer)
        return self._choice if reading is None else (reading.stage, reading.row.channel)

    def _tile_of(self, stage: int, channel: int | None) -> tuple[int | None, int | None]:
        for column, group in enumerate(self._groups):
            for kind, number in group.parts:
                if number == stage:
                    wanted = kind, channel
                    rows = ((row.kind, row.channel) for row in self._rows)
                    return next((n for n, row in enumerate(rows) if row == wanted), None), column
        return None, None

    def _chosen_tile(self) -> tuple[int | None, int | None]:
        return (None, None) if self._choice is None else self._tile_of(*self._choice)

    def _lay_out(self) -> None:
        labels = [row.label for row in self._rows]
        whole = max((painter_of(row.kind).smallest for row in self._rows), default=WHOLE)
        self.set_tiles(labels, columns=len(self._groups), shape=self._shape, whole=whole)
        self._reveal_choice()

    def _reveal_choice(self) -> None:
        row, column = self._chosen_tile()
        if row is not None and column is not None:
            self.reveal(row, column)

    def reading_at(self, place: QPointF) -> Reading | None:
        """What lies at a point of the viewport."""
        ratio = self.devicePixelRatioF()
        found = self.tiles.find(place.x() * ratio, place.y() * ratio, scroll=self.offset())
        if found is None or self._result is None:
            return None
        row, column, u, v = found
        tile = tile_of(self._result, row=self._rows[row], group=self._groups[column])
        return None if tile is None else read(tile, self._result, u=u, v=v)

    # -- choosing -------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the tile, the stage of a header or the joint of a label."""
        if event.button() != Qt.MouseButton.LeftButton or not self._rows or not self._groups:
            return
        ratio, scroll = self.devicePixelRatioF(), self.offset()
        x, y = event.position().x() * ratio, event.position().y() * ratio
        layout = self.tiles
        label, header = layout.on_labels(x), y < layout.top
        first = layout.bank_at(x) * layout.bank_width + layout.left
        found = layout.find(max(x, first), max(y, layout.top), scroll=scroll)
        if found is None or (label and header):
            return
        row, column = found[0], found[1]
        chosen_row, chosen_column = self._chosen_tile()
        if header:
            row = chosen_row if chosen_row is not None else self._summing(column)
        elif label:
            column = chosen_column if chosen_column is not None else len(self._groups) - 1
        self._choose(row, column)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the choice with the arrows."""
        step = _ARROWS.get(Qt.Key(event.key()))
        if step is None or event.modifiers() or not self._rows or not self._groups:
            super().keyPressEvent(event)
            return
        row, column = self._chosen_tile()
        if row is None or column is None:
            self._choose(0, len(self._groups) - 1)
        else:
            self._choose(*self.tiles.beside(row, column, step=step))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Show the menu of the tile under the pointer, or of the chosen one."""
        keyboard = event.reason() == QContextMenuEvent.Reason.Keyboard
        reading = None if keyboard else self.reading_at(QPointF(event.pos()))
        pointed = None if reading is None else (reading.stage, reading.row.channel)
        tile = self._choice if keyboard else pointed
        if tile is not None:
            self.asked.emit(*tile, event.globalPos())

    def event(self, event: QEvent) -> bool:
        """Keep the arrows from the window's keys while the grid has the focus."""
        if takes_key(event, _ARROWS):
            return True
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.PaletteChange):
            self._painter.forget_stamps()
            self.arrange()
        return super().event(event)

    def _summing(self, column: int) -> int:
        """The row of everything at once that a stage has something for."""
        kinds = [kind for kind, _ in self._groups[column].parts]
        for number, row in enumerate(self._rows):
            if row.channel is None and row.kind in kinds:
                return number
        return 0

    def _choose(self, row: int, column: int) -> None:
        chosen = self._rows[row]
        # Where all fields come before all beliefs a stage has nothing for half of the rows.
        stage = self._groups[column].number(chosen.kind)
        if stage is None:
            return
        self.show_choice(stage, chosen.channel)
        self.chosen.emit(stage, chosen.channel)

    def _describe(self) -> None:
        row, column = self._chosen_tile()
        if row is None or column is None:
            self.setAccessibleDescription("No map of this grid is shown on the frame.")
            return
        title, stage = self._rows[row].title, self._groups[column].title
        value = self._painter.value(row, column)
        peak = "" if value is None else f", {value:.2f}"
        self.setAccessibleDescription(f"{title}, {stage}{peak} is shown on the frame.")

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Scroll, and read what comes under the pointer."""
        super().scrollContentsBy(dx, dy)
        self._read()

    # -- pointing -------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the map under the pointer."""
        self._pointer = event.position()
        self._read()

    def viewportEvent(self, event: QEvent) -> bool:
        """Drop the pointer when it leaves; show a tip when it rests."""
        if event.type() == QEvent.Type.Leave and self._pointer is not None:
            self._pointer = None
            self._read()
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), plain_tip(self._tip(event.pos())), self.viewport())
            return True
        return super().viewportEvent(event)

    def _read(self) -> None:
        reading = None if self._pointer is None else self.reading_at(self._pointer)
        self.read.emit(reading)

    def _tip(self, place: QPoint) -> str:
        reading = self.reading_at(QPointF(place))
        if reading is None:
            return "Click a stage or a joint to show its map on the frame."
        held = (group for group in self._groups if reading.stage in dict(group.parts).values())
        return f"{reading.row.title}, {next(held).title}: click to show it on the frame."

    # -- painting -------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the visible tiles."""
        if self._result is not None and self._rows and self._groups:
            self._compose(self._result)
        painter = QPainter(self.viewport())
        colours = theme.current()
        painter.fillRect(event.rect(), colours.colour("panel"))
        if not self._rows or not self._groups:
            return
        ratio, scroll = self.devicePixelRatioF(), self.offset()
        face = Face(painter, self.tiles, scroll=scroll, ratio=ratio)
        face.clip_tiles()
        self._painter.paint(painter, layout=self.tiles, scroll=scroll, ratio=ratio)
        face.crosshair(self.crosshairs())
        row, column = self._chosen_tile()
        if row is not None and column is not None:
            face.choice(row, column, focused=self.hasFocus())
        if not event.region().subtracted(self.tiles_region()).isEmpty():
            painter.setFont(small_font(self.font()))
            face.headers([group.title for group in self._groups], chosen=column)
            face.labels(self._rows, chosen=row)

    def _compose(self, result: FrameResult) -> None:
        plan = Plan(
            self._rows,
            self._groups,
            self.tiles,
            self.seen,
            self.colormap,
            self.span,
            self.gate,
            theme.current().colour("panel").rgb(),
            self.devicePixelRatioF(),
            arrows=self.arrows,
        )
        if self._painter.compose(result, plan):
            self._describe()

    def compose_ahead(self, result: FrameResult) -> None:
        """Compose the tiles of a result that is shown next; called on another thread."""
        if result is not self._result:
            self._painter.compose_ahead(result)

    def crosshairs(self) -> list[tuple[int, int, float, float]]:
        """Row, column and place (0 to 1) of the cursor in each tile in sight that it lies in."""
        if self._cursor is None or self._result is None:
            return []
        return places_of(
            self._cursor, self._result, rows=self._rows, groups=self._groups, seen=self.seen
        )
