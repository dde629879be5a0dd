"""Reading ahead and encoding beside: order, errors, and no thread that stays."""

from __future__ import annotations

from fractions import Fraction
from threading import Event, current_thread
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.frame import Timestamp
from poseviewer.runtime.ahead import ahead
from poseviewer.runtime.beside import WriterBeside
from tests.waiting import LONG

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


def test_items_come_in_order_from_another_thread() -> None:
    makers = set()

    def items() -> Iterator[int]:
        for number in range(50):
            makers.add(current_thread().name)
            yield number

    assert list(ahead(items())) == list(range(50))
    assert makers == {"poseviewer-reader"}
    assert list(ahead(iter(()))) == []


def test_the_next_items_are_made_while_one_is_used() -> None:
    made = [Event() for _ in range(10)]

    def items() -> Iterator[int]:
        for number, event in enumerate(made):
            event.set()
            yield number

    reading = ahead(items(), count=3)
    assert next(reading) == 0
    assert made[3].wait(LONG)
    # No more than are wanted.
    assert not made[5].is_set()
    reading.close()


def test_an_error_comes_after_the_items_before_it() -> None:
    def items() -> Iterator[int]:
        yield 1
        msg = "The file breaks off."
        raise PoseViewerError(msg)

    reading = ahead(items())
    assert next(reading) == 1
    with pytest.raises(PoseViewerError, match="breaks off"):
        next(reading)


def test_closing_closes_the_iterator() -> None:
    closed = []

    def items() -> Iterator[int]:
        try:
            yield from range(1000)
        finally:
            closed.append(current_thread().name)

    reading = ahead(items())
    next(reading)
    reading.close()
    assert closed == ["poseviewer-reader"]


class Paper:
    """Takes down the first value of each picture."""

    notice = "as it is"

    def __init__(self, *, fails_at: int = -1) -> None:
        self.values: list[int] = []
        self.fails_at, self.ended = fails_at, ""

    def write(self, pixels: NDArray[np.uint8], *, time: Timestamp) -> None:
        if time.pts == self.fails_at:
            msg = "The disk is full."
            raise PoseViewerError(msg)
        assert current_thread().name == "poseviewer-encoder"
        self.values.append(int(pixels[0, 0, 0]))

    def finish(self) -> None:
        self.ended = "finished"

    def abort(self) -> None:
        self.ended = "aborted"


def test_every_picture_is_written_as_it_was() -> None:
    paper = Paper()
    writer = WriterBeside(paper)
    canvas = np.zeros((4, 4, 3), np.uint8)
    for number in range(100):
        # The same array is drawn over at once.
        canvas[:] = number
        writer.write(canvas, time=Timestamp(number, Fraction(1, 30)))
    canvas[:] = 255
    writer.finish()
    assert paper.values == list(range(100))
    assert (paper.ended, writer.notice) == ("finished", "as it is")


class Converting(Paper):
    """Has its pictures converted, on another thread than they are written on."""

    def converted(self, pixels: NDArray[np.uint8]) -> int:
        assert current_thread().name != "poseviewer-encoder"
        return int(pixels[0, 0, 0])

    def write_converted(self, frame: int, *, time: Timestamp) -> None:
        self.write(np.full((1, 1, 3), frame, np.uint8), time=time)


def test_a_picture_is_converted_by_the_thread_that_painted_it() -> None:
    paper = Converting()
    writer = WriterBeside(paper)
    canvas = np.zeros((4, 4, 3), np.uint8)
    for number in range(100):
        canvas[:] = number
        writer.write(canvas, time=Timestamp(number, Fraction(1, 30)))
    canvas[:] = 255
    writer.finish()
    assert paper.values == list(range(100))


@pytest.mark.parametrize("count", [3, 50])
def test_what_the_encoder_raises_reaches_the_caller(count: int) -> None:
    paper = Paper(fails_at=2)
    writer = WriterBeside(paper)

    def write() -> None:
        for number in range(count):
            picture = np.full((4, 4, 3), number, np.uint8)
            writer.write(picture, time=Timestamp(number, Fraction(1, 30)))
        writer.finish()

    with pytest.raises(PoseViewerError, match="disk is full"):
        write()
    writer.abort()
    assert (paper.values, paper.ended) == ([0, 1], "aborted")
