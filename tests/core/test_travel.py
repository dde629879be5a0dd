"""Speed and path of a place, and the scale by a person's height."""

import numpy as np
import pytest

from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.travel import path_length, scale_by_height, speeds

SECONDS = np.arange(100) / 50


def circle(radius=30.0, turn=2.0):
    """A place that goes round once in `turn` seconds."""
    angle = 2 * np.pi * SECONDS / turn
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def test_a_circle_has_its_speed_and_its_length():
    speed = speeds(SECONDS, circle(), limit=0.25)
    assert speed[1:-1] == pytest.approx(np.pi * 30, rel=1e-3)
    length = path_length(SECONDS, circle(), limit=0.25)
    assert length == pytest.approx(2 * np.pi * 30 * 99 / 100, rel=1e-3)


def test_short_gaps_are_passed_over_and_long_ones_count_for_nothing():
    xy = np.stack([SECONDS * 100, np.zeros(100)], axis=1)
    xy[40:44, 1] = np.nan
    assert path_length(SECONDS, xy, limit=0.25) == pytest.approx(198)
    xy[20:40] = np.nan
    assert path_length(SECONDS, xy, limit=0.25) == pytest.approx(198 - 50)
    speed = speeds(SECONDS, xy, limit=0.25)
    assert np.isnan(speed[20:44]).all()
    assert np.isfinite(np.delete(speed, range(20, 44))).all()
    assert path_length(SECONDS[:1], xy[:1], limit=0.25) == 0
    assert path_length(SECONDS[:0], xy[:0], limit=0.25) == 0


def test_the_scale_of_a_person_whose_height_is_known():
    skeleton = load_skeleton("mpii-16")
    xy = np.full((5, 16, 2), np.nan)
    xy[:, skeleton.index("left_ankle")] = 100, 500
    xy[:, skeleton.index("left_knee")] = 100, 377
    # As of a leg that is seen shortened once.
    xy[0, skeleton.index("left_knee")] = 100, 450
    score = np.ones((5, 16))
    scale = scale_by_height(skeleton, xy, score, gate=0.3, height=2.0)
    assert scale == pytest.approx(2.0 * 0.246 / 123)
    assert scale_by_height(skeleton, xy, score * 0.1, gate=0.3, height=2.0) is None
