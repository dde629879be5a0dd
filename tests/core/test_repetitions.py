"""Repetitions in curves whose repetitions are known, and against scipy's peaks."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import find_peaks, peak_widths

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.repetitions import (
    EDGE,
    LEAST_PROMINENCE,
    Repetition,
    RepetitionChoice,
    repetitions,
    usual_prominence,
)

RATE = 30


def squats(depths, *, rest=1.0, each=2.0, rate=RATE):
    """Seconds and degrees of a knee that bends to each depth and is straight in between."""
    still = np.full(round(rest * rate), 4.0)
    phase = np.linspace(0, 2 * np.pi, round(each * rate), endpoint=False)
    parts = [still]
    for depth in depths:
        parts += [4 + (depth - 4) * (0.5 - 0.5 * np.cos(phase)), still]
    degrees = np.concatenate(parts)
    return np.arange(len(degrees)) / rate, degrees


def found(seconds, degrees, **choice):
    return repetitions(seconds, degrees, by=RepetitionChoice(**choice))


def test_each_squat_is_one_with_its_way_down_and_up():
    seconds, degrees = squats([100, 80, 110])
    made = found(seconds, degrees)
    assert [one.peak for one in made] == [60, 150, 240]
    for one, depth in zip(made, (100, 80, 110), strict=True):
        assert degrees[one.peak] == pytest.approx(depth)
        edge = 4 + EDGE * (depth - 4)
        assert degrees[one.start] <= edge < degrees[one.start + 1]
        assert degrees[one.end] <= edge < degrees[one.end - 1]
        # A tenth of half a cosine: about a fifth of the way is below the edge.
        assert seconds[one.end] - seconds[one.start] == pytest.approx(1.59, abs=0.07)


def test_noise_makes_none_and_hides_none():
    seconds, degrees = squats([100, 95, 105, 90, 99])
    noise = np.random.default_rng(0).normal(0, 2, len(degrees))
    made = found(seconds, degrees + noise)
    assert len(made) == 5
    assert np.allclose([seconds[one.peak] for one in made], [2, 5, 8, 11, 14], atol=0.25)
    assert found(seconds, noise) == ()


def test_a_shallow_one_counts_where_a_person_says_so():
    seconds, degrees = squats([100, 30, 100])
    assert len(found(seconds, degrees)) == 2
    assert len(found(seconds, degrees, prominence=20)) == 3
    assert found(seconds, degrees, prominence=120) == ()


def test_of_two_that_are_too_near_the_deeper_one_counts():
    seconds, degrees = squats([90, 100, 95], rest=0, each=0.5)
    assert len(found(seconds, degrees)) == 3
    (one,) = found(seconds, degrees, apart=0.8)
    assert degrees[one.peak] == pytest.approx(100, abs=2)


def test_the_least_values_where_the_movement_goes_down():
    seconds, degrees = squats([100, 80])
    assert found(seconds, 90 - degrees, lowest=True) == found(seconds, degrees)


def test_a_gap_is_passed_over_and_a_long_one_is_not():
    seconds, degrees = squats([100, 100])
    short, long = degrees.copy(), degrees.copy()
    short[50:60] = np.nan
    assert len(found(seconds, short)) == 2
    long[40:80] = np.nan
    (one,) = found(seconds, long)
    assert one.peak == 150


def test_none_in_nothing_in_one_value_and_in_a_line():
    for values in ([], [5.0], [np.nan] * 4, [7.0] * 50, list(range(50)), list(range(50))[::-1]):
        assert found(np.arange(len(values)) / RATE, np.array(values)) == ()
    assert usual_prominence(np.array([np.nan])) == LEAST_PROMINENCE


def test_half_a_repetition_at_an_end_is_none():
    seconds, degrees = squats([100, 100])
    cut = slice(60, 150)
    assert found(seconds[cut] - 2, degrees[cut]) == ()


def test_the_middle_of_a_flat_peak():
    degrees = np.array([0, 50, 100, 100, 100, 40, 0.0])
    assert found(np.arange(7) / 2, degrees) == (Repetition(0, 3, 6),)


def test_choices_have_limits():
    for wrong in ({"prominence": -1}, {"apart": 61}, {"prominence": float("nan")}):
        with pytest.raises(PoseViewerError, match="choose 0 to"):
            RepetitionChoice(**wrong)


curves = st.lists(
    st.floats(-180, 180, allow_nan=False).map(lambda value: round(value, 3)),
    min_size=3,
    max_size=120,
    unique=True,
)


@settings(deadline=None, max_examples=200)
@given(curves, st.floats(1, 200))
def test_the_peaks_are_those_of_scipy(values, prominence):
    degrees = np.array(values)
    seconds = np.arange(len(degrees)) / 10
    made = found(seconds, degrees, prominence=prominence, apart=0.01)
    peaks, _ = find_peaks(degrees, prominence=prominence)
    assert [one.peak for one in made] == peaks.tolist()
    # scipy's widths at the same height, between the same valleys: the peaks beside each other.
    bounds = [0, *peaks.tolist(), len(degrees) - 1]
    for number, (one, peak) in enumerate(zip(made, peaks, strict=True)):
        left, right = bounds[number], bounds[number + 2]
        first = left + int(degrees[left:peak].argmin())
        last = peak + int(degrees[peak : right + 1].argmin())
        height = degrees[peak] - max(degrees[first], degrees[last])
        assert prominence <= height + 1e-9
        given_ = np.array([height]), np.array([first]), np.array([last])
        *_, a, b = peak_widths(degrees, [peak], rel_height=1 - EDGE, prominence_data=given_)
        assert one.start == pytest.approx(np.floor(a[0]), abs=1e-6)
        assert one.end == pytest.approx(np.ceil(b[0]), abs=1e-6)
