"""The command palette: every entry of the menus, found by its words and run by Enter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
    QTimer,
)
from PySide6.QtGui import QFontMetricsF, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from poseviewer.gui import theme
from poseviewer.gui.design import SIZES
from poseviewer.gui.plain import NOT_NOW, Label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QMenuBar

    from poseviewer.gui.actions.context import Action

_WIDTH, _ROWS = 640, 11
"""Of the palette, in logical pixels on a desk and in rows that are shown at once."""

_PREFIX, _INSIDE, _SCATTERED = 8.0, 4.0, 1.0
"""What a word of the query counts for: at the start of a word, within one, or letter by letter."""

_ELSEWHERE = 0.5
"""Share of that for a word of the menu or of the explanation."""

_NATIVE = QKeySequence.SequenceFormat.NativeText


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the palette."""

    name: str
    """What is remembered as used."""

    text: str
    menu: str
    tip: str = ""
    keys: str = ""
    why_not: str = ""
    """Why it cannot be done now; empty where it can, or where that is not known."""

    enabled: bool = True
    ticked: bool = False


def matched(entry: Entry, query: str) -> tuple[float, tuple[tuple[int, int], ...]] | None:
    """How well an entry answers a query.

    Args:
        entry: A line.
        query: Words in any order, or parts of them.

    Returns:
        The score, the more the better, and the spans (start, end) of the text that agree; None
        where a word of the query is nowhere in the entry.
    """
    total, spans = 0.0, []
    text = entry.text.lower()
    elsewhere = f"{entry.menu} {entry.tip}".lower()
    for word in query.lower().split():
        score, found = _place(word, text)
        other, _ = _place(word, elsewhere, scattered=False)
        if max(score, other) == 0:
            return None
        total += max(score, other * _ELSEWHERE)
        spans += found
    # Of two that answer as well, the one that says less besides.
    return total - (len(text) / 1000 if total else 0), tuple(sorted(spans))


def _place(word: str, text: str, *, scattered: bool = True) -> tuple[float, list[tuple[int, int]]]:
    """How well a word is found in a text, and where."""
    starts = [at for at in range(len(text)) if text.startswith(word, at)]
    for at in starts:
        if at == 0 or not text[at - 1].isalnum():
            return _PREFIX, [(at, at + len(word))]
    if starts:
        return _INSIDE, [(starts[0], starts[0] + len(word))]
    spans, at = [], 0
    for letter in word:
        found = text.find(letter, at)
        if found < 0 or not scattered:
            return 0.0, []
        spans.append((found, found + 1))
        at = found + 1
    return _SCATTERED, spans


def ranked(entries: Iterable[Entry], query: str, recent: Sequence[str]) -> list[Entry]:
    """The entries that answer a query, the best first.

    Of those that answer equally well, what can be done comes first, and of that what was used last.
    """
    places = {name: place for place, name in enumerate(recent)}

    def order(answer: tuple[float, Entry]) -> tuple[float, bool, int, float]:
        score, entry = answer
        used = places.get(entry.name, len(places))
        return -round(score), not entry.enabled, used, -score

    found = [(answer[0], entry) for entry in entries if (answer := matched(entry, query))]
    return [entry for _, entry in sorted(found, key=order)]


def _why_not(action: QAction) -> str:
    return action.toolTip().partition(NOT_NOW)[2].rstrip(".")


def entries_of(bar: QMenuBar, specs: Mapping[str, Action]) -> list[tuple[Entry, QAction]]:
    """Every entry of the menus and submenus, in their order, with what runs it."""
    found: list[tuple[Entry, QAction]] = []
    seen: set[str] = set()

    def walk(actions: Sequence[QAction], path: tuple[str, ...]) -> None:
        for action in actions:
            text = action.text().replace("&&", "&")
            inner = action.menu()
            if isinstance(inner, QWidget):
                walk(inner.actions(), (*path, text))
            elif text and action.isVisible() and path:
                name = action.objectName() or "/".join((*path, text))
                spec = specs.get(action.objectName())
                keys = (key.toString(_NATIVE) for key in action.shortcuts())
                entry = Entry(
                    name,
                    text.rstrip("…"),
                    " > ".join(path),
                    tip=action.statusTip() or (spec.tip if spec else ""),
                    keys="   ".join(keys),
                    why_not="" if action.isEnabled() else _why_not(action),
                    enabled=action.isEnabled(),
                    ticked=action.isChecked(),
                )
                if name not in seen:
                    seen.add(name)
                    found.append((entry, action))

    walk(bar.actions(), ())
    return found


class Palette(QDialog):
    """A line to type in and the entries that answer it; the arrows choose, Enter runs."""

    def __init__(
        self,
        entries: Sequence[tuple[Entry, QAction]],
        parent: QWidget,
        *,
        recent: Sequence[str],
        used: Callable[[str], object],
    ) -> None:
        """Make the palette above a window.

        Args:
            entries: What can be done.
            parent: The window.
            recent: Names of what was done last, the latest first.
            used: Called with the name of what is run.
        """
        super().__init__(parent, Qt.WindowType.Dialog | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("palette")
        self.setWindowTitle("Find an action")
        self._entries, self._recent, self._used = list(entries), recent, used
        self.search = QLineEdit(self)
        self.search.setObjectName("palette_search")
        self.search.setPlaceholderText("What do you want to do?")
        self.search.setAccessibleName("Find an action")
        self.search.textChanged.connect(self._show)
        self.search.installEventFilter(self)
        self._model = _Lines(self)
        self.list = QListView(self)
        self.list.setObjectName("palette_list")
        self.list.setAccessibleName("Actions")
        self.list.setModel(self._model)
        self.list.setItemDelegate(_Painter(self.list))
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.clicked.connect(lambda _: self.run())
        self.hint = Label(self)
        self.hint.setProperty("muted", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, theme.px(SIZES.gap))
        column.setSpacing(0)
        column.addWidget(self.search)
        column.addWidget(self.list, 1)
        column.addSpacing(theme.px(SIZES.gap_small))
        column.addWidget(self.hint)
        self.hint.setContentsMargins(theme.px(14), 0, theme.px(14), 0)
        self._show("")
        self._place_over(parent)

    @property
    def shown(self) -> list[Entry]:
        """The entries that answer what is typed, the best first."""
        return self._model.lines

    @property
    def chosen(self) -> Entry | None:
        """The entry that Enter would run."""
        row = self.list.currentIndex().row()
        return self.shown[row] if 0 <= row < len(self.shown) else None

    def run(self) -> None:
        """Close, and do what is chosen, if that can be done."""
        entry = self.chosen
        if entry is None or not entry.enabled:
            return
        action = next(action for other, action in self._entries if other.name == entry.name)
        self._used(entry.name)
        self.accept()
        # Once the palette is gone: what is opened next belongs to the window.
        QTimer.singleShot(0, action, action.trigger)

    def _show(self, query: str) -> None:
        lines = ranked((entry for entry, _ in self._entries), query, self._recent)
        self._model.show_lines(lines, query)
        if lines:
            self.list.setCurrentIndex(self._model.index(0, 0))
        text = "↑ ↓ to choose, Enter to do it, Esc to close"
        if not lines:
            text = "Nothing is called that. Try another word."
        elif not query and self._recent:
            text = f"Used last come first.   {text}"
        self.hint.setText(text)

    def _place_over(self, window: QWidget) -> None:
        row = self.list.itemDelegate().sizeHint(QStyleOptionViewItem(), QModelIndex()).height()
        width = min(theme.px(_WIDTH), window.width() - 2 * theme.px(SIZES.margin))
        height = self.search.sizeHint().height() + self.hint.sizeHint().height() + theme.px(20)
        height = min(height + _ROWS * row, round(window.height() * 0.8))
        self.resize(width, height)
        corner = window.mapToGlobal(window.rect().topLeft())
        top = round(window.height() * 0.1)
        self.move(corner.x() + (window.width() - width) // 2, corner.y() + top)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Give the keys that choose and run to the list; the rest is typed."""
        if watched is self.search and isinstance(event, QKeyEvent):
            key = event.key()
            if event.type() == QEvent.Type.KeyPress and key in _MOVES:
                last = len(self.shown) - 1
                row = self.list.currentIndex().row() + _MOVES[key]
                # Up from the first goes to the last, and the other way; a page stops there.
                turned = row % (last + 1) if abs(_MOVES[key]) == 1 and last >= 0 else row
                self.list.setCurrentIndex(self._model.index(min(max(turned, 0), last), 0))
                return True
            if event.type() == QEvent.Type.KeyPress and key in _ENTER:
                self.run()
                return True
        return super().eventFilter(watched, event)

    def changeEvent(self, event: QEvent) -> None:
        """Close when another window is used."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow():
            self.reject()


_MOVES: dict[int, int] = {
    Qt.Key.Key_Up: -1,
    Qt.Key.Key_Down: 1,
    Qt.Key.Key_PageUp: 1 - _ROWS,
    Qt.Key.Key_PageDown: _ROWS - 1,
}
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class _Lines(QAbstractListModel):
    """The Qt model of the entries that are shown."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.lines: list[Entry] = []
        self.query = ""

    def show_lines(self, lines: list[Entry], query: str) -> None:
        """Show other entries."""
        self.beginResetModel()
        self.lines, self.query = lines, query
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | QPersistentModelIndex | None = None) -> int:
        """How many entries there are."""
        return 0 if parent is not None and parent.isValid() else len(self.lines)

    def data(
        self, index: QModelIndex | QPersistentModelIndex, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """The text of an entry, and what assistive technology says of it."""
        entry = self.lines[index.row()]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            state = "" if entry.enabled else entry.why_not or "not possible now"
            return ", ".join(part for part in (entry.text, entry.menu, entry.keys, state) if part)
        return entry.text if role == Qt.ItemDataRole.DisplayRole else None


class _Painter(QStyledItemDelegate):
    """Paints an entry: its words with what agrees, its menu, its keys as on a keyboard."""

    def sizeHint(
        self, option: QStyleOptionViewItem, _index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """One line with air around it."""
        return QSize(theme.px(200), round(QFontMetricsF(option.font).height()) + theme.px(13))

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint a line."""
        model = index.model()
        assert isinstance(model, _Lines)
        entry = model.lines[index.row()]
        now = theme.current()
        place = QRectF(option.rect)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        if chosen:
            inset = place.adjusted(theme.px(6), 1, -theme.px(6), -1)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(now.colour("hover"))
            painter.drawRoundedRect(inset, theme.px(SIZES.radius), theme.px(SIZES.radius))
        room = place.adjusted(theme.px(14), 0, -theme.px(14), 0)
        right = _paint_keys(painter, room, entry, option)
        room.setRight(right - theme.px(12))
        metrics = QFontMetricsF(option.font)
        baseline = room.center().y() + (metrics.ascent() - metrics.descent()) / 2
        x = room.left() + metrics.horizontalAdvance("✓ ")
        strong = now.colour("text" if entry.enabled else "disabled")
        painter.setFont(option.font)
        painter.setPen(now.colour("accent"))
        if entry.ticked:
            painter.drawText(QPointF(room.left(), baseline), "✓")
        answer = matched(entry, model.query)
        spans = () if answer is None else answer[1]
        for part, agrees in _parts(entry.text, spans):
            painter.setPen(now.colour("accent") if agrees and entry.enabled else strong)
            painter.drawText(QPointF(x, baseline), part)
            x += metrics.horizontalAdvance(part)
        x += theme.px(10)
        after = entry.why_not if not entry.enabled and entry.why_not else entry.menu
        painter.setPen(now.colour("muted" if entry.enabled or chosen else "disabled"))
        left = max(room.right() - x, 0)
        shown = metrics.elidedText(after, Qt.TextElideMode.ElideRight, left)
        painter.drawText(QPointF(x, baseline), shown)
        painter.restore()


def _parts(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether the query agrees with it."""
    agreed = {at for start, end in spans for at in range(start, end)}
    parts: list[tuple[str, bool]] = []
    for at, letter in enumerate(text):
        agrees = at in agreed
        if parts and parts[-1][1] == agrees:
            parts[-1] = parts[-1][0] + letter, agrees
        else:
            parts.append((letter, agrees))
    return parts


def _paint_keys(
    painter: QPainter, room: QRectF, entry: Entry, option: QStyleOptionViewItem
) -> float:
    """Paint the keys at the right end; where they begin."""
    now, right = theme.current(), room.right()
    font = theme.digits(SIZES.caption)
    metrics = QFontMetricsF(font)
    painter.setFont(font)
    high = metrics.height() + theme.px(3)
    for keys in reversed(entry.keys.split("   ") if entry.keys else []):
        width = max(metrics.horizontalAdvance(keys) + theme.px(12), high)
        cap = QRectF(right - width, room.center().y() - high / 2, width, high)
        painter.setPen(now.colour("line"))
        painter.setBrush(now.colour("raised"))
        painter.drawRoundedRect(cap, theme.px(SIZES.radius_small), theme.px(SIZES.radius_small))
        painter.setPen(now.colour("muted" if entry.enabled else "disabled"))
        painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, keys)
        right -= width + theme.px(SIZES.gap_small)
    painter.setFont(option.font)
    return right
