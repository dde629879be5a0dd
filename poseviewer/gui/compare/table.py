"""The difference of two answers in numbers, a joint a row."""

from __future__ import annotations

from functools import partial
from math import isfinite
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QSize
from PySide6.QtGui import QColor

from poseviewer.core.percent import percent
from poseviewer.gui import theme
from poseviewer.gui.compare.figures_table import NONE, FiguresTable
from poseviewer.gui.frame.hud import joint_title

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtGui import QMouseEvent, QResizeEvent
    from PySide6.QtWidgets import QWidget

    from poseviewer.core.difference import Difference

_COLUMNS = (
    ("joint", "The joints that both answers have; choose one to see only its maps."),
    ("px", "Distance between the two answers, pixels of the frame."),
    ("% torso", "The same, in hundredths of the torso: left shoulder to right hip of A."),
    ("peak A", "Highest belief of the first answer."),
    ("peak B", "Highest belief of the second answer."),
)
_PEAKS = 28
"""Width in figures from which there is room for the peaks."""

_WRITTEN: tuple[Callable[[float], str], ...] = (
    "{:.1f}".format,
    partial(percent, digits=1),
    "{:.2f}".format,
    "{:.2f}".format,
)


class DifferenceTable(FiguresTable):
    """Distance and peak beliefs of every joint; the farthest stands out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(
            _COLUMNS,
            name="difference",
            title="Difference of each joint",
            wide_names=False,
            parent=parent,
        )
        self._joints: tuple[str, ...] = ()
        self._marked = -1

    def sizeHint(self) -> QSize:
        """Wide enough for every figure."""
        return QSize(self.fontMetrics().horizontalAdvance("0") * 37, 240)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out shares of the torso where not every column fits, and then the peaks."""
        super().resizeEvent(event)
        room = event.size().width()
        self.setColumnHidden(2, room < self.sizeHint().width() - 8)
        narrow = room < self.fontMetrics().horizontalAdvance("0") * _PEAKS
        for column in (3, 4):
            self.setColumnHidden(column, narrow)

    def show_difference(self, found: Difference | None, *, gate: float) -> None:
        """Show the numbers; joints below `gate` on either side are written weakly."""
        joints = () if found is None else found.joints
        if joints != self._joints:
            self._joints, self._marked = joints, -1
            self.set_names([joint_title(joint) for joint in joints])
        if found is None:
            return
        farthest = int(np.nanargmax(found.pixels)) if np.isfinite(found.pixels).any() else -1
        ink, weak = QColor(theme.current().text), QColor(theme.current().muted)
        columns = (found.pixels, found.shares, found.first, found.second)
        for row, numbers in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
            sure = min(numbers[2:]) >= gate
            for item, value, write in zip(self.cells[row][1:], numbers, _WRITTEN, strict=True):
                item.setText(write(value) if isfinite(value) else NONE)
            for item in self.cells[row]:
                item.setForeground(ink if sure else weak)
        self._mark(farthest if farthest >= 0 and found.pixels[farthest] > 0 else -1)

    def _mark(self, row: int) -> None:
        """Write the joint that differs most in bold."""
        if row != self._marked:
            for which in (self._marked, row):
                for item in self.cells[which] if which >= 0 else ():
                    item.setFont(theme.digits(bold=which == row))
            self._marked = row

    def joint_of(self, row: int) -> str | None:
        """The joint of a row."""
        return self._joints[row]

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a joint; the chosen one again for all."""
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and self.selectionModel().isSelected(index):
            self.clearSelection()
        else:
            super().mousePressEvent(event)
