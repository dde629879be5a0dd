"""A dialog that asks for a text: a line or several, checked while it is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from poseviewer.core.annotation import writable
from poseviewer.gui.plain import Label

if TYPE_CHECKING:
    from collections.abc import Callable


class TextDialog(QDialog):
    """Asks for a text.

    Args:
        title: Of the dialog.
        question: Above the text.
        text: That is there already.
        parent: The window.
        several: Whether it may have several lines.
        check: Raises ValueError with a sentence where a text is of no use.
    """

    given = Signal(str)
    """The text."""

    def __init__(
        self,
        title: str,
        question: str,
        text: str,
        parent: QWidget,
        *,
        several: bool = False,
        check: Callable[[str], object] = str,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self._check = check
        self.line: QLineEdit | QPlainTextEdit
        if several:
            self.line = QPlainTextEdit(text, self)
            self.line.setTabChangesFocus(True)
            self.line.setMaximumHeight(5 * self.line.fontMetrics().lineSpacing())
        else:
            self.line = QLineEdit(text, self)
        self.line.selectAll()
        self.line.setMinimumWidth(320)
        self.line.setAccessibleName(question)
        self.line.textChanged.connect(self._look)
        self.hint = Label(self)
        self.hint.setProperty("muted", True)
        self.hint.setWordWrap(True)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self
        )
        self.ok = buttons.button(QDialogButtonBox.StandardButton.Ok)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 18, 18, 14)
        column.setSpacing(8)
        for widget in (Label(question, self), self.line, self.hint, buttons):
            column.addWidget(widget)
        self._look()

    @property
    def text(self) -> str:
        """What is written, as a file can hold it."""
        line = self.line
        return writable(line.text() if isinstance(line, QLineEdit) else line.toPlainText())

    def accept(self) -> None:
        """Emit the text, if it is of use."""
        if self.ok.isEnabled():
            super().accept()
            self.given.emit(self.text)

    def _look(self) -> None:
        try:
            self._check(self.text)
        except ValueError as error:
            self.hint.setText(str(error))
            self.ok.setEnabled(False)
        else:
            self.hint.setText("")
            self.ok.setEnabled(True)
