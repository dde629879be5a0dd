"""The question what becomes of an export when the window is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMessageBox

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


class LeaveDialog(QMessageBox):
    """Asks whether to wait for a running export, to cancel it, or not to close at all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setIcon(QMessageBox.Icon.Question)
        self.setWindowTitle("Export running")
        self.setText("An export is running. Nothing of it is left where it is cancelled.")
        self.wait = self.addButton("Close when it is written", QMessageBox.ButtonRole.AcceptRole)
        self.cancel = self.addButton("Cancel it and close", QMessageBox.ButtonRole.DestructiveRole)
        stay = self.addButton("Do not close", QMessageBox.ButtonRole.RejectRole)
        self.setDefaultButton(self.wait)
        self.setEscapeButton(stay)
