"""Tiles of activations."""

from __future__ import annotations

import numpy as np
import pytest

from poseviewer.draw.colour import lut32
from poseviewer.draw.kinds.features import activation_mosaic
from poseviewer.draw.mosaic import Grid

GRID = Grid(2, 2, (6, 4), 1)
BACK = 0xFF010203


def test_cells_are_drawn_as_they_are_with_the_gaps_between() -> None:
    values = np.array([[[0, 1], [2, 4]], [[4, 4], [0, 0]]], np.float32)
    picture, meaning = activation_mosaic(values, grid=GRID, colormap="viridis", background=BACK)
    table = lut32("viridis")
    assert (meaning.signed, meaning.high) == (False, 4)
    assert picture.shape == (9, 13)
    for (top, left), level in {(0, 0): 0, (0, 3): 64, (2, 0): 128, (2, 3): 255}.items():
        assert (picture[top : top + 2, left : left + 3] == table[level]).all()
    assert (picture[:4, 6] == BACK).all()
    assert (picture[4:] == BACK).all()
    assert (picture[:2, 7:] == table[255]).all()


def test_signs_are_hues_and_zero_is_the_middle() -> None:
    values = np.array([[[-2, 0, 2]], [[0, 0, 1]]], np.float32)
    picture, meaning = activation_mosaic(values, grid=GRID, background=BACK)
    table = lut32("signed")
    assert (meaning.signed, meaning.high) == (True, 2)
    assert [picture[0, 0], picture[0, 5]] == [table[0], table[255]]
    assert picture[0, 2] == picture[0, 7] == table[128]
    assert picture[0, 12] == table[191]
    own, _ = activation_mosaic(values, grid=GRID, shared=False, background=BACK)
    assert own[0, 12] == table[255]


def test_many_small_cells_are_averaged() -> None:
    values = np.tile(np.array([0, 1], np.float32), (1, 40, 30))
    picture, _ = activation_mosaic(values, grid=GRID, colormap="viridis")
    assert (picture[:4, :6] == lut32("viridis")[128]).all()


def test_nothing_breaks_on_nothing_or_on_broken_values() -> None:
    picture, meaning = activation_mosaic(np.empty((0, 3, 3), np.float32), grid=GRID)
    assert len(np.unique(picture)) == 1
    assert meaning.high == 0
    broken = np.full((1, 2, 2), np.nan, np.float32)
    assert activation_mosaic(broken, grid=GRID)[1].high == 0
    with pytest.raises(ValueError, match="5 channels"):
        activation_mosaic(np.zeros((5, 2, 2), np.float32), grid=GRID)
