"""Takes the steps of a long piece of work in turns with the event loop."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Slot

from poseviewer.gui.window.importer import Importer

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence


class Turns(QObject):
    """Takes one step at each turn of the event loop, so that the window answers in between.

    Args:
        steps: The work; each step gives the modules that the next one needs, which are imported on
            another thread before it is taken.
        parent: The window; no step is taken after its end.
    """

    def __init__(self, steps: Generator[Sequence[str], None, None], parent: QObject) -> None:
        super().__init__(parent)
        self._steps = steps
        self._importer = Importer(self.go_on)
        self._stopped = False
        self.begun = False
        """Whether a step has been taken."""

    @Slot()
    def begin(self) -> None:
        """Take the first step, unless that was done."""
        if not self.begun:
            self.go_on()

    @Slot()
    def go_on(self) -> None:
        """Take the next step, and see to it that the one after it is taken."""
        if self._stopped or (modules := self.take()) is None:
            return
        if missing := [name for name in modules if name not in sys.modules]:
            self._importer.bring(missing)
        else:
            QTimer.singleShot(0, self, self.go_on)

    def take(self) -> Sequence[str] | None:
        """Take the next step; return the modules that the one after it needs, None at the end."""
        self.begun = True
        return next(self._steps, None)

    def stop(self) -> None:
        """Take no further step."""
        self._stopped = True
        # It may be called from one of the steps.
        with suppress(ValueError):
            self._steps.close()
