"""The estimator of everybody against people whose joints are known."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from poseviewer.codec.parsing import LIGHTWEIGHT
from poseviewer.core.affine import Box, apply
from poseviewer.core.detection import Detections, Verdict
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.parsing import LimbVerdict
from poseviewer.core.stage import Request
from poseviewer.core.uncertainty import covariance
from poseviewer.models.registry import card
from poseviewer.pipeline.estimate_people import CrowdEstimator, around, support
from poseviewer.pipeline.estimators import estimator_of
from poseviewer.pipeline.follow_person import RegionFollower
from poseviewer.pipeline.smooth import PoseFilter
from tests.codec.scenes import crowd

if TYPE_CHECKING:
    from collections.abc import Callable

SHIPPED = card("openpose-lite")
# People drawn at random are not built like people, so their limbs may have any length.
CARD = replace(
    SHIPPED, codec=replace(SHIPPED.fields, rules=replace(SHIPPED.fields.rules, lengths=()))
)
SIZE = (800, 450)
JOINTS = 25 + crowd(CARD.fields.skeleton, np.random.default_rng(8), people=3, size=(750, 400))


class Fields:
    """A network that knows where people are in the frame, and draws it at any input size.

    It recognises the mirrored input by the dark left edge of the frame.
    """

    def __init__(self, joints: np.ndarray = JOINTS, *, region: Box | None = None) -> None:
        self.joints, self.region = joints, region or Box.whole(SIZE)
        self.sizes: list[tuple[int, int]] = []

    def run(self, batch, wanted=None):
        height, width = batch.shape[2:]
        self.sizes.append((width, height))
        region = self.region.fitted(width / height)
        joints = (self.joints - (region.x, region.y)) * (width / region.width) - 0.5
        if batch[0, 0, :, :40].mean() > batch[0, 0, :, -40:].mean():
            joints = joints[:, list(CARD.fields.skeleton.mirror)].copy()
            joints[..., 0] = width - 1 - joints[..., 0]
        maps = CARD.fields.encode(joints, size=(width, height))
        # Earlier stages are less sure.
        stages = [part[None] * share for share in (0.6, 0.8, 1.0) for part in maps]
        return stages if wanted is None else [stages[i] for i in sorted(wanted)]


def frame(size: tuple[int, int] = SIZE) -> Frame:
    pixels = np.full((size[1], size[0], 3), 127, np.uint8)
    pixels[:, : size[0] // 20] = 0
    return Frame(pixels, 0, Timestamp(0, Fraction(1, 30)))


def matched(xy: np.ndarray) -> np.ndarray:
    """Distances of everybody found from whom they are nearest to (n, k)."""
    assert len(xy) == len(JOINTS)
    away = np.linalg.norm(xy[:, None] - JOINTS[None], axis=-1)
    nearest = away.mean(axis=2).argmin(axis=1)
    assert sorted(nearest.tolist()) == list(range(len(JOINTS)))
    return away[np.arange(len(xy)), nearest]


def test_the_belief_of_others_does_not_widen_that_of_a_joint() -> None:
    sigma = CARD.fields.beliefs.sigma
    gone = [np.nan, np.nan]
    cells = np.array([[[20.2, 20.6]], [[26.8, 20.1]], [[20.4, 70.0]], [gone]])
    y, x = np.mgrid[:72, :60]
    # Only what is on the same map can be confused.
    alone = [np.exp(-((x - a) ** 2 + (y - b) ** 2) / (2 * sigma**2)) for ((a, b),) in cells[:3]]
    near, at = around(np.maximum.reduce(alone)[None], cells)
    found = covariance(near[:, 0], at[:, 0])
    np.testing.assert_allclose(np.sqrt(found[:2, 0]), sigma, rtol=0.06)
    np.testing.assert_allclose(np.sqrt(found[:2, 2]), sigma, rtol=0.06)
    # The border of the map cuts off what lies beyond.
    assert 0.6 * sigma < np.sqrt(found[2, 2]) < sigma
    assert np.isnan(found[3]).all()


def test_everybody_has_the_covariance_of_every_joint() -> None:
    result = CrowdEstimator(CARD, Fields()).estimate(frame(), Box.whole(SIZE), Request())
    assert result.poses.covariance is not None
    across = np.sqrt(result.poses.covariance[..., 0])
    np.testing.assert_array_equal(np.isfinite(across), result.poses.found)
    cell = result.stages[-1].to_frame[0, 0]
    assert np.nanmedian(across) == pytest.approx(CARD.fields.beliefs.sigma * cell, rel=0.05)


@pytest.mark.parametrize("flip", [False, True])
def test_everybody_is_found_by_every_stage(flip: bool) -> None:
    estimator = CrowdEstimator(CARD, Fields(), flip=flip)
    result = estimator.estimate(frame(), Box.whole(SIZE), Request())
    assert len(JOINTS) == len(result.poses) == 3
    assert len(result.stage_poses) == len(result.parsings) == len(CARD.stages) == 6
    for poses in (result.poses, *result.stage_poses):
        # The maps are smoothed once more, which moves a peak a little; a cell is 14 pixels.
        assert matched(poses.xy).max() < 4
    # Fields and beliefs of one stage are decoded together.
    assert result.parsings[0] is result.parsings[1]
    assert result.parsings[1] is not result.parsings[3]
    sure = [poses.score.mean() for poses in result.stage_poses]
    assert sure[1] < sure[3] < sure[5] <= 1
    assert result.angles.degrees.shape[0] == 3


def test_maps_and_candidates_lie_on_the_frame() -> None:
    result = CrowdEstimator(CARD, Fields()).estimate(frame(), Box.whole(SIZE), Request())
    assert [output.spec.kind for output in result.stages] == ["paf", "heatmap"] * 3
    beliefs = result.stage(5)
    assert beliefs is not None
    y, x = np.unravel_index(beliefs.values[4].argmax(), beliefs.values[4].shape)
    place = apply(beliefs.to_frame, np.array([x, y], float))
    assert np.linalg.norm(JOINTS[:, 4] - place, axis=1).min() < 12
    candidates = result.parsings[5].candidates
    wrists = candidates.xy[candidates.joint == 4]
    assert all(np.linalg.norm(JOINTS[:, 4] - wrist, axis=1).min() < 4 for wrist in wrists)


@pytest.mark.parametrize("size", [(800, 450), (640, 480), (450, 800), (500, 500), (1500, 300)])
def test_the_input_has_the_shape_of_the_frame(size: tuple[int, int]) -> None:
    engine = Fields(region=Box.whole(size))
    whole = Box.whole(size)
    result = CrowdEstimator(CARD, engine).estimate(frame(size), whole, Request(stages=frozenset()))
    (shown,) = engine.sizes
    assert shown == CARD.input_for(size[0] / size[1])
    # Up to half a step is added on two sides, nothing is lost.
    assert result.region.width >= whole.width - 1e-6
    assert result.region.height >= whole.height - 1e-6
    if max(size) < 3 * min(size):
        assert result.region.width * result.region.height < 1.3 * size[0] * size[1]


def test_another_shape_in_between_changes_nothing() -> None:
    estimator = CrowdEstimator(CARD, Fields())
    first = estimator.estimate(frame(), Box.whole(SIZE), Request())
    estimator.estimate(frame((300, 600)), Box.whole((300, 600)), Request())
    again = estimator.estimate(frame(), Box.whole(SIZE), Request())
    np.testing.assert_array_equal(first.poses.xy, again.poses.xy)
    np.testing.assert_array_equal(first.stages[0].values, again.stages[0].values)


def test_nobody_is_an_empty_answer_of_every_stage() -> None:
    engine = Fields(JOINTS[:0])
    result = CrowdEstimator(CARD, engine).estimate(frame(), Box.whole(SIZE), Request())
    assert [len(poses) for poses in (result.poses, *result.stage_poses)] == [0] * 7
    assert result.angles.degrees.shape[0] == 0


def test_there_is_nobody_to_follow() -> None:
    estimator = CrowdEstimator(CARD, Fields())
    for mode in ("follow", "whole"):
        follower = RegionFollower(mode)
        for _ in range(3):
            region = follower.region(frame(), estimator)
            assert region == Box.whole(SIZE)
            follower.update(estimator.estimate(frame(), region, Request()))
    box = Box(10, 20, 300, 200)
    assert RegionFollower("box", box=box).region(frame(), estimator) == box


def test_several_people_are_not_smoothed_into_each_other() -> None:
    smoother = PoseFilter()
    found = CrowdEstimator(CARD, Fields()).estimate(frame(), Box.whole(SIZE), Request()).poses
    turned = found.only(np.array([1, 2, 0]))
    for seconds, poses in enumerate((found, turned, found)):
        smoothed = smoother.apply(poses, seconds=seconds / 30)
        np.testing.assert_array_equal(smoothed.xy, poses.xy)
    alone = found.only(np.array([True, False, False]))
    np.testing.assert_array_equal(smoother.apply(alone, seconds=0.2).xy, alone.xy)


def test_the_card_says_which_estimator() -> None:
    assert type(estimator_of(CARD, Fields())) is CrowdEstimator
    assert not estimator_of(card("hourglass-lite"), Fields()).everybody
    assert not estimator_of(card("deeppose-lite"), Fields()).everybody


def test_mirrored_input_gives_the_mirrored_answer() -> None:
    """Of a net made symmetrical by averaging with its mirror, on random weights."""
    from poseviewer.models.openpose_lite import OpenPoseLite
    from poseviewer.models.torch_engine import TorchEngine

    torch.manual_seed(1)
    engine = TorchEngine(OpenPoseLite(refinements=1, features=16, blocks=1))
    short = replace(CARD, stages=CARD.stages[:4], input_size=(96, 64))
    estimator = CrowdEstimator(short, engine, flip=True)
    pixels = np.random.default_rng(0).integers(0, 256, (64, 96, 3), np.uint8)
    answers = [
        estimator.estimate(
            Frame(np.ascontiguousarray(image), 0, Timestamp(0, Fraction(1))),
            Box.whole((96, 64)),
            Request(),
        ).stages
        for image in (pixels, pixels[:, ::-1])
    ]
    mirror = [*CARD.fields.skeleton.mirror, 18]
    for straight, other in zip(*answers, strict=True):
        if straight.spec.kind == "paf":
            expected = CARD.fields.mirrored(other.values)
        else:
            expected = other.values[mirror, :, ::-1]
        np.testing.assert_allclose(straight.values, expected, atol=1e-5)


class Seer:
    """A detector that sees the person of some of the joints, with a score for each."""

    def __init__(self, scores: list[float], joints: np.ndarray = JOINTS) -> None:
        boxes = np.concatenate([joints.min(axis=1), joints.max(axis=1)], axis=1)
        score = np.array(scores, np.float32)
        verdict = np.where(score < 0.2, Verdict.FAINT, Verdict.TAKEN).astype(np.int8)
        none = np.full(3, -1, np.intp)
        self.seen = Detections(boxes, boxes, score, verdict, none, np.zeros(3))

    def find(self, frame: Frame) -> Detections:
        return self.seen

    def begin(self, frame: Frame) -> Callable[[], Detections]:
        return lambda: self.find(frame)


def test_the_detector_confirms_the_people_of_every_stage() -> None:
    estimator = CrowdEstimator(CARD, Fields())
    estimator.finder = Seer([0.7, 0.5, 0.0])
    least = CARD.fields.rules.surely
    result = estimator.estimate(frame(), Box.whole(SIZE), Request())
    assert result.detections is estimator.finder.seen
    # Of the third person only the last stage is sure enough alone.
    assert [len(poses) for poses in result.stage_poses] == [2, 2, 2, 2, 3, 3]
    for parsing in result.parsings:
        assert (parsing.score >= least).all()
        assert (np.diff(parsing.score) <= 0).all()
    assert (result.parsings[0].verdict == LimbVerdict.UNSEEN).any()
    assert result.poses.xy[0] == pytest.approx(nearest_to(result.poses.xy[0], JOINTS[0]), abs=4)


def nearest_to(xy: np.ndarray, joints: np.ndarray) -> np.ndarray:
    assert np.linalg.norm(xy - joints, axis=1).max() < 4
    return joints


def test_who_is_seen_elsewhere_or_much_larger_confirms_nobody() -> None:
    seen = Seer([0.5, 0.4, 0.3]).seen
    assert support(JOINTS, seen).tolist() == pytest.approx([0.5, 0.4, 0.3])
    apart = replace(seen, joints=seen.joints + np.array([2000, 0, 2000, 0]))
    assert support(JOINTS, apart).tolist() == [0, 0, 0]
    middle, half = (seen.joints[:, :2] + seen.joints[:, 2:]) / 2, np.ptp(JOINTS, axis=1) * 3
    large = replace(seen, joints=np.concatenate([middle - half, middle + half], axis=1))
    assert support(JOINTS, large).tolist() == [0, 0, 0]
    assert support(JOINTS[:0], seen).shape == (0,)


def test_without_a_detector_or_the_wish_for_one_nobody_is_asked() -> None:
    unasked = replace(CARD, codec=replace(CARD.fields, rules=LIGHTWEIGHT))
    for estimator in (CrowdEstimator(CARD, Fields()), CrowdEstimator(unasked, Fields())):
        if estimator.card is unasked:
            estimator.finder = Seer([0.0, 0.0, 0.0])
        result = estimator.estimate(frame(), Box.whole(SIZE), Request())
        assert result.detections is None
        assert len(result.poses) == 3
