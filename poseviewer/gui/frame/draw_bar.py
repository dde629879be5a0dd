"""The bar above the frame while a person draws: what can be drawn next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QToolButton

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction

    from poseviewer.gui.frame.draw import DrawTool
    from poseviewer.gui.frame.view import FrameView

_TASKS = ("line", "angle", "text", "stopwatch", "length")
_INSET = 8


class DrawBar(QFrame):
    """Buttons over the upper edge of the frame view.

    Args:
        tool: What they are for.
        view: Where they lie.
        actions: Of the window, by name.
    """

    def __init__(self, tool: DrawTool, view: FrameView, actions: Mapping[str, QAction]) -> None:
        super().__init__(view)
        self._tool, self._view, self._actions = tool, view, actions
        self.setObjectName("draw_bar")
        self.setAccessibleName("Draw on the frame")
        self.setAutoFillBackground(True)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.setCursor(Qt.CursorShape.ArrowCursor)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 4, 6, 4)
        row.setSpacing(4)
        for name in (*(f"draw_{task}" for task in _TASKS), "delete_drawing", "draw"):
            button = QToolButton(self)
            button.setDefaultAction(actions[name])
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.setProperty("wide", True)
            row.addWidget(button)
        actions["draw"].setIconText("Done")
        actions["delete_drawing"].setIconText("Delete")
        view.installEventFilter(self)
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
        self._place()

    def _place(self) -> None:
        self.adjustSize()
        self.move(max((self._view.width() - self.width()) // 2, 0), _INSET)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay in the middle."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)
