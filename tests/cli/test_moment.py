from __future__ import annotations

import argparse
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from poseviewer.cli.options import moment, span
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.video.source import Clip

if TYPE_CHECKING:
    from collections.abc import Sequence


class Timed(Clip):
    """A clip of black frames at given milliseconds."""

    name = "timed.mp4"
    location = "timed.mp4"
    size = (4, 4)
    rate = 10.0

    def __init__(self, milliseconds: Sequence[int]) -> None:
        self._milliseconds = milliseconds

    def __len__(self) -> int:
        return len(self._milliseconds)

    def time(self, index: int) -> Timestamp:
        return Timestamp(self._milliseconds[index], Fraction(1, 1000))

    def read(self, index: int) -> Frame:
        return Frame(np.zeros((4, 4, 3), np.uint8), index, self.time(index))

    def close(self) -> None:
        pass


STEADY = Timed(range(5000, 6000, 100))
UNEVEN = Timed([0, 100, 150, 900, 1000])


@pytest.mark.parametrize(
    ("text", "frame"),
    [("0", 0), ("7", 7), ("0.3s", 3), ("0.39s", 3), (".5s", 5), ("0:00.75", 7), ("0:0:0.9", 9)],
)
def test_a_moment_is_a_frame_number_or_a_time_after_the_first_frame(text, frame):
    assert moment(text).index(STEADY) == frame


@pytest.mark.parametrize(("text", "frame"), [("0.14s", 1), ("0.15s", 2), ("0.8s", 2), ("1s", 4)])
def test_times_follow_the_clip_not_its_average_rate(text, frame):
    assert moment(text).index(UNEVEN) == frame


@pytest.mark.parametrize("text", ["", "-1", "1.5", "s", "1:2:3:4", "ten", "1m"])
def test_anything_else_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match="neither a frame number"):
        moment(text)


def test_hours_and_minutes_add_up():
    assert moment("1:02:03.5").seconds == 3723.5


def test_a_moment_past_the_end_is_told_with_the_bounds():
    with pytest.raises(PoseViewerError, match=r"frames 0 to 9, so there is no frame 10"):
        moment("10").index(STEADY)
    with pytest.raises(PoseViewerError, match=r"1\.00 s long, so there is nothing at 4s"):
        moment("4s").index(STEADY)


def test_the_whole_clip_is_the_range_unless_told():
    assert span(STEADY, start=None, end=None) == (0, 9)


def test_a_backwards_range_is_refused():
    with pytest.raises(PoseViewerError, match="swap"):
        span(STEADY, start=moment("5"), end=moment("0.2s"))


@given(st.integers(0, 9))
def test_every_frame_is_found_at_its_own_time(index):
    assert moment(f"{index / 10}s").index(STEADY) == index
