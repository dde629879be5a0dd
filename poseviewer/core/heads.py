"""Keypoint heads that a network generates for each person: their numbers, and how they are split.

Three small 1x1 convolutions read maps that all people share (FCPose; Mao, Tian, Wang and Shen, CVPR
2021); `codec.dynamic` says what they do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TOLD = 7
"""Numbers of a person besides the head's: place, reach, score, and the three sizes of the head."""


@dataclass(frozen=True, slots=True)
class HeadShape:
    """How the numbers of one person become three 1x1 convolutions.

    The first reads two coordinates and the bases, the last answers a map a joint; ReLU between.
    """

    bases: int
    """Maps that all people share."""

    hidden: int
    """Channels after the first and the second convolution."""

    joints: int

    @property
    def layers(self) -> tuple[tuple[int, int], ...]:
        """Channels out and in of the three convolutions."""
        return (
            (self.hidden, self.bases + 2),
            (self.hidden, self.hidden),
            (self.joints, self.hidden),
        )

    @property
    def numbers(self) -> int:
        """How many numbers a person has: weights and biases of all three."""
        return sum(out * (into + 1) for out, into in self.layers)

    @property
    def rows(self) -> int:
        """Rows of the widest matrix of a person: channels out."""
        return max(out for out, _ in self.layers)

    @property
    def columns(self) -> int:
        """Columns of a plane: of the widest matrix, channels in and the bias."""
        return max(_TOLD, *(into + 1 for _, into in self.layers))

    def split(self, numbers: Any) -> list[tuple[Any, Any]]:
        """Cut numbers (people, `numbers`), an array or a tensor, into weights and biases.

        Returns:
            For each convolution weights (people, out, in) and biases (people, out), in the order
            weights of the first, its biases, weights of the second, and so on.
        """
        parts, at = [], 0
        for out, into in self.layers:
            end = at + out * into
            weight = numbers[:, at:end].reshape(len(numbers), out, into)
            parts.append((weight, numbers[:, end : end + out]))
            at = end + out
        return parts

    def matrices(self, numbers: NDArray[np.floating]) -> list[NDArray[np.float32]]:
        """The numbers (`numbers`,) of one person as matrices, whose last column is the bias."""
        parts = self.split(np.asarray(numbers, np.float32)[None])
        return [np.concatenate([weight[0], bias[0, :, None]], axis=1) for weight, bias in parts]


@dataclass(frozen=True, slots=True, eq=False)
class Heads:
    """The heads that a network has generated for people, in the order in which it answers them."""

    shape: HeadShape

    numbers: NDArray[np.float32]
    """(people, `shape.numbers`)."""

    place: NDArray[np.float32]
    """(people, 2) where the features lie that they were made from, input pixels."""

    reach: NDArray[np.float32]
    """(people,) how large each person is, input pixels."""

    score: NDArray[np.float32]
    """(people,) how sure the network is of the person, 0 to 1."""

    @classmethod
    def of(cls, planes: NDArray[np.floating]) -> Heads:
        """Read what `models.dynamic_head.matrices` has written.

        Args:
            planes: (4, people * rows, columns): three planes of weights with the bias as the last
                column, filled up with zeros, people one below the other; and a plane whose first
                row of each person has x and y of the place, reach, score, and the numbers of bases,
                hidden channels and joints.
        """
        shape = HeadShape(*planes[3, 0, 4:_TOLD].astype(int).tolist())
        blocks = np.asarray(planes, np.float32).reshape(4, -1, shape.rows, planes.shape[2])
        parts = []
        for block, (out, into) in zip(blocks, shape.layers, strict=False):
            parts.append(block[:, :out, :into].reshape(len(block), -1))
            parts.append(block[:, :out, into])
        placement = blocks[3, :, 0]
        return cls(
            shape, np.concatenate(parts, axis=1), placement[:, :2], placement[:, 2], placement[:, 3]
        )
