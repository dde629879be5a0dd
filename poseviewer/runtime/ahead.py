"""Decoding beside the analysis: the next frames are read on a thread while one is used."""

from __future__ import annotations

from collections import deque
from threading import Condition, Thread
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

T = TypeVar("T")


def ahead(items: Iterator[T], *, count: int = 2) -> Generator[T, None, None]:
    """The items of an iterator, which is asked for the next ones while one is used.

    It is asked on a thread of its own, from the first item on until the generator is closed.

    Args:
        items: Asked by one thread at a time.
        count: How many are made before they are asked for.

    Raises:
        Exception: What `items` raised, after the items before it.
    """
    thread = _Reader(items, count)
    thread.start()
    try:
        while (item := thread.next_item()) is not None:
            yield item[0]
    finally:
        thread.close()


class _Reader(Thread, Generic[T]):
    """Asks an iterator for its items, as long as there is room for them."""

    def __init__(self, items: Iterator[T], count: int) -> None:
        super().__init__(name="poseviewer-reader", daemon=True)
        self._items, self._count = items, count
        self._made: deque[T] = deque()
        self._changed = Condition()
        self._closed = self._ended = False
        self._error: Exception | None = None

    def next_item(self) -> tuple[T] | None:
        """The next item; None after the last."""
        with self._changed:
            self._changed.wait_for(lambda: self._made or self._ended)
            if self._made:
                self._changed.notify_all()
                return (self._made.popleft(),)
            if self._error is not None:
                raise self._error
            return None

    def close(self) -> None:
        """End the thread after the item at hand."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self.join()

    def run(self) -> None:
        """Make items until there are no more, or no more are wanted."""
        try:
            while self._room():
                self._add(next(self._items))
        except StopIteration:
            pass
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the caller
            self._error = error
        finally:
            if (close := getattr(self._items, "close", None)) is not None:
                close()
            with self._changed:
                self._ended = True
                self._changed.notify_all()

    def _add(self, item: T) -> None:
        with self._changed:
            self._made.append(item)
            self._changed.notify_all()

    def _room(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or len(self._made) < self._count)
            return not self._closed
