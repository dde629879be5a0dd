"""OpenPose's BODY_25 (Cao, Hidalgo, Simon, Wei & Sheikh, TPAMI 2021): fields first, then beliefs.

Layers and counts: models.md section 5.2. Tensor names are those of the released Caffe net,
where L2 are the fields and L1 the beliefs, the other way round than in the first release.
"""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from poseviewer.models.openpose import VggTrunk

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
