"""The start page, shown while nothing is open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QToolButton, QVBoxLayout, QWidget

from poseviewer.gui import theme
from poseviewer.gui.design import SIZES
from poseviewer.gui.icons import application_icon, icon
from poseviewer.gui.plain import Label, caption, plain_tip

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PySide6.QtGui import QAction

_LISTED = 5


class Welcome(QWidget):
    """The start page: three large actions and the files opened recently."""

    chosen = Signal(str)
    """A recent location."""

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Welcome")
        mark = Label(self)
        mark.setPixmap(application_icon().pixmap(72, 72))
        mark.setAlignment(Qt.AlignmentFlag.AlignCenter)
        title = _line("See how a network finds a person", self)
        title.setProperty("heading", True)
        hint = _line("Drop a video, an image folder or a stream address here, or:", self)
        hint.setProperty("muted", True)
        buttons = QHBoxLayout()
        buttons.setSpacing(12)
        buttons.addStretch(1)
        for name, text in (
            ("open_video", "Open video"),
            ("open_camera", "Camera"),
            ("open_demo", "Demo"),
        ):
            buttons.addWidget(self._large(actions[name], text))
        buttons.addStretch(1)
        self._recent = QGridLayout()
        self._recent.setHorizontalSpacing(10)
        self._recent.setVerticalSpacing(2)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addLayout(self._recent)
        middle.addStretch(1)
        column = QVBoxLayout(self)
        column.addStretch(3)
        column.addWidget(mark)
        column.addSpacing(8)
        column.addWidget(title)
        column.addWidget(hint)
        column.addSpacing(16)
        column.addLayout(buttons)
        column.addSpacing(24)
        column.addLayout(middle)
        column.addStretch(4)

    def _large(self, action: QAction, text: str) -> QToolButton:
        button = QToolButton(self)
        button.setText(text)
        button.setIcon(action.icon())
        button.setIconSize(theme.square(SIZES.icon_large))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setMinimumSize(124, 92)
        button.setProperty("large", True)
        button.setToolTip(action.toolTip())
        button.setAccessibleName(text)
        button.setProperty("action", action.objectName())
        button.clicked.connect(action.trigger)
        return button

    def show_recent(self, locations: Sequence[str]) -> None:
        """List the files opened recently."""
        while (item := self._recent.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        if not locations:
            return
        heading = _line("Recent", self)
        heading.setProperty("muted", True)
        heading.setAlignment(Qt.AlignmentFlag.AlignLeft)
        heading.setContentsMargins(8, 0, 0, 0)
        self._recent.addWidget(heading, 0, 0)
        for row, location in enumerate(locations[:_LISTED], start=1):
            button = QToolButton(self)
            button.setProperty("flat", True)
            button.setText(caption(_title(location)))
            button.setProperty("kind", _kind(location))
            button.setIcon(icon(_kind(location)))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
            button.setToolTip(plain_tip(location))
            button.setAccessibleName(f"Open {location}")
            button.clicked.connect(lambda _=False, place=location: self.chosen.emit(place))
            self._recent.addWidget(button, row, 0)

    def dress(self, actions: Mapping[str, QAction]) -> None:
        """Set icons in the colours of the current theme."""
        for button in self.findChildren(QToolButton):
            name = button.property("action")
            kind = button.property("kind") or "open"
            button.setIcon(actions[name].icon() if name in actions else icon(kind))


def _kind(location: str) -> str:
    """The icon for the kind of a location."""
    if location.startswith("camera:"):
        return "camera"
    if location.startswith("mannequin"):
        return "demo"
    return "address" if "://" in location else "open"


def _title(location: str) -> str:
    """Name and folder of a file; a camera by its number; an address as it is."""
    if location.startswith("camera:"):
        number, *rest = location.removeprefix("camera:").split("@")
        return "   ".join((f"Camera {number}", *rest))
    if "://" in location or ":" in location[:12].removeprefix(Path(location).drive):
        return location
    path = Path(location)
    folder = str(path.parent)
    return f"{path.name}   –   {folder if len(folder) < 40 else '…' + folder[-38:]}"  # noqa: RUF001


def _line(text: str, parent: QWidget) -> QLabel:
    made = Label(text, parent)
    made.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return made
