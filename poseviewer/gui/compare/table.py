"""The difference of two answers in numbers, a joint a row."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from poseviewer.gui import theme
from poseviewer.gui.frame.hud import joint_title
from poseviewer.gui.plain import plain_tip

if TYPE_CHECKING:
    from PySide6.QtGui import QMouseEvent, QResizeEvent
    from PySide6.QtWidgets import QWidget

    from poseviewer.core.difference import Difference

_COLUMNS = (
    ("joint", "The joints that both answers have; choose one to see only its maps."),
    ("px", "Distance between the two answers, pixels of the frame."),
    ("% torso", "The same, in hundredths of the torso: left shoulder to right hip of A."),
    ("peak A", "Highest belief of the first answer."),
    ("peak B", "Highest belief of the second answer."),
)
_DIGITS = (1, 1, 2, 2)
_NONE = "\N{EN DASH}"


class DifferenceTable(QTableWidget):
    """Distance and peak beliefs of every joint; the farthest stands out."""

    joint_chosen = Signal(object)
    """Name of the joint a person chose, or None for all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, len(_COLUMNS), parent)
        self.setObjectName("difference")
        self.setAccessibleName("Difference of each joint")
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setMinimumSize(120, 60)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 5)
        header = self.horizontalHeader()
        header.setMinimumSectionSize(24)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        header.setHighlightSections(False)
        for column, (title, tip) in enumerate(_COLUMNS):
            item = QTableWidgetItem(title)
            item.setToolTip(plain_tip(tip))
            item.setTextAlignment(_aligned(column))
            item.setFont(theme.digits(8.5))
            self.setHorizontalHeaderItem(column, item)
        self._joints: tuple[str, ...] = ()
        self._items: list[list[QTableWidgetItem]] = []
        self._marked = -1
        self.itemSelectionChanged.connect(self._on_chosen)

    def sizeHint(self) -> QSize:
        """Wide enough for every figure."""
        return QSize(self.fontMetrics().horizontalAdvance("0") * 37, 240)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out shares of the torso where not every column fits."""
        super().resizeEvent(event)
        self.setColumnHidden(2, event.size().width() < self.sizeHint().width() - 8)

    def show_difference(self, found: Difference | None, *, gate: float) -> None:
        """Show the numbers; joints below `gate` on either side are written weakly."""
        joints = () if found is None else found.joints
        if joints != self._joints:
            self._fill(joints)
        if found is None:
            return
        farthest = int(np.nanargmax(found.pixels)) if np.isfinite(found.pixels).any() else -1
        ink, weak = QColor(theme.current().text), QColor(theme.current().muted)
        columns = (found.pixels, found.shares * 100, found.first, found.second)
        for row, numbers in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
            sure = min(numbers[2:]) >= gate
            for item, value, digits in zip(self._items[row][1:], numbers, _DIGITS, strict=True):
                item.setText(f"{value:.{digits}f}" if isfinite(value) else _NONE)
            for item in self._items[row]:
                item.setForeground(ink if sure else weak)
        self._mark(farthest if farthest >= 0 and found.pixels[farthest] > 0 else -1)

    def _fill(self, joints: tuple[str, ...]) -> None:
        self._joints = joints
        self._marked = -1
        self.clearSelection()
        self.setRowCount(len(joints))
        self._items = [[] for _ in joints]
        for row, joint in enumerate(joints):
            for column in range(len(_COLUMNS)):
                item = QTableWidgetItem(joint_title(joint) if column == 0 else "")
                item.setTextAlignment(_aligned(column))
                item.setFont(theme.digits())
                self.setItem(row, column, item)
                self._items[row].append(item)

    def _mark(self, row: int) -> None:
        """Write the joint that differs most in bold."""
        if row != self._marked:
            for which in (self._marked, row):
                for item in self._items[which] if which >= 0 else ():
                    item.setFont(theme.digits(bold=which == row))
            self._marked = row

    def _on_chosen(self) -> None:
        rows = {index.row() for index in self.selectionModel().selectedRows()}
        self.joint_chosen.emit(self._joints[rows.pop()] if rows else None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a joint; the chosen one again for all."""
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and self.selectionModel().isSelected(index):
            self.clearSelection()
        else:
            super().mousePressEvent(event)


def _aligned(column: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter
