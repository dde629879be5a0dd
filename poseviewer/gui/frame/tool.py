"""What may take the pointer from the frame view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

from poseviewer.gui.plain import add_entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtCore import QPointF
    from PySide6.QtGui import QAction, QPainter
    from PySide6.QtWidgets import QMenu


Task = Literal["line", "angle", "text", "stopwatch", "length"]
"""What can be drawn next; `length` is a known one."""


class Tool(Protocol):
    """Takes the pointer while it is active; points are those of the view."""

    def switch(self, on: bool) -> None:
        """Begin, or end."""

    def press(self, at: QPointF) -> bool:
        """Take what is at a point; return whether there is anything."""

    def move(self, at: QPointF) -> bool:
        """Follow the pointer; return whether anything is held."""

    def release(self, at: QPointF) -> bool:
        """Put down what is held; return whether there was anything."""

    def cancel(self) -> bool:
        """Leave things as they were, or end; return whether either was done."""

    def menu(self, at: QPointF) -> QMenu | None:
        """What can be done at a point; None for nothing."""

    def edit(self, at: QPointF) -> bool:
        """Open what a double-click at a point is meant for; return whether there is anything."""

    def paint(self, painter: QPainter) -> None:
        """Draw over the frame."""


class DrawingTool(Tool, Protocol):
    """A tool that draws."""

    def begin(self, task: Task) -> None:
        """Draw something of a kind next."""

    def delete(self) -> None:
        """Delete what is chosen."""


def entry_for(menu: QMenu, text: str, run: Callable[[], object]) -> QAction:
    """Add an entry to a menu that calls a function, whatever its signal brings."""
    entry = add_entry(menu, text)
    entry.triggered.connect(lambda _=False: run())
    return entry
