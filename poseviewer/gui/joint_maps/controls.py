"""The controls of the Joint maps dock: joint, mode, range, playing; and the scale of colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QLinearGradient, QPainter
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from poseviewer.draw.colour import lut
from poseviewer.gui import theme
from poseviewer.gui.joint_maps.subject import subjects
from poseviewer.gui.joint_maps.tile import digits, number
from poseviewer.gui.plain import allow, plain_tip
from poseviewer.gui.stages.controls import Wheel
from poseviewer.gui.widgets import WrapLayout, combo, toggle

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

    from poseviewer.draw.stage_strip import Mode
    from poseviewer.draw.tile import Row
    from poseviewer.runtime.state import ModelInfo

_MODES: tuple[tuple[Mode, str, str], ...] = (
    ("maps", "Maps", "The map of every stage."),
    ("change", "Change", "What each stage added to the map before it, and what it took away."),
    ("time", "Time", "The chosen stage's map in the last frames that were shown."),
)


_WIDEST = 16_777_215
"""What Qt calls no limit."""


class MapControls(QWidget):
    """Which joint, and in which way."""

    joint_chosen = Signal(object)
    """The `Row` that a person chose, or None for the joint that changes most."""

    changed = Signal()
    """Another mode or range was chosen."""

    played = Signal(bool)
    """Whether the stages are to be played one after another."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model: ModelInfo | None = None
        self._offered: tuple[Row, ...] = ()
        self._automatic = ""
        self.joint = combo("Joint", "Whose maps are shown; Tab goes to the next.", letters=18)
        self.joint.activated.connect(lambda row: self.joint_chosen.emit(self.joint.itemData(row)))
        self.modes: dict[Mode, QToolButton] = {}
        self._group = QButtonGroup(self)
        modes = QWidget()
        line = QHBoxLayout(modes)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(2)
        for value, text, tip in _MODES:
            button = toggle(text, tip)
            self._group.addButton(button)
            self.modes[value] = button
            line.addWidget(button)
        self._group.buttons()[0].setChecked(True)
        self._group.buttonClicked.connect(lambda _: self.changed.emit())
        self.own_range = toggle(
            "Own range",
            "Let each tile use all colours, which shows the shape of weak maps; else the tiles "
            "share one range, which shows how the belief grows.",
        )
        self.own_range.clicked.connect(self.changed)
        self.closer = toggle(
            "Closer", "Only the part of the crop in which the stages have the joint."
        )
        self.closer.clicked.connect(self.changed)
        self.play = toggle("Play", "Show the stages one after another.", name="Play the stages")
        self.play.clicked.connect(self.played)
        self.scale = ScaleBar()
        self.wheel = Wheel()
        self.wheel.hide()
        self._modes = modes
        WrapLayout(
            self, self.joint, modes, self.closer, self.own_range, self.play, self.scale, self.wheel
        )

    @property
    def mode(self) -> Mode:
        """How maps are shown."""
        chosen = (mode for mode, button in self.modes.items() if button.isChecked())
        return next(chosen, "maps")

    def set_mode(self, mode: Mode) -> None:
        """Choose a mode that can be chosen."""
        button = self.modes[mode]
        if button.isEnabled() and mode != self.mode:
            button.setChecked(True)
            self.changed.emit()

    def stand(self, *, upright: bool) -> None:
        """Be as narrow as the modes beside each other, or as wide as there is room."""
        wide = self._modes.sizeHint().width()
        self.setMinimumWidth(wide if upright else 0)
        self.setMaximumWidth(wide if upright else _WIDEST)

    def show_model(self, model: ModelInfo | None) -> None:
        """Offer the joints and limbs of a network."""
        self._model = model
        self._offered = subjects(() if model is None else model.stages)
        with QSignalBlocker(self.joint):
            self.joint.clear()
            self.joint.addItem("", None)
            for row in self._offered:
                self.joint.addItem(row.title, row)
        self._automatic = ""

    def show_row(self, row: Row | None, *, automatic: bool) -> None:
        """Show which joint is shown, and whether it was chosen by the program."""
        text = "Most changed" if row is None or not automatic else f"{row.title} (most changed)"
        if text != self._automatic:
            self._automatic = text
            self.joint.setItemText(0, text)
            tip = "The joint that the stages move farthest, of those the network is sure of."
            self.joint.setItemData(0, plain_tip(tip), Qt.ItemDataRole.ToolTipRole)
        at = 0
        if row is not None and not automatic:
            at = self._offered.index(row) + 1 if row in self._offered else -1
        if at != self.joint.currentIndex():
            with QSignalBlocker(self.joint):
                self.joint.setCurrentIndex(at)

    def allow(self, *, mapped: bool, several: bool) -> None:
        """Offer what maps alone have only where there are some, and playing of several stages."""
        one, none = "this network has one stage", "this network has no belief maps"
        allow(self.modes["change"], mapped and several, why_not=none if several else one)
        allow(self.play, several, why_not=one)
        allow(self.closer, mapped, why_not=none)
        if self.mode == "change" and not self.modes["change"].isEnabled():
            self._group.buttons()[0].setChecked(True)


class ScaleBar(QWidget):
    """A strip of the colours, with the values at its ends."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._shown: tuple[str, float, bool] = "inferno", 0.0, False
        self._ends: tuple[str, str] = "", ""
        self.setAccessibleName("Scale of the colours")
        # Else Qt would paint everything beneath first, whenever the value at its end changes.
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    def show_scale(self, colormap: str, high: float, *, signed: bool, own: bool) -> None:
        """Show which colours mean which values.

        Args:
            colormap: Of `draw.colour`.
            high: The value at their end.
            signed: Whether they begin at -high.
            own: Whether each tile has an end of its own.
        """
        top = "highest" if own else number(high)
        low = ("lowest" if own else f"\N{MINUS SIGN}{number(high)}") if signed else "0"
        ends = low, f"+{top}" if signed and not own else top
        shown = colormap, high, signed
        if (shown, ends) != (self._shown, self._ends):
            before = self.sizeHint()
            self._shown, self._ends = shown, ends
            self.setAccessibleDescription(f"From {ends[0]} to {ends[1]}")
            what = "What a stage took away is blue, what it added is orange, no change is grey."
            own_words = "Each tile has its own range."
            self.setToolTip(plain_tip(what if signed else own_words if own else "Belief."))
            if self.sizeHint() != before:
                self.updateGeometry()
            self.update()

    def sizeHint(self) -> QSize:
        """As wide as a strip that can be read, with the values beside it."""
        metrics = QFontMetricsF(self._font())
        words = sum(metrics.horizontalAdvance(end) for end in self._ends)
        return QSize(round(words + 12 + theme.px(60)), round(metrics.height()) + 6)

    def minimumSizeHint(self) -> QSize:
        """The same."""
        return self.sizeHint()

    def _font(self) -> QFont:
        return digits(0.92 * self.font().pointSizeF())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the strip and the values."""
        painter = QPainter(self)
        painter.fillRect(event.rect(), theme.current().colour("panel"))
        painter.setFont(self._font())
        metrics = QFontMetricsF(painter.font())
        painter.setPen(theme.current().colour("muted"))
        room = QRectF(self.rect())
        low, high = (metrics.horizontalAdvance(end) for end in self._ends)
        middle = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(room, middle | Qt.AlignmentFlag.AlignLeft, self._ends[0])
        thick = theme.px(8)
        wide = min(room.width() - low - high - 12, theme.px(160))
        strip = QRectF(low + 6, room.center().y() - thick / 2, wide, thick)
        place = QRectF(strip.right() + 6, room.top(), high + 2, room.height())
        painter.drawText(place, middle | Qt.AlignmentFlag.AlignLeft, self._ends[1])
        name, _, signed = self._shown
        gradient = QLinearGradient(strip.topLeft(), strip.topRight())
        colours = lut("signed" if signed else name)
        for stop in range(0, 256, 15):
            gradient.setColorAt(stop / 255, QColor(*colours[stop].tolist()))
        painter.fillRect(strip, gradient)
