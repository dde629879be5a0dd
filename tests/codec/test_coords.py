"""N and its inverse, boxes of sigma diameters, and displacements."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from poseviewer.codec.coords import CoordsCodec, squares
from poseviewer.core.affine import Box

CODEC = CoordsCodec(sigma=2.0, torso=(9, 2), side=80)
PERSON = np.array([10.0, 20.0, 200.0, 100.0])
places = arrays(np.float64, (14, 2), elements=st.floats(-500, 1500))
spans = st.floats(1, 900)


@given(joints=places, x=st.floats(-99, 99), width=spans, height=spans)
def test_the_inverse_of_n_is_its_inverse(joints, x, width, height):
    box = np.array([[x, -x, width, height]])
    back, score = CODEC.decode(CODEC.encode(joints, box), box)
    np.testing.assert_allclose(back, joints, atol=1e-6)
    assert (score == 1).all()


def test_a_box_spans_a_unit_about_its_centre():
    corners = np.array([[10.0, 20.0], [210.0, 120.0], [110.0, 70.0], [10.0, 70.0]])
    numbers = CODEC.encode(corners, PERSON[None])
    assert numbers.tolist() == [[-0.5, -0.5], [0.5, 0.5], [0, 0], [-0.5, 0]]


def test_the_middle_of_a_frame_is_nought():
    whole = Box.whole((640, 480))
    box = np.array([[whole.x, whole.y, whole.width, whole.height]])
    assert CODEC.encode(np.array([[319.5, 239.5]]), box).tolist() == [[0, 0]]


@given(joints=places)
def test_boxes_are_squares_of_sigma_diameters_about_the_joints(joints):
    boxes = CODEC.boxes(joints, person=PERSON)
    wanted = 2 * max(np.linalg.norm(joints[9] - joints[2]), 0.05 * 200)
    np.testing.assert_allclose(boxes[:, 2:], wanted)
    np.testing.assert_allclose(boxes[:, :2] + boxes[:, 2:] / 2, joints, atol=1e-9)


@pytest.mark.parametrize("sigma", [1.0, 1.5, 1.7, 2.3])
def test_boxes_follow_sigma_and_diameter(sigma):
    joints = np.random.default_rng(0).uniform(0, 200, (5, 14, 2))
    codec = CoordsCodec(sigma=sigma, torso=(9, 2), side=80)
    person = np.tile(PERSON, (5, 1))
    side = codec.boxes(joints, person=person)[..., 2]
    np.testing.assert_allclose(side, sigma * codec.diameter(joints)[:, None].repeat(14, 1))
    np.testing.assert_allclose(codec.boxes(joints * 3, person=person)[..., 2], 3 * side)


def test_the_target_of_a_displaced_box_is_the_way_back():
    """Section 3.2 of the paper: N(y; b) = -delta / (sigma diam) for a box about y + delta."""
    rng = np.random.default_rng(1)
    joints, delta = rng.uniform(0, 200, (14, 2)), rng.normal(0, 20, (14, 2))
    side = CODEC.sigma * CODEC.diameter(joints)
    boxes = squares(joints + delta, np.full(14, side))
    target = CODEC.encode(joints, boxes)
    np.testing.assert_allclose(target, -delta / side)
    np.testing.assert_allclose(CODEC.displacement(target, boxes), -delta)
    np.testing.assert_allclose(CODEC.decode(target, boxes)[0], joints)


def test_nought_leaves_a_pose_where_it_is():
    joints = np.random.default_rng(2).uniform(0, 200, (14, 2))
    boxes = CODEC.boxes(joints, person=PERSON)
    np.testing.assert_allclose(CODEC.decode(np.zeros((14, 2)), boxes)[0], joints)


def test_a_later_stage_moves_a_joint_as_far_as_it_is_sure():
    codec = CoordsCodec(sigma=2.0, torso=(9, 2), side=80, sure=True)
    joints = np.random.default_rng(3).uniform(0, 200, (14, 2))
    boxes = codec.boxes(joints, person=PERSON)
    way = np.full((14, 2), 0.25)
    for logit, share in ((1000, 1), (0, 0.5), (-1000, 0)):
        moved, _ = codec.refine(np.column_stack([way, np.full(14, logit)]), boxes)
        np.testing.assert_allclose(moved - joints, share * way * boxes[:, 2:], atol=1e-9)
    # Without a confidence it is the paper's step.
    np.testing.assert_allclose(CODEC.refine(way, boxes)[0], CODEC.decode(way, boxes)[0])


def test_a_third_number_is_a_logit_of_confidence():
    codec = CoordsCodec(sigma=2.0, torso=(9, 2), side=80, sure=True)
    assert (CODEC.numbers, codec.numbers) == (2, 3)
    numbers = np.zeros((3, 3), np.float32)
    numbers[:, 2] = [-1000, 0, 1000]
    joints, score = codec.decode(numbers, PERSON[None])
    assert score.tolist() == [0, 0.5, 1]
    assert joints.tolist() == [[110, 70]] * 3
