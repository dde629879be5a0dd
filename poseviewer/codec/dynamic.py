"""Keypoint heads that are generated for each person: what they do, and how their maps are read.

FCPose (Mao, Tian, Wang and Shen, CVPR 2021): maps that all people share are read by three small
1x1 convolutions, whose weights a network makes for each person from the features where it has
found them. Which person is meant stands in those weights, and in two maps of coordinates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.heads import HeadShape

_NEAR = 0.2
"""Half the side of the square about a peak in which belief speaks for it, in reaches of the
person."""

_LEAST_CELLS = 1.5
"""The same in cells, at least: the eight cells around the peak."""


@dataclass(frozen=True, slots=True)
class DynamicCodec:
    """How the stages of a network that generates a head for each person are read."""

    head: HeadShape

    people: int
    """How many people the network answers at most."""

    stride: int = 8
    """Input pixels per cell of the maps."""

    least: float = 0.2
    """How sure a person must be to count, 0 to 1."""

    surely: float | None = None
    """Half the mean confidence of a person's joints and the score of the person detector, together,
    at least; None where no detector confirms people."""

    background: ClassVar[bool] = False
    """No map is about the background."""

    def decode(
        self,
        maps: NDArray[np.floating],
        away: NDArray[np.floating],
        reach: NDArray[np.floating],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float32]]:
        """Read where people's joints are: the highest cell, and on in the direction it tells.

        Args:
            maps: (people, k, h, w), after the softmax.
            away: The directions (2 k, h, w), input pixels, x first.
            reach: (people,) input pixels.

        Returns:
            The highest cells and the joints, both (people, k, 2) in cells, and the confidences
            (people, k): how much of the belief lies near the highest cell.
        """
        people, joints, height, width = maps.shape
        flat = maps.reshape(people, joints, -1).argmax(axis=2)
        row, column = flat // width, flat % width
        peaks = np.stack([column, row], axis=2).astype(np.float64)
        ways = away.reshape(joints, 2, height, width)[np.arange(joints), :, row, column]
        near = np.maximum(_NEAR * reach / self.stride, _LEAST_CELLS)[:, None, None, None]
        x = np.abs(np.arange(width) - column[..., None])[:, :, None]
        y = np.abs(np.arange(height) - row[..., None])[..., None]
        belief = np.where((x <= near) & (y <= near), maps, 0).sum(axis=(2, 3))
        return peaks, peaks + ways / self.stride, belief.clip(0, 1).astype(np.float32)


def coordinates(
    place: NDArray[np.floating], reach: NDArray[np.floating], *, shape: tuple[int, int], stride: int
) -> NDArray[np.float32]:
    """How far each cell lies from each person, in units of the person's reach.

    Args:
        place: Where the people are (people, 2), input pixels.
        reach: (people,) input pixels.
        shape: Height and width of the maps, cells.
        stride: Input pixels per cell.

    Returns:
        (people, 2, h, w): the place less the middle of the cell, divided by the reach.
    """
    y, x = (np.arange(n) * stride + (stride - 1) / 2 for n in shape)
    cells = np.stack(np.meshgrid(x, y))
    away = (place[:, :, None, None] - cells) / reach[:, None, None, None]
    return np.asarray(away, np.float32)


def keypoint_maps(
    head: HeadShape,
    numbers: NDArray[np.floating],
    bases: NDArray[np.floating],
    away: NDArray[np.floating],
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """What the generated heads make of the bases.

    Args:
        head: How the numbers are split.
        numbers: (people, `head.numbers`).
        bases: (bases, h, w).
        away: (people, 2, h, w), see `coordinates`.

    Returns:
        The maps after the first and second convolution (people, hidden, h, w), with ReLU, and
        those of the joints before the softmax (people, joints, h, w).
    """
    height, width = bases.shape[1:]
    shared = np.broadcast_to(bases, (len(numbers), *bases.shape))
    x = np.concatenate([away, shared], axis=1).reshape(len(numbers), -1, height * width)
    made = []
    for number, (weight, bias) in enumerate(head.split(numbers)):
        x = weight @ x + bias[..., None]
        if number < len(head.layers) - 1:
            x = np.maximum(x, 0)
        made.append(x.reshape(len(numbers), -1, height, width).astype(np.float32))
    return made[0], made[1], made[2]


def softmax(maps: NDArray[np.floating]) -> NDArray[np.float32]:
    """Maps (…, h, w) that sum to 1 over all places."""
    grown = np.exp(maps - maps.max(axis=(-2, -1), keepdims=True))
    return np.asarray(grown / grown.sum(axis=(-2, -1), keepdims=True), np.float32)
