"""The Springs dock: joints placed together on a tree, beside each at its own peak."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QVBoxLayout, QWidget

from poseviewer.core.stage import StageGroup, StageSpec
from poseviewer.gui.compare.view import ComparePair
from poseviewer.gui.plain import Label
from poseviewer.gui.stages.grid import StageGrid
from poseviewer.gui.stages.rows import rows_for
from poseviewer.gui.widgets import combo, fill, quiet_label, toggle
from poseviewer.gui.window.dock import NOBODY, Dock
from poseviewer.runtime.sections import ReadingState
from poseviewer.runtime.springs import EVIDENCE, STAGES, counted_twice, tree_joints

if TYPE_CHECKING:
    from poseviewer.core.result import FrameResult
    from poseviewer.draw.primitives import Scene
    from poseviewer.gui.bridge import Bridge
    from poseviewer.runtime.state import AppState, ModelInfo

_PACE = 120
"""Least milliseconds between two drawings while playing."""

_GROUPS = tuple(StageGroup(name, (("heatmap", number),)) for number, name in enumerate(STAGES))

_LEGEND = (
    "own: the stage's map · sent: which places of the parent suit the joint and all beyond it · "
    "sum: own map and what was sent to it, at the neck from everywhere · back: the best pose with "
    "the joint there · share: of all poses"
)


class SpringsDock(Dock):
    """What passes along the tree, joint by joint, and the two poses."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(
            bridge,
            parent,
            title="Springs",
            name="springs_dock",
            pace=_PACE,
            purpose="Joints placed together by springs appear here",
        )
        self._asked: tuple[object, ...] = ()
        self._drawn: FrameResult | None = None
        self._other = ReadingState().decoding
        """The decoding that was in force before that of the tree; at first the usual one."""
        self.stage = combo("Evidence", "The stage whose maps the tree is put on.", letters=8)
        self.stage.activated.connect(self._on_stage)
        self.use = toggle(
            "Use for answers",
            "Read every stage by the tree, in all docks and files: the decoding Tree of springs.",
        )
        self.use.clicked.connect(self._on_use)
        self.grid = StageGrid()
        self.grid.setAccessibleName("What passes along the tree, joints by steps")
        self.pair = ComparePair()
        self.pair.hovered.connect(self.hovered)
        self.grid.read.connect(
            lambda reading: self.hovered.emit(None if reading is None else reading.frame)
        )
        self.sentence = Label()
        self.sentence.setWordWrap(True)
        self.sentence.setAccessibleName("What the springs changed")
        tools = QWidget()
        line = QHBoxLayout(tools)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.stage, 1)
        line.addWidget(self.use)
        page = QWidget()
        # First: what gets another parent later is styled again with all that is in it.
        self.setWidget(page)
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 6, 4, 4)
        column.setSpacing(6)
        column.addWidget(tools)
        column.addWidget(self.holder(self._content(), tools=(tools,)), 1)

    def _content(self) -> QWidget:
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setChildrenCollapsible(False)
        split.setMinimumWidth(200)
        split.addWidget(self.grid)
        split.addWidget(self.pair)
        split.setSizes([600, 400])
        content = QWidget()
        inner = QVBoxLayout(content)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(split, 1)
        inner.addWidget(self.sentence)
        inner.addWidget(quiet_label("What the columns show", text=_LEGEND))
        return content

    def refresh(self, state: AppState) -> None:
        """Remember the other decoding, wherever it was chosen."""
        if state.reading.decoding != "tree":
            self._other = state.reading.decoding
        super().refresh(state)

    # -- what a dock gives ----------------------------------------------------------------

    def stages_for(self, model: ModelInfo) -> frozenset[int]:
        """The stage that the tree is put on."""
        stage = self._chosen(model)
        return frozenset() if stage is None else frozenset((stage,))

    def show_model(self, model: ModelInfo | None) -> None:
        """Offer the stages of belief maps, and lay the grid out for the joints of the tree."""
        stages = () if model is None else model.stages
        fill(
            self.stage,
            [
                (number, f"Evidence: {spec.name}", f"The maps of {spec.name}.")
                for number, spec in enumerate(stages)
                if spec.kind == "heatmap"
            ],
        )
        rows = {}
        if model is not None and self.stage.count():
            spec = StageSpec("", "heatmap", 1, model.skeleton.joints)
            rows = {row.channel: row for row in rows_for((spec,), show="all")}
            rows = {joint: rows[joint] for joint in tree_joints(model.skeleton)}
        self.grid.show_result(None)
        self.grid.show_stages(_GROUPS, tuple(rows.values()))
        # What is placed at the moment is of other joints.
        self.show_source()
        self.announce()

    def show_source(self) -> None:
        """Drop the answer for another source, or of another network."""
        self._asked, self._drawn = (), None
        self.bridge.session.springs.stop()

    def unfit(self, state: AppState) -> str:
        """Also where a network has no belief maps."""
        if state.model is None or self.stage.count():
            return ""
        return "This network has no belief maps: springs need a map of every joint."

    def why_empty(self, state: AppState) -> str:
        """Also where nobody is: a tree places joints in whatever it is shown."""
        nobody = state.result is not None and state.result.nobody
        return super().why_empty(state) or (NOBODY if nobody else "")

    def age(self, state: AppState) -> str:
        """Also while the tree is behind the network."""
        text, result = super().age(state), state.result
        behind = result is not None and self.bridge.session.springs.first is not result
        return text or ("Placing the joints…" if behind and not state.playback.playing else "")

    def set_cursor(self, place: tuple[float, float] | None) -> None:
        """Show the crosshair at a frame pixel everywhere."""
        self.grid.set_cursor(place)
        self.pair.point_at(place)

    def draw(self, state: AppState) -> None:
        """Ask for what is on screen, and show the newest answer."""
        self.use.setChecked(state.reading.decoding == "tree")
        self.pair.mirror(state.mirrored)
        stage = None if state.model is None else self._chosen(state.model)
        solver, result = self.bridge.session.springs, state.result
        if result is None or stage is None or state.stale or not self.seen:
            return
        asked = result, stage
        if result.stage(stage) is not None and asked != self._asked:
            self._asked = asked
            solver.look(result, stage=stage)
        answer = solver.answer
        self.grid.show_look(colormap=self._look.colormap, span="tile", gate=state.reading.gate)
        if answer is None or solver.stage != stage:
            self.sentence.setText(solver.state or "Placing the joints…")
            return
        if answer is not self._drawn:
            fresh, self._drawn = self._drawn is None, answer
            self.grid.show_result(answer)
            self.pair.show_pair(answer.frame, (self._scene(answer, EVIDENCE), self._scene(answer)))
            self.pair.first.say(["At own peaks"], corner="bottom left")
            self.pair.second.say(["Held by springs"], corner="bottom left")
            if fresh:
                self.pair.first.fit_box(answer.region)
            self.sentence.setText(_sentence(answer, result))

    # -- inside ---------------------------------------------------------------------------

    def _chosen(self, model: ModelInfo) -> int | None:
        found = self.stage.currentData()
        known = isinstance(found, int) and found < len(model.stages)
        return found if known and model.stages[found].kind == "heatmap" else None

    def _scene(self, answer: FrameResult, stage: int | None = None) -> Scene:
        # Here, not at the top: it brings OpenCV, which the first paint must not wait for.
        from poseviewer.draw.scene import build_scene

        look = replace(
            self._look, ghost=None, arcs=(), hidden=(), truth=False, skeleton=True,
            overlay_stage=None, gate=0.0,
        )  # fmt: skip
        people = answer.poses if stage is None else answer.stage_poses[stage]
        zoom = self.pair.first.scale_for(answer.frame)
        return build_scene(answer, look, poses=people, scale=1 / max(zoom, 1e-6))

    def _on_stage(self) -> None:
        self.announce()
        self.redraw()

    def _on_use(self, on: bool) -> None:
        self.change("reading", decoding="tree" if on else self._other)

    def let_go(self) -> None:
        """Drop the network of the springs."""
        self._asked, self._drawn = (), None
        self.bridge.session.springs.stop()


def _sentence(answer: FrameResult, result: FrameResult) -> str:
    """What the springs changed, and what they cannot know.

    Args:
        answer: Of the tree.
        result: Of the network, whose last stage says what lies on one place rightly.
    """
    alone, together = answer.stage_poses[EVIDENCE], answer.poses
    joints = tree_joints(together.skeleton)
    apart = ((alone.xy[0] - together.xy[0]) ** 2).sum(axis=1) ** 0.5
    # A cell is the least that a joint can be moved by.
    cell = float(abs(answer.stages[0].to_frame[0, 0]))
    moved = [j for j in joints if apart[j] > 1.5 * cell]
    names = ", ".join(together.skeleton.joints[joint].replace("_", " ") for joint in moved[:3])
    more = f" and {len(moved) - 3} more" if len(moved) > 3 else ""
    text = f"Springs moved {names}{more}." if moved else "Springs moved no joint."
    right = counted_twice(result.poses) if len(result.poses) else ()
    twice = [name for name in counted_twice(together) if name not in right]
    if twice:
        *first, last = (f"both {name}s" for name in twice)
        both = f"{', '.join(first)} and {last}" if first else last
        text += f" Counted twice: {both} lie on one place, as left and right never hear each other."
    return text
