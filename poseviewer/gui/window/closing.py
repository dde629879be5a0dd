"""Whether the window may close: the questions about the project and about exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from poseviewer.gui.actions.files import exporting, pending

if TYPE_CHECKING:
    from poseviewer.gui.actions.context import Context
    from poseviewer.gui.project.keeper import ProjectKeeper
    from poseviewer.runtime.state import AppState


class Closing(QObject):
    """Asks what becomes of what is not finished, and closes the window when that is settled.

    Args:
        context: Of the window.
        project: Of the window.
    """

    changed = Signal()
    """The window is to be drawn again, or closed at once: it was decided to wait for exports."""

    def __init__(self, context: Context, project: ProjectKeeper) -> None:
        super().__init__(context.window)
        self._context, self._project = context, project
        self._leaving = False
        """Whether it closes without asking."""
        self.settled = False
        """Whether the project is saved or given up, so that it is not asked about again."""
        self._after_exports: frozenset[int] = frozenset()
        """Numbers of the exports after which it closes, if all of them are written."""

    def may_close(self) -> bool:
        """Whether the window closes now; where not, the person is being asked."""
        project = self._project
        project.finish_typing()
        if self._leaving:
            return True
        if project.unsaved and not self.settled:
            project.settle(self._close_settled)
            return False
        if exporting(self._context.bridge.state):
            self._ask_about_export()
            return False
        return True

    @Slot()
    def leave(self, *, keep: bool = True) -> None:
        """Close without asking; exports that have not ended are cancelled.

        Args:
            keep: Whether a project that is not saved is offered at the next start.
        """
        self._leaving, self.settled = True, self.settled or not keep
        self._context.window.close()

    def refresh(self, state: AppState) -> None:
        """Close if that was to be done now that all exports have ended."""
        if not self._after_exports or exporting(state):
            return
        waited, self._after_exports = self._after_exports, frozenset()
        failed = [one for one in state.exports if one.number in waited and one.status == "failed"]
        # One that failed keeps the window open, with its reason.
        if not failed:
            QTimer.singleShot(0, self, self.leave)

    def _close_settled(self) -> None:
        """Close; the project was saved or given up."""
        self.settled = True
        self._context.window.close()

    def _ask_about_export(self) -> None:
        # Here, not at the top, as all dialogs.
        from poseviewer.gui.dialogs.leave import LeaveDialog

        dialog = LeaveDialog(len(pending(self._context.state)), self._context.window)

        def decide() -> None:
            if dialog.clickedButton() is dialog.cancel:
                self.leave()
                return
            self.settled = False
            if dialog.clickedButton() is dialog.wait:
                self._wait_for_export()

        dialog.finished.connect(decide)
        self._context.ask(dialog)

    def _wait_for_export(self) -> None:
        session = self._context.session
        self._after_exports = frozenset(export.number for export in pending(session.state))
        one = len(self._after_exports) == 1
        text = f"PoseViewer closes when {'the export is' if one else 'all exports are'} written."
        session.notice("info", text, topic="closing")
        session.exports.finish()
        self.changed.emit()
