"""Where the moments of a clip lie in an export."""

from __future__ import annotations

from fractions import Fraction

import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.timeline import Freeze, Slow, Timeline

HALF, QUARTER = Fraction(1, 2), Fraction(1, 4)


def line(start: int = 0, end: int = 9, **times) -> Timeline:
    """A tenth of a second a frame, on a clock that begins at 5 s."""
    return Timeline.of(
        lambda index: 5 + Fraction(index, 10),
        start=start,
        end=end,
        stop=5 + Fraction(end + 1, 10),
        **times,
    )


def at(index: int) -> Fraction:
    return 5 + Fraction(index, 10)


def test_a_plain_range_begins_at_zero() -> None:
    plain = line(2, 7)
    assert [plain.shown(at(index)) for index in range(2, 8)] == [
        Fraction(index, 10) for index in range(6)
    ]
    assert plain.length == Fraction(6, 10)


def test_a_slow_range_stretches_its_last_frame_too() -> None:
    slow = line(slow=[Slow(3, 5, QUARTER)])
    assert slow.shown(at(3)) == Fraction(3, 10)
    assert slow.shown(at(4)) == Fraction(7, 10)
    assert slow.shown(at(6)) == Fraction(15, 10)
    assert slow.shown(at(7)) == Fraction(16, 10)
    assert slow.length == Fraction(19, 10)


def test_a_frozen_frame_is_first_shown_when_it_begins_to_stand() -> None:
    frozen = line(freezes=[Freeze(4, Fraction(2)), Freeze(0, Fraction(1))])
    assert frozen.shown(at(0)) == 0
    assert frozen.shown(at(4)) == Fraction(14, 10)
    assert frozen.shown(at(5)) == Fraction(35, 10)
    assert frozen.length == 4
    # Half a second after it has begun to stand, it still shows the same moment.
    assert frozen.source(Fraction(19, 10)) == at(4)
    assert frozen.source(Fraction(345, 100)) == at(4) + Fraction(5, 100)


def test_speed_slow_ranges_and_freezes_go_together() -> None:
    every = line(
        2, 8, speed=Fraction(2), slow=[Slow(0, 3, HALF), Slow(6, 30, HALF)],
        freezes=[Freeze(6, Fraction(1))],
    )  # fmt: skip
    # 2 and 3 at half, 4 and 5 at double, 6 to 8 at half after a second.
    assert every.shown(at(4)) == Fraction(4, 10)
    assert every.shown(at(6)) == Fraction(5, 10)
    assert every.shown(at(7)) == Fraction(17, 10)
    assert every.length == Fraction(21, 10)


def test_what_is_shown_and_where_it_comes_from_agree() -> None:
    every = line(speed=Fraction(3, 2), slow=[Slow(2, 6, QUARTER)], freezes=[Freeze(4, HALF)])
    for index in range(10):
        assert every.source(every.shown(at(index))) == at(index)


@pytest.mark.parametrize(("times", "sentence"), [
    ({"freezes": [Freeze(10, HALF)]}, "Frame 10 cannot stand still: the frames 0 to 9"),
    ({"slow": [Slow(12, 14, HALF)]}, "slow range 12 to 14 does not lie"),
    ({"slow": [Slow(5, 4, HALF)]}, "slow range 5 to 4 does not lie"),
    ({"slow": [Slow(1, 4, HALF), Slow(4, 6, QUARTER)]}, "1 to 4 and 4 to 6 overlap"),
])  # fmt: skip
def test_what_cannot_be_laid_out_is_said(times: dict, sentence: str) -> None:
    with pytest.raises(PoseViewerError, match=sentence):
        line(**times)


@pytest.mark.parametrize("seconds", [Fraction(0), Fraction(-1), Fraction(601)])
def test_a_frame_stands_for_a_while(seconds: Fraction) -> None:
    with pytest.raises(PoseViewerError, match="stands still for up to 600 s"):
        Freeze(3, seconds)
