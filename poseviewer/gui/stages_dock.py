"""The Stages dock: the network's belief, joint by joint and stage by stage."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSlider,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from poseviewer.core.look import Look
from poseviewer.draw.colour import COLORMAPS
from poseviewer.gui import theme
from poseviewer.gui.dock import Dock
from poseviewer.gui.grid_rows import PARTS, rows_of
from poseviewer.gui.stage_grid import Reading, StageGrid
from poseviewer.gui.tile_area import LARGEST, SMALLEST

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from poseviewer.core.stage import StageSpec
    from poseviewer.gui.bridge import Bridge
    from poseviewer.runtime.state import ModelInfo, View

_PART_TITLES = {
    "arms": "Arms",
    "legs": "Legs",
    "trunk": "Head and trunk",
    "right": "Right side",
    "left": "Left side",
}
_SPANS = (
    ("row", "per joint", "Stages of one joint share a range: see the belief grow."),
    ("tile", "per tile", "Every tile uses all colours: see the shape of weak maps."),
    ("all", "shared", "All tiles share one range: see which joints are sure."),
)
_PACE = 50
"""Least milliseconds between two drawings while playing; nobody reads maps faster."""

_ONE_LINE = 580
"""Width from which all controls stand in one line."""

_MAPS = ("heatmap", "paf")
"""Kinds of stage that are maps."""


class StagesDock(Dock):
    """A grid of belief maps, each tile the region with the belief glowing on it."""

    tile_chosen = Signal(int, object)
    """Stage, and channel or None for all joints, to lay over the frame."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(bridge, parent, title="Stages", name="stages_dock", pace=_PACE)
        self._look = Look()
        self._model: ModelInfo | None = None
        self._visible: frozenset[int] = frozenset()
        self.grid = StageGrid()
        self.grid.chosen.connect(self.tile_chosen)
        self.grid.read.connect(self._on_read)
        self.grid.seen_changed.connect(self._on_seen)
        self.grid.resized_tiles.connect(self._on_resized)
        self._empty = QLabel()
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._empty.setForegroundRole(self._empty.palette().ColorRole.PlaceholderText)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.grid)
        self.reading = QLabel()
        self.reading.setFont(theme.digits())
        self.reading.setForegroundRole(self.reading.palette().ColorRole.PlaceholderText)
        self.reading.setAccessibleName("Belief under the pointer")
        self.reading.setMinimumWidth(1)

        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 6, 4, 4)
        column.setSpacing(6)
        self._controls = QBoxLayout(QBoxLayout.Direction.TopToBottom)
        self._controls.setSpacing(6)
        self._controls.addLayout(self._choosers(), 1)
        self._controls.addLayout(self._sliders(), 1)
        column.addLayout(self._controls)
        column.addWidget(self._stack, 1)
        column.addWidget(self.reading)
        self.setWidget(page)
        self.visibilityChanged.connect(self._on_seen)

    # -- what the window calls ------------------------------------------------------------

    def visible_stages(self) -> frozenset[int]:
        """Numbers of the stages that can be seen here, so that no other leaves the device."""
        if not self.seen or self._model is None:
            return frozenset()
        return self.grid.seen_stages

    def show_look(self, look: Look) -> None:
        """Follow what is drawn over the frame: the chosen tile, opacity and colour map."""
        self._look = look
        self.grid.show_choice(look.overlay_stage, look.overlay_channel)
        with QSignalBlocker(self.opacity):
            self.opacity.setValue(round(look.opacity * 100))
        self.colormap.setCurrentIndex(self.colormap.findData(look.colormap))
        self._restyle()

    def set_cursor(self, place: tuple[float, float] | None) -> None:
        """Show the crosshair at a frame pixel; None removes it."""
        self.grid.set_cursor(place)

    def paced(self, view: View) -> bool:
        """Only while playing: a step is seen at once."""
        return view.transport.playing

    def show_view(self, view: View) -> None:
        """Show the newest result."""
        if view.model is not self._model:
            self._model = view.model
            self._fill_show()
            self._lay_out()
        self.grid.show_look(
            colormap=self._look.colormap, span=self.span.currentData(), gate=view.choices.gate
        )
        self.grid.show_result(view.result)
        text = _why_empty(view, self._stages())
        if text:
            self._empty.setText(text)
            self.reading.setText("")
        self._stack.setCurrentWidget(self._empty if text else self.grid)

    # -- inside ---------------------------------------------------------------------------

    def _choosers(self) -> QHBoxLayout:
        self.show_box = _combo("Joints shown", "Which joints have a row.")
        self.show_box.activated.connect(self._lay_out)
        self.colormap = _combo("Colour map", "How belief becomes colour, here and on the frame.")
        for name in COLORMAPS:
            self.colormap.addItem(name, name)
        self.colormap.activated.connect(
            lambda row: self._edit(colormap=self.colormap.itemData(row))
        )
        self.span = _combo("Range", "Which tiles share one range of values.")
        for row, (value, shown, tip) in enumerate(_SPANS):
            self.span.addItem(shown, value)
            self.span.setItemData(row, tip, Qt.ItemDataRole.ToolTipRole)
        self.span.activated.connect(self._restyle)
        self._fill_show()
        line = QHBoxLayout()
        for box in (self.show_box, self.colormap, self.span):
            line.addWidget(box, 1)
        return line

    def _sliders(self) -> QHBoxLayout:
        self.opacity = _slider("Opacity", "How much of the frame the chosen map covers.")
        self.opacity.setRange(5, 100)
        self.opacity.setValue(round(self._look.opacity * 100))
        self.opacity.valueChanged.connect(lambda value: self._edit(opacity=value / 100))
        self.tile_slider = _slider("Tile size", "Width of the tiles; also Ctrl and the wheel.")
        self.tile_slider.setRange(SMALLEST, LARGEST)
        self.tile_slider.valueChanged.connect(self._on_size)
        self.fit = QToolButton()
        self.fit.setText("Fit")
        self.fit.setCheckable(True)
        self.fit.setChecked(True)
        self.fit.setProperty("wide", True)
        self.fit.setAccessibleName("Fit the tiles")
        self.fit.setToolTip("Choose size and banks so that as much as can be is seen.")
        self.fit.clicked.connect(self._on_fit)
        line = QHBoxLayout()
        for name, slider in (("opacity", self.opacity), ("size", self.tile_slider)):
            label = QLabel(name)
            label.setForegroundRole(label.palette().ColorRole.PlaceholderText)
            label.setBuddy(slider)
            label.setToolTip(slider.toolTip())
            line.addWidget(label)
            line.addWidget(slider, 1)
        line.addWidget(self.fit)
        return line

    def _fill_show(self) -> None:
        chosen = self.show_box.currentData() or "all"
        self.show_box.clear()
        self.show_box.addItem("all joints", "all")
        self.show_box.addItem("joints together", "sum")
        for part in PARTS:
            self.show_box.addItem(_PART_TITLES[part].lower(), part)
        self.show_box.insertSeparator(self.show_box.count())
        for channel in self._channels():
            self.show_box.addItem(channel.replace("_", " "), channel)
        self.show_box.setCurrentIndex(max(self.show_box.findData(chosen), 0))

    def _stages(self) -> tuple[tuple[int, StageSpec], ...]:
        stages = () if self._model is None else self._model.stages
        return tuple((number, spec) for number, spec in enumerate(stages) if spec.kind in _MAPS)

    def _channels(self) -> tuple[str, ...]:
        stages = self._stages()
        return stages[-1][1].channels if stages else ()

    def _lay_out(self) -> None:
        rows = rows_of(self._channels(), show=self.show_box.currentData())
        self.grid.show_stages(self._stages(), rows)

    def _restyle(self) -> None:
        self.grid.show_look(
            colormap=self._look.colormap, span=self.span.currentData(), gate=self.grid.gate
        )

    def _edit(self, **changes: object) -> None:
        self.look_edited.emit(changes)

    def _on_read(self, reading: Reading | None) -> None:
        self.hovered.emit(None if reading is None else reading.frame)
        # The crosshair of the pointer itself; the frame view's comes by `set_cursor`.
        self.grid.set_cursor(None if reading is None else reading.frame)
        self.reading.setText("" if reading is None else self._sentence(reading))

    def _sentence(self, reading: Reading) -> str:
        assert self._model is not None
        stage = self._model.stages[reading.stage].name
        value = "not asked for" if isnan(reading.value) else f"{reading.value:.3f}"
        x, y = reading.frame
        return (
            f"{reading.row.label} · {stage}   belief {value}   "
            f"cell {reading.cell[0]}, {reading.cell[1]}   pixel {x:.0f}, {y:.0f}"
        )

    def _on_seen(self) -> None:
        visible = self.visible_stages()
        if visible != self._visible:
            self._visible = visible
            self.stages_changed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put all controls in one line where there is room: tiles need the height."""
        super().resizeEvent(event)
        way = QBoxLayout.Direction
        wide = event.size().width() >= _ONE_LINE
        self._controls.setDirection(way.LeftToRight if wide else way.TopToBottom)

    def _on_size(self, width: int) -> None:
        self.fit.setChecked(False)
        self.grid.set_tile_width(width)

    def _on_fit(self, on: bool) -> None:
        self.grid.set_tile_width(None if on else self.grid.tile_width)

    def _on_resized(self, width: int) -> None:
        self.fit.setChecked(self.grid.fitting)
        with QSignalBlocker(self.tile_slider):
            self.tile_slider.setValue(width)


def _combo(name: str, tip: str) -> QComboBox:
    box = QComboBox()
    box.setAccessibleName(name)
    box.setToolTip(tip)
    box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    box.setMinimumContentsLength(5)
    return box


def _slider(name: str, tip: str) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setAccessibleName(name)
    slider.setToolTip(tip)
    slider.setMinimumWidth(48)
    return slider


def _why_empty(view: View, stages: tuple[tuple[int, StageSpec], ...]) -> str:
    if view.source is None:
        return "The belief maps of every stage appear here: open a clip or a camera."
    if view.model is None:
        return view.busy or "No network is loaded yet: choose one in the Model dock."
    if not stages:
        return (
            f"{view.model.name} has no belief maps: its stages are coordinates. The keys of the "
            "stages show on the frame where each one looked, and what it moved."
        )
    if view.result is None:
        return "Waiting for the network's first answer."
    return ""
