"""What is asked about a project."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QListWidget,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
)

from poseviewer.core.correction import counted
from poseviewer.gui import theme
from poseviewer.gui.icons import message_picture
from poseviewer.gui.plain import Label, plain_tip
from poseviewer.runtime.project.clips import clip_of, search

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from PySide6.QtWidgets import QWidget

    from poseviewer.core.annotation import Annotations
    from poseviewer.core.correction import Corrections
    from poseviewer.runtime.project.autosave import Unsaved
    from poseviewer.runtime.project.value import Project, ProjectClip

Role = QMessageBox.ButtonRole


class _Question(QMessageBox):
    """A message box in the style of the window."""

    def __init__(self, title: str, text: str, more: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setIconPixmap(message_picture("info", ratio=self.devicePixelRatioF()))
        self.setWindowTitle(title)
        self.setText(plain_tip(text))
        self.setInformativeText(plain_tip(more))

    def when(self, button: QPushButton, do: Callable[[], object]) -> None:
        """Have something done when a button has closed the box."""
        self.finished.connect(lambda _: do() if self.clickedButton() is button else None)


class SaveDialog(_Question):
    """Asks whether the changes of a project are saved before it is closed."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(
            "Save project",
            f"Save the changes of {title}?",
            "Corrections and annotations are stored with their clips on this computer in any case; "
            "marks, names, notes and choices of the project would be lost.",
            parent,
        )
        self.save = self.addButton("Save", Role.AcceptRole)
        self.discard = self.addButton("Discard", Role.DestructiveRole)
        cancel = self.addButton("Cancel", Role.RejectRole)
        self.setDefaultButton(self.save)
        self.setEscapeButton(cancel)

    def on_answer(self, *, save: Callable[[], object], discard: Callable[[], object]) -> None:
        """Set what each answer does; the third does nothing."""
        self.when(self.save, save)
        self.when(self.discard, discard)


class OverwriteDialog(_Question):
    """Asks what to do where another program has written the file of the project meanwhile."""

    def __init__(self, path: Path, parent: QWidget | None = None) -> None:
        super().__init__(
            "Project changed",
            f"{path.name} was changed by another program since it was opened or saved here.",
            "Replacing it loses those changes.",
            parent,
        )
        self.elsewhere = self.addButton("Save as…", Role.AcceptRole)
        self.replace = self.addButton("Replace", Role.DestructiveRole)
        cancel = self.addButton("Cancel", Role.RejectRole)
        self.setDefaultButton(self.elsewhere)
        self.setEscapeButton(cancel)

    def on_answer(self, *, replace: Callable[[], object], elsewhere: Callable[[], object]) -> None:
        """Set what each answer does; the third does nothing."""
        self.when(self.replace, replace)
        self.when(self.elsewhere, elsewhere)


class ConflictDialog(_Question):
    """Asks whose corrections count where project and computer have changed them both."""

    def __init__(
        self,
        clip: ProjectClip,
        corrections: Corrections,
        annotations: Annotations,
        parent: QWidget | None = None,
    ) -> None:
        """Ask.

        Args:
            clip: As the project has it.
            corrections: As this computer has them.
            annotations: As this computer has them.
            parent: The window.
        """
        super().__init__(
            "Two versions",
            f"What was corrected and annotated in {clip.title} differs between this computer and "
            "the project.",
            f"This computer: {made_words(corrections, annotations)}.\n"
            f"The project: {made_words(clip.corrections, clip.annotations)}.",
            parent,
        )
        self.here = self.addButton("Use this computer's", Role.AcceptRole)
        self.project = self.addButton("Use the project's", Role.ActionRole)
        self.setDefaultButton(self.here)
        self.setEscapeButton(self.here)

    def on_answer(self, *, project: Callable[[], object]) -> None:
        """Set what is done where the project's count."""
        self.when(self.project, project)


class UnsavedDialog(_Question):
    """Offers the changes of a project that were not saved when the program ended."""

    def __init__(self, unsaved: Unsaved, parent: QWidget | None = None) -> None:
        """Ask.

        Args:
            unsaved: The changes.
            parent: The window.
        """
        where = f"\n\nIts file lies in {unsaved.path.parent}." if unsaved.path is not None else ""
        super().__init__(
            "Unsaved project",
            f"PoseViewer ended before {unsaved.title} was saved.",
            f"Its changes until {unsaved.written:%H:%M on %d %B} can be had back.{where}",
            parent,
        )
        self.recover = self.addButton("Recover", Role.AcceptRole)
        self.discard = self.addButton("Discard", Role.DestructiveRole)
        later = self.addButton("Ask again later", Role.RejectRole)
        self.setDefaultButton(self.recover)
        self.setEscapeButton(later)
        self._unsaved = unsaved

    def on_answer(self, *, recover: Callable[[], object]) -> None:
        """Set what recovering does; discarded, the changes are removed, else they are kept."""

        def decide() -> None:
            if self.clickedButton() is self.recover:
                recover()
            elif self.clickedButton() is self.discard:
                self._unsaved.found.remove()
            else:
                self._unsaved.found.release()

        self.finished.connect(decide)


def made_words(corrections: Corrections, annotations: Annotations) -> str:
    """What a person has made of a clip, such as `3 joints in 2 frames, 1 drawing`."""
    drawings, keys = len(annotations.drawings), len(annotations.key_frames)
    parts = (
        corrections.words,
        counted(drawings, "drawing") if drawings else "",
        counted(keys, "key frame") if keys else "",
        "calibrated" if annotations.calibration is not None else "",
        "notes" if annotations.notes else "",
    )
    return ", ".join(part for part in parts if part) or "nothing"


class MissingDialog(QDialog):
    """Lists the clips of a project that were not found; each is found, left out, or left for later.

    Args:
        project: The project, with the places of those that were found.
        missing: Which of its clips are missing.
        folder: Where to look first.
        parent: The window.
    """

    decided = Signal(object, object)
    """The project, and which of its clips are missing yet."""

    def __init__(
        self,
        project: Project,
        missing: Sequence[int],
        *,
        folder: Path,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.project, self.missing = project, tuple(missing)
        self._folder = folder
        self.setWindowTitle("Clips not found")
        self.resize(theme.within(parent, 620, 380) if parent else self.sizeHint())
        about = Label(
            "These clips are neither where they were nor in the folder of the project, under any "
            "name.",
            self,
        )
        about.setWordWrap(True)
        self.list = QListWidget(self)
        self.list.setAccessibleName("Clips not found")
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setSpacing(3)
        self.list.currentRowChanged.connect(lambda _: self._allow())
        self.says = Label("", self)
        self.says.setProperty("muted", True)
        self.says.setWordWrap(True)
        self.find_file = self._button("Find this clip…", "Choose the file of the chosen clip.")
        self.search_folder = self._button("Search a folder…", "Look for all of them in a folder.")
        self.leave_out = self._button(
            "Leave out", "Take the chosen clip out of the project, with what belongs to it."
        )
        self.find_file.clicked.connect(self._ask_file)
        self.search_folder.clicked.connect(self._ask_folder)
        self.leave_out.clicked.connect(lambda: self.drop(self.chosen))
        row = QHBoxLayout()
        for button in (self.find_file, self.search_folder, self.leave_out):
            row.addWidget(button)
        row.addStretch(1)
        buttons = QDialogButtonBox(self)
        self.go_on = buttons.addButton("Open without them", QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 18, 18, 14)
        column.setSpacing(10)
        column.addWidget(about)
        column.addWidget(self.list, 1)
        column.addWidget(self.says)
        column.addLayout(row)
        column.addWidget(buttons)
        self._fill()

    @property
    def chosen(self) -> int:
        """Which clip of the project is chosen."""
        return self.missing[max(self.list.currentRow(), 0)]

    def accept(self) -> None:
        """Go on with what was found."""
        super().accept()
        self.decided.emit(self.project, self.missing)

    def take(self, place: int, path: str) -> None:
        """Take a file for a clip, if it holds what the clip held."""
        clip, file = self.project.clips[place], clip_of(path)
        if file.content != clip.content:
            self.says.setText(
                f"{file.title} is another clip than {clip.title} was: its content differs."
            )
            return
        self.project = self.project.with_clip(place, replace(clip, location=file.location))
        self.missing = tuple(n for n in self.missing if n != place)
        self._folder = Path(path).parent
        # Others may lie beside it.
        self.look(self._folder)

    def look(self, folder: Path) -> None:
        """Search a folder for all clips that are missing."""
        before = len(self.missing)
        self.project, self.missing = search(self.project, self.missing, folder)
        found = before - len(self.missing)
        self.says.setText(f"{counted(found, 'clip')} found." if found else f"None in {folder}.")
        self._fill()

    def drop(self, place: int) -> None:
        """Take a clip out of the project."""
        clips = self.project.clips[:place] + self.project.clips[place + 1 :]
        current = self.project.current
        current = min(current - (current > place), max(len(clips) - 1, 0))
        self.project = replace(self.project, clips=clips, current=current)
        self.missing = tuple(n - (n > place) for n in self.missing if n != place)
        self._fill()

    def _fill(self) -> None:
        if not self.missing:
            self.accept()
            return
        self.list.clear()
        for place in self.missing:
            clip = self.project.clips[place]
            self.list.addItem(f"{clip.title}\n{Path(clip.location).parent}")
            self.list.item(self.list.count() - 1).setToolTip(plain_tip(clip.location))
        self.list.setCurrentRow(0)
        self._allow()
        one = len(self.missing) == 1
        self.go_on.setText("Open without it" if one else "Open without them")

    def _allow(self) -> None:
        for button in (self.find_file, self.leave_out):
            button.setEnabled(self.list.currentRow() >= 0)

    def _button(self, text: str, tip: str) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(plain_tip(tip))
        button.setAutoDefault(False)
        return button

    def _ask_file(self) -> None:
        place = self.chosen
        picker = QFileDialog(self, f"Find {self.project.clips[place].title}", str(self._folder))
        picker.setFileMode(QFileDialog.FileMode.ExistingFile)
        picker.fileSelected.connect(lambda path: self.take(place, path))
        self._open(picker)

    def _ask_folder(self) -> None:
        picker = QFileDialog(self, "Search a folder", str(self._folder))
        picker.setFileMode(QFileDialog.FileMode.Directory)
        picker.fileSelected.connect(lambda path: self.look(Path(path)))
        self._open(picker)

    def _open(self, picker: QFileDialog) -> None:
        picker.finished.connect(picker.deleteLater)
        picker.open()
