"""The dialog that asks for the address of a network stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from poseviewer.gui.plain import Label, allow

if TYPE_CHECKING:
    from collections.abc import Sequence

SCHEMES = ("rtsp", "rtsps", "http", "https", "udp", "tcp", "rtp", "rtmp", "srt")
"""Of the addresses that can be opened."""


def address_trouble(text: str) -> str:
    """Why `text` is no address of a stream; empty when it is one."""
    scheme, mark, rest = text.strip().partition("://")
    if not mark or scheme.lower() not in SCHEMES:
        return "Begin with rtsp://, http:// or udp://, as the camera's manual says."
    if not rest.strip("/"):
        return "Write the host after ://, such as rtsp://192.168.0.20/stream."
    return ""


class StreamDialog(QDialog):
    """Asks for an address; those opened before are offered."""

    chosen = Signal(str)

    def __init__(self, recent: Sequence[str], parent: QWidget | None = None) -> None:
        """Make the dialog.

        Args:
            recent: Locations opened before, the latest first; those that are addresses count.
            parent: The window.
        """
        super().__init__(parent)
        self.setWindowTitle("Open stream")
        self.address = QComboBox(self)
        self.address.setEditable(True)
        self.address.setMinimumWidth(440)
        self.address.setAccessibleName("Address")
        self.address.setToolTip("The address of the stream; those opened before are in the list")
        self.address.addItems([place for place in recent if not address_trouble(place)])
        if not self.address.count():
            self.address.setEditText("rtsp://")
        ask = Label("&Address", self)
        ask.setBuddy(self.address)
        self.hint = Label(self)
        self.hint.setProperty("muted", True)
        self.hint.setWordWrap(True)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel, self
        )
        self._open = buttons.button(QDialogButtonBox.StandardButton.Open)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self.address.editTextChanged.connect(self._check)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 18, 18, 14)
        column.setSpacing(8)
        for widget in (ask, self.address, self.hint, buttons):
            column.addWidget(widget)
        self._check()

    def accept(self) -> None:
        """Emit the address, if it is one."""
        text = self.address.currentText().strip()
        if address_trouble(text):
            return
        super().accept()
        self.chosen.emit(text)

    def _check(self) -> None:
        trouble = address_trouble(self.address.currentText())
        self.hint.setText(
            trouble or "A lost stream is tried again every second. Passwords are not stored."
        )
        allow(self._open, not trouble, why_not=trouble)
