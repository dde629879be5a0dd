"""Long work on a thread of its own: a generator of progress that can be cancelled."""

from __future__ import annotations

from dataclasses import replace
from queue import Empty, Full, Queue
from threading import Event, Thread
from time import perf_counter
from typing import TYPE_CHECKING, Generic, TypeVar

from poseviewer.core.errors import PoseViewerError
from poseviewer.runtime.state import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

CANCELLED = "Cancelled; nothing was kept."

_PERIOD = 0.1
"""Seconds between reports: a window needs no more."""


class Errand(Thread):
    """A generator of `Progress` run to its end, or closed early.

    Args:
        name: What it does, for the name of the thread.
        work: Cleans up after itself when it is closed.
        report: Told how far it is; the last report is `finished`.
        cancelled: What to say when it was closed early.
    """

    def __init__(
        self,
        name: str,
        work: Generator[Progress, None, None],
        *,
        report: Callable[[Progress], None],
        cancelled: str = CANCELLED,
    ) -> None:
        super().__init__(name=f"poseviewer-{name}", daemon=True)
        self._work = work
        self._report = report
        self._words = cancelled
        self._cancelled = Event()

    def cancel(self) -> None:
        """Close the work after the step at hand; returns at once."""
        self._cancelled.set()

    def run(self) -> None:
        """Do the work."""
        last, due = Progress(0, 0), 0.0
        error: str | None = None
        try:
            for last in self._work:
                if self._cancelled.is_set() and not last.finished:
                    error = self._words
                    break
                if perf_counter() >= due:
                    due = perf_counter() + _PERIOD
                    self._report(last)
        except PoseViewerError as failure:
            error = str(failure)
        except Exception as failure:  # noqa: BLE001 - a codec's surprise must reach the person too
            error = f"That went wrong: {failure}"
        finally:
            self._work.close()
        self._report(replace(last, finished=True, error=error, seconds_left=None))


class Countdown:
    """Progress of steps that take about equally long."""

    def __init__(self, total: int, *, output: str = "") -> None:
        self._total = total
        self._output = output
        self._start = perf_counter()

    def at(self, done: int) -> Progress:
        """After `done` steps; the first tenth of a second promises nothing yet."""
        spent = perf_counter() - self._start
        left = spent / done * (self._total - done) if done and spent > 0.1 else None
        return Progress(done, self._total, left, done >= self._total, None, self._output)


T = TypeVar("T")

_POLL_SECONDS = 0.1
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
                item = self._queue.get(timeout=_POLL_SECONDS)
            except Empty:
                continue
            if isinstance(item, BaseException):
                raise item
            return item

    def _put(self, item: tuple[T] | BaseException | None) -> bool:
        """Leave `item` when there is room; False when nobody reads any more."""
        while not self.gone.is_set():
            try:
                self._queue.put(item, timeout=_POLL_SECONDS)
            except Full:
                continue
            return True
        return False
