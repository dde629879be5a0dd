"""The look of the window: two sets of colours, the palette and style sheet made from them."""

from __future__ import annotations

import string
from dataclasses import asdict, dataclass
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from poseviewer.core.assets import resource

ThemeChoice = Literal["system", "dark", "light"]


@dataclass(frozen=True, slots=True)
class Theme:
    """Every colour the window uses, as #rrggbb."""

    name: str
    window: str
    """Behind bars and between docks."""
    panel: str
    """Docks, menus, dialogs."""
    field: str
    """Inside boxes that take input."""
    raised: str
    """Buttons."""
    hover: str
    line: str
    """Borders and separators."""
    canvas: str
    """Around the frame; also the background of plots and tiles."""
    text: str
    muted: str
    """Secondary text; still 4.5:1 on the panel."""
    disabled: str
    accent: str
    """Selection, focus, the chosen stage."""
    accent_strong: str
    """Fill of the one main button, under `on_accent`."""
    on_accent: str
    mark: str
    """In and out marks."""
    confidence: str
    """Bars of the analysed range on the timeline."""
    info: str
    warning: str
    error: str

    @property
    def dark(self) -> bool:
        """Whether text is lighter than what lies behind it."""
        return QColor(self.text).lightness() > QColor(self.window).lightness()

    def colour(self, name: str, alpha: float = 1.0) -> QColor:
        """The field `name` as a QColor with an opacity of `alpha`."""
        colour = QColor(getattr(self, name))
        colour.setAlphaF(alpha)
        return colour


DARK = Theme(
    name="dark",
    window="#14161a",
    panel="#1b1e24",
    field="#14171b",
    raised="#262a32",
    hover="#303641",
    line="#2e333c",
    canvas="#0c0d10",
    text="#e8eaed",
    muted="#9aa3af",
    disabled="#5f6772",
    accent="#58b8ff",
    accent_strong="#1f6fb0",
    on_accent="#ffffff",
    mark="#f2c14e",
    confidence="#4d8fbf",
    info="#58b8ff",
    warning="#f2c14e",
    error="#ff7b72",
)

LIGHT = Theme(
    name="light",
    window="#e9ecf0",
    panel="#f8f9fb",
    field="#ffffff",
    raised="#ffffff",
    hover="#e3eaf2",
    line="#cdd3db",
    canvas="#dde1e6",
    text="#1a1e24",
    muted="#59626e",
    disabled="#a3abb5",
    accent="#0b6fc2",
    accent_strong="#0b6fc2",
    on_accent="#ffffff",
    mark="#b26a00",
    confidence="#5b9bd0",
    info="#0b6fc2",
    warning="#9a5b00",
    error="#c0342b",
)

_now = DARK


def current() -> Theme:
    """The theme in force; widgets that paint themselves read it while painting.

    A change reaches every widget as `QEvent.Type.PaletteChange`.
    """
    return _now


def system_theme() -> Theme:
    """The theme the desktop asks for; dark where it does not say."""
    scheme = QGuiApplication.styleHints().colorScheme()
    return LIGHT if scheme == Qt.ColorScheme.Light else DARK


def apply(choice: ThemeChoice = "system") -> Theme:
    """Apply a theme to the whole application."""
    global _now
    _now = {"dark": DARK, "light": LIGHT}.get(choice) or system_theme()
    app = QApplication.instance()
    if isinstance(app, QApplication):
        if app.style().objectName() != "fusion":
            app.setStyle("fusion")
        sheet = _style_sheet(_now)
        if sheet != app.styleSheet() or not sheet:
            app.setPalette(_palette(_now))
            app.setStyleSheet(sheet)
    return _now


def digits(size: float | None = None, *, bold: bool = False) -> QFont:
    """The application's font with figures of equal width; `size` in points."""
    font = QFont(QApplication.font())
    font.setFeature(QFont.Tag("tnum"), 1)
    if size:
        font.setPointSizeF(size)
    font.setBold(bold)
    return font


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
    colours = {key: value for key, value in asdict(theme).items() if isinstance(value, str)}
    icons = resource("icons").as_posix()
    template = string.Template(sheet.read_text(encoding="utf-8"))
    return template.safe_substitute(colours, icons=icons, tone=theme.name)
