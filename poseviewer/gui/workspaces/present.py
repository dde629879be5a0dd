"""How the window behaves while a workspace fills the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QCursor, QGuiApplication
from PySide6.QtWidgets import QWidget

from poseviewer.gui.workspaces.bar import PresenterBar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from PySide6.QtGui import QAction

    from poseviewer.gui.window.docks import Docks
    from poseviewer.runtime.state import AppState

IDLE = 2500
"""Milliseconds without a move of the mouse after which bar and pointer go."""


class Presenting(QObject):
    """Hides bars and titles, shows the presenter's bar while the mouse moves, plays the stages.

    Args:
        actions: Every action, by name.
        over: The window.
        bars: What is hidden meanwhile.
    """

    def __init__(
        self, actions: Mapping[str, QAction], over: QWidget, bars: tuple[QWidget, ...]
    ) -> None:
        super().__init__(over)
        self.bar = PresenterBar(actions, over)
        self._bars = bars
        self._docks: Docks | None = None
        self._active = self._frozen = self._blank = False
        self._idle = QTimer(self, singleShot=True, interval=IDLE)
        self._idle.timeout.connect(self._rest)

    @property
    def active(self) -> bool:
        """Whether the window presents."""
        return self._active

    def attach(self, docks: Docks) -> None:
        """Take over the docks, once they are made."""
        self._docks = docks

    def switch(self, on: bool) -> None:
        """Begin to present, or end."""
        application = QCoreApplication.instance()
        if on == self._active or application is None:
            return
        self._active = on
        for bar in self._bars:
            bar.setVisible(not on)
        if self._docks is not None:
            for dock in self._docks.all:
                # An empty one: Qt then shows no title.
                dock.setTitleBarWidget(QWidget(dock) if on else None)  # type: ignore[arg-type]
            self._docks.joint_maps.show_controls(not on)
        if on:
            application.installEventFilter(self)
            self._wake()
        else:
            application.removeEventFilter(self)
            self._idle.stop()
            self.bar.leave()
            self._show_pointer()
            self._play(on=False)

    def refresh(self, state: AppState) -> None:
        """Play the stages one after another while the frame stands still."""
        still = state.source is not None and not state.playback.playing
        self._play(on=self._active and still)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Wake at a move of the mouse."""
        if event.type() == QEvent.Type.MouseMove:
            self._wake()
        elif event.type() == QEvent.Type.Resize and watched is self.parent() and self._shows:
            # Once the window has the size of the screen.
            self.bar.appear()
        return super().eventFilter(watched, event)

    def _play(self, *, on: bool) -> None:
        if on != self._frozen and self._docks is not None:
            self._frozen = on
            self._docks.joint_maps.set_animated(on)

    @property
    def _shows(self) -> bool:
        return not self.bar.isHidden()

    def lift(self) -> None:
        """Put the bar over docks that have been laid out since it appeared."""
        self.bar.raise_()

    def _wake(self) -> None:
        self._show_pointer()
        if not self._shows:
            self.bar.appear()
        self._idle.start()

    def _rest(self) -> None:
        if self.bar.rect().contains(self.bar.mapFromGlobal(QCursor.pos())):
            self._idle.start()
            return
        self.bar.hide()
        if not self._blank:
            self._blank = True
            QGuiApplication.setOverrideCursor(Qt.CursorShape.BlankCursor)

    def _show_pointer(self) -> None:
        if self._blank:
            self._blank = False
            QGuiApplication.restoreOverrideCursor()
