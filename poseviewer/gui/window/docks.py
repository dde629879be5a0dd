"""The docks of the window, which are made after its first paint."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDockWidget

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PySide6.QtWidgets import QMainWindow

    from poseviewer.core.result import FrameResult
    from poseviewer.draw.primitives import Item
    from poseviewer.gui.bridge import Bridge
    from poseviewer.gui.probe.receptive_field import FieldWatch
    from poseviewer.gui.window.dock import Dock
    from poseviewer.runtime.state import AppState, SourceInfo

log = logging.getLogger(__name__)


class Docks(QObject):
    """The docks of a window, and what they need together."""

    stages_changed = Signal()
    """`visible_stages` gives another answer than before."""

    items_changed = Signal()
    """`items` gives another answer than before."""

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
        from poseviewer.gui.depth.dock import DepthDock
        from poseviewer.gui.exports.dock import ExportsDock
        from poseviewer.gui.figures.dock import FiguresDock
        from poseviewer.gui.joint_maps.dock import JointMapsDock
        from poseviewer.gui.model_dock import ModelDock
        from poseviewer.gui.notes.dock import NotesDock
        from poseviewer.gui.people.dock import PeopleDock
        from poseviewer.gui.performance_dock import PerformanceDock
        from poseviewer.gui.probe.dock import ProbeDock
        from poseviewer.gui.project.dock import ProjectDock
        from poseviewer.gui.review.dock import ReviewDock
        from poseviewer.gui.springs.dock import SpringsDock
        from poseviewer.gui.stages.dock import StagesDock
        from poseviewer.gui.what_if.dock import WhatIfDock

        self.joint_maps = JointMapsDock(bridge, window)
        self.stages = StagesDock(bridge, window)
        self.angles = AnglesDock(bridge, window)
        self.figures = FiguresDock(bridge, window)
        self.convergence = ConvergenceDock(bridge, window)
        self.depth = DepthDock(bridge, window)
        self.compare = CompareDock(bridge, window)
        self.probe = ProbeDock(bridge, window)
        self.what_if = WhatIfDock(bridge, window)
        self.springs = SpringsDock(bridge, window)
        self.model = ModelDock(bridge, window)
        self.people = PeopleDock(bridge, window)
        self.performance = PerformanceDock(bridge, window)
        self.review = ReviewDock(bridge, window)
        self.notes = NotesDock(bridge, window)
        self.exports = ExportsDock(bridge, window)
        self.project = ProjectDock(bridge, window)
        self.field = self._field_watch(bridge)
        self._bridge = bridge
        self._failures: dict[str, str] = {}
        self._source: SourceInfo | None = None
        self.overlays: tuple[str, ...] = ()
        """The names of the items drawn last, for the legend on the frame."""
        self._connect()

    def _field_watch(self, bridge: Bridge) -> FieldWatch:
        """What shows receptive fields, which is no dock."""
        from poseviewer.gui.probe.receptive_field import FieldWatch

        made = FieldWatch(bridge, self)
        made.items_changed.connect(self.items_changed)
        self.stages.grid.read.connect(made.point_at_tile)
        return made

    def _connect(self) -> None:
        for dock in self.all:
            dock.stages_changed.connect(self.stages_changed)
            dock.items_changed.connect(self.items_changed)
            dock.seek_requested.connect(self.seek_requested)
            dock.hovered.connect(self.hovered)

    @property
    def all(self) -> tuple[Dock, ...]:
        """Every dock."""
        return (
            self.joint_maps,
            self.stages,
            self.convergence,
            self.depth,
            self.compare,
            self.probe,
            self.what_if,
            self.springs,
            self.angles,
            self.figures,
            self.model,
            self.people,
            self.review,
            self.notes,
            self.performance,
            self.exports,
            self.project,
        )

    def set_cursor(self, place: tuple[float, float] | None) -> None:
        """Show in every dock which frame pixel the pointer is at."""
        for dock in self.all:
            dock.set_cursor(place)
        self.field.point_at(place)

    def visible_stages(self) -> frozenset[int]:
        """Numbers of the stages whose maps are shown in any dock."""
        return frozenset().union(*(dock.visible_stages() for dock in self.all))

    def wants_truth(self) -> bool:
        """Whether any dock shows the ground truth."""
        return any(dock.seen and dock.wants_truth() for dock in self.all)

    def items(self, result: FrameResult) -> tuple[Item, ...]:
        """The items of visible docks over the frame of `result`, receptive fields beneath."""
        drawn: list[Item] = []
        overlays: list[str] = []
        parts: tuple[Dock | FieldWatch, ...] = (self.field, *(d for d in self.all if d.seen))
        for part in parts:
            with self._reported(part):
                items, name = part.items(result), part.overlay_name
                drawn += items
                overlays += [name] if items and name else []
        self.overlays = tuple(overlays)
        return tuple(drawn)

    def refresh(self, state: AppState) -> None:
        """Show `state` in every dock; one that fails says so in its place and stops no other."""
        if state.source is not self._source:
            # What was said of another source is gone.
            self._source = state.source
            self._failures.clear()
        parts: tuple[Dock | FieldWatch, ...] = (*self.all, self.field)
        for part in parts:
            with self._reported(part):
                part.refresh(state)

    @contextmanager
    def _reported(self, part: Dock | FieldWatch) -> Iterator[None]:
        """Report an exception once instead of letting it stop the other docks."""
        name = part.windowTitle() if isinstance(part, QDockWidget) else "Receptive field"
        try:
            yield
        except Exception as error:
            text = f"{name} cannot be shown: {type(error).__name__}: {error}."
            if self._failures.get(name) != text:
                self._failures[name] = text
                log.exception("%s", text)
                self._bridge.session.notice("error", text, topic=f"dock {name}")
