"""The Probe dock: what any layer of the network returns for the frame shown."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QLineEdit, QSizePolicy, QSplitter, QVBoxLayout, QWidget

from poseviewer.core.layer import LayerChoice
from poseviewer.draw.kinds import painter_of
from poseviewer.draw.primitives import design_scale
from poseviewer.gui import theme
from poseviewer.gui.frame.hud import joint_title
from poseviewer.gui.probe.tiles import ActivationTiles, TileReading
from poseviewer.gui.probe.tree import LayerTree, shape_text
from poseviewer.gui.widgets import WrapLayout, combo, fill, quiet_label, toggle
from poseviewer.gui.window.dock import Dock
from poseviewer.runtime.probe import LayerRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QResizeEvent

    from poseviewer.core.layer import Activations, Layer
    from poseviewer.core.look import Look
    from poseviewer.core.result import FrameResult
    from poseviewer.draw.primitives import Item
    from poseviewer.gui.bridge import Bridge
    from poseviewer.runtime.state import AppState, ModelInfo

_ALL, _CHOSEN = -1, 0
_SHOWN = (
    (16, "top 16", "The channels with the greatest mean absolute activation."),
    (64, "top 64", "The channels with the greatest mean absolute activation."),
    (256, "top 256", "The channels with the greatest mean absolute activation."),
    (_ALL, "all, in order", "Every channel by its number."),
    (_CHOSEN, "chosen", "The channels whose numbers you write beside."),
)


class ProbeControls(QWidget):
    """Which tensor, which channels, in which range."""

    changed = Signal()
    """`choice` gives another answer than before."""

    restyled = Signal()
    """The same activations are to be drawn in another way."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layer: Layer | None = None
        self.output = combo("Output", "Which of the tensors it returns, call by call.")
        self.joint = combo("Joint", "Whose crop the later networks of a cascade are shown.")
        self.channels = combo("Channels", "Which channels have a tile.", _SHOWN)
        self.channels.setCurrentIndex(1)
        self.numbers = QLineEdit()
        self.numbers.setPlaceholderText("0, 5, 12-20")
        self.numbers.setAccessibleName("Numbers of channels")
        self.numbers.setToolTip("Numbers of channels and ranges of them, such as 0, 5, 12-20.")
        self.numbers.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.numbers.editingFinished.connect(self.changed)
        self.span = combo("Range", "Whether all tiles share one range of values.")
        self.span.addItem("shared", True)
        self.span.addItem("per tile", False)
        self.span.activated.connect(self.restyled)
        self.over = toggle(
            "Overlay",
            "Show the size of the chosen channel's activation on the frame, whatever its sign; "
            "click a tile to choose. Shown while playback is paused.",
            name="Chosen channel on the frame",
        )
        WrapLayout(self, self.output, self.joint, self.channels, self.numbers, self.span, self.over)
        for chooser in (self.output, self.joint, self.channels):
            chooser.activated.connect(self._on_chosen)
        for widget in (self.output, self.joint, self.numbers):
            widget.hide()

    def choice(self) -> LayerChoice | None:
        """The tensor and channels to show; None where there are none yet."""
        layer, output, how = self._layer, self.output.currentData(), self.channels.currentData()
        if layer is None or output is None:
            return None
        count = layer.outputs[output].shape[0]
        joint = self.joint.currentData() if self.joint.isVisibleTo(self) else 0
        if how == _ALL:
            return LayerChoice(layer.path, output, tuple(range(count)), joint=joint or 0)
        if how == _CHOSEN:
            numbers = numbers_in(self.numbers.text(), count=count)
            return LayerChoice(layer.path, output, numbers, joint=joint or 0) if numbers else None
        return LayerChoice(layer.path, output, most=how, joint=joint or 0)

    def show_layer(self, layer: Layer | None, model: ModelInfo | None) -> None:
        """Offer what a layer of a network returns."""
        self._layer = layer
        outputs = () if layer is None else layer.outputs
        calls, parts = (any(getattr(o, kind) for o in outputs) for kind in ("call", "part"))
        self.output.clear()
        for at, one in enumerate(outputs):
            words = [f"call {one.call + 1}"] * calls + [f"part {one.part + 1}"] * parts
            self.output.addItem(", ".join(words), at)
        self.output.setVisible(len(outputs) > 1)
        self._show_joints(layer, model)

    def _show_joints(self, layer: Layer | None, model: ModelInfo | None) -> None:
        """Offer the joints whose crops a later network of a cascade is shown."""
        cascade = model is not None and not model.stages[0].meaning.mapped
        later = layer is not None and re.match(r"networks\.[1-9]", layer.path) is not None
        titles = [joint_title(name) for name in model.skeleton.joints] if model and cascade else []
        if titles != [self.joint.itemText(row) for row in range(self.joint.count())]:
            fill(self.joint, [(n, title, self.joint.toolTip()) for n, title in enumerate(titles)])
        self.joint.setVisible(cascade and later)

    def _on_chosen(self) -> None:
        self.numbers.setVisible(self.channels.currentData() == _CHOSEN)
        self.changed.emit()


def numbers_in(text: str, *, count: int) -> tuple[int, ...]:
    """The channels below `count` that a text such as `0, 5, 12-20` names, each once."""
    found: dict[int, None] = {}
    for first, last in re.findall(r"(\d+)(?:\s*[-\N{EN DASH}]\s*(\d+))?", text):
        found |= dict.fromkeys(range(int(first), min(int(last or first), count - 1) + 1))
    return tuple(found)


_PACE = 120
"""Least milliseconds between two requests while playing."""

_WIDE = 430
"""Width from which the tiles stand beside the tree."""


class ProbeDock(Dock):
    """A tree of modules; the chosen one's activations as tiles, and one of them on the frame."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(
            bridge,
            parent,
            title="Probe",
            name="probe_dock",
            pace=_PACE,
            purpose="What any layer returns for a frame appears here",
        )
        self._layer: Layer | None = None
        self._channel: int | None = None
        self._asked: tuple[object, ...] | None = None
        self._shown: Activations | None = None
        self._laid_as: tuple[object, ...] = ()
        self._sized = False
        self.tree = LayerTree()
        self.tree.chosen.connect(self._on_layer)
        self.tiles = ActivationTiles()
        self.tiles.setMinimumHeight(48)
        self.tiles.read.connect(self._on_read)
        self.tiles.chosen.connect(self._on_channel)
        self.controls = ProbeControls()
        self.controls.changed.connect(self.redraw)
        self.controls.restyled.connect(self._restyle)
        self.controls.over.toggled.connect(self._on_over)
        self.about = quiet_label("About the layer")
        self.reading = quiet_label("Activation under the pointer")
        self.reading.setFont(theme.digits())
        self._lay_out()

    def _lay_out(self) -> None:
        page = QWidget()
        # First: what gets another parent later is styled again with all that is in it.
        self.setWidget(page)
        whole = QVBoxLayout(page)
        whole.setContentsMargins(8, 6, 4, 4)
        self._split = QSplitter(Qt.Orientation.Horizontal)
        whole.addWidget(self._split)
        content = QWidget()
        inner = QVBoxLayout(content)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(5)
        inner.addWidget(self.tiles, 1)
        inner.addWidget(self.about)
        inner.addWidget(self.reading)
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addWidget(self.controls)
        column.addWidget(self.holder(content), 1)
        self._split.setChildrenCollapsible(False)
        # Less than both need beside each other: they stand one above the other before that.
        self._split.setMinimumWidth(200)
        self._split.addWidget(self.tree)
        self._split.addWidget(right)
        self._split.setStretchFactor(1, 1)

    # -- what a dock gives ----------------------------------------------------------------

    def stages_for(self, model: ModelInfo) -> frozenset[int]:
        """The final maps, with which the probe compares its own."""
        return frozenset() if self._layer is None else frozenset({len(model.stages) - 1})

    def show_look(self, look: Look) -> None:
        """Follow the colour map and the opacity."""
        self._restyle()
        if (look.opacity, look.colormap) != self._laid_as:
            self._laid_as = look.opacity, look.colormap
            if self.controls.over.isChecked():
                self.items_changed.emit()

    def set_cursor(self, place: tuple[float, float] | None) -> None:
        """Show a cross at a frame pixel in every tile."""
        self.tiles.set_cursor(place)

    def items(self, result: FrameResult) -> Sequence[Item]:
        """The chosen channel as an overlay of its own frame only."""
        shown, channel = self._shown, self._channel
        output = None if shown is None else shown.output
        if not self.controls.over.isChecked() or shown is None or output is None:
            return ()
        at = np.flatnonzero(shown.channels == channel)
        if not len(at) or not _is_of(shown, result):
            return ()
        look = replace(self._look, overlay_channel=int(at[0]))
        scale = design_scale(result.frame.size)
        return painter_of(output.spec.kind).overlay(result, output, look, scale=scale)[0]

    @property
    def overlay_name(self) -> str:
        """The layer and channel that is shown on the frame."""
        return f"{self._layer.path if self._layer else 'layer'}, channel {self._channel}"

    def show_model(self, model: ModelInfo | None) -> None:
        """Drop the layer: another network has others."""
        self._layer = self._channel = None
        self.tree.show_layers("", ())
        self.controls.show_layer(None, model)
        self._show_activations(None, self.state)

    def show_source(self) -> None:
        """Drop the activations of another source."""
        self._asked = None
        self.bridge.session.probe.look(None)
        self._show_activations(None, self.state)

    def draw(self, state: AppState) -> None:
        """Request the answer for the frame on screen, and show the newest one."""
        probe, result = self.bridge.session.probe, state.result
        if self.seen and result is not None and state.answer is not None and not state.stale:
            choice = self.controls.choice()
            if self._asked != (result, choice):
                self._asked = result, choice
                probe.look(LayerRequest(state.answer, choice))
        name, layers = probe.layers
        if state.model is not None and name == state.model.name and layers != self.tree.layers:
            self.tree.show_layers(name, layers)
        choice, answer = self.controls.choice(), probe.activations
        if answer is not None and answer.choice == choice:
            self._show_activations(answer, state)
        elif choice is None or probe.state:
            self._show_activations(None, state)

    def why_empty(self, state: AppState) -> str:
        """Why there are no tiles: nothing is chosen, or the answer is awaited."""
        if self._shown is not None:
            return ""
        if text := super().why_empty(state) or self.bridge.session.probe.state:
            return text
        if self._layer is None:
            return "Choose a module in the tree to see what it returns for the frame shown."
        if not self._layer.outputs:
            return "The network does not call this module itself: choose one inside it."
        if self.controls.choice() is None:
            return "Write the numbers of the channels to see, such as 0, 5, 12-20."
        return "Analysing…"

    def age(self, state: AppState) -> str:
        """Also while the activations are of another frame or layer than the chosen one."""
        text, shown, result = super().age(state), self._shown, state.result
        if text or state.playback.playing or shown is None or result is None:
            return text
        if shown.choice != self.controls.choice():
            return f"Of {shown.choice.path or 'the whole network'}. Analysing…"
        if _is_of(shown, result):
            return ""
        at = shown.frame.index
        return "Analysing…" if at == result.frame.index else f"Of frame {at}. Analysing…"

    # -- inside ---------------------------------------------------------------------------

    def _show_activations(self, shown: Activations | None, state: AppState) -> None:
        if shown is self._shown:
            return
        self._shown = shown
        self.tiles.show_activations(shown)
        self.about.setText("" if shown is None else self._sentence(shown, state))
        if self.controls.over.isChecked():
            self.items_changed.emit()

    def _sentence(self, answer: Activations, state: AppState) -> str:
        meaning = self.tiles.meaning
        high = 0.0 if meaning is None else meaning.high
        span = (
            f"\N{PLUS-MINUS SIGN}{high:.3g}" if meaning and meaning.signed else f"0 to {high:.3g}"
        )
        kind = "" if self._layer is None else self._layer.kind
        parts = [f"{kind} {shape_text(answer.shape)}", span, "not trained to be read"]
        ran = f"{answer.engine}, same crop"
        if answer.gap is not None:
            ran += f"; final maps within {answer.gap:.1g} of those shown"
        elif state.answer is not None and state.answer.key.flip:
            ran += "; not averaged with the mirror image"
        return "   ".join(part for part in (*parts, ran) if part)

    def _on_layer(self, layer: Layer | None) -> None:
        self._layer, self._channel = layer, None
        self.tiles.show_choice(None)
        self.controls.show_layer(layer, self.model)
        self.redraw()

    def _on_channel(self, channel: int | None) -> None:
        self._channel = channel
        if self.controls.over.isChecked():
            self.items_changed.emit()
        elif channel is not None:
            self.controls.over.setChecked(True)

    def _on_over(self) -> None:
        if self.controls.over.isChecked() and self._channel is None and self._shown is not None:
            self._channel = int(self._shown.channels[0]) if len(self._shown.channels) else None
            self.tiles.show_choice(self._channel)
        self.items_changed.emit()

    def _restyle(self) -> None:
        self.tiles.show_look(colormap=self._look.colormap, shared=self.controls.span.currentData())

    def _on_read(self, reading: TileReading | None) -> None:
        self.hovered.emit(None if reading is None else reading.frame)
        self.tiles.set_cursor(None if reading is None else reading.frame)
        self.reading.setText("" if reading is None else _reading(reading))

    def let_go(self) -> None:
        """Drop the network that is looked into."""
        self._asked = None
        self.bridge.session.probe.look(None)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the tiles beside the tree where there is room."""
        super().resizeEvent(event)
        wide = event.size().width() >= _WIDE
        way = Qt.Orientation.Horizontal if wide else Qt.Orientation.Vertical
        if way != self._split.orientation() or not self._sized:
            self._sized = True
            self._split.setOrientation(way)
            whole = event.size().width() if wide else event.size().height()
            self._split.setSizes([round(whole * 0.48), round(whole * 0.52)])


def _is_of(shown: Activations, result: FrameResult) -> bool:
    """Whether activations are of the frame and network of `result`."""
    return shown.frame.index == result.frame.index and shown.region == result.region


def _reading(reading: TileReading) -> str:
    x, y = reading.cell
    words = f"channel {reading.channel}   value {reading.value:.4g}   cell {x}, {y}"
    if reading.frame is not None:
        words += f"   pixel {reading.frame[0]:.0f}, {reading.frame[1]:.0f}"
    return f"{words}   mean size {reading.strength:.3g}"
