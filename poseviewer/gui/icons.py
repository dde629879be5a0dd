"""The window's own vector icons, drawn in the colours of the theme."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from poseviewer.core.assets import resource
from poseviewer.gui import theme
from poseviewer.gui.design import SIZES

_SIZES = (16, 20, 28, 40, 64)


def icon(name: str, *, colour: str | None = None, checkable: bool = False) -> QIcon:
    """resources/icons/`name`.svg in `colour`, by default the text's; empty if there is none.

    The checked state of a checkable one takes the accent, the disabled state the muted colour.
    """
    path = resource(f"icons/{name}.svg")
    made = QIcon()
    if not path.is_file():
        return made
    drawing = path.read_text(encoding="utf-8")
    now = theme.current()
    states = (
        (QIcon.Mode.Normal, QIcon.State.Off, colour or now.text),
        (QIcon.Mode.Disabled, QIcon.State.Off, now.disabled),
        *(((QIcon.Mode.Normal, QIcon.State.On, colour or now.accent),) if checkable else ()),
    )
    for mode, state, shade in states:
        renderer = _renderer(drawing, shade=shade)
        for size in _SIZES:
            made.addPixmap(_render(renderer, size=size), mode, state)
    return made


def application_icon() -> QIcon:
    """The icon of the program."""
    path = resource("icons/poseviewer.svg")
    return QIcon(str(path)) if path.is_file() else QIcon()


def picture(name: str, *, colour: str, size: int, ratio: float = 1.0) -> QPixmap:
    """One icon as a pixmap of `size` points on a screen of `ratio` pixels per point."""
    drawing = resource(f"icons/{name}.svg").read_text(encoding="utf-8")
    made = _render(_renderer(drawing, shade=colour), size=round(size * ratio))
    made.setDevicePixelRatio(ratio)
    return made


def message_picture(level: Literal["info", "warning", "error"], *, ratio: float) -> QPixmap:
    """The sign of a message box, in place of the one that the platform has."""
    colour, size = getattr(theme.current(), level), theme.px(SIZES.icon_large)
    return picture(level, colour=colour, size=size, ratio=ratio)


def _renderer(drawing: str, *, shade: str) -> QSvgRenderer:
    return QSvgRenderer(QByteArray(drawing.replace("currentColor", shade).encode()))


def _render(renderer: QSvgRenderer, *, size: int) -> QPixmap:
    made = QPixmap(size, size)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    renderer.render(painter)
    painter.end()
    return made
