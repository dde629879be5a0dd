"""Two sources of poses over a clip, compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from poseviewer.core.agreement import agreement, angles_apart, apart
from poseviewer.core.angle import measure, offered_angles
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.pose import Poses
from poseviewer.core.result import FrameResult
from poseviewer.core.skeleton import load_skeleton
from tests.dots import BASE, joints

LSP, COCO = load_skeleton("lsp-14"), load_skeleton("coco-17")


def poses_of(places: np.ndarray, skeleton, *, score: float = 1.0) -> Poses:
    count = len(places)
    return Poses(
        places.astype(np.float32),
        np.full(places.shape[:2], score, np.float32),
        np.zeros((count, 4), np.float32),
        np.arange(count),
        skeleton,
    )


def result_of(poses: Poses, index: int = 0, *, facing: str = "right") -> FrameResult:
    frame = Frame(np.zeros((240, 320, 3), np.uint8), index, Timestamp(index, BASE))
    bare = FrameResult.bare(frame, poses)
    specs = offered_angles(poses.skeleton)
    return replace(bare, angles=measure(poses, specs=specs, gate=0.3, facing=facing))


def test_joints_are_apart_by_what_they_were_moved_by() -> None:
    ours = [result_of(poses_of(joints(index)[None], LSP), index) for index in range(5)]
    pairs = [
        pair
        for result in ours
        for pair in apart(result, poses_of(result.poses.xy - np.array([3, -4]), LSP), gate=0.3)
    ]
    found = agreement(pairs, joints=LSP.joints, specs=ours[0].angles.specs)
    assert found.people == 5
    assert [one.name for one in found.joints] == list(LSP.joints)
    torso = np.linalg.norm(
        joints(0)[LSP.index("left_shoulder")] - joints(0)[LSP.index("right_hip")]
    )
    for one in found.joints:
        assert one.count == 5
        assert (one.median, one.high) == pytest.approx((5, 5), abs=1e-4)
        assert one.bias == pytest.approx((3, -4), abs=1e-4)
        assert one.shares is not None
        assert one.shares[0] == pytest.approx(5 / torso, rel=1e-4)
    assert {one.name for one in found.angles} >= {"left knee", "right elbow", "trunk"}
    for one in found.angles:
        assert (one.median, one.bias[0]) == pytest.approx((0, 0), abs=1e-3)


@pytest.mark.parametrize("facing", ["right", "left"])
def test_an_angle_is_apart_by_what_it_was_turned_by(facing: str) -> None:
    """The other's angles face the way that the network's were taken to."""
    places = joints(3)
    turned = places.copy()
    knee, ankle = LSP.index("left_knee"), LSP.index("left_ankle")
    spin = np.radians(20)
    turn = np.array([[np.cos(spin), -np.sin(spin)], [np.sin(spin), np.cos(spin)]])
    turned[ankle] = places[knee] + turn @ (places[ankle] - places[knee])
    ours = result_of(poses_of(places[None], LSP), facing=facing)
    (pair,) = apart(ours, poses_of(turned[None], LSP), gate=0.3)
    names = [spec.name for spec in ours.angles.specs]
    assert abs(pair.degrees[names.index("left knee")]) == pytest.approx(20, abs=1e-3)
    assert pair.degrees[names.index("right knee")] == pytest.approx(0, abs=1e-3)
    assert pair.pixels.max() == pair.pixels[ankle]


def test_another_skeleton_is_matched_by_what_joints_mean() -> None:
    """COCO has no neck and derives it between the shoulders; LSP's lies higher."""
    places = np.zeros((17, 2))
    for at, name in enumerate(COCO.joints):
        places[at] = joints(0)[LSP.index(name)] if LSP.has(name) else (1, 1)
    ours = result_of(poses_of(joints(0)[None], LSP))
    pairs = apart(ours, poses_of(places[None], COCO), gate=0.3)
    found = agreement(pairs, joints=LSP.joints, specs=ours.angles.specs)
    assert not {"neck", "head_top"} & {one.name for one in found.joints}
    angles = {one.name for one in found.angles}
    assert {"left knee", "right elbow", "pelvis"} <= angles
    assert not {"trunk", "left hip", "right shoulder"} & angles


def test_people_are_paired_and_strangers_left_out() -> None:
    two = np.stack([joints(0), joints(0) + np.array([90, 0])])
    ours = result_of(poses_of(two, LSP))
    theirs = poses_of(np.stack([two[1] + 1, two[0] + 2, two[0] + np.array([0, 2000])]), LSP)
    pairs = apart(ours, theirs, gate=0.3)
    assert [(one.person, one.partner) for one in pairs] == [(0, 1), (1, 0)]
    assert pairs[0].offset[0] == pytest.approx((-2, -2), abs=1e-4)


def test_an_unsure_joint_of_the_other_counts_for_places_and_not_for_angles() -> None:
    ours = result_of(poses_of(joints(0)[None], LSP))
    (pair,) = apart(ours, poses_of(joints(0)[None], LSP, score=0.1), gate=0.3)
    assert np.isfinite(pair.pixels).all()
    assert np.isnan(pair.degrees).all()


def test_angles_alone_wrap_and_say_nothing_of_joints() -> None:
    ours = result_of(poses_of(joints(0)[None], LSP))
    theirs = ours.angles.degrees[0].astype(float) - 350
    found = agreement([angles_apart(ours, theirs)], joints=LSP.joints, specs=ours.angles.specs)
    assert found.joints == ()
    assert len(found.angles) > 10
    for one in found.angles:
        assert one.bias[0] == pytest.approx(-10, abs=1e-3)


def test_nothing_compared_is_no_rows() -> None:
    found = agreement([], joints=LSP.joints, specs=offered_angles(LSP))
    assert (found.people, found.joints, found.angles) == (0, (), ())
