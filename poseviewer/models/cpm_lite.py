"""A Convolutional Pose Machine for two CPU cores.

The idea is that of Wei et al. (CVPR 2016): the first stage sees parts only, every later one image
features, the beliefs of the stage before and a map of where the person is, through kernels so
large that each stage adds 240 pixels of receptive field. The trunk is a MobileNetV2 with a feature
pyramid, and the 11x11 kernels are depthwise.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from poseviewer.models.cpm import CENTRE_SIGMA
from poseviewer.models.hourglass_lite import Readout
from poseviewer.models.pose_trunk import Joined, LocalEvidence, PoseTrunk
from poseviewer.models.separable import SeparableResidual, pointwise

_STRIDE = 8
# The paper's centre map has a standard deviation of 21 pixels at an input of 368.
_CENTRE_SHARE = CENTRE_SIGMA / 368


class BeliefStage(nn.Module):
    """One stage after the first: features, beliefs and centre map to better beliefs."""

    def __init__(self, features: int, maps: int) -> None:
        super().__init__()
        self.joined = pointwise(features + maps + 1, features)
        self.relu = nn.ReLU(inplace=True)
        self.context = nn.Sequential(*(SeparableResidual(features, kernel=11) for _ in range(3)))
        self.readout = Readout(features, maps, background=True)

    def forward(self, features: Tensor, beliefs: Tensor, centre: Tensor) -> Tensor:
        """All (n, ?, h, w) to beliefs (n, maps, h, w)."""
        x = self.relu(self.joined(torch.cat([features, beliefs, centre], dim=1)))
        return cast("Tensor", self.readout(self.context(x))[1])


class PoseMachineLite(nn.Module):
    """A CPM with a fused MobileNetV2 trunk; beliefs with background at stride 8.

    Args:
        joints: Every stage returns one map more, the background.
        stages: How many.
        features: Width of everything above the trunk.
        width: Of the trunk, see `PoseTrunk`.
    """

    def __init__(
        self, *, joints: int = 14, stages: int = 5, features: int = 96, width: float = 1.75
    ) -> None:
        super().__init__()
        maps = joints + 1
        self.trunk = PoseTrunk(width=width)
        self.joined = Joined(features, stride=_STRIDE)
        self.local = LocalEvidence(self.trunk.near, features)
        self.first = Readout(features, maps, background=True)
        self.later = nn.ModuleList(BeliefStage(features, maps) for _ in range(stages - 1))

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Beliefs (n, joints + 1, h/8, w/8) of every stage; h and w divide by 32."""
        near, far = self.trunk.near_and_far(image)
        features = self.joined(far)
        centre = self._centre(features)
        stages = [self.first(self.local(near))[1]]
        for stage in self.later:
            stages.append(stage(features, stages[-1], centre))
        return tuple(stages)

    def _centre(self, features: Tensor) -> Tensor:
        """A Gaussian on the middle of the input, one value a cell, repeated over the batch."""
        n, _, height, width = features.shape
        reach = _CENTRE_SHARE * height
        dy = (torch.arange(height, device=features.device) - (height - 1) / 2) / reach
        dx = (torch.arange(width, device=features.device) - (width - 1) / 2) / reach
        bell = torch.exp(-dy * dy / 2)[:, None] * torch.exp(-dx * dx / 2)
        return bell.to(features.dtype).expand(n, 1, -1, -1)
