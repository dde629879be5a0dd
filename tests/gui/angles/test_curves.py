"""An angle over time as line pieces."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from poseviewer.draw.curve import degree_range, thin, trace
from poseviewer.gui.angles import curves
from poseviewer.gui.angles.curves import nearest
from poseviewer.runtime.state import AppState, History


def strokes(curve):
    """Pairs of times that are joined by a stroke."""
    at = np.flatnonzero(curve.joined)
    return [(float(curve.seconds[i]), float(curve.seconds[i + 1])) for i in at]


def test_a_missing_value_is_a_gap():
    curve = trace(np.arange(6.0), np.array([1, 2, np.nan, 4, 5, 6.0]), limit=1)
    assert strokes(curve) == [(0, 1), (3, 4), (4, 5)]
    assert np.isfinite(curve.degrees).all()


def test_frames_nobody_analysed_are_a_gap():
    seconds = np.array([0, 0.1, 0.2, 5.0, 5.1])
    assert strokes(trace(seconds, np.ones(5), limit=0.25)) == [(0, 0.1), (0.1, 0.2), (5.0, 5.1)]


def test_a_wrap_is_no_stroke_and_the_values_stay_raw():
    degrees = np.array([170, 179, -179, -170.0])
    curve = trace(np.arange(4.0), degrees, limit=1)
    assert strokes(curve) == [(0, 1), (2, 3)]
    assert curve.degrees.tolist() == degrees.tolist()
    line = trace(np.arange(2.0), np.array([80, -80.0]), limit=1, period=180)
    assert (0.0, 1.0) not in strokes(line)


def test_a_lonely_value_is_a_dot():
    curve = trace(np.arange(3.0), np.array([np.nan, 7, np.nan]), limit=1)
    assert strokes(curve) == [pytest.approx((1, 1), abs=1e-4)]
    assert curve.seconds[0] < curve.seconds[1], "a stroke without length is not drawn"
    assert curve.degrees.tolist() == [7, 7]


def test_nothing_at_all():
    for degrees in (np.empty(0), np.full(4, np.nan)):
        curve = trace(np.arange(float(len(degrees))), degrees, limit=1)
        assert len(curve.seconds) == 0
        assert strokes(curve) == []


@given(
    arrays(
        np.float64,
        st.integers(1, 400),
        elements=st.one_of(st.floats(-180, 180), st.just(float("nan"))),
    ),
    st.integers(2, 12),
)
def test_thinning_keeps_extremes_gaps_and_ends(degrees, columns):
    curve = trace(np.arange(float(len(degrees))) / 30, degrees, limit=1)
    thinned = thin(curve, columns=columns)
    assert set(zip(thinned.seconds, thinned.degrees, strict=True)) <= set(
        zip(curve.seconds, curve.degrees, strict=True)
    )
    if len(curve.degrees):
        assert thinned.degrees.min() == curve.degrees.min()
        assert thinned.degrees.max() == curve.degrees.max()
        assert thinned.seconds[0] == curve.seconds[0]
        assert thinned.seconds[-1] == curve.seconds[-1]
        assert thinned.joined[-1] == curve.joined[-1]
        # As many separate strokes as before.
        assert (thinned.joined == 0).sum() == (curve.joined == 0).sum()


def test_thinning_a_long_curve_makes_it_short():
    degrees = np.sin(np.arange(50_000) / 900) * 90
    degrees[30_000] = 170
    degrees[40_000:40_100] = np.nan
    curve = trace(np.arange(50_000) / 30, degrees, limit=1)
    thinned = thin(curve, columns=500)
    assert len(thinned.seconds) <= 2100
    assert thinned.degrees.max() == 170
    assert (thinned.joined == 0).sum() == (curve.joined == 0).sum()


def test_degrees_have_round_limits():
    curve = trace(np.arange(3.0), np.array([12, 95, 100.0]), limit=1)
    assert degree_range([curve]) == (0, 120)
    flat = trace(np.arange(2.0), np.array([44, 45.0]), limit=1)
    assert degree_range([flat]) == (30, 90)
    assert degree_range([]) == (0, 180)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=30), st.floats(-10, 110))
def test_nearest_is_nearest(times, seconds):
    times = np.unique(times)
    assert abs(times[nearest(times, seconds)] - seconds) == np.abs(times - seconds).min()


def test_nearest_of_nothing():
    with pytest.raises(ValueError, match="no time"):
        nearest(np.empty(0), 1.0)


def test_a_live_source_without_a_value_yet_shows_none(monkeypatch):
    """The list is filled a moment after the plot, when another source may just have opened."""
    nothing = History((), *(np.empty(0),) * 2, np.empty((0, 0)), np.empty(0))
    monkeypatch.setattr(curves, "runs_live", lambda _: True)
    assert curves.values(nothing, AppState()) == {}
