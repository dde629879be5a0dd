"""The grid of belief maps, joints by stages: scrolls, is pointed at and chosen from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QToolTip, QWidget

from poseviewer.core.affine import apply, invert
from poseviewer.gui import theme
from poseviewer.gui.grid_face import Face
from poseviewer.gui.grid_painter import GridPainter, belief
from poseviewer.gui.tile_area import TileArea

if TYPE_CHECKING:
    from PySide6.QtCore import QPoint
    from PySide6.QtGui import QPaintEvent

    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageSpec
    from poseviewer.draw.mosaic import Span
    from poseviewer.gui.grid_rows import Row

_ARROWS = {
    Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0),
    Qt.Key.Key_Down: (1, 0),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """What lies under the pointer."""

    row: Row
    stage: int
    cell: tuple[int, int]
    """x, y in the map."""
    value: float
    """The tensor's own value in that cell; NaN where the stage was not asked for."""
    frame: tuple[float, float]
    """x, y of the pointer, carried to frame pixels."""


class StageGrid(TileArea):
    """Tiles of belief maps; rows are joints, columns are stages."""

    chosen = Signal(int, object)
    """Stage and channel (None for all joints) of the tile a person chose."""

    read = Signal(object)
    """The `Reading` under the pointer, or None."""

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
        self._stages: tuple[tuple[int, StageSpec], ...] = ()
        self._cells = (1, 1)
        self._result: FrameResult | None = None
        self._drawn: tuple[object, ...] = ()
        self._choice: tuple[int, int | None] | None = None
        self._pointer: QPointF | None = None
        self._cursor: tuple[float, float] | None = None
        self.colormap = "inferno"
        self.span: Span = "row"
        self.gate = 0.2

    # -- what is shown --------------------------------------------------------------------

    def show_stages(self, stages: tuple[tuple[int, StageSpec], ...], rows: tuple[Row, ...]) -> None:
        """Set the columns (number and promise of each stage) and the rows."""
        if (stages, rows) != (self._stages, self._rows):
            self._stages, self._rows = stages, rows
            self._lay_out()

    def show_result(self, result: FrameResult | None) -> None:
        """Show the maps of `result`; None empties the tiles."""
        if result is self._result:
            return
        self._result = result
        cells = self._cells
        stages = () if result is None else result.stages
        # Coordinates and crops have no tiles here, and so no say in their shape.
        maps = [output.values for output in stages if output.spec.kind in ("heatmap", "paf")]
        if maps:
            cells = maps[0].shape[2], maps[0].shape[1]
        if cells != self._cells:
            self._cells = cells
            self._lay_out()
        # Without the headers and labels: a result does not change them.
        self.viewport().update(self.tiles_region())
        self._read()

    def show_look(self, *, colormap: str, span: Span, gate: float) -> None:
        """Set how beliefs become colours and which joints are weak."""
        if (colormap, span, gate) != (self.colormap, self.span, self.gate):
            self.colormap, self.span, self.gate = colormap, span, gate
            self.viewport().update()

    def show_choice(self, stage: int | None, channel: int | None) -> None:
        """Outline a tile, without a signal; a stage of None outlines none."""
        choice = None if stage is None else (stage, channel)
        if choice != self._choice:
            self._choice = choice
            self._describe()
            row, column = self._chosen_tile()
            if row is not None and column is not None:
                self.reveal(row, column)
            self.viewport().update()

    def set_cursor(self, place: tuple[float, float] | None) -> None:
        """Show a crosshair at a frame pixel in every tile; None removes it."""
        if place != self._cursor:
            self._cursor = place
            self.viewport().update(self.tiles_region())

    @property
    def seen_stages(self) -> frozenset[int]:
        """Numbers of the stages of which something can be seen."""
        return frozenset(self._stages[column][0] for column in self.seen[1])

    def tile_rect(self, stage: int, channel: int | None) -> QRectF:
        """Where a tile lies in the viewport, logical pixels; empty if it is not in the grid."""
        row, column = self._tile_of(stage, channel)
        if row is None or column is None:
            return QRectF()
        return self.rect_of(row, column)

    def _tile_of(self, stage: int, channel: int | None) -> tuple[int | None, int | None]:
        row = next((n for n, row in enumerate(self._rows) if row.channel == channel), None)
        column = next((n for n, (number, _) in enumerate(self._stages) if number == stage), None)
        return row, column

    def _chosen_tile(self) -> tuple[int | None, int | None]:
        return (None, None) if self._choice is None else self._tile_of(*self._choice)

    def _lay_out(self) -> None:
        labels = [row.label for row in self._rows]
        self.set_tiles(labels, columns=len(self._stages), shape=self._cells[1] / self._cells[0])

    def reading_at(self, place: QPointF) -> Reading | None:
        """What lies at a point of the viewport."""
        ratio = self.devicePixelRatioF()
        found = self.tiles.find(place.x() * ratio, place.y() * ratio, scroll=self.offset())
        if found is None or self._result is None:
            return None
        row, stage = self._rows[found[0]], self._stages[found[1]][0]
        output = self._result.stage(stage)
        values = belief(self._result, stage=stage, channel=row.channel)
        if output is None or values is None:
            return None
        height, width = values.shape
        x, y = found[2] * width - 0.5, found[3] * height - 0.5
        cell = min(int(found[2] * width), width - 1), min(int(found[3] * height), height - 1)
        there = apply(output.to_frame, np.array([x, y]))
        frame = float(there[0]), float(there[1])
        return Reading(row, stage, cell, float(values[cell[1], cell[0]]), frame)

    # -- choosing -------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the tile, the stage of a header or the joint of a label."""
        if event.button() != Qt.MouseButton.LeftButton or not self._rows or not self._stages:
            return
        ratio, scroll = self.devicePixelRatioF(), self.offset()
        x, y = event.position().x() * ratio, event.position().y() * ratio
        layout = self.tiles
        label, header = layout.on_labels(x), y < layout.top
        first = layout.bank_at(x) * layout.bank_width + layout.left
        found = layout.find(max(x, first), max(y, layout.top), scroll=scroll)
        if found is None or (label and header):
            return
        stage, channel = self._stages[found[1]][0], self._rows[found[0]].channel
        if header:
            channel = self._choice[1] if self._choice else None
        elif label:
            stage = self._choice[0] if self._choice else self._stages[-1][0]
        self._choose(stage, channel)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the choice with the arrows."""
        step = _ARROWS.get(Qt.Key(event.key()))
        if step is None or event.modifiers() or not self._rows or not self._stages:
            super().keyPressEvent(event)
            return
        numbers = [number for number, _ in self._stages]
        channels = [row.channel for row in self._rows]
        stage, channel = self._choice or (numbers[-1], channels[0])
        row = channels.index(channel) if channel in channels else 0
        column = numbers.index(stage) if stage in numbers else len(numbers) - 1
        if self._choice is not None:
            row, column = self.tiles.beside(row, column, step=step)
        self._choose(numbers[column], channels[row])

    def event(self, event: QEvent) -> bool:
        """Keep the arrows from the window's keys while the grid has the focus."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and Qt.Key(event.key()) in _ARROWS
            and not event.modifiers()
        ):
            event.accept()
            return True
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.PaletteChange):
            self._painter.forget_stamps()
            self._drawn = ()
            self.arrange()
        return super().event(event)

    def _choose(self, stage: int, channel: int | None) -> None:
        self.show_choice(stage, channel)
        self.chosen.emit(stage, channel)

    def _describe(self) -> None:
        names = dict(self._stages)
        if self._choice is None or self._choice[0] not in names:
            self.setAccessibleDescription("No map is laid over the frame.")
            return
        stage, channel = self._choice
        title = next((row.title for row in self._rows if row.channel == channel), "all joints")
        self.setAccessibleDescription(f"{title}, {names[stage].name} is laid over the frame.")

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
        """Forget the pointer when it leaves; explain what lies under it when it rests."""
        if event.type() == QEvent.Type.Leave and self._pointer is not None:
            self._pointer = None
            self._read()
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), self._tip(event.pos()), self.viewport())
            return True
        return super().viewportEvent(event)

    def _read(self) -> None:
        reading = None if self._pointer is None else self.reading_at(self._pointer)
        self.read.emit(reading)

    def _tip(self, place: QPoint) -> str:
        reading = self.reading_at(QPointF(place))
        if reading is None:
            return "Click a stage or a joint to lay its belief map over the frame."
        name = dict(self._stages)[reading.stage].name
        return f"{reading.row.title}, {name}: click to lay it over the frame."

    # -- painting -------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw what can be seen."""
        if self._result is not None and self._rows and self._stages:
            self._compose(self._result)
        painter = QPainter(self.viewport())
        colours = theme.current()
        painter.fillRect(event.rect(), colours.colour("panel"))
        if not self._rows or not self._stages:
            return
        ratio, scroll = self.devicePixelRatioF(), self.offset()
        face = Face(painter, self.tiles, scroll=scroll, ratio=ratio)
        face.clip_tiles()
        self._painter.paint(painter, layout=self.tiles, scroll=scroll, ratio=ratio)
        face.crosshair(self._crosshairs())
        row, column = self._chosen_tile()
        if row is not None and column is not None:
            face.choice(row, column, focused=self.hasFocus())
        if not event.region().subtracted(self.tiles_region()).isEmpty():
            face.headers([spec.name for _, spec in self._stages], chosen=column)
            face.labels(self._rows, chosen=row)

    def _compose(self, result: FrameResult) -> None:
        seen = self.seen
        drawn = (
            result, self._rows, self._stages, self.tiles, seen,
            self.colormap, self.span, self.gate,
        )  # fmt: skip
        if drawn != self._drawn:
            self._drawn = drawn
            self._painter.compose(
                result,
                rows=self._rows,
                stages=[number for number, _ in self._stages],
                layout=self.tiles,
                seen=seen,
                colormap=self.colormap,
                span=self.span,
                gate=self.gate,
            )

    def _crosshairs(self) -> list[tuple[float, float] | None]:
        """Where the cursor lies in the tiles of each column, 0 to 1; None where it does not."""
        if self._cursor is None or self._result is None:
            return []
        places: list[tuple[float, float] | None] = []
        for number, _ in self._stages:
            output = self._result.stage(number)
            if output is None:
                places.append(None)
                continue
            cell = apply(invert(output.to_frame), np.array(self._cursor))
            u, v = (cell + 0.5) / output.values.shape[:0:-1]
            places.append((float(u), float(v)) if 0 <= u <= 1 and 0 <= v <= 1 else None)
        return places
