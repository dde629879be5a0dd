"""The cascade on a person of coloured dots: what each stage is shown, and what comes of it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from poseviewer.core.affine import Box, apply, invert
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.frame import Frame
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import Request
from poseviewer.models.deeppose_lite import deeppose_lite
from poseviewer.models.engine import choose_engine
from poseviewer.models.registry import card
from poseviewer.pipeline.estimate_cascade import CascadeEstimator, Refiner
from poseviewer.runtime.factories import Loaded
from poseviewer.runtime.sections import ReadingState
from tests.dots import COLOURS, DotsClip, joints

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

CARD = card("deeppose-lite")
REGION = Box(45.0, 3.0, 232.0, 232.0)
MIRROR = list(load_skeleton(CARD.skeleton).mirror)
SURE = 4.0


class Finder:
    """A network that finds colours: no stage is right at once, none goes past the joint.

    Args:
        share: Of the way from the middle of the box to the joint that an answer goes.
        after: From which stage on it answers nought.
    """

    def __init__(self, *, share: float = 0.8, after: int = 3) -> None:
        self.share, self.after = share, after
        self.shown: list[tuple[int, NDArray[np.float32]]] = []

    def run(
        self, batch: NDArray[np.float32], wanted: Collection[int] | None = None
    ) -> list[NDArray[np.float32]]:
        (stage,) = wanted or ()
        self.shown.append((stage, batch.copy()))
        numbers = np.full((len(batch), 14, 1, 3), SURE, np.float32)
        numbers[..., :2] = 0
        if stage < self.after:
            numbers[..., 0, :2] = self.share * self._found(batch)
        return [numbers]

    def _found(self, batch: NDArray[np.float32]) -> NDArray[np.float64]:
        pixels = batch.transpose(0, 2, 3, 1)[..., None, :] * 128 + 127
        near = np.exp(-((pixels - COLOURS) ** 2).sum(-1) / (2 * 40.0**2))
        near *= near > 0.05
        side = batch.shape[-1]
        y, x = np.mgrid[:side, :side] - (side - 1) / 2
        total = near.sum((1, 2)) + 1e-9
        return np.stack(
            [(near * axis[..., None]).sum((1, 2)) / total / side for axis in (x, y)], -1
        )


def steps(engine: Finder, *, flip: bool = False, frame: int = 4):
    return Refiner(CARD, engine, flip=flip).run(DotsClip().read(frame).pixels, REGION)


def away(xy, frame=4):
    return np.linalg.norm(xy - joints(frame), axis=1)


def test_every_stage_comes_closer() -> None:
    found = steps(Finder())
    assert len(found) == 3
    means = [away(step.xy).mean() for step in found]
    assert means[0] > 3 * means[1] > 3 * means[2]
    assert means[2] < 4


def test_boxes_follow_sigma_and_the_diameter_of_the_pose_before() -> None:
    found = steps(Finder())
    assert found[0].boxes.tolist() == [[REGION.x, REGION.y, REGION.width, REGION.height]] * 14
    for before, step in pairwise(found):
        side = 2.0 * np.linalg.norm(before.xy[9] - before.xy[2])
        np.testing.assert_allclose(step.boxes[:, 2:], side)
        np.testing.assert_allclose(step.boxes[:, :2] + side / 2, before.xy)


def test_nought_from_the_later_stages_leaves_y_as_it_is() -> None:
    found = steps(Finder(after=1))
    np.testing.assert_allclose(found[1].xy, found[0].xy, atol=1e-9)
    np.testing.assert_allclose(found[2].xy, found[0].xy, atol=1e-9)


def test_stages_do_not_depend_on_later_ones() -> None:
    for stages in (1, 2):
        engine = Finder()
        few = Refiner(CARD, engine).run(DotsClip().read(4).pixels, REGION, stages=stages)
        assert [stage for stage, _ in engine.shown] == list(range(stages))
        for one, other in zip(few, steps(Finder()), strict=False):
            np.testing.assert_array_equal(one.xy, other.xy)


def test_each_network_sees_pictures_of_its_size_cut_from_the_frame() -> None:
    engine = Finder()
    found = steps(engine)
    assert [batch.shape for _, batch in engine.shown] == [(1, 3, 160, 160)] + [(14, 3, 96, 96)] * 2
    # The colour of a joint lies in its own crop where the affine says.
    for joint, place in enumerate(joints(4)):
        x, y = np.rint(apply(invert(found[2].to_frame[joint]), place)).astype(int)
        seen = engine.shown[2][1][joint, :, y, x] * 128 + 127
        assert np.abs(seen - COLOURS[joint]).max() < 40


def test_pair_i_counts_for_crop_i() -> None:
    class Numbered(Finder):
        def run(self, batch, wanted=None):
            (numbers,) = super().run(batch, wanted)
            if len(batch) > 1:
                n = np.arange(14)
                numbers[..., 0, :2] = 9.0
                numbers[n, n, 0, :2] = n[:, None] / 100
            return [numbers]

    step = steps(Numbered())[1]
    np.testing.assert_allclose(step.numbers[:, 0], np.arange(14) / 100, rtol=1e-6)


def test_a_mirrored_frame_gives_the_mirrored_pose() -> None:
    clip = DotsClip().read(4)

    class Mirrored(Finder):
        """What a fair network says when left and right are exchanged."""

        def run(self, batch, wanted=None):
            exchange = MIRROR if len(batch) > 1 else slice(None)
            straight = np.ascontiguousarray(batch[exchange][..., ::-1])
            (numbers,) = super().run(straight, wanted)
            numbers[..., 0, 0] *= -1
            return [numbers[exchange][:, MIRROR]]

    other = Frame(np.ascontiguousarray(clip.pixels[:, ::-1]), 4, clip.time)
    width = clip.size[0]
    region = Box(width - 1 - REGION.x - REGION.width, REGION.y, REGION.width, REGION.height)
    plain = steps(Finder())
    mirrored = Refiner(CARD, Mirrored()).run(other.pixels, region)
    for one, two in zip(plain, mirrored, strict=True):
        back = two.xy[MIRROR] * [-1, 1] + [width - 1, 0]
        # The diameter is measured along one diagonal, so the mirror's boxes differ a little.
        np.testing.assert_allclose(back, one.xy, atol=1.5)


def test_flip_averages_with_the_mirrored_crop() -> None:
    class Lopsided(Finder):
        """Answers too far right, whatever it sees; a mirror takes that away."""

        def run(self, batch, wanted=None):
            straight = len(self.shown) % 2 == 0
            view = batch if straight else np.ascontiguousarray(batch[..., ::-1])
            (numbers,) = super().run(view, wanted)
            if not straight:
                numbers[..., 0, 0] *= -1
                numbers = numbers[:, MIRROR]
            numbers[..., 0, 0] += 0.03
            return [numbers]

    fair, flipped = steps(Finder()), steps(Lopsided(), flip=True)
    for one, two in zip(fair, flipped, strict=True):
        np.testing.assert_allclose(two.xy, one.xy, atol=1e-3)


def test_what_is_not_a_number_is_said() -> None:
    estimator = CascadeEstimator(CARD, Finder(share=np.nan))
    with pytest.raises(PoseViewerError, match="deeppose-lite computed values that are not numbers"):
        estimator.estimate(DotsClip().read(4), REGION, Request())


def test_results_are_those_of_any_estimator() -> None:
    frame = DotsClip().read(4)
    estimator = CascadeEstimator(CARD, Finder())
    result = estimator.estimate(frame, REGION, Request(5))
    assert len(result.poses) == 1
    assert result.generation == 5
    assert [away(poses.xy[0]).mean() for poses in result.stage_poses] == pytest.approx(
        [away(step.xy).mean() for step in steps(Finder())], rel=1e-4
    )
    assert result.poses.score.max() == pytest.approx(1 / (1 + np.exp(-SURE)), rel=1e-4)
    assert set(result.timings) == {"crop", "network", "codec", "angles"}
    again = estimator.estimate(frame, REGION, Request())
    np.testing.assert_array_equal(again.poses.xy, result.poses.xy)


def test_stages_show_displacements() -> None:
    frame = DotsClip().read(4)
    result = CascadeEstimator(CARD, Finder()).estimate(frame, REGION, Request())
    assert result.meets(Request())
    assert [output.number for output in result.stages] == [0, 1, 2]
    for number, (poses, coords) in enumerate(zip(result.stage_poses, result.stages, strict=True)):
        assert (coords.spec.kind, coords.values.shape) == ("coords", (14, 1, 3))
        moved = apply(coords.to_frame, coords.values[:, 0, :2].astype(float))
        before = 0 if number == 0 else result.stage_poses[number - 1].xy[0]
        # A later stage moves a joint as far as it is sure.
        moved *= 1 if number == 0 else poses.score[0][:, None]
        np.testing.assert_allclose(before + moved, poses.xy[0], atol=1e-3)


def test_only_wanted_stages_are_returned() -> None:
    frame = DotsClip().read(4)
    estimate = CascadeEstimator(CARD, Finder()).estimate
    assert estimate(frame, REGION, Request(stages=frozenset())).stages == ()
    one = estimate(frame, REGION, Request(stages=frozenset([1])))
    assert {output.number for output in one.stages} == {1}


def test_a_glance_is_the_first_stage() -> None:
    engine = Finder()
    frame = DotsClip().read(4)
    xy, score = CascadeEstimator(CARD, engine).quick_estimate(frame, [REGION, REGION.scaled(1.2)])
    assert [stage for stage, _ in engine.shown] == [0, 0]
    assert xy.shape == (2, 14, 2)
    assert score.shape == (2, 14)
    np.testing.assert_allclose(xy[0], steps(Finder())[0].xy, atol=1e-3)


def test_a_card_of_coordinates_is_run_as_a_cascade() -> None:
    small = replace(
        CARD,
        input_size=(64, 64),
        codec=replace(CARD.coords, side=32),
        build=lambda: deeppose_lite(side=64, part=32),
    )
    torch.manual_seed(0)
    module = small.build().eval()
    engine, _ = choose_engine(small, device="cpu", engine="torch", module=module)
    loaded = Loaded(small, engine, "test")
    result = loaded.estimator(ReadingState()).estimate(DotsClip().read(0), REGION, Request())
    assert len(result.stage_poses) == 3
    # Nothing learnt yet: everything is where a person would be, and stays there.
    centre = np.array(REGION.centre)
    for poses in result.stage_poses:
        assert np.abs(poses.xy[0] - centre).max() < 0.05 * REGION.width
