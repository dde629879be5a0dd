"""The window up to its first paint and no further, to find out how long that takes."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from PySide6.QtCore import QEvent, QObject

from poseviewer.gui.app import application, make_window
from poseviewer.gui.settings import Settings


class _Painted(QObject):
    """Knows whether it has seen something being painted."""

    seen = False

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        self.seen = self.seen or event.type() == QEvent.Type.Paint
        return False


def wait() -> None:
    """Show a window, and once it is painted end the process at once."""
    app = application()
    with tempfile.TemporaryDirectory() as folder:
        window = make_window(Settings(Path(folder) / "window.ini"))
        painted = _Painted()
        window.installEventFilter(painted)
        window.show()
        while not painted.seen:
            app.processEvents()
    # What closing costs is another matter.
    os._exit(0)
