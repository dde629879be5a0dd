"""The one holder of the state, which threads change and the window draws."""

from __future__ import annotations

from dataclasses import replace
from threading import RLock
from typing import TYPE_CHECKING, Any

from poseviewer.core.errors import one_sentence
from poseviewer.runtime.state import AppState, Notice

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from poseviewer.runtime.state import Answer, Level

_NOTICES_KEPT = 8


class Store:
    """Holds the present `AppState` and replaces it.

    `with store:` makes several changes one: others see all of them or none, with one notification.

    Args:
        on_ready: Called, from the changing thread and after the lock was released, whenever
            the state has changed.
        state: To begin with.
    """

    def __init__(self, on_ready: Callable[[], None], state: AppState | None = None) -> None:
        self._lock = RLock()
        self._depth = 0
        self._changed = False
        self._on_ready = on_ready
        self._state = state or AppState()
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
        """End a change; the outermost one notifies."""
        self._depth -= 1
        notify = self._changed and not self._depth
        if notify:
            self._changed = False
        self._lock.release()
        if notify:
            self._on_ready()

    @property
    def state(self) -> AppState:
        """The present state; frozen."""
        return self._state

    def change(self, **fields: Any) -> None:
        """Replace some fields of the state."""
        with self:
            self._state = replace(self._state, **fields)
            self._changed = True

    def change_section(self, section: str, **fields: Any) -> dict[str, Any]:
        """Replace some fields of a section, such as `network`.

        Returns:
            The fields that did change, with the values they had.

        Raises:
            AttributeError: There is no such section.
            TypeError: It has no such field.
        """
        with self:
            old = getattr(self._state, section)
            new = replace(old, **fields)
            before = {name: getattr(old, name) for name in fields}
            changed = {n: was for n, was in before.items() if was != getattr(new, n)}
            if changed:
                self.change(**{section: new})
            return changed

    def advance(self) -> int:
        """Begin a new generation; results still to come of older ones are dropped."""
        with self:
            self._generation += 1
            return self._generation

    def publish(self, answer: Answer) -> bool:
        """Show `answer`, unless it answers a request of an older generation.

        Returns:
            Whether it is shown.
        """
        with self:
            if answer.result.generation != self._generation:
                return False
            self.change(answer=answer)
            return True

    def notice(self, level: Level, text: str, *, topic: str = "") -> None:
        """Show one sentence to the person at the window.

        Args:
            level: How bad it is.
            text: The sentence; cut to the length of one.
            topic: What it is about; it replaces an earlier notice about the same.
        """
        with self:
            self._notices += 1
            others = [n for n in self._state.notices if not topic or n.topic != topic]
            notices = (*others, Notice(self._notices, level, one_sentence(text), topic))
            self.change(notices=notices[-_NOTICES_KEPT:])

    def dismiss(self, number: int) -> None:
        """Remove one notice."""
        with self:
            left = tuple(n for n in self._state.notices if n.number != number)
            if left != self._state.notices:
                self.change(notices=left)

    def retract(self, topic: str) -> None:
        """Take back what was said about `topic`: it is not so any more."""
        with self:
            left = tuple(n for n in self._state.notices if n.topic != topic)
            if left != self._state.notices:
                self.change(notices=left)

    def clear_notices(self) -> None:
        """Remove all notices: another source is being opened."""
        with self:
            if self._state.notices:
                self.change(notices=())
