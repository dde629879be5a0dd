"""A detector of people without anchors, for one CPU core.

The idea is CenterNet's (Zhou et al., "Objects as Points", 2019): a person is a peak in a map of
centres, and the features there tell the edges of their box. The trunk is MoveNet Lightning's.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from poseviewer.models.pose_trunk import PoseTrunk

if TYPE_CHECKING:
    from collections.abc import Sequence

_UNIT = 16.0
"""Pixels from a cell to an edge of the box before anything is learnt."""

_FARTHEST = 4.0
"""Most logarithm of a distance over `_UNIT`."""

_INSET = 0.1
"""How far inside the box the joints begin before anything is learnt, in its widths or heights."""

_RARE = 0.02
"""Score of every cell before anything is learnt."""


class FinderLite(nn.Module):
    """Centres of people and the edges of their boxes at stride 4.

    Args:
        width: Of the trunk, see `PoseTrunk`.
    """

    stride = 4
    """Input pixels per cell."""

    def __init__(self, *, width: float = 1.0) -> None:
        super().__init__()
        self.trunk = PoseTrunk(width=width)
        hidden = PoseTrunk.channels // 2
        self.centre = nn.Conv2d(hidden, 1, 1)
        self.edges = nn.Conv2d(hidden, 8, 1)
        with torch.no_grad():
            self.centre.weight.normal_(std=1e-3)
            self.centre.bias = nn.Parameter(torch.full((1,), _logit(_RARE)))
            self.edges.weight.normal_(std=1e-3)
            self.edges.bias = nn.Parameter(torch.tensor([0.0] * 4 + [_logit(_INSET)] * 4))

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Scores of centres (n, 1, h/4, w/4) and distances to edges (n, 8, h/4, w/4).

        The distances go in pixels from a cell outwards to the left, upper, right and lower edge,
        first of the box about what is visible of the person, then of that about their joints in
        the picture. The second lies inside the first.

        Args:
            image: (n, 3, h, w) with values px / 127.5 - 1; h and w divide by 32.
        """
        logits, edges = self.logits(image)
        return logits.sigmoid(), edges

    def logits(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """As `forward`, but the scores before the sigmoid."""
        centre, edge = self.trunk(image).chunk(2, dim=1)
        raw = self.edges(edge)
        body = raw[:, :4].clamp(-_FARTHEST, _FARTHEST).exp() * _UNIT
        size = body[:, :2] + body[:, 2:]
        joints = body - raw[:, 4:].sigmoid() * torch.cat([size, size], dim=1)
        return self.centre(centre), torch.cat([body, joints], dim=1)

    def start_at(self, centres: Sequence[nn.Module], last: nn.Conv2d) -> None:
        """Look for centres as another network on this trunk does.

        Args:
            centres: The convolutions of its hidden layer, depthwise and 1x1.
            last: Its 1x1 to one map.
        """
        ours = [layer for layer in self.trunk.heads[0].modules() if isinstance(layer, nn.Conv2d)]
        for layer, theirs in zip([*ours, self.centre], [*centres, last], strict=True):
            layer.load_state_dict(theirs.state_dict())


def _logit(share: float) -> float:
    return math.log(share / (1 - share))
