"""The Convergence dock: how every joint's answer forms over the stages, and over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from poseviewer.core.convergence import answering, converge
from poseviewer.core.look import Look
from poseviewer.core.truth import true_place
from poseviewer.gui.angles.curves import nearest
from poseviewer.gui.convergence.figures import (
    QUANTITIES,
    Log,
    drawn_ways,
    figures,
    heat,
    names_of,
    sentence,
    together,
    whose,
    why_empty,
)
from poseviewer.gui.convergence.plot import StagePlot
from poseviewer.gui.convergence.table import ConvergenceTable, Sheet
from poseviewer.gui.window.dock import Dock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QResizeEvent

    from poseviewer.core.convergence import Convergence
    from poseviewer.core.result import FrameResult
    from poseviewer.draw.primitives import Item
    from poseviewer.gui.bridge import Bridge
    from poseviewer.gui.convergence.figures import Quantity, Reference
    from poseviewer.runtime.state import ModelInfo, View

_PACE = 100
"""Least milliseconds between two drawings while playing."""

_LIVE = 20.0
"""Seconds of a feed that the plot shows."""

_BESIDE = 620
"""Width from which the plot stands beside the table, where the dock is low."""

_LOW = 380
"""Height below which a dock is low."""


class ConvergenceDock(Dock):
    """Figures of every joint and stage, their story in words, and the same over time."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(bridge, parent, title="Convergence", name="convergence_dock", pace=_PACE)
        self._look = Look()
        self._model: ModelInfo | None = None
        self._result: FrameResult | None = None
        self._found: Convergence | None = None
        self._known: object = None
        self._has_truth = False
        self._log = Log()
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 6, 8, 8)
        column.setSpacing(6)
        column.addLayout(self._choosers())
        column.addWidget(self._contents(), 1)
        self.setWidget(page)
        self.visibilityChanged.connect(self.stages_changed)
        # What is drawn over the frame comes and goes with the dock.
        self.visibilityChanged.connect(self.items_changed)

    def _contents(self) -> QStackedWidget:
        self._empty = QLabel()
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._empty.setForegroundRole(self._empty.palette().ColorRole.PlaceholderText)
        self.table = ConvergenceTable()
        self.table.joint_chosen.connect(self._on_joint)
        self.table.map_wanted.connect(self._on_map)
        self.plot = StagePlot()
        self.plot.clicked.connect(self._go)
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setAccessibleName("What happened")
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._splitter.addWidget(self.table)
        self._splitter.addWidget(self.plot)
        self._splitter.setStretchFactor(0, 3)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setChildrenCollapsible(False)
        told = QWidget()
        column = QVBoxLayout(told)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.words)
        column.addWidget(self._splitter, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(told)
        return self._stack

    def _choosers(self) -> QHBoxLayout:
        self.quantity_box = QComboBox()
        self.quantity_box.setAccessibleName("Figure")
        for quantity in QUANTITIES:
            self.quantity_box.addItem(quantity.title, quantity)
            at = self.quantity_box.count() - 1
            self.quantity_box.setItemData(at, quantity.tip, Qt.ItemDataRole.ToolTipRole)
        self.quantity_box.currentIndexChanged.connect(self._on_quantity)
        self.reference_box = QComboBox()
        self.reference_box.setAccessibleName("Measured from")
        self.reference_box.addItem("from the final answer", "final")
        self.reference_box.addItem("from the ground truth", "truth")
        self.reference_box.currentIndexChanged.connect(self._on_reference)
        self._on_quantity()
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.quantity_box)
        row.addWidget(self.reference_box)
        row.addStretch(1)
        return row

    # -- what the window calls ------------------------------------------------------------

    @property
    def quantity(self) -> Quantity:
        """The figure that is shown."""
        chosen: Quantity = self.quantity_box.currentData()
        return chosen

    @property
    def reference(self) -> Reference:
        """What distances are measured from."""
        chosen: Reference = self.reference_box.currentData()
        return chosen if self._has_truth else "final"

    def wants_truth(self) -> bool:
        """Whether distances are measured from the truth."""
        return self.reference == "truth"

    def visible_stages(self) -> frozenset[int]:
        """Every stage of maps: entropy and modes are counted in them."""
        if not self.seen or self._model is None:
            return frozenset()
        specs = self._model.stages
        return frozenset(n for n in answering(specs) if specs[n].kind == "heatmap")

    def show_look(self, look: Look) -> None:
        """Follow the gate."""
        self._look = look

    def paced(self, view: View) -> bool:
        """Only while playing: a step is seen at once."""
        return view.transport.playing

    def show_view(self, view: View) -> None:
        """Show the figures of the newest result."""
        if view.model is not self._model:
            self._model = view.model
            self.stages_changed.emit()
        self._show_reference(view)
        self._measure(view)
        if self._found is None:
            self._empty.setText(why_empty(view))
            self._stack.setCurrentIndex(0)
            return
        self._stack.setCurrentIndex(1)
        self._show_sheet()
        self._show_plot(view)

    def items(self, result: FrameResult) -> Sequence[Item]:
        """The way of the chosen joint, or of every sure one that was moved."""
        if self._model is None or len(self._model.stages) != len(result.stage_poses):
            return ()
        return drawn_ways(
            result,
            specs=self._model.stages,
            joint=self.table.joint,
            gate=self._look.gate,
            truth=self.wants_truth(),
        )

    # -- inside ---------------------------------------------------------------------------

    def _show_reference(self, view: View) -> None:
        """Offer the truth where there is one."""
        known = view.truth is not None
        tip = "What distances are measured from; true joints within 20 % of the torso are ticked."
        if not known:
            tip = "No ground truth is known: see File > Open ground truth."
        self.reference_box.setEnabled(known)
        self.reference_box.setToolTip(tip)
        if known != self._has_truth:
            self._has_truth = known
            self._retitle()
            self.stages_changed.emit()

    def _measure(self, view: View) -> None:
        """Take the figures of a result that is new, and keep them for the plot."""
        result = view.result
        key = None if result is None else (view.source, result.generation)
        if key != self._known:
            # Figures of another network, region or source are no part of the same curve.
            self._known = key
            self._log.clear()
        if result is self._result and result is not None:
            return
        self._result, self._found = result, None
        specs = () if self._model is None else self._model.stages
        if result is None or len(specs) != len(result.stage_poses):
            return
        truth = true_place(result.truth, result.poses, person=0)
        self._found = converge(result, specs=specs, truth=truth)
        if self._found is not None:
            self._log.note(result.frame.index, _seconds(view, result), figures(self._found))

    def _names(self) -> tuple[str, ...]:
        assert self._found is not None
        assert self._model is not None
        return names_of(self._model.stages, self._found.stages)

    def _show_sheet(self) -> None:
        found, result = self._found, self._result
        assert found is not None
        assert result is not None
        row = self.quantity.pick(self.reference)
        values = figures(found)[row]
        values = np.concatenate([together(values)[:, None], values], axis=1)
        sure = result.poses.score[0] >= self._look.gate
        hits = None
        if self.reference == "truth":
            hits = np.concatenate([np.full((len(values), 1), np.nan), found.hits], axis=1)
        joints = result.poses.skeleton.joints
        self.table.show_sheet(
            Sheet(
                joints,
                self._names(),
                values,
                heat(values, row=row, found=found),
                hits,
                np.concatenate([[True], sure]),
                self.quantity,
            )
        )
        text = sentence(
            found,
            joint=self.table.joint,
            joints=joints,
            names=self._names(),
            reference=self.reference,
        )
        self.words.setText(whose(result.poses) + text)

    def _show_plot(self, view: View) -> None:
        assert self._result is not None
        quantity, joint = self.quantity, self.table.joint
        seconds, values = self._log.curves(quantity.pick(self.reference), joint=joint)
        now = _seconds(view, self._result)
        live = view.source is not None and view.source.live
        if live or view.source is None:
            low = max(now - _LIVE, 0.0)
            span = low, low + _LIVE
        else:
            span = 0.0, max(float(view.source.times[-1]), 0.1)
        joints = self._result.poses.skeleton.joints
        who = "mean of all joints" if joint is None else joints[joint].replace("_", " ")
        self.plot.setVisible(span[1] > 0.1)
        self.plot.show_curves(
            seconds,
            values,
            span=span,
            least=quantity.least,
            title=f"{who}: {quantity.title_for(self.reference)}",
            cursor=None if live and view.transport.playing else now,
            moving=view.transport.playing,
        )

    def _redraw(self) -> None:
        if self.seen:
            self.show_view(self.bridge.session.view())

    def _on_quantity(self) -> None:
        self.quantity_box.setToolTip(f"{self.quantity.tip}.")
        if hasattr(self, "plot"):
            self._redraw()

    def _retitle(self) -> None:
        for at, quantity in enumerate(QUANTITIES):
            self.quantity_box.setItemText(at, quantity.title_for(self.reference))

    def _on_reference(self) -> None:
        self._retitle()
        # The truth is asked for together with the maps.
        self.stages_changed.emit()
        self.items_changed.emit()
        self._redraw()

    def _on_joint(self) -> None:
        self._redraw()
        self.items_changed.emit()

    def _on_map(self, stage: int, joint: int | None) -> None:
        if self._found is not None:
            number = self._found.stages[stage]
            self.look_edited.emit({"overlay_stage": number, "overlay_channel": joint})

    def _go(self, seconds: float) -> None:
        source = self.bridge.session.view().source
        if source is not None and source.count:
            self.seek_requested.emit(nearest(source.times, seconds))
        elif (index := self._log.near(seconds)) is not None:
            self.seek_requested.emit(index)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the plot beside the table where the dock is wide and low."""
        super().resizeEvent(event)
        size = event.size()
        beside = size.width() >= _BESIDE and size.height() < _LOW
        wanted = Qt.Orientation.Horizontal if beside else Qt.Orientation.Vertical
        if self._splitter.orientation() != wanted:
            self._splitter.setOrientation(wanted)
            self._splitter.setSizes([500, 500] if beside else [700, 300])

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "plot"):
            self.plot.update()
            self.table.viewport().update()


def _seconds(view: View, result: FrameResult) -> float:
    """The time of a result's frame, seconds since the first one of a clip."""
    source, index = view.source, result.frame.index
    if source is not None and 0 <= index < source.count:
        return float(source.times[index])
    return result.frame.time.seconds
