"""The thread that writes behind a bounded queue."""

from __future__ import annotations

import os
import sys
from threading import Event

import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.runtime.writer_thread import WriterThread
from tests.waiting import LONG


class Notebook(WriterThread[int]):
    """Writes numbers into a list; waits for `gate` before each, and fails at `bad`."""

    def __init__(self, *, bad: int | None = None, **room: int) -> None:
        super().__init__("notebook", **({"fewest": 3} | room))
        self.gate, self.entered = Event(), Event()
        self.written: list[int] = []
        self.ended = 0
        self._bad = bad

    def write(self, item: int) -> None:
        self.entered.set()
        assert self.gate.wait(LONG)
        if item == self._bad:
            raise PoseViewerError("The disk is full.")
        self.written.append(item)

    def end(self) -> None:
        self.ended += 1


def test_everything_put_is_written_in_order() -> None:
    book = Notebook()
    book.gate.set()
    book.start()
    for number in range(50):
        book.put(number)
    book.finish()
    assert book.written == list(range(50))
    assert book.ended == 1


@pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities of their own there")
def test_a_thread_behind_gives_way_alone() -> None:
    class Observer(WriterThread[int]):
        niceness: list[int] = []  # noqa: RUF012

        def write(self, item: int) -> None:
            self.niceness.append(os.nice(0))

    for behind in (False, True):
        thread = Observer("observer", fewest=1, behind=behind)
        thread.start()
        thread.put(0)
        thread.finish()
    own = os.nice(0)
    assert Observer.niceness == [own, min(own + 5, 19)]


def test_what_finds_no_room_is_refused_at_once() -> None:
    book = Notebook()
    assert [book.enqueue(number) for number in range(5)] == [True, True, True, False, False]
    book.gate.set()
    book.start()
    book.finish()
    assert book.written == [0, 1, 2]
    assert not book.enqueue(7)


@pytest.mark.parametrize(("size", "room"), [(1000, 2), (10, 4), (1, 6)])
def test_room_is_a_budget_of_bytes_between_two_bounds(size: int, room: int) -> None:
    book = Notebook(fewest=2, most=6, budget=40)
    assert sum(book.enqueue(number, size=size) for number in range(20)) == room


def test_an_error_reaches_who_puts_and_who_finishes() -> None:
    book = Notebook(bad=1)
    book.gate.set()
    book.start()
    with pytest.raises(PoseViewerError, match="full"):  # noqa: PT012
        for number in range(100):
            book.put(number)
    with pytest.raises(PoseViewerError, match="full"):
        book.finish()
    assert book.written == [0]
    assert book.ended == 1


def test_cancelling_drops_what_waits() -> None:
    book = Notebook()
    book.start()
    for number in range(3):
        book.put(number)
    assert book.entered.wait(LONG)
    book.cancel()
    book.gate.set()
    book.join(LONG)
    assert book.written == [0]
