"""Help > Report a problem: what `poseviewer doctor` finds, to be copied into a report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices, QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QPlainTextEdit, QVBoxLayout, QWidget

from poseviewer.gui.plain import Label, allow
from poseviewer.runtime.doctor import Finding, discreet, find, report

if TYPE_CHECKING:
    from collections.abc import Callable

    Find = Callable[[Callable[[tuple[Finding, ...]], None]], None]

PAGE = "https://github.com/poseviewer/poseviewer/issues/new/choose"


def screens() -> tuple[Finding, ...]:
    """The screens, which only a window knows: their sizes and how dense they are."""
    return tuple(
        Finding(
            f"screen {number}",
            f"{one.size().width()} x {one.size().height()} logical pixels, "
            f"scale {one.devicePixelRatio():g}, {one.refreshRate():.0f} Hz",
            section="window",
        )
        for number, one in enumerate(QGuiApplication.screens(), 1)
    )


class ReportDialog(QDialog):
    """Examines the machine on a thread of its own, shows what it finds, and copies it."""

    found = Signal(object)

    def __init__(self, parent: QWidget | None = None, *, find: Find = find) -> None:
        super().__init__(parent)
        self.setWindowTitle("Report a problem")
        self.resize(760, 620)
        about = Label(
            "Copy this into your report: it says what PoseViewer found on this machine. Your home "
            "folder is written as ~, and nothing is sent anywhere.",
            self,
        )
        about.setWordWrap(True)
        self.text = QPlainTextEdit("Examining this machine…", self)
        self.text.setAccessibleName("What was found on this machine")
        self.text.setReadOnly(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self.page = buttons.addButton("Open the page", QDialogButtonBox.ButtonRole.ActionRole)
        self.page.setToolTip("The page for reports, in your browser")
        self.page.clicked.connect(lambda: QDesktopServices.openUrl(QUrl(PAGE)))
        self.copy = buttons.addButton("Copy", QDialogButtonBox.ButtonRole.ActionRole)
        self.copy.setToolTip("Put the text on the clipboard")
        allow(self.copy, False, why_not="the machine is still being examined")
        self.copy.clicked.connect(self._copy)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(about)
        column.addWidget(self.text)
        column.addWidget(buttons)
        self.found.connect(self._show)
        find(self._tell)

    def _tell(self, findings: tuple[Finding, ...]) -> None:
        """Called from another thread."""
        try:
            self.found.emit(findings)
        except RuntimeError:
            # The dialog was closed meanwhile, and Qt has deleted it.
            return

    def _show(self, findings: tuple[Finding, ...]) -> None:
        self.text.setPlainText(discreet(report((*findings, *screens()))))
        allow(self.copy, True, why_not="")

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
        self.copy.setText("Copied")
