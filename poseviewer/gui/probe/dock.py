"""What is seen of a layer: which tensor, which channels, in which range."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QSplitter,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from poseviewer.core.layer import LayerChoice
from poseviewer.core.look import Look
from poseviewer.gui import theme
from poseviewer.gui.frame.hud import joint_title
from poseviewer.gui.frame.scene import shown_pair
from poseviewer.gui.probe.tiles import ActivationTiles, TileReading
from poseviewer.gui.probe.tree import LayerTree, shape_text
from poseviewer.gui.window.dock import Dock
from poseviewer.runtime.probe import Look as LayerLook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QResizeEvent

    from poseviewer.core.layer import Activations, Layer
    from poseviewer.core.result import FrameResult
    from poseviewer.draw.primitives import Item
    from poseviewer.gui.bridge import Bridge
    from poseviewer.runtime.state import ModelInfo, View

_ALL, _CHOSEN = -1, 0
_SHOWN = (
    (16, "top 16", "The channels with the greatest mean absolute activation."),
    (64, "top 64", "The channels with the greatest mean absolute activation."),
    (256, "top 256", "The channels with the greatest mean absolute activation."),
    (_ALL, "all, in order", "Every channel by its number."),
    (_CHOSEN, "chosen", "The channels whose numbers you write beside."),
)


class ProbeControls(QWidget):
    """The line of controls above the tiles."""

    changed = Signal()
    """`choice` gives another answer than before."""

    restyled = Signal()
    """The same activations are to be drawn otherwise."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layer: Layer | None = None
        self.output = _combo("Output", "Which of the tensors it returns, call by call.")
        self.joint = _combo("Joint", "Whose crop the later networks of a cascade are shown.")
        self.channels = _combo("Channels", "Which channels have a tile.")
        for row, (value, shown, tip) in enumerate(_SHOWN):
            self.channels.addItem(shown, value)
            self.channels.setItemData(row, tip, Qt.ItemDataRole.ToolTipRole)
        self.channels.setCurrentIndex(1)
        self.numbers = QLineEdit()
        self.numbers.setPlaceholderText("0, 5, 12-20")
        self.numbers.setAccessibleName("Numbers of channels")
        self.numbers.setToolTip("Numbers of channels and ranges of them, such as 0, 5, 12-20.")
        self.numbers.setMinimumWidth(60)
        self.numbers.editingFinished.connect(self.changed)
        self.span = _combo("Range", "Whether all tiles share one range of values.")
        self.span.addItem("shared", True)
        self.span.addItem("per tile", False)
        self.span.activated.connect(self.restyled)
        self.over = QToolButton()
        self.over.setText("Overlay")
        self.over.setCheckable(True)
        self.over.setProperty("wide", True)
        self.over.setAccessibleName("Chosen channel on the picture")
        self.over.setToolTip(
            "Lay the size of the chosen channel's activation over the frame, whatever its sign; "
            "click a tile to choose. Seen while the picture stands still."
        )
        lines = QVBoxLayout(self)
        lines.setContentsMargins(0, 0, 0, 0)
        lines.setSpacing(5)
        # What most layers have no use for has a line of its own: a dock is narrow.
        for boxes in ((self.output, self.joint), (self.channels, self.numbers, self.span)):
            line = QHBoxLayout()
            line.setSpacing(6)
            for box in boxes:
                line.addWidget(box, 1)
            lines.addLayout(line)
        line.addWidget(self.over)
        for chooser in (self.output, self.joint, self.channels):
            chooser.activated.connect(self._on_chosen)
        for widget in (self.output, self.joint, self.numbers):
            widget.hide()

    def choice(self) -> LayerChoice | None:
        """What is to be seen; None where there is nothing yet."""
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
        with QSignalBlocker(self.output):
            self.output.clear()
            for at, one in enumerate(outputs):
                words = [f"call {one.call + 1}"] * calls + [f"part {one.part + 1}"] * parts
                self.output.addItem(", ".join(words), at)
        self.output.setVisible(len(outputs) > 1)
        self._show_joints(layer, model)

    def _show_joints(self, layer: Layer | None, model: ModelInfo | None) -> None:
        """Let the joint be chosen whose crop a later network of a cascade is shown."""
        cascade = model is not None and model.stages[0].kind == "coords"
        later = layer is not None and re.match(r"networks\.[1-9]", layer.path) is not None
        if model is not None and cascade and self.joint.count() != len(model.skeleton.joints):
            self.joint.clear()
            for number, name in enumerate(model.skeleton.joints):
                self.joint.addItem(joint_title(name), number)
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


def _combo(name: str, tip: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(tip)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(3)
    box.setMinimumWidth(52)
    return box


_PACE = 120
"""Least milliseconds between two questions while playing."""

_WIDE = 430
"""Width from which the tiles stand beside the tree."""


class ProbeDock(Dock):
    """A tree of modules; the chosen one's activations as tiles, and one of them on the frame."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(bridge, parent, title="Probe", name="probe_dock", pace=_PACE)
        self._look = Look()
        self._model: ModelInfo | None = None
        self._layer: Layer | None = None
        self._channel: int | None = None
        self._asked: tuple[object, ...] | None = None
        self._shown: Activations | None = None
        self._visible: frozenset[int] = frozenset()
        self._sized = False
        self.tree = LayerTree()
        self.tree.chosen.connect(self._on_layer)
        self.tiles = ActivationTiles()
        self.tiles.read.connect(self._on_read)
        self.tiles.chosen.connect(self._on_channel)
        self.controls = ProbeControls()
        self.controls.changed.connect(self._again)
        self.controls.restyled.connect(self._restyle)
        self.controls.over.toggled.connect(self._on_over)
        self._hint = _words(centred=True)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._hint)
        self._stack.addWidget(self.tiles)
        self.about = _words()
        self.about.setAccessibleName("About the layer")
        self.reading = _words()
        self.reading.setFont(theme.digits())
        self.reading.setAccessibleName("Activation under the pointer")
        self.setWidget(self._lay_out())

    def _lay_out(self) -> QWidget:
        right = QWidget()
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        column.addWidget(self.controls)
        column.addWidget(self._stack, 1)
        column.addWidget(self.about)
        column.addWidget(self.reading)
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._split.setChildrenCollapsible(False)
        self._split.addWidget(self.tree)
        self._split.addWidget(right)
        self._split.setStretchFactor(1, 1)
        page = QWidget()
        whole = QVBoxLayout(page)
        whole.setContentsMargins(8, 6, 4, 4)
        whole.addWidget(self._split)
        return page

    # -- what the window calls ------------------------------------------------------------

    def visible_stages(self) -> frozenset[int]:
        """The final maps, with which the probe compares its own."""
        if not self.seen or self._layer is None or self._model is None:
            return frozenset()
        return frozenset({len(self._model.stages) - 1})

    def show_look(self, look: Look) -> None:
        """Follow the colour map and the opacity."""
        changed = look.opacity != self._look.opacity or look.colormap != self._look.colormap
        self._look = look
        self._restyle()
        if changed and self.controls.over.isChecked():
            self.items_changed.emit()

    def set_cursor(self, place: tuple[float, float] | None) -> None:
        """Show a cross at a frame pixel in every tile."""
        self.tiles.set_cursor(place)

    def items(self, result: FrameResult) -> Sequence[Item]:
        """The chosen channel over the frame it was found for, never over another one."""
        shown, channel = self._shown, self._channel
        if not self.controls.over.isChecked() or shown is None or shown.to_frame is None:
            return ()
        at = np.flatnonzero(shown.channels == channel)
        same = shown.frame.index == result.frame.index and shown.region == result.region
        if not len(at) or not same:
            return ()
        from poseviewer.draw.primitives import MapLayer

        values = np.abs(shown.values[at[0]])
        high = max(float(values.max()), 1e-9)
        look = self._look
        return (MapLayer(values, shown.to_frame, look.colormap, 0.0, high, look.opacity),)

    def paced(self, view: View) -> bool:
        """Only while playing: a step is seen at once."""
        return view.transport.playing

    def show_view(self, view: View) -> None:
        """Ask about the frame shown, and show the newest answer."""
        probe = self.bridge.session.probe
        if view.model is not self._model:
            self._model = view.model
            self._layer = self._channel = None
            self.tree.show_layers("", ())
            self.controls.show_layer(None, view.model)
        _, result = shown_pair(view)
        if self.seen and result is not None and view.model is not None:
            choice = self.controls.choice()
            if self._asked != (result, view.choices, choice):
                self._asked = result, view.choices, choice
                probe.look(LayerLook(result, view.choices, choice))
        name, layers = probe.layers
        if view.model is not None and name == view.model.name and layers != self.tree.layers:
            self.tree.show_layers(name, layers)
        self._show_answer(view, probe.activations, probe.state)
        self._tell_stages()

    # -- inside ---------------------------------------------------------------------------

    def _show_answer(self, view: View, answer: Activations | None, state: str) -> None:
        choice = self.controls.choice()
        if answer is not None and answer.choice != choice:
            answer = None
        hint = self._why_empty(view, state)
        if answer is not None or hint:
            self._hint.setText(hint)
            self._stack.setCurrentWidget(self._hint if answer is None else self.tiles)
        if answer is self._shown:
            return
        if answer is not None or choice is None or hint:
            self._shown = answer
            self.tiles.show_activations(answer)
            self.about.setText("" if answer is None else self._sentence(answer, view))
            if self.controls.over.isChecked():
                self.items_changed.emit()

    def _sentence(self, answer: Activations, view: View) -> str:
        meaning = self.tiles.meaning
        high = 0.0 if meaning is None else meaning.high
        span = (
            f"\N{PLUS-MINUS SIGN}{high:.3g}" if meaning and meaning.signed else f"0 to {high:.3g}"
        )
        kind = "" if self._layer is None else self._layer.kind
        parts = [f"{kind} {shape_text(answer.shape)}", span]
        ran = f"{answer.engine} on the same crop"
        if answer.gap is not None:
            ran += f"; its final maps are within {answer.gap:.1g} of those shown"
        elif view.choices.flip:
            ran += "; not averaged with the mirror image, as the answer shown is"
        return "   ".join(part for part in (*parts, ran) if part)

    def _why_empty(self, view: View, state: str) -> str:
        if view.source is None:
            return "What any layer answers to a frame appears here: open a clip or a camera."
        if view.model is None:
            return view.busy or "No network is loaded yet: choose one in the Model dock."
        if state:
            return state
        if self._layer is None:
            return "Choose a module in the tree to see what it answers to the frame shown."
        if not self._layer.outputs:
            return "The network does not call this module itself: choose one inside it."
        if self.controls.choice() is None:
            return "Write the numbers of the channels to see, such as 0, 5, 12-20."
        return ""

    def _on_layer(self, layer: Layer | None) -> None:
        self._layer, self._channel = layer, None
        self.tiles.show_choice(None)
        self.controls.show_layer(layer, self._model)
        self._again()

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

    def _again(self) -> None:
        if self.seen:
            self.show_view(self.bridge.session.view())

    def _tell_stages(self) -> None:
        visible = self.visible_stages()
        if visible != self._visible:
            self._visible = visible
            self.stages_changed.emit()

    def _on_visibility(self, visible: bool) -> None:
        super()._on_visibility(visible)
        if not visible:
            self._asked = None
            self.bridge.session.probe.look(None)
        self._tell_stages()

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


def _reading(reading: TileReading) -> str:
    x, y = reading.cell
    words = f"channel {reading.channel}   value {reading.value:.4g}   cell {x}, {y}"
    if reading.frame is not None:
        words += f"   pixel {reading.frame[0]:.0f}, {reading.frame[1]:.0f}"
    return f"{words}   mean size {reading.strength:.3g}"


def _words(*, centred: bool = False) -> QLabel:
    label = QLabel()
    label.setWordWrap(True)
    label.setMinimumWidth(1)
    label.setForegroundRole(label.palette().ColorRole.PlaceholderText)
    if centred:
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return label
