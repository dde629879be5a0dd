"""A Convolutional Pose Machine for two CPU cores.

The idea is that of Wei et al. (CVPR 2016): the first stage sees parts only, every later one image
features, the beliefs of the stage before and a map of where the person is, through kernels so
large that each stage adds 240 pixels of receptive field. As in the paper the image features of the
stages after the first are those of parts, here up to the third; the last ones see those of a
feature pyramid over the whole person. The trunk is a MobileNetV2, and the 11x11 kernels are
depthwise.
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

    def forward(self, features: Tensor, beliefs: Tensor, centre: Tensor) -> tuple[Tensor, Tensor]:
        """All (n, ?, h, w) to what was read (n, features, h, w) and beliefs (n, maps, h, w)."""
        x = self.relu(self.joined(torch.cat([features, beliefs, centre], dim=1)))
        return cast("tuple[Tensor, Tensor]", self.readout(self.context(x)))


class PoseMachineLite(nn.Module):
    """A CPM with a fused MobileNetV2 trunk; beliefs with background at stride 8.

    Args:
        joints: Every stage returns one map more, the background.
        stages: How many.
        near: How many of them read parts only.
        features: Width of everything above the trunk.
        width: Of the trunk, see `PoseTrunk`.
    """

    def __init__(
        self,
        *,
        joints: int = 23,
        stages: int = 5,
        near: int = 3,
        features: int = 96,
        width: float = 1.75,
    ) -> None:
        super().__init__()
        maps = joints + 1
        self.trunk = PoseTrunk(width=width)
        self.joined = Joined(features, stride=_STRIDE)
        self.local = LocalEvidence(self.trunk.near, features)
        self.first = Readout(features, maps, background=True)
        self.later = nn.ModuleList(BeliefStage(features, maps) for _ in range(stages - 1))
        self.occlusion = nn.Conv2d(features, joints, 1)
        self._near = near

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Beliefs (n, joints + 1, h/8, w/8) of every stage; h and w divide by 32."""
        return self._stages(image)[0]

    def stages_and_occlusion(self, image: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
        """What `forward` gives, and logits of each joint being hidden (n, joints, h/8, w/8).

        They are meant for the cell of the joint's peak, if the joint is there at all.
        """
        stages, read = self._stages(image)
        return stages, self.occlusion(read)

    def _stages(self, image: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
        near, far = self.trunk.near_and_far(image)
        local = self.local(near)
        centre = self._centre(local)
        whole = self.joined(far)
        read, beliefs = self.first(local)
        stages = [beliefs]
        for i, stage in enumerate(self.later, start=1):
            read, beliefs = stage(local if i < self._near else whole, beliefs, centre)
            stages.append(beliefs)
        return tuple(stages), read

    def _centre(self, features: Tensor) -> Tensor:
        """A Gaussian on the middle of the input, one value a cell, repeated over the batch."""
        n, _, height, width = features.shape
        reach = _CENTRE_SHARE * height
        dy = (torch.arange(height, device=features.device) - (height - 1) / 2) / reach
        dx = (torch.arange(width, device=features.device) - (width - 1) / 2) / reach
        bell = torch.exp(-dy * dy / 2)[:, None] * torch.exp(-dx * dx / 2)
        return bell.to(features.dtype).expand(n, 1, -1, -1)
