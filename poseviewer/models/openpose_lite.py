"""An OpenPose for two CPU cores.

The idea is that of Cao et al. (CVPR 2017): beliefs and part affinity fields of all people in the
picture, refined stage by stage, each from the features and both maps before. The first stage sees
parts only. The trunk is a MobileNetV2 with a feature pyramid, of the width of the MoveNet that
looks for several people, and the 7x7 kernels are depthwise.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from poseviewer.models.pose_trunk import Joined, LocalEvidence, PoseTrunk
from poseviewer.models.separable import SeparableResidual, belief_head, pointwise

_STRIDE = 8


class _Heads(nn.Module):
    """Fields and beliefs out of the same features."""

    def __init__(self, features: int, *, fields: int, beliefs: int) -> None:
        super().__init__()
        self.linear = pointwise(features, features)
        self.relu = nn.ReLU(inplace=True)
        self.fields = belief_head(features, fields)
        self.beliefs = belief_head(features, beliefs, background=True)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Features (n, c, h, w) to fields and beliefs."""
        read = self.relu(self.linear(x))
        return [self.fields(read), self.beliefs(read)]


class FieldStage(nn.Module):
    """A stage after the first: features, fields and beliefs to better fields and beliefs."""

    def __init__(self, features: int, *, fields: int, beliefs: int, blocks: int) -> None:
        super().__init__()
        self.joined = pointwise(features + fields + beliefs, features)
        self.relu = nn.ReLU(inplace=True)
        self.context = nn.Sequential(
            *(SeparableResidual(features, kernel=7) for _ in range(blocks))
        )
        self.heads = _Heads(features, fields=fields, beliefs=beliefs)

    def forward(self, features: Tensor, maps: list[Tensor]) -> list[Tensor]:
        """Features (n, c, h, w) and the two maps before to the two maps of this stage."""
        x = self.relu(self.joined(torch.cat([features, *maps], dim=1)))
        return cast("list[Tensor]", self.heads(self.context(x)))


class OpenPoseLite(nn.Module):
    """OpenPose with a fused trunk; fields and beliefs at stride 8.

    Args:
        joints: Beliefs have one map more, the background.
        limbs: Fields have two maps each.
        refinements: Stages after the initial one.
        features: Width of everything above the trunk.
        blocks: Residuals with 7x7 kernels in each refinement.
        width: Of the trunk, see `PoseTrunk`.
    """

    def __init__(
        self,
        *,
        joints: int = 18,
        limbs: int = 19,
        refinements: int = 2,
        features: int = 96,
        blocks: int = 5,
        width: float = 1.5,
    ) -> None:
        super().__init__()
        fields, beliefs = 2 * limbs, joints + 1
        self.trunk = PoseTrunk(width=width)
        self.joined = Joined(features, stride=_STRIDE)
        self.local = LocalEvidence(self.trunk.near, features)
        self.initial = nn.Sequential(*(SeparableResidual(features, kernel=3) for _ in range(3)))
        self.heads = _Heads(features, fields=fields, beliefs=beliefs)
        self.refinements = nn.ModuleList(
            FieldStage(features, fields=fields, beliefs=beliefs, blocks=blocks)
            for _ in range(refinements)
        )

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Fields (n, 2 limbs, h/8, w/8), then beliefs (n, joints + 1, h/8, w/8) of every stage.

        Args:
            image: (n, 3, h, w), px / 127.5 - 1; h and w divide by 32.
        """
        near, far = self.trunk.near_and_far(image)
        features = self.joined(far)
        maps = self.heads(self.initial(self.local(near)))
        stages = list(maps)
        for refinement in self.refinements:
            maps = refinement(features, maps)
            stages += maps
        return tuple(stages)
