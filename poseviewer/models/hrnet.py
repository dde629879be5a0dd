"""HRNet of Sun, Xiao, Liu & Wang (CVPR 2019): branches of four resolutions, side by side.

Layers and tensor names are those of the released code (leoxiaobin/deep-high-resolution-net), so
its files load as they are; counts: docs/facts/networks.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch.nn.functional as F
from torch import Tensor, nn

from poseviewer.models.separable import belief_head

if TYPE_CHECKING:
    from collections.abc import Iterator

_EXPANSION = 4
"""How much wider a bottleneck's output is than its middle."""


def _conv_norm(
    channels_in: int, channels_out: int, *, kernel: int = 3, stride: int = 1, relu: bool = True
) -> nn.Sequential:
    layers: list[nn.Module] = [
        nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(channels_out),
    ]
    return nn.Sequential(*layers, *([nn.ReLU()] if relu else []))


class Bottleneck(nn.Module):
    """1x1, 3x3, 1x1 convolutions with norms, plus the input (He et al., CVPR 2016)."""

    def __init__(self, channels_in: int, middle: int) -> None:
        super().__init__()
        wide = _EXPANSION * middle
        self.conv1 = nn.Conv2d(channels_in, middle, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(middle)
        self.conv2 = nn.Conv2d(middle, middle, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(middle)
        self.conv3 = nn.Conv2d(middle, wide, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(wide)
        self.downsample = (
            _conv_norm(channels_in, wide, kernel=1, relu=False) if channels_in != wide else None
        )

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, channels_in, h, w) to (n, 4 * middle, h, w)."""
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        skip = x if self.downsample is None else self.downsample(x)
        return F.relu(self.bn3(self.conv3(y)) + skip)


class BasicBlock(nn.Module):
    """Two 3x3 convolutions with norms, plus the input (He et al., CVPR 2016)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(channels)

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, channels, h, w) to features of the same shape."""
        y = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(y)) + x)


def _path(widths: list[int], source: int, target: int) -> nn.Module:
    """What brings branch `source` to the resolution and width of branch `target`."""
    if source == target:
        return nn.Identity()
    if source > target:
        return nn.Sequential(
            *_conv_norm(widths[source], widths[target], kernel=1, relu=False),
            nn.Upsample(scale_factor=2.0 ** (source - target), mode="nearest"),
        )
    narrow = [
        _conv_norm(widths[source], widths[source], stride=2) for _ in range(target - source - 1)
    ]
    return nn.Sequential(*narrow, _conv_norm(widths[source], widths[target], stride=2, relu=False))


class HighResolutionModule(nn.Module):
    """Basic blocks on every branch, then an exchange between all branches (section 3).

    Args:
        widths: Channels of each branch, the finest first; each halves the resolution.
        blocks: Basic blocks on a branch.
        outputs: How many branches, the finest first, come out.
    """

    def __init__(self, widths: list[int], *, blocks: int, outputs: int) -> None:
        super().__init__()
        self.branches = nn.ModuleList(
            nn.Sequential(*(BasicBlock(width) for _ in range(blocks))) for width in widths
        )
        self.fuse_layers = nn.ModuleList(
            nn.ModuleList(_path(widths, source, target) for source in range(len(widths)))
            for target in range(outputs)
        )

    def forward(self, branches: list[Tensor]) -> list[Tensor]:
        """Features of every branch (n, width, h, w) to the fused ones of `outputs` branches."""
        deep = [run(x) for run, x in zip(self.branches, branches, strict=True)]
        fused = []
        for paths in self.fuse_layers:
            ways = cast("nn.ModuleList", paths)
            # One after the other as in the released code: a sum's rounding depends on the order.
            total = ways[0](deep[0])
            for way, x in zip(ways[1:], deep[1:], strict=True):
                total = total + way(x)
            fused.append(F.relu(total))
        return fused


class HRNet(nn.Module):
    """The whole network, read after every module.

    A stage is the output layer applied to the finest branch after one module. The paper
    supervises that of the last module only, which is its answer; the finest branch has the same
    width everywhere, so that the layer fits all of them.

    Args:
        joints: Belief maps per stage.
        width: Channels of the finest branch (C); each further one has twice as many.
        modules: With two, three and four branches.
        blocks: Basic blocks on each branch of a module.
        bottlenecks: Of the first, single branch.
        middle: Width inside them.
        stem: Channels of the two convolutions before them.
        kernel: Of the output layer, 1 in the paper; the released code allows 3.
    """

    def __init__(
        self,
        *,
        joints: int = 17,
        width: int = 32,
        modules: tuple[int, int, int] = (1, 4, 3),
        blocks: int = 4,
        bottlenecks: int = 4,
        middle: int = 64,
        stem: int = 64,
        kernel: int = 1,
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, stem, 3, 2, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(stem)
        self.conv2 = nn.Conv2d(stem, stem, 3, 2, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(stem)
        wide = _EXPANSION * middle
        self.layer1 = nn.Sequential(
            *(Bottleneck(wide if i else stem, middle) for i in range(bottlenecks))
        )
        widths = [width << level for level in range(4)]
        self.transition1 = nn.ModuleList(
            [
                _conv_norm(wide, widths[0]),
                nn.Sequential(_conv_norm(wide, widths[1], stride=2)),
            ]
        )
        self.transition2 = self._wider(widths[:3])
        self.transition3 = self._wider(widths)
        self.stage2 = self._stage(widths[:2], modules=modules[0], blocks=blocks)
        self.stage3 = self._stage(widths[:3], modules=modules[1], blocks=blocks)
        self.stage4 = self._stage(widths, modules=modules[2], blocks=blocks, last=True)
        self.final_layer = belief_head(width, joints, kernel=kernel)

    @staticmethod
    def _wider(widths: list[int]) -> nn.ModuleList:
        """Layers that keep the branches and make a new one from the coarsest."""
        new = nn.Sequential(_conv_norm(widths[-2], widths[-1], stride=2))
        return nn.ModuleList([*(nn.Identity() for _ in widths[:-1]), new])

    @staticmethod
    def _stage(
        widths: list[int], modules: int, blocks: int, *, last: bool = False
    ) -> nn.ModuleList:
        count = len(widths)
        return nn.ModuleList(
            HighResolutionModule(
                widths, blocks=blocks, outputs=1 if last and i == modules - 1 else count
            )
            for i in range(modules)
        )

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Belief maps (n, joints, h/4, w/4) after every module; h and w divide by 32."""
        return tuple(self.final_layer(branches[0]) for branches in self.exchanged(image))

    def exchanged(self, image: Tensor) -> Iterator[list[Tensor]]:
        """The branches after each module in turn, the finest first.

        Each is (n, C * 2 ** level, h / 2 ** (level + 2), w / 2 ** (level + 2)).
        """
        x = F.relu(self.bn1(self.conv1(image)))
        x = self.layer1(F.relu(self.bn2(self.conv2(x))))
        branches = [enter(x) for enter in self.transition1]
        for widen, stage in (
            (None, self.stage2),
            (self.transition2, self.stage3),
            (self.transition3, self.stage4),
        ):
            if widen is not None:
                branches = [
                    enter(x) for enter, x in zip(widen, [*branches, branches[-1]], strict=True)
                ]
            for module in stage:
                branches = module(branches)
                yield branches
