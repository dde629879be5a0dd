"""The live filter."""

from __future__ import annotations

import numpy as np

from poseviewer.core.pose import Poses
from poseviewer.pipeline.smooth import OneEuro, PoseFilter
from tests.dots import SKELETON

K = len(SKELETON.joints)


def _pose(x: float, y: float = 0.0) -> Poses:
    xy = np.tile([x, y], (K, 1))
    return Poses.single(xy, score=np.ones(K), skeleton=SKELETON, box=(0, 0, 1, 1))


def test_the_first_pose_passes_and_the_raw_one_stays() -> None:
    raw = _pose(3.0)
    smooth = PoseFilter()
    assert (smooth.apply(raw, seconds=5.0).xy[0, :, 0] == 3).all()
    later = _pose(9.0)
    shown = smooth.apply(later, seconds=5.04)
    assert (later.xy[0, :, 0] == 9).all()
    assert ((shown.xy[0, :, 0] > 3) & (shown.xy[0, :, 0] < 9)).all()


def test_jitter_shrinks_and_movement_is_followed() -> None:
    rng = np.random.default_rng(1)
    smooth = PoseFilter()
    still = [smooth.apply(_pose(100 + rng.normal()), seconds=i / 30).xy[0, 0, 0] for i in range(90)]
    assert np.std(still[30:]) < 0.5
    smooth.reset()
    moved = [smooth.apply(_pose(20.0 * i), seconds=i / 30).xy[0, 0, 0] for i in range(60)]
    assert 20 * 59 - moved[-1] < 20


def test_the_step_is_the_true_time_not_the_frame() -> None:
    """A wait twice as long moves the filter as far as two steps with the same target."""
    settings = OneEuro(beta=0.0, min_cutoff=1.0)
    short, long = PoseFilter(settings), PoseFilter(settings)
    for one in (short, long):
        one.apply(_pose(0.0), seconds=0.0)
    near = short.apply(_pose(10.0), seconds=0.02).xy[0, 0, 0]
    far = long.apply(_pose(10.0), seconds=0.2).xy[0, 0, 0]
    assert near < far
    turn = 2 * np.pi * 0.2
    assert abs(far - 10 * turn / (turn + 1)) < 1e-4


def test_a_gap_keeps_missing_joints_missing_and_starts_anew_after_a_while() -> None:
    smooth = PoseFilter()
    smooth.apply(_pose(0.0), seconds=0.0)
    hole = _pose(1.0)
    xy = hole.xy.copy()
    xy[0, 2] = np.nan
    hole = Poses(xy, hole.score.copy(), hole.box.copy(), hole.track.copy(), SKELETON)
    shown = smooth.apply(hole, seconds=0.1)
    assert np.isnan(shown.xy[0, 2]).all()
    assert np.isfinite(shown.xy[0, 3]).all()
    late = smooth.apply(_pose(50.0), seconds=0.58)
    assert late.xy[0, 2, 0] == 50
    assert late.xy[0, 3, 0] < 50


def test_going_back_in_time_starts_anew_and_nobody_passes() -> None:
    smooth = PoseFilter()
    smooth.apply(_pose(0.0), seconds=3.0)
    assert smooth.apply(_pose(8.0), seconds=1.0).xy[0, 0, 0] == 8
    assert len(smooth.apply(Poses.nobody(SKELETON), seconds=1.1)) == 0
