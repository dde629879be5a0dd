"""The question what becomes of an export when the window is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMessageBox

from poseviewer.gui.icons import message_picture

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


class LeaveDialog(QMessageBox):
    """Asks whether to wait for exports, to cancel them, or not to close at all."""

    def __init__(self, count: int, parent: QWidget | None = None) -> None:
        """Ask.

        Args:
            count: How many exports have not ended.
            parent: The window.
        """
        super().__init__(parent)
        one = count == 1
        self.setIconPixmap(message_picture("info", ratio=self.devicePixelRatioF()))
        self.setWindowTitle("Export running" if one else "Exports running")
        them = "it" if one else "them"
        there = "An export is not yet written" if one else f"{count} exports are not yet written"
        self.setText(f"{there}. Cancelling leaves nothing of {them}.")
        self.wait = self.addButton(
            "Close when it is written" if one else "Close when all are written",
            QMessageBox.ButtonRole.AcceptRole,
        )
        self.cancel = self.addButton(
            f"Cancel {them} and close", QMessageBox.ButtonRole.DestructiveRole
        )
        stay = self.addButton("Do not close", QMessageBox.ButtonRole.RejectRole)
        self.setDefaultButton(self.wait)
        self.setEscapeButton(stay)
