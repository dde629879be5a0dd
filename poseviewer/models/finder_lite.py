"""A detector of people without anchors, for one CPU core.

Every cell of four maps, of strides 8 to 64, says whether a person is about it and how far the
edges of their box are. Trunk and heads are in the shape of NanoDet-Plus's (RangiLyu, 2021).
"""

from __future__ import annotations

import math
from typing import cast

import torch
from torch import Tensor, nn

from poseviewer.models.shuffle_pyramid import Separable, ShufflePyramid

_STEPS = 8
"""Distances to an edge that are weighed, 0 to 7 strides (Li et al., "Generalized Focal Loss",
NeurIPS 2020)."""

_INSET = 0.1
"""How far inside the box the joints begin before anything is learnt, in its widths or heights."""

_RARE = 0.02
"""Score of every cell before anything is learnt."""


class _Head(nn.Module):
    """Score, edges and joints' edges of the cells of one stride."""

    def __init__(self, channels: int, *, stride: int) -> None:
        super().__init__()
        self.hidden = nn.Sequential(*Separable(channels), *Separable(channels))
        self.score = nn.Conv2d(channels, 1, 1)
        self.edges = nn.Conv2d(channels, 4 * _STEPS, 1)
        self.inset = nn.Conv2d(channels, 4, 1)
        self._stride = stride
        with torch.no_grad():
            for layer, start in ((self.score, _RARE), (self.inset, _INSET)):
                layer.weight.normal_(std=1e-3)
                cast("Tensor", layer.bias).fill_(math.log(start / (1 - start)))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Of what `hidden` answers logits (n, 1, h, w), and pixels to the edges of both boxes.

        The second are (n, 8, h, w).
        """
        rows, columns = x.shape[2:]
        chance = self.edges(x).float().reshape(-1, 4, _STEPS, rows, columns).softmax(2)
        steps = torch.arange(_STEPS, device=x.device, dtype=torch.float32) * self._stride
        body = (chance * steps.view(1, 1, -1, 1, 1)).sum(2)
        size = body[:, :2] + body[:, 2:]
        joints = body - self.inset(x).float().sigmoid() * torch.cat([size, size], dim=1)
        return self.score(x).float(), torch.cat([body, joints], dim=1)


class FinderLite(nn.Module):
    """People as cells that see them, of maps at the strides of the trunk."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = ShufflePyramid()
        self.heads = nn.ModuleList(
            _Head(self.trunk.channels, stride=stride) for stride in self.trunk.strides
        )

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Scores (n, 1, cells) and distances to edges (n, 8, cells); see `DetectionCodec`.

        The distances go in pixels from a cell outwards to the left, upper, right and lower edge,
        first of the box about what is visible of the person, then of that about their joints in
        the picture. The second lies inside the first.

        Args:
            image: (n, 3, h, w) with values px / 127.5 - 1; h and w divide by 32.
        """
        logits, edges = self.logits(self.features(image))
        return logits.sigmoid(), edges

    def features(self, image: Tensor) -> list[Tensor]:
        """What the last layers read, a map (n, 96, h, w) for each stride."""
        maps = zip(self.heads, self.trunk(image), strict=True)
        return [cast("_Head", head).hidden(x) for head, x in maps]

    def logits(self, features: list[Tensor]) -> tuple[Tensor, Tensor]:
        """Of `features` what `forward` returns, but the scores before the sigmoid."""
        answers = [head(x) for head, x in zip(self.heads, features, strict=True)]
        logits, edges = (
            torch.cat([x.flatten(2) for x in one], dim=2) for one in zip(*answers, strict=True)
        )
        return logits, edges
