"""PCK as models.md section 8 defines it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from poseviewer.codec.heatmap import HeatmapCodec
from poseviewer.models.card import Normalisation
from poseviewer.models.registry import card
from poseviewer.training.augment import plain
from poseviewer.training.evaluate import pck, predict, report, torso
from tests.training.test_augment import person


def test_pck_pools_labelled_joints_inclusively() -> None:
    errors = np.array([[2.0, 2.1, 0.0], [9.0, 1.0, 0.0]])
    seen = np.array([[True, True, False], [True, True, True]])
    assert pck(errors, torsos=np.array([10.0, 5.0]), seen=seen) == pytest.approx(3 / 5)
    assert pck(errors, torsos=np.array([10.0, np.nan]), seen=seen) == pytest.approx(1 / 2)
    assert np.isnan(pck(errors, torsos=np.full(2, np.nan), seen=seen))


def test_torso_is_left_shoulder_to_right_hip() -> None:
    one = person()
    one.joints[9], one.joints[2] = (100, 100), (130, 140)
    assert torso(one) == pytest.approx(50)
    one.joints[8], one.joints[3] = (100, 100), (100, 113)
    one.seen[2] = False
    assert torso(one) == pytest.approx(13)
    one.seen[3] = False
    assert np.isnan(torso(one))


class Oracle(nn.Module):
    """Answers with maps that are right (second stage) or empty (first)."""

    def __init__(self, maps: np.ndarray) -> None:
        super().__init__()
        self.maps = torch.from_numpy(maps)

    def forward(self, image: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return torch.zeros_like(self.maps), self.maps


def test_a_right_network_scores_one() -> None:
    two = replace(
        card("hourglass-lite"),
        normalisation=Normalisation(),
        codec=HeatmapCodec(stride=4, sigma=1.5),
    )
    people = [person(i) for i in range(3)]
    joints = np.stack([plain(p, size=160).joints for p in people])
    oracle = Oracle(two.codec.encode(joints, size=(160, 160)))
    pixels, scores = predict(oracle, people, card=two)
    assert pixels.shape == (2, 3, 14, 2)
    assert scores.shape == (2, 3, 14)
    told = report(oracle, {"lspet": people}, card=two)["lspet"]
    assert told["people"] == 3
    assert told["joints"] == 3 * 13
    first, last = told["pck@0.2"]  # type: ignore[misc]
    assert first < last == 1.0
