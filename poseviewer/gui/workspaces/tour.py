"""A tour through the joints, each for a few seconds, until a key is pressed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer, Signal

from poseviewer.gui.actions.stages import next_joint

if TYPE_CHECKING:
    from poseviewer.gui.actions.context import Context

PAUSE = 4000
"""Milliseconds at each joint."""


class Tour(QObject):
    """Shows one joint after the other; any key ends it, and does nothing else."""

    changed = Signal(bool)
    """Whether it is under way."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        self._context = context
        self._timer = QTimer(self, interval=PAUSE)
        self._timer.timeout.connect(self._go_on)

    @property
    def active(self) -> bool:
        """Whether it is under way."""
        return self._timer.isActive()

    def switch(self, on: bool) -> None:
        """Begin, or end."""
        application = QCoreApplication.instance()
        assert application is not None
        if on == self.active:
            return
        if on:
            application.installEventFilter(self)
            self._timer.start()
            self._go_on()
        else:
            self._timer.stop()
            application.removeEventFilter(self)
        self.changed.emit(on)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """End at any key."""
        if event.type() == QEvent.Type.ShortcutOverride:
            # The key is to arrive here, and not as that of an action.
            event.accept()
            return True
        if event.type() == QEvent.Type.KeyPress:
            self.switch(on=False)
            return True
        return super().eventFilter(watched, event)

    def _go_on(self) -> None:
        if self._context.state.model is None:
            self.switch(on=False)
            return
        next_joint(self._context)
        if self._context.state.display.overlay_channel is None:
            # After the last joint come all of them at once, and then the first.
            next_joint(self._context)
