"""The dialog that chooses a camera, its resolution and its rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

SIZES = ((640, 480), (1280, 720), (1920, 1080))
RATES = (15, 30, 60)


class CameraDialog(QDialog):
    """Asks which camera to open."""

    chosen = Signal(str, bool)
    """Location, and whether to mirror the picture."""

    def __init__(
        self,
        cameras: Sequence[tuple[str, str]],
        *,
        mirror: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        """Make the dialog.

        Args:
            cameras: Location (`camera:0`) and title of each.
            mirror: Whether the picture is mirrored now.
            parent: The window.
        """
        super().__init__(parent)
        self.setWindowTitle("Open camera")
        self.setMinimumWidth(380)
        self.camera = _choice("Camera", "Which camera", self)
        for location, title in cameras:
            self.camera.addItem(title, location)
        self.size_choice = _choice("Resolution", "The nearest the camera has is taken", self)
        self.size_choice.addItem("As the camera likes", None)
        for width, height in SIZES:
            self.size_choice.addItem(f"{width} × {height}", (width, height))  # noqa: RUF001
        self.rate = _choice("Rate", "The nearest the camera has is taken", self)
        self.rate.addItem("As the camera likes", None)
        for rate in RATES:
            self.rate.addItem(f"{rate} fps", rate)
        self.mirror = QCheckBox("Show as a mirror would", self)
        self.mirror.setToolTip("Left and right change places")
        self.mirror.setChecked(mirror)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel, self
        )
        self._open = buttons.button(QDialogButtonBox.StandardButton.Open)
        for control in (self._open, self.camera, self.size_choice, self.rate, self.mirror):
            control.setEnabled(bool(cameras))
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form = QFormLayout()
        form.setVerticalSpacing(10)
        form.addRow("&Camera", self.camera)
        form.addRow("&Resolution", self.size_choice)
        form.addRow("R&ate", self.rate)
        form.addRow("", self.mirror)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 18, 18, 14)
        column.setSpacing(14)
        column.addLayout(form)
        if not cameras:
            none = QLabel("No camera was found. Plug one in and open this again.", self)
            none.setProperty("muted", True)
            none.setWordWrap(True)
            column.addWidget(none)
        column.addWidget(buttons)

    def location(self) -> str:
        """What to open, such as `camera:0@1280x720@30`."""
        location = str(self.camera.currentData())
        size, rate = self.size_choice.currentData(), self.rate.currentData()
        location += f"@{size[0]}x{size[1]}" if size else ""
        return location + (f"@{rate}" if rate else "")

    def accept(self) -> None:
        """Hand the choice over."""
        super().accept()
        self.chosen.emit(self.location(), self.mirror.isChecked())


def _choice(name: str, tip: str, parent: QWidget) -> QComboBox:
    made = QComboBox(parent)
    made.setAccessibleName(name)
    made.setToolTip(tip)
    return made
