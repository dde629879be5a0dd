"""Runs, gaps and unwrapping."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from poseviewer.core.angle import wrap
from poseviewer.core.series import gap_limit, runs, unwrapped


def test_slow_networks_do_not_fall_to_dots() -> None:
    assert gap_limit(np.arange(10) / 30) == 0.25
    assert gap_limit(np.arange(10) / 2) == 1.5
    assert gap_limit(np.empty(0)) == 0.25


def test_runs_end_at_missing_values_and_at_long_steps() -> None:
    seconds = np.array([0, 0.1, 0.2, 0.3, 0.4, 2.0, 2.1])
    values = np.array([np.nan, 1, 2, np.nan, 3, 4, 5.0])
    assert runs(seconds, values, limit=0.25) == [slice(1, 3), slice(4, 5), slice(5, 7)]
    assert runs(seconds, np.full(7, np.nan), limit=1) == []


@given(
    start=st.floats(-170, 170),
    steps=st.lists(st.floats(-89, 89), min_size=1, max_size=60),
    period=st.sampled_from([180, 360]),
    seed=st.integers(0, 99),
)
def test_unwrapped_is_the_movement_that_was_wrapped(
    start: float, steps: list[float], period: int, seed: int
) -> None:
    """Whatever turned by less than half a period a frame comes back, gaps or not."""
    rng = np.random.default_rng(seed)
    moved = np.concatenate([[start], start + np.cumsum(np.array(steps) * period / 360)])
    seen = wrap(moved, period=period)
    # Only single frames are lost, and around them it moved little enough to know the way.
    lost = np.zeros(len(moved), bool)
    lost[1:-1:3] = rng.random(len(lost[1:-1:3])) < 0.5
    calm = np.abs(moved[2:] - moved[:-2]) < 0.45 * period
    lost[1:-1] &= calm
    seen[lost] = np.nan
    straight = unwrapped(np.arange(len(moved)) / 30, seen, period=period)
    assert np.array_equal(np.isnan(straight), lost)
    offset = (straight - moved)[~lost]
    assert np.allclose(offset, offset[0], atol=1e-6)
    assert abs(offset[0] / period - round(offset[0] / period)) < 1e-6
    assert -period / 2 - 1e-6 <= np.median(straight[~lost]) <= period / 2 + 1e-6


def test_a_knee_does_not_turn_by_180_where_a_line_does() -> None:
    """A quarter of a turn in one frame is a movement of a knee and a wrap of a pelvis."""
    seconds, values = np.arange(2) / 30, np.array([10.0, 110.0])
    assert unwrapped(seconds, values, period=360).tolist() == [10, 110]
    assert unwrapped(seconds, values, period=180).tolist() == [10, -70]


def test_after_a_long_gap_it_begins_anew() -> None:
    seconds = np.array([0, 0.1, 0.2, 0.3, 5.0, 5.1])
    turned = np.array([100, 150, -160, -110.0, -110, -120])
    assert unwrapped(seconds, turned, period=360).tolist() == [100, 150, 200, 250, -110, -120]
    on = unwrapped(seconds, turned, period=360, limit=10)
    assert np.diff(on).tolist() == [50, 50, 50, 0, -10]


def test_a_frame_read_wrongly_does_not_turn_a_joint_for_good() -> None:
    """Two glitches that look like a full turn: a segment keeps it, a joint comes back."""
    seconds = np.arange(9) / 30
    seen = np.array([10, 12, 14, -120, 120, 16, 14, 12, 11.0])
    turned = unwrapped(seconds, seen, period=360)
    assert abs(turned[-1] - turned[0]) > 350
    joint = unwrapped(seconds, seen, period=360, reach=270)
    assert np.allclose(joint[[0, 1, 2, 5, 6, 7, 8]], seen[[0, 1, 2, 5, 6, 7, 8]])
    swung = np.array([150, 170, -170, -150, -170, 170.0])
    assert unwrapped(seconds[:6], swung, period=360, reach=270).max() == 210
