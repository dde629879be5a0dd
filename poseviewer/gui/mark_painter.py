"""The lines on the tiles of the Stages dock: limbs, ways of joints and boxes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from poseviewer.draw.colour import GHOST, side_colour
from poseviewer.draw.fields import arrow_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.gui.tile_marks import Marks, Stroke

_DARK = QColor(0, 0, 0, 150)
_ROOMY = 90
"""Logical pixels of a tile's shorter side from which lines do not hide what is beneath."""
_HEAD = 6.0
"""Length of an arrow's head, logical pixels."""


def paint_lines(
    painter: QPainter,
    marks: Marks,
    *,
    corners: Sequence[Sequence[tuple[float, ...]]],
    size: tuple[float, float],
) -> None:
    """Draw strokes and boxes, each inside its own tile.

    Args:
        painter: In logical pixels.
        marks: What to draw.
        corners: Left and top of each tile that can be seen, by row and column.
        size: Width and height of a tile.
    """
    if not (marks.strokes or marks.frames or marks.arrows):
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    width, height = size
    for box in marks.frames:
        left, top = corners[box.row][box.column][:2]
        tile = QRectF(left, top, width, height)
        shape = QRectF(
            left + box.corner[0] * width,
            top + box.corner[1] * height,
            box.size[0] * width,
            box.size[1] * height,
        )
        # No more of it than lies in the tile; the other sides are out of sight.
        shape = shape.intersected(tile.adjusted(0.5, 0.5, -0.5, -0.5))
        for colour, wide in ((_DARK, 2.4), (QColor(*side_colour(box.side)), 1.1)):
            painter.setPen(QPen(colour, wide))
            painter.drawRect(shape)
    small = [
        line
        for stroke in marks.arrows
        for line in _lines(stroke, corners[stroke.row][stroke.column], size, head=None)
    ]
    painter.setPen(QPen(QColor(255, 255, 255, 200), 0.9))
    painter.drawLines(small)
    roomy = min(size) >= _ROOMY
    lines: dict[tuple[bool, bool], list[QLineF]] = {}
    for stroke in marks.strokes:
        joined = marks.rows[stroke.row].channel is None
        if not roomy and not stroke.arrow and (joined or not stroke.strong):
            continue
        place = corners[stroke.row][stroke.column]
        lines.setdefault((stroke.strong, stroke.arrow), []).extend(_lines(stroke, place, size))
    for (strong, arrow), drawn in sorted(lines.items()):
        for pen in _pens(strong=strong, arrow=arrow, roomy=roomy):
            painter.setPen(pen)
            painter.drawLines(drawn)
    painter.restore()


def _lines(
    stroke: Stroke,
    corner: tuple[float, ...],
    size: tuple[float, float],
    *,
    head: float | None = _HEAD,
) -> list[QLineF]:
    (x, y), (width, height) = corner[:2], size
    ends = _within(stroke.start, stroke.end)
    if ends is None:
        return []
    a, b = ((x + u * width, y + v * height) for u, v in ends)
    if not stroke.arrow:
        return [QLineF(*a, *b)]
    return [QLineF(*start, *end) for start, end in arrow_lines(a, b, head=head)]


def _within(
    start: tuple[float, float], end: tuple[float, float]
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """The part of a line inside the tile, 0 to 1; None where there is none (Liang, Barsky)."""
    low, high = 0.0, 1.0
    for a, b in zip(start, end, strict=True):
        way = b - a
        if way == 0:
            if not 0 <= a <= 1:
                return None
            continue
        first, last = sorted((-a / way, (1 - a) / way))
        low, high = max(low, first), min(high, last)
    if low > high:
        return None
    (ax, ay), (bx, by) = start, end
    return (
        (ax + low * (bx - ax), ay + low * (by - ay)),
        (ax + high * (bx - ax), ay + high * (by - ay)),
    )


def _pens(*, strong: bool, arrow: bool, roomy: bool) -> tuple[QPen, ...]:
    ink = QColor(*GHOST) if arrow else QColor(255, 255, 255)
    ink.setAlpha((255 if roomy or arrow else 190) if strong else 110)
    pens = [QPen(ink, 1.4 if strong and (roomy or arrow) else 1.0)]
    if strong and (roomy or arrow):
        pens.insert(0, QPen(_DARK, 3.0))
    for pen in pens:
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    return tuple(pens)
