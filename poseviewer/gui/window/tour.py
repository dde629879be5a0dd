"""The tour: four short callouts that point at parts of the window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QRectF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QMenuBar, QPushButton, QVBoxLayout, QWidget

from poseviewer.gui import theme
from poseviewer.gui.design import SIZES
from poseviewer.gui.plain import Label
from poseviewer.gui.widgets import moved_inside

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from poseviewer.gui.actions.context import Context

TOUR_CLIP = "mannequin-clip:640x480@30x1230"
"""The routine of the demo once."""

WALK = 815
"""The frame of that clip from which the mannequin walks."""

_WIDTH = 330
_AWAY = 12
"""Logical pixels from what is pointed at to the callout."""


@dataclass(frozen=True, slots=True)
class Step:
    """One callout."""

    title: str
    text: str
    target: Callable[[], QWidget | None]
    """What it points at; passed over where that is None."""
    part: Callable[[QWidget], QRect] = QWidget.rect
    """Which part of it."""


def menu_part(title: str) -> Callable[[QWidget], QRect]:
    """Return what gives the place of a menu in its bar."""

    def place(bar: QWidget) -> QRect:
        assert isinstance(bar, QMenuBar)
        for action in bar.actions():
            if action.text() == title:
                return bar.actionGeometry(action)
        return bar.rect()

    return place


class Walk(QObject):
    """Opens the demo and plays it from where the mannequin walks."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        self._context = context

    def begin(self) -> None:
        """Open it."""
        self._context.bridge.changed.connect(self._on_changed)
        self._context.open(TOUR_CLIP)

    @Slot()
    def _on_changed(self) -> None:
        state = self._context.state
        if state.source is not None and state.source.location == TOUR_CLIP:
            self._context.bridge.changed.disconnect(self._on_changed)
            self._context.session.seek(WALK)
            self._context.session.play()
            self.deleteLater()


class Tour(QObject):
    """Shows one callout after another over a window; Esc or Skip ends it."""

    ended = Signal()

    def __init__(self, window: QWidget, steps: Sequence[Step]) -> None:
        super().__init__(window)
        self._window, self._steps, self._at = window, list(steps), -1
        self.outline = _Outline(window)
        self.callout = Callout(window)
        self.callout.next.clicked.connect(self.go_on)
        self.callout.back.clicked.connect(self.go_back)
        self.callout.skip.clicked.connect(self.end)
        self.callout.left.connect(self.end)
        window.installEventFilter(self)
        # Docks move for reasons of their own, and the callout goes along.
        self._following = QTimer(self, interval=250)
        self._following.timeout.connect(self.place)
        self._following.start()
        self.go_on()

    @property
    def step(self) -> Step:
        """What is shown."""
        return self._steps[self._at]

    def go_on(self) -> None:
        """Show the next callout, or end."""
        self._show(1)

    def go_back(self) -> None:
        """Show the callout before."""
        self._show(-1)

    def end(self) -> None:
        """Take everything away."""
        self._following.stop()
        self._window.removeEventFilter(self)
        for widget in (self.outline, self.callout):
            widget.hide()
            widget.deleteLater()
        self.ended.emit()
        self.deleteLater()

    def place(self) -> None:
        """Put outline and callout where their target is now."""
        target = self.step.target()
        if target is None:
            return
        part = self.step.part(target)
        corner = target.mapTo(self._window, part.topLeft())
        around = QRect(corner, part.size()).intersected(self._window.rect())
        self.outline.surround(around)
        self.callout.stand_beside(around, self._window.rect())

    def _show(self, way: int) -> None:
        at = self._at + way
        while 0 <= at < len(self._steps) and self._steps[at].target() is None:
            at += way
        if at >= len(self._steps):
            self.end()
            return
        self._at = max(at, 0)
        self.callout.say(self.step, number=self._at + 1, count=len(self._steps))
        self.place()
        self.outline.show()
        self.callout.show()
        self.outline.raise_()
        self.callout.raise_()
        self.callout.next.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the size of the window."""
        if watched is self._window and event.type() == QEvent.Type.Resize:
            QTimer.singleShot(0, self, self.place)
        return super().eventFilter(watched, event)


class Callout(QFrame):
    """A card with a few words and the buttons to go on, back and away."""

    left = Signal()
    """Esc was pressed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("callout")
        self.title = Label(self)
        self.title.setProperty("title", True)
        self.text = Label(self)
        self.text.setWordWrap(True)
        self.count = Label(self)
        self.count.setProperty("muted", True)
        self.skip, self.back, self.next = (QPushButton(name, self) for name in _BUTTONS)
        self.skip.setProperty("flat", True)
        self.next.setProperty("main", True)
        row = QHBoxLayout()
        row.setSpacing(theme.px(SIZES.gap))
        row.addWidget(self.count)
        row.addStretch(1)
        for button in (self.skip, self.back, self.next):
            row.addWidget(button)
        column = QVBoxLayout(self)
        margin = theme.px(SIZES.margin) - theme.px(SIZES.gap_small)
        column.setContentsMargins(margin, margin, margin, margin)
        column.setSpacing(theme.px(SIZES.gap_wide))
        for widget in (self.title, self.text):
            column.addWidget(widget)
        column.addLayout(row)

    def say(self, step: Step, *, number: int, count: int) -> None:
        """Show a step."""
        self.title.setText(step.title)
        self.text.setText(step.text)
        self.count.setText(f"{number} of {count}")
        self.back.setVisible(number > 1)
        self.skip.setVisible(number < count)
        self.next.setText("Next" if number < count else "Done")
        self.setAccessibleName(f"{step.title}. {step.text}")

    def stand_beside(self, target: QRect, room: QRect) -> None:
        """Move beside a target, where there is room, else into its middle."""
        self.setFixedWidth(min(theme.px(_WIDTH), room.width() - 2 * _AWAY))
        layout = self.layout()
        assert layout is not None
        size = QRect(0, 0, self.width(), layout.totalHeightForWidth(self.width())).size()
        middle = target.center()
        x, y = middle.x() - size.width() // 2, middle.y() - size.height() // 2
        beside = [
            QPoint(target.left() - _AWAY - size.width(), y),
            QPoint(target.right() + _AWAY, y),
        ]
        above = [
            QPoint(x, target.bottom() + _AWAY),
            QPoint(x, target.top() - _AWAY - size.height()),
        ]
        low = target.height() < size.height()
        places = [*(above + beside if low else beside + above), QPoint(x, y)]
        inner = room.adjusted(_AWAY, _AWAY, -_AWAY, -_AWAY)
        best = next(
            (moved for place in places if not (moved := moved_inside(QRect(place, size), inner))
             .intersects(target)),
            moved_inside(QRect(places[-1], size), inner),
        )  # fmt: skip
        self.setGeometry(best)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave with Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def event(self, event: QEvent) -> bool:
        """Take its keys before the actions of the window do."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() in _KEYS
        ):
            event.accept()
            return True
        return super().event(event)


_BUTTONS = ("Skip", "Back", "Next")
_KEYS = (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space, Qt.Key.Key_Tab)


class _Outline(QWidget):
    """A frame in the accent colour about what is pointed at; clicks go through it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def surround(self, target: QRect) -> None:
        """Lie about a target."""
        self.setGeometry(target.adjusted(-3, -3, 3, 3))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the frame."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.current().accent), 2.5 * theme.scale()))
        inset = 1.5 * theme.scale()
        shape = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        painter.drawRoundedRect(shape, SIZES.radius_large, SIZES.radius_large)
        painter.end()
