"""The Decoding dock: people grow on the frame, step by step, as the decoder put them together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QSlider, QVBoxLayout, QWidget

from poseviewer.core.growth import sentence_of, steps_of
from poseviewer.draw.growth import growth_items
from poseviewer.draw.primitives import design_scale
from poseviewer.gui.plain import Label
from poseviewer.gui.widgets import combo, toggle
from poseviewer.gui.window.dock import NOBODY, Dock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from poseviewer.core.growth import Step
    from poseviewer.core.parsing import Parsing
    from poseviewer.core.result import FrameResult
    from poseviewer.draw.primitives import Item
    from poseviewer.gui.bridge import Bridge
    from poseviewer.runtime.state import AppState, ModelInfo

_PACE = 200
"""Least milliseconds between two drawings while playing."""

_STEP = 350
"""Milliseconds that a step is seen while they are played."""


class DecodingDock(Dock):
    """The steps of the decoder as a list, to go through or to play."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(
            bridge,
            parent,
            title="Decoding",
            name="decoding_dock",
            pace=_PACE,
            purpose="How people are put together, step by step, appears here",
        )
        self._parsing: Parsing | None = None
        self._steps: tuple[Step, ...] = ()
        self._numbers: tuple[int, ...] = ()
        """Of the people of the parsing, as everywhere else."""
        self._people: tuple[str, ...] = ()
        """What they are called."""
        self._at_end = True
        self._beat = QTimer(self, interval=_STEP)
        self._beat.timeout.connect(self._advance)
        content = self._contents()
        tools = self._tools_row()
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 6, 8, 8)
        column.setSpacing(6)
        column.addWidget(tools)
        column.addWidget(self.holder(content, tools=(tools,)), 1)
        self.setWidget(page)

    def _contents(self) -> QWidget:
        self.words = Label()
        self.words.setWordWrap(True)
        self.words.setAccessibleName("What this step does")
        self.list = QListWidget()
        self.list.setAccessibleName("Steps of the decoder")
        self.list.setUniformItemSizes(True)
        self.list.currentRowChanged.connect(self._on_row)
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.words)
        column.addWidget(self.list, 1)
        return content

    def _tools_row(self) -> QWidget:
        self.stage_box = combo(
            "Stage", "Of which stage the people are, or how often joints are refined.", letters=9
        )
        self.stage_box.currentIndexChanged.connect(lambda _: self._on_stage())
        self.play = toggle("Play", "Show the steps one after another.", name="Play the steps")
        self.play.toggled.connect(self._on_play)
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Step")
        self.slider.setToolTip("The step that is shown on the frame")
        self.slider.valueChanged.connect(self.list.setCurrentRow)
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.stage_box)
        line.addWidget(self.play)
        line.addWidget(self.slider, 1)
        return row

    # -- what a dock gives ----------------------------------------------------------------

    def show_model(self, model: ModelInfo | None) -> None:
        """Offer the stages whose people can be looked at."""
        specs = () if model is None else model.stages
        with QSignalBlocker(self.stage_box):
            self.stage_box.clear()
            for number, spec in enumerate(specs):
                # Of a pair the second stands for both.
                pair = spec.partner is not None and spec.partner > number
                if spec.answers and not pair:
                    self.stage_box.addItem(spec.name, number)
            self.stage_box.setCurrentIndex(self.stage_box.count() - 1)

    def unfit(self, state: AppState) -> str:
        """Also where a network puts nobody together."""
        if state.result is None or state.stale or state.result.parsings:
            return ""
        return (
            "This network puts nobody together from joints: choose PoseNet or an OpenPose in the "
            "Model dock to see how that is done."
        )

    def why_empty(self, state: AppState) -> str:
        """Also where nobody was found."""
        missing = super().why_empty(state)
        if missing or self._steps:
            return missing
        return "Analysing…" if state.stale else NOBODY

    def draw(self, state: AppState) -> None:
        """Show the steps of the newest result."""
        parsing = None if state.result is None else self._chosen(state.result)
        numbers = () if parsing is None else self._numbers_in(state.result)
        people = _called(numbers, dict(state.people.names))
        if (parsing, numbers, people) == (self._parsing, self._numbers, self._people):
            return
        self._parsing, self._numbers, self._people = parsing, numbers, people
        skeleton = None if state.result is None else state.result.poses.skeleton
        self._steps = ()
        if parsing is not None and skeleton is not None:
            self._steps = steps_of(parsing, skeleton)
        last = len(self._steps) - 1
        row = last if self._at_end else min(max(self.list.currentRow(), 0), last)
        with QSignalBlocker(self.list), QSignalBlocker(self.slider):
            self.list.clear()
            if skeleton is not None:
                texts = (sentence_of(step, skeleton, people) for step in self._steps)
                self.list.addItems([f"{n}  {text}" for n, text in enumerate(texts, start=1)])
            self.slider.setRange(0, max(last, 0))
            self.slider.setValue(row)
            self.list.setCurrentRow(row)
        self._say()
        self.items_changed.emit()

    def items(self, result: FrameResult) -> Sequence[Item]:
        """People as far as they are put together at the present step."""
        if not self._steps or self._chosen(result) is not self._parsing:
            return ()
        scale = design_scale(result.frame.size)
        return growth_items(self._steps, self.list.currentRow(), numbers=self._numbers, scale=scale)

    @property
    def overlay_name(self) -> str:
        """Which step is drawn."""
        return f"decoding, step {self.list.currentRow() + 1} of {len(self._steps)}"

    # -- inside ---------------------------------------------------------------------------

    def _chosen(self, result: FrameResult) -> Parsing | None:
        number: int | None = self.stage_box.currentData()
        if number is None or number >= len(result.parsings):
            return None
        return result.parsings[number]

    def _numbers_in(self, result: FrameResult | None) -> tuple[int, ...]:
        stage = self.stage_box.currentData()
        return () if result is None else tuple(result.numbers(stage).tolist())

    def _say(self) -> None:
        row = self.list.currentRow()
        people = len({step.person for step in self._steps[: row + 1] if step.person >= 0})
        who = "1 person" if people == 1 else f"{people} people"
        self.words.setText(f"Step {row + 1} of {len(self._steps)}: {who} so far.")

    def _on_stage(self) -> None:
        self._at_end = True
        self.redraw()

    def _on_row(self, row: int) -> None:
        self._at_end = row == len(self._steps) - 1
        with QSignalBlocker(self.slider):
            self.slider.setValue(row)
        self._say()
        self.items_changed.emit()

    def _on_play(self, playing: bool) -> None:
        if not playing:
            self._beat.stop()
            return
        if self.list.currentRow() >= len(self._steps) - 1:
            self.list.setCurrentRow(0)
        self._beat.start()

    def _advance(self) -> None:
        row = self.list.currentRow() + 1
        if row < len(self._steps) and self.seen:
            self.list.setCurrentRow(row)
        else:
            self.play.setChecked(False)


def _called(numbers: Sequence[int], names: Mapping[int, str]) -> tuple[str, ...]:
    """What people are called within a sentence."""
    return tuple(
        names.get(number, f"person {number}" if number >= 0 else "a person without a number")
        for number in numbers
    )
