"""The part of the export dialog that chooses what stands beside the clip."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QWidget,
)

from poseviewer.core.beside import Beside
from poseviewer.gui.plain import Label, plain_tip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.runtime.state import ModelInfo

_NOTHING, _NETWORK, _CLIP = "nothing", "network", "clip"
_KINDS = {
    "Nothing": _NOTHING,
    "Another network on the same frames": _NETWORK,
    "Another clip, in step": _CLIP,
}
_TIP = Qt.ItemDataRole.ToolTipRole

_FARTHEST = 36_000.0
"""Seconds that the two clips may be apart."""


class BesideChoice(QWidget):
    """What stands beside the clip: nothing, another network, or another clip.

    Args:
        models: The networks that can be chosen.
        model: The network that analyses the clip.
        parent: The dialog.
    """

    changed = Signal()

    def __init__(
        self, models: Sequence[ModelInfo], model: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.kind = QComboBox(self)
        for text, name in _KINDS.items():
            self.kind.addItem(text, name)
        self.kind.setAccessibleName("What stands beside the clip")
        self.kind.setToolTip("What stands beside the clip")
        self.network = QComboBox(self)
        for one in models:
            if one.name != model and one.trained:
                self.network.addItem(one.name, one.name)
                title = plain_tip(one.title)
                self.network.setItemData(self.network.count() - 1, title, _TIP)
        self.network.setAccessibleName("The other network")
        self.network.setToolTip("The other network")
        self.path = QLineEdit(self)
        self.path.setAccessibleName("The other clip")
        self.path.setToolTip("The other clip")
        self.browse = QPushButton("Browse…", self)
        self.browse.setToolTip("Choose the other clip")
        self.browse.setAutoDefault(False)
        self.browse.clicked.connect(self._browse)
        self.offset = QDoubleSpinBox(self)
        self.offset.setRange(-_FARTHEST, _FARTHEST)
        self.offset.setDecimals(3)
        self.offset.setSingleStep(0.1)
        self.offset.setSuffix(" s")
        self.offset.setAccessibleName("Where the other clip is when the first begins")
        self.offset.setToolTip(
            "Where the other clip is when the first begins; below 0 it begins later"
        )
        self.offset.lineEdit().setTextMargins(6, 0, 0, 0)
        self.kind.currentIndexChanged.connect(self._take_kind)
        self.network.currentIndexChanged.connect(lambda _at: self.changed.emit())
        self.path.textChanged.connect(lambda _text: self.changed.emit())
        self.offset.valueChanged.connect(lambda _value: self.changed.emit())
        self._lay_out()
        self._take_kind()

    @property
    def beside(self) -> Beside | None:
        """What stands beside; None for nothing, or while it is not there."""
        kind = self.kind.currentData()
        if self.trouble or kind == _NOTHING:
            return None
        if kind == _NETWORK:
            return Beside(network=str(self.network.currentData()))
        offset = Fraction(str(round(self.offset.value(), 3)))
        return Beside(clip=str(self._path()), offset=offset)

    @property
    def trouble(self) -> str:
        """Why nothing can stand beside; empty where it can."""
        kind = self.kind.currentData()
        if kind == _NETWORK and self.network.count() == 0:
            return "There is no other network with weights."
        if kind == _CLIP and not self.path.text().strip():
            return "Choose the clip that stands beside."
        if kind == _CLIP and not self._path().exists():
            return f"The clip {self._path()} does not exist."
        return ""

    def _path(self) -> Path:
        return Path(self.path.text().strip()).expanduser()

    def _take_kind(self, _at: int = 0) -> None:
        kind = self.kind.currentData()
        for widget in (self.network, self._clip, self.offset):
            self._form.setRowVisible(
                widget, kind == (_NETWORK if widget is self.network else _CLIP)
            )
        self._note.setVisible(kind != _NOTHING)
        self.changed.emit()

    def _browse(self) -> None:
        picker = QFileDialog(self, "The clip beside", self.path.text())
        picker.setFileMode(QFileDialog.FileMode.ExistingFile)
        picker.fileSelected.connect(self.path.setText)
        picker.open()

    def _lay_out(self) -> None:
        self._clip = QWidget(self)
        line = QHBoxLayout(self._clip)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(8)
        line.addWidget(self.path, 1)
        line.addWidget(self.browse)
        self._form = form = QFormLayout(self)
        form.setVerticalSpacing(10)
        form.setHorizontalSpacing(14)
        form.addRow("Beside it", self.kind)
        form.addRow("Network", self.network)
        form.addRow("Clip", self._clip)
        form.addRow("Offset", self.offset)
        self._note = Label(
            "Range, times, sound and data are those of this clip. A clip beside it holds its first "
            "and its last frame before it begins and after it has ended.",
            self,
        )
        self._note.setProperty("muted", True)
        self._note.setWordWrap(True)
        form.addRow(self._note)
