"""Imports modules on a thread of its own, so that the window answers meanwhile."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Importer(QObject):
    """Imports modules one after the other on a thread, which may outlive the window.

    Args:
        then: Called on the thread of this object when they are imported, or cannot be.
    """

    _done = Signal()

    def __init__(self, then: Callable[[], object]) -> None:
        # Without a parent: the thread holds it until it has said that it is done.
        super().__init__()
        self._done.connect(then, Qt.ConnectionType.QueuedConnection)

    def bring(self, modules: Sequence[str]) -> None:
        """Begin to import `modules`."""
        Thread(target=self._bring, args=(modules,), name="imports", daemon=True).start()

    def _bring(self, modules: Sequence[str]) -> None:
        # What needs one that cannot be imported imports it again, and reports why.
        with suppress(Exception):
            for module in modules:
                import_module(module)
        self._done.emit()
