"""Pictorial structures against what trying every pose finds."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from poseviewer.codec.heatmap import HeatmapCodec
from poseviewer.codec.springs import (
    LEAST,
    Spring,
    Springs,
    SpringTree,
    distance_transform,
    load_springs,
)
from poseviewer.core.skeleton import common_names, known_skeletons, load_skeleton

SEEDS = st.integers(0, 2**32 - 1)
SIDE = 5
JOINTS = ("hip", "knee", "ankle", "neck")


def some_springs(rng: np.random.Generator, *, sizes: int = 1) -> Springs:
    """Four joints on a tree that forks: neck to hip and knee, knee to ankle."""

    def spring(parent: str, child: str) -> Spring:
        mean, deviation = rng.uniform(-2, 2, 2), rng.uniform(0.2, 2, 2)
        return Spring(parent, child, (mean[0], mean[1]), (deviation[0], deviation[1]))

    pairs = (("neck", "hip"), ("neck", "knee"), ("knee", "ankle"))
    return Springs(
        tuple(spring(*pair) for pair in pairs), tuple(rng.uniform(0.2, 0.8, sizes).tolist())
    )


def every_pose(maps: np.ndarray, springs: Springs, torso: float) -> np.ndarray:
    """What each pose costs: an axis a joint of `JOINTS`, cells row by row."""
    cells = np.array([(x, y) for y, x in product(range(SIDE), range(SIDE))], float)
    costs = np.zeros((SIDE**2,) * len(JOINTS))
    for joint in range(len(JOINTS)):
        own = -np.log(np.maximum(maps[joint].ravel(), LEAST))
        costs += own.reshape([-1 if axis == joint else 1 for axis in range(len(JOINTS))])
    for spring in springs.springs:
        parent, child = JOINTS.index(spring.parent), JOINTS.index(spring.child)
        away = cells[None, :] - cells[:, None] - torso * np.array(spring.mean)
        pulls = (away**2 / (2 * (torso * np.array(spring.deviation)) ** 2)).sum(axis=-1)
        if parent > child:
            pulls, parent, child = pulls.T, child, parent
        shape = [1] * len(JOINTS)
        shape[parent], shape[child] = pulls.shape
        costs += pulls.reshape(shape)
    return costs


@given(seed=SEEDS, length=st.integers(1, 30), far=st.floats(0, 60))
def test_the_transform_equals_trying_every_cell(seed: int, length: int, far: float) -> None:
    rng = np.random.default_rng(seed)
    costs = rng.uniform(0, 9, (7, length))
    weight, offset = 10 ** rng.uniform(-3, 2, 7), rng.uniform(-far, far, 7)
    place = np.arange(length)
    away = place[None, None] - place[None, :, None] - offset[:, None, None]
    wanted = (costs[:, None] + weight[:, None, None] * away**2).min(axis=-1)
    np.testing.assert_allclose(
        distance_transform(costs, weight, offset), wanted, rtol=1e-9, atol=1e-9
    )


@settings(max_examples=25, deadline=None)
@given(seed=SEEDS)
def test_the_pose_is_the_best_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    springs, maps = some_springs(rng, sizes=2), rng.uniform(0, 1, (4, SIDE, SIDE))
    tree = SpringTree(JOINTS, springs)
    solved = tree.solve(maps[None])
    lowest = {}
    for share in springs.torsos:
        costs = every_pose(maps, springs, share * SIDE)
        lowest[costs.min() + 2 * (len(JOINTS) - 1) * np.log(share * SIDE)] = share, costs
    share, costs = lowest[min(lowest)]
    assert solved.torso[0] == pytest.approx(share * SIDE)
    x, y = solved.cells[0, tree.nodes][np.argsort(tree.channels)].T
    assert costs[tuple(y * SIDE + x)] == pytest.approx(costs.min(), abs=1e-9)
    assert solved.collected[0, 0].min() == pytest.approx(costs.min(), abs=1e-9)
    back = tree.way_back(solved)[0, tree.nodes][np.argsort(tree.channels)]
    probable = tree.marginals(solved)[0, tree.nodes][np.argsort(tree.channels)]
    shares = np.exp(costs.min() - costs)
    for joint in range(len(JOINTS)):
        others = tuple(axis for axis in range(len(JOINTS)) if axis != joint)
        np.testing.assert_allclose(back[joint].ravel(), costs.min(axis=others), atol=1e-9)
        wanted = shares.sum(axis=others) / shares.sum()
        np.testing.assert_allclose(probable[joint].ravel(), wanted, atol=1e-9)


def test_several_sets_of_maps_are_solved_as_each_alone() -> None:
    rng = np.random.default_rng(2)
    maps = rng.uniform(0, 1, (3, 23, 12, 9))
    tree = SpringTree(load_skeleton("poseviewer-23").joints)
    together = tree.solve(maps)
    for row in range(3):
        alone = tree.solve(maps[row : row + 1])
        np.testing.assert_array_equal(together.cells[row], alone.cells[0])
        np.testing.assert_allclose(together.messages[row], alone.messages[0])


def test_springs_bring_a_wrist_back_that_peaks_on_another_person() -> None:
    skeleton = load_skeleton("lsp-14")
    codec = HeatmapCodec(stride=8, sigma=1.25)
    springs, tree = load_springs(), SpringTree(skeleton.joints)
    at = {springs.joints[0]: np.array([96.0, 60.0])}
    for spring in springs.springs:
        at[spring.child] = at[spring.parent] + np.multiply(spring.mean, 50)
    joints = np.stack([at[name] for name in skeleton.joints])
    maps = codec.encode(joints, size=(192, 192)) * np.float32(0.5)
    wrist = skeleton.index("left_wrist")
    elsewhere = np.array([180.0, 184.0])
    maps[wrist] = np.maximum(maps[wrist], codec.encode(elsewhere[None], size=(192, 192))[0] * 0.6)
    peak, _ = codec.decode(maps[wrist][None], method="argmax")
    assert np.linalg.norm(codec.to_pixels(peak[0]) - elsewhere) < 8
    cells, score = tree.decode(maps[None], sigma=codec.sigma)
    found = codec.to_pixels(cells[0])
    assert np.linalg.norm(found - joints, axis=1).max() < 4
    assert score[0, wrist] == pytest.approx(0.5, abs=0.1)


def test_nothing_stops_two_legs_from_counting_one() -> None:
    """The tree's own fault: legs never hear of each other, so the stronger leg is taken twice."""
    skeleton = load_skeleton("lsp-14")
    codec = HeatmapCodec(stride=8, sigma=1.25)
    rng = np.random.default_rng(0)
    joints = rng.uniform(80, 110, (14, 2))
    maps = codec.encode(joints, size=(192, 192))
    # A detector that cannot tell left from right sees both legs in either map, one more strongly.
    left, right = (skeleton.index(f"{side}_ankle") for side in ("left", "right"))
    both = np.maximum(maps[left] * np.float32(0.4), maps[right])
    maps[left] = maps[right] = both
    cells, _ = SpringTree(skeleton.joints).decode(maps[None], sigma=codec.sigma)
    np.testing.assert_allclose(cells[0, left], cells[0, right])


@pytest.mark.parametrize("skeleton", known_skeletons(), ids=lambda s: s.name)
def test_every_body_has_most_of_the_tree_and_others_are_read_all_the_same(skeleton) -> None:
    tree = SpringTree(common_names(skeleton.joints))
    whole = skeleton.has("left_shoulder", "left_hip", "left_ankle")
    assert len(tree.nodes) >= (12 if whole else 6 if skeleton.has("left_shoulder") else 0)
    rng = np.random.default_rng(1)
    maps = rng.uniform(0, 1, (1, len(skeleton.joints), 8, 8)).astype(np.float32)
    cells, score = tree.decode(maps, sigma=1.0)
    assert cells.shape == (1, len(skeleton.joints), 2)
    assert np.isfinite(cells).all()
    assert (score > 0).all()


def test_the_springs_that_ship_are_a_tree_of_lsp() -> None:
    springs = load_springs()
    assert sorted(springs.joints) == sorted(load_skeleton("lsp-14").joints)
    mirrored = {spring.child: spring for spring in springs.springs}
    for spring in springs.springs:
        if spring.child.startswith("left_"):
            other = mirrored["right_" + spring.child.removeprefix("left_")]
            assert spring.deviation == pytest.approx(other.deviation, rel=0.15)
