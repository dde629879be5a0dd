"""A DeepPose for two CPU cores.

The cascade is the paper's; a stage is a MobileNetV2 trunk and a small head in place of
AlexNet. For each joint a stage also tells how surely it is near, which the paper's does not: a
viewer must know whether there is a person.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from poseviewer.models.deeppose import Cascade
from poseviewer.models.mobilenet_v2 import MobileNetV2
from poseviewer.models.separable import pointwise

_NUMBERS = 3
_SHORT = (0, 2, 5, 12)
"""Trunk of the later stages, which ends at stride 16."""


class LiteNetwork(nn.Module):
    """One stage: trunk, 1x1 convolution, one hidden layer, three numbers a joint.

    Args:
        joints: k.
        side: Width and height of the input, pixels; divides by 32.
        ends: Of the trunk, see `MobileNetV2`.
        width: Of the trunk.
        features: Channels that the head reads.
        hidden: Width of the hidden layer.
        dropout: Chance of dropping one of its units.
    """

    def __init__(
        self,
        *,
        joints: int,
        side: int,
        ends: tuple[int, ...] = (0, 2, 5, 12, 16),
        width: float = 1.0,
        features: int = 128,
        hidden: int = 512,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.joints = joints
        self.trunk = MobileNetV2(width=width, ends=ends)
        cells = side // 2 ** len(self.trunk.channels)
        self.read = nn.Sequential(
            pointwise(self.trunk.channels[-1], features), nn.ReLU(inplace=True)
        )
        self.hidden = nn.Sequential(
            nn.Flatten(),
            nn.Linear(features * cells * cells, hidden, bias=False),
            nn.BatchNorm1d(hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
        )
        # Before it has learnt anything a stage answers the middle of the box: the first a person
        # folded up, the later ones no displacement.
        self.answer = nn.Linear(hidden, joints * _NUMBERS)
        nn.init.normal_(self.answer.weight, std=1e-3)
        self.answer.bias = nn.Parameter(torch.zeros(joints * _NUMBERS))

    def forward(self, image: Tensor) -> Tensor:
        """Images (n, 3, side, side) to (n, joints, 1, 3): x, y and a logit of confidence."""
        answer = cast("Tensor", self.answer(self.hidden(self.read(self.trunk(image)[-1]))))
        return answer.reshape(-1, self.joints, 1, _NUMBERS)


SIDE, PART = 160, 80
"""Width and height at which the person and a joint's box are seen, pixels."""


def deeppose_lite(*, joints: int = 14, side: int = SIDE, part: int = PART) -> Cascade:
    """Three stages: the first sees the person at `side`, the later ones joints at `part` pixels."""
    first = LiteNetwork(joints=joints, side=side)
    later = [LiteNetwork(joints=joints, side=part, ends=_SHORT) for _ in range(2)]
    return Cascade([first, *later], sides=(side, part, part), joints=joints)
