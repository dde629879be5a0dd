"""Actions that choose, save and share workspaces."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog, QInputDialog

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import save_file
from poseviewer.gui.actions.context import Action, Context, in_menu, network_loaded
from poseviewer.gui.workspaces.workspace import LONGEST_NAME, as_json, read_workspace

if TYPE_CHECKING:
    from collections.abc import Callable

_FILES = "Workspace (*.workspace.json)"


def choose(context: Context, name: str) -> None:
    """Use a workspace; the one that fills the screen is left by its own key too."""
    workspaces = context.workspaces()
    if not (workspaces.now == name and workspaces.leave()):
        workspaces.switch(name)


def save_as(context: Context) -> None:
    """Ask for a name, and save how things are under it."""
    _ask_name(context, "Save workspace", "", context.workspaces().save_as)


def rename(context: Context) -> None:
    """Ask for another name of the workspace in use."""
    workspaces = context.workspaces()
    _ask_name(context, "Rename workspace", workspaces.now, workspaces.rename)


def delete(context: Context) -> None:
    """Delete the workspace in use."""
    _trying(context, context.workspaces().delete)


def reset(context: Context) -> None:
    """Lay the docks of the workspace in use out as they were at first."""
    if not context.workspaces().presenting:
        context.full_screen(False)
    context.workspaces().reset()


def share(context: Context) -> None:
    """Ask where to save the workspace in use as a file."""
    workspace = context.workspaces().current

    def write(path: Path) -> None:
        def save() -> None:
            save_file(path, json.dumps(as_json(workspace), indent=1) + "\n")
            context.session.notice("info", f"Wrote {path}.", topic="workspace")

        _trying(context, save)

    context.ask_where("Share workspace", f"{workspace.name}.workspace.json", _FILES, write)


def take(context: Context) -> None:
    """Ask for a workspace that was shared, and use it."""
    picker = QFileDialog(context.window, "Open workspace", context.settings.folder)
    picker.setNameFilters([_FILES, "All files (*)"])
    picker.setFileMode(QFileDialog.FileMode.ExistingFile)
    picker.fileSelected.connect(lambda path: read(context, path))
    context.ask(picker)


def read(context: Context, path: str) -> None:
    """Use the workspace in a file."""
    _trying(context, lambda: context.workspaces().add(read_workspace(Path(path))))


def _ask_name(context: Context, title: str, name: str, then: Callable[[str], object]) -> None:
    dialog = QInputDialog(context.window)
    dialog.setWindowTitle(title)
    dialog.setLabelText("Name")
    dialog.setTextValue(name)
    dialog.setOkButtonText("Save")
    dialog.textValueChanged.connect(
        lambda text: dialog.setTextValue(text[:LONGEST_NAME]) if len(text) > LONGEST_NAME else None
    )
    dialog.textValueSelected.connect(lambda text: _trying(context, lambda: then(text)))
    context.ask(dialog)


def _trying(context: Context, work: Callable[[], object]) -> None:
    try:
        work()
    except PoseViewerError as error:
        context.session.notice("error", str(error), topic="workspace")


def _workspace(name: str, title: str, keys: str, tip: str) -> Action:
    return Action(
        name, title, lambda context, _on: choose(context, title), keys, tip,
        checkable=True, group="workspace",
    )  # fmt: skip


WORKSPACES = in_menu(
    "View/Workspace",
    _workspace(
        "present", "Present", "F6",
        "The frame on the whole screen, with large maps and angles; again or Esc leaves",
    ),
    _workspace("inspect", "Inspect", "F7", "The maps of every stage, large"),
    _workspace("measure", "Measure", "F8", "The curves of angles, large"),
    Action("workspace_save", "Save as…", save_as, tip="Save how docks lie now under a name",
           rule=True),
    Action("workspace_rename", "Rename…", rename, tip="Give your own workspace another name"),
    Action("workspace_delete", "Delete", delete,
           tip="Delete your own workspace"),
    Action("reset_layout", "Reset layout", reset,
           tip="Put every dock of this workspace back where it was at first"),
    Action("workspace_share", "Share…", share, tip="Save this workspace as a file", rule=True),
    Action("workspace_open", "Open…", take, tip="Use a workspace that was shared as a file"),
)  # fmt: skip

PRESENTING = in_menu(
    "View",
    Action(
        "second_screen", "Show on the second screen", lambda context, on: context.show_output(on),
        "Shift+F6", "Fill another screen with frame, maps and angles, and keep the docks on this",
        checkable=True, rule=True,
    ),
    Action(
        "tour", "Tour of the joints", lambda context, on: context.show_tour(on), "F5",
        "Show one joint after another, a few seconds each, until a key is pressed",
        checkable=True, needs=network_loaded,
    ),
)  # fmt: skip
