"""An iterator that works ahead on a thread of its own while its reader is busy."""

from __future__ import annotations

from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

T = TypeVar("T")

_PERIOD = 0.1
"""Seconds between looks whether the other side has gone."""


def ahead(things: Iterator[T], *, depth: int = 4) -> Generator[T, None, None]:
    """What `things` gives, in order, up to `depth` of it worked out before it is asked for.

    An error of `things` is raised here, in its place. Closing the generator ends the thread
    before it returns, and closes `things` if that can be closed.
    """
    worker = _Worker(things, depth=depth)
    worker.start()
    try:
        while (item := worker.next()) is not None:
            yield item[0]
    finally:
        worker.gone.set()
        worker.join()


class _Worker(Thread, Generic[T]):
    """The thread that works ahead."""

    def __init__(self, things: Iterator[T], *, depth: int) -> None:
        super().__init__(name="poseviewer-ahead", daemon=True)
        self.gone = Event()
        """Set when nobody reads any more."""
        self._things = things
        self._queue: Queue[tuple[T] | BaseException | None] = Queue(depth)

    def run(self) -> None:
        """Fill the queue; its last item is None, or the error that ended it."""
        end: BaseException | None = None
        try:
            for thing in self._things:
                if not self._put((thing,)):
                    break
        except BaseException as error:  # noqa: BLE001 - whatever it is, it belongs to the reader
            end = error
        finally:
            if hasattr(self._things, "close"):
                self._things.close()
        self._put(end)

    def next(self) -> tuple[T] | None:
        """The next thing in a tuple, or None at the end."""
        while True:
            try:
                item = self._queue.get(timeout=_PERIOD)
            except Empty:
                continue
            if isinstance(item, BaseException):
                raise item
            return item

    def _put(self, item: tuple[T] | BaseException | None) -> bool:
        """Leave `item` when there is room; False when nobody reads any more."""
        while not self.gone.is_set():
            try:
                self._queue.put(item, timeout=_PERIOD)
            except Full:
                continue
            return True
        return False
