"""FCPose of the paper: FCOS finds people, and makes a keypoint head for each.

Mao, Tian, Wang and Shen, "FCPose: Fully Convolutional Multi-Person Pose Estimation with Dynamic
Instance-Aware Convolutions", CVPR 2021, on FCOS (Tian, Shen, Chen and He, ICCV 2019) with a
ResNet-50 (He et al., CVPR 2016) and a feature pyramid (Lin et al., CVPR 2017). What only training
needs, the auxiliary heatmaps, is left out.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from poseviewer.core.heads import HeadShape
from poseviewer.models.dynamic_head import answered

LEVELS = (8, 16, 32, 64, 128)
"""Input pixels per cell of the pyramid, P3 to P7."""

REACHES = (64.0, 128.0, 256.0, 512.0, 1333.0)
"""By which coordinates are divided for people of each level: how large its people are at most."""

_WIDE, _NARROW = 256, 128
_BLOCKS = (3, 4, 6, 3)
_GROUPS = 32


class _Bottleneck(nn.Module):
    """1x1, 3x3, 1x1 convolutions with norms, plus the input."""

    def __init__(self, channels_in: int, middle: int, *, stride: int = 1) -> None:
        super().__init__()
        wide = 4 * middle
        self.layers = nn.Sequential(
            *_conv_norm(channels_in, middle, kernel=1, stride=stride),
            nn.ReLU(inplace=True),
            *_conv_norm(middle, middle, kernel=3),
            nn.ReLU(inplace=True),
            *_conv_norm(middle, wide, kernel=1),
        )
        self.skip = (
            _conv_norm(channels_in, wide, kernel=1, stride=stride)
            if channels_in != wide
            else nn.Identity()
        )

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, channels_in, h, w) to (n, 4 * middle, h / stride, w / stride)."""
        return F.relu(self.layers(x) + self.skip(x))


def _conv_norm(
    channels_in: int, channels_out: int, *, kernel: int, stride: int = 1
) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, bias=False),
        nn.BatchNorm2d(channels_out),
    )


class _Pyramid(nn.Module):
    """A ResNet-50 with features of one width at the strides of `LEVELS`."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            *_conv_norm(3, 64, kernel=7, stride=2), nn.ReLU(inplace=True), nn.MaxPool2d(3, 2, 1)
        )
        stages, width = [], 64
        for number, blocks in enumerate(_BLOCKS):
            middle = 64 * 2**number
            stage = [_Bottleneck(width, middle, stride=1 if number == 0 else 2)]
            width = 4 * middle
            stages.append(
                nn.Sequential(*stage, *(_Bottleneck(width, middle) for _ in range(blocks - 1)))
            )
        self.stages = nn.ModuleList(stages)
        self.laterals = nn.ModuleList(nn.Conv2d(c, _WIDE, 1) for c in (512, 1024, 2048))
        self.outputs = nn.ModuleList(nn.Conv2d(_WIDE, _WIDE, 3, padding=1) for _ in range(3))
        self.coarser = nn.ModuleList(
            nn.Conv2d(_WIDE, _WIDE, 3, stride=2, padding=1) for _ in range(2)
        )

    def forward(self, image: Tensor) -> list[Tensor]:
        """An image (n, 3, h, w) to features (n, 256, h / s, w / s) for each s of `LEVELS`."""
        x, found = self.stem(image), []
        for stage in self.stages:
            x = stage(x)
            found.append(x)
        x, made = None, []
        for lateral, output, level in zip(
            reversed(self.laterals), reversed(self.outputs), reversed(found[1:]), strict=True
        ):
            side = lateral(level)
            x = side if x is None else side + F.interpolate(x, scale_factor=2.0, mode="nearest")
            made.append(output(x))
        p3, p4, p5 = reversed(made)
        p6 = self.coarser[0](p5)
        return [p3, p4, p5, p6, self.coarser[1](F.relu(p6))]


def _tower() -> nn.Sequential:
    layers: list[nn.Module] = []
    for _ in range(4):
        layers += [
            nn.Conv2d(_WIDE, _WIDE, 3, padding=1),
            nn.GroupNorm(_GROUPS, _WIDE),
            nn.ReLU(inplace=True),
        ]
    return nn.Sequential(*layers)


class FCPose(nn.Module):
    """A keypoint head for each person that FCOS finds.

    A person is the highest of 3 x 3 cells of a level; duplicates are left to the decoder, which
    compares poses, where FCOS compares boxes.

    Args:
        joints: Maps of a person.
        bases: Maps that all people share.
        hidden: Channels inside the generated heads.
        people: How many people are answered, the surest first.
    """

    def __init__(
        self, *, joints: int = 17, bases: int = 32, hidden: int = 32, people: int = 100
    ) -> None:
        super().__init__()
        self.head = HeadShape(bases, hidden, joints)
        self.people = people
        self.pyramid = _Pyramid()
        self.class_tower, self.box_tower = _tower(), _tower()
        self.score = nn.Conv2d(_WIDE, 1, 3, padding=1)
        self.centred = nn.Conv2d(_WIDE, 1, 3, padding=1)
        self.box = nn.Conv2d(_WIDE, 4, 3, padding=1)
        self.scales = nn.Parameter(torch.ones(len(LEVELS)))
        self.controller = nn.Linear(9 * _WIDE, self.head.numbers)
        self.refine = nn.ModuleList(
            nn.Sequential(*_conv_norm(_WIDE, _NARROW, kernel=3), nn.ReLU(inplace=True))
            for _ in range(3)
        )
        tower: list[nn.Module] = []
        for _ in range(4):
            tower += [*_conv_norm(_NARROW, _NARROW, kernel=3), nn.ReLU(inplace=True)]
        self.tower = nn.Sequential(*tower, nn.Conv2d(_NARROW, bases + 2 * joints, 1))

    def boxes(self, features: Tensor, level: int) -> Tensor:
        """The way from each cell of a level to the four edges of the person's box, input pixels.

        Args:
            features: Of the box tower (n, 256, h, w).
            level: 0-based, see `LEVELS`.

        Returns:
            (n, 4, h, w): left, top, right, bottom.
        """
        return F.relu(self.scales[level] * self.box(features)) * LEVELS[level]

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Everything that leads to the surest person's joints.

        Args:
            image: (n, 3, h, w) of BGR values less their mean; h and w divide by 32.

        Returns:
            How sure FCOS is of a person (n, 1, h/8, w/8), of all levels the highest; then as
            `dynamic_head.answered`.
        """
        levels = self.pyramid(image)
        size = levels[0].shape[-2:]
        maps = [self.refine[0](levels[0])]
        for refine, level in zip(self.refine[1:], levels[1:3], strict=False):
            maps.append(F.interpolate(refine(level), size, mode="bilinear", align_corners=False))
        bases, ways = self.tower(torch.stack(maps).sum(0)).split(
            [self.head.bases, 2 * self.head.joints], dim=1
        )
        sure, regressed, near = [], [], []
        for number, level in enumerate(levels):
            box = self.box_tower(level)
            score = self.score(self.class_tower(level)).sigmoid()
            # As FCOS ranks people: the class times how near its cell is to the middle of the box.
            score = (score * self.centred(box).sigmoid()).sqrt()
            sure.append(score)
            rows, around = self._candidates(score, box, number)
            regressed.append(rows)
            near.append(around)
        rows = torch.cat(regressed, dim=1)
        best = rows[..., 3].topk(self.people).indices[..., None]
        rows = rows.gather(1, best.expand(-1, -1, 4)).flatten(0, 1)
        around = torch.cat(near, dim=1)
        around = around.gather(1, best.expand(-1, -1, around.shape[2])).flatten(0, 1)
        seen = [F.interpolate(one, size, mode="nearest") for one in sure]
        return (
            torch.stack(seen).amax(0),
            *answered(self.head, self.controller(around), rows, bases=bases, ways=ways),
        )

    def _candidates(self, score: Tensor, features: Tensor, level: int) -> tuple[Tensor, Tensor]:
        """The surest people of one level.

        Returns:
            Place, reach and score (n, people, 4), and the 3 x 3 features about the place
            (n, people, 2304), channel by channel.
        """
        width = score.shape[3]
        peaks = score * (score == F.max_pool2d(score, 3, 1, 1))
        flat = peaks.flatten(1)
        found, cell = flat.topk(min(self.people, flat.shape[1]))
        row, column = torch.div(cell, width, rounding_mode="floor"), cell % width
        stride = LEVELS[level]
        place = torch.stack([column, row], dim=2) * stride + (stride - 1) / 2
        reach = torch.full_like(found, REACHES[level])
        rows = torch.cat([place.to(found.dtype), torch.stack([reach, found], dim=2)], dim=2)
        around = F.unfold(features, 3, padding=1)
        near = around.gather(2, cell[:, None].expand(-1, around.shape[1], -1))
        return rows, near.transpose(1, 2)
