"""The docks of the window: made after its first paint, where they lie, what they ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMainWindow

    from poseviewer.core.look import Look
    from poseviewer.gui.bridge import Bridge
    from poseviewer.gui.dock import Dock
    from poseviewer.runtime.state import View


class Docks(QObject):
    """The Stages, Joint angles, Model and Performance docks of a window."""

    def __init__(self, bridge: Bridge, window: QMainWindow) -> None:
        super().__init__(window)
        # Imported now and not before: pyqtgraph alone takes longer than the first paint.
        from poseviewer.gui.angles_dock import AnglesDock
        from poseviewer.gui.model_dock import ModelDock
        from poseviewer.gui.performance_dock import PerformanceDock
        from poseviewer.gui.stages_dock import StagesDock

        self.stages = StagesDock(bridge, window)
        self.angles = AnglesDock(bridge, window)
        self.model = ModelDock(bridge, window)
        self.performance = PerformanceDock(bridge, window)
        self._window = window
        self.lay_out()

    @property
    def all(self) -> tuple[Dock, ...]:
        """Every dock."""
        return self.stages, self.angles, self.model, self.performance

    def lay_out(self) -> None:
        """Put the docks where they are at the very first start."""
        window, right = self._window, Qt.DockWidgetArea.RightDockWidgetArea
        for dock in self.all:
            window.addDockWidget(right, dock)
        window.splitDockWidget(self.stages, self.angles, Qt.Orientation.Vertical)
        window.tabifyDockWidget(self.stages, self.model)
        window.tabifyDockWidget(self.angles, self.performance)
        for front in (self.stages, self.angles):
            front.show()
            front.raise_()
        width, height = window.width(), window.height()
        window.resizeDocks(
            [self.stages, self.angles], [round(width * 0.4)] * 2, Qt.Orientation.Horizontal
        )
        window.resizeDocks(
            [self.stages, self.angles],
            [round(height * 0.67), round(height * 0.33)],
            Qt.Orientation.Vertical,
        )

    def show_look(self, look: Look) -> None:
        """Let the controls follow how results are drawn."""
        self.stages.show_look(look)
        self.angles.choose_arcs(look.arcs)

    def refresh(self, view: View) -> None:
        """Show `view` in every dock."""
        for dock in self.all:
            dock.refresh(view)
