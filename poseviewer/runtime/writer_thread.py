"""A thread that writes items in order, from a queue of limited size."""

from __future__ import annotations

import os
import sys
from abc import ABC, abstractmethod
from collections import deque
from threading import Condition, Thread
from typing import Generic, TypeVar

T = TypeVar("T")

_BEHIND = 5
"""Added to the niceness of a thread that others go before: a third of their share."""


class WriterThread(Thread, ABC, Generic[T]):
    """Writes queued items in order, so that the thread that makes them does not wait for a disk.

    `enqueue` never waits: what finds no room is lost, as of a live source. `put` waits for room.

    Args:
        name: Of the thread.
        fewest: How many items may wait in any case.
        most: How many may wait at most, however small.
        budget: Bytes that may wait between these bounds.
        behind: Whether the thread that makes the items goes first, as it takes longest. Sharing
            alike with three others on two cores it has half of one. On Linux only.
    """

    def __init__(
        self, name: str, *, fewest: int, most: int = 0, budget: int = 0, behind: bool = False
    ) -> None:
        super().__init__(name=f"poseviewer-{name}", daemon=True)
        self._behind = behind
        self._fewest, self._most, self._budget = fewest, max(most, fewest), budget
        self._waiting: deque[T] = deque()
        self.changed = Condition()
        """Held while the queue or `stopped` changes; reentrant."""
        self.stopped = False
        """Whether no further item is taken."""
        self.error: Exception | None = None
        """What ended the writing early."""

    @abstractmethod
    def write(self, item: T) -> None:
        """Write one item; called on the thread."""

    def begin(self) -> None:
        """Prepare; called on the thread before the first item."""

    def end(self) -> None:
        """Finish, after the last item or after `error`; called on the thread."""

    def enqueue(self, item: T, *, size: int = 1) -> bool:
        """Queue an item; returns at once.

        Args:
            item: What to write.
            size: Its bytes.

        Returns:
            False where there was no room or the writing has stopped.
        """
        with self.changed:
            room = min(max(self._budget // size, self._fewest), self._most)
            if self.stopped or len(self._waiting) >= room:
                return False
            self._waiting.append(item)
            self.changed.notify_all()
            return True

    def put(self, item: T) -> None:
        """Queue an item, and wait until there is room for it.

        Raises:
            Exception: What ended the writing.
        """
        with self.changed:
            self.changed.wait_for(lambda: self.stopped or len(self._waiting) < self._fewest)
            self._check()
            self._waiting.append(item)
            self.changed.notify_all()

    def stop(self) -> None:
        """Write what is queued and end; returns at once."""
        with self.changed:
            self.stopped = True
            self.changed.notify_all()

    def finish(self) -> None:
        """Write what is queued, and wait until the thread has ended.

        Raises:
            Exception: What ended the writing early.
        """
        self.stop()
        self.join()
        self._check()

    def cancel(self) -> None:
        """Drop what is queued and end after the present item; returns at once."""
        with self.changed:
            self._waiting.clear()
            self.stop()

    def run(self) -> None:
        """Write until stopped."""
        if self._behind and sys.platform == "linux":
            # There it is the thread's own, and that of the threads which an encoder starts on it.
            os.nice(_BEHIND)
        try:
            self.begin()
            while (item := self._next()) is not None:
                self.write(item[0])
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the caller
            self.error = error
        self.cancel()
        self.end()

    def _next(self) -> tuple[T] | None:
        with self.changed:
            self.changed.wait_for(lambda: self._waiting or self.stopped)
            if not self._waiting:
                return None
            self.changed.notify_all()
            return (self._waiting.popleft(),)

    def _check(self) -> None:
        if self.error is not None:
            raise self.error
