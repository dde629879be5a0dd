"""The plot of the Joint angles dock: panes of curves over seconds, with a cursor and marks.

Painted by hand and in two layers. The lower one, of axes, curves and marks, is drawn anew only when
they change; the upper one, of the cursor and the values at it, costs little at each frame.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QPolygonF,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget
from shiboken6 import VoidPtr

from poseviewer.gui import theme
from poseviewer.gui.angles.axes import time_ticks, value_ticks
from poseviewer.gui.angles.overlay import (
    Value,
    columns_of,
    paint_cursor,
    paint_marks,
    paint_repetition,
    paint_values,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from poseviewer.draw.curve import Curve
    from poseviewer.gui.angles.strokes import Layer, Pane, Stroke, Unit

LEAST_PANE = 64
"""Logical pixels on the desk below which a pane is no longer readable."""

_TOP, _RIGHT, _GAP = 6, 10, 8
"""Logical pixels above, right of and between the panes."""

_LABEL_ROOM, _TIME_ROOM = 2.0, 1.9
"""From one label of an axis to the next: in heights of the upright, widths of the level one."""

_SHORTEST = 0.1
"""Seconds that a person can zoom in to."""

_NOTCH = 1.25
"""How much a notch of the wheel zooms."""

_EDGE = 0.04
"""Share of the time range at which the cursor is brought back into sight."""

_FAINT, _CLEAR = 0.22, 0.65
"""How much ink there is in the lines of the grid, and in that of zero."""

_LONGEST = 36
"""Letters of a value with its name, at most, for how much is painted anew around the cursor."""

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


class AnglePlot(QWidget):
    """Angles over seconds in one pane or several."""

    clicked = Signal(float)
    """The time in seconds under a click or a drag of the left button."""

    zoomed = Signal()
    """The time range was changed by a person."""

    resized = Signal()
    """There is more or less room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Joint angles over time")
        self.setToolTip(
            "Click to go to a frame. Wheel: zoom in time; middle button or Shift and wheel: move. "
            "Double-click to show all."
        )
        self._panes: tuple[Pane, ...] = ()
        self._notes: Mapping[str, str] = {}
        self._repetitions: Mapping[str, Sequence[tuple[float, float, float]]] = {}
        self._radians = False
        self._limits: tuple[float, float] | None = None
        self._range = (0.0, 1.0)
        self._seconds: float | None = None
        self._marks: tuple[float | None, float | None] = (None, None)
        self._still: QPixmap | None = None
        self._layer = QPixmap()
        self._ground = QPixmap()
        self._grounded: tuple[object, ...] = ()
        self._dragged: float | None = None
        self._font = theme.digits()
        self._area = QRectF(0, 0, 1, 1)
        self._reach = 0
        self._measure()

    def sizeHint(self) -> QSize:
        """Enough for a pane with its axes."""
        return QSize(360, 200)

    # -- what is shown --------------------------------------------------------------------

    def show_panes(self, panes: Sequence[Pane], *, radians: bool = False) -> None:
        """Show these panes, top first, and nothing else.

        Args:
            panes: At least one.
            radians: Write radians along the axis instead of degrees.
        """
        self._panes, self._radians = tuple(panes), radians
        count = len(panes)
        self.setMinimumHeight(theme.px(LEAST_PANE * count + 30) if count > 1 else 0)
        self._redraw()

    def set_notes(self, notes: Mapping[str, str]) -> None:
        """Write these texts beside the titles of panes."""
        if notes != self._notes:
            self._notes = dict(notes)
            self._redraw()

    def set_repetitions(
        self, repetitions: Mapping[str, Sequence[tuple[float, float, float]]]
    ) -> None:
        """Mark the repetitions of angles, by name: the seconds of start, peak and end of each."""
        if repetitions != self._repetitions:
            self._repetitions = dict(repetitions)
            self._redraw()

    def set_marks(self, low: float | None, high: float | None) -> None:
        """Mark the range from `low` to `high` seconds; None for an end that has no mark."""
        if (low, high) != self._marks:
            self._marks = low, high
            self._redraw()

    def curve(self, name: str, layer: Layer = "raw") -> tuple[np.ndarray, np.ndarray]:
        """Seconds and values, in the unit shown, of a curve."""
        curve = self.stroke(name, layer).curve
        unit = next(pane.unit for pane in self._panes if curve in [s.curve for s in pane.strokes])
        return curve.seconds, curve.degrees * self._factor(unit)

    def stroke(self, name: str, layer: Layer = "raw") -> Stroke:
        """The curve of an angle.

        Raises:
            KeyError: It is not shown.
        """
        for pane in self._panes:
            for stroke in pane.strokes:
                if (stroke.name, stroke.layer) == (name, layer):
                    return stroke
        raise KeyError(name)

    @property
    def panes(self) -> tuple[Pane, ...]:
        """What is shown, top first."""
        return self._panes

    @property
    def names(self) -> frozenset[str]:
        """The angles shown."""
        return frozenset(stroke.name for pane in self._panes for stroke in pane.strokes)

    @property
    def titles(self) -> tuple[str, ...]:
        """What the panes are called, top first."""
        return tuple(pane.title for pane in self._panes)

    @property
    def notes(self) -> Mapping[str, str]:
        """What is written beside the titles."""
        return self._notes

    @property
    def repetitions(self) -> Mapping[str, Sequence[tuple[float, float, float]]]:
        """The repetitions that are marked, as `set_repetitions` takes them."""
        return self._repetitions

    @property
    def marks(self) -> tuple[float | None, float | None]:
        """The marked range."""
        return self._marks

    def set_cursor(self, seconds: float | None) -> None:
        """Put the cursor line at a time; None hides it."""
        if seconds != self._seconds:
            self._update_cursor()
            self._seconds = seconds
            self._update_cursor()

    def _update_cursor(self) -> None:
        """Paint the cursor and its values anew, and no more than these."""
        if self._seconds is not None:
            at, wide = round(self.place_of(self._seconds)), self._reach * self._columns()
            self.update(at - wide, 0, 2 * wide, self.height())

    def _columns(self) -> int:
        """In how many columns the values at the cursor lie in the fullest pane."""
        high = QFontMetricsF(self._font).height()
        return max(
            (
                columns_of(len(pane.strokes), high, place.height() - high)
                for pane, place in zip(self._panes, self._places(), strict=True)
            ),
            default=1,
        )

    @property
    def cursor_time(self) -> float | None:
        """Where the cursor stands; None while it is hidden."""
        return self._seconds

    def values(self) -> tuple[tuple[str, str], ...]:
        """What is written at the cursor: of which curve, and its value."""
        return tuple((v.label, v.text) for pane in self._panes for v in self._values_of(pane))

    # -- the time range -------------------------------------------------------------------

    def set_time_range(self, low: float, high: float) -> None:
        """Show the seconds from `low` to `high`."""
        if self._range != (low, high):
            self._range = low, high
            self._redraw()

    def set_time_limits(self, low: float, high: float) -> None:
        """How far a person may zoom out and pan."""
        self._limits = low, high

    def free_time(self) -> None:
        """Let no person zoom or pan: the time runs on."""
        self._limits = None

    @property
    def time_range(self) -> tuple[float, float]:
        """The seconds at the left and right edge."""
        return self._range

    def follow(self, seconds: float) -> None:
        """Move the time range, as far as it must, so that `seconds` is in sight."""
        self._look_at(*self._range, keep=seconds, turn=True)

    def _look_at(
        self, low: float, high: float, *, keep: float | None = None, turn: bool = False
    ) -> None:
        """Show a range as near to the one asked for as the limits and the cursor allow.

        Args:
            low: First second.
            high: Last second.
            keep: A time that stays in sight.
            turn: Show what comes after it rather than the least that must be.
        """
        if self._limits is None:
            return
        first, last = self._limits
        extent = min(max(high - low, _SHORTEST), last - first)
        low = min(max((low + high - extent) / 2, first), last - extent)
        keep = self._seconds if keep is None else keep
        if keep is not None and first <= keep <= last and not low <= keep <= low + extent:
            edge = _EDGE * extent
            ahead = keep > low + extent
            low = keep - (edge if ahead == turn else extent - edge)
            low = min(max(low, first), last - extent)
        self.set_time_range(low, low + extent)

    # -- geometry -------------------------------------------------------------------------

    @property
    def degree_range(self) -> tuple[float, float]:
        """The degrees at the bottom and top of the first pane."""
        return self._panes[0].degrees if self._panes else (0.0, 1.0)

    @property
    def columns(self) -> int:
        """Width of the plot area in device pixels."""
        return max(int(self._area.width() * self.devicePixelRatioF()), 1)

    def place_of(self, seconds: float) -> float:
        """The x of a time on this widget, in logical pixels."""
        area, (low, high) = self._area, self._range
        return area.left() + (seconds - low) / (high - low) * area.width()

    def time_at(self, x: float) -> float:
        """The time at an x of this widget."""
        area, (low, high) = self._area, self._range
        return low + (x - area.left()) / max(area.width(), 1.0) * (high - low)

    def _factor(self, unit: Unit) -> float:
        """What values are multiplied by before they are written."""
        return np.pi / 180 if self._radians and unit in ("angle", "velocity") else 1.0

    def _measure(self) -> None:
        """Take the size of the labels, and with it the place of the panes."""
        self._font = theme.digits()
        # A little smaller where there is little room.
        if self.width() < theme.px(700) or self.height() < theme.px(300):
            self._font.setPointSizeF(self._font.pointSizeF() - 1)
        metrics = QFontMetricsF(self._font)
        left = round(metrics.horizontalAdvance("\N{MINUS SIGN}180°")) + 8
        self._reach = round(metrics.horizontalAdvance("a" * _LONGEST)) + 20
        width = max(self.width() - left - _RIGHT, 1)
        height = max(self.height() - _TOP - round(metrics.height()) - 5, 1)
        self._area = QRectF(left, _TOP, width, height)
        self._grounded = ()
        self._redraw()

    def _places(self) -> list[QRectF]:
        """Where each pane is."""
        area, count = self._area, len(self._panes)
        room = max(area.height() - _GAP * (count - 1), 1.0)
        total = sum(pane.weight for pane in self._panes)
        places, top = [], area.top()
        for pane in self._panes:
            height = room * pane.weight / total
            places.append(QRectF(area.left(), top, area.width(), height))
            top += height + _GAP
        return places

    def _y_of(self, pane: Pane, place: QRectF, degrees: np.ndarray) -> np.ndarray:
        low, high = pane.degrees
        spare = _PADDING * (high - low)
        share = (degrees - low + spare) / (high - low + 2 * spare)
        return place.bottom() - share * place.height()

    def _text(self, degrees: float, unit: Unit) -> str:
        """A value as it is written at the cursor."""
        value = degrees * self._factor(unit)
        if unit == "m":
            text = f"{value:.2f} m/s"
        elif unit == "px":
            text = f"{value:.0f} px/s"
        elif self._radians:
            text = f"{value:.2f}"
        else:
            text = f"{value:.1f}°" if unit == "angle" else f"{value:.0f}°/s"
        return text.replace("-", "\N{MINUS SIGN}")

    # -- painting -------------------------------------------------------------------------

    def _redraw(self) -> None:
        self._still = None
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the two layers."""
        if self._still is None:
            self._still = self._draw_still()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._still)
        painter.setFont(self._font)
        places = self._places()
        if self._seconds is not None and self._range[0] <= self._seconds <= self._range[1]:
            x = self.place_of(self._seconds)
            paint_cursor(painter, places, x)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            title = QFontMetricsF(self._font).height()
            for pane, place in zip(self._panes, places, strict=True):
                room = place.adjusted(0, title if pane.title else 0, 0, 0)
                paint_values(painter, self._values_of(pane, place), room, x)
        painter.end()

    def _values_of(self, pane: Pane, place: QRectF | None = None) -> list[Value]:
        """The values at the cursor of a pane's curves; their heights where `place` is given."""
        found = []
        for stroke in pane.strokes:
            degrees = float("nan") if self._seconds is None else stroke.at(self._seconds)
            if stroke.label is not None and np.isfinite(degrees):
                text = self._text(degrees, pane.unit)
                y = 0.0 if place is None else float(self._y_of(pane, place, np.array(degrees)))
                colour = QColor(stroke.pen.color())
                colour.setAlphaF(1.0)
                found.append(Value(stroke.label, text, y, colour))
        return found

    def _draw_still(self) -> QPixmap:
        """The lower layer."""
        places = self._places()
        ground = self._draw_ground(places)
        made = self._layer
        # Into the memory of the one before: to get new memory takes longer than to copy into it.
        if made.size() != ground.size():
            made = self._layer = QPixmap(ground.size())
        made.setDevicePixelRatio(ground.devicePixelRatio())
        painter = QPainter(made)
        painter.drawPixmap(0, 0, ground)
        painter.setFont(self._font)
        self._draw_time_axis(painter, places)
        for pane, place in zip(self._panes, places, strict=True):
            self._draw_pane(painter, pane, place)
        low, high = (None if mark is None else self.place_of(mark) for mark in self._marks)
        paint_marks(painter, places, low, high)
        for pane, place in zip(self._panes, places, strict=True):
            self._draw_title(painter, pane, place)
        painter.end()
        return made

    def _draw_ground(self, places: list[QRectF]) -> QPixmap:
        """What lies below everything, with the axes of values, which seldom change."""
        ratio, now = self.devicePixelRatioF(), theme.current()
        limits = tuple((pane.degrees, pane.unit) for pane in self._panes)
        key = self.size(), ratio, now, limits, tuple(map(QRectF.getRect, places)), self._radians
        if key != self._grounded:
            self._grounded = key
            self._ground = QPixmap(self.size() * ratio)
            self._ground.setDevicePixelRatio(ratio)
            self._ground.fill(now.colour("canvas"))
            painter = QPainter(self._ground)
            painter.setFont(self._font)
            for pane, place in zip(self._panes, places, strict=True):
                self._draw_value_axis(painter, pane, place)
            painter.end()
        return self._ground

    def _draw_time_axis(self, painter: QPainter, places: list[QRectF]) -> None:
        now, area = theme.current(), self._area
        metrics = QFontMetricsF(painter.font())
        low, high = self._range
        widest = metrics.horizontalAdvance("00:00") * _TIME_ROOM
        ticks = time_ticks(low, high, room=area.width() / widest)
        grid, top, right = _grid(_FAINT), area.bottom() + 3, float(self.width())
        painter.setPen(now.colour("muted"))
        for seconds, text in ticks:
            x = round(self.place_of(seconds))
            for place in places:
                painter.fillRect(x, int(place.top()), 1, round(place.height()), grid)
            wide = metrics.horizontalAdvance(text) + 2
            left = min(x - wide / 2, right - wide)
            box = QRectF(left, top, wide, metrics.height())
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)

    def _draw_pane(self, painter: QPainter, pane: Pane, place: QRectF) -> None:
        painter.save()
        painter.setClipRect(place)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for stroke in pane.strokes:
            self._draw_stroke(painter, pane, place, stroke)
        for stroke in pane.strokes:
            if stroke.label is not None and stroke.name in self._repetitions:
                self._draw_repetitions(painter, pane, place, stroke)
        painter.restore()

    def _draw_value_axis(self, painter: QPainter, pane: Pane, place: QRectF) -> None:
        now, metrics = theme.current(), QFontMetricsF(painter.font())
        factor = self._factor(pane.unit)
        low, high = (degrees * factor for degrees in pane.degrees)
        room = place.height() / (metrics.height() * _LABEL_ROOM)
        grid, zero, left = _grid(_FAINT), _grid(_CLEAR), int(place.left())
        painter.setPen(now.colour("muted"))
        align = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        plain = pane.unit != "angle"
        ticks = value_ticks(low, high, room=room, radians=self._radians, plain=plain)
        for value, text in ticks:
            at = float(self._y_of(pane, place, np.array(value / factor)))
            y = round(at)
            painter.fillRect(left, y, round(place.width()), 1, grid if value else zero)
            box = QRectF(0, y - metrics.height() / 2, place.left() - 6, metrics.height())
            painter.drawText(box, align, text)
        painter.fillRect(left, int(place.top()), 1, round(place.height()), zero)

    def _draw_stroke(self, painter: QPainter, pane: Pane, place: QRectF, stroke: Stroke) -> None:
        curve = stroke.curve
        if not len(curve.seconds):
            return
        x = place.left() + (curve.seconds - self._range[0]) * (
            place.width() / (self._range[1] - self._range[0])
        )
        y = self._y_of(pane, place, curve.degrees)
        painter.setPen(stroke.pen)
        zero = float(self._y_of(pane, place, np.array(0.0)))
        for part in _parts(curve):
            points = np.column_stack([x[part], y[part]])
            if stroke.layer == "apart":
                ends = np.array([[points[-1, 0], zero], [points[0, 0], zero]])
                painter.save()
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(theme.current().colour("muted", 0.35))
                painter.drawPolygon(_polygon(np.concatenate([points, ends])))
                painter.restore()
            painter.drawPolyline(_polygon(points))

    def _draw_repetitions(
        self, painter: QPainter, pane: Pane, place: QRectF, stroke: Stroke
    ) -> None:
        """The marks of an angle's repetitions on its curve."""
        colour = QColor(stroke.pen.color())
        colour.setAlphaF(1.0)
        low, high = self._range
        free = -np.inf
        for number, times in enumerate(self._repetitions[stroke.name], start=1):
            if times[2] < low or times[0] > high:
                continue
            points = [
                QPointF(self.place_of(seconds), float(self._y_of(pane, place, np.array(value))))
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
        now, metrics = theme.current(), QFontMetricsF(painter.font())
        unit = _UNITS[pane.unit][self._radians]
        title = f"{pane.title} ({unit})" if pane.title and unit else pane.title or unit
        left = place.left() + 6
        for text, colour in ((title, now.text), (self._notes.get(pane.title, ""), now.muted)):
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

    # -- events ---------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw everything in the new size."""
        super().resizeEvent(event)
        self._measure()
        self.resized.emit()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.FontChange):
            self._measure()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to a time, or take hold of it."""
        x = event.position().x()
        if event.button() == Qt.MouseButton.LeftButton:
            self.clicked.emit(self.time_at(x))
        elif event.button() == Qt.MouseButton.MiddleButton:
            self._dragged = x

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go along, or move the time that is held."""
        x = event.position().x()
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.clicked.emit(self.time_at(x))
        elif self._dragged is not None:
            step = self.time_at(self._dragged) - self.time_at(x)
            self._dragged = x
            self._moved(self._range[0] + step, self._range[1] + step)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let the time go."""
        self._dragged = None
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show everything."""
        if event.button() == Qt.MouseButton.LeftButton and self._limits is not None:
            self._moved(*self._limits)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom about the pointer; with Shift, or sideways, move."""
        turn, (low, high) = event.angleDelta(), self._range
        event.accept()
        aside = turn.x() or (
            turn.y() if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 0
        )
        if aside:
            step = -aside / 120 * 0.1 * (high - low)
            self._moved(low + step, high + step)
        elif turn.y():
            factor, at = _NOTCH ** (-turn.y() / 120), self.time_at(event.position().x())
            self._moved(at - (at - low) * factor, at + (high - at) * factor)

    def _moved(self, low: float, high: float) -> None:
        """Show a range that a person has asked for."""
        self._look_at(low, high)
        if self._limits is not None:
            self.zoomed.emit()


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
