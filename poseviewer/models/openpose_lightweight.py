"""Lightweight OpenPose (Osokin 2018): a dilated MobileNet and stages that share their branches.

Layers and tensor names are those of the published checkpoint; counts: docs/facts/networks.md.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

_WIDTH = 128
# Channels out, stride and dilation of the separable blocks after the first convolution.
_BLOCKS = (
    (64, 1, 1),
    (128, 2, 1),
    (128, 1, 1),
    (256, 2, 1),
    (256, 1, 1),
    (512, 1, 1),
    (512, 1, 2),
    *[(512, 1, 1)] * 4,
)


def _conv(
    channels_in: int,
    channels_out: int,
    *,
    kernel: int = 3,
    dilation: int = 1,
    norm: bool = False,
    relu: bool = True,
) -> nn.Sequential:
    layers: list[nn.Module] = [
        nn.Conv2d(
            channels_in,
            channels_out,
            kernel,
            padding=dilation * (kernel // 2),
            dilation=dilation,
        )
    ]
    if norm:
        layers.append(nn.BatchNorm2d(channels_out))
    if relu:
        layers.append(nn.ReLU(inplace=True))
    return nn.Sequential(*layers)


def _separable(channels_in: int, channels_out: int, *, stride: int, dilation: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_in, 3, stride, dilation, dilation, channels_in, bias=False),
        nn.BatchNorm2d(channels_in),
        nn.ReLU(inplace=True),
        nn.Conv2d(channels_in, channels_out, 1, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(inplace=True),
    )


def _separable_elu(channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, channels, 3, 1, 1, 1, channels, bias=False),
        nn.ELU(inplace=True),
        nn.Conv2d(channels, channels, 1, bias=False),
        nn.ELU(inplace=True),
    )


class Narrowing(nn.Module):
    """From the trunk's 512 channels to the stages' 128."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.align = _conv(channels_in, channels_out, kernel=1)
        self.trunk = nn.Sequential(*(_separable_elu(channels_out) for _ in range(3)))
        self.conv = _conv(channels_out, channels_out)

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels_in, h, w) to (n, channels_out, h, w)."""
        x = self.align(x)
        return cast("Tensor", self.conv(x + self.trunk(x)))


class _Stage(nn.Module):
    """A trunk that both heads share."""

    def __init__(self, trunk: nn.Sequential, *, wide: int, beliefs: int, fields: int) -> None:
        super().__init__()
        self.trunk = trunk
        self.heatmaps = self._head(wide, beliefs)
        self.pafs = self._head(wide, fields)

    @staticmethod
    def _head(wide: int, maps: int) -> nn.Sequential:
        return nn.Sequential(_conv(_WIDTH, wide, kernel=1), _conv(wide, maps, kernel=1, relu=False))

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Features to fields and beliefs."""
        x = self.trunk(x)
        return self.pafs(x), self.heatmaps(x)


class RefinementBlock(nn.Module):
    """A 7x7 field out of two 3x3 kernels, the second of them dilated, around an identity."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.initial = _conv(channels_in, channels_out, kernel=1)
        self.trunk = nn.Sequential(
            _conv(channels_out, channels_out, norm=True),
            _conv(channels_out, channels_out, dilation=2, norm=True),
        )

    def forward(self, x: Tensor) -> Tensor:
        """(n, channels_in, h, w) to (n, channels_out, h, w)."""
        x = self.initial(x)
        return cast("Tensor", x + self.trunk(x))


class LightweightOpenPose(nn.Module):
    """Lightweight OpenPose with 0 to 3 refinement stages.

    Args:
        joints: Beliefs have one map more, the background.
        limbs: Fields have two maps each.
        refinements: Stages after the initial one; the published file holds 3.
    """

    def __init__(self, *, joints: int = 18, limbs: int = 19, refinements: int = 1) -> None:
        super().__init__()
        beliefs, fields = joints + 1, 2 * limbs
        stem = nn.Sequential(
            nn.Conv2d(3, 32, 3, 2, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU(inplace=True)
        )
        channels, blocks = 32, [stem]
        for out, stride, dilation in _BLOCKS:
            blocks.append(_separable(channels, out, stride=stride, dilation=dilation))
            channels = out
        self.model = nn.Sequential(*blocks)
        self.cpm = Narrowing(channels, _WIDTH)
        first = nn.Sequential(*(_conv(_WIDTH, _WIDTH) for _ in range(3)))
        self.initial_stage = _Stage(first, wide=512, beliefs=beliefs, fields=fields)
        joined = _WIDTH + beliefs + fields
        self.refinement_stages = nn.ModuleList(
            _Stage(
                nn.Sequential(
                    *(RefinementBlock(_WIDTH if i else joined, _WIDTH) for i in range(5))
                ),
                wide=_WIDTH,
                beliefs=beliefs,
                fields=fields,
            )
            for _ in range(refinements)
        )

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Fields (n, 2 limbs, h/8, w/8), then beliefs (n, joints + 1, h/8, w/8) of every stage.

        The published module returns beliefs first; here fields come first for every OpenPose.

        Args:
            image: (n, 3, h, w), BGR, (px - 128) / 256; h and w divide by 8.
        """
        features = self.cpm(self.model(image))
        fields, beliefs = self.initial_stage(features)
        stages = [fields, beliefs]
        for stage in self.refinement_stages:
            # Beliefs before fields, unlike in OpenPose.
            fields, beliefs = stage(torch.cat([features, beliefs, fields], dim=1))
            stages += [fields, beliefs]
        return tuple(stages)
