"""The controls of the Stages dock."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QConicalGradient, QPainter, QPaintEvent, QRadialGradient
from PySide6.QtWidgets import QBoxLayout, QCheckBox, QHBoxLayout, QSlider, QWidget

from poseviewer.core.look import Look
from poseviewer.core.stage import BACKGROUND, ghosts, grouped
from poseviewer.draw.colour import COLORMAPS, CYCLIC, lut
from poseviewer.draw.kinds import painter_of
from poseviewer.gui.plain import Label, allow, plain_tip
from poseviewer.gui.stages.grid import LARGEST, SMALLEST
from poseviewer.gui.stages.rows import PARTS, rows_for, subjects_of
from poseviewer.gui.widgets import WrapLayout, combo, fill, toggle

if TYPE_CHECKING:
    from poseviewer.runtime.sections import PeopleState
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
_READ = (
    ("own", "own filters", "Maps are made with the filters of the person in focus."),
    (
        "filters",
        "swap filters",
        "Maps are made with the next person's filters, seen from the place of the one in focus.",
    ),
    (
        "head",
        "swap place too",
        "Maps are made with the next person's filters and place: the light moves over there.",
    ),
)
_ONE_LINE = 860
"""Width from which all controls stand in one line."""

_TWO_LINES = 520
"""Height from which there is room for the second line too."""


class StageControls(QWidget):
    """The controls; their second line is hidden where the tiles need the height."""

    edited = Signal(dict)
    """Fields of `Look` that were changed here, with their new values."""

    rows_changed = Signal()
    """Other joints or limbs were chosen."""

    span_changed = Signal()
    """Other tiles share a range."""

    read_with = Signal(str)
    """Whose filters make the maps of the person in focus, of a network that generates filters."""

    sized = Signal(object)
    """The width of a tile that was chosen, or None to fit the tiles."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._room = (0, 0)
        self._model: ModelInfo | None = None
        self._lines = QBoxLayout(QBoxLayout.Direction.TopToBottom, self)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.setSpacing(6)
        self._lines.addWidget(self._choosers(), 1)
        self._second = self._sliders()
        self._lines.addWidget(self._second, 1)
        self.show_model(None)

    def show_model(self, model: ModelInfo | None) -> None:
        """Offer the joints and stages of a network."""
        self._model = model
        stages = () if model is None else model.stages
        subjects = subjects_of(stages)
        several, one = len(subjects) > 1, (*subjects, "joint")[0]
        chosen = self.show_box.currentData() or "all"
        box = self.show_box
        box.clear()
        box.addItem("everything" if several else f"all {one}s", "all")
        for subject in subjects if several else ():
            box.addItem(f"all {subject}s", f"{subject}s")
        box.addItem("together" if several else f"{one}s together", "sum")
        for part in PARTS:
            box.addItem(_PART_TITLES[part], part)
        box.insertSeparator(box.count())
        listed = {row.name: row.title for row in rows_for(stages, show="all") if row.name}
        for name, title in listed.items():
            box.addItem(title, name)
        if any(BACKGROUND in spec.channels for spec in stages):
            box.addItem(BACKGROUND, BACKGROUND)
        box.setCurrentIndex(max(box.findData(chosen), 0))
        titles = {group.last: group.title for group in grouped(stages)}
        offered = [(n, f"ghost of {titles[n]}", self.ghost.toolTip()) for n in ghosts(stages)]
        fill(self.ghost, [(None, "no ghost", self.ghost.toolTip()), *offered])
        allow(self.ghost, bool(offered), why_not="no earlier stage of this network finds joints")
        legends = {painter_of(spec.kind).legend for spec in stages}
        self.arrows.setVisible("directions" in legends)
        self.filters.setVisible(any(spec.kind == "filters" for spec in stages))

    def show_look(self, look: Look) -> None:
        """Show the choices of how results are drawn."""
        with QSignalBlocker(self.opacity):
            self.opacity.setValue(round(look.opacity * 100))
        self.colormap.setCurrentIndex(self.colormap.findData(look.colormap))
        self.ghost.setCurrentIndex(max(self.ghost.findData(look.ghost), 0))
        self.arrows.setChecked(look.arrows)

    def show_people(self, people: PeopleState, *, several: bool) -> None:
        """Show whose filters are read; with one person in the frame there is no choice."""
        self.filters.setCurrentIndex(self.filters.findData(people.read_with))
        allow(self.filters, several, why_not="only one person is in this frame")

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

    def _choosers(self) -> QWidget:
        self.show_box = combo("Joints shown", "Which joints and limbs have a row.")
        self.show_box.activated.connect(self.rows_changed)
        self.colormap = combo("Colour map", "How belief becomes colour, here and on the frame.")
        for name in COLORMAPS:
            self.colormap.addItem(name, name)
        self.colormap.activated.connect(
            lambda row: self.edited.emit({"colormap": self.colormap.itemData(row)})
        )
        self.span = combo("Range", "Which tiles share one range of values.", _SPANS)
        self.span.activated.connect(self.span_changed)
        self.fit = toggle(
            "Fit", "Choose the tile size that shows the most at once.", name="Fit the tiles"
        )
        self.fit.setChecked(True)
        self.fit.clicked.connect(
            lambda on: self.sized.emit(None if on else self.tile_slider.value())
        )
        self.filters = combo(
            "Filters", "Whose filters make the maps of the person in focus.", _READ
        )
        self.filters.activated.connect(lambda row: self.read_with.emit(self.filters.itemData(row)))
        self.more = toggle("⋯", "Opacity, tile size and ghost.", name="More controls")
        self.more.clicked.connect(lambda: self.fit_into(*self._room))
        line = QWidget()
        WrapLayout(line, self.show_box, self.colormap, self.span, self.filters, self.fit, self.more)
        return line

    def _sliders(self) -> QWidget:
        self.opacity = _slider("Opacity", "How much of the frame the chosen map covers.")
        self.opacity.setRange(5, 100)
        self.opacity.setValue(round(Look().opacity * 100))
        self.opacity.valueChanged.connect(lambda value: self.edited.emit({"opacity": value / 100}))
        self.tile_slider = _slider("Tile size", "Width of the tiles; also Ctrl and the wheel.")
        self.tile_slider.setRange(SMALLEST, LARGEST)
        self.tile_slider.valueChanged.connect(lambda width: self.sized.emit(width))
        self.ghost = combo("Ghost", "Also draw the skeleton that an earlier stage found.")
        self.ghost.activated.connect(
            lambda row: self.edited.emit({"ghost": self.ghost.itemData(row)})
        )
        self.arrows = QCheckBox("arrows")
        self.arrows.setAccessibleName("Arrows on part affinity fields")
        self.arrows.setToolTip("Draw part affinity fields on the frame as arrows too.")
        self.arrows.clicked.connect(lambda on: self.edited.emit({"arrows": on}))
        line = QWidget()
        pairs = (_named("opacity", self.opacity), _named("size", self.tile_slider))
        WrapLayout(line, *pairs, self.ghost, self.arrows)
        return line


def _named(name: str, slider: QSlider) -> QWidget:
    label = Label(name)
    label.setForegroundRole(label.palette().ColorRole.PlaceholderText)
    label.setBuddy(slider)
    label.setToolTip(slider.toolTip())
    pair = QWidget()
    row = QHBoxLayout(pair)
    row.setContentsMargins(0, 0, 0, 0)
    row.addWidget(label)
    row.addWidget(slider, 1)
    return pair


def _slider(name: str, tip: str) -> QSlider:
    slider = QSlider(Qt.Orientation.Horizontal)
    slider.setAccessibleName(name)
    slider.setToolTip(plain_tip(tip))
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
            "Part affinity fields: the colour shows which way a limb points there, from its start "
            "to its end, the brightness how strongly."
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
