"""Joints between two frames move straight, and only where both frames have them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from poseviewer.core.angle import measure, offered_angles
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.pose import Poses
from poseviewer.core.result import FrameResult
from poseviewer.pipeline.between import between
from tests.dots import SKELETON, joints

MS = Fraction(1, 1000)


def result(index: int, pts: int, *tracks: int, smoothed: float | None = None) -> FrameResult:
    """People beside each other, each moved by its number."""
    xy = np.stack([joints(index) + 40 * number for number in tracks]).astype(np.float32)
    n, k = xy.shape[:2]
    poses = Poses(
        xy, np.ones((n, k), np.float32), np.ones((n, 4), np.float32), np.array(tracks), SKELETON
    )
    frame = Frame(np.full((240, 320, 3), index, np.uint8), index, Timestamp(pts, MS))
    made = FrameResult.bare(frame, poses)
    if smoothed is None:
        return made
    return replace(made, smoothed=replace(poses, xy=xy + np.float32(smoothed)), smoothing="test")


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 0.9])
def test_joints_are_linear_in_time(share: float) -> None:
    first, second = result(3, 100, 0, 1), result(9, 180, 1, 0)
    seconds = Fraction(100 + round(80 * share), 1000)
    made = between(first, second, seconds=seconds, gate=0.2)
    wanted = first.poses.xy + share * (second.poses.xy[::-1] - first.poses.xy)
    np.testing.assert_allclose(made.poses.xy, wanted, atol=1e-4)
    assert made.frame.time.exact == seconds
    assert made.frame.index == 3
    np.testing.assert_array_equal(made.frame.pixels, first.frame.pixels)
    # What is given is not changed.
    np.testing.assert_array_equal(first.poses.xy, result(3, 100, 0, 1).poses.xy)


def test_who_and_what_is_in_one_frame_only_stays() -> None:
    first, second = result(3, 100, 0, 1), result(9, 180, 0, 2)
    lost = np.array(second.poses.xy)
    lost[0, 4] = np.nan
    second = replace(second, poses=replace(second.poses, xy=lost))
    made = between(first, second, seconds=Fraction(14, 100), gate=0.2)
    np.testing.assert_array_equal(made.poses.xy[1], first.poses.xy[1])
    np.testing.assert_array_equal(made.poses.xy[0, 4], first.poses.xy[0, 4])
    assert np.abs(made.poses.xy[0, 5] - first.poses.xy[0, 5]).max() > 1
    assert made.poses.track.tolist() == [0, 1]


def test_smoothed_joints_move_too_and_angles_are_measured_anew() -> None:
    first, second = result(0, 0, 0, smoothed=1.0), result(8, 100, 0, smoothed=3.0)
    specs = offered_angles(SKELETON)
    first, second = (
        replace(one, angles=measure(one.poses, specs=specs)) for one in (first, second)
    )
    made = between(first, second, seconds=Fraction(1, 20), gate=0.0)
    assert made.smoothed is not None
    np.testing.assert_allclose(made.smoothed.xy, made.poses.xy + 2, atol=1e-4)
    again = measure(made.poses, specs=specs)
    np.testing.assert_allclose(made.angles.degrees, again.degrees)
    assert np.nanmax(np.abs(made.angles.degrees - first.angles.degrees)) > 1
