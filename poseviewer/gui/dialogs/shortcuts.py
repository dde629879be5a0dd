"""The list of every action with its keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLineEdit,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from PySide6.QtGui import QAction

    from poseviewer.gui.actions.context import Action


class ShortcutsDialog(QDialog):
    """A searchable list of the actions, by menu."""

    def __init__(
        self,
        actions: Mapping[str, QAction],
        parent: QWidget | None = None,
        *,
        specs: Sequence[Action],
        menus: Sequence[str],
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        self.resize(520, 620)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Search")
        self.search.setAccessibleName("Search the shortcuts")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.list = QTreeWidget(self)
        self.list.setAccessibleName("Shortcuts")
        self.list.setColumnCount(2)
        self.list.setHeaderLabels(["Action", "Keys"])
        self.list.headerItem().setTextAlignment(1, Qt.AlignmentFlag.AlignRight)
        self.list.setRootIsDecorated(False)
        self.list.setIndentation(14)
        for menu in menus:
            self._add(menu, actions, specs)
        self.list.expandAll()
        self.list.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.list.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self.list.header().setStretchLastSection(False)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 18, 18, 14)
        column.setSpacing(10)
        for widget in (self.search, self.list, buttons):
            column.addWidget(widget)

    def _add(self, menu: str, actions: Mapping[str, QAction], specs: Sequence[Action]) -> None:
        head = QTreeWidgetItem([menu, ""])
        font = head.font(0)
        font.setBold(True)
        head.setFont(0, font)
        for spec in specs:
            if spec.menu.split("/")[0] == menu and spec.name in actions:
                keys = actions[spec.name].shortcuts()
                native = QKeySequence.SequenceFormat.NativeText
                text = "   ".join(key.toString(native) for key in keys)
                inner = "".join(f"{part}: " for part in spec.menu.split("/")[1:])
                row = QTreeWidgetItem([inner + spec.text.rstrip("…"), text])
                row.setToolTip(0, actions[spec.name].toolTip())
                row.setTextAlignment(1, Qt.AlignmentFlag.AlignRight)
                head.addChild(row)
        self.list.addTopLevelItem(head)

    def _filter(self, text: str) -> None:
        wanted = text.lower()
        for at in range(self.list.topLevelItemCount()):
            head = self.list.topLevelItem(at)
            if head is None:
                continue
            any_left = False
            for place in range(head.childCount()):
                row = head.child(place)
                if row is None:
                    continue
                hidden = wanted not in f"{row.text(0)} {row.text(1)}".lower()
                row.setHidden(hidden)
                any_left = any_left or not hidden
            head.setHidden(not any_left)
