"""Entropy, modes and summits against closed forms."""

import numpy as np
import pytest

from poseviewer.core.belief import entropy, modes, peaks, summits


def gaussian(*centres, sigma=2.0, size=64, heights=None):
    y, x = np.mgrid[:size, :size].astype(np.float64)
    heights = heights or [1.0] * len(centres)
    parts = [
        high * np.exp(-((x - cx) ** 2 + (y - cy) ** 2) / (2 * sigma**2))
        for (cx, cy), high in zip(centres, heights, strict=True)
    ]
    return np.sum(parts, axis=0).astype(np.float32)[None]


@pytest.mark.parametrize("sigma", [1.0, 2.0, 4.0])
def test_a_gaussian_has_the_entropy_of_the_normal_distribution(sigma):
    found = entropy(gaussian((31.5, 31.5), sigma=sigma))[0]
    assert found == pytest.approx(np.log2(2 * np.pi * np.e * sigma**2), abs=2e-3)


def test_one_cell_has_no_entropy_and_all_alike_the_most():
    single = np.zeros((1, 8, 16), np.float32)
    single[0, 3, 5] = 0.7
    assert entropy(single)[0] == pytest.approx(0, abs=1e-6)
    assert entropy(np.full((1, 8, 16), 0.01, np.float32))[0] == pytest.approx(7)


def test_two_alike_and_far_apart_have_one_bit_more_than_one():
    one = entropy(gaussian((16, 32)))[0]
    assert entropy(gaussian((16, 32), (48, 32)))[0] == pytest.approx(one + 1, abs=1e-3)


def test_a_factor_changes_no_entropy_and_negative_values_count_as_none():
    maps = gaussian((20, 30))
    assert entropy(maps * 0.1)[0] == pytest.approx(entropy(maps)[0], abs=1e-4)
    lowered = maps - 0.05
    assert entropy(lowered)[0] == pytest.approx(entropy(np.maximum(lowered, 0))[0])


def test_no_belief_is_no_entropy_and_no_mode():
    silent = np.stack([np.zeros((9, 9)), np.full((9, 9), -0.1)]).astype(np.float32)
    assert np.isnan(entropy(silent)).all()
    assert modes(silent).tolist() == [0, 0]


def test_modes_are_the_summits_from_the_share_on():
    maps = gaussian((10, 10), (50, 10), (30, 50), heights=[1.0, 0.4, 0.2])
    assert modes(maps, share=0.5)[0] == 1
    assert modes(maps)[0] == 2
    assert modes(maps, share=0.1)[0] == 3
    assert modes(maps * 0.05)[0] == 2


def test_a_summit_that_reaches_the_share_exactly_counts():
    maps = np.zeros((1, 9, 9), np.float32)
    maps[0, 2, 2], maps[0, 6, 6] = 1.0, 0.5
    assert modes(maps, share=0.5)[0] == 2


def test_two_equal_neighbours_are_one_summit_and_the_border_counts():
    maps = np.zeros((1, 5, 5), np.float32)
    maps[0, 2, 2:4] = 1
    maps[0, 0, 0] = 0.5
    assert np.argwhere(summits(maps, above=0.0)).tolist() == [[0, 0, 0], [0, 2, 2]]


def test_peaks_are_those_that_modes_counts_highest_first():
    maps = gaussian((10, 12), (40, 50), (50, 8), heights=[0.5, 0.9, 0.2])
    assert [(x, y) for x, y, _ in peaks(maps[0])] == [(40, 50), (10, 12)]
    assert [value for _, _, value in peaks(maps[0])] == pytest.approx([0.9, 0.5], abs=1e-3)
    assert len(peaks(maps[0], share=0.1)) == modes(maps, share=0.1)[0] == 3
    assert peaks(np.zeros((8, 8), np.float32)) == ()


def test_a_broken_value_is_no_peak():
    maps = gaussian((10, 12))
    maps[0, 40, 40] = np.nan
    assert [(x, y) for x, y, _ in peaks(maps[0])] == [(10, 12)]
