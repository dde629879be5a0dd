"""Applies the design system to the application: palette, style sheet, font, sizes."""

from __future__ import annotations

import re
import string
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QTableWidget,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from poseviewer.core.assets import resource
from poseviewer.gui.design import (
    DARK,
    DISTANCES,
    LIGHT,
    SIZES,
    THEMES,
    Distance,
    Theme,
    ThemeChoice,
)

if TYPE_CHECKING:
    from collections.abc import Callable

_SIZE_RESOLVED = 2
"""Of `QFont.resolveMask`: the size was set and is not taken from the application."""

_LENGTH = re.compile(r"\b(\d+(?:\.\d+)?)(px|pt)\b")
_DECLARATION = re.compile(r"[\w-]+\s*:[^;{}]*[;}]")

_now = DARK
_scale = 1.0
_base = 0.0
"""Points of the application's font as the desktop sets it; 0 until that is known."""


def current() -> Theme:
    """The theme in force; widgets that paint themselves read it while painting.

    A change reaches every widget as `QEvent.Type.PaletteChange`.
    """
    return _now


def system_theme() -> Theme:
    """The theme the desktop asks for; dark where it does not say."""
    scheme = QGuiApplication.styleHints().colorScheme()
    return LIGHT if scheme == Qt.ColorScheme.Light else DARK


def apply(choice: ThemeChoice = "system", *, distance: Distance | None = None) -> Theme:
    """Apply a theme to the whole application.

    Args:
        choice: Which.
        distance: From how far the window is read; as before where None.
    """
    global _now, _scale, _base
    _now = THEMES.get(choice) or system_theme()
    before, _scale = _scale, _scale if distance is None else DISTANCES[distance]
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        return _now
    # Once: to set it again would undo every font that was set since.
    if not _base:
        app.setStyle("fusion")
        _base = app.font().pointSizeF()
    fixed = _fixed_sizes() if _scale != before else []
    font = app.font()
    if font.pointSizeF() != _base * _scale:
        font.setPointSizeF(_base * _scale)
        app.setFont(font)
        # Qt says it only while the application runs, and windows are made before.
        for widget in QApplication.allWidgets():
            QApplication.sendEvent(widget, QEvent(QEvent.Type.ApplicationFontChange))
    sheet = _style_sheet(_now)
    if sheet != app.styleSheet() or not sheet:
        app.setPalette(_palette(_now))
        app.setStyleSheet(sheet)
    for resize in fixed:
        resize(_scale / before)
    return _now


def scale() -> float:
    """How large everything is at the viewing distance in force; 1 on a desk."""
    return _scale


def px(length: float) -> int:
    """A length of the desk, in logical pixels at the viewing distance in force."""
    return round(length * _scale)


def square(side: int) -> QSize:
    """The size of an icon of `side` on the desk."""
    return QSize(px(side), px(side))


def within(window: QWidget | None, width: int, height: int) -> QSize:
    """The size of a dialog of `width` x `height` on the desk, no larger than its window."""
    wanted = QSize(px(width), px(height))
    return wanted if window is None else wanted.boundedTo(window.size() - QSize(24, 48))


def digits(size: float | None = None, *, bold: bool = False) -> QFont:
    """The application's font with figures of equal width; `size` in points, as on the desk."""
    # Without a size it takes the one of the application, also when that changes.
    font = QFont()
    font.setFeature(QFont.Tag("tnum"), 1)
    if size:
        font.setPointSizeF(size * _scale)
    font.setBold(bold)
    return font


def _fixed_sizes() -> list[Callable[[float], None]]:
    """Enlarge, by a factor, every font and icon whose size was set and so follows nothing."""
    found: list[Callable[[float], None]] = []
    for widget in QApplication.allWidgets():
        if _sized(widget.font()) and widget.testAttribute(Qt.WidgetAttribute.WA_SetFont):
            found.append(partial(_resize_font, widget, widget.font().pointSizeF()))
        if isinstance(widget, (QAbstractButton, QAbstractItemView)):
            found.append(partial(_resize_icon, widget, widget.iconSize()))
        if isinstance(widget, (QTableWidget, QTreeWidget)):
            found.append(partial(_resize_cells, widget))
    return found


def _sized(font: QFont) -> bool:
    # A size in pixels follows the room there is, and is no part of this.
    return bool(font.resolveMask() & _SIZE_RESOLVED) and font.pointSizeF() > 0


def _resized(font: QFont, factor: float) -> QFont:
    made = QFont(font)
    made.setPointSizeF(font.pointSizeF() * factor)
    return made


def _resize_font(widget: QWidget, before: float, factor: float) -> None:
    # Not the size it has now: a new style sheet may have put an older one back.
    font = QFont(widget.font())
    font.setPointSizeF(before * factor)
    widget.setFont(font)


def _resize_icon(widget: QAbstractButton | QAbstractItemView, before: QSize, factor: float) -> None:
    # What has another size by now follows the style sheet.
    if widget.iconSize() == before and before.isValid():
        widget.setIconSize(before * factor)


def _resize_cells(table: QTableWidget | QTreeWidget, factor: float) -> None:
    if isinstance(table, QTreeWidget):
        for row in [table.headerItem(), *_rows(table)]:
            for column in range(table.columnCount()):
                if _sized(font := row.font(column)):
                    row.setFont(column, _resized(font, factor))
        return
    heads = [table.horizontalHeaderItem(column) for column in range(table.columnCount())]
    heads += [table.verticalHeaderItem(row) for row in range(table.rowCount())]
    cells = [
        table.item(row, column)
        for row in range(table.rowCount())
        for column in range(table.columnCount())
    ]
    for item in (*heads, *cells):
        if item is not None and _sized(font := item.font()):
            item.setFont(_resized(font, factor))


def _rows(table: QTreeWidget) -> list[QTreeWidgetItem]:
    return table.findItems("", Qt.MatchFlag.MatchContains | Qt.MatchFlag.MatchRecursive)


def _palette(theme: Theme) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for which, name in (
        (role.Window, "panel"),
        (role.WindowText, "text"),
        (role.Base, "field"),
        (role.AlternateBase, "panel"),
        (role.Text, "text"),
        (role.PlaceholderText, "muted"),
        (role.Button, "raised"),
        (role.ButtonText, "text"),
        (role.BrightText, "error"),
        (role.ToolTipBase, "raised"),
        (role.ToolTipText, "text"),
        (role.Highlight, "accent_strong"),
        (role.HighlightedText, "on_accent"),
        (role.Link, "accent"),
        (role.Light, "hover"),
        (role.Midlight, "hover"),
        (role.Mid, "line"),
        (role.Dark, "line"),
        (role.Shadow, "canvas"),
        (role.Accent, "accent"),
    ):
        palette.setColor(which, QColor(getattr(theme, name)))
    for which in (role.WindowText, role.Text, role.ButtonText):
        palette.setColor(QPalette.ColorGroup.Disabled, which, QColor(theme.disabled))
    return palette


def _style_sheet(theme: Theme) -> str:
    sheet = resource("window.qss")
    if not sheet.is_file():
        return ""
    values = {key: value for key, value in asdict(theme).items() if isinstance(value, str)}
    values |= {key: f"{value:g}" for key, value in asdict(SIZES).items()}
    template = string.Template(sheet.read_text(encoding="utf-8"))
    text = template.safe_substitute(
        values,
        icons=resource("icons").as_posix(),
        tone=theme.tone,
        accent_tone=theme.accent_tone,
    )
    return _DECLARATION.sub(_scaled, text)


def _scaled(declaration: re.Match[str]) -> str:
    """A declaration of the style sheet at the viewing distance; no length disappears."""
    spaces = declaration[0].startswith(("padding", "spacing"))
    factor = (1 + _scale) / 2 if spaces else _scale

    def length(found: re.Match[str]) -> str:
        number, unit = float(found[1]), found[2]
        if unit == "pt":
            return f"{number * factor:g}pt"
        return f"{max(round(number * factor), 1 if number else 0)}px"

    return _LENGTH.sub(length, declaration[0])
