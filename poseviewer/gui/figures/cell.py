"""One angle of the Figures dock: a small name over large digits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QLineF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from poseviewer.gui import theme
from poseviewer.gui.angles.list import angle_colour, angle_pen
from poseviewer.gui.plain import Label

if TYPE_CHECKING:
    from PySide6.QtGui import QColor

DASH = "\N{EN DASH}"
"""What stands in place of a value that is not known."""

USUAL, BROAD, RADIANS = "\N{MINUS SIGN}88°", "\N{MINUS SIGN}188°", "\N{MINUS SIGN}3.14"
"""The widest value of usual joints, of all angles, and in radians; every figure has the room of
one of them, so that none jumps sideways."""

_NAME_SHARE, _LEAST_NAME, _MOST_NAME = 0.26, 11, 40
"""Height of the name as a share of that of the digits, and its limits in logical pixels."""

_LINE = 1.5
"""Height of a line of the name as a multiple of its letters' size."""

_TALL = 0.82
"""Height that digits need as a share of their font's size: no letter hangs below them."""

_STROKE = 1.6
"""Length of the stroke before the name as a multiple of its letters' size."""


def digit_size(room: QSize, *, widest: str) -> float:
    """The size in logical pixels of the largest digits that fit with their name into `room`."""
    at_100 = QFontMetricsF(_digits(100.0)).horizontalAdvance(widest)
    wide = 100.0 * room.width() / at_100
    # The name's height follows that of the digits, but for its limits.
    tall = room.height() / (_TALL + _NAME_SHARE * _LINE)
    return max(min(wide, tall, (room.height() - _LEAST_NAME * _LINE) / _TALL), 8.0)


def _digits(size: float) -> QFont:
    font = theme.digits()
    font.setPixelSize(max(round(size), 1))
    font.setWeight(QFont.Weight.DemiBold)
    return font


class FigureCell(QWidget):
    """The value of one angle, which a screen reader finds as a label with the angle's name."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name = name
        """Of the angle."""
        self._widest = USUAL
        self._size = 20.0
        self._name_size = 12.0
        self._stroke = QLineF()
        self.title = Label(name, self)
        self.title.setAccessibleName("Angle")
        self.value = Label(DASH, self)
        self.value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._colour()
        self.show_value(DASH, why="")

    def show_value(self, text: str, *, why: str, radians: bool = False) -> None:
        """Show a value.

        Args:
            text: The digits, or `DASH`.
            why: Why there is no value, in a word; empty where there is one.
            radians: Whether the value is in radians.
        """
        title = f"{self.name}: {why}" if why else self.name
        if title != self.title.text():
            self.title.setText(title)
            self._fit_title()
        if text != self.value.text():
            self.value.setText(text)
            spoken = "unknown" if text == DASH else text.replace("°", " degrees")
            unit = " radians" if radians and text != DASH else ""
            self.value.setAccessibleName(f"{self.name}, {why or spoken + unit}")

    def set_digits(self, size: float, *, widest: str) -> None:
        """Write the digits in a size, logical pixels, with room for the widest value."""
        if (size, widest) != (self._size, self._widest):
            self._size, self._widest = size, widest
            self._place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place name and digits."""
        super().resizeEvent(event)
        self._place()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "value"):
            self._colour()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw a piece of the angle's curve before its name: left is dashed, right is solid."""
        painter = QPainter(self)
        pen = angle_pen(self.name, width=max(self._stroke.length() / 9, 2.0))
        pen.setCosmetic(False)
        if self.name.startswith("left "):
            pen.setDashPattern([1.6, 1.6])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
        painter.setPen(pen)
        painter.drawLine(self._stroke)
        painter.end()

    def _fit_title(self) -> None:
        """Write the name as large as it should be, or smaller where a reason makes it long."""
        letters = QFont(self.font())
        letters.setPixelSize(max(round(self._name_size), 1))
        long = QFontMetricsF(letters).horizontalAdvance(self.title.text())
        if long > self.title.width() > 0:
            letters.setPixelSize(max(int(self._name_size * self.title.width() / long), 7))
        self.title.setFont(letters)

    def _colour(self) -> None:
        palette = self.value.palette()
        ink: QColor = angle_colour(self.name)
        palette.setColor(palette.ColorRole.WindowText, ink)
        self.value.setPalette(palette)

    def _place(self) -> None:
        """Centre the two lines; the digits' box is as wide as the widest value."""
        name = min(max(self._size * _NAME_SHARE, _LEAST_NAME), _MOST_NAME)
        self._name_size = name
        digits = _digits(self._size)
        self.value.setFont(digits)
        wide = QFontMetricsF(digits).horizontalAdvance(self._widest) + 2
        tall = self._size * _TALL
        line = name * _LINE
        left = max((self.width() - wide) / 2, 0.0)
        top = max((self.height() - line - tall) / 2, 0.0)
        stroke = name * _STROKE
        middle = top + line / 2
        self._stroke = QLineF(left, middle, left + stroke, middle)
        at = left + stroke + name * 0.5
        self.title.setGeometry(QRectF(at, top, self.width() - at, line).toRect())
        self._fit_title()
        # Higher than the digits, so that no accent of a fallback font is cut off.
        spare = self._size * 0.2
        box = QRectF(left, top + line - spare, wide, tall + 2 * spare)
        self.value.setGeometry(box.toRect())
        self.update()
