"""Figures of a curve against NumPy and pandas."""

import numpy as np
import pandas as pd
import pytest

from poseviewer.core.summary import sides, summary, symmetry_index, velocities

NAN = float("nan")


def curve(seed, *, gaps=True):
    """Uneven true times and a walk with gaps."""
    random = np.random.default_rng(seed)
    seconds = np.cumsum(random.uniform(0.02, 0.05, 400))
    values = np.cumsum(random.normal(0, 2, 400)).astype(np.float32)
    if gaps:
        values[random.random(400) < 0.1] = np.nan
        values[150:180] = np.nan
    return seconds, values


@pytest.mark.parametrize("seed", range(5))
def test_the_figures_are_those_of_pandas(seed):
    seconds, values = curve(seed)
    series = pd.Series(values.astype(float), index=seconds)
    found = summary(seconds, values)
    assert found.minimum == series.min()
    assert found.minimum_at == series.idxmin()
    assert found.maximum == series.max()
    assert found.maximum_at == series.idxmax()
    assert found.range == series.max() - series.min()
    assert found.mean == pytest.approx(series.mean())
    assert found.deviation == pytest.approx(series.std())
    assert found.missing == pytest.approx(series.isna().mean())
    assert (found.frames, found.measured) == (400, series.count())


def test_the_first_and_last_value_are_of_the_ends_of_the_range():
    seconds = np.arange(4.0)
    found = summary(seconds, np.array([1.0, 2.0, 3.0, NAN]))
    assert found.first == 1
    assert np.isnan(found.last)
    part = summary(seconds, np.array([1.0, 2.0, 3.0, 4.0]), frames=9, whole=False)
    assert np.isnan([part.first, part.last]).all()
    assert part.missing == pytest.approx(5 / 9)


def test_of_no_value_and_of_one():
    none = summary(np.arange(3.0), np.full(3, np.nan))
    assert none.missing == 1
    assert np.isnan([none.minimum, none.range, none.mean, none.deviation, none.maximum_at]).all()
    assert np.isnan(summary(np.empty(0), np.empty(0)).missing)
    one = summary(np.array([2.0]), np.array([7.0]))
    assert (one.mean, one.range, one.minimum_at) == (7, 0, 2)
    assert np.isnan(one.deviation)


def test_the_velocity_is_the_gradient_over_true_times():
    seconds, values = curve(1, gaps=False)
    found = velocities(seconds, values, limit=0.25)
    assert np.allclose(found, np.gradient(values.astype(float), seconds))
    parabola = velocities(seconds, 3 * seconds**2 - 5 * seconds, limit=0.25)
    assert np.allclose(parabola[1:-1], 6 * seconds[1:-1] - 5)


def test_no_velocity_reaches_over_a_gap():
    seconds = np.array([0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 2.0, 2.1])
    values = np.array([0.0, 1.0, NAN, 9.0, NAN, 4.0, 50.0, 51.0])
    found = velocities(seconds, values, limit=0.25)
    assert np.allclose(found, [10, 10, NAN, NAN, NAN, NAN, 10, 10], equal_nan=True)


def test_sides_that_are_there_twice():
    names = ("right knee", "left knee", "trunk", "right hip", "left elbow")
    assert sides(names) == (("knee", "right knee", "left knee"),)
    assert sides(()) == ()


def test_the_symmetry_index_is_the_difference_over_the_mean_in_percent():
    assert symmetry_index(50, 50) == 0
    assert symmetry_index(60, 40) == pytest.approx((60 - 40) / 50 * 100)
    assert symmetry_index(40, 60) == -symmetry_index(60, 40)
    assert symmetry_index(10, 0) == 200
    assert np.isnan(symmetry_index(0, 0))
    assert np.isnan(symmetry_index(NAN, 3))
