"""How far two answers lie apart."""

from __future__ import annotations

import numpy as np
import pytest

from poseviewer.core.difference import difference
from poseviewer.core.pose import Poses
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.torso import torso_of

LSP = load_skeleton("lsp-14")
BOX = (0.0, 0.0, 1.0, 1.0)


def lsp(xy: np.ndarray, score: float = 0.8) -> Poses:
    return Poses.single(xy, score=np.full(14, score), skeleton=LSP, box=BOX)


@pytest.fixture
def figure() -> np.ndarray:
    xy = np.random.default_rng(1).uniform(0, 100, (14, 2))
    xy[LSP.index("left_shoulder")] = 10, 10
    xy[LSP.index("right_hip")] = 40, 50
    return xy


def test_an_answer_does_not_differ_from_itself(figure: np.ndarray) -> None:
    found = difference(lsp(figure), lsp(figure))
    assert found is not None
    assert found.joints == LSP.joints
    assert not found.pixels.any()
    assert found.mean == 0


def test_a_shift_by_three_and_four_is_five_pixels_and_a_tenth_of_the_torso(
    figure: np.ndarray,
) -> None:
    found = difference(lsp(figure), lsp(figure + np.array([3, 4]), 0.5))
    assert found is not None
    assert found.torso == 50
    assert found.pixels == pytest.approx(np.full(14, 5), abs=1e-4)
    assert found.shares == pytest.approx(np.full(14, 0.1), abs=1e-5)
    assert found.first == pytest.approx(np.full(14, 0.8))
    assert found.second == pytest.approx(np.full(14, 0.5))


def test_joints_of_other_skeletons_are_matched_by_name(figure: np.ndarray) -> None:
    coco = load_skeleton("coco-17")
    xy = np.full((17, 2), -500.0)
    for name in set(coco.joints) & set(LSP.joints):
        xy[coco.index(name)] = figure[LSP.index(name)]
    other = Poses.single(xy, score=np.ones(17), skeleton=coco, box=BOX)
    found = difference(lsp(figure), other)
    assert found is not None
    assert set(found.joints) == set(LSP.joints) - {"neck", "head_top"}
    assert found.mean == pytest.approx(0, abs=1e-4)


def test_of_several_people_the_nearest_counts(figure: np.ndarray) -> None:
    crowd = np.stack([figure + 300, figure + np.array([0, 2]), figure - 90]).astype(np.float32)
    many = Poses(
        crowd, np.ones((3, 14), np.float32), np.zeros((3, 4), np.float32), np.full(3, -1), LSP
    )
    found = difference(lsp(figure), many)
    assert found is not None
    assert found.pixels == pytest.approx(np.full(14, 2), abs=1e-4)


def test_what_one_has_not_found_has_no_distance(figure: np.ndarray) -> None:
    missing = figure.copy()
    missing[3] = np.nan
    found = difference(lsp(figure), lsp(missing + np.array([0, 1])))
    assert found is not None
    assert np.flatnonzero(np.isnan(found.pixels)).tolist() == [3]
    assert found.mean == pytest.approx(1, abs=1e-4)
    assert difference(lsp(figure), Poses.nobody(LSP)) is None


def test_the_other_diagonal_stands_in_for_a_torso(figure: np.ndarray) -> None:
    figure[LSP.index("right_hip")] = np.nan
    figure[LSP.index("right_shoulder")] = 0, 0
    figure[LSP.index("left_hip")] = 0, 30
    assert torso_of(figure, LSP.joints) == 30
    figure[LSP.index("left_hip")] = np.nan
    assert np.isnan(torso_of(figure, LSP.joints))
