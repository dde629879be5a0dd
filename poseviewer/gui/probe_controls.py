"""What is seen of a layer: which tensor, which channels, in which range."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLineEdit, QToolButton, QVBoxLayout, QWidget

from poseviewer.core.layer import LayerChoice
from poseviewer.gui.overlay_hud import joint_title

if TYPE_CHECKING:
    from poseviewer.core.layer import Layer
    from poseviewer.runtime.state import ModelInfo

_ALL, _CHOSEN = -1, 0
_SHOWN = (
    (16, "top 16", "The channels with the greatest mean absolute activation."),
    (64, "top 64", "The channels with the greatest mean absolute activation."),
    (256, "top 256", "The channels with the greatest mean absolute activation."),
    (_ALL, "all, in order", "Every channel by its number."),
    (_CHOSEN, "chosen", "The channels whose numbers you write beside."),
)


class ProbeControls(QWidget):
    """The line of controls above the tiles."""

    changed = Signal()
    """`choice` gives another answer than before."""

    restyled = Signal()
    """The same activations are to be drawn otherwise."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layer: Layer | None = None
        self.output = _combo("Output", "Which of the tensors it returns, call by call.")
        self.joint = _combo("Joint", "Whose crop the later networks of a cascade are shown.")
        self.channels = _combo("Channels", "Which channels have a tile.")
        for row, (value, shown, tip) in enumerate(_SHOWN):
            self.channels.addItem(shown, value)
            self.channels.setItemData(row, tip, Qt.ItemDataRole.ToolTipRole)
        self.channels.setCurrentIndex(1)
        self.numbers = QLineEdit()
        self.numbers.setPlaceholderText("0, 5, 12-20")
        self.numbers.setAccessibleName("Numbers of channels")
        self.numbers.setToolTip("Numbers of channels and ranges of them, such as 0, 5, 12-20.")
        self.numbers.setMinimumWidth(60)
        self.numbers.editingFinished.connect(self.changed)
        self.span = _combo("Range", "Whether all tiles share one range of values.")
        self.span.addItem("shared", True)
        self.span.addItem("per tile", False)
        self.span.activated.connect(self.restyled)
        self.over = QToolButton()
        self.over.setText("Overlay")
        self.over.setCheckable(True)
        self.over.setProperty("wide", True)
        self.over.setAccessibleName("Chosen channel on the picture")
        self.over.setToolTip(
            "Lay the size of the chosen channel's activation over the frame, whatever its sign; "
            "click a tile to choose. Seen while the picture stands still."
        )
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(5)
        # What most layers have no use for has a line of its own: a dock is narrow.
        for boxes in ((self.output, self.joint), (self.channels, self.numbers, self.span)):
            line = QHBoxLayout()
            line.setSpacing(6)
            for box in boxes:
                line.addWidget(box, 1)
            lines.addLayout(line)
        line.addWidget(self.over)
        for chooser in (self.output, self.joint, self.channels):
            chooser.activated.connect(self._on_chosen)
        for widget in (self.output, self.joint, self.numbers):
            widget.hide()

    def choice(self) -> LayerChoice | None:
        """What is to be seen; None where there is nothing yet."""
        layer, output, how = self._layer, self.output.currentData(), self.channels.currentData()
        if layer is None or output is None:
            return None
        count = layer.outputs[output].shape[0]
        joint = self.joint.currentData() if self.joint.isVisibleTo(self) else 0
        if how == _ALL:
            return LayerChoice(layer.path, output, tuple(range(count)), joint=joint or 0)
        if how == _CHOSEN:
            numbers = numbers_in(self.numbers.text(), count=count)
            return LayerChoice(layer.path, output, numbers, joint=joint or 0) if numbers else None
        return LayerChoice(layer.path, output, most=how, joint=joint or 0)

    def show_layer(self, layer: Layer | None, model: ModelInfo | None) -> None:
        """Offer what a layer of a network returns."""
        self._layer = layer
        outputs = () if layer is None else layer.outputs
        calls, parts = (any(getattr(o, kind) for o in outputs) for kind in ("call", "part"))
        with QSignalBlocker(self.output):
            self.output.clear()
            for at, one in enumerate(outputs):
                words = [f"call {one.call + 1}"] * calls + [f"part {one.part + 1}"] * parts
                self.output.addItem(", ".join(words), at)
        self.output.setVisible(len(outputs) > 1)
        self._show_joints(layer, model)

    def _show_joints(self, layer: Layer | None, model: ModelInfo | None) -> None:
        """Let the joint be chosen whose crop a later network of a cascade is shown."""
        cascade = model is not None and model.stages[0].kind == "coords"
        later = layer is not None and re.match(r"networks\.[1-9]", layer.path) is not None
        if model is not None and cascade and self.joint.count() != len(model.skeleton.joints):
            self.joint.clear()
            for number, name in enumerate(model.skeleton.joints):
                self.joint.addItem(joint_title(name), number)
        self.joint.setVisible(cascade and later)

    def _on_chosen(self) -> None:
        self.numbers.setVisible(self.channels.currentData() == _CHOSEN)
        self.changed.emit()


def numbers_in(text: str, *, count: int) -> tuple[int, ...]:
    """The channels below `count` that a text such as `0, 5, 12-20` names, each once."""
    found: dict[int, None] = {}
    for first, last in re.findall(r"(\d+)(?:\s*[-\N{EN DASH}]\s*(\d+))?", text):
        found |= dict.fromkeys(range(int(first), min(int(last or first), count - 1) + 1))
    return tuple(found)


def _combo(name: str, tip: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(tip)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(3)
    box.setMinimumWidth(52)
    return box
