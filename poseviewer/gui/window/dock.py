"""A dock that follows the session only while somebody can see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QDockWidget

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QWidget

    from poseviewer.core.look import Look
    from poseviewer.core.result import FrameResult
    from poseviewer.draw.primitives import Item
    from poseviewer.gui.bridge import Bridge
    from poseviewer.runtime.state import View


class Dock(QDockWidget):
    """The manner of every dock: nothing while hidden, and no more often than its pace.

    A view that comes too soon is not kept but read again when its time has come, so no dock
    keeps a frame alive. What a dock wants of the rest of the window it says by the signals
    here; the window asks it by the methods.
    """

    stages_changed = Signal()
    """`visible_stages` gives another answer than before."""

    items_changed = Signal()
    """`items` gives another answer than before for the same result."""

    look_edited = Signal(dict)
    """Fields of `Look` that a control here has changed, with their new values."""

    seek_requested = Signal(int)
    """The number of a frame to go to."""

    hovered = Signal(object)
    """The frame pixel (x, y) under the pointer, or None."""

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

    def show_look(self, look: Look) -> None:
        """Follow how results are drawn."""

    def set_cursor(self, place: tuple[float, float] | None) -> None:
        """The frame pixel under the pointer in the picture; None when it has left."""

    def visible_stages(self) -> frozenset[int]:
        """Numbers of the stages whose maps are seen here, so that no other leaves the device."""
        return frozenset()

    def wants_truth(self) -> bool:
        """Whether the ground truth is looked at here; `stages_changed` says that it changed."""
        return False

    def items(self, result: FrameResult) -> Sequence[Item]:  # noqa: ARG002
        """What this dock draws over the frame of `result`; asked only while it is seen."""
        return ()

    def _on_visibility(self, visible: bool) -> None:
        self._seen = visible
        if visible:
            self.show_view(self.bridge.session.view())

    def _catch_up(self) -> None:
        if self._late:
            self._late = False
            self.refresh(self.bridge.session.view())
