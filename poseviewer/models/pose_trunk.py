"""A MobileNetV2 with its way back up, in the shape of MoveNet's: features of joints at stride 4.

The way up is a feature pyramid (Lin et al., CVPR 2017). Layers and widths are those of the
published MoveNets (Google, 2021) down to the hidden layers of two of their heads: that of the
joints' heatmaps, and that of the ways from a person's centre to their joints.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from poseviewer.models.mobilenet_v2 import MobileNetV2
from poseviewer.models.separable import Depthwise, SeparableResidual, pointwise

_LATERAL = (24, 32, 64, 64)
"""Widths of the pyramid at strides 4, 8, 16 and 32."""

_NEAR = 2
"""Which of the maps on the way down has stride 8."""

_HIDDEN = 96
"""Channels that each of the two heads adds to the features."""

_WIDE = 192
"""Channels inside the local evidence."""

_ENDS = (0, 2, 5, 9, 16)
"""The way up looks at stride 16 where it is not yet at its widest."""


class Separable(nn.Sequential):
    """Depthwise 3x3, 1x1, ReLU."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(
            Depthwise(channels_in, kernel=3),
            nn.Conv2d(channels_in, channels_out, 1),
            nn.ReLU(inplace=True),
        )


class PoseTrunk(nn.Module):
    """Features of joints at stride 4.

    Args:
        width: Of the MobileNetV2: 1 in MoveNet Lightning, 1.5 in MultiPose, 1.75 in Thunder.
    """

    channels = 2 * _HIDDEN
    """Of the features."""

    def __init__(self, *, width: float) -> None:
        super().__init__()
        self.down = MobileNetV2(width=width, ends=_ENDS)
        self.near = self.down.channels[_NEAR]
        """Channels of what `near_and_far` takes on the way down."""

        self.laterals = nn.ModuleList(
            nn.Conv2d(c, wide, 1) for c, wide in zip(self.down.channels[1:], _LATERAL, strict=True)
        )
        finer = (_LATERAL[0], *_LATERAL)
        self.smooth = nn.ModuleList(
            Separable(_LATERAL[i], finer[i]) for i in range(len(_LATERAL) - 1)
        )
        self.heads = nn.ModuleList(Separable(_LATERAL[0], _HIDDEN) for _ in range(2))

    def forward(self, image: Tensor) -> Tensor:
        """Features (n, 192, h/4, w/4).

        Args:
            image: (n, 3, h, w) with values px / 127.5 - 1; h and w divide by 32.
        """
        return self.near_and_far(image)[1]

    def near_and_far(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """Features of the 59 pixels around a cell (n, `near`, h/8, w/8), and those of `forward`.

        The first are taken on the way down, at stride 8.
        """
        levels = self.down(image)
        x = self._up(levels[1:])
        return levels[_NEAR], torch.cat([head(x) for head in self.heads], dim=1)

    def pyramid(self, image: Tensor) -> Tensor:
        """The features that all heads read (n, 24, h/4, w/4)."""
        return self._up(self.down(image)[1:])

    def _up(self, levels: list[Tensor]) -> Tensor:
        *finer, coarsest = levels
        x = self.laterals[-1](coarsest)
        for i in reversed(range(len(finer))):
            x = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
            x = self.smooth[i](x + self.laterals[i](finer[i]))
        return cast("Tensor", x)

    def early(self) -> list[nn.Module]:
        """Its layers down to stride 4."""
        return self.down.early()


def early_layers(network: nn.Module) -> list[nn.Module]:
    """The layers of a network's trunk down to stride 4; none of a network without such a trunk."""
    trunk = getattr(network, "trunk", None)
    return [] if trunk is None else cast("PoseTrunk", trunk).early()


class LocalEvidence(nn.Sequential):
    """Features for a first stage that sees parts, not bodies: 91 pixels around each cell.

    The first stage of the published pose machine sees 160 of its 368 pixels (Wei et al., CVPR
    2016, section 3.2), that of OpenPose as many.
    """

    def __init__(self, channels_in: int, features: int) -> None:
        super().__init__(
            *pointwise(channels_in, _WIDE),
            nn.ReLU(inplace=True),
            *(SeparableResidual(_WIDE, kernel=3) for _ in range(2)),
            *pointwise(_WIDE, features),
            nn.ReLU(inplace=True),
        )


class Joined(nn.Module):
    """Reduces the trunk's features to the width and stride of the stages above.

    Args:
        features: Their channels, at most those of the trunk.
        stride: 4 or 8.
    """

    def __init__(self, features: int, *, stride: int = 4) -> None:
        super().__init__()
        step = stride // 4
        self.mix = nn.Conv2d(PoseTrunk.channels, features, step, step, bias=False)
        self.norm = nn.BatchNorm2d(features)
        # To begin with, what the head of heatmaps has found.
        with torch.no_grad():
            self.mix.weight.normal_(std=0.02)
            self.mix.weight[:, :features] += torch.eye(features)[..., None, None] / step**2

    def forward(self, x: Tensor) -> Tensor:
        """(n, 192, h, w) to (n, features, h * 4 / stride, w * 4 / stride)."""
        return F.relu(self.norm(self.mix(x)))
