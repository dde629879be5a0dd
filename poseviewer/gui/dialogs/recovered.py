"""The question what becomes of a recording that was cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QMessageBox

from poseviewer.core.errors import PoseViewerError
from poseviewer.gui.icons import message_picture
from poseviewer.gui.plain import plain_tip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QWidget

    from poseviewer.core.files import Unfinished
    from poseviewer.gui.session import SessionProtocol


class RecoveredDialog(QMessageBox):
    """Asks whether recordings that were cut off are kept or removed; closed, it asks next time."""

    def __init__(
        self,
        found: Sequence[Unfinished],
        *,
        session: SessionProtocol,
        parent: QWidget | None = None,
    ) -> None:
        """Ask.

        Args:
            found: The recordings; at least one.
            session: Shows what became of them.
            parent: The window.
        """
        super().__init__(parent)
        self._found, self._session = tuple(found), session
        self.setIconPixmap(message_picture("info", ratio=self.devicePixelRatioF()))
        self.setWindowTitle("Recording cut off")
        paths = [path for one in found for path in one.paths]
        size = sum(one.size for one in found) / 2**20
        names = "\n".join(path.name for path in paths)
        self.setText("PoseViewer ended while it recorded. What was written can be played.")
        about = f"{names}\n\n{size:.1f} MB, in {paths[0].parent}"
        self.setInformativeText(plain_tip(about))
        self.keep = self.addButton("Keep", QMessageBox.ButtonRole.AcceptRole)
        self.remove = self.addButton("Remove", QMessageBox.ButtonRole.DestructiveRole)
        later = self.addButton("Ask again later", QMessageBox.ButtonRole.RejectRole)
        self.setDefaultButton(self.keep)
        self.setEscapeButton(later)
        self.finished.connect(self._decide)

    def _decide(self) -> None:
        clicked = self.clickedButton()
        for one in self._found:
            if clicked is self.keep:
                self._keep(one)
            elif clicked is self.remove:
                one.remove()
            else:
                one.release()

    def _keep(self, one: Unfinished) -> None:
        try:
            kept = one.keep()
        except PoseViewerError as error:
            one.release()
            self._session.notice("error", str(error), topic="recording")
        else:
            names = ", ".join(str(path) for path in kept)
            self._session.notice("info", f"Kept {names}.", topic="recording")
