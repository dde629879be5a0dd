"""The Compare dock: two networks, or two stages of one, on the same frame."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from poseviewer.core.difference import Difference, difference
from poseviewer.core.look import Look
from poseviewer.gui.compare.table import DifferenceTable
from poseviewer.gui.compare.view import ComparePair
from poseviewer.gui.frame.hud import joint_title
from poseviewer.gui.frame.scene import shown_pair
from poseviewer.gui.window.dock import Dock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QResizeEvent

    from poseviewer.core.pose import Poses
    from poseviewer.core.result import FrameResult
    from poseviewer.draw.primitives import Scene
    from poseviewer.gui.bridge import Bridge
    from poseviewer.runtime.state import ModelInfo, View

_NARROWEST = 80
"""Logical pixels of a chooser; four of them must not hold the window wide."""


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
            "A": _combo("Network A", "The network that runs; choosing another one runs that."),
            "B": _combo("Network B", "The same network, or a second one on a thread of its own."),
        }
        self.stages = {
            side: _combo(f"Stage of {side}", f"The stage whose answer is {side}.") for side in "AB"
        }
        self.models["A"].activated.connect(self._on_first)
        self.models["B"].activated.connect(self._on_second)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(6)
        for place, side in enumerate("AB"):
            label = QLabel(side)
            label.setBuddy(self.models[side])
            grid.addWidget(label, 0, 3 * place)
            grid.addWidget(self.models[side], 0, 3 * place + 1)
            grid.addWidget(self.stages[side], 0, 3 * place + 2)
            grid.setColumnStretch(3 * place + 1, 3)
            grid.setColumnStretch(3 * place + 2, 2)
            self.stages[side].activated.connect(self.stage_chosen)

    @property
    def other(self) -> str | None:
        """Name of the second network; None where stages of one network are compared."""
        name: str | None = self.models["B"].currentData()
        return name

    def second(self, view: View) -> ModelInfo | None:
        """The network of B."""
        if self.other is None:
            return view.model
        return next((model for model in view.models if model.name == self.other), None)

    def stage(self, side: str, model: ModelInfo) -> int:
        """The 0-based stage of `A` or `B`, which has the stages of `model`."""
        chosen, last = self.stages[side].currentData(), len(model.stages) - 1
        return last if chosen is None else min(int(chosen), last)

    def list_all(self, view: View) -> None:
        """Fill the boxes where networks have come, gone or changed."""
        listed = (view.models, view.choices.model, view.model, self.other)
        if listed == self._listed:
            return
        names = [(m.name, m.name, m.title) for m in view.models if m.trained]
        _fill(self.models["A"], names, chosen=view.choices.model)
        same = (None, "same network", "Compare two stages of the network that runs.")
        others = [entry for entry in names if entry[0] != view.choices.model]
        _fill(self.models["B"], [same, *others], chosen=self.other)
        # Of one network the first stage against the last one, of two networks both last ones.
        last = self.other is not None
        _list_stages(self.stages["A"], view.model, last=True)
        _list_stages(self.stages["B"], self.second(view), last=last)
        self._listed = (*listed[:3], self.other)

    def _on_first(self, row: int) -> None:
        self.first_chosen.emit(self.models["A"].itemData(row))

    def _on_second(self) -> None:
        self.stages["B"].clear()
        self._listed = ()
        self.second_chosen.emit()


def _list_stages(box: QComboBox, model: ModelInfo | None, *, last: bool) -> None:
    stages = () if model is None else model.stages
    entries = [(number, spec.name, f"Stage {number + 1}") for number, spec in enumerate(stages)]
    chosen = box.currentData()
    if chosen is None or chosen >= len(entries):
        chosen = len(entries) - 1 if last else 0
    _fill(box, entries, chosen=chosen)


def _fill(box: QComboBox, entries: Sequence[tuple[object, str, str]], *, chosen: object) -> None:
    with QSignalBlocker(box):
        box.clear()
        for row, (value, shown, tip) in enumerate(entries):
            box.addItem(shown, value)
            box.setItemData(row, tip, Qt.ItemDataRole.ToolTipRole)
        box.setCurrentIndex(max(box.findData(chosen), 0))


def _combo(name: str, tip: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(tip)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumWidth(_NARROWEST)
    return box


_PACE = 60
"""Least milliseconds between two drawings while playing."""

_WIDE = 500
"""Width from which the numbers stand beside the pictures."""


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One of the two answers."""

    result: FrameResult
    model: ModelInfo
    stage: int
    """0-based."""

    @property
    def poses(self) -> Poses:
        """What the stage answers."""
        return self.result.stage_poses[self.stage]

    @property
    def title(self) -> str:
        """Such as `stage 3`; the boxes above tell the network."""
        return self.model.stages[self.stage].name


class CompareDock(Dock):
    """Two answers beside each other or with a divider, and how far they lie apart."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(bridge, parent, title="Compare", name="compare_dock", pace=_PACE)
        self._look = Look()
        self._joint: str | None = None
        self._asked: tuple[object, ...] = ()
        self._visible: frozenset[int] = frozenset()
        self.picker = ComparePicker()
        self.picker.first_chosen.connect(self._on_first)
        self.picker.second_chosen.connect(self._on_second)
        self.picker.stage_chosen.connect(self._again)
        self.pair = ComparePair()
        self.pair.hovered.connect(self.hovered)
        self.pair.zoomed.connect(self._redraw)
        self.table = DifferenceTable()
        self.table.joint_chosen.connect(self._on_joint)
        self.summary = QLabel()
        self.summary.setForegroundRole(self.summary.palette().ColorRole.PlaceholderText)
        self.summary.setAccessibleName("Difference in a sentence")
        self.summary.setWordWrap(True)
        self.summary.setMinimumWidth(1)
        self._empty = QLabel()
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._empty.setForegroundRole(self._empty.palette().ColorRole.PlaceholderText)

        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 6, 4, 4)
        column.setSpacing(6)
        column.addWidget(self.picker)
        column.addLayout(self._manners())
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._split.setChildrenCollapsible(False)
        self._split.addWidget(self.pair)
        self._split.addWidget(self.table)
        self._split.setStretchFactor(0, 1)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._split)
        column.addWidget(self._stack, 1)
        column.addWidget(self.summary)
        self.setWidget(page)

    # -- what the window calls ------------------------------------------------------------

    def visible_stages(self) -> frozenset[int]:
        """The stages of the running network whose maps lie over the pictures here."""
        model = self.bridge.session.view().model
        if not self.seen or not self.maps.isChecked() or model is None:
            return frozenset()
        picker = self.picker
        sides = "A" if picker.other else "AB"
        return frozenset(picker.stage(side, model) for side in sides)

    def show_look(self, look: Look) -> None:
        """Follow how results are drawn."""
        self._look = look
        self._redraw()

    def set_cursor(self, place: tuple[float, float] | None) -> None:
        """Show the crosshair at a frame pixel in both pictures."""
        self.pair.point_at(place)

    def paced(self, view: View) -> bool:
        """Only while playing: a step is seen at once."""
        return view.transport.playing

    def show_view(self, view: View) -> None:
        """Show the newest frame that both have answered."""
        self.picker.list_all(view)
        frame, result = shown_pair(view)
        self._ask(view, result)
        sides = self._sides(view, result)
        text = "" if sides else self._why_empty(view)
        if text and (frame is None or view.model is None or result is None):
            self._empty.setText(text)
            self._stack.setCurrentWidget(self._empty)
            self.summary.setText("")
            return
        self._stack.setCurrentWidget(self._split)
        self._show_sides(view, result, sides, waiting=text)
        self._tell_stages()

    # -- inside ---------------------------------------------------------------------------

    def _manners(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(6)
        self.beside = _button("Side by side", "Two pictures that zoom and move as one.")
        self.wiped = _button("Wipe", "One picture: A left of the divider, B right of it; drag it.")
        for button in (self.beside, self.wiped):
            button.setAutoExclusive(True)
            line.addWidget(button)
        self.beside.setChecked(True)
        self.wiped.toggled.connect(self._on_wipe)
        line.addSpacing(8)
        self.maps = _button("Belief", "Lay each stage's belief over its picture.")
        self.maps.toggled.connect(self._again)
        line.addWidget(self.maps)
        line.addStretch(1)
        self.fit = _button("Frame", "Show the whole frame in both; the wheel zooms both.")
        self.fit.clicked.connect(self.pair.first.fit)
        self.near = _button("Person", "Show what the first network was shown, as large as it fits.")
        self.near.clicked.connect(self._on_near)
        for button in (self.fit, self.near):
            button.setCheckable(False)
            line.addWidget(button)
        return line

    def _ask(self, view: View, result: FrameResult | None) -> None:
        """Have the second network answer for what is shown; let it go where there is none."""
        comparison = self.bridge.session.comparison
        model = self.picker.second(view)
        if not self.picker.other or model is None or not self.seen:
            self._asked = ()
            comparison.stop()
            return
        if result is None:
            return
        choices = replace(view.choices, model=model.name)
        maps = frozenset({self.picker.stage("B", model)} if self.maps.isChecked() else ())
        asked = (result, choices, maps)
        if asked != self._asked:
            self._asked = asked
            comparison.look(result, choices, stages=maps)

    def _sides(self, view: View, result: FrameResult | None) -> tuple[Side, Side] | None:
        """The two answers; None until both are there."""
        if view.model is None or result is None:
            return None
        second, one, two = view.model, result, result
        if self.picker.other:
            answer = self.bridge.session.comparison.answer
            if answer is None or answer.model.name != self.picker.other:
                return None
            second, one, two = answer.model, answer.first, answer.second
        numbers = self.picker.stage("A", view.model), self.picker.stage("B", second)
        if numbers[0] >= len(one.stage_poses) or numbers[1] >= len(two.stage_poses):
            return None
        return Side(one, view.model, numbers[0]), Side(two, second, numbers[1])

    def _show_sides(
        self,
        view: View,
        result: FrameResult | None,
        sides: tuple[Side, Side] | None,
        *,
        waiting: str,
    ) -> None:
        if sides is None:
            frame = None if result is None else result.frame
            self.pair.show_pair(frame, (None, None))
            self.pair.say("", waiting)
            self.table.show_difference(None, gate=view.choices.gate)
            self.summary.setText(waiting)
            return
        first, second = sides
        frame = first.result.frame
        zoom = self.pair.first.scale_for(frame)
        self.pair.show_pair(frame, (self._scene(first, zoom), self._scene(second, zoom)))
        self.pair.say(f"A  {first.title}", f"B  {second.title}")
        found = difference(first.poses, second.poses)
        self.table.show_difference(found, gate=view.choices.gate)
        self.summary.setText(_sentence(found))

    def _scene(self, side: Side, zoom: float) -> Scene:
        # Here, not at the top: it brings OpenCV, which the first paint must not wait for.
        from poseviewer.draw.scene import build_scene

        joints = side.model.skeleton.joints
        look = replace(
            self._look,
            ghost=None,
            arcs=(),
            skeleton=True,
            overlay_stage=side.stage if self.maps.isChecked() else None,
            overlay_channel=joints.index(self._joint) if self._joint in joints else None,
        )
        return build_scene(side.result, look, poses=side.poses, scale=1 / max(zoom, 1e-6))

    def _why_empty(self, view: View) -> str:
        if view.source is None:
            return "Two answers about one frame appear here: open a clip or a camera."
        if view.model is None:
            return view.busy or "No network is loaded yet: choose one in the Model dock."
        if view.result is None:
            return "Waiting for the network's first answer."
        return self.bridge.session.comparison.state or "Waiting for the second network's answer."

    def _tell_stages(self) -> None:
        visible = self.visible_stages()
        if visible != self._visible:
            self._visible = visible
            self.stages_changed.emit()

    def _on_visibility(self, visible: bool) -> None:
        super()._on_visibility(visible)
        if not visible:
            self._asked = ()
            self.bridge.session.comparison.stop()
        self._tell_stages()

    def _on_first(self, name: str) -> None:
        self.bridge.session.choose(model=name)

    def _on_second(self) -> None:
        self.bridge.session.comparison.stop()
        self._asked = ()
        self._again()

    def _on_wipe(self, on: bool) -> None:
        self.pair.set_wipe(on)
        self._redraw()

    def _on_near(self) -> None:
        result = shown_pair(self.bridge.session.view())[1]
        if result is not None:
            self.pair.first.fit_box(result.region)

    def _on_joint(self, joint: str | None) -> None:
        self._joint = joint
        self._redraw()

    def _again(self) -> None:
        self._tell_stages()
        self._redraw()

    def _redraw(self) -> None:
        if self.seen:
            self.show_view(self.bridge.session.view())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the numbers beside the pictures where there is room."""
        super().resizeEvent(event)
        wide = event.size().width() >= _WIDE
        way = Qt.Orientation.Horizontal if wide else Qt.Orientation.Vertical
        if way != self._split.orientation():
            self._split.setOrientation(way)
            self._split.setSizes([400, self.table.sizeHint().width() if wide else 200])


def _sentence(found: Difference | None) -> str:
    if found is None:
        return "Nothing to compare: one of the two found nobody."
    if not isfinite(found.mean):
        return "Nothing to compare: no joint was found by both."
    if found.mean == 0:
        return "No difference: both put every joint at the same place."
    apart = [(px, name) for px, name in zip(found.pixels, found.joints, strict=True) if px == px]
    far, joint = max(apart)
    share = f", {found.mean / found.torso:.1%} of the torso" if isfinite(found.torso) else ""
    most = f"most at {joint_title(joint)}: {far:.1f} px"
    return f"Apart by {found.mean:.1f} px on average{share}; {most}"


def _button(text: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setCheckable(True)
    button.setProperty("wide", True)
    button.setAccessibleName(text)
    button.setToolTip(tip)
    return button
