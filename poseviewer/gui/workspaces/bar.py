"""The slim bar above a frame that fills the screen: what a presenter does, with the keys for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QToolButton

from poseviewer.gui import theme
from poseviewer.gui.keys import native
from poseviewer.gui.plain import caption
from poseviewer.gui.widgets import WrapLayout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QWidget

OFFERED = {
    "next_joint": "Joint",
    "next_stage": "Stage",
    "next_network": "Network",
    "toggle": "",
    "slow_replay": "Replay",
    "tour": "Tour",
    "mirror": "Mirror",
    "second_screen": "Screen 2",
    "present": "Leave",
}
"""Its actions, and in short what they do; the text of the action where empty. The last leaves."""


class PresenterBar(QFrame):
    """A row of buttons in the middle of the upper edge of what it lies on."""

    def __init__(self, actions: Mapping[str, QAction], over: QWidget) -> None:
        super().__init__(over)
        self.setObjectName("presenter")
        self.setAccessibleName("Presenting")
        self._over = over
        buttons = [self._button(actions[name], short=short) for name, short in OFFERED.items()]
        self._row = WrapLayout(self, *buttons)
        self.hide()

    def appear(self) -> None:
        """Show it at its place, above what it lies on, which gives it the room for good.

        What made room for it only while it is there would jump at every move of the mouse.
        """
        margin = theme.px(4)
        width = min(self._row.sizeHint().width() + 2 * margin, self._over.width())
        self.setContentsMargins(margin, margin, margin, margin)
        height = self._row.heightForWidth(width - 2 * margin) + 2 * margin
        self.setGeometry((self._over.width() - width) // 2, margin, width, height)
        self._over.setContentsMargins(0, height + 2 * margin, 0, 0)
        self.show()
        self.raise_()

    def leave(self) -> None:
        """Go, and give the room back."""
        self.hide()
        self._over.setContentsMargins(0, 0, 0, 0)

    def _button(self, action: QAction, *, short: str) -> QToolButton:
        button = QToolButton(self)
        button.setProperty("flat", True)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        leaves = short == OFFERED["present"]
        button.setCheckable(action.isCheckable() and not leaves)
        button.clicked.connect(action.trigger)

        def show_action() -> None:
            text = short or action.text()
            key = "Esc" if leaves else native(action.shortcut().toString())
            button.setText(caption(f"{text}   {key}" if key else text))
            button.setToolTip(action.toolTip())
            button.setAccessibleName("Leave" if leaves else action.text())
            button.setEnabled(action.isEnabled())
            button.setChecked(action.isChecked())

        action.changed.connect(show_action)
        show_action()
        return button
