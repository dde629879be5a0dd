"""A stacked hourglass for two CPU cores.

The idea is that of Newell, Yang & Deng (ECCV 2016): repeated bottom-up, top-down
inference with a prediction, supervised, after every hourglass, merged back into the
features. The first hourglass is a MobileNetV2 and a feature pyramid, and every residual is
depthwise separable.
"""

from __future__ import annotations

from typing import cast

import torch.nn.functional as F
from torch import Tensor, nn

from poseviewer.models.pose_trunk import Joined, PoseTrunk
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
        stacks: Hourglasses, the first of which is the trunk.
        features: Width of everything above the trunk.
        width: Of the trunk, see `PoseTrunk`.
    """

    def __init__(
        self, *, joints: int = 14, stacks: int = 3, features: int = 96, width: float = 1.75
    ) -> None:
        super().__init__()
        self.trunk = PoseTrunk(width=width)
        self.joined = Joined(features)
        self.hourglasses = nn.ModuleList(
            SmallHourglass(features, depth=3) for _ in range(stacks - 1)
        )
        self.readouts = nn.ModuleList(Readout(features, joints) for _ in range(stacks))
        self.merge_features = nn.ModuleList(
            nn.Conv2d(features, features, 1) for _ in range(stacks - 1)
        )
        self.merge_beliefs = nn.ModuleList(
            nn.Conv2d(joints, features, 1) for _ in range(stacks - 1)
        )

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Belief maps (n, joints, h/4, w/4) of every stack; h and w divide by 32."""
        x = self.joined(self.trunk(image))
        read, beliefs = self.readouts[0](x)
        stages = [beliefs]
        for i, hourglass in enumerate(self.hourglasses):
            x = x + self.merge_features[i](read) + self.merge_beliefs[i](beliefs)
            read, beliefs = self.readouts[i + 1](hourglass(x))
            stages.append(beliefs)
        return tuple(stages)
