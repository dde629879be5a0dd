"""A ShuffleNetV2 with a pyramid both ways, in the shape of NanoDet-Plus's: features of things.

The trunk is that of Ma et al. (ECCV 2018), the pyramid goes down and up again as in Liu et al.
(PANet, CVPR 2018) through the blocks of Han et al. (GhostNet, CVPR 2020). Layers and widths are
those of NanoDet-Plus-m (RangiLyu, 2021), with every batch norm folded into the convolution before
it, so that its published weights fit.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from poseviewer.models.separable import Depthwise

_STEM = 24
_STAGES = ((116, 4), (232, 8), (464, 4))
"""Channels and blocks at strides 8, 16 and 32: table 5 of the paper of ShuffleNetV2, width 1."""

_SLOPE = 0.1


def leaky() -> nn.LeakyReLU:
    """What stands between the layers."""
    return nn.LeakyReLU(_SLOPE, inplace=True)


class Separable(nn.Sequential):
    """Depthwise 5x5, 1x1, each followed by a leaky ReLU."""

    def __init__(self, channels: int, *, stride: int = 1) -> None:
        super().__init__(
            Depthwise(channels, kernel=5, stride=stride, bias=True),
            leaky(),
            nn.Conv2d(channels, channels, 1),
            leaky(),
        )


class _Unit(nn.Module):
    """A block of ShuffleNetV2 (figure 3): half the channels pass, or both halves go down."""

    def __init__(self, channels_in: int, channels: int, *, stride: int) -> None:
        super().__init__()
        half = channels // 2
        inside = half if stride == 1 else channels_in
        self.side: nn.Module = nn.Identity()
        if stride > 1:
            self.side = nn.Sequential(
                Depthwise(channels_in, kernel=3, stride=stride, bias=True),
                nn.Conv2d(channels_in, half, 1),
                leaky(),
            )
        self.main = nn.Sequential(
            nn.Conv2d(inside, half, 1),
            leaky(),
            Depthwise(half, kernel=3, stride=stride, bias=True),
            nn.Conv2d(half, half, 1),
            leaky(),
        )
        self._halves = stride == 1

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, channels_in, h, w) to (n, channels, h/stride, w/stride)."""
        side, main = x.chunk(2, dim=1) if self._halves else (x, x)
        both = torch.stack([self.side(side), self.main(main)], dim=2)
        return both.flatten(1, 2)


class ShuffleNetV2(nn.Module):
    """Features of an image at strides 8, 16 and 32."""

    channels = tuple(channels for channels, _ in _STAGES)

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, _STEM, 3, 2, 1), leaky(), nn.MaxPool2d(3, 2, 1))
        self.stages = nn.ModuleList()
        before = _STEM
        for channels, blocks in _STAGES:
            units = [_Unit(before, channels, stride=2)]
            units += [_Unit(channels, channels, stride=1) for _ in range(blocks - 1)]
            self.stages.append(nn.Sequential(*units))
            before = channels

    def forward(self, image: Tensor) -> list[Tensor]:
        """One map a stride."""
        x, maps = self.stem(image), []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps


class _Ghost(nn.Module):
    """A 1x1 convolution, of which a depthwise one makes as many channels again (section 3.1)."""

    def __init__(self, channels_in: int, channels: int, *, last: bool) -> None:
        super().__init__()
        half = channels // 2
        self.first = nn.Conv2d(channels_in, half, 1)
        self.cheap = Depthwise(half, kernel=3, bias=True)
        self._last = last

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, channels_in, h, w) to (n, channels, h, w)."""
        first = self.first(x)
        first = first if self._last else F.leaky_relu(first, _SLOPE)
        cheap = self.cheap(first)
        return torch.cat([first, cheap if self._last else F.leaky_relu(cheap, _SLOPE)], dim=1)


class _Merge(nn.Module):
    """Two maps of one size to one of as many channels: a bottleneck of GhostNet (figure 3)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.main = nn.Sequential(
            _Ghost(2 * channels, channels, last=False), _Ghost(channels, channels, last=True)
        )
        self.side = nn.Sequential(
            Depthwise(2 * channels, kernel=5, bias=True), nn.Conv2d(2 * channels, channels, 1)
        )

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Features (n, channels, h, w) of both."""
        x = torch.cat([a, b], dim=1)
        return cast("Tensor", self.main(x) + self.side(x))


class ShufflePyramid(nn.Module):
    """Features at strides 8, 16, 32 and 64, of as many channels each."""

    channels = 96
    strides = (8, 16, 32, 64)

    def __init__(self) -> None:
        super().__init__()
        wide = self.channels
        self.down = ShuffleNetV2()
        self.laterals = nn.ModuleList(
            nn.Sequential(nn.Conv2d(c, wide, 1), leaky()) for c in self.down.channels
        )
        self.finer = nn.ModuleList(_Merge(wide) for _ in range(2))
        self.steps = nn.ModuleList(Separable(wide, stride=2) for _ in range(2))
        self.coarser = nn.ModuleList(_Merge(wide) for _ in range(2))
        self.beyond = nn.ModuleList(Separable(wide, stride=2) for _ in range(2))

    def forward(self, image: Tensor) -> list[Tensor]:
        """One map a stride.

        Args:
            image: (n, 3, h, w) with values px / 127.5 - 1; h and w divide by 32.
        """
        near, middle, far = (
            lateral(x) for lateral, x in zip(self.laterals, self.down(image), strict=True)
        )
        middle = self.finer[0](_twice(far), middle)
        near = self.finer[1](_twice(middle), near)
        middle = self.coarser[0](self.steps[0](near), middle)
        last = self.coarser[1](self.steps[1](middle), far)
        return [near, middle, last, self.beyond[0](far) + self.beyond[1](last)]


def _twice(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
