"""DeepPose: a cascade of networks that answer coordinates (Toshev & Szegedy, CVPR 2014).

Every stage has a network of its own with the same layers, AlexNet's with 2k outputs (section
3.1). The first one sees the person's box. A later one sees, for each joint, the box around where
the stage before put it, and of its answer pair i counts for the box of joint i (section 3.2).
The paper speaks of about 40 M parameters; the layers it lists have 58,396,060 at 14 joints, and
37.4 M or 46.9 M if the last pooling left 4 x 4 or 5 x 5 cells in place of AlexNet's 6 x 6.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Iterable

SIDE = 220
"""Width and height of every input, pixels."""

_WIDE = 4096


class DeepPoseNetwork(nn.Module):
    """One stage of the paper: five convolutions, two hidden layers, 2k numbers.

    Args:
        joints: k.
        pool: Cells across and down after the last pooling; 6 is AlexNet's.
        dropout: Chance of dropping a unit of the hidden layers. The paper says 0.6 without
            saying whether units are dropped or kept.
    """

    def __init__(self, *, joints: int = 14, pool: int = 6, dropout: float = 0.6) -> None:
        super().__init__()
        self.joints = joints
        self.features = nn.Sequential(
            nn.ZeroPad2d((3, 4, 3, 4)),
            nn.Conv2d(3, 96, 11, 4),
            nn.ReLU(inplace=True),
            nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=2.0),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(96, 256, 5, padding=2),
            nn.ReLU(inplace=True),
            nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=2.0),
            nn.MaxPool2d(3, 2),
            nn.Conv2d(256, 384, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 384, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(384, 256, 3, padding=1),
            nn.ReLU(inplace=True),
            # From 13 x 13 to 6 x 6 these are the windows of a 3 x 3 pooling with stride 2.
            nn.AdaptiveMaxPool2d(pool),
        )
        self.regressor = nn.Sequential(
            nn.Flatten(),
            nn.Linear(256 * pool * pool, _WIDE),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(_WIDE, _WIDE),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(_WIDE, 2 * joints),
        )

    def forward(self, image: Tensor) -> Tensor:
        """Images (n, 3, 220, 220) to (n, joints, 1, 2), -0.5 to 0.5 inside the box."""
        answer = cast("Tensor", self.regressor(self.features(image)))
        return answer.reshape(-1, self.joints, 1, 2)


class Cascade(nn.Module):
    """The networks of all stages, and how far from the truth each one leaves the joints.

    Which boxes the networks are shown is the matter of poseviewer.pipeline.estimate_cascade.

    Args:
        networks: One a stage, each (n, 3, side, side) to (n, joints, 1, 2 or 3).
        sides: Width and height of their inputs, pixels.
        joints: k.
    """

    mean: Tensor
    """(stages - 1, k, 2) of y of a stage less the truth over the people trained on, in torso
    diameters; the stage after it learnt from displacements drawn so."""

    covariance: Tensor
    """(stages - 1, k, 2, 2) of the same."""

    def __init__(
        self, networks: Iterable[nn.Module], *, sides: tuple[int, ...], joints: int = 14
    ) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self.sides = sides
        later = len(self.networks) - 1
        self.register_buffer("mean", torch.zeros(later, joints, 2))
        self.register_buffer("covariance", torch.zeros(later, joints, 2, 2))

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """What each network answers (n, joints, 1, 2 or 3) to the same images (n, 3, h, w)."""
        return tuple(
            network(image if image.shape[-1] == side else F.interpolate(image, (side, side)))
            for network, side in zip(self.networks, self.sides, strict=True)
        )


def deeppose(*, joints: int = 14, stages: int = 3, pool: int = 6, dropout: float = 0.6) -> Cascade:
    """The paper's cascade, every stage with weights of its own."""
    networks = [DeepPoseNetwork(joints=joints, pool=pool, dropout=dropout) for _ in range(stages)]
    return Cascade(networks, sides=(SIDE,) * stages, joints=joints)
