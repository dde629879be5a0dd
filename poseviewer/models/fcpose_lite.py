"""FCPose for two CPU cores: keypoint heads generated from MoveNet's features.

The idea is that of Mao, Tian, Wang and Shen (CVPR 2021). MoveNet MultiPose (Google, 2021) finds
the people here, where the paper has FCOS: trunk, map of centres and ways are its own.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from poseviewer.core.heads import HeadShape
from poseviewer.models.dynamic_head import STRIDE, answered
from poseviewer.models.pose_trunk import PoseTrunk, Separable

FINE = 4
"""Input pixels per cell of the trunk's features."""

_PYRAMID, _HIDDEN = 24, 96
"""Channels that MoveNet's heads read, and of their hidden layers."""

_WIDE, _NARROW = 96, 64
"""Channels of the two convolutions before the shared maps."""

_GAIN = 0.1
"""Of what the controller reads: its 1,728 numbers would else move the heads by too much at once."""

_SMALLEST = 16.0
"""Least reach of a person, input pixels."""


class FCPoseLite(nn.Module):
    """A keypoint head for each person that MoveNet finds.

    Args:
        joints: Maps of a person.
        bases: Maps that all people share.
        hidden: Channels inside the generated heads.
        people: How many people are answered, the surest first.
        width: Of the trunk, see `PoseTrunk`.
    """

    def __init__(
        self,
        *,
        joints: int = 17,
        bases: int = 16,
        hidden: int = 16,
        people: int = 20,
        width: float = 1.5,
    ) -> None:
        super().__init__()
        self.head = HeadShape(bases, hidden, joints)
        self.people = people
        self.trunk = PoseTrunk(width=width)
        self.centre_hidden = Separable(_PYRAMID, _HIDDEN)
        self.centres = nn.Conv2d(_HIDDEN, 1, 1)
        self.ways = nn.Conv2d(_HIDDEN, 2 * joints, 1)
        features = PoseTrunk.channels
        self.shared = nn.Sequential(
            nn.Conv2d(features, _WIDE, 3, stride=STRIDE // FINE, padding=1, bias=False),
            nn.BatchNorm2d(_WIDE),
            nn.ReLU(inplace=True),
            nn.Conv2d(_WIDE, _NARROW, 3, padding=1, bias=False),
            nn.BatchNorm2d(_NARROW),
            nn.ReLU(inplace=True),
        )
        self.maps = nn.Conv2d(_NARROW, bases + 2 * joints, 1)
        # A linear layer of 3 x 3 cells, as a kernel: it is applied where a person is, only.
        self.controller = nn.Conv2d(features, self.head.numbers, 3)
        # To begin with, nearly the same head for everybody.
        nn.init.normal_(self.controller.weight, std=0.03)
        nn.init.normal_(cast("Tensor", self.controller.bias), std=0.25)

    def begin_with(self, beliefs: Tensor) -> None:
        """Have the shared layers begin with what MoveNet believes of each joint.

        Args:
            beliefs: The last layer of its heatmaps (joints, 96).
        """
        first, second = (cast("nn.Conv2d", self.shared[at]).weight for at in (0, 3))
        with torch.no_grad():
            first.normal_(std=0.01)
            first[:, :_HIDDEN] += torch.eye(_HIDDEN)[..., None, None] / 9
            second.normal_(std=0.03)
            second[: len(beliefs), :, 1, 1] = beliefs

    def look(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Everything that is the same for all people.

        Args:
            image: (n, 3, h, w) with values px / 127.5 - 1; h and w divide by 32.

        Returns:
            As of `look_at`.
        """
        return self.look_at(self.trunk.pyramid(image))

    def look_at(self, pyramid: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """The same of what the trunk's pyramid says of a picture (n, 24, h/4, w/4).

        Returns:
            The bases (n, bases, h/8, w/8); the ways of a joint from its cell (n, 2 joints, h/8,
            w/8), x first, input pixels; the trunk's features (n, 192, h/4, w/4); centres (n, 1,
            h/4, w/4), 0 to 1; the ways from a centre to its joints (n, 2 joints, h/4, w/4), y
            first, cells.
        """
        seen, way = (head(pyramid) for head in self.trunk.heads)
        features = torch.cat([seen, way], dim=1)
        centres = self.centres(self.centre_hidden(pyramid)).sigmoid()
        maps = self.maps(self.shared(features))
        bases, away = maps.split([self.head.bases, 2 * self.head.joints], dim=1)
        return bases, STRIDE * away, features, centres, self.ways(way)

    def speak(self, features: Tensor, ways: Tensor, at: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The numbers of the heads of people.

        Args:
            features: As of `look`.
            ways: As of `look`.
            at: (people, 3) number of the picture, row and column of the person's centre.

        Returns:
            The numbers (people, n), the places (people, 2) and reaches (people,) in input pixels.
        """
        picture, row, column = at.unbind(1)
        padded = F.pad(features, (1, 1, 1, 1))
        cells = [padded[picture, :, row + i // 3, column + i % 3] for i in range(9)]
        near = torch.stack(cells, dim=2).reshape(len(at), -1, 3, 3)
        # As large as MoveNet expects the person to be: the longer side of the joints' box.
        ends = ways[picture, :, row, column].reshape(len(at), -1, 2)
        reach = FINE * (ends.amax(1) - ends.amin(1)).amax(1).clamp(min=_SMALLEST / FINE)
        place = torch.stack([column, row], dim=1) * FINE + (FINE - 1) / 2
        normed = F.layer_norm(near.flatten(1), near.flatten(1).shape[1:]).view_as(near)
        return self.controller(_GAIN * normed).flatten(1), place.to(reach.dtype), reach

    def found(self, centres: Tensor) -> tuple[Tensor, Tensor]:
        """The surest people of each picture.

        Args:
            centres: As of `look`.

        Returns:
            For each of n times `people` the number of the picture, row and column of the centre
            (people, 3), and how sure MoveNet is of it (people,), 0 to 1.
        """
        peaks = centres * (centres == F.max_pool2d(centres, 3, 1, 1))
        score, cell = peaks.flatten(1).topk(self.people)
        width = centres.shape[-1]
        picture = torch.arange(len(centres), device=centres.device)[:, None].expand_as(cell)
        at = torch.stack([picture, torch.div(cell, width, rounding_mode="floor"), cell % width], 2)
        return at.flatten(0, 1), score.flatten()

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Everything that leads to the surest person's joints.

        Args:
            image: As of `look`.

        Returns:
            Centres (n, 1, h/4, w/4), then as `dynamic_head.answered`.
        """
        bases, ways, features, centres, ends = self.look(image)
        at, score = self.found(centres)
        numbers, place, reach = self.speak(features, ends, at)
        placement = torch.cat([place, reach[:, None], score[:, None]], dim=1)
        return centres, *answered(self.head, numbers, placement, bases=bases, ways=ways)
