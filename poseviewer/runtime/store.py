"""The newest view of everything, and the generation that results must be of."""

from __future__ import annotations

from dataclasses import replace
from threading import RLock
from typing import TYPE_CHECKING, Any

from poseviewer.runtime.state import Notice, View

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from poseviewer.core.result import FrameResult
    from poseviewer.runtime.state import Level

_NOTICES_KEPT = 8


class Board:
    """Where threads post what is new and the window reads it.

    `with board:` makes several changes one: others see all of them or none, and are told once.

    Args:
        on_ready: Called, from the posting thread and after the lock was given back, whenever
            the view has changed.
    """

    def __init__(self, on_ready: Callable[[], None]) -> None:
        self._lock = RLock()
        self._depth = 0
        self._changed = False
        self._on_ready = on_ready
        self._view = View()
        self._generation = 0
        self._notices = 0

    def __enter__(self) -> None:
        """Begin a change."""
        self._lock.acquire()
        self._depth += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End a change; the outermost one tells that there is something new."""
        self._depth -= 1
        tell = self._changed and not self._depth
        if tell:
            self._changed = False
        self._lock.release()
        if tell:
            self._on_ready()

    @property
    def view(self) -> View:
        """The newest view; frozen, so it may be kept."""
        return self._view

    def change(self, **fields: Any) -> None:
        """Replace some fields of the view."""
        with self:
            self._view = replace(self._view, **fields)
            self._changed = True

    def move(self, **fields: Any) -> None:
        """Replace some fields of the view's transport."""
        with self:
            self.change(transport=replace(self._view.transport, **fields))

    def advance(self) -> int:
        """Begin a new generation: results that are still under way will be dropped."""
        with self:
            self._generation += 1
            return self._generation

    def publish(self, result: FrameResult) -> bool:
        """Show `result`, unless it answers a question of an older generation.

        Returns:
            Whether it was shown.
        """
        with self:
            if result.generation != self._generation:
                return False
            self.change(result=result)
            return True

    def notice(self, level: Level, text: str) -> None:
        """Tell the person at the screen one sentence."""
        with self:
            self._notices += 1
            notices = (*self._view.notices, Notice(self._notices, level, text))
            self.change(notices=notices[-_NOTICES_KEPT:])
