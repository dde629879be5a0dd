"""The live filter."""

from __future__ import annotations

import numpy as np

from poseviewer.core.pose import Poses
from poseviewer.pipeline.smooth import OneEuro, PoseFilter, body_size
from tests.dots import SKELETON

K = len(SKELETON.joints)


def _pose(x: float, y: float = 0.0, *, size: float = 100.0) -> Poses:
    xy = np.column_stack([np.full(K, x), y + np.linspace(-size, size, K)])
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


def test_a_person_of_any_size_is_filtered_alike() -> None:
    rng = np.random.default_rng(2)
    path = np.cumsum(rng.normal(0, 4, 40))
    near, far = PoseFilter(), PoseFilter()
    for number, x in enumerate(path):
        one = near.apply(_pose(x), seconds=number / 30).xy
        other = far.apply(_pose(x / 4, size=25.0), seconds=number / 30).xy
        np.testing.assert_allclose(one, 4 * other, rtol=1e-5, atol=1e-4)


def test_a_still_joint_is_steadied_and_a_fast_one_hardly_late() -> None:
    """What docs/facts/smoothing.md promises, on made paths: shares of the body, 30 a second."""
    rng = np.random.default_rng(3)
    body = body_size(_pose(0.0).xy[0].astype(np.float64))
    noise = rng.normal(0, 0.002 * body, 300)
    smooth = PoseFilter()
    steady = [smooth.apply(_pose(x), seconds=i / 30).xy[0, 0, 0] for i, x in enumerate(noise)]
    shake, left = (np.median(np.abs(np.diff(path[30:], n=2))) for path in (noise, steady))
    assert left < shake / 3
    times = np.arange(120) / 30
    wave = 0.6 * body * np.sin(2 * np.pi * 0.8 * times)
    smooth.reset()
    followed = np.array(
        [smooth.apply(_pose(x), seconds=t).xy[0, 0, 0] for t, x in zip(times, wave, strict=True)]
    )
    speed = np.gradient(wave, times)
    fast = (np.abs(speed) > 1.5 * body) & (times > 1)
    late = ((wave - followed) * speed)[fast].sum() / (speed[fast] ** 2).sum()
    assert 0 < late < 0.04


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
