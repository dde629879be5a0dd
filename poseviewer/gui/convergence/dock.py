"""The Convergence dock: how every joint's answer forms over the stages, and over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from poseviewer.core.convergence import answering, converge
from poseviewer.core.truth import true_place
from poseviewer.gui.angles.curves import nearest
from poseviewer.gui.convergence.figures import (
    QUANTITIES,
    Log,
    drawn_ways,
    figures,
    heat,
    names_of,
    person_prefix,
    sentence,
    together,
)
from poseviewer.gui.convergence.plot import StagePlot
from poseviewer.gui.convergence.table import ConvergenceTable, Sheet
from poseviewer.gui.frame.hud import joint_title
from poseviewer.gui.plain import Label, allow, plain_tip
from poseviewer.gui.widgets import WrapLayout, combo
from poseviewer.gui.window.dock import NOBODY, Dock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QResizeEvent

    from poseviewer.core.convergence import Convergence
    from poseviewer.core.result import FrameResult
    from poseviewer.draw.primitives import Item
    from poseviewer.gui.bridge import Bridge
    from poseviewer.gui.convergence.figures import Quantity, Reference
    from poseviewer.runtime.state import AppState, ModelInfo

_PACE = 100
"""Least milliseconds between two drawings while playing."""

_LIVE = 20.0
"""Seconds of a feed that the plot shows."""

_BESIDE = 620
"""Width from which the plot stands beside the table, where the dock is low."""

_LOW = 380
"""Height below which a dock is low."""


class ConvergenceDock(Dock):
    """Figures of every joint and stage, as a sentence, and over time."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(
            bridge,
            parent,
            title="Convergence",
            name="convergence_dock",
            pace=_PACE,
            purpose="How each joint's answer forms, stage by stage, appears here",
        )
        self._result: FrameResult | None = None
        self._found: Convergence | None = None
        self._known: object = None
        self._has_truth = False
        self._log = Log()
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 6, 8, 8)
        column.setSpacing(6)
        column.addWidget(self._choosers())
        column.addWidget(self.holder(self._contents()), 1)
        self.setWidget(page)

    def _contents(self) -> QWidget:
        self.table = ConvergenceTable()
        self.table.joint_chosen.connect(self._on_joint)
        self.table.map_wanted.connect(self._on_map)
        self.plot = StagePlot()
        self.plot.clicked.connect(self._go)
        self.words = Label()
        self.words.setWordWrap(True)
        self.words.setAccessibleName("What happened")
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._splitter.addWidget(self.table)
        self._splitter.addWidget(self.plot)
        self._splitter.setStretchFactor(0, 3)
        self._splitter.setStretchFactor(1, 1)
        self._splitter.setChildrenCollapsible(False)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.words)
        column.addWidget(self._splitter, 1)
        return content

    def _choosers(self) -> QWidget:
        shown = ((quantity, quantity.title, quantity.tip) for quantity in QUANTITIES)
        self.quantity_box = combo("Figure", "", shown, letters=9)
        self.quantity_box.currentIndexChanged.connect(self._on_quantity)
        self.reference_box = combo(
            "Measured from",
            "What distances are measured from; true joints within 20 % of the torso are ticked.",
            letters=9,
        )
        self.reference_box.addItem("from the final answer", "final")
        self.reference_box.addItem("from the ground truth", "truth")
        self.reference_box.currentIndexChanged.connect(self._on_reference)
        self._on_quantity()
        row = QWidget()
        WrapLayout(row, self.quantity_box, self.reference_box)
        return row

    # -- what a dock gives ----------------------------------------------------------------

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
        """Whether distances are measured from the ground truth."""
        return self.reference == "truth"

    def stages_for(self, model: ModelInfo) -> frozenset[int]:
        """All stages with maps, which entropy and modes are counted in."""
        specs = model.stages
        return frozenset(n for n in answering(specs) if specs[n].meaning.mapped)

    def why_empty(self, state: AppState) -> str:
        """Why the dock is empty, also where no person was found."""
        nobody = "" if self._found is not None else NOBODY
        return super().why_empty(state) or nobody

    def draw(self, state: AppState) -> None:
        """Show the figures of the newest result."""
        self._show_reference(state)
        self._measure(state)
        if self._found is None:
            return
        joint = self.table.joint
        self._show_sheet()
        self._show_plot(state)
        if joint != self.table.joint:
            # Of other joints none is chosen; last, for the window may draw everything anew.
            self.items_changed.emit()

    def items(self, result: FrameResult) -> Sequence[Item]:
        """The path of the chosen joint, or of every sure one that was moved."""
        model = self.model
        if model is None or model.skeleton != result.poses.skeleton:
            return ()
        if len(model.stages) != len(result.stage_poses):
            return ()
        return drawn_ways(
            result,
            specs=model.stages,
            joint=self.table.joint,
            gate=self._look.gate,
            truth=self.wants_truth(),
        )

    @property
    def overlay_name(self) -> str:
        """The joint, or joints, whose path is drawn."""
        joint = self.table.joint
        joints = () if self.model is None else self.model.skeleton.joints
        known = joint is not None and joint < len(joints)
        whose = joint_title(joints[joint or 0]) if known else "joints"
        return f"path of {whose} through the stages"

    # -- inside ---------------------------------------------------------------------------

    def _show_reference(self, state: AppState) -> None:
        """Offer the ground truth where there is one."""
        known = state.truth is not None and state.truth.places
        missing = "no ground truth is known, see File > Open ground truth or poses"
        allow(self.reference_box, known, why_not=missing)
        if known != self._has_truth:
            self._has_truth = known
            self._retitle()

    def _measure(self, state: AppState) -> None:
        """Compute the figures of a new result, and store them for the plot."""
        result = state.result
        answer = state.answer
        key = None if answer is None else (state.source, answer.key, state.people.focus)
        if key != self._known:
            # Figures of another network, region or source are no part of the same curve.
            self._known = key
            self._log.clear()
        if result is self._result and result is not None:
            return
        self._result, self._found = result, None
        specs = () if self.model is None else self.model.stages
        if result is None or len(specs) != len(result.stage_poses):
            return
        truth = true_place(result.truth, result.poses, person=0)
        self._found = converge(result, specs=specs, truth=truth)
        if self._found is not None:
            self._log.note(result.frame.index, _seconds(state, result), figures(self._found))

    def _names(self) -> tuple[str, ...]:
        assert self._found is not None
        assert self.model is not None
        return names_of(self.model.stages, self._found.stages)

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
        self.words.setText(person_prefix(result.poses, dict(self._look.names)) + text)

    def _show_plot(self, state: AppState) -> None:
        assert self._result is not None
        quantity, joint = self.quantity, self.table.joint
        seconds, values = self._log.curves(quantity.pick(self.reference), joint=joint)
        now = _seconds(state, self._result)
        live = state.source is not None and state.source.live
        if live or state.source is None:
            low = max(now - _LIVE, 0.0)
            span = low, low + _LIVE
        else:
            span = 0.0, max(float(state.source.times[-1]), 0.1)
        joints = self._result.poses.skeleton.joints
        who = "mean of all joints" if joint is None else joints[joint].replace("_", " ")
        self.plot.setVisible(span[1] > 0.1)
        self.plot.show_curves(
            seconds,
            values,
            span=span,
            gap=self._log.gap,
            least=quantity.least,
            title=f"{who}: {quantity.title_for(self.reference)}",
            cursor=None if live and state.playback.playing else now,
            moving=state.playback.playing,
        )

    def _on_quantity(self) -> None:
        self.quantity_box.setToolTip(plain_tip(f"{self.quantity.tip}."))
        self.redraw()

    def _retitle(self) -> None:
        for at, quantity in enumerate(QUANTITIES):
            self.quantity_box.setItemText(at, quantity.title_for(self.reference))

    def _on_reference(self) -> None:
        self._retitle()
        self.items_changed.emit()
        self.redraw()

    def _on_joint(self) -> None:
        self.redraw()
        self.items_changed.emit()

    def _on_map(self, stage: int, joint: int | None) -> None:
        if self._found is not None:
            number = self._found.stages[stage]
            assert self.model is not None
            channel = self.model.stages[number].meaning.channel_of(joint)
            self.change("display", overlay_stage=number, overlay_channel=channel)

    def _go(self, seconds: float) -> None:
        source = self.bridge.session.state.source
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


def _seconds(state: AppState, result: FrameResult) -> float:
    """The time of a result's frame, seconds since the first one of a clip."""
    source, index = state.source, result.frame.index
    if source is not None and 0 <= index < source.count:
        return float(source.times[index])
    return result.frame.time.seconds
