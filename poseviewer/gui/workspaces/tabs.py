"""The tabs of the workspaces, at the end of the menu bar."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget

from poseviewer.gui.icons import icon
from poseviewer.gui.plain import caption, plain_tip
from poseviewer.gui.workspaces.defaults import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QMenu

    from poseviewer.gui.workspaces.workspaces import Workspaces

_WIDEST = 120
"""Points that a name may take."""

_OWN_SHOWN = 2
"""Of the person's own; the others are in the menu."""


class WorkspaceTabs(QWidget):
    """A tab for each workspace, and a button with the menu of all that can be done with them."""

    def __init__(
        self,
        workspaces: Workspaces,
        menu: QMenu,
        *,
        actions: Mapping[str, QAction],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("workspaces")
        self.setAccessibleName("Workspaces")
        self._workspaces, self._actions = workspaces, actions
        self._group = QButtonGroup(self)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 6, 0)
        self._row.setSpacing(0)
        self._more = QToolButton(self)
        self._more.setProperty("flat", True)
        self._more.setAccessibleName("Workspace menu")
        self._more.setToolTip("Save, rename, reset and share workspaces")
        self._more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._more.setMenu(menu)
        self._more.setIconSize(QSize(12, 12))
        self._tabs: list[QToolButton] = []
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(lambda at: menu.popup(self.mapToGlobal(at)))
        workspaces.changed.connect(self.refresh)
        self.dress()
        self.refresh()

    def refresh(self) -> None:
        """Show which there are, and which one is in use."""
        now, own = self._workspaces.now, self._workspaces.own_names
        # The newest, and always the one in use.
        latest = [name for name in own[::-1] if name != now][: _OWN_SHOWN - (now in own)]
        shown = [one.name for one in BUILT_IN]
        shown += [name for name in own if name in latest or name == now]
        if shown != [tab.property("workspace_name") for tab in self._tabs]:
            for tab in self._tabs:
                self._group.removeButton(tab)
                tab.hide()
                tab.deleteLater()
            self._tabs = [self._tab(name) for name in shown]
            for tab in (*self._tabs, self._more):
                self._row.addWidget(tab)
            self.adjustSize()
        for tab in self._tabs:
            tab.setChecked(tab.property("workspace_name") == now)

    def dress(self) -> None:
        """Set the icon in the colours of the current theme."""
        self._more.setIcon(icon("more"))

    def _tab(self, name: str) -> QToolButton:
        tab = QToolButton(self)
        tab.setProperty("workspace", True)
        tab.setProperty("workspace_name", name)
        tab.setCheckable(True)
        tab.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        room = QFontMetrics(tab.font())
        tab.setText(caption(room.elidedText(name, Qt.TextElideMode.ElideRight, _WIDEST)))
        tab.setAccessibleName(f"Workspace {name}")
        action = self._actions.get(name.lower()) if name not in self._workspaces.own_names else None
        tab.setToolTip(plain_tip(name) if action is None else action.toolTip())
        tab.clicked.connect(lambda: self._choose(name))
        self._group.addButton(tab)
        return tab

    def _choose(self, name: str) -> None:
        self._workspaces.switch(name)
        self.refresh()
