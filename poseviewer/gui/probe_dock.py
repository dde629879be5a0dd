"""The Probe dock: the modules of the network, and what a layer answers to the frame shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from poseviewer.core.look import Look
from poseviewer.gui import theme
from poseviewer.gui.activation_tiles import ActivationTiles, TileReading
from poseviewer.gui.dock import Dock
from poseviewer.gui.layer_tree import LayerTree, shape_text
from poseviewer.gui.picture import shown_pair
from poseviewer.gui.probe_controls import ProbeControls
from poseviewer.runtime.probe import Look as LayerLook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QResizeEvent

    from poseviewer.core.layer import Activations, Layer
    from poseviewer.core.result import FrameResult
    from poseviewer.draw.primitives import Item
    from poseviewer.gui.bridge import Bridge
    from poseviewer.runtime.state import ModelInfo, View

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
