"""The docks of the window, which are made after its first paint, one after the other."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QDockWidget

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from PySide6.QtWidgets import QMainWindow

    from poseviewer.core.result import FrameResult
    from poseviewer.draw.primitives import Item
    from poseviewer.gui.bridge import Bridge
    from poseviewer.gui.probe.receptive_field import FieldWatch
    from poseviewer.gui.window.dock import Dock
    from poseviewer.runtime.state import AppState, SourceInfo

log = logging.getLogger(__name__)

_MODULES = (
    "poseviewer.gui.joint_maps.dock",
    "poseviewer.gui.stages.dock",
    "poseviewer.gui.angles.dock",
    "poseviewer.pipeline.smooth",
    "poseviewer.gui.figures.dock",
    "poseviewer.gui.convergence.dock",
    "poseviewer.gui.exports.dock",
    "poseviewer.gui.project.dock",
    "poseviewer.gui.compare.dock",
    "poseviewer.gui.probe.dock",
    "poseviewer.gui.model_dock",
    "poseviewer.gui.people.dock",
    "poseviewer.gui.performance_dock",
    "poseviewer.gui.notes.dock",
    "poseviewer.gui.review.dock",
    "poseviewer.gui.depth.dock",
    "poseviewer.gui.decoding.dock",
    "poseviewer.gui.inside.dock",
    "poseviewer.gui.what_if.dock",
    "poseviewer.gui.springs.dock",
    "poseviewer.gui.embedding.dock",
)
"""Of the docks, and what they import when they are shown first."""


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
        """Hold no dock yet; `making` makes them."""
        super().__init__(window)
        self._bridge, self._window = bridge, window
        self._failures: dict[str, str] = {}
        self._source: SourceInfo | None = None
        self.overlays: tuple[str, ...] = ()
        """The names of the items drawn last, for the legend on the frame."""

    def making(self) -> Iterator[Sequence[str]]:
        """Make the docks in steps, so that the window answers in between.

        The first step names the modules that the others need, which take longer to import than the
        window may stand still.
        """
        bridge, window = self._bridge, self._window
        yield _MODULES
        from poseviewer.gui.joint_maps.dock import JointMapsDock

        self.joint_maps = JointMapsDock(bridge, window)
        yield ()
        from poseviewer.gui.stages.dock import StagesDock

        self.stages = StagesDock(bridge, window)
        yield ()
        from poseviewer.gui.angles.dock import AnglesDock
        from poseviewer.gui.angles.figures_panel import FiguresPanel

        panel = FiguresPanel()
        yield ()
        self.angles = AnglesDock(bridge, window, figures=panel)
        yield ()
        from poseviewer.gui.figures.dock import FiguresDock

        self.figures = FiguresDock(bridge, window)
        yield ()
        from poseviewer.gui.convergence.dock import ConvergenceDock

        self.convergence = ConvergenceDock(bridge, window)
        yield from self._making_rest()
        yield from self._making_experiments()
        yield ()
        from poseviewer.gui.exports.dock import ExportsDock
        from poseviewer.gui.probe.receptive_field import FieldWatch
        from poseviewer.gui.project.dock import ProjectDock
        from poseviewer.gui.window.dock import Dock

        self.exports = ExportsDock(bridge, window)
        self.project = ProjectDock(bridge, window)
        self.field = FieldWatch(bridge, self)
        self._connect()
        self._drawing = tuple(d for d in self.all if type(d).items is not Dock.items)
        """Those that draw over the frame."""
        yield ()

    def _making_rest(self) -> Iterator[Sequence[str]]:
        bridge, window = self._bridge, self._window
        yield ()
        from poseviewer.gui.compare.dock import CompareDock

        self.compare = CompareDock(bridge, window)
        yield ()
        from poseviewer.gui.probe.dock import ProbeDock

        self.probe = ProbeDock(bridge, window)
        yield ()
        from poseviewer.gui.model_dock import ModelDock

        self.model = ModelDock(bridge, window)
        yield ()
        from poseviewer.gui.people.dock import PeopleDock
        from poseviewer.gui.performance_dock import PerformanceDock

        self.people = PeopleDock(bridge, window)
        self.performance = PerformanceDock(bridge, window)
        yield ()
        from poseviewer.gui.notes.dock import NotesDock
        from poseviewer.gui.review.dock import ReviewDock

        self.review = ReviewDock(bridge, window)
        self.notes = NotesDock(bridge, window)

    def _making_experiments(self) -> Iterator[Sequence[str]]:
        bridge, window = self._bridge, self._window
        yield ()
        from poseviewer.gui.depth.dock import DepthDock

        self.depth = DepthDock(bridge, window)
        yield ()
        from poseviewer.gui.decoding.dock import DecodingDock

        self.decoding = DecodingDock(bridge, window)
        yield ()
        from poseviewer.gui.inside.dock import InsideDock

        self.inside = InsideDock(bridge, window)
        yield ()
        from poseviewer.gui.what_if.dock import WhatIfDock

        self.what_if = WhatIfDock(bridge, window)
        yield ()
        from poseviewer.gui.springs.dock import SpringsDock

        self.springs = SpringsDock(bridge, window)
        yield ()
        from poseviewer.gui.embedding.dock import EmbeddingDock

        self.embedding = EmbeddingDock(bridge, window)

    def _connect(self) -> None:
        self.field.items_changed.connect(self.items_changed)
        self.stages.grid.read.connect(self.field.point_at_tile)
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
            self.decoding,
            self.inside,
            self.what_if,
            self.springs,
            self.angles,
            self.figures,
            self.model,
            self.people,
            self.review,
            self.embedding,
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
        parts: tuple[Dock | FieldWatch, ...] = (self.field, *(d for d in self._drawing if d.seen))
        for part in parts:
            try:
                items, name = part.items(result), part.overlay_name
            except Exception as error:  # noqa: BLE001 - one that fails stops no other
                self._report(part, error)
                continue
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
            try:
                part.refresh(state)
            except Exception as error:  # noqa: BLE001 - one that fails stops no other
                self._report(part, error)

    def _report(self, part: Dock | FieldWatch, error: Exception) -> None:
        """Report an exception once; called where it is handled."""
        name = part.windowTitle() if isinstance(part, QDockWidget) else "Receptive field"
        text = f"{name} cannot be shown: {type(error).__name__}: {error}."
        if self._failures.get(name) != text:
            self._failures[name] = text
            log.exception("%s", text)
            self._bridge.session.notice("error", text, topic=f"dock {name}")
