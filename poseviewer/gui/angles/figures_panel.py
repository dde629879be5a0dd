"""What lies below the plot of angles: figures or repetitions, with what can be done with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from poseviewer.gui.angles.figures_table import FiguresTable
from poseviewer.gui.angles.repetitions_table import RepetitionControls, RepetitionsTable
from poseviewer.gui.plain import Label, plain_tip

if TYPE_CHECKING:
    from poseviewer.gui.angles.table import MeasureTable
    from poseviewer.runtime.sections import AngleState


class FiguresPanel(QWidget):
    """One of two tables below a line that says what it is of."""

    save_asked = Signal()
    """The figures are to be saved."""

    repetitions_asked = Signal()
    """The repetitions are to be saved."""

    edited = Signal(dict)
    """Fields of `AngleState` that were chosen here."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.about = Label()
        self.about.setAccessibleName("What the figures are of")
        self.about.setForegroundRole(self.about.palette().ColorRole.PlaceholderText)
        self.about.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.table = FiguresTable()
        self.repetitions = RepetitionsTable()
        self.choice = RepetitionControls()
        self.choice.edited.connect(self.edited)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.repetitions)
        self.of_range = _button("Figures", "Figures at the cursor and over the range.")
        self.of_each = _button(
            "Repetitions", "Find repetitions, such as squats or strides, and measure each."
        )
        group = QButtonGroup(self)
        for button, on in ((self.of_range, False), (self.of_each, True)):
            button.setCheckable(True)
            group.addButton(button)
            button.clicked.connect(lambda _=False, on=on: self.edited.emit({"repetitions": on}))
        copy = _button("Copy", "Copy what is selected, or all of it, as text with tabs.")
        copy.setAccessibleName("Copy the figures")
        copy.clicked.connect(lambda: self.shown.copy())
        save = _button("Save…", "Save all of it as a CSV file.")
        save.setAccessibleName("Save the figures")
        save.clicked.connect(self._save)
        line = QHBoxLayout()
        line.setSpacing(6)
        line.addWidget(self.of_range)
        line.addWidget(self.of_each)
        line.addWidget(self.about, 1)
        line.addWidget(copy)
        line.addWidget(save)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        column.addLayout(line)
        column.addWidget(self.choice)
        column.addWidget(self._stack, 1)
        self.choice.hide()
        self.of_range.setChecked(True)

    @property
    def shown(self) -> MeasureTable:
        """The table that is shown."""
        return self.repetitions if self._stack.currentIndex() else self.table

    def show_choice(self, angles: AngleState) -> None:
        """Show the table that is chosen, and what counts as a repetition."""
        self._stack.setCurrentIndex(int(angles.repetitions))
        self.of_each.setChecked(angles.repetitions)
        self.of_range.setChecked(not angles.repetitions)
        self.choice.setVisible(angles.repetitions)
        self.choice.show_choice(angles)

    def say(self, text: str) -> None:
        """Write what the figures are of."""
        if text != self.about.text():
            self.about.setText(text)
            self.about.setToolTip(plain_tip(text))

    def sizeHint(self) -> QSize:
        """As high as the rows of the table that is shown."""
        # The layout's own hint is of the higher table, and of a moment ago.
        above = self.of_range.sizeHint().height() + 8
        if not self.choice.isHidden():
            above += self.choice.sizeHint().height() + 4
        return QSize(super().sizeHint().width(), above + self.shown.sizeHint().height())

    def _save(self) -> None:
        asked = self.repetitions_asked if self._stack.currentIndex() else self.save_asked
        asked.emit()


def _button(text: str, tip: str) -> QToolButton:
    made = QToolButton()
    made.setText(text)
    made.setProperty("wide", True)
    made.setAccessibleName(text)
    made.setToolTip(plain_tip(tip))
    return made
