"""The controls of the Stages dock."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QConicalGradient, QPainter, QPaintEvent, QRadialGradient
from PySide6.QtWidgets import (
    QBoxLayout,
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLabel,
    QSlider,
    QToolButton,
    QWidget,
)

from poseviewer.core.look import Look
from poseviewer.core.stage import grouped
from poseviewer.draw.colour import COLORMAPS, CYCLIC, lut
from poseviewer.gui.stages.grid import LARGEST, SMALLEST
from poseviewer.gui.stages.rows import PARTS, fields_of, rows_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.core.stage import StageSpec
    from poseviewer.runtime.state import ModelInfo

_PART_TITLES = {
    "arms": "arms",
    "legs": "legs",
    "trunk": "head and trunk",
    "right": "right side",
    "left": "left side",
}
_SPANS = (
    ("row", "per joint", "Stages of one joint share a range: see the belief grow."),
    ("tile", "per tile", "Every tile uses all colours: see the shape of weak maps."),
    ("all", "shared", "All tiles share one range: see which joints are sure."),
)
_ONE_LINE = 860
"""Width from which all controls stand in one line."""

_TWO_LINES = 520
"""Height from which the second line takes nothing that the tiles need."""


class StageControls(QWidget):
    """What is shown and how; the second line gives way where the tiles need the height."""

    edited = Signal(dict)
    """Fields of `Look` that were changed here, with their new values."""

    rows_changed = Signal()
    """Other joints or limbs were chosen."""

    span_changed = Signal()
    """Other tiles share a range."""

    sized = Signal(object)
    """The width of a tile that was chosen, or None to fit the tiles."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._room = (0, 0)
        self._model: ModelInfo | None = None
        self._lines = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(6)
        self._lines.addLayout(self._choosers(), 1)
        self._second = QWidget()
        self._second.setLayout(self._sliders())
        self._lines.addWidget(self._second, 1)
        self.show_model(None)

    def show_model(self, model: ModelInfo | None) -> None:
        """Offer the joints and stages of a network."""
        self._model = model
        stages = () if model is None else model.stages
        fields = bool(fields_of(stages))
        chosen = self.show_box.currentData() or "all"
        box = self.show_box
        box.clear()
        box.addItem("everything" if fields else "all joints", "all")
        if fields:
            box.addItem("all joints", "joints")
            box.addItem("all limbs", "limbs")
        box.addItem("joints together" if not fields else "together", "sum")
        for part in PARTS:
            box.addItem(_PART_TITLES[part], part)
        box.insertSeparator(box.count())
        names = fields_of(stages)
        for row in rows_for(stages, show="all"):
            if row.channel is not None:
                shown = _channels(stages) if row.kind != "paf" else names
                box.addItem(row.title, shown[row.channel])
        if "background" in _channels(stages):
            box.addItem("background", "background")
        box.setCurrentIndex(max(box.findData(chosen), 0))
        self.ghost.clear()
        self.ghost.addItem("no ghost", None)
        for group in grouped(stages):
            self.ghost.addItem(f"ghost of {group.title}", group.last)
        self.arrows.setVisible(fields)

    def show_look(self, look: Look) -> None:
        """Follow how results are drawn."""
        with QSignalBlocker(self.opacity):
            self.opacity.setValue(round(look.opacity * 100))
        self.colormap.setCurrentIndex(self.colormap.findData(look.colormap))
        self.ghost.setCurrentIndex(max(self.ghost.findData(look.ghost), 0))
        self.arrows.setChecked(look.arrows)

    def show_size(self, width: int, *, fitting: bool) -> None:
        """Follow the width of the tiles."""
        self.fit.setChecked(fitting)
        with QSignalBlocker(self.tile_slider):
            self.tile_slider.setValue(width)

    def fit_into(self, width: int, height: int) -> None:
        """Use one line or two, or one with the other behind a button."""
        self._room = width, height
        way = QBoxLayout.Direction
        wide = width >= _ONE_LINE
        self._lines.setDirection(way.LeftToRight if wide else way.TopToBottom)
        self.more.setVisible(not wide and height < _TWO_LINES)
        self._second.setVisible(wide or height >= _TWO_LINES or self.more.isChecked())

    def _choosers(self) -> QHBoxLayout:
        self.show_box = _combo("Joints shown", "Which joints and limbs have a row.")
        self.show_box.activated.connect(self.rows_changed)
        self.colormap = _combo("Colour map", "How belief becomes colour, here and on the frame.")
        for name in COLORMAPS:
            self.colormap.addItem(name, name)
        self.colormap.activated.connect(
            lambda row: self.edited.emit({"colormap": self.colormap.itemData(row)})
        )
        self.span = _combo("Range", "Which tiles share one range of values.")
        for row, (value, shown, tip) in enumerate(_SPANS):
            self.span.addItem(shown, value)
            self.span.setItemData(row, tip, Qt.ItemDataRole.ToolTipRole)
        self.span.activated.connect(self.span_changed)
        self.fit = _button("Fit", "Fit the tiles", "Choose size and banks to show most at once.")
        self.fit.setChecked(True)
        self.fit.clicked.connect(
            lambda on: self.sized.emit(None if on else self.tile_slider.value())
        )
        self.more = _button("⋯", "More controls", "Opacity, tile size and ghost.")
        self.more.clicked.connect(lambda: self.fit_into(*self._room))
        line = QHBoxLayout()
        line.setSpacing(6)
        for box in (self.show_box, self.colormap, self.span):
            line.addWidget(box, 1)
        line.addWidget(self.fit)
        line.addWidget(self.more)
        return line

    def _sliders(self) -> QHBoxLayout:
        self.opacity = _slider("Opacity", "How much of the frame the chosen map covers.")
        self.opacity.setRange(5, 100)
        self.opacity.setValue(round(Look().opacity * 100))
        self.opacity.valueChanged.connect(lambda value: self.edited.emit({"opacity": value / 100}))
        self.tile_slider = _slider("Tile size", "Width of the tiles; also Ctrl and the wheel.")
        self.tile_slider.setRange(SMALLEST, LARGEST)
        self.tile_slider.valueChanged.connect(lambda width: self.sized.emit(width))
        self.ghost = _combo("Ghost", "Draw the skeleton as an earlier stage saw it, too.")
        self.ghost.activated.connect(
            lambda row: self.edited.emit({"ghost": self.ghost.itemData(row)})
        )
        self.arrows = QCheckBox("arrows")
        self.arrows.setAccessibleName("Arrows on fields")
        self.arrows.setToolTip("Draw the field on the frame as arrows too.")
        self.arrows.clicked.connect(lambda on: self.edited.emit({"arrows": on}))
        line = QHBoxLayout()
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(6)
        for name, slider in (("opacity", self.opacity), ("size", self.tile_slider)):
            label = QLabel(name)
            label.setForegroundRole(label.palette().ColorRole.PlaceholderText)
            label.setBuddy(slider)
            label.setToolTip(slider.toolTip())
            line.addWidget(label)
            line.addWidget(slider, 1)
        line.addWidget(self.ghost, 1)
        line.addWidget(self.arrows)
        return line


def _channels(stages: Sequence[StageSpec]) -> tuple[str, ...]:
    return next((spec.channels for spec in reversed(stages) if spec.kind != "paf"), ())


def _button(text: str, name: str, tip: str) -> QToolButton:
    button = QToolButton()
    button.setText(text)
    button.setCheckable(True)
    button.setProperty("wide", True)
    button.setAccessibleName(name)
    button.setToolTip(tip)
    return button


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


_SIZE = 22
_STOPS = 48


class Wheel(QWidget):
    """A disc of the colours of directions, dark in the middle as weak vectors are."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedSize(_SIZE, _SIZE)
        self.setAccessibleName("Colours of directions")
        self.setToolTip(
            "Fields: the colour tells which way a limb points there, from its start to its end, "
            "the brightness how strongly."
        )

    def sizeHint(self) -> QSize:
        """Small."""
        return QSize(_SIZE, _SIZE)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the disc."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        disc = self.rect().adjusted(1, 1, -1, -1)
        painter.setBrush(_turning())
        painter.drawEllipse(disc)
        shade = QRadialGradient(QPointF(_SIZE / 2, _SIZE / 2), _SIZE / 2)
        shade.setColorAt(0.0, QColor(12, 13, 16))
        shade.setColorAt(0.75, QColor(12, 13, 16, 0))
        painter.setBrush(shade)
        painter.drawEllipse(disc)


@cache
def _turning() -> QConicalGradient:
    gradient = QConicalGradient(QPointF(_SIZE / 2, _SIZE / 2), 0.0)
    colours = lut(CYCLIC)
    for stop in range(_STOPS + 1):
        # Qt turns against the clock, fields with it, since y points down.
        red, green, blue = colours[-stop * 256 // _STOPS % 256].tolist()
        gradient.setColorAt(stop / _STOPS, QColor(red, green, blue))
    return gradient
