"""What tables of differences have in common: a joint or an angle a row, and figures to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from poseviewer.gui import theme
from poseviewer.gui.plain import plain_tip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QWidget

NONE = "\N{EN DASH}"
"""What stands where there is no figure."""


class FiguresTable(QTableWidget):
    """Rows of figures that can be chosen one at a time, but not edited.

    Args:
        columns: Title and explanation of each; the first holds names, the others figures.
        name: Of the object.
        title: What a screen reader says.
        wide_names: Whether the names take the room that is left, and not the figures.
        parent: As of every widget.
    """

    joint_chosen = Signal(object)
    """Name of the joint a person chose, or None for all."""

    def __init__(
        self,
        columns: Sequence[tuple[str, str]],
        *,
        name: str,
        title: str,
        wide_names: bool,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(0, len(columns), parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setMinimumSize(120, 60)
        self.verticalHeader().hide()
        self._fit_rows()
        header = self.horizontalHeader()
        header.setMinimumSectionSize(24)
        modes = QHeaderView.ResizeMode.ResizeToContents, QHeaderView.ResizeMode.Stretch
        header.setSectionResizeMode(modes[not wide_names])
        header.setSectionResizeMode(0, modes[wide_names])
        header.setHighlightSections(False)
        for column, (text, tip) in enumerate(columns):
            item = _item(column, text)
            item.setToolTip(plain_tip(tip))
            item.setFont(theme.digits(8.5))
            self.setHorizontalHeaderItem(column, item)
        self.cells: list[list[QTableWidgetItem]] = []
        """Those of each row."""
        self.itemSelectionChanged.connect(self._on_chosen)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the size of letters."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange):
            self._fit_rows()

    def _fit_rows(self) -> None:
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 5)

    def set_names(self, names: Sequence[str]) -> None:
        """Begin anew with a row for each name, without figures; nothing is chosen."""
        self.clearSelection()
        self.setRowCount(len(names))
        self.cells = [
            [_item(column, "" if column else text) for column in range(self.columnCount())]
            for text in names
        ]
        for row, items in enumerate(self.cells):
            for column, item in enumerate(items):
                item.setFont(theme.digits())
                self.setItem(row, column, item)

    def joint_of(self, row: int) -> str | None:
        """The joint of a row; None where it is no joint's."""
        raise NotImplementedError

    def _on_chosen(self) -> None:
        rows = self.selectionModel().selectedRows()
        self.joint_chosen.emit(self.joint_of(rows[0].row()) if rows else None)


def _item(column: int, text: str) -> QTableWidgetItem:
    item = QTableWidgetItem(text)
    side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
    item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
    return item
