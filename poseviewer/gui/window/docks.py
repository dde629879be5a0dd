"""The docks of the window: made after its first paint, where they lie, what they ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMainWindow

    from poseviewer.core.look import Look
    from poseviewer.core.result import FrameResult
    from poseviewer.draw.primitives import Item
    from poseviewer.gui.bridge import Bridge
    from poseviewer.gui.window.dock import Dock
    from poseviewer.runtime.state import View


class Docks(QObject):
    """The docks of a window, and what all of them together want of it."""

    stages_changed = Signal()
    """`visible_stages` gives another answer than before."""

    items_changed = Signal()
    """`items` gives another answer than before."""

    look_edited = Signal(dict)
    """Fields of `Look` that a control of a dock has changed."""

    seek_requested = Signal(int)
    """The number of a frame to go to."""

    hovered = Signal(object)
    """The frame pixel (x, y) under the pointer in a dock, or None."""

    def __init__(self, bridge: Bridge, window: QMainWindow) -> None:
        super().__init__(window)
        # Imported now and not before: pyqtgraph alone takes longer than the first paint.
        from poseviewer.gui.angles.dock import AnglesDock
        from poseviewer.gui.compare.dock import CompareDock
        from poseviewer.gui.convergence.dock import ConvergenceDock
        from poseviewer.gui.model_dock import ModelDock
        from poseviewer.gui.people.dock import PeopleDock
        from poseviewer.gui.performance_dock import PerformanceDock
        from poseviewer.gui.probe.dock import ProbeDock
        from poseviewer.gui.probe.receptive_field import FieldWatch
        from poseviewer.gui.stages.dock import StagesDock

        self.stages = StagesDock(bridge, window)
        self.angles = AnglesDock(bridge, window)
        self.convergence = ConvergenceDock(bridge, window)
        self.compare = CompareDock(bridge, window)
        self.probe = ProbeDock(bridge, window)
        self.model = ModelDock(bridge, window)
        self.people = PeopleDock(bridge, window)
        self.performance = PerformanceDock(bridge, window)
        self.field = FieldWatch(bridge, self)
        self.field.items_changed.connect(self.items_changed)
        self.stages.grid.read.connect(self.field.point_at_tile)
        self._window = window
        for dock in self.all:
            dock.stages_changed.connect(self.stages_changed)
            dock.items_changed.connect(self.items_changed)
            dock.look_edited.connect(self.look_edited)
            dock.seek_requested.connect(self.seek_requested)
            dock.hovered.connect(self.hovered)
        self.lay_out()

    @property
    def all(self) -> tuple[Dock, ...]:
        """Every dock."""
        return (
            self.stages,
            self.convergence,
            self.compare,
            self.probe,
            self.angles,
            self.model,
            self.people,
            self.performance,
        )

    def lay_out(self) -> None:
        """Put the docks where they are at the very first start."""
        window, right = self._window, Qt.DockWidgetArea.RightDockWidgetArea
        for dock in self.all:
            window.addDockWidget(right, dock)
        window.splitDockWidget(self.stages, self.angles, Qt.Orientation.Vertical)
        window.tabifyDockWidget(self.stages, self.convergence)
        window.tabifyDockWidget(self.convergence, self.compare)
        window.tabifyDockWidget(self.compare, self.probe)
        window.tabifyDockWidget(self.probe, self.model)
        window.tabifyDockWidget(self.angles, self.people)
        window.tabifyDockWidget(self.people, self.performance)
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
        for dock in self.all:
            dock.show_look(look)
        self.field.show_look(look)

    def set_cursor(self, place: tuple[float, float] | None) -> None:
        """Show in every dock which frame pixel the pointer is at."""
        for dock in self.all:
            dock.set_cursor(place)
        self.field.point_at(place)

    def visible_stages(self) -> frozenset[int]:
        """Numbers of the stages whose maps are seen in any dock."""
        return frozenset().union(*(dock.visible_stages() for dock in self.all))

    def wants_truth(self) -> bool:
        """Whether the ground truth is looked at in any dock."""
        return any(dock.seen and dock.wants_truth() for dock in self.all)

    def items(self, result: FrameResult) -> tuple[Item, ...]:
        """What the docks that are seen draw over the frame of `result`, fields beneath."""
        more = tuple(item for dock in self.all if dock.seen for item in dock.items(result))
        return (*self.field.items(result), *more)

    def refresh(self, view: View) -> None:
        """Show `view` in every dock."""
        for dock in self.all:
            dock.refresh(view)
        self.field.refresh(view)
