"""Small widgets that docks and dialogs are made of, and a layout that wraps its row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QEvent, QIODevice, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QLabel,
    QLayout,
    QLayoutItem,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
)

from poseviewer.gui.plain import Label, caption, plain_tip

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from PySide6.QtGui import QImage, QPaintEvent, QResizeEvent
    from PySide6.QtWidgets import QWidget

_GAP = 6
"""Logical pixels between two widgets of a row, and between two rows."""

_GRIP = 40
"""Logical pixels of a window's upper edge that are enough to move it by."""


class _Wrapped(Label):
    """A label that wraps its text and asks for no more height than that takes at its width.

    Qt asks for the height at the least width, which leaves a gap below it in a form.
    """

    def sizeHint(self) -> QSize:
        """As wide as Qt says, and as high as the text is here."""
        return QSize(super().sizeHint().width(), self._height())

    def minimumSizeHint(self) -> QSize:
        """As high as the text is here."""
        return QSize(1, self._height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Ask for another height where the width is another."""
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.updateGeometry()

    def _height(self) -> int:
        return max(self.heightForWidth(max(self.width(), 1)), 0)


def quiet_label(name: str = "", *, text: str = "", centred: bool = False) -> QLabel:
    """Return a label in the muted colour that wraps its text and never holds a dock wide."""
    label = _Wrapped(text)
    label.setAccessibleName(name)
    label.setWordWrap(True)
    label.setMinimumWidth(1)
    label.setForegroundRole(label.palette().ColorRole.PlaceholderText)
    if centred:
        label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return label


_ICON_GAP = 4
"""Points between the icon of a combo box and its text."""


class _Choice(QComboBox):
    """A combo box as narrow as its least length, which ends a longer text in an ellipsis.

    Qt cuts such a text off, and makes the list that opens as soon as it is asked to be as narrow.
    """

    def sizeHint(self) -> QSize:
        """The least, with room for an icon."""
        return self.minimumSizeHint()

    def minimumSizeHint(self) -> QSize:
        """The least length, with room for an icon."""
        icons = any(not self.itemIcon(row).isNull() for row in range(self.count()))
        beside = 0 if icons else self.iconSize().width() + _ICON_GAP
        return super().minimumSizeHint() + QSize(beside, 0)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw box and text."""
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        kind, part = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
        painter.drawComplexControl(kind, option)
        room = self.style().subControlRect(kind, option, part, self).width()
        right = Qt.TextElideMode.ElideRight
        option.currentText = self.fontMetrics().elidedText(self.currentText(), right, room)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()


def combo(
    name: str, tip: str, entries: Iterable[tuple[object, str, str]] = (), *, letters: int = 5
) -> QComboBox:
    """Return a combo box as narrow as `letters`, with entries (value, shown, explanation)."""
    box = _Choice()
    box.setAccessibleName(name)
    box.setToolTip(plain_tip(tip))
    box.setMinimumContentsLength(letters)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    fill(box, entries)
    return box


def fill(box: QComboBox, entries: Iterable[tuple[object, str, str]]) -> None:
    """Put entries (value, shown, explanation) in place of those that a combo box has."""
    box.clear()
    for row, (value, shown, tip) in enumerate(entries):
        box.addItem(shown, value)
        box.setItemData(row, plain_tip(tip), Qt.ItemDataRole.ToolTipRole)


def toggle(text: str, tip: str, *, name: str = "") -> QToolButton:
    """Return a button with a text that can be pressed in."""
    button = QToolButton()
    button.setText(caption(text))
    button.setCheckable(True)
    button.setProperty("wide", True)
    button.setAccessibleName(name or text)
    button.setToolTip(plain_tip(tip))
    return button


def takes_key(event: QEvent, keys: Collection[Qt.Key]) -> bool:
    """Take a key that is a widget's own before the actions of the window do.

    Args:
        event: Of the widget; other kinds are left alone.
        keys: That it handles in `keyPressEvent`, without modifiers.

    Returns:
        Whether the event was about one of them.
    """
    if (
        event.type() != QEvent.Type.ShortcutOverride
        or not isinstance(event, QKeyEvent)
        or event.modifiers()
        or event.key() not in keys
    ):
        return False
    event.accept()
    return True


def press_focused(event: QKeyEvent) -> bool:
    """Press the button that has the keys on Return, as Space belongs to playback.

    Args:
        event: Which nothing between the button and its window has taken.

    Returns:
        Whether one was pressed.
    """
    button = QApplication.focusWidget()
    if event.key() not in _RETURN or not isinstance(button, QAbstractButton):
        return False
    button.animateClick()
    return True


_RETURN = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class WrapLayout(QLayout):
    """A row that goes on in the next line where its width ends.

    What can grow sideways shares the room that is left in its line.
    """

    def __init__(self, parent: QWidget | None = None, *widgets: QWidget) -> None:
        super().__init__(parent)
        self._items: list[QLayoutItem] = []
        self.setContentsMargins(0, 0, 0, 0)
        for widget in widgets:
            self.addWidget(widget)

    def addItem(self, item: QLayoutItem) -> None:
        """Take an item at the end."""
        self._items.append(item)

    def count(self) -> int:
        """How many items there are."""
        return len(self._items)

    def itemAt(self, index: int) -> QLayoutItem | None:
        """The item at a place; None beyond the end."""
        return self._items[index] if 0 <= index < len(self._items) else None

    def takeAt(self, index: int) -> QLayoutItem | None:
        """Give an item back; None beyond the end."""
        return self._items.pop(index) if 0 <= index < len(self._items) else None

    def hasHeightForWidth(self) -> bool:
        """Return True: a narrow row is higher."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of all lines at a width."""
        return self._place(QRect(0, 0, width, 0), move=False)

    def sizeHint(self) -> QSize:
        """Everything in one line."""
        hints = [item.sizeHint() for item in self._shown()]
        width = sum(hint.width() for hint in hints) + _GAP * max(len(hints) - 1, 0)
        return QSize(width, max((hint.height() for hint in hints), default=0))

    def minimumSize(self) -> QSize:
        """The widest widget alone."""
        least = QSize()
        for item in self._shown():
            least = least.expandedTo(item.minimumSize())
        return least

    def setGeometry(self, rect: QRect) -> None:
        """Lay the widgets out."""
        super().setGeometry(rect)
        self._place(rect, move=True)

    def _shown(self) -> list[QLayoutItem]:
        return [item for item in self._items if not item.isEmpty()]

    def _place(self, rect: QRect, *, move: bool) -> int:
        """Lay out within the width of `rect`; the height that it took."""
        lines: list[list[QLayoutItem]] = [[]]
        used = 0
        for item in self._shown():
            width = item.sizeHint().width()
            if lines[-1] and used + _GAP + width > rect.width():
                lines.append([])
            used = used + _GAP + width if lines[-1] else width
            lines[-1].append(item)
        top = rect.top()
        for line in lines:
            height = max((item.sizeHint().height() for item in line), default=0)
            if move:
                _set_line(line, QRect(rect.left(), top, rect.width(), height))
            top += height + _GAP
        return top - _GAP - rect.top()


def _set_line(line: list[QLayoutItem], place: QRect) -> None:
    """Put items into a line; those that can grow share what is left of it."""
    widths = [item.sizeHint().width() for item in line]
    spare = place.width() - sum(widths) - _GAP * (len(line) - 1)
    growing = [
        n for n, item in enumerate(line) if item.expandingDirections() & Qt.Orientation.Horizontal
    ]
    if spare < 0:
        widths[0] = max(widths[0] + spare, line[0].minimumSize().width())
    for n, at in enumerate(growing):
        widths[at] += max(spare, 0) * (n + 1) // len(growing) - max(spare, 0) * n // len(growing)
    left = place.left()
    for item, width in zip(line, widths, strict=True):
        height = place.height() if item.hasHeightForWidth() else item.sizeHint().height()
        corner = QPoint(left, place.top() + (place.height() - height) // 2)
        item.setGeometry(QRect(corner, QSize(width, height)))
        left += width + _GAP


def on_screen(place: QRect, owner: QWidget) -> QRect:
    """Return where a window of its own goes, so that its upper edge can be grasped.

    Args:
        place: Where it should go.
        owner: The widget in the middle of whose window it goes where `place` is on no screen.
    """
    grip = QRect(place.x(), place.y(), place.width(), _GRIP)
    if any(
        part.width() >= _GRIP and part.height() >= _GRIP // 2
        for screen in QGuiApplication.screens()
        for part in [screen.availableGeometry().intersected(grip)]
    ):
        return place
    room = owner.screen().availableGeometry()
    inside = QRect(QPoint(), place.size().boundedTo(room.size()))
    inside.moveCenter(owner.window().frameGeometry().center())
    return moved_inside(inside, room)


def moved_inside(rect: QRect, room: QRect) -> QRect:
    """Return a rectangle shifted into a room."""
    x = min(max(rect.x(), room.x()), max(room.right() - rect.width() + 1, room.x()))
    y = min(max(rect.y(), room.y()), max(room.bottom() - rect.height() + 1, room.y()))
    return QRect(QPoint(x, y), rect.size())


def png_of(image: QImage) -> bytes:
    """The image as a PNG file."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())
