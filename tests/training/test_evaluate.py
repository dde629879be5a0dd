"""Validation while training: every stage, by the rule of `metrics.keypoints`."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import nn

from poseviewer.codec.heatmap import HeatmapCodec
from poseviewer.models.card import Normalisation
from poseviewer.models.registry import card
from poseviewer.training.augment import plain
from poseviewer.training.evaluate import predict, report
from tests.training.test_augment import person


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
        skeleton="lsp-14",
        input_size=(160, 160),
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
