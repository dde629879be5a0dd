"""How the table of the Convergence dock is painted: figures on their colour, names, trends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import (
    QAbstractTableModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from poseviewer.core.stage import StageSpec
from poseviewer.draw.colour import side_colour
from poseviewer.draw.paths import stage_colour
from poseviewer.gui import theme
from poseviewer.gui.plain import plain_tip
from poseviewer.gui.stages.rows import rows_for

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QResizeEvent
    from PySide6.QtWidgets import QWidget

    from poseviewer.draw.tile import Row
    from poseviewer.gui.convergence.figures import Quantity

ROW_HEIGHT = 21
"""Logical pixels."""

_FLAT = 0.3
"""Change of colour over the stages that a trend needs to use its whole height."""

_HIT, _MISS = "✓", "✕"


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """What the table shows."""

    joints: tuple[str, ...]
    """The k joints."""

    stages: tuple[str, ...]
    """Names of the s stages."""

    values: NDArray[np.float64]
    """(s, k + 1): the mean of all joints, then each."""

    heat: NDArray[np.float64]
    """(s, k + 1) from 0, in full from 1, or NaN."""

    hits: NDArray[np.float64] | None
    """(s, k + 1) 1, 0 or NaN where it is judged whether joints were found."""

    sure: NDArray[np.bool_]
    """(k + 1,) whether the final answer passes the gate."""

    quantity: Quantity


class CellPainter(QStyledItemDelegate):
    """Paints names, figures on their colour, and the trend."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | Any
    ) -> None:
        """Paint one cell."""
        model: Any = index.model()
        sheet: Sheet | None = model.sheet
        if sheet is None:
            return
        view: Any = self.parent()
        chosen = index.row() == view.currentIndex().row()
        place = QRectF(option.rect)
        painter.save()
        if chosen:
            painter.fillRect(place, theme.current().colour("accent", 0.13))
        stage = index.column() - 1
        if stage < 0:
            self._name(painter, place, model.rows[index.row()], sheet, index.row(), chosen=chosen)
        elif stage == len(sheet.stages):
            self._trend(painter, place, sheet.heat[:, index.row()])
        else:
            self._figure(painter, place, sheet, stage, index.row())
        if index.row() == 0:
            painter.setPen(theme.current().colour("line"))
            painter.drawLine(place.bottomLeft(), place.bottomRight())
        painter.restore()

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | Any) -> QSize:
        """As high as every row."""
        return QSize(theme.px(30), theme.px(ROW_HEIGHT))

    def _name(
        self, painter: QPainter, place: QRectF, row: Row, sheet: Sheet, number: int, *, chosen: bool
    ) -> None:
        colours = theme.current()
        if chosen:
            painter.fillRect(QRectF(place.left(), place.top(), 3, place.height()), colours.accent)
        if row.side != "middle":
            mark = QRectF(place.left() + 8, place.center().y() - 5, 3, 10)
            painter.fillRect(mark, QColor(*side_colour(row.side)))
        name = "text" if sheet.sure[number] else "disabled"
        painter.setPen(colours.colour(name))
        room = place.adjusted(17, 0, -2, 0)
        metrics = painter.fontMetrics()
        text = metrics.elidedText(row.label, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)

    def _figure(self, painter: QPainter, place: QRectF, sheet: Sheet, stage: int, row: int) -> None:
        colours = theme.current()
        warmth = sheet.heat[stage, row]
        if np.isfinite(warmth):
            tile = place.adjusted(1, 1, -1, -1)
            painter.fillRect(tile, colours.colour("accent", 0.04 + 0.52 * min(float(warmth), 1.0)))
        painter.setFont(theme.digits())
        painter.setPen(colours.colour("text" if sheet.sure[row] else "muted"))
        room = place.adjusted(3, 0, -5, 0)
        align = Qt.AlignmentFlag.AlignVCenter
        text = sheet.quantity.text(sheet.values[stage, row])
        painter.drawText(room, align | Qt.AlignmentFlag.AlignRight, text)
        hit = np.nan if sheet.hits is None else sheet.hits[stage, row]
        if np.isfinite(hit) and row > 0:
            painter.setPen(colours.colour("muted" if hit else "error"))
            painter.drawText(room, align | Qt.AlignmentFlag.AlignLeft, _HIT if hit else _MISS)

    def _trend(self, painter: QPainter, place: QRectF, warmth: NDArray[np.float64]) -> None:
        box = place.adjusted(8, 4, -8, -4)
        count = len(warmth)
        found = np.flatnonzero(np.isfinite(warmth)).tolist()
        if not found:
            return
        # Each row on its own scale, but what hardly changes stays flat.
        low, high = float(warmth[found].min()), float(warmth[found].max())
        share = (warmth - low) / max(high - low, _FLAT)
        points = [
            QPointF(
                box.left() + box.width() * at / max(count - 1, 1),
                box.bottom() - box.height() * float(share[at]),
            )
            for at in found
        ]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.current().colour("muted"), 1.2))
        painter.drawPolyline(QPolygonF(points))
        painter.setPen(Qt.PenStyle.NoPen)
        for at, point in zip(found, points, strict=True):
            painter.setBrush(QColor(*stage_colour(at, count)))
            painter.drawEllipse(point, 1.9, 1.9)


class StageHeader(QHeaderView):
    """Stages with the dot of their colour."""

    def __init__(self, parent: QTableView) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setSectionsClickable(False)
        self.setMinimumSectionSize(24)
        self.setFixedHeight(theme.px(24))

    def paintSection(self, painter: QPainter, rect: Any, logical: int) -> None:
        """Paint the name of one column."""
        model = self.model()
        count = model.columnCount() - 2
        colours = theme.current()
        painter.fillRect(rect, colours.colour("panel"))
        place = QRectF(rect)
        painter.setPen(colours.colour("line"))
        painter.drawLine(place.bottomLeft() - QPointF(0, 1), place.bottomRight() - QPointF(0, 1))
        painter.setPen(colours.colour("muted"))
        text = str(model.headerData(logical, Qt.Orientation.Horizontal) or "")
        stage = logical - 1
        align = Qt.AlignmentFlag.AlignVCenter
        if not 0 <= stage < count:
            side = Qt.AlignmentFlag.AlignLeft if stage < 0 else Qt.AlignmentFlag.AlignHCenter
            painter.drawText(place.adjusted(17 if stage < 0 else 0, 0, 0, 0), align | side, text)
            return
        room = place.adjusted(14, 0, -5, 0)
        if painter.fontMetrics().horizontalAdvance(text) > room.width():
            # Of `stage 3` only the number matters.
            text = text.rsplit(" ", 1)[-1]
        painter.drawText(room, align | Qt.AlignmentFlag.AlignRight, text)
        left = room.right() - painter.fontMetrics().horizontalAdvance(text) - 8
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(*stage_colour(stage, count)))
        painter.drawEllipse(QPointF(left, place.center().y()), 3.2, 3.2)
        painter.restore()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.viewport().update()


_Index = QModelIndex | QPersistentModelIndex
_NAME_WIDTH = 104
_TREND_WIDTH = 72
_TREND_FROM = 470
"""Width of the table from which there is room for the trend."""


class ConvergenceTable(QTableView):
    """A table of joints and stages; the current row is the chosen joint."""

    joint_chosen = Signal(object)
    """Number of the joint whose row a person made the current one; None for all joints."""

    map_wanted = Signal(int, object)
    """Position of the stage, and joint or None, of a cell that was double-clicked or entered."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = _Model(self)
        self._showing = False
        self.setModel(self._model)
        self.setItemDelegate(CellPainter(self))
        self.setAccessibleName("Joints and stages")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        # The cells paint the choice themselves, so that their colours can still be distinguished.
        self.setStyleSheet("QTableView { selection-background-color: transparent; }")
        self.setTabKeyNavigation(False)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(theme.px(ROW_HEIGHT))
        header = StageHeader(self)
        self.setHorizontalHeader(header)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.setMinimumSize(200, 90)
        self.selectionModel().currentRowChanged.connect(self._on_row)
        self.activated.connect(self._on_activated)

    @property
    def joint(self) -> int | None:
        """The joint of the current row; None for all joints."""
        row = self.currentIndex().row()
        return row - 1 if row > 0 else None

    def choose(self, joint: int | None) -> None:
        """Make a joint's row the current one."""
        self.setCurrentIndex(self._model.index(0 if joint is None else joint + 1, 0))

    def show_sheet(self, sheet: Sheet) -> None:
        """Show other figures; the chosen joint stays while the joints do."""
        self._showing = True
        if self._model.show(sheet):
            self._lay_out()
            self.choose(None)
        self._showing = False

    def text(self, stage: int, joint: int | None) -> str:
        """What a cell says."""
        row = 0 if joint is None else joint + 1
        return str(self._model.data(self._model.index(row, stage + 1)))

    def changeEvent(self, event: QEvent) -> None:
        """Follow the viewing distance."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "_model"):
            self.verticalHeader().setDefaultSectionSize(theme.px(ROW_HEIGHT))
            self.horizontalHeader().setFixedHeight(theme.px(24))
            self._lay_out()

    def _on_row(self, index: QModelIndex) -> None:
        if not self._showing:
            self.joint_chosen.emit(index.row() - 1 if index.row() > 0 else None)

    def _on_activated(self, index: QModelIndex) -> None:
        sheet = self._model.sheet
        if sheet is not None and 0 < index.column() <= len(sheet.stages):
            self.map_wanted.emit(index.column() - 1, index.row() - 1 if index.row() else None)

    def _lay_out(self) -> None:
        columns = self._model.columnCount()
        border = 2 * self.frameWidth() + 2
        rows = self._model.rowCount() * theme.px(ROW_HEIGHT)
        self.setMaximumHeight(rows + self.horizontalHeader().height() + border)
        if columns < 2:
            return
        width = self.viewport().width()
        trend = width >= theme.px(_TREND_FROM)
        self.setColumnHidden(columns - 1, not trend)
        name_width, trend_width = theme.px(_NAME_WIDTH), theme.px(_TREND_WIDTH)
        room = width - name_width - (trend_width if trend else 0)
        edges = np.linspace(0, room, columns - 1).round().astype(int)
        self.setColumnWidth(0, name_width)
        self.setColumnWidth(columns - 1, trend_width)
        for column, cell in enumerate(np.diff(edges).tolist(), 1):
            self.setColumnWidth(column, max(cell, 26))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width among the stages."""
        super().resizeEvent(event)
        self._lay_out()


class _Model(QAbstractTableModel):
    """The Qt model of a sheet."""

    def __init__(self, parent: QTableView) -> None:
        super().__init__(parent)
        self.sheet: Sheet | None = None
        self.rows: tuple[Row, ...] = ()

    def show(self, sheet: Sheet) -> bool:
        """Show another sheet; return whether its joints or stages are others."""
        old, self.sheet = self.sheet, sheet
        if old is not None and (old.joints, old.stages) == (sheet.joints, sheet.stages):
            if sheet.values.size:
                last = self.index(self.rowCount() - 1, self.columnCount() - 1)
                self.dataChanged.emit(self.index(0, 0), last)
            return False
        self.beginResetModel()
        # Named and ordered as the belief maps of the same joints.
        self.rows = rows_for((StageSpec("", "heatmap", 1, sheet.joints),), show="all")
        self.endResetModel()
        return True

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index | None = None) -> int:
        if self.sheet is None or (parent is not None and parent.isValid()):
            return 0
        return len(self.sheet.stages) + 2

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if self.sheet is None or not index.isValid():
            return None
        row, stage = index.row(), index.column() - 1
        trend = stage == len(self.sheet.stages)
        if role == Qt.ItemDataRole.DisplayRole:
            if stage < 0:
                return self.rows[row].label
            return "" if trend else self.sheet.quantity.text(self.sheet.values[stage, row])
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            title = self.rows[row].title
            text = title if stage < 0 or trend else self._cell_tip(title, stage, row)
            return plain_tip(text) if role == Qt.ItemDataRole.ToolTipRole else text
        return None

    def headerData(
        self, section: int, way: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if self.sheet is None or way != Qt.Orientation.Horizontal:
            return None
        stage = section - 1
        if role == Qt.ItemDataRole.DisplayRole:
            if stage < 0:
                return "joint"
            return "trend" if stage == len(self.sheet.stages) else self.sheet.stages[stage]
        if role == Qt.ItemDataRole.ToolTipRole and 0 <= stage < len(self.sheet.stages):
            text = f"{self.sheet.stages[stage]}; the dot is its colour on the frame and plot."
            return plain_tip(text)
        return None

    def _cell_tip(self, title: str, stage: int, row: int) -> str:
        assert self.sheet is not None
        sheet = self.sheet
        quantity = sheet.quantity
        value = f"{quantity.text(sheet.values[stage, row])} {quantity.unit}".rstrip()
        text = f"{title}, {sheet.stages[stage]}: {value}"
        hit = np.nan if sheet.hits is None else sheet.hits[stage, row]
        if np.isfinite(hit) and row > 0:
            text += ", within 20 % of the torso" if hit else ", farther than 20 % of the torso"
        return f"{text}\nDouble-click to show this map on the frame."
