from __future__ import annotations

import io

import pytest

from poseviewer.cli.progress import ProgressLine, duration


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (7.4, "0:07"), (59.6, "1:00"), (750, "12:30"), (3723, "1:02:03")],
)
def test_durations_read_as_people_write_them(seconds, text):
    assert duration(seconds) == text


def test_a_terminal_gets_one_living_line_that_goes_away():
    stream, clock = Terminal(), Clock()
    line = ProgressLine(100, stream=stream, clock=clock)
    for done in (25, 50):
        clock.now += 5
        line.update(done)
    line.clear()
    parts = stream.getvalue().split("\r")
    assert "25 of 100 frames, 5.0 a second, 0:15 left" in parts[1]
    assert "50 of 100 frames, 5.0 a second, 0:10 left" in parts[2]
    assert parts[3].strip() == ""
    assert "\n" not in stream.getvalue()


def test_a_log_gets_few_lines():
    stream, clock = io.StringIO(), Clock()
    line = ProgressLine(3000, stream=stream, clock=clock)
    for done in range(1, 301):
        clock.now += 0.1
        line.update(done)
    line.clear()
    assert 2 <= stream.getvalue().count("\n") <= 3
    assert "\r" not in stream.getvalue()


def test_an_unknown_total_is_counted_without_a_guess():
    clock = Clock()
    line = ProgressLine(None, stream=io.StringIO(), clock=clock)
    clock.now += 2
    assert line.sentence(50) == "50 frames, 25.0 a second"


def test_nothing_is_divided_by_zero():
    clock = Clock()
    assert "? left" in ProgressLine(0, stream=io.StringIO(), clock=clock).sentence(0)
