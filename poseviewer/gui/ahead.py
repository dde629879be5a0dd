"""The thread that makes pictures of the next state before the window's thread shows it."""

from __future__ import annotations

import logging
from threading import Event, Thread
from typing import TYPE_CHECKING, Protocol

from poseviewer.runtime.inference import Mailbox

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from poseviewer.runtime.state import AppState

log = logging.getLogger(__name__)

_PATIENCE = 0.2
"""Seconds that the thread waits for the window, which may be in a loop of its own."""


class Part(Protocol):
    """A part of the window that can make its picture of a state on another thread."""

    def draw_ahead(self, state: AppState) -> None:
        """Make the picture of `state` as the part is now, and store it with what it was made of.

        Called on another thread: it reads what the window's thread has stored, and no widget.
        """


class Ahead(Thread):
    """Makes the pictures of the newest state, then calls back.

    What is stored is never shown unasked: a part that draws compares what it would make its picture
    of with what the stored one was made of, and takes that one only where all of it is the same.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        *,
        read: Callable[[], AppState],
        done: Callable[[AppState], None],
    ) -> None:
        """Make the thread, not started.

        Args:
            parts: What makes pictures.
            read: Gives the newest state.
            done: Called on this thread with the state whose pictures are made.
        """
        super().__init__(name="pictures")
        self._parts, self._read, self._done = tuple(parts), read, done
        self._asked: Mailbox[bool] = Mailbox()
        self._free = Event()
        self._free.set()

    def ask(self) -> None:
        """Make the pictures of the state that is the newest when their turn comes."""
        self._asked.put(True)

    def hold(self, on: bool) -> None:
        """Begin no pictures while the window takes those that are made, or no longer."""
        if on:
            self._free.clear()
        else:
            self._free.set()

    def close(self) -> None:
        """End soon."""
        self._asked.close()

    def run(self) -> None:
        """Make pictures until closed."""
        while not self._asked.closed:
            if self._asked.take():
                self._free.wait(_PATIENCE)
                self._make(self._read())

    def _make(self, state: AppState) -> None:
        for part in self._parts:
            try:
                part.draw_ahead(state)
            except Exception:
                # The window draws it itself then, and says what is wrong.
                log.exception("A picture of the next state cannot be made.")
        self._done(state)
