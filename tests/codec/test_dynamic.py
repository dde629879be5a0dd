"""Generated heads: how many numbers, how they are cut, and what they do to the shared maps."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from poseviewer.codec import dynamic
from poseviewer.codec.dynamic import DynamicCodec
from poseviewer.core.heads import Heads, HeadShape
from poseviewer.models import dynamic_head

PAPER, LITE = HeadShape(bases=32, hidden=32, joints=17), HeadShape(bases=16, hidden=16, joints=17)
SMALL = HeadShape(bases=5, hidden=4, joints=3)


def drawn(people: int, head: HeadShape = SMALL, *, seed: int = 0) -> tuple[np.ndarray, ...]:
    """Numbers, bases, places and reaches."""
    rng = np.random.default_rng(seed)
    return (
        rng.normal(0, 0.5, (people, head.numbers)).astype(np.float32),
        rng.normal(0, 1, (head.bases, 12, 20)).astype(np.float32),
        rng.uniform(0, 100, (people, 2)).astype(np.float32),
        rng.uniform(20, 90, people).astype(np.float32),
    )


def test_a_person_has_as_many_numbers_as_the_paper_says() -> None:
    assert (PAPER.numbers, LITE.numbers) == (2737, 865)
    sizes = [(w.shape[1:], b.shape[1]) for w, b in PAPER.split(np.zeros((3, 2737)))]
    assert sizes == [((32, 34), 32), ((32, 32), 32), ((17, 32), 17)]
    # Weights of a layer, then its biases, then the next layer.
    (weight, bias), (second, _), *_ = PAPER.split(np.arange(2737)[None])
    assert weight[0, 0, :3].tolist() == [0, 1, 2]
    assert (weight[0, -1, -1], bias[0, 0], second[0, 0, 0]) == (1087, 1088, 1120)


@pytest.mark.parametrize("head", [PAPER, LITE, SMALL], ids=["paper", "lite", "small"])
def test_all_people_in_one_grouped_convolution_are_as_one_by_one(head: HeadShape) -> None:
    numbers, bases, place, reach = (torch.from_numpy(one).double() for one in drawn(6, head))
    away = dynamic_head.coordinates(place, reach, shape=(12, 20), stride=8)
    shared = bases.expand(6, *bases.shape)
    made = dynamic_head.keypoint_maps(head, numbers, shared, away)
    for person in range(6):
        x = torch.cat([away[person], bases])[None]
        for layer, (weight, bias) in enumerate(head.split(numbers)):
            x = F.conv2d(x, weight[person, :, :, None, None], bias[person])
            x = F.relu(x) if layer < 2 else x
            torch.testing.assert_close(made[layer][person], x[0], rtol=0, atol=1e-6)


def test_the_decoder_makes_of_the_numbers_what_the_network_does() -> None:
    numbers, bases, place, reach = drawn(4)
    away = dynamic.coordinates(place, reach, shape=(12, 20), stride=8)
    theirs = dynamic_head.coordinates(
        torch.from_numpy(place), torch.from_numpy(reach), shape=(12, 20), stride=8
    )
    np.testing.assert_allclose(away, theirs.numpy(), atol=1e-6)
    # The middle of a cell is at 8 i + 3.5 pixels, counted from the middle of the first pixel.
    assert away[1, 0, 3, 2] == pytest.approx((place[1, 0] - 19.5) / reach[1])
    assert away[1, 1, 3, 2] == pytest.approx((place[1, 1] - 27.5) / reach[1])
    ours = dynamic.keypoint_maps(SMALL, numbers, bases, away)
    torchs = dynamic_head.keypoint_maps(
        SMALL, torch.from_numpy(numbers), torch.from_numpy(bases).expand(4, -1, -1, -1), theirs
    )
    for one, other in zip(ours, torchs, strict=True):
        np.testing.assert_allclose(one, other.numpy(), atol=1e-5)
    assert (ours[0].min(), ours[1].min()) == (0, 0)
    assert ours[2].min() < 0


def test_two_people_who_exchange_heads_exchange_maps() -> None:
    numbers, bases, place, reach = drawn(2)
    away = dynamic.coordinates(place, reach, shape=(12, 20), stride=8)
    first, second = dynamic.keypoint_maps(SMALL, numbers, bases, away)[2]
    swapped = dynamic.keypoint_maps(SMALL, numbers[::-1], bases, away[::-1])[2]
    np.testing.assert_array_equal(swapped, [second, first])
    assert np.abs(first - second).max() > 0.1


def test_belief_sums_to_one_and_is_even_where_nothing_is_said() -> None:
    numbers, bases, place, reach = drawn(3)
    away = dynamic.coordinates(place, reach, shape=(12, 20), stride=8)
    belief = dynamic.softmax(dynamic.keypoint_maps(SMALL, numbers, bases, away)[2] * 40)
    np.testing.assert_allclose(belief.sum(axis=(2, 3)), 1, atol=1e-5)
    nothing = dynamic.keypoint_maps(SMALL, np.zeros_like(numbers), bases, away)[2]
    np.testing.assert_allclose(dynamic.softmax(nothing), 1 / 240, atol=1e-8)


def test_heads_come_back_from_the_matrices_of_all_people() -> None:
    numbers, _, place, reach = drawn(6)
    score = np.linspace(0.9, 0.1, 6, dtype=np.float32)
    told = np.column_stack([place, reach, score])
    planes = dynamic_head.matrices(
        SMALL, torch.from_numpy(numbers), torch.from_numpy(told), pictures=2
    ).numpy()
    assert planes.shape == (2, 4, 3 * SMALL.rows, SMALL.columns)
    for picture, people in ((0, slice(3)), (1, slice(3, 6))):
        heads = Heads.of(planes[picture])
        assert heads.shape == SMALL
        np.testing.assert_array_equal(heads.numbers, numbers[people])
        np.testing.assert_array_equal(heads.place, place[people])
        np.testing.assert_array_equal(heads.reach, reach[people])
        np.testing.assert_array_equal(heads.score, score[people])
    first, *_, last = SMALL.matrices(numbers[0])
    assert (first.shape, last.shape) == ((4, 8), (3, 5))
    assert first[1, -1] == SMALL.split(numbers)[0][1][0, 1]


def test_a_joint_is_where_the_direction_of_the_peak_ends() -> None:
    rng = np.random.default_rng(2)
    codec = DynamicCodec(SMALL, people=2)
    joints = rng.uniform(40, 100, (2, 3, 2))
    rows, columns = 16, 18
    cells = np.stack(np.meshgrid(np.arange(columns), np.arange(rows)), axis=0)
    near = (joints[..., None, None] - (cells * 8 + 3.5)) / 8
    maps = dynamic.softmax(-(near**2).sum(axis=2))
    # Directions are shared, so each joint's belong to the nearer person.
    other = np.argmin((near**2).sum(axis=2), axis=0)
    ways = 8 * np.take_along_axis(near, other[None, :, None], axis=0)[0]
    peaks, found, score = codec.decode(maps, ways.reshape(6, rows, columns), np.full(2, 100.0))
    np.testing.assert_allclose(found * 8 + 3.5, joints, atol=1e-4)
    assert np.abs(peaks * 8 + 3.5 - joints).max() <= 4 + 1e-9
    assert score.min() > 0.5
    # Belief that is spread over everything speaks for no place.
    *_, unsure = codec.decode(np.full_like(maps, 1 / (rows * columns)), ways, np.full(2, 100.0))
    assert unsure.max() < 0.1
