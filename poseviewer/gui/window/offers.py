"""What a window that has started offers of what windows before it had not finished."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.gui.dialogs.recovered import RecoveredDialog
from poseviewer.gui.project.dialogs import UnsavedDialog
from poseviewer.runtime.project.autosave import unsaved_projects
from poseviewer.runtime.recording.unfinished import unfinished_recordings

if TYPE_CHECKING:
    from poseviewer.gui.actions.context import Context
    from poseviewer.gui.project.keeper import ProjectKeeper


def offer_recordings(context: Context) -> None:
    """Ask what becomes of recordings that were cut off, where there are any."""
    if found := unfinished_recordings():
        context.ask(RecoveredDialog(found, session=context.session, parent=context.window))


def offer_projects(context: Context, project: ProjectKeeper) -> None:
    """Offer, one after the other, what windows that ended had not saved of their projects."""
    waiting = unsaved_projects()

    def offer() -> None:
        if not waiting:
            return
        unsaved = waiting.pop(0)
        dialog = UnsavedDialog(unsaved, context.window)
        dialog.on_answer(recover=lambda: project.recover(unsaved))
        dialog.finished.connect(offer)
        context.ask(dialog)

    offer()
