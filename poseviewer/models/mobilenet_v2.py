"""The MobileNetV2 trunk that our small networks share.

Architecture: Sandler et al., CVPR 2018, with every batch norm folded into the convolution
before it, which is how pose networks on this trunk are published and what is quickest to train
on a CPU. Only the feature extractor is built here.
"""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn

from poseviewer.models.separable import Depthwise

# expansion, output channels, repeats, stride: table 2 of the paper
_LAYOUT = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
_STEM, _LAST = 32, 1280
_EARLY = 3
"""Bottlenecks down to stride 4."""
_EVERY = 8


def _wide(channels: int, width: float) -> int:
    """The next multiple of 8, unless that takes away more than a tenth."""
    rounded = max(_EVERY, int(channels * width + _EVERY / 2) // _EVERY * _EVERY)
    return rounded if rounded >= 0.9 * channels * width else rounded + _EVERY


def _bottlenecks() -> list[tuple[int, int, int]]:
    """Expansion, output channels in the paper and stride of all 17."""
    return [
        (expansion, out, stride if i == 0 else 1)
        for expansion, out, repeats, stride in _LAYOUT
        for i in range(repeats)
    ]


class _Ahead(nn.ZeroPad2d):
    """Room for a 3x3 kernel of stride 2 as TensorFlow gives it to even sizes: after, not before."""

    def __init__(self) -> None:
        super().__init__((0, 1, 0, 1))


class InvertedResidual(nn.Module):
    """Expand 1x1, depthwise 3x3, project 1x1; added to the input where that fits (section 3.3)."""

    def __init__(self, channels_in: int, channels_out: int, *, stride: int, expansion: int) -> None:
        super().__init__()
        wide = channels_in * expansion
        self.expand: nn.Module = nn.Identity()
        if expansion > 1:
            self.expand = nn.Sequential(nn.Conv2d(channels_in, wide, 1), nn.ReLU6(inplace=True))
        self.depthwise = nn.Sequential(
            _Ahead() if stride == 2 else nn.Identity(),
            Depthwise(wide, kernel=3, stride=stride, padding=2 - stride, bias=True),
            nn.ReLU6(inplace=True),
        )
        self.project = nn.Conv2d(wide, channels_out, 1)
        self._identity = stride == 1 and channels_in == channels_out

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, channels_in, h, w) to (n, channels_out, h/stride, w/stride)."""
        y = cast("Tensor", self.project(self.depthwise(self.expand(x))))
        return x + y if self._identity else y


class MobileNetV2(nn.Module):
    """MobileNetV2 without its classifier, returning one feature map per stride.

    Args:
        width: Channels of every layer but the last 1x1, relative to the paper's.
        ends: The bottlenecks, of 17 counted from 0, whose features are returned; what comes after
            the last of them is not built. All 17 are followed by the paper's last 1x1.
    """

    def __init__(self, *, width: float, ends: tuple[int, ...] = (0, 2, 5, 12, 16)) -> None:
        super().__init__()
        self._ends = ends
        channels = _wide(_STEM, width)
        self.stem = nn.Sequential(_Ahead(), nn.Conv2d(3, channels, 3, 2), nn.ReLU6(inplace=True))
        self.blocks = nn.ModuleList()
        reached = []
        for i, (expansion, paper, stride) in enumerate(_bottlenecks()[: ends[-1] + 1]):
            out = _wide(paper, width)
            block = InvertedResidual(channels, out, stride=stride, expansion=expansion)
            self.blocks.append(block)
            channels = out
            if i in ends:
                reached.append(out)
        self.last: nn.Module = nn.Identity()
        if ends[-1] == len(_bottlenecks()) - 1:
            self.last = nn.Sequential(nn.Conv2d(channels, _LAST, 1), nn.ReLU6(inplace=True))
            reached[-1] = _LAST
        self.channels: tuple[int, ...] = tuple(reached)
        """Channels of the returned maps."""

    def forward(self, image: Tensor) -> list[Tensor]:
        """Features of an image, by default at strides 2, 4, 8, 16 and 32.

        Args:
            image: (n, 3, h, w) with values px / 127.5 - 1; h and w divide by the last stride.
        """
        features, x = [], self.stem(image)
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i in self._ends:
                features.append(x)
        features[-1] = self.last(features[-1])
        return features

    def early(self) -> list[nn.Module]:
        """Its layers down to stride 4."""
        return [self.stem, *self.blocks[:_EARLY]]
