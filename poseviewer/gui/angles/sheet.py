"""The lower layer of the plot of the Joint angles dock: axes, curves and marks.

It is an image of what is given, and may be drawn on any thread.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPolygonF
from shiboken6 import VoidPtr

from poseviewer.gui import theme
from poseviewer.gui.angles.axes import time_ticks, value_ticks
from poseviewer.gui.angles.overlay import paint_marks, paint_repetition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from poseviewer.draw.curve import Curve
    from poseviewer.gui.angles.strokes import Pane, Stroke, Unit
    from poseviewer.gui.design import Theme

_GAP = 8
"""Logical pixels between the panes."""

_LABEL_ROOM, _TIME_ROOM = 2.0, 1.9
"""From one label of an axis to the next: in heights of the upright, widths of the level one."""

_FAINT, _CLEAR = 0.22, 0.65
"""How much ink there is in the lines of the grid, and in that of zero."""

_UNITS: dict[Unit, tuple[str, str]] = {
    "angle": ("", "radians"),
    "velocity": ("°/s", "radians/s"),
    "m": ("m/s", "m/s"),
    "px": ("px/s", "px/s"),
}
"""What is written beside the title of a pane in degrees and in radians, where labels do not."""

_NUMBER_ROOM = 26.0
"""From one number of a repetition to the next, logical pixels."""

_PADDING = 0.03
"""Share of a pane's height above and below what it shows."""


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What lies below everything, with the axes of values, which seldom change."""

    key: tuple[object, ...]
    """What it was drawn of."""
    image: QImage


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is drawn, where and how."""

    size: tuple[int, int]
    """Of the whole, logical pixels."""
    ratio: float
    """Device pixels per logical one."""
    area: tuple[float, float, float, float]
    """Left, top, width and height of all panes together."""
    points: float
    """Of the letters."""
    theme: Theme
    range: tuple[float, float] = (0.0, 1.0)
    """The seconds at the left and right edge."""
    panes: tuple[Pane, ...] = ()
    """Top first."""
    radians: bool = False
    """Whether radians are written along the axis instead of degrees."""
    marks: tuple[float | None, float | None] = (None, None)
    """The seconds of the in and the out mark."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """What is written beside the titles of panes."""
    repetitions: Mapping[str, Sequence[tuple[float, float, float]]] = field(default_factory=dict)
    """Of angles, by name: the seconds of start, peak and end of each."""

    def place_of(self, seconds: float) -> float:
        """The x of a time."""
        (left, _, width, _), (low, high) = self.area, self.range
        return left + (seconds - low) / (high - low) * width

    def factor(self, unit: Unit) -> float:
        """What values are multiplied by before they are written."""
        return np.pi / 180 if self.radians and unit in ("angle", "velocity") else 1.0

    def places(self) -> list[QRectF]:
        """Where each pane is."""
        left, top, width, height = self.area
        room = max(height - _GAP * (len(self.panes) - 1), 1.0)
        total = sum(pane.weight for pane in self.panes)
        places = []
        for pane in self.panes:
            part = room * pane.weight / total
            places.append(QRectF(left, top, width, part))
            top += part + _GAP
        return places

    def draw(self, ground: Ground | None = None) -> tuple[QImage, Ground]:
        """Draw it.

        Args:
            ground: Of the last drawing, which may be the same.
        """
        font = theme.digits()
        font.setPointSizeF(self.points)
        places = self.places()
        ground = self._ground(ground, places, font)
        made = ground.image.copy()
        painter = QPainter(made)
        painter.setFont(font)
        self._draw_time_axis(painter, places)
        for pane, place in zip(self.panes, places, strict=True):
            self._draw_pane(painter, pane, place)
        low, high = (None if mark is None else self.place_of(mark) for mark in self.marks)
        paint_marks(painter, places, low, high)
        for pane, place in zip(self.panes, places, strict=True):
            self._draw_title(painter, pane, place)
        painter.end()
        return made, ground

    def _ground(self, before: Ground | None, places: list[QRectF], font: QFont) -> Ground:
        limits = tuple((pane.degrees, pane.unit) for pane in self.panes)
        where = tuple(map(QRectF.getRect, places))
        key = self.size, self.ratio, self.theme, self.points, limits, where, self.radians
        if before is not None and before.key == key:
            return before
        width, height = (round(side * self.ratio) for side in self.size)
        image = QImage(width, height, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(self.ratio)
        image.fill(self.theme.colour("canvas"))
        painter = QPainter(image)
        painter.setFont(font)
        for pane, place in zip(self.panes, places, strict=True):
            self._draw_value_axis(painter, pane, place)
        painter.end()
        return Ground(key, image)

    def _draw_time_axis(self, painter: QPainter, places: list[QRectF]) -> None:
        now, (_, top, width, height) = self.theme, self.area
        metrics = QFontMetricsF(painter.font())
        low, high = self.range
        widest = metrics.horizontalAdvance("00:00") * _TIME_ROOM
        ticks = time_ticks(low, high, room=width / widest)
        grid, below, right = _grid(_FAINT), top + height + 3, float(self.size[0])
        painter.setPen(now.colour("muted"))
        for seconds, text in ticks:
            x = round(self.place_of(seconds))
            for place in places:
                painter.fillRect(x, int(place.top()), 1, round(place.height()), grid)
            wide = metrics.horizontalAdvance(text) + 2
            left = min(x - wide / 2, right - wide)
            box = QRectF(left, below, wide, metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _draw_pane(self, painter: QPainter, pane: Pane, place: QRectF) -> None:
        painter.save()
        painter.setClipRect(place)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for stroke in pane.strokes:
            self._draw_stroke(painter, pane, place, stroke)
        for stroke in pane.strokes:
            if stroke.label is not None and stroke.name in self.repetitions:
                self._draw_repetitions(painter, pane, place, stroke)
        painter.restore()

    def _draw_value_axis(self, painter: QPainter, pane: Pane, place: QRectF) -> None:
        now, metrics = self.theme, QFontMetricsF(painter.font())
        factor = self.factor(pane.unit)
        low, high = (degrees * factor for degrees in pane.degrees)
        room = place.height() / (metrics.height() * _LABEL_ROOM)
        grid, zero, left = _grid(_FAINT), _grid(_CLEAR), int(place.left())
        painter.setPen(now.colour("muted"))
        align = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        plain = pane.unit != "angle"
        ticks = value_ticks(low, high, room=room, radians=self.radians, plain=plain)
        for value, text in ticks:
            at = float(y_of(pane, place, np.array(value / factor)))
            y = round(at)
            painter.fillRect(left, y, round(place.width()), 1, grid if value else zero)
            box = QRectF(0, y - metrics.height() / 2, place.left() - 6, metrics.height())
            painter.drawText(box, align, text)
        painter.fillRect(left, int(place.top()), 1, round(place.height()), zero)

    def _draw_stroke(self, painter: QPainter, pane: Pane, place: QRectF, stroke: Stroke) -> None:
        curve = stroke.curve
        if not len(curve.seconds):
            return
        x = place.left() + (curve.seconds - self.range[0]) * (
            place.width() / (self.range[1] - self.range[0])
        )
        y = y_of(pane, place, curve.degrees)
        painter.setPen(stroke.pen)
        zero = float(y_of(pane, place, np.array(0.0)))
        for part in _parts(curve):
            points = np.column_stack([x[part], y[part]])
            if stroke.layer == "apart":
                ends = np.array([[points[-1, 0], zero], [points[0, 0], zero]])
                painter.save()
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(self.theme.colour("muted", 0.35))
                painter.drawPolygon(_polygon(np.concatenate([points, ends])))
                painter.restore()
            painter.drawPolyline(_polygon(points))

    def _draw_repetitions(
        self, painter: QPainter, pane: Pane, place: QRectF, stroke: Stroke
    ) -> None:
        """The marks of an angle's repetitions on its curve."""
        colour = QColor(stroke.pen.color())
        colour.setAlphaF(1.0)
        low, high = self.range
        free = -np.inf
        for number, times in enumerate(self.repetitions[stroke.name], start=1):
            if times[2] < low or times[0] > high:
                continue
            points = [
                QPointF(self.place_of(seconds), float(y_of(pane, place, np.array(value))))
                for seconds in times
                if np.isfinite(value := stroke.at(seconds))
            ]
            # One that is partly out of sight is not marked.
            if len(points) == len(times):
                # Where many are in sight, no number lies on another.
                apart = points[1].x() >= free
                free = points[1].x() + _NUMBER_ROOM if apart else free
                paint_repetition(
                    painter,
                    points,
                    str(number) if apart else "",
                    colour=colour,
                    place=place,
                    inside=stroke.name.startswith("left "),
                )

    def _draw_title(self, painter: QPainter, pane: Pane, place: QRectF) -> None:
        now, metrics = self.theme, QFontMetricsF(painter.font())
        unit = _UNITS[pane.unit][self.radians]
        title = f"{pane.title} ({unit})" if pane.title and unit else pane.title or unit
        left = place.left() + 6
        for text, colour in ((title, now.text), (self.notes.get(pane.title, ""), now.muted)):
            room = place.right() - left
            if not text or room < 40:
                continue
            shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room - 10)
            box = QRectF(left, place.top(), metrics.horizontalAdvance(shown) + 8, metrics.height())
            # On a ground of its own: curves run behind it.
            painter.fillRect(box, now.colour("canvas", 0.8))
            painter.setPen(QColor(colour))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, shown)
            left = box.right() + 6


def y_of(pane: Pane, place: QRectF, degrees: np.ndarray) -> np.ndarray:
    """The y of values in a pane that lies at `place`."""
    low, high = pane.degrees
    spare = _PADDING * (high - low)
    share = (degrees - low + spare) / (high - low + 2 * spare)
    return place.bottom() - share * place.height()


def _grid(share: float) -> QColor:
    """The colour of a line of the grid; opaque, because a translucent line takes ten times as long.

    Args:
        share: Of the ink in it.
    """
    now = theme.current()
    ground, ink = now.colour("canvas"), now.colour("muted")
    mixed = (
        round(a + (b - a) * share)
        for a, b in zip(ground.getRgb()[:3], ink.getRgb()[:3], strict=True)  # type: ignore[index]
    )
    return QColor(*mixed)


def _parts(curve: Curve) -> list[slice]:
    """The pieces of a curve that one stroke runs through."""
    ends = np.flatnonzero(curve.joined == 0) + 1
    return [slice(a, b) for a, b in pairwise([0, *ends.tolist()]) if b - a > 1]


def _polygon(points: np.ndarray) -> QPolygonF:
    """The points (n, 2) as Qt takes them, copied in one piece."""
    made = QPolygonF()
    made.resize(len(points))
    address: Any = VoidPtr  # its annotations know numbers alone
    memory = address(made.data(), points.shape[0] * 16, True)
    np.frombuffer(memory, np.float64).reshape(-1, 2)[:] = points
    return made
