"""The keypoint head that FCPose generates for each person, for torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

if TYPE_CHECKING:
    from torch import Tensor

    from poseviewer.core.heads import HeadShape

STRIDE = 8
"""Input pixels per cell of the maps that heads read."""


def coordinates(place: Tensor, reach: Tensor, *, shape: tuple[int, int], stride: int) -> Tensor:
    """How far each cell lies from each person, in units of the person's reach.

    Args:
        place: Where the people are (people, 2), input pixels.
        reach: (people,) input pixels.
        shape: Height and width of the maps, cells.
        stride: Input pixels per cell.

    Returns:
        (people, 2, h, w): the place less the middle of the cell, divided by the reach.
    """
    rows, columns = (
        torch.arange(n, device=place.device, dtype=place.dtype) * stride + (stride - 1) / 2
        for n in shape
    )
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    return (place[:, :, None, None] - torch.stack([x, y])) / reach[:, None, None, None]


def keypoint_maps(
    head: HeadShape, numbers: Tensor, bases: Tensor, away: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """What the generated heads make of the bases: of all people in one grouped convolution.

    Args:
        head: How the numbers are split.
        numbers: (people, `head.numbers`).
        bases: (people, bases, h, w), for each person those of the picture.
        away: (people, 2, h, w), see `coordinates`.

    Returns:
        The maps after the first and second convolution (people, hidden, h, w), with ReLU, and
        those of the joints before the softmax (people, joints, h, w).
    """
    people, _, height, width = bases.shape
    x = torch.cat([away, bases], dim=1).reshape(1, -1, height, width)
    made = []
    for number, (weight, bias) in enumerate(head.split(numbers)):
        kernels = weight.reshape(-1, weight.shape[-1], 1, 1)
        x = F.conv2d(x, kernels, bias.reshape(-1), groups=people)
        if number < len(head.layers) - 1:
            x = F.relu(x)
        made.append(x.reshape(people, -1, height, width))
    return made[0], made[1], made[2]


def answered(
    head: HeadShape, numbers: Tensor, placement: Tensor, *, bases: Tensor, ways: Tensor
) -> tuple[Tensor, ...]:
    """What a network with generated heads answers: all heads, and the maps of the surest person.

    Args:
        head: How the numbers are split.
        numbers: (n * people, `head.numbers`), the surest person of each of n pictures first.
        placement: (n * people, 4) x, y and reach of the place in input pixels, and the score.
        bases: (n, bases, h, w).
        ways: (n, 2 joints, h, w) directions, input pixels.

    Returns:
        The heads, see `matrices`; how far each cell lies from the surest person (n, 2, h, w); the
        bases; what that person's head has after two layers (n, hidden, h, w); the directions; and
        that person's maps (n, joints, h, w) after a softmax over all places.
    """
    pictures = len(bases)
    first = slice(None, None, len(numbers) // pictures)
    place, reach = placement[first, :2], placement[first, 2]
    away = coordinates(place, reach, shape=(bases.shape[2], bases.shape[3]), stride=STRIDE)
    one, two, maps = keypoint_maps(head, numbers[first], bases, away)
    return (
        matrices(head, numbers, placement, pictures=pictures),
        away,
        bases,
        one,
        two,
        ways,
        maps.flatten(2).softmax(-1).view_as(maps),
    )


def matrices(head: HeadShape, numbers: Tensor, placement: Tensor, *, pictures: int) -> Tensor:
    """The heads of all people as matrices, in the layout that `core.heads.Heads` reads.

    Args:
        head: How the numbers are split.
        numbers: (pictures * people, `head.numbers`).
        placement: (pictures * people, 4) place, reach and score.
        pictures: How many.

    Returns:
        (pictures, 4, people * `head.rows`, `head.columns`).
    """
    planes = [torch.cat([weight, bias[..., None]], dim=2) for weight, bias in head.split(numbers)]
    sizes = placement.new_tensor([head.bases, head.hidden, head.joints]).expand(len(placement), 3)
    planes.append(torch.cat([placement, sizes], dim=1)[:, None])
    rows, columns = head.rows, head.columns
    padded = [F.pad(one, (0, columns - one.shape[2], 0, rows - one.shape[1])) for one in planes]
    return torch.stack([one.reshape(pictures, -1, columns) for one in padded], dim=1)
