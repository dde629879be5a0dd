"""The Project dock: the clips of the project, and its notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from poseviewer.gui import theme
from poseviewer.gui.plain import Label, allow, plain_tip
from poseviewer.gui.project.dialogs import made_words
from poseviewer.gui.project.shown import ShownProject
from poseviewer.gui.window.dock import Dock

if TYPE_CHECKING:
    from poseviewer.gui.bridge import Bridge
    from poseviewer.runtime.project.value import ProjectClip
    from poseviewer.runtime.state import AppState

_TYPED = 500
"""Milliseconds without a key after which notes are taken over."""

_CLIP, _ABOUT = range(2)


class ProjectDock(Dock):
    """A list of clips, one of which is on screen, and a text."""

    chosen = Signal(int)
    """Which clip is to be shown."""

    removed = Signal(int)
    """Which clip is to be taken out."""

    noted = Signal(str)
    """The notes, after they were changed."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(bridge, parent, title="Project", name="project_dock", pace=200)
        self._project = ShownProject()
        self._shown: tuple[object, ...] = ()
        self.list = QTreeWidget()
        self.notes = QPlainTextEdit()
        self._typed = QTimer(self, singleShot=True, interval=_TYPED)
        self._typed.timeout.connect(lambda: self.noted.emit(self.notes.toPlainText()))
        self._dress_list()
        self.notes.setAccessibleName("Notes of the project")
        self.notes.setPlaceholderText("Notes of the project")
        self.notes.setTabChangesFocus(True)
        self.notes.textChanged.connect(self._typed.start)
        self.add = QPushButton("Add clips…")
        self.add.setToolTip("Add clips to the project")
        self.remove = QPushButton("Remove")
        self.remove.setToolTip(plain_tip("Take the clip out of the project; its file stays."))
        self.remove.clicked.connect(self._on_remove)
        self.name = Label()
        self.name.setProperty("muted", True)
        self.setWidget(self._page())

    def _dress_list(self) -> None:
        self.list.setAccessibleName("Clips of the project")
        self.list.setToolTip(plain_tip("A double click, or Enter, shows a clip."))
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setHeaderLabels(["Clip", "Marked, named, put right"])
        header = self.list.header()
        header.setStretchLastSection(True)
        header.setSectionResizeMode(_CLIP, QHeaderView.ResizeMode.ResizeToContents)
        self.list.itemActivated.connect(self._on_activated)
        self.list.currentItemChanged.connect(lambda *_: self._allow())

    def _page(self) -> QWidget:
        both = QSplitter(Qt.Orientation.Vertical)
        both.setChildrenCollapsible(False)
        both.addWidget(self.list)
        both.addWidget(self.notes)
        both.setStretchFactor(0, 3)
        both.setStretchFactor(1, 1)
        whole, page = QWidget(), QWidget()
        inside = QVBoxLayout(whole)
        inside.setContentsMargins(8, 8, 8, 4)
        inside.setSpacing(6)
        inside.addWidget(self.name)
        inside.addWidget(both, 1)
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 8, 8)
        row.addWidget(self.add)
        row.addWidget(self.remove)
        row.addStretch(1)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.holder(whole, dims=False), 1)
        column.addLayout(row)
        return page

    def show_project(self, project: ShownProject) -> None:
        """List the clips of a project from now on."""
        self._project = project
        self.redraw()

    def why_empty(self, state: AppState) -> str:  # noqa: ARG002
        """Why there is no list."""
        if self._project.title:
            return ""
        return (
            "No project is open. A project is a file of clips with all that you have chosen, "
            "marked, named and put right in them: Ctrl+S saves one."
        )

    def draw(self, state: AppState) -> None:  # noqa: ARG002
        """List the clips."""
        project = self._project
        if not self._typed.isActive() and self.notes.toPlainText() != project.notes:
            with QSignalBlocker(self.notes):
                self.notes.setPlainText(project.notes)
        shown = (project, theme.current())
        if shown == self._shown:
            return
        self._shown = shown
        unsaved = ", with unsaved changes" if project.unsaved else ""
        self.name.setText(f"{project.title}{unsaved}")
        self.name.setToolTip(plain_tip("" if project.path is None else str(project.path)))
        chosen = self.list.currentIndex().row()
        with QSignalBlocker(self.list):
            self.list.clear()
            for place, clip in enumerate(project.clips):
                self._list(place, clip)
            now = chosen if 0 <= chosen < len(project.clips) else project.place
            row = None if now is None else self.list.topLevelItem(now)
            if row is not None:
                self.list.setCurrentItem(row)
        self._allow()

    def _list(self, place: int, clip: ProjectClip) -> None:
        missing, here = place in self._project.missing, place == self._project.place
        about = "not found: a double click looks for it" if missing else about_clip(clip)
        row = QTreeWidgetItem(self.list, [clip.title, about])
        now = theme.current()
        for column in (_CLIP, _ABOUT):
            row.setToolTip(column, plain_tip(clip.location))
            if missing:
                row.setForeground(column, now.colour("disabled"))
        if here:
            font = row.font(_CLIP)
            font.setBold(True)
            row.setFont(_CLIP, font)
            row.setForeground(_CLIP, now.colour("accent"))
            name = f"{clip.title}, on screen"
            row.setData(_CLIP, Qt.ItemDataRole.AccessibleTextRole, name)

    def take_notes(self) -> None:
        """Say at once what was typed."""
        if self._typed.isActive():
            self._typed.stop()
            self.noted.emit(self.notes.toPlainText())

    def _allow(self) -> None:
        allow(self.remove, self.list.currentItem() is not None, why_not="choose a clip first")

    def _on_activated(self, row: QTreeWidgetItem) -> None:
        self.chosen.emit(self.list.indexOfTopLevelItem(row))

    def _on_remove(self) -> None:
        if (place := self.list.currentIndex().row()) >= 0:
            self.removed.emit(place)


def about_clip(clip: ProjectClip) -> str:
    """What belongs to a clip, in a line."""
    marks = ""
    if clip.start is not None or clip.end is not None:
        first = "the start" if clip.start is None else f"{clip.start}"
        last = "the end" if clip.end is None else f"{clip.end}"
        marks = f"from {first} to {last}"
    names = ", ".join(name for _, name in clip.people.names)
    made = made_words(clip.corrections, clip.annotations)
    return "; ".join(part for part in (marks, names, "" if made == "nothing" else made) if part)
