"""Finds texts of a window that are cut off; also run as a script, for a denser screen.

QT_SCALE_FACTOR=2 python -m tests.gui.cut_off 1280x720 1600x960
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QRect, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QCheckBox,
    QComboBox,
    QDialog,
    QDockWidget,
    QGroupBox,
    QHeaderView,
    QLabel,
    QStyle,
    QStyleOptionComboBox,
    QTabBar,
    QTableView,
    QToolButton,
    QTreeWidget,
    QWidget,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from poseviewer.gui.window.window import Window

_SLACK, _TAB_PADDING = 3, 16

_ROWS = 40
"""Of a table, that are looked at."""

SIZES = ((1280, 720), (1600, 960), (2560, 1440))


def settle() -> None:
    """Let layouts and posted events take effect."""
    for _ in range(8):
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest)
        QCoreApplication.processEvents()


def cut_off(top: QWidget) -> list[str]:
    """Every text that can be seen in part only, with where it is."""
    found = []
    for widget in [top, *top.findChildren(QWidget)]:
        if widget.isVisible() and widget.width() > 0 and _in_sight(widget):
            found += [f"{_path(widget)}: {what}" for what in _cuts(widget)]
            if isinstance(widget, (QLabel, QAbstractButton, QComboBox)) and _reaches_out(widget):
                text = widget.currentText() if isinstance(widget, QComboBox) else widget.text()
                found.append(f"{_path(widget)}: {text!r} reaches out of what holds it")
    return found


def _reaches_out(widget: QWidget) -> bool:
    """Whether a part of a widget lies beyond the left or right edge of what it lies in."""
    holder = widget.parentWidget()
    while holder is not None:
        area = holder.parentWidget()
        if isinstance(area, QAbstractScrollArea) and area.horizontalScrollBar().maximum() > 0:
            return False
        left = widget.mapTo(holder, QPoint(0, 0)).x()
        # A box may be a little wider than its words.
        if left < -_SLACK or left + widget.width() > holder.width() + _SLACK:
            return True
        if holder.isWindow():
            break
        holder = area
    return False


def _in_sight(widget: QWidget) -> bool:
    """Whether a widget lies in its window; a dock behind another's tab lies beside it.

    What is scrolled out of view counts as seen: it only has to be scrolled to.
    """
    window, part, scrolls = widget.window(), widget, False
    while part is not window:
        scrolls |= isinstance(part, QAbstractScrollArea) and part is not widget
        if isinstance(part, QDockWidget) and not window.rect().intersects(_within(part, window)):
            return False
        part = part.parentWidget()
    return scrolls or window.rect().intersects(_within(widget, window))


def _within(widget: QWidget, window: QWidget) -> QRect:
    return QRect(widget.mapTo(window, QPoint(0, 0)), widget.size())


def _cuts(widget: QWidget) -> Iterator[str]:
    metrics = widget.fontMetrics()
    if isinstance(widget, QLabel):
        yield from _label(widget, metrics)
    elif isinstance(widget, QTabBar):
        for at in range(widget.count()):
            text, room = widget.tabText(at), widget.tabRect(at).width() - _TAB_PADDING
            # Many docks behind each other shorten their names, and say the whole as a tooltip.
            short = metrics.horizontalAdvance(text) > room and widget.tabToolTip(at) != text
            if widget.isTabVisible(at) and short:
                yield f"tab {text!r}"
    elif isinstance(widget, QComboBox):
        yield from _combo(widget, metrics)
    elif isinstance(widget, QAbstractButton):
        yield from _button(widget, metrics)
    elif isinstance(widget, QAbstractItemView):
        yield from _view(widget)
    elif isinstance(widget, QGroupBox) and _too_wide(widget.title(), widget):
        yield f"title {widget.title()!r}"


def _view(view: QAbstractItemView) -> Iterator[str]:
    if isinstance(view, QHeaderView):
        yield from _header(view)
    elif isinstance(view, QTableView):
        yield from _cells(view)
    elif isinstance(view, QTreeWidget):
        yield from _items(view)


def _too_wide(text: str, widget: QWidget) -> bool:
    return widget.fontMetrics().horizontalAdvance(text) > widget.width()


def _label(label: QLabel, metrics: QFontMetrics) -> Iterator[str]:
    text = label.text()
    if label.buddy() is not None:
        text = text.replace("&", "")
    # One that shortens its text itself says so by a tooltip with the whole of it.
    if (
        not text
        or text.startswith("<")
        or label.toolTip()
        or label.sizePolicy().horizontalPolicy().name == "Ignored"
    ):
        return
    room = label.contentsRect()
    if label.wordWrap():
        needed = metrics.boundingRect(
            QRect(0, 0, room.width(), 10_000), Qt.TextFlag.TextWordWrap | label.alignment(), text
        )
        if needed.height() > room.height() + 1 or needed.width() > room.width() + 1:
            yield f"label {text!r}"
    elif max(map(metrics.horizontalAdvance, text.splitlines())) > room.width() + 1:
        yield f"label {text!r}"
    elif metrics.ascent() > label.height():
        yield f"label {text!r}, in its height"


def _button(button: QAbstractButton, metrics: QFontMetrics) -> Iterator[str]:
    text = button.text().replace("&&", "\0").replace("&", "").replace("\0", "&")
    if isinstance(button, QToolButton):
        style = button.toolButtonStyle()
        if style == Qt.ToolButtonStyle.ToolButtonIconOnly and not button.icon().isNull():
            return
        action = button.defaultAction()
        text = action.iconText() if action is not None else text
        if _paints_itself(button):
            return
    if not text:
        return
    needed = max(map(metrics.horizontalAdvance, text.splitlines()))
    if isinstance(button, QCheckBox):
        needed += button.style().pixelMetric(QStyle.PixelMetric.PM_IndicatorWidth)
    if needed > button.width() or metrics.ascent() > button.height():
        yield f"button {text!r}"


def _combo(box: QComboBox, metrics: QFontMetrics) -> Iterator[str]:
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    room = box.style().subControlRect(
        QStyle.ComplexControl.CC_ComboBox, option, QStyle.SubControl.SC_ComboBoxEditField, box
    )
    if metrics.horizontalAdvance(box.currentText()) > room.width() + 1:
        yield f"choice {box.currentText()!r} of {box.accessibleName()!r}"


def _header(header: QHeaderView) -> Iterator[str]:
    model = header.model()
    # One that paints itself shortens its texts where there is no room.
    if model is None or header.orientation() == Qt.Orientation.Vertical or _paints_itself(header):
        return
    for section in range(header.count()):
        text = model.headerData(section, Qt.Orientation.Horizontal)
        if not isinstance(text, str) or header.isSectionHidden(section):
            continue
        font = model.headerData(section, Qt.Orientation.Horizontal, Qt.ItemDataRole.FontRole)
        metrics = QFontMetrics(font) if font is not None else header.fontMetrics()
        last = header.sectionViewportPosition(section) + header.sectionSize(section)
        scrolls = header.parentWidget().horizontalScrollBar().maximum() > 0
        beyond = last > header.viewport().width() + 1 and not scrolls
        if beyond or metrics.horizontalAdvance(text) > header.sectionSize(section):
            yield f"column {text!r}"


def _cells(table: QTableView) -> Iterator[str]:
    """The cells of a table that are narrower than their texts, and have no tooltip with them."""
    model = table.model()
    if model is None:
        return
    for row in range(min(model.rowCount(), _ROWS)):
        for column in range(model.columnCount()):
            index = model.index(row, column)
            text = index.data()
            if not isinstance(text, str) or table.isColumnHidden(column) or table.isRowHidden(row):
                continue
            font = index.data(Qt.ItemDataRole.FontRole)
            metrics = QFontMetrics(font) if font is not None else table.fontMetrics()
            cut = metrics.horizontalAdvance(text) > table.columnWidth(column)
            if cut and index.data(Qt.ItemDataRole.ToolTipRole) != text:
                yield f"cell {text!r}"


def _items(tree: QTreeWidget) -> Iterator[str]:
    """The texts of a list that find no room beside ticks and icons, and no tooltip with them."""
    style = tree.style()
    tick = style.pixelMetric(QStyle.PixelMetric.PM_IndicatorWidth, None, tree)
    margin = style.pixelMetric(QStyle.PixelMetric.PM_FocusFrameHMargin, None, tree) + 1
    for row in range(min(tree.topLevelItemCount(), _ROWS)):
        item = tree.topLevelItem(row)
        for column in range(tree.columnCount()):
            text = item.text(column)
            if not text or tree.isColumnHidden(column):
                continue
            font = item.data(column, Qt.ItemDataRole.FontRole) or tree.font()
            needed = QFontMetrics(font).horizontalAdvance(text) + 2 * margin
            if not item.icon(column).isNull():
                needed += tree.iconSize().width() + 2 * margin
            if item.data(column, Qt.ItemDataRole.CheckStateRole) is not None:
                needed += tick + 2 * margin
            if needed > tree.columnWidth(column) and item.toolTip(column) != text:
                yield f"item {text!r}"


def _paints_itself(widget: QWidget) -> bool:
    methods = ("paintEvent", "paintSection")
    return any(
        name in vars(kind)
        for kind in type(widget).__mro__[:-4]
        for name in methods
        if kind.__module__.startswith("poseviewer")
    )


def _path(widget: QWidget) -> str:
    names: list[str] = []
    parent: QWidget | None = widget
    while parent is not None and len(names) < 3:
        if name := parent.objectName() or parent.accessibleName():
            names.append(name)
        parent = parent.parentWidget()
    return "/".join(reversed(names))


DIALOGS = (
    "preferences", "shortcuts", "palette", "export", "live_options", "go_to", "define_angle",
    "filters", "open_address", "about",
)  # fmt: skip
"""Actions that open one."""


def open_clip(window: Window) -> None:
    """Open a clip that is analysed, so that tables have their figures."""
    window.open("/videos/walk.mp4")
    window.bridge.session.analyse()
    settle()


def walk(window: Window, size: tuple[int, int]) -> list[str]:
    """Every cut text of a window at one size: each dock in front, each workspace, each dialog."""
    window.resize(*size)
    settle()
    found: dict[str, None] = {}
    docks = window.docks
    assert docks is not None
    for name in ("inspect", "measure"):
        window.actions_by_name[name].trigger()
        settle()
        for dock in docks.all:
            dock.show()
            dock.raise_()
            settle()
            found |= dict.fromkeys(cut_off(window))
        window.actions_by_name["reset_layout"].trigger()
        settle()
    for name in DIALOGS:
        action = window.actions_by_name[name]
        if not action.isEnabled():
            continue
        action.trigger()
        settle()
        for dialog in window.findChildren(QDialog):
            if dialog.isVisible():
                found |= dict.fromkeys(f"{name}: {cut}" for cut in cut_off(dialog))
                dialog.reject()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return list(found)


def main(sizes: list[str]) -> int:
    """Walk over a window of its own, with a clip open, at some sizes or `1280x720@hall`."""
    from poseviewer.gui.app import application
    from poseviewer.gui.settings import Settings
    from tests.gui.conftest import opened

    application()
    with tempfile.TemporaryDirectory() as folder:
        window = opened(Settings(Path(folder) / "window.ini"))
        open_clip(window)
        cuts: set[str] = set()
        for size in sizes:
            place, _, distance = size.partition("@")
            window.appearance.choose_distance(distance or "desk")
            width, _, height = place.partition("x")
            cuts |= {f"{size}: {cut}" for cut in walk(window, (int(width), int(height)))}
        window.leave()
    sys.stdout.write("\n".join(sorted(cuts)))
    return len(cuts)


if __name__ == "__main__":
    sys.exit(min(main(sys.argv[1:]), 100))
