"""What lies over the curves of the plot: the cursor, the values at it, and the marks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPolygonF

from poseviewer.gui import theme

if TYPE_CHECKING:
    from collections.abc import Sequence

_DOT = 3.5
"""Radius of the dot on a curve at the cursor, logical pixels."""

_TICK, _TALL = 4.0, 14.0
"""Width and height, of what marks an end of a repetition, logical pixels."""

_ASIDE = 9.0
"""From the cursor to the values."""

_SHARE = 0.5
"""Of a pane's width, what values with their names may take; else they have colours alone."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value at the cursor."""

    label: str
    """Of which curve; empty where that is plain."""
    text: str
    """As it is written."""
    y: float
    """Of the curve at the cursor."""
    colour: QColor
    """Of the curve."""


def paint_marks(
    painter: QPainter, places: Sequence[QRectF], low: float | None, high: float | None
) -> None:
    """Dim what lies outside of the marks, and put flags on them.

    Args:
        painter: Of the plot.
        places: Of its panes.
        low: The x of the in mark; None without one.
        high: The x of the out mark.
    """
    if not places or (low is None and high is None):
        return
    now = theme.current()
    left, right = places[0].left(), places[0].right()
    veil = now.colour("canvas", 0.62)
    for place in places:
        for a, b in ((left, low), (high, right)):
            if a is not None and b is not None and b > a:
                a, b = max(a, left), min(b, right)
                painter.fillRect(QRectF(a, place.top(), b - a, place.height()), veil)
    metrics = QFontMetricsF(painter.font())
    for x, name, before in ((low, "in", True), (high, "out", False)):
        if x is None or not left - 0.5 <= x <= right + 0.5:
            continue
        painter.setPen(QPen(QColor(now.mark), 1.5))
        painter.drawLines([QLineF(x, place.top(), x, place.bottom()) for place in places])
        wide = metrics.horizontalAdvance(name) + 8
        bottom = places[-1].bottom()
        # Outside of the range, so that the flags of a short one do not lie on each other.
        start = max(x - wide, left) if before else min(x, right - wide)
        flag = QRectF(start, bottom - metrics.height(), wide, metrics.height())
        painter.fillRect(flag, QColor(now.mark))
        painter.setPen(QColor(now.canvas))
        painter.drawText(flag, Qt.AlignmentFlag.AlignCenter, name)


def paint_repetition(
    painter: QPainter,
    points: Sequence[QPointF],
    number: str,
    *,
    colour: QColor,
    place: QRectF,
    inside: bool,
) -> None:
    """Mark a repetition on its curve: where it begins and ends, and its peak with its number.

    Args:
        painter: Of the plot.
        points: Of start, peak and end.
        number: What is written at the peak; empty where there is no room for it.
        colour: Of the curve.
        place: Of the pane.
        inside: Whether the number is hollow and lies on the hollow side of the curve, so that those
            of two curves can be distinguished.
    """
    canvas = QColor(theme.current().canvas)
    painter.setPen(QPen(canvas, 1.0))
    painter.setBrush(colour)
    for spot in (points[0], points[2]):
        painter.drawRect(QRectF(spot.x() - _TICK / 2, spot.y() - _TALL / 2, _TICK, _TALL))
    if not number:
        return
    metrics = QFontMetricsF(painter.font())
    size = QSizeF(metrics.horizontalAdvance(number) + 8, metrics.height())
    peak = points[1]
    above = (peak.y() <= min(points[0].y(), points[2].y())) != inside
    top = peak.y() - size.height() - 4 if above else peak.y() + 4
    top = min(max(top, place.top()), place.bottom() - size.height())
    box = QRectF(QPointF(peak.x() - size.width() / 2, top), size)
    if inside:
        painter.setPen(QPen(colour, 1.0))
        painter.setBrush(canvas)
    painter.drawRoundedRect(box, 3, 3)
    painter.setPen(colour if inside else canvas)
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, number)


def paint_cursor(painter: QPainter, places: Sequence[QRectF], x: float) -> None:
    """A line through every pane with a handle above."""
    if not places:
        return
    ink = QColor(theme.current().text)
    painter.setPen(QPen(ink, 1.5))
    painter.drawLine(QLineF(x, places[0].top(), x, places[-1].bottom()))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(ink)
    top = places[0].top()
    tip = [QPointF(x - 5, top - 6), QPointF(x + 5, top - 6), QPointF(x, top + 1)]
    painter.drawPolygon(QPolygonF(tip))


def paint_values(painter: QPainter, values: Sequence[Value], place: QRectF, x: float) -> None:
    """A dot on each curve, and beside the cursor its value; none lies on another."""
    now, metrics = theme.current(), QFontMetricsF(painter.font())
    painter.setPen(QPen(QColor(now.canvas), 1.0))
    for value in values:
        painter.setBrush(value.colour)
        painter.drawEllipse(QPointF(x, value.y), _DOT, _DOT)
    ordered = sorted(values, key=lambda value: value.y)
    named = [f"{value.label} {value.text}".strip() for value in ordered]
    for texts, share in ((named, _SHARE), ([value.text for value in ordered], 1.0)):
        wide = max(map(metrics.horizontalAdvance, texts), default=0.0) + 10
        size = QSizeF(wide, metrics.height())
        boxes = boxes_beside(x, [value.y for value in ordered], size, place, most=share)
        if not boxes:
            continue
        for value, text, box in zip(ordered, texts, boxes, strict=True):
            painter.fillRect(box, now.colour("canvas", 0.82))
            painter.setPen(value.colour)
            box.adjust(0, 0, -5, 0)
            painter.drawText(box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text)
        return


def columns_of(count: int, height: float, room: float) -> int:
    """In how many columns `count` lines of a height lie, in a room of a height; 0 for no room."""
    lines = int(room // height)
    return -(-count // lines) if lines else 0


def boxes_beside(
    x: float, heights: Sequence[float], size: QSizeF, place: QRectF, *, most: float = 1.0
) -> list[QRectF]:
    """Where values at a cursor are written, none on another; empty where there is no room.

    Args:
        x: Of the cursor.
        heights: The y of each value's curve there, rising.
        size: Of one value.
        place: Of the pane.
        most: Of its width, what they may take.
    """
    columns = columns_of(len(heights), size.height(), place.height())
    wide = columns * size.width()
    if not columns or wide > most * place.width():
        return []
    right, left = x + _ASIDE, x - _ASIDE - wide
    start = right if right + wide <= place.right() else left
    if start < place.left():
        return []
    boxes: list[QRectF] = [QRectF()] * len(heights)
    for column in range(columns):
        # Dealt out in turn, so that each stays near its curve.
        tops = [y - size.height() / 2 for y in heights[column::columns]]
        free = spread(tops, size.height(), place.top(), place.bottom())
        corner = start + column * size.width()
        boxes[column::columns] = [QRectF(QPointF(corner, top), size) for top in free]
    return boxes


def spread(tops: Sequence[float], height: float, low: float, high: float) -> list[float]:
    """Move boxes apart that lie on each other, as little as goes, between `low` and `high`.

    Args:
        tops: Where each would be, rising.
        height: Of each.
        low: The top of the first at least.
        high: The bottom of the last at most, as far as there is room.
    """
    placed: list[float] = []
    for top in tops:
        placed.append(max(top, placed[-1] + height if placed else low))
    below = high
    for at in range(len(placed) - 1, -1, -1):
        placed[at] = min(placed[at], below - height)
        below = placed[at]
    shift = max(low - placed[0], 0.0) if placed else 0.0
    return [top + shift for top in placed]
