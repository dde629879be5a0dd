"""Actions on the project."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog

from poseviewer.gui.actions.context import Action, Context, in_menu
from poseviewer.runtime.project import ENDING

if TYPE_CHECKING:
    from collections.abc import Sequence


def open_project(context: Context) -> None:
    """Ask for a project, and open it."""
    kinds = f"Projects (*{ENDING});;All files (*)"
    picker = QFileDialog(context.window, "Open project", context.settings.folder, kinds)
    picker.setFileMode(QFileDialog.FileMode.ExistingFile)
    picker.fileSelected.connect(lambda path: context.project().open_file(Path(path)))
    context.ask(picker)


def add_clips(context: Context, kinds: str) -> None:
    """Ask for clips, and add them to the project."""
    picker = QFileDialog(context.window, "Add clips", context.settings.folder, kinds)
    picker.setFileMode(QFileDialog.FileMode.ExistingFiles)

    def take(paths: Sequence[str]) -> None:
        context.settings.folder = str(Path(paths[0]).parent)
        context.project().add(paths)

    picker.filesSelected.connect(take)
    context.ask(picker)


def project_actions(kinds: str) -> tuple[Action, ...]:
    """The actions of the File menu.

    Args:
        kinds: Of files that clips are, as Qt writes them.
    """
    return in_menu(
        "File",
        Action(
            "open_project", "Open project…", open_project, "Ctrl+Alt+O",
            "Open a project: clips with all that was chosen, marked and put right in them",
            rule=True,
        ),
        Action(
            "save_project", "Save project", lambda context: context.project().save(), "Ctrl+S",
            "Save the clips of the project with all that is chosen, marked and put right in them",
        ),
        Action(
            "save_project_as", "Save project as…", lambda context: context.project().save_as(),
            "Ctrl+Shift+S", "Save the project under another name",
        ),
        Action(
            "add_clips", "Add clips to the project…", lambda context: add_clips(context, kinds),
            tip="Have several clips in the project; the Project dock lists them",
        ),
        Action(
            "next_clip", "Next clip of the project", lambda context: context.project().step(1),
            "Ctrl+PgDown",
        ),
        Action(
            "previous_clip", "Previous clip of the project",
            lambda context: context.project().step(-1), "Ctrl+PgUp",
        ),
        Action(
            "close_project", "Close project", lambda context: context.project().close_project(),
            "Ctrl+Shift+W", "Close the project and its clips; what is not saved is asked about",
        ),
    )  # fmt: skip
