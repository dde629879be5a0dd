"""Discs, offsets and displacements from people, and people from them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poseviewer.codec.greedy import Growth
from poseviewer.codec.offsets import OffsetCodec, turned
from poseviewer.core.skeleton import load_skeleton

SIZE = (641, 369)
CODEC = OffsetCodec("coco-17")
SKELETON = load_skeleton("coco-17")
SEEDS = st.integers(0, 2**32 - 1)


def by_place(joints: np.ndarray) -> np.ndarray:
    return joints[np.lexsort(joints.mean(axis=1).T)] if len(joints) else joints


def drawn(seed: int, people: int) -> np.ndarray:
    """Joints (n, 17, 2) of people whose discs of a kind do not overlap."""
    rng = np.random.default_rng(seed)
    found: list[np.ndarray] = []
    while len(found) < people:
        one = np.empty((17, 2))
        one[0] = rng.uniform(0, SIZE)
        for limb in SKELETON.limbs:
            one[limb.end] = one[limb.start] + rng.uniform(-70, 70, 2)
        inside = ((one >= 0) & (one <= np.array(SIZE) - 1)).all()
        if inside and all(np.linalg.norm(one - p, axis=1).min() > 64 for p in found):
            found.append(one)
    return np.array(found).reshape(-1, 17, 2)


@settings(max_examples=25)
@given(seed=SEEDS, count=st.integers(0, 3), refinements=st.integers(1, 3))
def test_drawn_people_come_back_exactly_and_nobody_else(seed, count, refinements) -> None:
    joints = drawn(seed, count)
    parsing = CODEC.decode(*CODEC.encode(joints, size=SIZE), refinements=refinements)
    xy, score = parsing.joints()
    assert xy.shape == joints.shape
    np.testing.assert_allclose(by_place(xy), by_place(joints), atol=0.01)
    assert (score == 1).all()
    assert parsing.score.tolist() == pytest.approx([1.0] * len(joints))


@settings(max_examples=15)
@given(seed=SEEDS, error=st.floats(1, 8))
def test_refinements_undo_what_displacements_are_off_by(seed, error) -> None:
    joints = drawn(seed, 2)
    maps = list(CODEC.encode(joints, size=SIZE))
    # With what lies between place and cell still within the disc of the right joint.
    maps[2] += error / np.sqrt(2)
    maps[3] -= error / np.sqrt(2)
    xy, _ = CODEC.decode(*maps, refinements=1).joints()
    np.testing.assert_allclose(by_place(xy), by_place(joints), atol=0.01)


def test_without_refinement_half_a_cell_is_lost_at_every_step() -> None:
    joints = drawn(3, 1)
    parsing = CODEC.decode(*CODEC.encode(joints, size=SIZE), refinements=0)
    away = np.linalg.norm(parsing.joints()[0][0] - joints[0], axis=-1)
    assert away.min() < 0.01
    assert away.max() > 4
    assert parsing.trail is not None
    assert parsing.trail.shape == (16, 1, 2)


@pytest.mark.parametrize("apart", [40, 70])
def test_two_people_beside_each_other_stay_two(apart: int) -> None:
    one = drawn(3, 1) * (0.8, 1)
    joints = np.concatenate([one, one + np.array([apart, 0])])
    xy, _ = CODEC.decode(*CODEC.encode(joints, size=SIZE)).joints()
    np.testing.assert_allclose(by_place(xy), by_place(joints), atol=0.01)


def test_the_same_person_twice_is_one() -> None:
    one = drawn(3, 1)
    xy, _ = CODEC.decode(*CODEC.encode(np.concatenate([one, one]), size=SIZE)).joints()
    np.testing.assert_allclose(xy, one, atol=0.01)


def test_what_is_hidden_is_guessed_without_belief() -> None:
    joints, present = drawn(5, 2), np.ones((2, 17), bool)
    present[0, 9] = False
    discs, offsets, forth, back = CODEC.encode(joints, size=SIZE, present=present)
    parsing = CODEC.decode(discs, offsets, forth, back)
    xy, score = parsing.joints()
    assert (score == 0).sum() == 1
    assert np.isfinite(xy).all()
    assert sorted(parsing.score.tolist()) == pytest.approx([16 / 17, 1.0])


@pytest.fixture(scope="module")
def shuffled(tmp_path_factory) -> tuple[OffsetCodec, np.ndarray]:
    """The codec of a skeleton whose joints come in another order, and that order."""
    order = np.random.default_rng(1).permutation(17)
    names = [SKELETON.joints[i] for i in order]
    joints = SKELETON.joints
    limbs = [[joints[limb.start], joints[limb.end], limb.channel] for limb in SKELETON.limbs]
    text = f"joints = {names}\nbones = []\nlimbs = {limbs}\n[sigmas]\n"
    plain = sorted({name.removeprefix("left_").removeprefix("right_") for name in names})
    text += "".join(f"{name} = 0.1\n" for name in plain)
    path = tmp_path_factory.mktemp("skeleton") / "shuffled.toml"
    path.write_text(text.replace("'", '"'), encoding="utf-8")
    return replace(CODEC, skeleton_name=str(path)), order


@settings(max_examples=10)
@given(seed=SEEDS)
def test_the_order_of_channels_changes_nothing(shuffled, seed) -> None:
    other, order = shuffled
    rng = np.random.default_rng(seed)
    discs, offsets, forth, back = CODEC.encode(drawn(seed, 3), size=SIZE)
    # All beliefs differ, and maps are as unclear as those of a network.
    discs = discs * rng.uniform(0.4, 1, discs.shape)
    offsets = offsets + rng.normal(0, 4, offsets.shape)
    axes = np.stack([2 * order, 2 * order + 1], axis=1).ravel()
    first = CODEC.decode(discs, offsets, forth, back)
    second = other.decode(discs[order], offsets[axes], forth, back)
    np.testing.assert_array_equal(second.joints()[0], first.joints()[0][:, order])
    np.testing.assert_allclose(second.score, first.score)


def test_a_mirrored_picture_has_mirrored_maps() -> None:
    joints = drawn(4, 2)
    mirror = list(SKELETON.mirror)
    other = joints[:, mirror].copy()
    other[..., 0] = SIZE[0] - 1 - other[..., 0]
    maps, mirrored = (CODEC.encode(people, size=SIZE) for people in (joints, other))
    np.testing.assert_array_equal(maps[0][mirror, :, ::-1], mirrored[0])
    for at, order in ((1, mirror), (2, CODEC.counterparts()), (3, CODEC.counterparts())):
        back = turned(mirrored[at][None], order)[0]
        np.testing.assert_allclose(back, maps[at], atol=1e-3)


def test_a_cell_belongs_to_the_nearest_of_two_people() -> None:
    joints = np.zeros((2, 17, 2))
    joints[:, 0] = [(160, 160), (200, 160)]
    present = np.zeros((2, 17), bool)
    present[:, 0] = True
    discs, offsets, forth, _ = CODEC.encode(joints, size=SIZE, present=present)
    assert discs[0, 10, 7:16].tolist() == [0, 1, 1, 1, 1, 1, 1, 1, 0]
    assert offsets[0, 10, 7:16].tolist() == [0, 32, 16, 0, -16, 8, -8, -24, 0]
    assert not forth.any()


def test_all_that_was_walked_is_there() -> None:
    joints = drawn(0, 2)
    parsing = CODEC.decode(*CODEC.encode(joints, size=SIZE))
    assert len(parsing.taken) == len(parsing.limbs) == 32
    assert parsing.trail is not None
    assert parsing.trail.shape == (32, 3, 2)
    moved = parsing.moved(np.array([[2.0, 0, 5], [0, 2.0, 7]]))
    np.testing.assert_allclose(moved.trail, parsing.trail * 2 + (5, 7))
    owned = set(parsing.people.ravel().tolist())
    # Every cell of a disc may start a person; the person is there already.
    refused = [n for n in range(len(parsing.candidates)) if n not in owned]
    assert len(refused) > 2 * 17
    assert np.diff(parsing.candidates.joint).min() >= 0


def test_there_are_no_more_people_than_the_rules_allow() -> None:
    joints = drawn(0, 3)
    few = replace(CODEC, rules=Growth(most=1))
    assert len(few.decode(*few.encode(joints, size=SIZE))) == 1
    strict = replace(CODEC, rules=Growth(threshold=1.1))
    assert len(strict.decode(*strict.encode(joints, size=SIZE))) == 0
