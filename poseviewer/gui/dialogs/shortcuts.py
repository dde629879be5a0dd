"""The list of every action with its keys, where each can be changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QKeySequence
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QKeySequenceEdit,
    QLineEdit,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from poseviewer.core.errors import PoseViewerError
from poseviewer.gui import theme
from poseviewer.gui.design import SIZES
from poseviewer.gui.keys import (
    Keys,
    changes,
    given,
    keys_in_force,
    native,
    owner_of,
    read_keys,
    write_keys,
)
from poseviewer.gui.plain import allow, caption, plain_tip
from poseviewer.gui.widgets import quiet_label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.gui.actions.context import Action
    from poseviewer.gui.settings import Settings

_NAME = Qt.ItemDataRole.UserRole
_FILES = "Keys of PoseViewer (*.json)"


class KeyEditor(QWidget):
    """A searchable list of the actions, by menu; the keys of the current one can be changed."""

    changed = Signal(object)
    """Keys that differ from those the program comes with, by action."""

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        specs: Sequence[Action],
        menus: Sequence[str],
        settings: Settings,
    ) -> None:
        super().__init__(parent)
        self._specs = {spec.name: spec for spec in specs}
        self._settings = settings
        self._rows: dict[str, QTreeWidgetItem] = {}
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Search by words or by keys")
        self.search.setAccessibleName("Search the shortcuts")
        self.search.setClearButtonEnabled(True)
        self.search.textChanged.connect(self._filter)
        self.list = self._make_list(menus)
        self.press = QKeySequenceEdit(self)
        self.press.setMaximumSequenceLength(1)
        self.press.setAccessibleName("New keys: press them here")
        for line in self.press.findChildren(QLineEdit):
            line.setPlaceholderText("Press the new keys here")
        self.press.keySequenceChanged.connect(self._show_choice)
        self.set = self._button("Change", "Give the pressed keys to the action instead of its own")
        self.add = self._button("Add", "Give the pressed keys to the action beside its own")
        self.reset = self._button("Reset", "Give the action the keys that the program comes with")
        self.remove = self._button("Remove", "Take all keys from the action")
        self.set.clicked.connect(lambda: self._give(self._pressed()))
        self.add.clicked.connect(lambda: self._give((*self._own(), *self._pressed())))
        self.reset.clicked.connect(lambda: self._give(self._usual()))
        self.remove.clicked.connect(lambda: self._give(()))
        self.note = quiet_label("What the new keys do now")
        self.note.setMinimumHeight(2 * self.fontMetrics().lineSpacing())
        row = QHBoxLayout()
        row.setSpacing(theme.px(SIZES.gap))
        row.addWidget(self.press, 1)
        for widget in (self.set, self.add, self.reset, self.remove):
            row.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(SIZES.gap_wide))
        column.addWidget(self.search)
        column.addWidget(self.list, 1)
        column.addLayout(row)
        column.addWidget(self.note)
        column.addLayout(self._file_row())
        self._show_keys()
        self._show_choice()

    @property
    def keys(self) -> Keys:
        """The keys of every action."""
        return keys_in_force(tuple(self._specs.values()), self._settings.keys)

    def choose(self, name: str) -> None:
        """Make an action the current one."""
        self.list.setCurrentItem(self._rows[name])

    def export_to(self, path: Path) -> None:
        """Write the changed keys, or say why that failed."""
        try:
            write_keys(path, self.keys, tuple(self._specs.values()))
        except PoseViewerError as error:
            self.note.setText(str(error))
        else:
            self.note.setText(f"Wrote {path}.")

    def import_from(self, path: Path) -> None:
        """Take the keys of a file; an action of the program's own that has one gives it up."""
        try:
            found = read_keys(path)
        except PoseViewerError as error:
            self.note.setText(str(error))
            return
        keys = keys_in_force(tuple(self._specs.values()), {})
        known = {name: own for name, own in found.items() if name in self._specs}
        for name, own in known.items():
            keys = given(keys, name, own)
        self._take(keys)
        unknown = len(found) - len(known)
        more = f" {unknown} of its actions are not known here and left out." if unknown else ""
        self.note.setText(f"Took the keys of {path.name}.{more}")

    # -- building -------------------------------------------------------------------------

    def _make_list(self, menus: Sequence[str]) -> QTreeWidget:
        made = QTreeWidget(self)
        made.setAccessibleName("Shortcuts")
        made.setColumnCount(2)
        made.setHeaderLabels(["Action", "Keys"])
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        made.headerItem().setTextAlignment(1, right)
        made.setRootIsDecorated(False)
        made.setIndentation(14)
        for menu in menus:
            head = QTreeWidgetItem([menu, ""])
            head.setFlags(Qt.ItemFlag.ItemIsEnabled)
            font = head.font(0)
            font.setBold(True)
            head.setFont(0, font)
            for spec in self._specs.values():
                if spec.menu.split("/")[0] == menu:
                    inner = "".join(f"{part}: " for part in spec.menu.split("/")[1:])
                    row = QTreeWidgetItem([inner + spec.text.rstrip("…"), ""])
                    row.setData(0, _NAME, spec.name)
                    row.setToolTip(0, plain_tip(spec.tip or spec.text.rstrip("…")))
                    row.setTextAlignment(1, right)
                    head.addChild(row)
                    self._rows[spec.name] = row
            made.addTopLevelItem(head)
        made.expandAll()
        made.header().setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        made.header().setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        made.header().setStretchLastSection(False)
        made.currentItemChanged.connect(lambda *_: self._show_choice())
        return made

    def _file_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.px(SIZES.gap))
        self.reset_all = self._button("Reset all", "Give every action its usual keys")
        self.reset_all.clicked.connect(lambda: self._take(keys_in_force(self._all(), {})))
        load = self._button("Import…", "Take keys from a file")
        save = self._button("Export…", "Write the changed keys into a file to share them")
        load.clicked.connect(lambda: self._ask(save=False))
        save.clicked.connect(lambda: self._ask(save=True))
        row.addWidget(self.reset_all)
        row.addStretch(1)
        row.addWidget(load)
        row.addWidget(save)
        return row

    def _button(self, text: str, tip: str) -> QPushButton:
        made = QPushButton(caption(text), self)
        made.setToolTip(plain_tip(tip))
        made.setAutoDefault(False)
        return made

    def _all(self) -> tuple[Action, ...]:
        return tuple(self._specs.values())

    # -- changing -------------------------------------------------------------------------

    def _name(self) -> str:
        item = self.list.currentItem()
        return "" if item is None else str(item.data(0, _NAME) or "")

    def _own(self) -> tuple[str, ...]:
        return self.keys.get(self._name(), ())

    def _usual(self) -> tuple[str, ...]:
        return self._specs[self._name()].keys

    def _pressed(self) -> tuple[str, ...]:
        return (self.press.keySequence().toString(QKeySequence.SequenceFormat.PortableText),)

    def _give(self, new: Sequence[str]) -> None:
        self._take(given(self.keys, self._name(), new))
        self.press.clear()

    def _take(self, keys: Keys) -> None:
        changed = changes(keys, self._all())
        self._settings.keys = changed
        self._show_keys()
        self._show_choice()
        self.changed.emit(changed)

    # -- showing --------------------------------------------------------------------------

    def _show_keys(self) -> None:
        keys, changed = self.keys, self._settings.keys
        for name, row in self._rows.items():
            row.setText(1, "   ".join(map(native, keys[name])))
            ink = theme.current().accent if name in changed else theme.current().text
            row.setForeground(1, QColor(ink))
            row.setToolTip(1, plain_tip(_usual_text(self._specs[name]) if name in changed else ""))
        allow(self.reset_all, bool(changed), why_not="no keys have been changed")

    def _show_choice(self) -> None:
        name, pressed = self._name(), self._pressed()[0]
        first = "" if name else "choose an action first"
        for button in (self.set, self.add):
            allow(button, bool(name and pressed), why_not=first or "press the new keys first")
        allow(self.press, bool(name), why_not=first)
        unchanged = first or "the action has its usual keys"
        allow(self.reset, name in self._settings.keys, why_not=unchanged)
        allow(self.remove, bool(self._own()), why_not=first or "the action has no keys")
        owner = owner_of(pressed, self.keys, other_than=name) if pressed else None
        if not name:
            self.note.setText("Choose an action to change its keys.")
        elif owner is not None:
            taken = self._specs[owner].text.rstrip("…")
            self.note.setText(
                f"{native(pressed)} belongs to “{taken}”, which gives it up if you go on."
            )
        elif pressed and pressed in self._own():
            self.note.setText(f"{native(pressed)} is one of its keys already.")
        elif pressed:
            self.note.setText(f"{native(pressed)} is free.")
        elif name in self._settings.keys:
            self.note.setText(f"Changed. {_usual_text(self._specs[name])}")
        else:
            self.note.setText("")

    def _filter(self, text: str) -> None:
        wanted = text.lower()
        for at in range(self.list.topLevelItemCount()):
            if (head := self.list.topLevelItem(at)) is not None:
                rows = [row for row in self._rows.values() if row.parent() is head]
                for row in rows:
                    row.setHidden(wanted not in f"{row.text(0)} {row.text(1)}".lower())
                head.setHidden(all(row.isHidden() for row in rows))

    def _ask(self, *, save: bool) -> None:
        folder = Path(self._settings.folder or Path.home())
        title = "Export keys" if save else "Import keys"
        picker = QFileDialog(self, title, str(folder), _FILES)
        if save:
            picker.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
            picker.setDefaultSuffix("json")
            picker.selectFile("poseviewer-keys.json")
        else:
            picker.setFileMode(QFileDialog.FileMode.ExistingFile)
        then = self.export_to if save else self.import_from
        picker.fileSelected.connect(lambda path: then(Path(path)))
        picker.finished.connect(picker.deleteLater)
        picker.open()


def _usual_text(spec: Action) -> str:
    usual = " or ".join(map(native, spec.keys))
    return f"Usually {usual}." if usual else "Usually without keys."


class ShortcutsDialog(QDialog):
    """The key editor on its own."""

    def __init__(
        self,
        parent: QWidget | None = None,
        *,
        specs: Sequence[Action],
        menus: Sequence[str],
        settings: Settings,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keyboard shortcuts")
        self.resize(theme.within(parent, 600, 660))
        self.editor = KeyEditor(self, specs=specs, menus=menus, settings=settings)
        self.search, self.list = self.editor.search, self.editor.list
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        margin = theme.px(SIZES.margin)
        column.setContentsMargins(margin, margin, margin, margin)
        column.setSpacing(theme.px(SIZES.gap_wide))
        column.addWidget(self.editor, 1)
        column.addWidget(buttons)
        self.search.setFocus()
