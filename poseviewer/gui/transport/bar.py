"""The transport bar: timeline, buttons, and the present time and frame number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from poseviewer.draw.captions import clock
from poseviewer.gui import theme
from poseviewer.gui.design import SIZES
from poseviewer.gui.frame.hud import short_clock
from poseviewer.gui.plain import Label
from poseviewer.gui.transport.reach import Reach, behind_text, reach
from poseviewer.gui.transport.timeline import Timeline

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction, QResizeEvent

    from poseviewer.runtime.state import AppState, SourceInfo


class Readout(QWidget):
    """Time and frame number, in digits of equal width."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Position")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._parts: tuple[tuple[str, bool], ...] = ()
        self._width, self._widest = 120, ""
        self._fonts: dict[bool, tuple[QFont, QFontMetricsF]] = {}
        self._brief = 0
        self._shown: tuple[float, int, SourceInfo] | None = None

    def set_brief(self, brief: int) -> None:
        """Leave out the totals (1), and the word `frame` too (2), where there is little room."""
        if brief != self._brief:
            self._brief = brief
            self._parts = ()
            self.updateGeometry()
            if self._shown is not None:
                self.show_place(seconds=self._shown[0], index=self._shown[1], source=self._shown[2])

    def show_place(self, *, seconds: float, index: int, source: SourceInfo) -> None:
        """Show the number and the time of the frame on screen."""
        self._shown = (seconds, index, source)
        full = bool(source.count) and not self._brief
        parts = [(clock(seconds), True)]
        if full:
            parts.append((f" / {clock(float(source.times[-1]))}", False))
        word = "   " if self._brief > 1 else "   frame "
        parts += [(word, False), (str(index), True)]
        if full:
            parts.append((f" / {source.count - 1}", False))
        if tuple(parts) == self._parts:
            return
        self._parts = tuple(parts)
        self.setAccessibleDescription("".join(text for text, _ in parts).replace(word, "   frame "))
        # Room for the longest this source can say, so that nothing beside it moves.
        longest = clock(float(source.times[-1])) if source.count else "0:00:00.000"
        number = source.count or 99999
        widest = f"{longest}{word}{number}"
        if full:
            widest += f" / {longest} / {number}"
        if widest != self._widest:
            self._widest = widest
            width = round(self._font(strong=True)[1].horizontalAdvance(widest))
            if width != self._width:
                self._width = width
                self.updateGeometry()
        self.update()

    def clear(self) -> None:
        """Show nothing, as nothing is open."""
        self._parts, self._shown = (), None
        self.setAccessibleDescription("")
        self.update()

    def changeEvent(self, event: QEvent) -> None:
        """Take the room of another font."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fonts, self._widest = {}, ""
        if event.type() == QEvent.Type.FontChange and self._shown is not None:
            self._parts = ()
            self.show_place(seconds=self._shown[0], index=self._shown[1], source=self._shown[2])

    def sizeHint(self) -> QSize:
        """Enough for the longest text."""
        return QSize(self._width, theme.px(28))

    def minimumSizeHint(self) -> QSize:
        """The same, as no digit may be cut off."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Write the parts, those that change in strong colour and the rest muted."""
        now = theme.current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(now.panel))
        x = 0.0
        for text, strong in self._parts:
            font, metrics = self._font(strong=strong)
            painter.setFont(font)
            painter.setPen(QColor(now.text if strong else now.muted))
            baseline = (self.height() + metrics.ascent() - metrics.descent()) / 2
            painter.drawText(QPointF(x, baseline), text)
            x += metrics.horizontalAdvance(text)
        painter.end()

    def _font(self, *, strong: bool) -> tuple[QFont, QFontMetricsF]:
        if strong not in self._fonts:
            font = theme.digits(bold=strong)
            self._fonts[strong] = font, QFontMetricsF(font)
        return self._fonts[strong]


Mode = Literal["clip", "photo", "live", "frozen"]

_RUNNING = ("toggle", "snapshot", "record")
"""Buttons that a feed has while it runs."""

_FEED = ("snapshot", "record", "replay")
"""Buttons that a clip lacks."""

_PHOTO = ("snapshot", "export")
"""Buttons for a photo: there is nothing to play."""

SPEEDS = (0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0)
"""Times real time."""


class TransportBar(QWidget):
    """Timeline and buttons; every button is one of the window's actions."""

    sought = Signal(int)
    """A frame was pointed at on the timeline."""

    speed_chosen = Signal(float)

    def __init__(self, actions: Mapping[str, QAction], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("transport")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setMinimumWidth(400)
        self.timeline = Timeline(self)
        self.timeline.sought.connect(self._seek)
        self._reach: Reach | None = None
        self.readout = Readout(self)
        self.live = Label("●  LIVE", self)
        self.live.setObjectName("live")
        self.live.setAccessibleName("Live source")
        self.live.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Preferred)
        self.speed = QComboBox(self)
        self.speed.setAccessibleName("Speed")
        self.speed.setToolTip("Speed of playing ([ slower, ] faster)")
        for speed in SPEEDS:
            self.speed.addItem(f"{speed:g}×", speed)  # noqa: RUF001 - the sign for times
        self._show_speed(1.0)
        self.speed.activated.connect(self._choose_speed)
        self._buttons = {
            name: self._button(actions[name])
            for name in (
                "first",
                "step_back",
                "toggle",
                "replay",
                "step_forward",
                "last",
                "mark_in",
                "mark_out",
                "loop",
                "record",
                "snapshot",
                "export",
            )
        }
        self.go_live = self._button(actions["toggle"])
        self.go_live.setObjectName("golive")
        self.go_live.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.go_live.setAccessibleName("Go live")
        self._buttons["export"].setProperty("main", True)
        self._buttons["export"].setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self._marks: tuple[int | None, int | None] = (None, None)
        self._times: object = None
        self._lay_out()
        self._mode: Mode | None = None
        self._show_mode("clip")

    def _button(self, action: QAction) -> QToolButton:
        button = QToolButton(self)
        button.setDefaultAction(action)
        button.setIconSize(theme.square(SIZES.icon))
        button.setMinimumHeight(theme.px(30))
        # Never squeezed: half a word says nothing.
        button.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setAccessibleName(action.text().rstrip("…"))
        return button

    def _lay_out(self) -> None:
        self._row = row = QHBoxLayout()
        row.setSpacing(6)
        row.setContentsMargins(10, 0, 10, 0)
        for name in ("first", "step_back", "toggle", "replay", "step_forward", "last"):
            row.addWidget(self._buttons[name])
        self._buttons["toggle"].setMinimumWidth(44)
        self._buttons["replay"].setMinimumWidth(44)
        row.addSpacing(8)
        row.addWidget(self.go_live)
        row.addWidget(self.live)
        row.addSpacing(4)
        row.addWidget(self.readout)
        row.addStretch(1)
        for name in ("mark_in", "mark_out", "loop"):
            row.addWidget(self._buttons[name])
        row.addWidget(self.speed)
        row.addWidget(self._buttons["record"])
        row.addWidget(self._buttons["snapshot"])
        row.addWidget(self._buttons["export"])
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 7, 0, 9)
        column.setSpacing(6)
        column.addWidget(self.timeline)
        column.addLayout(row)

    # -- what is shown --------------------------------------------------------------------

    def refresh(self, state: AppState) -> None:
        """Show the playback of `state`."""
        source, transport = state.source, state.playback
        self.setEnabled(source is not None)
        if source is None:
            if self._times is not None:
                self._times = None
                self.timeline.set_times(np.empty(0))
                self.readout.clear()
            return
        self._reach = there = reach(state)
        still: Mode = "photo" if source.count == 1 else "clip"
        self._show_mode("frozen" if state.past else "live" if source.live else still)
        times = source.times if there is None else there.times
        if times is not self._times:
            self._times = times
            self.timeline.set_times(times, past=state.past)
        shown = state.frame.index if state.frame is not None else transport.index
        if source.live:
            self._show_live(state, shown)
            seconds = state.frame.time.seconds if state.frame is not None else 0.0
        else:
            shown = min(shown, source.count - 1)
            seconds = float(source.times[shown])
        if there is not None and not self.timeline.isSliderDown():
            self.timeline.setValue(there.position(shown))
        before = self.readout.sizeHint()
        self.readout.show_place(seconds=seconds, index=shown, source=source)
        if self.readout.sizeHint() != before:
            self._fit_width()
        self._show_marks(transport.start, transport.end)
        if self.speed.currentData() != transport.speed:
            self._show_speed(transport.speed)

    def _show_mode(self, mode: Mode) -> None:
        """Show what applies to a clip, a photo, a feed that runs, or one that stands still."""
        if mode == self._mode:
            return
        self._mode = mode
        for name, button in self._buttons.items():
            button.setVisible(
                name in _RUNNING
                if mode == "live"
                else name in _PHOTO
                if mode == "photo"
                else name != "toggle"
                if mode == "frozen"
                else name not in _FEED
            )
        self.speed.setVisible(mode in ("clip", "frozen"))
        self.timeline.setVisible(mode != "photo")
        self.readout.setVisible(mode != "photo")
        # Stays in its place while a feed runs, so that the frame does not jump at a freeze.
        self.timeline.setEnabled(mode != "live")
        self.go_live.setVisible(mode == "frozen")
        self.live.setVisible(mode in ("live", "frozen"))
        self._fit_width()

    def _seek(self, position: int) -> None:
        if self._reach is not None:
            self.sought.emit(self._reach.number(position))

    def _show_live(self, state: AppState, shown: int) -> None:
        """Show whether the feed runs, how far back it is, and whether it is recorded."""
        recording = state.recording
        if state.past is not None:
            text, kind = f"FROZEN  {behind_text(state.past, shown)}", "frozen"
            if state.playback.playing:
                text = f"REPLAY  {behind_text(state.past, shown)}"
        elif recording is not None:
            text, kind = f"●  REC  {short_clock(recording.seconds)}", "recording"
        elif state.playback.lost:
            text, kind = "NO SIGNAL", "frozen"
        elif state.playback.playing:
            text, kind = "●  LIVE", "running"
        else:
            text, kind = "ENDED", "frozen"
        if text != self.live.text():
            self.live.setText(text)
        if kind != self.live.property("state"):
            self.live.setProperty("state", kind)
            self.live.style().unpolish(self.live)
            self.live.style().polish(self.live)
            self._fit_width()

    def _show_marks(self, start: int | None, end: int | None) -> None:
        if (start, end) == self._marks:
            return
        self._marks = (start, end)
        there = self._reach
        at = [None if n is None or there is None else there.position(n) for n in self._marks]
        self.timeline.set_marks(at[0], at[1])
        for name, word, place, number in zip(
            ("mark_in", "mark_out"), ("in", "out"), at, self._marks, strict=True
        ):
            button = self._buttons[name]
            known = place is not None and there is not None
            # Through the action: a button takes its text from there at every change.
            button.defaultAction().setIconText(
                f"{word} {clock(float(there.times[place]))}" if known and there else word
            )
            button.setAccessibleDescription(f"frame {number}" if known else "not set")
        self._fit_width()

    def _show_speed(self, speed: float) -> None:
        with QSignalBlocker(self.speed):
            at = self.speed.findData(speed)
            if at < 0:
                self.speed.addItem(f"{speed:g}×", speed)  # noqa: RUF001 - the sign for times
                at = self.speed.count() - 1
            self.speed.setCurrentIndex(at)

    def _choose_speed(self, at: int) -> None:
        self.speed_chosen.emit(float(self.speed.itemData(at)))

    # -- events ---------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show the times of the marks only where there is room."""
        super().resizeEvent(event)
        self._fit_width()

    def _fit_width(self) -> None:
        """Hide the least needed widgets first, until the row fits."""
        for level in range(7):
            self._shrink(level)
            self._row.invalidate()
            if self._row.sizeHint().width() <= self.width():
                return

    def _shrink(self, level: int) -> None:
        """Show what the width has room for.

        0: everything; 1: marks do not say where; 2: nor totals; 3: only what steps and plays;
        4: of a frozen feed also without what the menus offer; 5: nor marks; 6: the frame's number
        without the word.
        """
        style = Qt.ToolButtonStyle
        for name, at in zip(("mark_in", "mark_out"), self._marks, strict=True):
            with_text = level < 1 and at is not None
            self._buttons[name].setToolButtonStyle(
                style.ToolButtonTextBesideIcon if with_text else style.ToolButtonIconOnly
            )
        self.readout.set_brief((level >= 2) + (level >= 6))
        for widget in (self._buttons["first"], self._buttons["last"], self.speed):
            widget.setVisible(level < 3 and self._mode in ("clip", "frozen"))
        for name in ("mark_in", "mark_out"):
            self._buttons[name].setVisible(level < 5 and self._mode in ("clip", "frozen"))
        self._buttons["loop"].setVisible(level < 4 and self._mode in ("clip", "frozen"))
        if self._mode == "frozen":
            for name in ("loop", "record", "snapshot"):
                self._buttons[name].setVisible(level < 4)
