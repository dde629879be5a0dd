"""Model > Remove network: whether an imported network shall be deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMessageBox

from poseviewer.gui.plain import plain_tip

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget


class RemoveNetwork(QMessageBox):
    """Asks; `remove` is the button of a yes.

    Args:
        name: Of the network.
        parent: Over which it stands.
    """

    def __init__(self, name: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Remove network")
        self.setText(plain_tip(f"Remove the network {name}?"))
        self.setInformativeText(
            "It is deleted from PoseViewer's folder. The file that it was imported from stays."
        )
        self.remove = self.addButton("Remove", QMessageBox.ButtonRole.DestructiveRole)
        self.setDefaultButton(self.addButton(QMessageBox.StandardButton.Cancel))
