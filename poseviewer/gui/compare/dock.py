"""The Compare dock: two networks, two stages of one, or a network and a file, on the same frame."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QSplitter,
    QTableWidget,
    QVBoxLayout,
    QWidget,
)

from poseviewer.core.difference import Difference, difference
from poseviewer.core.percent import percent
from poseviewer.core.pose import Poses
from poseviewer.gui.compare.agreement import AgreementTable, compared_in_words
from poseviewer.gui.compare.table import DifferenceTable
from poseviewer.gui.compare.view import ComparePair
from poseviewer.gui.frame.hud import joint_title
from poseviewer.gui.plain import Label
from poseviewer.gui.widgets import WrapLayout, combo, fill, quiet_label, toggle
from poseviewer.gui.window.dock import NOBODY, Dock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PySide6.QtGui import QAction, QResizeEvent

    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageSpec
    from poseviewer.draw.primitives import Scene
    from poseviewer.gui.bridge import Bridge
    from poseviewer.runtime.state import AppState, ModelInfo, TruthInfo


class ComparePicker(QWidget):
    """Network and stage of A, the network that runs, and of B."""

    first_chosen = Signal(str)
    """The network that is to run."""

    second_chosen = Signal()
    """Another network is compared; see `other`."""

    stage_chosen = Signal()
    """Another stage of one of the two."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._listed: tuple[object, ...] = ()
        self.models = {
            "A": combo("Network A", "The network that runs; choose another one to run that."),
            "B": combo(
                "Network B",
                "The same network, a second one that runs beside it, or the ground truth or poses "
                "that were opened.",
            ),
        }
        self.stages = {
            side: combo(f"Stage of {side}", f"The stage shown as {side}.") for side in "AB"
        }
        self.models["A"].activated.connect(self._on_first)
        self.models["B"].activated.connect(self._on_second)
        sides = []
        for side in "AB":
            label = Label(side)
            label.setBuddy(self.models[side])
            self.stages[side].activated.connect(self.stage_chosen)
            sides.append(QWidget())
            row = QHBoxLayout(sides[-1])
            row.setContentsMargins(0, 0, 0, 0)
            row.addWidget(label)
            row.addWidget(self.models[side], 3)
            row.addWidget(self.stages[side], 2)
        WrapLayout(self, *sides)

    @property
    def truth(self) -> bool:
        """Whether B is the ground truth, or what another program found."""
        return bool(self.models["B"].currentData() == _TRUTH)

    @property
    def other(self) -> str | None:
        """Name of the second network; None where there is none."""
        name: str | None = self.models["B"].currentData()
        return None if self.truth else name

    def second(self, state: AppState) -> ModelInfo | None:
        """The network of B."""
        return state.model if self.other is None else _named(state, self.other)

    def stage(self, side: str, model: ModelInfo) -> int:
        """The 0-based stage of `A` or `B`, which has the stages of `model`."""
        chosen, last = self.stages[side].currentData(), len(model.stages) - 1
        return last if chosen is None else min(int(chosen), last)

    def list_all(self, state: AppState) -> None:
        """Fill the boxes where networks have come, gone or changed."""
        other = None if self.other == state.network.model else self.other
        known = None if state.truth is None else state.truth.name
        if self.truth and known is not None:
            other = _TRUTH
        listed = (state.models, state.network.model, other, known)
        if listed == self._listed:
            return
        names = [(m.name, m.name, m.title) for m in state.models if m.trained]
        _choose(self.models["A"], names, chosen=state.network.model)
        same = (None, "same network", "Compare two stages of the network that runs.")
        others = [entry for entry in names if entry[0] != state.network.model]
        if known is not None:
            tip = "Compare with this ground truth, or what another program found, over the clip."
            others = [(_TRUTH, known, tip), *others]
        _choose(self.models["B"], [same, *others], chosen=other)
        # A file has no stages, and is compared with the network's final answer.
        for box in self.stages.values():
            box.setVisible(not self.truth)
        # Of one network the first stage against the last one, of two networks both last ones.
        first = _named(state, state.network.model)
        _list_stages(self.stages["A"], first, last=True)
        second = first if other in (None, _TRUTH) else _named(state, other)
        _list_stages(self.stages["B"], second, last=other is not None)
        self._listed = listed

    def _on_first(self, row: int) -> None:
        self.first_chosen.emit(self.models["A"].itemData(row))

    def _on_second(self) -> None:
        self._listed = ()
        self.second_chosen.emit()


_TRUTH = ":truth"
"""What the box of B holds for the ground truth; no network is called so."""


def _list_stages(box: QComboBox, model: ModelInfo | None, *, last: bool) -> None:
    stages = () if model is None else model.stages
    entries = [(number, spec.name, f"Stage {number + 1}") for number, spec in enumerate(stages)]
    _choose(box, entries, chosen=len(entries) - 1 if last else 0)


def _choose(box: QComboBox, entries: Sequence[tuple[object, str, str]], *, chosen: object) -> None:
    fill(box, entries)
    box.setCurrentIndex(max(box.findData(chosen), 0))


def _named(state: AppState, name: str) -> ModelInfo | None:
    known = (state.model, state.loaded, *state.models)
    return next((model for model in known if model is not None and model.name == name), None)


_PACE = 60
"""Least milliseconds between two drawings while playing."""

_WIDE = 500
"""Width from which the numbers stand beside the views."""


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One of the two answers."""

    result: FrameResult
    model: ModelInfo
    stage: int
    """0-based."""
    nobody: bool = False
    """Whether there is no person in the frame, whatever a network says of it."""

    @property
    def poses(self) -> Poses:
        """What the stage answers."""
        poses = self.result.stage_poses[self.stage]
        return Poses.nobody(poses.skeleton) if self.nobody else poses

    @property
    def spec(self) -> StageSpec:
        """Of the stage; the boxes above name the network."""
        return self.model.stages[self.stage]


class CompareDock(Dock):
    """Two answers beside each other or with a divider, and the distance between them."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(
            bridge,
            parent,
            title="Compare",
            name="compare_dock",
            pace=_PACE,
            purpose="Two answers about one frame appear here",
        )
        self._joint: str | None = None
        self._asked: tuple[object, ...] = ()
        self._drawn: FrameResult | None = None
        self.picker = ComparePicker()
        self.picker.first_chosen.connect(self._on_first)
        self.picker.second_chosen.connect(self._on_second)
        self.picker.stage_chosen.connect(self.redraw)
        self.pair = ComparePair()
        self.pair.hovered.connect(self.hovered)
        self.pair.zoomed.connect(self.redraw)
        self.table = DifferenceTable()
        self.table.joint_chosen.connect(self._on_joint)
        self.figures = AgreementTable()
        self.figures.joint_chosen.connect(self._on_joint)
        self.summary = quiet_label("Difference in a sentence")
        self.save = toggle("Save…", "Save this table as CSV or JSON.")
        self.save.setCheckable(False)
        self.save.setAccessibleName("Save the comparison")
        self.save.hide()
        page = QWidget()
        # First: what gets another parent later is styled again with all that is in it.
        self.setWidget(page)
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 6, 4, 4)
        column.setSpacing(6)
        column.addWidget(self.picker)
        column.addWidget(self._views())
        column.addWidget(self.holder(self._answers()), 1)

    def _answers(self) -> QWidget:
        """The two views with a table beside or below them, and a sentence."""
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._split.setChildrenCollapsible(False)
        # Less than both need beside each other: they stand one above the other before that.
        self._split.setMinimumWidth(200)
        self._split.addWidget(self.pair)
        self._split.addWidget(self.table)
        self._split.addWidget(self.figures)
        self.figures.hide()
        self._split.setStretchFactor(0, 1)
        content = QWidget()
        answers = QVBoxLayout(content)
        answers.setContentsMargins(0, 0, 0, 0)
        answers.addWidget(self._split, 1)
        below = QHBoxLayout()
        below.addWidget(self.summary, 1)
        below.addWidget(self.save)
        answers.addLayout(below)
        return content

    # -- what a dock gives ----------------------------------------------------------------

    def connect_actions(self, actions: Mapping[str, QAction]) -> None:
        """Connect the button to the action."""
        self.save.clicked.connect(actions["save_comparison"].trigger)

    def wants_truth(self) -> bool:
        """Whether B is the ground truth."""
        return self.picker.truth

    def stages_for(self, model: ModelInfo) -> frozenset[int]:
        """The stages whose maps are shown on the frames, or compared."""
        return self._maps_of(model, "A" if self.picker.other or self.picker.truth else "AB")

    def age(self, state: AppState) -> str:
        """Also while the second network is behind the first."""
        text, drawn, result = super().age(state), self._drawn, state.result
        if text or state.playback.playing or drawn is None or result is None or drawn is result:
            return text
        at = drawn.frame.index
        return "Analysing…" if at == result.frame.index else f"Of frame {at}. Analysing…"

    def set_cursor(self, place: tuple[float, float] | None) -> None:
        """Show the crosshair at a frame pixel in both views."""
        self.pair.point_at(place)

    def show_source(self) -> None:
        """Drop the answers for another source."""
        self._asked, self._drawn = (), None
        self.bridge.session.comparison.stop()

    def draw(self, state: AppState) -> None:
        """Show the newest frame that both have answered."""
        self.picker.list_all(state)
        self.pair.mirror(state.mirrored)
        if state.result is None or state.model is None:
            self._drawn = None
        elif not state.stale:
            self._ask(state, state.result)
            self._show_table(self.figures if self.picker.truth else self.table)
            if self.picker.truth and state.truth is not None:
                self._show_truth(state, state.truth, state.result)
                return
            self._show_sides(state, state.result, self._sides(state.model, state.result))

    # -- inside ---------------------------------------------------------------------------

    def _views(self) -> QWidget:
        self.beside = toggle("Side by side", "Two views that zoom and move together.")
        self.wiped = toggle(
            "Wipe", "One view: A left of the divider, B right of it; drag the divider."
        )
        for button in (self.beside, self.wiped):
            button.setAutoExclusive(True)
        self.beside.setChecked(True)
        self.wiped.toggled.connect(self._on_wipe)
        self.maps = toggle("Maps", "Show each stage's map on its frame.")
        self.maps.toggled.connect(self.redraw)
        self.fit = toggle("Frame", "Show the whole frame in both; the wheel zooms both.")
        self.fit.clicked.connect(self.pair.first.fit)
        self.near = toggle("Person", "Show what the first network was shown, as large as it fits.")
        self.near.clicked.connect(self._on_near)
        for button in (self.fit, self.near):
            button.setCheckable(False)
        line = QWidget()
        WrapLayout(line, self.beside, self.wiped, self.maps, self.fit, self.near)
        return line

    def _ask(self, state: AppState, result: FrameResult) -> None:
        """Request the second network's answer for the frame on screen, or release it."""
        comparison = self.bridge.session.comparison
        model = self.picker.second(state)
        if not self.picker.other or model is None or not self.seen:
            self._asked = ()
            comparison.stop()
            return
        network = replace(state.network, model=model.name)
        maps = self._maps_of(model, "B")
        asked = (result, network, state.reading, maps)
        if asked != self._asked:
            self._asked = asked
            comparison.look(result, network, state.reading, stages=maps)

    def _maps_of(self, model: ModelInfo, sides: str) -> frozenset[int]:
        """The stages of a network whose maps are needed, to be shown or compared."""
        numbers = (self.picker.stage(side, model) for side in sides)
        shown = self.maps.isChecked()
        return frozenset(n for n in numbers if shown or not model.stages[n].answers)

    def _sides(self, model: ModelInfo, result: FrameResult) -> tuple[Side, Side] | None:
        """The two answers; None until both are there."""
        second, one, two = model, result, result
        if self.picker.other:
            answer = self.bridge.session.comparison.answer
            if answer is None or answer.model.name != self.picker.other:
                return None
            second, one, two = answer.model, answer.first, answer.second
        numbers = self.picker.stage("A", model), self.picker.stage("B", second)
        if numbers[0] >= len(one.stage_poses) or numbers[1] >= len(two.stage_poses):
            return None
        # The second network is shown what the first is, and asks no detector.
        nobody = one.nobody
        return Side(one, model, numbers[0], nobody), Side(two, second, numbers[1], nobody)

    def _show_sides(
        self, state: AppState, result: FrameResult, sides: tuple[Side, Side] | None
    ) -> None:
        self._drawn = result if sides is None else sides[0].result
        if sides is None:
            self.pair.show_pair(result.frame, (None, None))
            waiting = self.bridge.session.comparison.state
            waiting = waiting or "Waiting for the second network's answer."
            self.pair.say("", waiting)
            self.table.show_difference(None, gate=state.reading.gate)
            self.summary.setText(waiting)
            return
        first, second = sides
        frame = first.result.frame
        zoom = self.pair.first.scale_for(frame)
        self.pair.show_pair(frame, (self._scene(first, zoom), self._scene(second, zoom)))
        self.pair.say(f"A  {first.spec.name}", f"B  {second.spec.name}")
        posed = first.spec.answers and second.spec.answers
        found = difference(first.poses, second.poses) if posed else None
        self.table.show_difference(found, gate=state.reading.gate)
        text = NOBODY if first.nobody else _sentence(found)
        self.summary.setText(text if posed else _sentence_of_maps(first, second))

    def _show_truth(self, state: AppState, truth: TruthInfo, result: FrameResult) -> None:
        """Show the final answer, and what the file has of this frame and of all."""
        self._drawn = result
        assert state.model is not None
        zoom = self.pair.first.scale_for(result.frame)
        side = Side(result, state.model, len(state.model.stages) - 1)
        theirs = None if result.truth is None else self._scene(side, zoom, poses=result.truth)
        self.pair.show_pair(result.frame, (self._scene(side, zoom, poses=result.poses), theirs))
        lacks = "" if truth.places else ": angles, no places"
        self.pair.say(f"A  {state.model.name}", f"B  {truth.name}{lacks}")
        compared = self.bridge.session.truth_compared()
        self.figures.show_compared(compared, frame=result.frame.index)
        self.summary.setText(compared_in_words(compared))

    def _show_table(self, table: QTableWidget) -> None:
        if table.isHidden():
            self.table.setVisible(table is self.table)
            self.figures.setVisible(table is self.figures)
            self.save.setVisible(table is self.figures)
            self._share()

    def _scene(self, side: Side, zoom: float, *, poses: Poses | None = None) -> Scene:
        # Here, not at the top: it brings OpenCV, which the first paint must not wait for.
        from poseviewer.draw.scene import build_scene

        joints = side.model.skeleton.joints
        joint = joints.index(self._joint) if self._joint in joints else None
        look = replace(
            self._look,
            ghost=None,
            arcs=(),
            hidden=() if poses is not None else self._look.hidden,
            truth=False,
            skeleton=True,
            overlay_stage=side.stage if self.maps.isChecked() else None,
            overlay_channel=side.spec.meaning.channel_of(joint),
        )
        people = side.poses if poses is None else poses
        return build_scene(side.result, look, poses=people, scale=1 / max(zoom, 1e-6))

    def let_go(self) -> None:
        """Drop the second network."""
        self._asked = ()
        self.bridge.session.comparison.stop()

    def _on_first(self, name: str) -> None:
        self.change("network", model=name)

    def _on_second(self) -> None:
        self.bridge.session.comparison.stop()
        self._asked = ()
        self.redraw()
        self.announce()

    def _on_wipe(self, on: bool) -> None:
        self.pair.set_wipe(on)
        self.redraw()

    def _on_near(self) -> None:
        result = self.bridge.session.state.shown[1]
        if result is not None:
            self.pair.first.fit_box(result.region)

    def _on_joint(self, joint: str | None) -> None:
        self._joint = joint
        self.redraw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Move the numbers beside the views where there is room."""
        super().resizeEvent(event)
        wide = event.size().width() >= _WIDE
        way = Qt.Orientation.Horizontal if wide else Qt.Orientation.Vertical
        if way != self._split.orientation():
            self._split.setOrientation(way)
            self._share()

    def _share(self) -> None:
        """Give the views and the table that is shown their usual sizes."""
        wide = self._split.orientation() == Qt.Orientation.Horizontal
        tables = [table.sizeHint().width() if wide else 200 for table in (self.table, self.figures)]
        self._split.setSizes([400, *tables])


def _sentence(found: Difference | None) -> str:
    if found is None:
        return "Nothing to compare: one of the two found no person."
    if not isfinite(found.mean):
        return "Nothing to compare: no joint was found by both."
    if found.mean == 0:
        return "No difference: both put every joint at the same place."
    apart = [(px, name) for px, name in zip(found.pixels, found.joints, strict=True) if px == px]
    far, joint = max(apart)
    share = ""
    if isfinite(found.torso):
        share = f", {percent(found.mean / found.torso, digits=1)} % of the torso"
    most = f"most at {joint_title(joint)}: {far:.1f} px"
    return f"Apart by {found.mean:.1f} px on average{share}; {most}"


def _sentence_of_maps(first: Side, second: Side) -> str:
    """The difference of two stages of which at least one gives no joints, in a sentence."""
    one, two = (side.result.stage(side.stage) for side in (first, second))
    titles = first.spec.meaning.title, second.spec.meaning.title
    if first.spec.kind != second.spec.kind:
        return f"Nothing to compare: {titles[0]} and {titles[1]} mean different things."
    if one is None or two is None:
        return f"Waiting for the {titles[0]} of both."
    return first.spec.meaning.compared(one, two)
