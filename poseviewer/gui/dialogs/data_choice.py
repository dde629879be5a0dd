"""The part of the export dialog that chooses which data is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QGridLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from poseviewer.core.stage import grouped
from poseviewer.gui.plain import allow, caption, plain_tip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.core.stage import StageSpec
    from poseviewer.runtime.state import WriterInfo

_COMMON = ("csv", "csv-wide", "json", "trc")
"""Kinds that are offered at once; the others unfold."""

_METRIC = ("trc-m", "c3d")
"""Kinds whose coordinates are in metres where the person's height is known."""

_TALLEST = 2.5
_GAP = 6


class DataChoice(QWidget):
    """Boxes for every kind of data, and what some of them need to know.

    Args:
        writers: The kinds.
        stages: Of the network whose answers are written.
        parent: The dialog.
    """

    changed = Signal()

    def __init__(
        self,
        writers: Sequence[WriterInfo],
        stages: Sequence[StageSpec],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.boxes = {writer.name: _box(writer, self) for writer in writers}
        """By the names of the kinds."""
        for box in self.boxes.values():
            box.toggled.connect(self._check)
        self.more = QToolButton(self)
        self.more.setCheckable(True)
        self.more.setArrowType(Qt.ArrowType.RightArrow)
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more.setText("More formats")
        self.more.setToolTip("Formats of other programs")
        self.more.setAutoRaise(True)
        self._rest = QWidget(self)
        self._rest.hide()
        self.more.toggled.connect(self._unfold)
        self.stage = QComboBox(self)
        self.stage.setAccessibleName("Stage whose answer the data holds")
        self.stage.setToolTip("The stage whose answer the data holds")
        for place, group in enumerate(reversed(grouped(stages))):
            last = group.last if place else None
            self.stage.addItem(group.title if place else f"{group.title}, the last", last)
        self.height_m = QDoubleSpinBox(self)
        self.height_m.setRange(0, _TALLEST)
        self.height_m.setSingleStep(0.01)
        self.height_m.setSuffix(" m")
        self.height_m.setSpecialValueText("unknown")
        self.height_m.setAccessibleName("Height of the person")
        self.height_m.setToolTip("How tall the person is: the scale of coordinates in metres")
        self.height_m.lineEdit().setTextMargins(6, 0, 0, 0)
        self.height_m.valueChanged.connect(self._check)
        self._lay_out()
        self._check()

    @property
    def kinds(self) -> tuple[str, ...]:
        """Names of the kinds that are wanted."""
        return tuple(name for name, box in self.boxes.items() if box.isChecked())

    @property
    def data_stage(self) -> int | None:
        """The output whose answer is written; None for the last."""
        number: int | None = self.stage.currentData()
        return number

    @property
    def person_height(self) -> float | None:
        """In metres; None where unknown."""
        return round(self.height_m.value(), 2) or None

    @property
    def trouble(self) -> str:
        """Why the data cannot be written; empty where it can."""
        if "trc-m" in self.kinds and self.person_height is None:
            return "TRC in metres needs the height of the person."
        return ""

    def _unfold(self, on: bool) -> None:
        self._rest.setVisible(on)
        self.more.setArrowType(Qt.ArrowType.DownArrow if on else Qt.ArrowType.RightArrow)
        # A form gives a widget that unfolds the height of a box without its style.
        rows = -(-len(self._rest.findChildren(QCheckBox)) // 2)
        each = max(box.sizeHint().height() for box in self.boxes.values()) + _GAP
        self._rest.setMinimumHeight((rows + 1) * each if on else 0)
        self.window().adjustSize()

    def _check(self) -> None:
        metric = bool(set(_METRIC) & set(self.kinds))
        allow(self.height_m, metric, why_not="none of the chosen files has metres")
        some = "the network has one stage" if self.kinds else "no file of data is chosen"
        allow(self.stage, bool(self.kinds) and self.stage.count() > 1, why_not=some)
        self.changed.emit()

    def _lay_out(self) -> None:
        common, rest = QGridLayout(), QGridLayout(self._rest)
        rest.setContentsMargins(0, 0, 0, 0)
        for grid, names in (
            (common, [name for name in self.boxes if name in _COMMON]),
            (rest, [name for name in self.boxes if name not in _COMMON]),
        ):
            grid.setHorizontalSpacing(18)
            grid.setVerticalSpacing(_GAP)
            for place, name in enumerate(names):
                grid.addWidget(self.boxes[name], place // 2, place % 2)
        known = QFormLayout()
        known.setHorizontalSpacing(14)
        known.addRow("Stage", self.stage)
        known.addRow("Height of the person", self.height_m)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        column.addLayout(common)
        column.addWidget(self.more)
        column.addWidget(self._rest)
        column.addLayout(known)


def _box(writer: WriterInfo, parent: QWidget) -> QCheckBox:
    made = QCheckBox(caption(writer.title), parent)
    made.setToolTip(plain_tip(writer.title))
    if writer.missing:
        packages = " and ".join(writer.missing)
        needs = f"it needs {packages}: pip install 'poseviewer[formats]'"
        allow(made, False, why_not=needs)
    return made
