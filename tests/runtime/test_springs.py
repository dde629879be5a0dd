"""A tree of springs on the maps of a stage, as a result of its own."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.affine import Box
from poseviewer.core.stage import Request
from poseviewer.pipeline.estimate import Estimator
from poseviewer.runtime.springs import (
    BACK,
    COLLECTED,
    EVIDENCE,
    MARGINAL,
    MESSAGE,
    STAGES,
    SpringSolver,
    counted_twice,
    tree_joints,
    tree_result,
)
from tests.dots import CARD, Dots, DotsClip
from tests.waiting import LONG, until

if TYPE_CHECKING:
    from poseviewer.core.result import FrameResult

REGION = Box(60.3, 10.7, 215.0, 215.0)


@pytest.fixture(scope="module")
def result() -> FrameResult:
    return Estimator(CARD, Dots()).estimate(DotsClip().read(4), REGION, Request(3))


@pytest.fixture(scope="module")
def tree(result: FrameResult) -> FrameResult:
    return tree_result(result, 0)


def peaks(tree: FrameResult, number: int) -> np.ndarray:
    maps = tree.stages[number].values
    flat = maps.reshape(len(maps), -1).argmax(axis=1)
    return np.stack(np.divmod(flat, maps.shape[2])[::-1], axis=1)


def test_every_step_is_a_stage_that_lies_where_the_evidence_lies(
    result: FrameResult, tree: FrameResult
) -> None:
    own = result.stage(0)
    assert own is not None
    assert [output.spec.name for output in tree.stages] == list(STAGES)
    for output in tree.stages:
        assert output.values.shape == (14, *own.values.shape[1:])
        np.testing.assert_array_equal(output.to_frame, own.to_frame)
        assert 0 <= output.values.min() <= output.values.max() <= 1 + 1e-6
    np.testing.assert_array_equal(tree.stages[EVIDENCE].values, own.values[:14])


def test_what_is_collected_at_the_root_and_the_way_back_agree(tree: FrameResult) -> None:
    root, *others = tree_joints(tree.poses.skeleton)
    assert tree.poses.skeleton.joints[root] == "neck"
    assert not tree.stages[MESSAGE].values[root].any()
    np.testing.assert_array_equal(peaks(tree, BACK)[root], peaks(tree, COLLECTED)[root])
    assert all(tree.stages[MESSAGE].values[joint].max() == pytest.approx(1) for joint in others)
    # The way back is as high as the evidence at the joint's place, no higher.
    highest = tree.stages[BACK].values.reshape(14, -1).max(axis=1)
    np.testing.assert_allclose(highest, tree.poses.score[0], rtol=1e-5)


def test_marginals_are_shares(tree: FrameResult) -> None:
    np.testing.assert_allclose(tree.stages[MARGINAL].values.sum(axis=(1, 2)), 1, rtol=1e-4)


def test_the_decoding_tree_gives_the_same_pose(result: FrameResult, tree: FrameResult) -> None:
    # The dots have 8 cells of another width than is assumed for any network.
    read = Estimator(CARD, Dots(), decoding="tree").estimate(
        result.frame, result.region, Request(3)
    )
    cell = abs(tree.stages[0].to_frame[0, 0])
    apart = np.linalg.norm(read.stage_poses[0].xy[0] - tree.poses.xy[0], axis=1)
    assert apart.max() < 1.5 * cell


def test_both_sides_on_one_place_are_counted_twice(tree: FrameResult) -> None:
    skeleton, xy = tree.poses.skeleton, tree.poses.xy.copy()
    left, right = skeleton.index("left_ankle"), skeleton.index("right_ankle")
    xy[0, left] = xy[0, right]
    assert "ankle" in counted_twice(replace(tree.poses, xy=xy))
    apart = xy.copy()
    apart[0, left] += 400
    assert "ankle" not in counted_twice(replace(tree.poses, xy=apart))


def test_it_is_solved_beside_everything_else_and_forgotten(result: FrameResult) -> None:
    news = threading.Condition()

    def tell() -> None:
        with news:
            news.notify_all()

    solver = SpringSolver(tell)
    try:
        solver.look(result, stage=1)
        assert until(lambda: solver.answer is not None, news=news)
        assert solver.first is result
        assert solver.stage == 1
        solver.stop()
        assert solver.answer is None
    finally:
        for thread in solver.close():
            thread.join(LONG)
