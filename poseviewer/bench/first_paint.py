"""Starts the window and ends the process at its first paint, to be timed from outside."""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path

from PySide6.QtCore import QEvent, QObject

from poseviewer.gui.app import application, make_window
from poseviewer.gui.settings import Settings

_PATIENCE = 60.0
"""Seconds after which waiting for the window ends."""


class _Painted(QObject):
    """An event filter that records whether anything was painted."""

    seen = False

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        self.seen = self.seen or event.type() == QEvent.Type.Paint
        return False


def wait() -> None:
    """Show a window, and once it is painted end the process at once; status 1 if it never is."""
    app = application()
    with tempfile.TemporaryDirectory() as folder:
        window = make_window(Settings(Path(folder) / "window.ini"))
        painted = _Painted()
        window.installEventFilter(painted)
        window.show()
        given_up = time.monotonic() + _PATIENCE
        while not painted.seen and time.monotonic() < given_up:
            app.processEvents()
    # What closing costs is another matter.
    os._exit(0 if painted.seen else 1)
