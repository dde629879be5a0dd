"""The look of the tables of the Joint angles dock, and how they are copied."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QAbstractItemModel, QEvent, QSize, Qt
from PySide6.QtGui import QFontMetrics, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView

from poseviewer.gui import theme

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent
    from PySide6.QtWidgets import QWidget

DASH = "\N{EN DASH}"

ICON = QSize(22, 12)
"""Of the stroke beside an angle's name."""

_MARGIN = 8
"""Logical pixels between the last column and the edge, where there is room."""

_SPREAD = 60
"""Logical pixels by which a column is at most wider than its widest figure."""


class MeasureTable(QTableView):
    """A table of figures, the name first; Ctrl+C copies what is selected, or all.

    A subclass calls `set_model` and gives `widths`.

    Args:
        parent: Where it lies.
        title: What a screen reader calls it.
    """

    def __init__(self, parent: QWidget | None = None, *, title: str) -> None:
        super().__init__(parent)
        self._widths: list[int] = []
        self.setAccessibleName(title)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setAlternatingRowColors(True)
        self.setWordWrap(False)
        self.setIconSize(ICON)
        self.setMinimumSize(120, 60)
        self.verticalHeader().hide()
        header = self.horizontalHeader()
        header.setHighlightSections(False)
        header.setMinimumSectionSize(30)
        header.setStretchLastSection(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def set_model(self, model: QAbstractItemModel) -> None:
        """Show a model."""
        self.setModel(model)
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.fit()

    def widths(self) -> list[int]:
        """The least width of each column, that of its widest figure, logical pixels."""
        raise NotImplementedError

    def fit(self) -> None:
        """Give rows their height, and columns their widths and a part of the room to spare."""
        metrics = QFontMetrics(theme.digits())
        self.verticalHeader().setDefaultSectionSize(metrics.height() + 7)
        self._widths = self.widths()
        self._spread()

    def _spread(self) -> None:
        shown = [at for at in range(len(self._widths)) if not self.isColumnHidden(at)]
        spare = self.viewport().width() - _MARGIN - sum(self._widths[at] for at in shown)
        # No more than that: figures far apart are no longer read as one row.
        each = min(max(spare // max(len(shown), 1), 0), theme.px(_SPREAD))
        for at in shown:
            self.setColumnWidth(at, self._widths[at] + each)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Share the room anew."""
        super().resizeEvent(event)
        self._spread()

    def sizeHint(self) -> QSize:
        """As high as the rows are."""
        rows = max(self.model().rowCount(), 1) * self.verticalHeader().defaultSectionSize()
        bar = self.horizontalScrollBar().sizeHint().height()
        return QSize(400, self.horizontalHeader().sizeHint().height() + rows + bar + 4)

    def text(self) -> str:
        """What is selected, or all of it, as lines with tabs under the titles."""
        model = self.model()
        spots = self.selectionModel().selectedIndexes()
        rows = sorted({spot.row() for spot in spots}) or range(model.rowCount())
        columns = sorted({spot.column() for spot in spots} or range(model.columnCount()))
        shown = [column for column in columns if not self.isColumnHidden(column)]
        across = Qt.Orientation.Horizontal
        lines = ["\t".join(str(model.headerData(column, across)) for column in shown)]
        lines += [
            "\t".join(str(model.index(row, column).data()) for column in shown) for row in rows
        ]
        return "\n".join(lines)

    def copy(self) -> None:
        """Put `text` on the clipboard."""
        QGuiApplication.clipboard().setText(self.text())

    def event(self, event: QEvent) -> bool:
        """Take Ctrl+C before the window does."""
        if event.type() == QEvent.Type.ShortcutOverride and _copies(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Copy at Ctrl+C."""
        if _copies(event):
            self.copy()
        else:
            super().keyPressEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the size of letters."""
        super().changeEvent(event)
        fonts = (QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange)
        if event.type() in fonts and self.model() is not None:
            self.fit()


def aligned(column: int) -> Qt.AlignmentFlag:
    """Where the text of a column stands: names to the left, figures to the right."""
    side = Qt.AlignmentFlag.AlignRight if column else Qt.AlignmentFlag.AlignLeft
    return side | Qt.AlignmentFlag.AlignVCenter


def _copies(event: QEvent) -> bool:
    return isinstance(event, QKeyEvent) and event.matches(QKeySequence.StandardKey.Copy)
