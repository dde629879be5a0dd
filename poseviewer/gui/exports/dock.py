"""The Exports dock: what is written, what waits, and what has been written."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from poseviewer.gui import theme
from poseviewer.gui.exports.row import ExportRow
from poseviewer.gui.plain import plain_tip
from poseviewer.gui.window.dock import Dock

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.gui.bridge import Bridge
    from poseviewer.runtime.state import AppState


class ExportsDock(Dock):
    """A list of exports."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(bridge, parent, title="Exports", name="exports_dock", pace=100)
        self.rows: dict[int, ExportRow] = {}
        """The row of each export, by its number, in order."""
        self._shown: tuple[object, ...] = ()
        self._column = QVBoxLayout()
        self._column.setContentsMargins(8, 8, 8, 8)
        self._column.setSpacing(6)
        self.clear = QPushButton("Remove finished")
        self.clear.setAccessibleName("Remove finished")
        tip = "Take all that have ended off this list; their files stay."
        self.clear.setToolTip(plain_tip(tip))
        self.clear.clicked.connect(lambda: bridge.session.exports.clear())
        rows = QWidget()
        rows.setLayout(self._column)
        self._column.addStretch(1)
        scroll = QScrollArea(widgetResizable=True)
        scroll.setAccessibleName("Exports")
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(rows)
        page = QWidget()
        # First: what gets another parent later is styled again with all that is in it.
        self.setWidget(page)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 8)
        column.setSpacing(4)
        column.addWidget(self.holder(scroll, dims=False), 1)
        beside = QHBoxLayout()
        beside.setContentsMargins(8, 0, 8, 0)
        beside.addWidget(self.clear)
        beside.addStretch(1)
        column.addLayout(beside)

    def why_empty(self, state: AppState) -> str:
        """Why the list is empty."""
        if state.exports:
            return ""
        if state.source is None:
            return "Exports are listed here: open a clip or a camera."
        return "Exports are listed here: press E to export the clip."

    def draw(self, state: AppState) -> None:
        """List the exports: what is to come in its order, then what has ended, the latest first."""
        shown = (state.exports, theme.current())
        if shown == self._shown:
            return
        self._shown = shown
        coming = [export for export in state.exports if export.pending]
        ended = [export for export in reversed(state.exports) if not export.pending]
        numbers = [export.number for export in (*coming, *ended)]
        if numbers != list(self.rows):
            self._list(numbers)
        unbegun = [export.number for export in coming if not export.begun]
        for export in state.exports:
            number = export.number
            self.rows[number].show_export(
                export,
                earlier=number in unbegun[1:],
                later=number in unbegun[:-1],
            )
        self.clear.setVisible(bool(ended))

    def _list(self, numbers: list[int]) -> None:
        """Have a row for each of these exports, in this order."""
        for number in set(self.rows) - set(numbers):
            row = self.rows.pop(number)
            self._column.removeWidget(row)
            row.deleteLater()
        for number in numbers:
            if number not in self.rows:
                self.rows[number] = row = ExportRow()
                row.pressed.connect(partial(self._do, number))
        self.rows = {number: self.rows[number] for number in numbers}
        for place, row in enumerate(self.rows.values()):
            self._column.insertWidget(place, row)

    def _do(self, number: int, what: str) -> None:
        queue = self.bridge.session.exports
        match what:
            case "pause":
                queue.pause(number)
            case "resume":
                queue.resume(number)
            case "cancel":
                queue.cancel(number)
            case "remove":
                queue.remove(number)
            case "folder":
                self._show_folder(number)
            case _:
                queue.move(number, earlier=what == "earlier")

    def _show_folder(self, number: int) -> None:
        for export in self.state.exports:
            if export.number == number:
                open_folder(export.output.parent)


def open_folder(folder: Path) -> None:
    """Show a folder in the desktop's file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
