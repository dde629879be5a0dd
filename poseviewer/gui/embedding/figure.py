"""Paints a small figure of joints, in the colours of the sides of the body."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from poseviewer.core.likeness import DRAWN, JOINTS
from poseviewer.core.skeleton import load_skeleton
from poseviewer.draw.colour import LEFT, RIGHT, mixed
from poseviewer.gui import theme

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.draw.colour import Colour

_CHAINS = (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
_TRUNK = ("left_shoulder", "right_shoulder", "right_hip", "left_hip")
_SCALE = 0.29
"""Of the side of a square, for one size of the trunk: an arm stretched up still fits."""


@cache
def _names(joints: int) -> tuple[str, ...]:
    """The joints of an array of so many."""
    return JOINTS if joints == len(JOINTS) else load_skeleton(DRAWN).joints


def paint_figure(painter: QPainter, area: QRectF, joints: NDArray[np.float32]) -> None:
    """Paint one pose into the middle of an area.

    Args:
        painter: With antialiasing.
        area: Logical pixels.
        joints: (12, 2) of `likeness.JOINTS` or (14, 2) of `likeness.DRAWN`, centred and of
            size 1.
    """
    low, high = joints.min(axis=0), joints.max(axis=0)
    side = min(area.width(), area.height())
    scale = min(side * _SCALE, 0.92 * side / max(float((high - low).max()), 1e-3))
    centre = np.array((area.center().x(), area.center().y()))
    paint_joints(painter, centre + (joints - (low + high) / 2) * scale, width=max(side / 34, 1.6))


def paint_joints(
    painter: QPainter, joints: NDArray[np.floating], *, width: float, over: bool = False
) -> None:
    """Paint one pose at its place.

    Args:
        painter: With antialiasing.
        joints: (12, 2) or (14, 2), as `paint_figure` takes them, logical pixels.
        width: Of an arm or leg, logical pixels.
        over: Whether over a picture, which needs the colours of the frame.
    """
    names = _names(len(joints))

    def place(name: str) -> QPointF:
        x, y = joints[names.index(name)].tolist()
        return QPointF(x, y)

    colours = theme.current()
    trunk = QPolygonF([place(name) for name in _TRUNK])
    if not over:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.colour("muted", 0.28))
        painter.drawPolygon(trunk)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(_pen(QColor("white") if over else colours.colour("muted"), width * 0.7))
    painter.drawPolygon(trunk)
    if "neck" in names:
        painter.drawLine(QLineF(place("neck"), place("head_top")))
        head = (place("neck") * 0.35) + (place("head_top") * 0.65)
        radius = QLineF(place("neck"), place("head_top")).length() * 0.38
        painter.setBrush(colours.colour("canvas"))
        painter.drawEllipse(head, radius, radius)
    for side_name, colour in (("right", RIGHT), ("left", LEFT)):
        painter.setPen(_pen(QColor(*colour) if over else _on_canvas(colour), width))
        for start, end in _CHAINS:
            painter.drawLine(QLineF(place(f"{side_name}_{start}"), place(f"{side_name}_{end}")))


def _pen(colour: QColor, width: float) -> QPen:
    return QPen(colour, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)


def _on_canvas(colour: Colour) -> QColor:
    """A colour as it stands out on the canvas of the theme."""
    return QColor(*(colour if theme.current().dark else mixed(colour, (0, 0, 0), 0.28)))
