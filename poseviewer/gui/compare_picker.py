"""The boxes that say what is compared with what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QComboBox, QGridLayout, QLabel, QWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.runtime.state import ModelInfo, View


_NARROWEST = 80
"""Logical pixels of a chooser; four of them must not hold the window wide."""


class ComparePicker(QWidget):
    """Network and stage of A, the network that runs, and of B."""

    first_chosen = Signal(str)
    """The network that is to run."""

    second_chosen = Signal()
    """Another network is compared; see `other`."""

    stage_chosen = Signal()
    """Another stage of one of the two."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._listed: tuple[object, ...] = ()
        self.models = {
            "A": _combo("Network A", "The network that runs; choosing another one runs that."),
            "B": _combo("Network B", "The same network, or a second one on a thread of its own."),
        }
        self.stages = {
            side: _combo(f"Stage of {side}", f"The stage whose answer is {side}.") for side in "AB"
        }
        self.models["A"].activated.connect(self._on_first)
        self.models["B"].activated.connect(self._on_second)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(6)
        for place, side in enumerate("AB"):
            label = QLabel(side)
            label.setBuddy(self.models[side])
            grid.addWidget(label, 0, 3 * place)
            grid.addWidget(self.models[side], 0, 3 * place + 1)
            grid.addWidget(self.stages[side], 0, 3 * place + 2)
            grid.setColumnStretch(3 * place + 1, 3)
            grid.setColumnStretch(3 * place + 2, 2)
            self.stages[side].activated.connect(self.stage_chosen)

    @property
    def other(self) -> str | None:
        """Name of the second network; None where stages of one network are compared."""
        name: str | None = self.models["B"].currentData()
        return name

    def second(self, view: View) -> ModelInfo | None:
        """The network of B."""
        if self.other is None:
            return view.model
        return next((model for model in view.models if model.name == self.other), None)

    def stage(self, side: str, model: ModelInfo) -> int:
        """The 0-based stage of `A` or `B`, which has the stages of `model`."""
        chosen, last = self.stages[side].currentData(), len(model.stages) - 1
        return last if chosen is None else min(int(chosen), last)

    def list_all(self, view: View) -> None:
        """Fill the boxes where networks have come, gone or changed."""
        listed = (view.models, view.choices.model, view.model, self.other)
        if listed == self._listed:
            return
        names = [(m.name, m.name, m.title) for m in view.models if m.trained]
        _fill(self.models["A"], names, chosen=view.choices.model)
        same = (None, "same network", "Compare two stages of the network that runs.")
        others = [entry for entry in names if entry[0] != view.choices.model]
        _fill(self.models["B"], [same, *others], chosen=self.other)
        # Of one network the first stage against the last one, of two networks both last ones.
        last = self.other is not None
        _list_stages(self.stages["A"], view.model, last=True)
        _list_stages(self.stages["B"], self.second(view), last=last)
        self._listed = (*listed[:3], self.other)

    def _on_first(self, row: int) -> None:
        self.first_chosen.emit(self.models["A"].itemData(row))

    def _on_second(self) -> None:
        self.stages["B"].clear()
        self._listed = ()
        self.second_chosen.emit()


def _list_stages(box: QComboBox, model: ModelInfo | None, *, last: bool) -> None:
    stages = () if model is None else model.stages
    entries = [(number, spec.name, f"Stage {number + 1}") for number, spec in enumerate(stages)]
    chosen = box.currentData()
    if chosen is None or chosen >= len(entries):
        chosen = len(entries) - 1 if last else 0
    _fill(box, entries, chosen=chosen)


def _fill(box: QComboBox, entries: Sequence[tuple[object, str, str]], *, chosen: object) -> None:
    with QSignalBlocker(box):
        box.clear()
        for row, (value, shown, tip) in enumerate(entries):
            box.addItem(shown, value)
            box.setItemData(row, tip, Qt.ItemDataRole.ToolTipRole)
        box.setCurrentIndex(max(box.findData(chosen), 0))


def _combo(name: str, tip: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(tip)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumWidth(_NARROWEST)
    return box
