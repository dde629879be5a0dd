"""OpenPose as first released (Cao, Simon, Wei & Sheikh, CVPR 2017): two branches, six stages.

Layers and counts: models.md section 5.1. Tensor names are those of the released Caffe nets,
which is why they stand in one flat dictionary; L1 are the part affinity fields, L2 the beliefs.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_WIDTH = 128
_VGG = (
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
    ("conv4_3_CPM", 512, 256),
    ("conv4_4_CPM", 256, _WIDTH),
)


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
