"""The legend of fields: which colour points where."""

from __future__ import annotations

from functools import cache

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QConicalGradient, QPainter, QPaintEvent, QRadialGradient
from PySide6.QtWidgets import QWidget

from poseviewer.draw.colour import CYCLIC, lut

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
