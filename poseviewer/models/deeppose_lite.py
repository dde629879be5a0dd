"""A DeepPose for two CPU cores.

The cascade is the paper's; a stage is a small trunk and head in place of AlexNet. The first stage
sees the person coarsely, through a MobileNetV2; the later ones see the surroundings of a joint
through one with a feature pyramid. For each joint a stage also returns a confidence, which the
paper's does not: a viewer must know whether there is a person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from poseviewer.models.deeppose import Cascade
from poseviewer.models.mobilenet_v2 import MobileNetV2
from poseviewer.models.pose_trunk import Joined, PoseTrunk
from poseviewer.models.separable import pointwise

if TYPE_CHECKING:
    from collections.abc import Sequence

_NUMBERS = 3
_COARSEST, _FINE = 32, 8
"""Strides at which the first and the later stages are read."""


class _Deepest(nn.Sequential):
    """The deepest of a trunk's maps, in fewer channels."""

    def __init__(self, channels: Sequence[int], features: int) -> None:
        super().__init__(pointwise(channels[-1], features), nn.ReLU(inplace=True))

    def forward(self, levels: list[Tensor]) -> Tensor:
        """Maps of all strides to (n, features, h/32, w/32)."""
        x = levels[-1]
        for layer in self:
            x = layer(x)
        return x


class LiteNetwork(nn.Module):
    """One stage: trunk, 1x1 convolution, one hidden layer, three numbers a joint.

    Args:
        joints: k.
        trunk: Images to what `read` reads.
        read: That to features (n, c, h, w).
        numbers: c h w.
        hidden: Width of the hidden layer.
        dropout: Chance of dropping one of its units.
    """

    def __init__(
        self,
        *,
        joints: int,
        trunk: MobileNetV2 | PoseTrunk,
        read: nn.Module,
        numbers: int,
        hidden: int,
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        self.joints = joints
        self.trunk = trunk
        self.read = read
        self.hidden = nn.Sequential(
            nn.Flatten(),
            nn.Linear(numbers, hidden, bias=False),
            nn.BatchNorm1d(hidden),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
        )
        # An untrained stage answers the middle of the box: the first a person folded up, the
        # later ones no displacement.
        self.answer = nn.Linear(hidden, joints * _NUMBERS)
        nn.init.normal_(self.answer.weight, std=1e-3)
        self.answer.bias = nn.Parameter(torch.zeros(joints * _NUMBERS))

    def forward(self, image: Tensor) -> Tensor:
        """Images (n, 3, side, side) to (n, joints, 1, 3): x, y and a logit of confidence."""
        answer = cast("Tensor", self.answer(self.hidden(self.read(self.trunk(image)))))
        return answer.reshape(-1, self.joints, 1, _NUMBERS)


def whole_network(*, joints: int, side: int, features: int = 128) -> LiteNetwork:
    """The first stage, which sees a person at `side` pixels, a multiple of 32."""
    trunk = MobileNetV2(width=1.0)
    read = _Deepest(trunk.channels, features)
    numbers = features * (side // _COARSEST) ** 2
    return LiteNetwork(joints=joints, trunk=trunk, read=read, numbers=numbers, hidden=512)


def part_network(*, joints: int, side: int, features: int = 32) -> LiteNetwork:
    """A later stage, which sees the box of a joint at `side` pixels, a multiple of 32."""
    trunk = PoseTrunk(width=1.0)
    read = Joined(features, stride=_FINE)
    numbers = features * (side // _FINE) ** 2
    return LiteNetwork(joints=joints, trunk=trunk, read=read, numbers=numbers, hidden=256)


SIDE, PART = 160, 96
"""Width and height at which the person and a joint's box are seen, pixels."""


def deeppose_lite(*, joints: int = 14, side: int = SIDE, part: int = PART) -> Cascade:
    """Three stages: the first sees the person at `side`, the later ones joints at `part` pixels."""
    later = [part_network(joints=joints, side=part) for _ in range(2)]
    networks = [whole_network(joints=joints, side=side), *later]
    return Cascade(networks, sides=(side, part, part), joints=joints)
