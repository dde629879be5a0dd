"""One export in the list: its file, how far it is, and what can be done to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QProgressBar,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from poseviewer.core.percent import percent
from poseviewer.gui import theme
from poseviewer.gui.design import SIZES
from poseviewer.gui.icons import icon
from poseviewer.gui.plain import Label, plain_tip
from poseviewer.gui.window.status_line import time_left

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from poseviewer.runtime.jobs import QueuedExport

_BUTTONS = {
    "earlier": "Export this one earlier",
    "later": "Export this one later",
    "folder": "Show in its folder",
    "pause": "Pause: the network and the processor are free meanwhile",
    "resume": "Go on",
    "cancel": "Cancel; no file of it is left",
    "remove": "Remove from this list; the file stays",
}
_ICONS = {"folder": "open", "resume": "play", "cancel": "close", "remove": "close"}


class ExportRow(QFrame):
    """A row of the list."""

    pressed = Signal(str)
    """What is to be done: a key of `_BUTTONS`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("export")
        self.name = ShortLabel(self)
        self.about = ShortLabel(self)
        self.about.setProperty("muted", True)
        self.about.setFont(theme.digits())
        self.bar = QProgressBar(self)
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.buttons: dict[str, QToolButton] = {}
        head = QHBoxLayout()
        head.setSpacing(2)
        head.addWidget(self.name, 1)
        for name, tip in _BUTTONS.items():
            button = QToolButton(self)
            button.setProperty("flat", True)
            button.setIconSize(theme.square(SIZES.icon_small))
            button.setToolTip(plain_tip(tip))
            button.clicked.connect(lambda _=False, name=name: self.pressed.emit(name))
            self.buttons[name] = button
            head.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 6, 6, 8)
        column.setSpacing(4)
        column.addLayout(head)
        column.addWidget(self.bar)
        column.addWidget(self.about)

    def show_export(self, export: QueuedExport, *, earlier: bool, later: bool) -> None:
        """Show an export.

        Args:
            export: What is listed.
            earlier: Whether another one waits before it.
            later: Whether another one waits behind it.
        """
        status, begun = export.status, export.begun
        self.name.say(export.output.name, tip=str(export.output))
        text = about(export)
        whole = f"{text}\n{export.source} to {export.output}"
        self.about.say(f"{text} · from {export.source} · in {export.output.parent}", tip=whole)
        self.about.setProperty("failed", status == "failed")
        self.about.style().polish(self.about)
        self.bar.setVisible(export.pending and begun)
        self.bar.setValue(round(1000 * export.progress.fraction))
        self.setAccessibleName(f"{export.output.name}: {text}")
        shown = {
            "earlier": earlier,
            "later": later,
            "folder": status == "done",
            "pause": status in ("waiting", "running"),
            "resume": status == "paused",
            "cancel": export.pending,
            "remove": not export.pending,
        }
        for name, button in self.buttons.items():
            button.setVisible(shown[name])
            button.setIcon(icon(_ICONS.get(name, name)))
            button.setAccessibleName(f"{_BUTTONS[name]}: {export.output.name}")


class ShortLabel(Label):
    """A label that shows as much of its text as there is room for, and all of it as a tip."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent)
        self._whole = ""
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def say(self, text: str, *, tip: str) -> None:
        """Show a text."""
        self._whole = text
        self.setToolTip(plain_tip(tip))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show what there is room for."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        short = self.fontMetrics().elidedText(
            self._whole, Qt.TextElideMode.ElideRight, max(self.width(), 1)
        )
        if short != self.text():
            self.setText(short)


def about(export: QueuedExport) -> str:
    """How far an export is, in words."""
    progress = export.progress
    if export.status == "waiting":
        return "Waiting"
    if export.status == "done":
        return progress.notice or f"Written, {progress.total} frames"
    if export.status in ("failed", "cancelled"):
        return progress.error or "Cancelled"
    share = f"{percent(progress.fraction)} %"
    if export.status == "paused":
        return f"Paused at {share}" if export.begun else "Held back"
    left = time_left(progress.seconds_left)
    return f"{share}, {left}" if left else share
