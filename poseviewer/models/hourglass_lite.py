"""A stacked hourglass for two CPU cores.

The idea is that of Newell, Yang & Deng (ECCV 2016): repeated bottom-up, top-down inference with a
prediction, supervised, after every hourglass, merged back into the features. Two things differ.
Every residual is depthwise separable. And what the stacks see grows from one to the next: the
first reads parts only, on the way down a MobileNetV2 at stride 8; the second puts these parts and
their beliefs together in an hourglass; every later one adds the features of the whole person, from
the way back up, at stride 4.
"""

from __future__ import annotations

from typing import cast

import torch.nn.functional as F
from torch import Tensor, nn

from poseviewer.models.pose_trunk import Joined, LocalEvidence, PoseTrunk
from poseviewer.models.separable import SeparableResidual, belief_head, pointwise


def _up(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="nearest")


class SmallHourglass(nn.Module):
    """An hourglass of separable residuals over `depth` halvings (paper section 3.1)."""

    def __init__(self, features: int, *, depth: int) -> None:
        super().__init__()
        self.skip = SeparableResidual(features, kernel=3)
        self.down = SeparableResidual(features, kernel=5)
        self.inner: nn.Module = (
            SmallHourglass(features, depth=depth - 1)
            if depth > 1
            else SeparableResidual(features, kernel=5)
        )
        self.rise = SeparableResidual(features, kernel=5)

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, c, h, w) to features of the same shape; h and w divide by 2 ** depth."""
        low = self.rise(self.inner(self.down(F.max_pool2d(x, 2))))
        return cast("Tensor", self.skip(x) + _up(low))


class Readout(nn.Module):
    """A stack's prediction: 1x1, norm, ReLU, then 1x1 to the belief maps."""

    def __init__(self, features: int, maps: int, *, background: bool = False) -> None:
        super().__init__()
        self.linear = pointwise(features, features)
        self.relu = nn.ReLU(inplace=True)
        self.head = belief_head(features, maps, background=background)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Features (n, c, h, w) to those that were read and the maps (n, maps, h, w)."""
        read = self.relu(self.linear(x))
        return read, self.head(read)


class HourglassLite(nn.Module):
    """Stacked hourglass on a MobileNetV2 with a feature pyramid; belief maps at stride 4.

    Args:
        joints: Belief maps per stack.
        stacks: How many.
        near: How many of them read parts only, at stride 8; their maps are enlarged.
        features: Width of everything above the trunk.
        width: Of the trunk, see `PoseTrunk`.
    """

    def __init__(
        self,
        *,
        joints: int = 23,
        stacks: int = 3,
        near: int = 2,
        features: int = 96,
        width: float = 1.75,
    ) -> None:
        super().__init__()
        self.trunk = PoseTrunk(width=width)
        self.local = LocalEvidence(self.trunk.near, features)
        self.joined = Joined(features)
        self.hourglasses = nn.ModuleList(
            SmallHourglass(features, depth=2 if i < near else 3) for i in range(1, stacks)
        )
        self.readouts = nn.ModuleList(Readout(features, joints) for _ in range(stacks))
        self.merge_features = nn.ModuleList(
            nn.Conv2d(features, features, 1) for _ in range(stacks - 1)
        )
        self.merge_beliefs = nn.ModuleList(
            nn.Conv2d(joints, features, 1) for _ in range(stacks - 1)
        )
        self.occlusion = nn.Conv2d(features, joints, 1)
        self._near = near

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Belief maps (n, joints, h/4, w/4) of every stack; h and w divide by 32."""
        return self._stages(image)[0]

    def stages_and_occlusion(self, image: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
        """What `forward` gives, and logits of each joint being hidden (n, joints, h/4, w/4).

        They are meant for the cell of the joint's peak, if the joint is there at all.
        """
        stages, read = self._stages(image)
        return stages, self.occlusion(read)

    def _stages(self, image: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
        near, far = self.trunk.near_and_far(image)
        x = self.local(near)
        read, beliefs = self.readouts[0](x)
        stages = [_finer(beliefs)]
        for i, hourglass in enumerate(self.hourglasses, start=1):
            merged = self.merge_features[i - 1](read) + self.merge_beliefs[i - 1](beliefs)
            x = self.joined(far) + _up(merged) if i == self._near else x + merged
            read, beliefs = self.readouts[i](hourglass(x))
            stages.append(_finer(beliefs) if i < self._near else beliefs)
        return tuple(stages), read


def _finer(beliefs: Tensor) -> Tensor:
    """Belief maps of stride 8 at stride 4."""
    return F.interpolate(beliefs, scale_factor=2.0, mode="bilinear", align_corners=False)
