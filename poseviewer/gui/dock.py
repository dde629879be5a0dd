"""A dock that follows the session only while somebody can see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QDockWidget

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from poseviewer.gui.bridge import Bridge
    from poseviewer.runtime.state import View


class Dock(QDockWidget):
    """The manner of every dock: nothing while hidden, and no more often than its pace.

    A view that comes too soon is not kept but read again when its time has come, so no dock
    keeps a frame alive.
    """

    def __init__(
        self,
        bridge: Bridge,
        parent: QWidget | None = None,
        *,
        title: str,
        name: str,
        pace: int = 0,
    ) -> None:
        """Make the dock.

        Args:
            bridge: Owner of the session that is shown.
            parent: The main window.
            title: What the title bar says.
            name: Under which the layout of the window is saved.
            pace: Least milliseconds between two drawings; 0 draws every view.
        """
        super().__init__(title, parent)
        self.bridge = bridge
        self.setObjectName(name)
        self.setAccessibleName(title)
        self._seen = False
        self._late = False
        self._timer = QTimer(self, singleShot=True, interval=pace)
        self._timer.timeout.connect(self._catch_up)
        # Not isVisible(): a dock behind another one's tab is "visible", only moved off screen.
        self.visibilityChanged.connect(self._on_visibility)

    @property
    def seen(self) -> bool:
        """Whether somebody can see the contents."""
        return self._seen

    def refresh(self, view: View) -> None:
        """Show `view`, now or when the pace allows; does nothing while hidden."""
        if not self._seen:
            return
        if self._timer.isActive() and self.paced(view):
            self._late = True
            return
        self._late = False
        self.show_view(view)
        if self._timer.interval():
            self._timer.start()

    def paced(self, _view: View) -> bool:
        """Whether this view may wait until the pace allows it."""
        return True

    def show_view(self, view: View) -> None:
        """Draw `view`; each dock has its own way."""
        raise NotImplementedError

    def _on_visibility(self, visible: bool) -> None:
        self._seen = visible
        if visible:
            self.show_view(self.bridge.session.view())

    def _catch_up(self) -> None:
        if self._late:
            self._late = False
            self.refresh(self.bridge.session.view())
