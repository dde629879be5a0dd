"""The titles in the menu bar, which are there before what the menus hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMenu

if TYPE_CHECKING:
    from PySide6.QtWidgets import QMenuBar

MENUS = ("File", "Edit", "View", "Playback", "Model", "Stages", "Angles", "Export", "Help")


def add_titles(bar: QMenuBar) -> dict[str, QMenu]:
    """Add the menus, which are empty, to the menu bar; the menus by title."""
    menus = {title: QMenu(title, bar) for title in MENUS}
    for menu in menus.values():
        menu.setToolTipsVisible(True)
        bar.addMenu(menu)
    return menus
