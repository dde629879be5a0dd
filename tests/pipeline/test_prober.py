"""A network looked into on the crop that it was shown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from poseviewer.core.affine import Box, apply
from poseviewer.core.layer import LayerChoice, Spot
from poseviewer.core.stage import Request
from poseviewer.models.registry import card
from poseviewer.models.torch_engine import TorchEngine
from poseviewer.pipeline.estimate_cascade import Refiner
from poseviewer.pipeline.estimators import estimator_of
from poseviewer.pipeline.prober import Prober
from tests.dots import CARD, INPUT, DotsClip

if TYPE_CHECKING:
    from poseviewer.core.frame import Frame

REGION = Box(60.0, 10.0, 215.0, 215.0)


class Small(nn.Module):
    """Two stages at stride 4, with a field far smaller than the picture."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.stem = nn.Sequential(
            nn.Conv2d(3, 8, 5, 2, 2), nn.BatchNorm2d(8), nn.ReLU(inplace=True), nn.MaxPool2d(2)
        )
        self.one = nn.Conv2d(8, 15, 1)
        self.two = nn.Conv2d(15, 15, 3, padding=1)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Images to maps of both stages."""
        first = self.one(self.stem(image))
        return first, self.two(first)


SMALL = replace(CARD, name="small", stages=CARD.stages[:2], build=Small)


@pytest.fixture
def frame() -> Frame:
    return DotsClip().read(4)


@pytest.fixture
def prober() -> Prober:
    return Prober(SMALL, Small())


def test_activations_are_those_of_the_crop_that_the_estimator_made(
    frame: Frame, prober: Prober
) -> None:
    shown = estimator_of(SMALL, TorchEngine(Small())).estimate(frame, REGION, Request())
    found = prober.activations(
        frame, shown.region, LayerChoice("two", channels=tuple(range(15))), shown=shown.stage(1)
    )
    assert found.gap is not None
    assert found.gap < 1e-5
    assert found.values == pytest.approx(shown.stages[1].values, abs=1e-5)
    assert found.to_frame == pytest.approx(shown.stages[1].to_frame)
    assert not [m for m in prober.module.modules() if m._forward_hooks]


def test_only_the_strongest_or_the_chosen_channels_come(frame: Frame, prober: Prober) -> None:
    every = prober.activations(frame, REGION, LayerChoice("one", channels=tuple(range(15))))
    size = np.abs(every.values).mean(axis=(1, 2))
    assert every.strength == pytest.approx(size, rel=1e-5)
    best = prober.activations(frame, REGION, LayerChoice("one", most=4))
    assert best.channels.tolist() == np.argsort(-size, kind="stable")[:4].tolist()
    assert best.shape == (15, 32, 32)
    some = prober.activations(frame, REGION, LayerChoice("one", channels=(9, 2)))
    assert some.channels.tolist() == [9, 2]
    assert (some.values == every.values[[9, 2]]).all()


def test_what_is_not_there_is_refused(frame: Frame, prober: Prober) -> None:
    with pytest.raises(LookupError, match="no layer 'three'"):
        prober.activations(frame, REGION, LayerChoice("three"))
    with pytest.raises(LookupError, match="stage 2"):
        prober.field(frame, REGION, Spot(2, 0))


@pytest.mark.parametrize("stage", [0, 1])
def test_nothing_outside_the_rectangle_counts(frame: Frame, prober: Prober, stage: int) -> None:
    for channel in range(0, 14, 3):
        seen = prober.field(frame, REGION, Spot(stage, channel))
        rows, columns = np.nonzero(seen.heat)
        points = apply(seen.to_frame, np.stack([columns, rows], axis=1))
        half_pixel = REGION.width / INPUT[0] / 2
        low, high = points.min(axis=0) - half_pixel, points.max(axis=0) + half_pixel
        assert (low >= (seen.box.x - 1e-6, seen.box.y - 1e-6)).all()
        ends = seen.box.x + seen.box.width, seen.box.y + seen.box.height
        assert (high <= np.array(ends) + 1e-6).all()
        # A 5 x 5 at stride 2, pooled in twos: 7 pixels, and 8 more after a 3 x 3 at stride 4.
        assert seen.box.width <= (7 + 8 * stage) * REGION.width / INPUT[0] + 1e-6
        assert not seen.whole
        assert 0 < seen.half < seen.box.width


def test_the_place_is_the_peak_of_that_stage(frame: Frame, prober: Prober) -> None:
    result = estimator_of(SMALL, TorchEngine(Small()), decoding="argmax").estimate(
        frame, REGION, Request()
    )
    for stage in range(2):
        for channel in (1, 7, 13):
            seen = prober.field(frame, result.region, Spot(stage, channel))
            values = result.stages[stage].values[channel]
            y, x = np.unravel_index(values.argmax(), values.shape)
            there = apply(result.stages[stage].to_frame, np.array([x, y], np.float64))
            assert seen.place == pytest.approx(there.tolist())


def test_a_cascade_is_looked_into_at_the_crop_of_a_joint(frame: Frame) -> None:
    chosen = card("deeppose-lite")
    torch.manual_seed(0)
    prober = Prober(chosen, chosen.build())
    listed = {layer.path: layer for layer in prober.layers()}
    assert listed[""].outputs == ()
    assert listed["networks.0"].outputs
    assert listed["networks.2"].outputs
    result = estimator_of(chosen, _Engine(prober)).estimate(frame, REGION, Request())
    for stage, joint in [(0, 5), (1, 11)]:
        seen = prober.field(frame, result.region, Spot(stage, joint))
        step = Refiner(chosen, _Engine(prober)).run(frame.pixels, result.region)[stage]
        assert seen.to_frame == pytest.approx(step.to_frame[joint if stage else 0])
        assert seen.heat.shape == step.crops.shape[2:]
        assert seen.whole
        assert seen.place == pytest.approx(
            result.stage_poses[stage].xy[0, joint].tolist(), abs=1e-2
        )


class _Engine:
    """The networks of a prober as the estimator's engine."""

    def __init__(self, prober: Prober) -> None:
        self._prober = prober

    def run(self, batch, wanted=None):  # type: ignore[no-untyped-def]
        (stage,) = (0,) if wanted is None else wanted
        with torch.inference_mode():
            return [self._prober.module.networks[stage](torch.from_numpy(batch)).numpy()]
