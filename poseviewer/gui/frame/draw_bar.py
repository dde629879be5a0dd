"""The bar above the frame while a person draws: what can be drawn next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QFrame, QToolButton, QVBoxLayout

from poseviewer.gui.widgets import WrapLayout

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction

    from poseviewer.gui.frame.draw import DrawTool

_TASKS = ("line", "angle", "text", "stopwatch", "length")


class DrawBar(QFrame):
    """Buttons for what can be drawn.

    Args:
        tool: What they are for.
        actions: Of the window, by name.
    """

    def __init__(self, tool: DrawTool, actions: Mapping[str, QAction]) -> None:
        super().__init__()
        self._tool, self._actions = tool, actions
        self.setObjectName("draw_bar")
        self.setAccessibleName("Draw on the frame")
        inside, row = QVBoxLayout(self), WrapLayout()
        inside.setContentsMargins(8, 6, 8, 6)
        inside.addLayout(row)
        for name in (*(f"draw_{task}" for task in _TASKS), "delete_drawing", "draw"):
            button = QToolButton(self)
            button.setDefaultAction(actions[name])
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            row.addWidget(button)
        actions["draw"].setIconText("Done")
        actions["delete_drawing"].setIconText("Delete")
        tool.switched.connect(self.show_tool)
        tool.changed.connect(self.show_tool)
        self.show_tool()

    @Slot()
    def show_tool(self) -> None:
        """Show what is drawn next, while a person draws."""
        self._actions["draw"].setChecked(self._tool.active)
        for task in _TASKS:
            self._actions[f"draw_{task}"].setChecked(self._tool.task == task)
        self.setVisible(self._tool.active)
