"""On how much of which screens the window shows: full screen, presenting, the second screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from poseviewer.gui.actions.context import Context
    from poseviewer.gui.workspaces.output import Output
    from poseviewer.gui.workspaces.present import Presenting
    from poseviewer.runtime.state import AppState


class Screens(QObject):
    """Fills the screen of the window, and shows a second one.

    Args:
        context: Of the window.
        status: The status line, which is hidden while the screen is filled.
        presenting: How the window behaves while a workspace fills the screen.
    """

    changed = Signal()
    """Other things are to be drawn."""

    stages_changed = Signal()
    """`visible_stages` gives another answer than before."""

    def __init__(self, context: Context, *, status: QWidget, presenting: Presenting) -> None:
        super().__init__(context.window)
        self._context, self._status, self._presenting = context, status, presenting
        self.output: Output | None = None
        """The second screen, while it is shown."""

    def visible_stages(self) -> frozenset[int]:
        """Numbers of the stages whose maps are shown on the second screen."""
        return frozenset() if self.output is None else self.output.visible_stages()

    def refresh(self, state: AppState) -> None:
        """Show a state."""
        self._presenting.refresh(state)
        if self.output is not None:
            self.output.refresh(state)

    def full_screen(self, on: bool) -> None:
        """Show the frame on the whole screen, or no longer; a workspace that fills it is left."""
        workspaces = self._context.workspaces()
        if on == self._context.window.isFullScreen() or (not on and workspaces.leave()):
            return
        if on:
            workspaces.note()
            docks = self._context.docks()
            for dock in docks.all if docks else ():
                dock.hide()
        self._fill(on)
        if not on:
            workspaces.arrange()

    @Slot(bool)
    def present(self, on: bool) -> None:
        """Fill the screen with the workspace that presents, or no longer."""
        self._fill(on)
        self._presenting.switch(on)
        self._context.frame.setFocus()
        self.changed.emit()

    def show_output(self, on: bool) -> None:
        """Show the second screen, or no longer."""
        if self.output is not None:
            self.output.close()
        actions, docks = self._context.actions(), self._context.docks()
        if on and docks is not None:
            # Here, not at the top: few use it.
            from poseviewer.gui.workspaces.output import Output

            self.output = Output(self._context.bridge, docks)
            self.output.addActions([one for name, one in actions.items() if name != "leave"])
            self.output.closed.connect(self._on_closed)
            self.output.stages_changed.connect(self.stages_changed)
            self.output.show_beside(self._context.window)
            self.changed.emit()
        actions["second_screen"].setChecked(self.output is not None)

    @Slot()
    def _on_closed(self) -> None:
        self.output = None
        self._context.actions()["second_screen"].setChecked(False)
        self.stages_changed.emit()

    def _fill(self, on: bool) -> None:
        """Make the window as large as the screen, without menus and status line, or no longer."""
        window = self._context.window
        if on != window.isFullScreen():
            window.setWindowState(window.windowState() ^ Qt.WindowState.WindowFullScreen)
        for widget in (window.menuBar(), self._status):
            widget.setVisible(not on)
        self._context.actions()["full_screen"].setChecked(on)
