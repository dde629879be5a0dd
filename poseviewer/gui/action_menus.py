"""Menus, keys and tips made of the table of actions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from poseviewer.gui.actions import ACTIONS, MENUS
from poseviewer.gui.icons import icon

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PySide6.QtWidgets import QMenuBar, QWidget

    from poseviewer.gui.actions import ActionSpec

_NATIVE = QKeySequence.SequenceFormat.NativeText


def keys_of(spec: ActionSpec, changed: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The keys of an action, after the person's own changes."""
    return tuple(changed[spec.name]) if spec.name in changed else spec.keys


def make_action(
    spec: ActionSpec, *, parent: QWidget, run: Callable[..., object], keys: Sequence[str]
) -> QAction:
    """The Qt action of `spec`; `run` is given the state of a checkable one."""
    action = QAction(spec.text, parent)
    action.setObjectName(spec.name)
    action.setCheckable(spec.checkable)
    action.setShortcuts([QKeySequence(key) for key in keys])
    tip = spec.tip or spec.text.rstrip("…")
    shown = " or ".join(QKeySequence(key).toString(_NATIVE) for key in keys)
    action.setToolTip(f"{tip} ({shown})" if shown else tip)
    action.setStatusTip(tip)
    if spec.checkable:
        action.triggered.connect(run)
    else:
        action.triggered.connect(lambda _checked=False: run())
    return action


def dress(actions: Mapping[str, QAction]) -> None:
    """Give the actions their icons in the colours of the current theme."""
    for spec in ACTIONS:
        if spec.icon and spec.name in actions:
            actions[spec.name].setIcon(icon(spec.icon, checkable=spec.checkable))


def build_menus(bar: QMenuBar, actions: Mapping[str, QAction]) -> dict[str, QMenu]:
    """Fill the menu bar; the menus by title, submenus as `Menu/Submenu`."""
    menus: dict[str, QMenu] = {}
    for title in MENUS:
        menus[title] = QMenu(title, bar)
        menus[title].setToolTipsVisible(True)
        bar.addMenu(menus[title])
    for spec in ACTIONS:
        if spec.menu not in menus:
            outer, inner = spec.menu.split("/")
            menus[spec.menu] = QMenu(inner, menus[outer])
            menus[outer].addMenu(menus[spec.menu])
        if spec.rule:
            menus[spec.menu].addSeparator()
        menus[spec.menu].addAction(actions[spec.name])
    return menus
