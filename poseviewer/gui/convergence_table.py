"""The table of the Convergence dock: a row a joint, a column a stage, coloured by the figure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from poseviewer.gui.convergence_cells import ROW_HEIGHT, CellPainter, StageHeader
from poseviewer.gui.grid_rows import rows_of

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent
    from PySide6.QtWidgets import QWidget

    from poseviewer.gui.convergence_cells import Sheet
    from poseviewer.gui.grid_rows import Row

_Index = QModelIndex | QPersistentModelIndex
_NAME_WIDTH = 104
_TREND_WIDTH = 72
_TREND_FROM = 470
"""Width of the table from which there is room for the trend."""


class ConvergenceTable(QTableView):
    """Joints and stages; the current row is the joint that is looked at."""

    joint_chosen = Signal(object)
    """Number of the joint of the row that became current; None for all joints."""

    map_wanted = Signal(int, object)
    """Position of the stage, and joint or None, of a cell that was double-clicked or entered."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = _Model(self)
        self.setModel(self._model)
        self.setItemDelegate(CellPainter(self))
        self.setAccessibleName("Joints and stages")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        # The cells paint the choice themselves, so that their colours can still be told apart.
        self.setStyleSheet("QTableView { selection-background-color: transparent; }")
        self.setTabKeyNavigation(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT)
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
        if self._model.show(sheet):
            self._lay_out()
            self.choose(None)

    def text(self, stage: int, joint: int | None) -> str:
        """What a cell says."""
        row = 0 if joint is None else joint + 1
        return str(self._model.data(self._model.index(row, stage + 1)))

    def _on_row(self, index: QModelIndex) -> None:
        self.joint_chosen.emit(index.row() - 1 if index.row() > 0 else None)

    def _on_activated(self, index: QModelIndex) -> None:
        sheet = self._model.sheet
        if sheet is not None and 0 < index.column() <= len(sheet.stages):
            self.map_wanted.emit(index.column() - 1, index.row() - 1 if index.row() else None)

    def _lay_out(self) -> None:
        columns = self._model.columnCount()
        border = 2 * self.frameWidth() + 2
        rows = self._model.rowCount() * ROW_HEIGHT
        self.setMaximumHeight(rows + self.horizontalHeader().height() + border)
        if columns < 2:
            return
        width = self.viewport().width()
        trend = width >= _TREND_FROM
        self.setColumnHidden(columns - 1, not trend)
        room = width - _NAME_WIDTH - (_TREND_WIDTH if trend else 0)
        edges = np.linspace(0, room, columns - 1).round().astype(int)
        self.setColumnWidth(0, _NAME_WIDTH)
        self.setColumnWidth(columns - 1, _TREND_WIDTH)
        for column, cell in enumerate(np.diff(edges).tolist(), 1):
            self.setColumnWidth(column, max(cell, 26))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the width among the stages."""
        super().resizeEvent(event)
        self._lay_out()


class _Model(QAbstractTableModel):
    """A sheet as Qt's tables want it, so that screen readers read it too."""

    def __init__(self, parent: QTableView) -> None:
        super().__init__(parent)
        self.sheet: Sheet | None = None
        self.rows: tuple[Row, ...] = ()

    def show(self, sheet: Sheet) -> bool:
        """Take another sheet; whether joints or stages are others."""
        old, self.sheet = self.sheet, sheet
        if old is not None and (old.joints, old.stages) == (sheet.joints, sheet.stages):
            if sheet.values.size:
                last = self.index(self.rowCount() - 1, self.columnCount() - 1)
                self.dataChanged.emit(self.index(0, 0), last)
            return False
        self.beginResetModel()
        self.rows = rows_of(sheet.joints, show="all")
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
            return title if stage < 0 or trend else self._told(title, stage, row)
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
            return f"{self.sheet.stages[stage]}; the dot is its colour on the frame and plot."
        return None

    def _told(self, title: str, stage: int, row: int) -> str:
        assert self.sheet is not None
        sheet = self.sheet
        quantity = sheet.quantity
        value = f"{quantity.text(sheet.values[stage, row])} {quantity.unit}".rstrip()
        text = f"{title}, {sheet.stages[stage]}: {value}"
        hit = np.nan if sheet.hits is None else sheet.hits[stage, row]
        if np.isfinite(hit) and row > 0:
            text += ", within 20 % of the torso" if hit else ", farther than 20 % of the torso"
        return f"{text}\nDouble-click lays this map over the picture."
