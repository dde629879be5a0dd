"""Saves what a person has chosen and how the window lies, soon after each change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Slot

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.gui.actions.context import Context
    from poseviewer.runtime.state import AppState

_DELAY = 400
"""Milliseconds after a change until the settings are saved: a slider saves once."""


class Saving(QObject):
    """Saves the choices, so that they outlive a crash.

    Args:
        context: Of the window.
        meant: The state whose choices are saved: some are made for a while only.
    """

    def __init__(self, context: Context, meant: Callable[[AppState], AppState]) -> None:
        super().__init__(context.window)
        self._context, self._meant = context, meant
        self._reported = False
        """Whether it was said that settings cannot be saved."""
        self._timer = QTimer(self, singleShot=True, interval=_DELAY)
        self._timer.timeout.connect(self.save)

    def soon(self) -> None:
        """Save once the changes that come together are made."""
        if not self._timer.isActive():
            self._timer.start()

    def stop(self) -> None:
        """Save no more unless asked."""
        self._timer.stop()

    @Slot()
    def save(self) -> None:
        """Save now."""
        settings, window = self._context.settings, self._context.window
        settings.save_state(self._meant(self._context.state))
        settings.workspaces = self._context.workspaces().remembered
        if not window.isFullScreen():
            settings.save_geometry(window)
        settings.sync()
        if (trouble := settings.trouble) and not self._reported:
            self._reported = True
            self._context.session.notice("warning", trouble, topic="settings")
