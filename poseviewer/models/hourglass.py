"""The Stacked Hourglass of Newell, Yang & Deng (ECCV 2016), exactly.

Layers: section 3; counts: docs/facts/networks.md. Tensor names follow the bearpaw / anibali layout
(`hg.{stack}.hg.{level}.{0..3}.{module}`, level 0 innermost), so such files load as they are.
"""

from __future__ import annotations

from typing import Literal, cast

import torch.nn.functional as F
from torch import Tensor, nn

Stem = Literal["paper", "bearpaw"]

_DEPTH = 4
_FEATURES = 256


class Residual(nn.Module):
    """Pre-activation bottleneck: three times norm, ReLU, convolution, plus the input (4.1).

    Where the widths differ the input passes through a plain 1x1 convolution.
    """

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        half = channels_out // 2
        self.bn1 = nn.BatchNorm2d(channels_in)
        self.conv1 = nn.Conv2d(channels_in, half, 1)
        self.bn2 = nn.BatchNorm2d(half)
        self.conv2 = nn.Conv2d(half, half, 3, padding=1)
        self.bn3 = nn.BatchNorm2d(half)
        self.conv3 = nn.Conv2d(half, channels_out, 1)
        self.downsample = (
            nn.Sequential(nn.Conv2d(channels_in, channels_out, 1))
            if channels_in != channels_out
            else None
        )

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, channels_in, h, w) to (n, channels_out, h, w)."""
        y = self.conv1(F.relu(self.bn1(x)))
        y = self.conv2(F.relu(self.bn2(y)))
        y = self.conv3(F.relu(self.bn3(y)))
        skip = x if self.downsample is None else self.downsample(x)
        return cast("Tensor", y + skip)


def _residuals(count: int) -> nn.Sequential:
    return nn.Sequential(*(Residual(_FEATURES, _FEATURES) for _ in range(count)))


class Hourglass(nn.Module):
    """One bottom-up, top-down module over four halvings (paper section 3.1).

    Args:
        modules: Residuals in a row wherever the paper draws one.
    """

    def __init__(self, *, modules: int = 1) -> None:
        super().__init__()
        # 0 is the skip, 1 before the recursion, 2 after it, 3 the bottom (innermost level only).
        self.hg = nn.ModuleList(
            nn.ModuleList(_residuals(modules) for _ in range(4 if level == 0 else 3))
            for level in range(_DEPTH)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, 256, h, w) to features of the same shape; h and w divide by 16."""
        return self._level(_DEPTH - 1, x)

    def _level(self, level: int, x: Tensor) -> Tensor:
        parts = cast("nn.ModuleList", self.hg[level])
        low = parts[1](F.max_pool2d(x, 2))
        low = self._level(level - 1, low) if level > 0 else parts[3](low)
        low = F.interpolate(parts[2](low), scale_factor=2.0, mode="nearest")
        return cast("Tensor", parts[0](x) + low)


class StackedHourglass(nn.Module):
    """Hourglasses end to end, each with a supervised prediction merged back into the features.

    Args:
        joints: Belief maps per stack.
        stacks: Hourglasses, 1 to 8 in the paper.
        modules: Residuals in a row inside a stack; the paper compares 8 x 1, 4 x 2 and 2 x 4.
        stem: `paper` widens in its last residual, `bearpaw` (also anibali) in the one before.
    """

    def __init__(
        self, *, joints: int = 16, stacks: int = 2, modules: int = 1, stem: Stem = "paper"
    ) -> None:
        super().__init__()
        f, middle = _FEATURES, 128 if stem == "paper" else 256
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3)
        self.bn1 = nn.BatchNorm2d(64)
        self.layer1 = nn.Sequential(Residual(64, 128))
        self.layer2 = nn.Sequential(Residual(128, middle))
        self.layer3 = nn.Sequential(Residual(middle, f))
        self.hg = nn.ModuleList(Hourglass(modules=modules) for _ in range(stacks))
        self.res = nn.ModuleList(_residuals(modules) for _ in range(stacks))
        self.fc = nn.ModuleList(
            nn.Sequential(nn.Conv2d(f, f, 1), nn.BatchNorm2d(f), nn.ReLU()) for _ in range(stacks)
        )
        self.score = nn.ModuleList(nn.Conv2d(f, joints, 1) for _ in range(stacks))
        self.fc_ = nn.ModuleList(nn.Conv2d(f, f, 1) for _ in range(stacks - 1))
        self.score_ = nn.ModuleList(nn.Conv2d(joints, f, 1) for _ in range(stacks - 1))

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Belief maps (n, joints, h/4, w/4) of every stack; h and w divide by 64."""
        x = F.relu(self.bn1(self.conv1(image)))
        x = self.layer3(self.layer2(F.max_pool2d(self.layer1(x), 2)))
        stages: list[Tensor] = []
        for i, hourglass in enumerate(self.hg):
            read = self.fc[i](self.res[i](hourglass(x)))
            stages.append(self.score[i](read))
            if i < len(self.fc_):
                x = x + self.fc_[i](read) + self.score_[i](stages[-1])
        return tuple(stages)
