"""Convolutional Pose Machines (Wei, Ramakrishna, Kanade & Sheikh, CVPR 2016), as released.

Layers: section 3.2 and the released nets; counts: docs/facts/networks.md. Tensor names are those of
the released Caffe nets (`Mconv1_stage2` and so on), which is why they stand in one flat dictionary.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from poseviewer.models.openpose import VGG19

CENTRE_SIGMA = 21.0
"""Standard deviation of the centre map, input pixels (released code)."""

_WIDTH = 128


def centre_map(height: int, width: int, *, sigma: float, like: Tensor) -> Tensor:
    """A Gaussian (1, 1, height, width) on the middle of the input, as the released test builds it.

    Args:
        height: Of the input, pixels.
        width: Of the input, pixels.
        sigma: Standard deviation, input pixels.
        like: Gives type and device.
    """
    # The released code writes the centre at 184 counted from 1, that is 183 = 368 / 2 - 1 for us.
    dy = (torch.arange(height, dtype=like.dtype, device=like.device) - (height // 2 - 1)) / sigma
    dx = (torch.arange(width, dtype=like.dtype, device=like.device) - (width // 2 - 1)) / sigma
    return (torch.exp(-dy * dy / 2)[:, None] * torch.exp(-dx * dx / 2))[None, None]


def _conv(channels_in: int, channels_out: int, kernel: int) -> nn.Conv2d:
    return nn.Conv2d(channels_in, channels_out, kernel, padding=kernel // 2)


class _Chain(nn.Module):
    """Named Caffe layers run in order: every convolution but the last named `quiet` has a ReLU."""

    def __init__(self) -> None:
        super().__init__()
        self.dropout = nn.Dropout(0.5)

    def run(self, names: tuple[str, ...], x: Tensor, *, quiet: str = "") -> Tensor:
        """Run the named layers; `quiet` is the one without a ReLU."""
        for name in names:
            if name.startswith("pool"):
                x = self.pool(x)
            else:
                x = getattr(self, name)(x)
                x = x if name == quiet else F.relu(x)
        return x

    def pool(self, x: Tensor) -> Tensor:
        """Halve the size as this net does."""
        raise NotImplementedError

    def add(self, layers: dict[str, nn.Conv2d]) -> None:
        """Register convolutions under their Caffe names."""
        for name, layer in layers.items():
            self.add_module(name, layer)

    def centre(self, image: Tensor, given: Tensor | None) -> Tensor:
        """The centre map at the beliefs' size, repeated over the batch."""
        n, _, height, width = image.shape
        if given is None:
            given = centre_map(height, width, sigma=CENTRE_SIGMA, like=image)
        small = F.avg_pool2d(given, 9, 8, ceil_mode=True)
        return small.expand(n, -1, -1, -1)


class ConvolutionalPoseMachine(_Chain):
    """The CPM of the paper: six stages and 14 joints for MPII and LSP, four and 9 for FLIC.

    Args:
        joints: P; every stage returns P + 1 maps, the last of which is the background.
        stages: How many.
    """

    def __init__(self, *, joints: int = 14, stages: int = 6) -> None:
        super().__init__()
        maps, w = joints + 1, _WIDTH
        self._stages = stages
        layers: dict[str, nn.Conv2d] = {}
        for stage in (1, 2):
            layers[f"conv1_stage{stage}"] = _conv(3, w, 9)
            layers[f"conv2_stage{stage}"] = _conv(w, w, 9)
            layers[f"conv3_stage{stage}"] = _conv(w, w, 9)
            layers[f"conv4_stage{stage}"] = _conv(w, 32, 5)
        layers["conv5_stage1"] = _conv(32, 512, 9)
        layers["conv6_stage1"] = _conv(512, 512, 1)
        layers["conv7_stage1"] = _conv(512, maps, 1)
        for stage in range(2, stages + 1):
            if stage > 2:
                layers[f"conv1_stage{stage}"] = _conv(w, 32, 5)
            layers[f"Mconv1_stage{stage}"] = _conv(32 + maps + 1, w, 11)
            layers[f"Mconv2_stage{stage}"] = _conv(w, w, 11)
            layers[f"Mconv3_stage{stage}"] = _conv(w, w, 11)
            layers[f"Mconv4_stage{stage}"] = _conv(w, w, 1)
            layers[f"Mconv5_stage{stage}"] = _conv(w, maps, 1)
        self.add(layers)

    def pool(self, x: Tensor) -> Tensor:
        """Caffe's 3x3 / 2 maximum, which rounds the size up."""
        return F.max_pool2d(x, 3, 2, ceil_mode=True)

    def forward(self, image: Tensor, centre: Tensor | None = None) -> tuple[Tensor, ...]:
        """Beliefs (n, P + 1, h/8, w/8) of every stage.

        Args:
            image: (n, 3, h, w), BGR, px / 256 - 0.5; h and w divide by 8.
            centre: (n or 1, 1, h, w); a Gaussian on the middle where None.
        """
        small = self.centre(image, centre)
        x = self._trunk(image, 1)
        x = self.dropout(self.run(("conv4_stage1", "conv5_stage1"), x))
        x = self.dropout(self.run(("conv6_stage1",), x))
        stages = [self.run(("conv7_stage1",), x, quiet="conv7_stage1")]
        # One image trunk serves all the later stages; each has its own last layer on it.
        shared = self._trunk(image, 2) if self._stages > 1 else x
        for stage in range(2, self._stages + 1):
            own = "conv4_stage2" if stage == 2 else f"conv1_stage{stage}"
            features = self.run((own,), shared)
            joined = torch.cat([features, stages[-1], small], dim=1)
            names = tuple(f"Mconv{i}_stage{stage}" for i in range(1, 6))
            stages.append(self.run(names, joined, quiet=names[-1]))
        return tuple(stages)

    def _trunk(self, image: Tensor, stage: int) -> Tensor:
        names = ("conv1", "pool1", "conv2", "pool2", "conv3", "pool3")
        return self.run(tuple(f"{name}_stage{stage}" for name in names), image)


_VGG = (
    *VGG19,
    ("conv4_3_CPM", 512, 256),
    ("conv4_4_CPM", 256, 256),
    ("conv4_5_CPM", 256, 256),
    ("conv4_6_CPM", 256, 256),
    ("conv4_7_CPM", 256, 128),
)


class VggPoseMachine(_Chain):
    """The CPM released later, on a VGG-19 trunk that all stages share (docs/facts/networks.md).

    Args:
        joints: P; every stage returns P + 1 maps.
        stages: How many.
    """

    def __init__(self, *, joints: int = 14, stages: int = 6) -> None:
        super().__init__()
        maps, w = joints + 1, _WIDTH
        self._stages = stages
        layers = {name: _conv(a, b, 3) for name, a, b in _VGG if a}
        layers["conv5_1_CPM"] = _conv(w, 512, 1)
        layers["conv5_2_CPM"] = _conv(512, maps, 1)
        for stage in range(2, stages + 1):
            layers[f"Mconv1_stage{stage}"] = _conv(maps + w + 1, w, 7)
            for i in range(2, 6):
                layers[f"Mconv{i}_stage{stage}"] = _conv(w, w, 7)
            layers[f"Mconv6_stage{stage}"] = _conv(w, w, 1)
            layers[f"Mconv7_stage{stage}"] = _conv(w, maps, 1)
        self.add(layers)

    def pool(self, x: Tensor) -> Tensor:
        """VGG's 2x2 / 2 maximum."""
        return F.max_pool2d(x, 2)

    def forward(self, image: Tensor, centre: Tensor | None = None) -> tuple[Tensor, ...]:
        """Beliefs (n, P + 1, h/8, w/8) of every stage; arguments as the paper's net takes them."""
        small = self.centre(image, centre)
        features = self.run(tuple(name for name, _, _ in _VGG), image)
        stages = [self.run(("conv5_1_CPM", "conv5_2_CPM"), features, quiet="conv5_2_CPM")]
        for stage in range(2, self._stages + 1):
            # Beliefs first here, unlike in the paper's net.
            joined = torch.cat([stages[-1], features, small], dim=1)
            names = tuple(f"Mconv{i}_stage{stage}" for i in range(1, 8))
            stages.append(self.run(names, joined, quiet=names[-1]))
        return tuple(stages)
