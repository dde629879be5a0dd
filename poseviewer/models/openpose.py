"""OpenPose as CMU released it: the two branches of the paper, and BODY_25.

The paper's network (Cao, Simon, Wei & Sheikh, CVPR 2017, section 2.1) has six stages of two
branches, L1 the part affinity fields and L2 the beliefs. BODY_25 (Cao, Hidalgo, Simon, Wei &
Sheikh, TPAMI 2021, section 3.1) has stages of fields first, here called L2, then stages of beliefs,
L1. Counts: docs/facts/networks.md. Tensor names are those of the released Caffe nets, which is why
they stand in one flat dictionary.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_WIDTH = 128
VGG19 = (
    ("conv1_1", 3, 64),
    ("conv1_2", 64, 64),
    ("pool1", 0, 0),
    ("conv2_1", 64, 128),
    ("conv2_2", 128, 128),
    ("pool2", 0, 0),
    ("conv3_1", 128, 256),
    ("conv3_2", 256, 256),
    ("conv3_3", 256, 256),
    ("conv3_4", 256, 256),
    ("pool3", 0, 0),
    ("conv4_1", 256, 512),
    ("conv4_2", 512, 512),
)
"""Name, channels in and channels out of the layers that pose networks take from VGG-19."""

_VGG = (*VGG19, ("conv4_3_CPM", 512, 256), ("conv4_4_CPM", 256, _WIDTH))


class VggTrunk(nn.Module):
    """Ten layers of VGG-19 and two more that narrow it: features at stride 8.

    Subclasses add their stages to the same flat dictionary.
    """

    def __init__(self) -> None:
        super().__init__()
        for name, channels_in, channels_out in _VGG:
            if channels_in:
                self.conv(name, channels_in, channels_out, 3)

    def conv(self, name: str, channels_in: int, channels_out: int, kernel: int) -> None:
        """Register a convolution that keeps the size."""
        layer = nn.Conv2d(channels_in, channels_out, kernel, padding=kernel // 2)
        self.add_module(name, layer)

    def features(self, image: Tensor) -> Tensor:
        """Features (n, 128, h/8, w/8) of an image (n, 3, h, w)."""
        x = image
        for name, channels_in, _ in _VGG:
            x = self.activation(name, getattr(self, name)(x)) if channels_in else self.pool(x)
        return x

    def activation(self, name: str, x: Tensor) -> Tensor:  # noqa: ARG002
        """What follows the convolution `name`."""
        return F.relu(x)

    def pool(self, x: Tensor) -> Tensor:
        """Halve the size."""
        return F.max_pool2d(x, 2)


class OpenPose(VggTrunk):
    """The network of the paper: fields and beliefs at every stage, each from both before.

    Args:
        joints: Beliefs have one map more, the background.
        limbs: Fields have two maps each.
        stages: How many; the released MPI file of six also serves as one of four.
    """

    def __init__(self, *, joints: int = 18, limbs: int = 19, stages: int = 6) -> None:
        super().__init__()
        self._stages = stages
        outputs = {"L1": 2 * limbs, "L2": joints + 1}
        joined = sum(outputs.values()) + _WIDTH
        for branch, maps in outputs.items():
            for i in (1, 2, 3):
                self.conv(f"conv5_{i}_CPM_{branch}", _WIDTH, _WIDTH, 3)
            self.conv(f"conv5_4_CPM_{branch}", _WIDTH, 512, 1)
            self.conv(f"conv5_5_CPM_{branch}", 512, maps, 1)
        for stage in range(2, stages + 1):
            for branch, maps in outputs.items():
                for i in range(1, 6):
                    self.conv(
                        f"Mconv{i}_stage{stage}_{branch}", joined if i == 1 else _WIDTH, _WIDTH, 7
                    )
                self.conv(f"Mconv6_stage{stage}_{branch}", _WIDTH, _WIDTH, 1)
                self.conv(f"Mconv7_stage{stage}_{branch}", _WIDTH, maps, 1)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Fields (n, 2 limbs, h/8, w/8), then beliefs (n, joints + 1, h/8, w/8) of every stage.

        Args:
            image: (n, 3, h, w), BGR, px / 256 - 0.5; h and w divide by 8.
        """
        features = self.features(image)
        first = [f"conv5_{i}_CPM" for i in range(1, 6)]
        stages = [self._branch(first, branch, features) for branch in ("L1", "L2")]
        for stage in range(2, self._stages + 1):
            joined = torch.cat([*stages[-2:], features], dim=1)
            names = [f"Mconv{i}_stage{stage}" for i in range(1, 8)]
            stages += [self._branch(names, branch, joined) for branch in ("L1", "L2")]
        return tuple(stages)

    def _branch(self, names: list[str], branch: str, x: Tensor) -> Tensor:
        """Layers in a row, with a ReLU after all but the last."""
        for name in names:
            x = getattr(self, f"{name}_{branch}")(x)
            x = x if name == names[-1] else F.relu(x)
        return x


_TRIPLES = 5
# Width of a triple and of the 1x1 after them: of the first stage of a kind, and of later ones.
_FIRST, _LATER = (96, 256), (128, 512)


class OpenPoseBody25(VggTrunk):
    """Four stages of fields, then two of beliefs, out of dense triples of 3x3 kernels.

    Args:
        joints: Beliefs have one map more, the background.
        limbs: Fields have two maps each.
    """

    def __init__(self, *, joints: int = 25, limbs: int = 26) -> None:
        super().__init__()
        for name in ("conv4_2", "conv4_3_CPM", "conv4_4_CPM"):
            self._prelu(name.replace("conv", "prelu"), getattr(self, name).out_channels)
        fields, beliefs = 2 * limbs, joints + 1
        self._block("stage0_L2", 128, fields, _FIRST)
        for stage in (1, 2, 3):
            self._block(f"stage{stage}_L2", 128 + fields, fields, _LATER)
        self._block("stage0_L1", 128 + fields, beliefs, _FIRST)
        self._block("stage1_L1", 128 + beliefs + fields, beliefs, _LATER)

    def _prelu(self, name: str, channels: int) -> None:
        self.add_module(name, nn.PReLU(channels))

    def _block(self, stage: str, channels_in: int, maps: int, widths: tuple[int, int]) -> None:
        width, wide = widths
        for i in range(1, _TRIPLES + 1):
            for j in range(3):
                before = width if j else channels_in if i == 1 else 3 * width
                self.conv(f"Mconv{i}_{stage}_{j}", before, width, 3)
                self._prelu(f"Mprelu{i}_{stage}_{j}", width)
        self.conv(f"Mconv6_{stage}", 3 * width, wide, 1)
        self._prelu(f"Mprelu6_{stage}", wide)
        self.conv(f"Mconv7_{stage}", wide, maps, 1)

    def activation(self, name: str, x: Tensor) -> Tensor:
        """A PReLU where the trunk was changed, VGG's ReLU before."""
        if hasattr(self, name.replace("conv", "prelu")):
            return cast("Tensor", getattr(self, name.replace("conv", "prelu"))(x))
        return super().activation(name, x)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Four fields (n, 2 limbs, h/8, w/8), then two beliefs (n, joints + 1, h/8, w/8).

        Args:
            image: (n, 3, h, w), BGR, px / 256 - 0.5; h and w divide by 8.
        """
        features = self.features(image)
        stages = [self._stage("stage0_L2", features)]
        for stage in (1, 2, 3):
            joined = torch.cat([features, stages[-1]], dim=1)
            stages.append(self._stage(f"stage{stage}_L2", joined))
        fields = stages[-1]
        stages.append(self._stage("stage0_L1", torch.cat([features, fields], dim=1)))
        stages.append(self._stage("stage1_L1", torch.cat([features, stages[-1], fields], dim=1)))
        return tuple(stages)

    def _stage(self, stage: str, x: Tensor) -> Tensor:
        for i in range(1, _TRIPLES + 1):
            triple = []
            for j in range(3):
                x = getattr(self, f"Mconv{i}_{stage}_{j}")(x)
                x = getattr(self, f"Mprelu{i}_{stage}_{j}")(x)
                triple.append(x)
            x = torch.cat(triple, dim=1)
        x = getattr(self, f"Mprelu6_{stage}")(getattr(self, f"Mconv6_{stage}")(x))
        return cast("Tensor", getattr(self, f"Mconv7_{stage}")(x))
