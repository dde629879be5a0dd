"""The plot of the Joint angles dock: panes of curves over seconds, with a cursor and marks.

Painted by hand and in two layers. The lower one, of axes, curves and marks, is drawn anew only when
they change; the upper one, of the cursor and the values at it, costs little at each frame.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from poseviewer.gui import theme
from poseviewer.gui.angles.overlay import (
    Value,
    columns_of,
    paint_cursor,
    paint_values,
)
from poseviewer.gui.angles.sheet import Ground, Sheet, y_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from poseviewer.gui.angles.strokes import Layer, Pane, Stroke, Unit

LEAST_PANE = 64
"""Logical pixels on the desk below which a pane is no longer readable."""

_SHORTEST = 0.1
"""Seconds that a person can zoom in to."""

_NOTCH = 1.25
"""How much a notch of the wheel zooms."""

_EDGE = 0.04
"""Share of the time range at which the cursor is brought back into sight."""

_LONGEST = 36
"""Letters of a value with its name, at most, for how much is painted anew around the cursor."""

_TOP, _RIGHT = 6, 10
"""Logical pixels above and right of the panes."""


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
        self._limits: tuple[float, float] | None = None
        self._seconds: float | None = None
        self._sheet = Sheet((1, 1), 1.0, (0.0, 0.0, 1.0, 1.0), 1.0, theme.current())
        """The lower layer."""
        self._still: tuple[Sheet, QImage] | None = None
        """What was drawn last."""
        self._made: tuple[Sheet, QImage] | None = None
        """What was drawn on another thread, until it is asked for."""
        self._ground: Ground | None = None
        self._other_ground: Ground | None = None
        """One for each thread."""
        self._dragged: float | None = None
        self._font = theme.digits()
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
        count = len(panes)
        self.setMinimumHeight(theme.px(LEAST_PANE * count + 30) if count > 1 else 0)
        self._draw(panes=tuple(panes), radians=radians)

    def draw_ahead(
        self, panes: Sequence[Pane], *, time_range: tuple[float, float], radians: bool = False
    ) -> None:
        """Draw panes that are shown next; called on another thread.

        Args:
            panes: As `show_panes` takes them.
            time_range: The seconds at the left and right edge.
            radians: As `show_panes` takes it.
        """
        sheet = replace(self._sheet, panes=tuple(panes), range=time_range, radians=radians)
        image, self._other_ground = sheet.draw(self._other_ground)
        self._made = sheet, image

    def set_notes(self, notes: Mapping[str, str]) -> None:
        """Write these texts beside the titles of panes."""
        if notes != self._sheet.notes:
            self._draw(notes=dict(notes))

    def set_repetitions(
        self, repetitions: Mapping[str, Sequence[tuple[float, float, float]]]
    ) -> None:
        """Mark the repetitions of angles, by name: the seconds of start, peak and end of each."""
        if repetitions != self._sheet.repetitions:
            self._draw(repetitions=dict(repetitions))

    def set_marks(self, low: float | None, high: float | None) -> None:
        """Mark the range from `low` to `high` seconds; None for an end that has no mark."""
        if (low, high) != self._sheet.marks:
            self._draw(marks=(low, high))

    def curve(self, name: str, layer: Layer = "raw") -> tuple[np.ndarray, np.ndarray]:
        """Seconds and values, in the unit shown, of a curve."""
        curve = self.stroke(name, layer).curve
        unit = next(
            pane.unit for pane in self._sheet.panes if curve in [s.curve for s in pane.strokes]
        )
        return curve.seconds, curve.degrees * self._sheet.factor(unit)

    def stroke(self, name: str, layer: Layer = "raw") -> Stroke:
        """The curve of an angle.

        Raises:
            KeyError: It is not shown.
        """
        for pane in self._sheet.panes:
            for stroke in pane.strokes:
                if (stroke.name, stroke.layer) == (name, layer):
                    return stroke
        raise KeyError(name)

    @property
    def panes(self) -> tuple[Pane, ...]:
        """What is shown, top first."""
        return self._sheet.panes

    @property
    def names(self) -> frozenset[str]:
        """The angles shown."""
        return frozenset(stroke.name for pane in self._sheet.panes for stroke in pane.strokes)

    @property
    def titles(self) -> tuple[str, ...]:
        """What the panes are called, top first."""
        return tuple(pane.title for pane in self._sheet.panes)

    @property
    def notes(self) -> Mapping[str, str]:
        """What is written beside the titles."""
        return self._sheet.notes

    @property
    def repetitions(self) -> Mapping[str, Sequence[tuple[float, float, float]]]:
        """The repetitions that are marked, as `set_repetitions` takes them."""
        return self._sheet.repetitions

    @property
    def marks(self) -> tuple[float | None, float | None]:
        """The marked range."""
        return self._sheet.marks

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
                for pane, place in zip(self._sheet.panes, self._sheet.places(), strict=True)
            ),
            default=1,
        )

    @property
    def cursor_time(self) -> float | None:
        """Where the cursor stands; None while it is hidden."""
        return self._seconds

    def values(self) -> tuple[tuple[str, str], ...]:
        """What is written at the cursor: of which curve, and its value."""
        return tuple((v.label, v.text) for pane in self._sheet.panes for v in self._values_of(pane))

    # -- the time range -------------------------------------------------------------------

    def set_time_range(self, low: float, high: float) -> None:
        """Show the seconds from `low` to `high`."""
        if self._sheet.range != (low, high):
            self._draw(range=(low, high))

    def set_time_limits(self, low: float, high: float) -> None:
        """How far a person may zoom out and pan."""
        self._limits = low, high

    def free_time(self) -> None:
        """Let no person zoom or pan: the time runs on."""
        self._limits = None

    @property
    def time_range(self) -> tuple[float, float]:
        """The seconds at the left and right edge."""
        return self._sheet.range

    def follow(self, seconds: float) -> None:
        """Move the time range, as far as it must, so that `seconds` is in sight."""
        self._look_at(*self._sheet.range, keep=seconds, turn=True)

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
        keep = self._seconds if keep is None else keep
        self.set_time_range(*_in_sight(low, high, self._limits, keep=keep, turn=turn))

    def range_for(self, seconds: float) -> tuple[float, float]:
        """The time range that `follow` would give; on any thread."""
        now, limits = self._sheet.range, self._limits
        return now if limits is None else _in_sight(*now, limits, keep=seconds, turn=True)

    # -- geometry -------------------------------------------------------------------------

    @property
    def degree_range(self) -> tuple[float, float]:
        """The degrees at the bottom and top of the first pane."""
        return self._sheet.panes[0].degrees if self._sheet.panes else (0.0, 1.0)

    @property
    def columns(self) -> int:
        """Width of the plot area in device pixels."""
        return max(int(self._sheet.area[2] * self.devicePixelRatioF()), 1)

    def place_of(self, seconds: float) -> float:
        """The x of a time on this widget, in logical pixels."""
        return self._sheet.place_of(seconds)

    def time_at(self, x: float) -> float:
        """The time at an x of this widget."""
        (left, _, width, _), (low, high) = self._sheet.area, self._sheet.range
        return low + (x - left) / max(width, 1.0) * (high - low)

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
        self._draw(
            size=(self.width(), self.height()),
            area=(float(left), float(_TOP), float(width), float(height)),
            points=self._font.pointSizeF(),
        )

    def _text(self, degrees: float, unit: Unit) -> str:
        """A value as it is written at the cursor."""
        value = degrees * self._sheet.factor(unit)
        if unit == "m":
            text = f"{value:.2f} m/s"
        elif unit == "px":
            text = f"{value:.0f} px/s"
        elif self._sheet.radians:
            text = f"{value:.2f}"
        else:
            text = f"{value:.1f}°" if unit == "angle" else f"{value:.0f}°/s"
        return text.replace("-", "\N{MINUS SIGN}")

    # -- painting -------------------------------------------------------------------------

    def _draw(self, **fields: Any) -> None:
        """Change the lower layer, which is drawn with the next paint unless it is drawn already."""
        now = theme.current(), self.devicePixelRatioF()
        self._sheet = replace(self._sheet, theme=now[0], ratio=now[1], **fields)
        if self._made is not None and self._made[0] == self._sheet:
            self._still, self._made = self._made, None
        self.update()

    def _draw_still(self) -> QImage:
        image, self._ground = self._sheet.draw(self._ground)
        return image

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the two layers."""
        now = theme.current(), self.devicePixelRatioF()
        if now != (self._sheet.theme, self._sheet.ratio):
            self._sheet = replace(self._sheet, theme=now[0], ratio=now[1])
        if self._still is None or self._still[0] != self._sheet:
            self._still = self._sheet, self._draw_still()
        painter = QPainter(self)
        painter.drawImage(0, 0, self._still[1])
        painter.setFont(self._font)
        places = self._sheet.places()
        if (
            self._seconds is not None
            and self._sheet.range[0] <= self._seconds <= self._sheet.range[1]
        ):
            x = self.place_of(self._seconds)
            paint_cursor(painter, places, x)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            title = QFontMetricsF(self._font).height()
            for pane, place in zip(self._sheet.panes, places, strict=True):
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
                y = 0.0 if place is None else float(y_of(pane, place, np.array(degrees)))
                colour = QColor(stroke.pen.color())
                colour.setAlphaF(1.0)
                found.append(Value(stroke.label, text, y, colour))
        return found

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
            self._moved(self._sheet.range[0] + step, self._sheet.range[1] + step)

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
        turn, (low, high) = event.angleDelta(), self._sheet.range
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


def _in_sight(
    low: float,
    high: float,
    limits: tuple[float, float],
    *,
    keep: float | None,
    turn: bool,
) -> tuple[float, float]:
    """The time range as near to the one asked for as the limits and a time allow.

    Args:
        low: First second.
        high: Last second.
        limits: The first and the last that there is.
        keep: A time that stays in sight; None for none.
        turn: Show what comes after it rather than the least that must be.
    """
    first, last = limits
    extent = min(max(high - low, _SHORTEST), last - first)
    low = min(max((low + high - extent) / 2, first), last - extent)
    if keep is not None and first <= keep <= last and not low <= keep <= low + extent:
        edge = _EDGE * extent
        ahead = keep > low + extent
        low = keep - (edge if ahead == turn else extent - edge)
        low = min(max(low, first), last - extent)
    return low, low + extent
