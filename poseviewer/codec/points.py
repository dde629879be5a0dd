"""Joints as numbers that a network answers itself, and how an imported network is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from poseviewer.codec.heatmap import Decoding, HeatmapCodec
from poseviewer.core.stage import StageKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.core.pose import Poses
    from poseviewer.core.stage import StageOutput

Grid = Literal["centres", "corners", "ends"]
"""Where cells of a map lie on the input, which networks were trained to differently.

`centres`: a cell lies in the middle of the pixels that it covers. `corners`: cell g lies on pixel
g times the stride (mmpose without UDP, MoveNet's SimCC bins). `ends`: the first cell lies on the
first pixel and the last on the last (UDP; Huang et al., CVPR 2020).
"""


@dataclass(frozen=True, slots=True)
class PointsCodec:
    """How the tensors of an imported network are read.

    A stage of points is (n, joints, people, 3): x and y in input pixels and a confidence of 0 to
    1. Its belief maps, where it has any, are decoded by their peaks.
    """

    size: tuple[int, int]
    """Input width and height, pixels."""

    sigma: float = 2.0
    """Standard deviation of a peak of its belief maps, cells."""

    background: bool = False
    """Whether a map of the background follows the joints' maps."""

    grid: Grid = "centres"

    everybody: bool = False
    """Whether it finds all people in what it is shown."""

    numbers: str = "xys"
    """What the numbers of a point are: `x`, `y`, a depth `z` on their scale, the confidence `s`."""

    axis: tuple[int, ...] = ()
    """Numbers of the two points that say how a body lies: its middle and one above it on the
    circle around all of it. Empty where the network has none."""

    def to_input(self, shape: tuple[int, int]) -> NDArray[np.float64]:
        """The 2x3 affine from cells of a map to input pixels.

        Args:
            shape: Height and width of the map, cells.
        """
        return grid_to_input(self.size, shape, self.grid)

    def decode(
        self, maps: NDArray[np.floating], *, method: Decoding = "dark", blur: bool = False
    ) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """The peak of every joint's map, as `HeatmapCodec.decode` finds it, in cells."""
        peaks = HeatmapCodec(stride=1, sigma=self.sigma, background=self.background)
        return peaks.decode(maps, method=method, blur=blur)


def grid_to_input(size: tuple[int, int], shape: tuple[int, int], grid: Grid) -> NDArray[np.float64]:
    """The 2x3 affine from cells of a map to input pixels.

    Args:
        size: Input width and height, pixels.
        shape: Height and width of the map, cells.
        grid: Where its cells lie.
    """
    cells = shape[1], shape[0]
    ends = grid == "ends"
    x, y = (
        (s - 1) / (n - 1) if ends and n > 1 else s / n for s, n in zip(size, cells, strict=True)
    )
    # What is one cell wide covers all of it, whatever cells are otherwise.
    middle = [grid == "centres" or n == 1 for n in cells]
    shift = [(step - 1) / 2 if half else 0.0 for step, half in zip((x, y), middle, strict=True)]
    return np.array([[x, 0.0, shift[0]], [0.0, y, shift[1]]])


class PointsKind(StageKind):
    """Three numbers a joint of each person: x and y in input pixels, and a confidence."""

    name = "points"
    title = "points"
    quantity = "confidence"
    subject = "joint"
    together = "all joints"
    answers = True
    mapped = False

    def read(
        self,
        stage_poses: Sequence[Poses],
        output: StageOutput,
        *,
        channel: int | None,
        cell: tuple[int, int],  # noqa: ARG002 - a tile of points is one number
    ) -> tuple[float, str]:
        """Return the joint's confidence and where the network has it."""
        poses = stage_poses[output.number]
        if channel is None or not len(poses):
            return float("nan"), self.together
        (x, y), score = poses.xy[0, channel].tolist(), float(poses.score[0, channel])
        return score, f"confidence {score:.2f}   at {x:.1f}, {y:.1f} px"

    def decode(
        self,
        maps: NDArray[np.float32],
        *,
        codec: object,  # noqa: ARG002 - the numbers are the answer
        method: str,  # noqa: ARG002
    ) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Return what the network answered: people (n * people, k, 2) in input pixels."""
        people = np.moveaxis(maps, 1, 2).reshape(-1, maps.shape[1], 3)
        return people[..., :2].astype(np.float64), people[..., 2].astype(np.float32)

    def mirrored(
        self, maps: NDArray[np.float32], *, codec: PointsCodec, mirror: Sequence[int]
    ) -> NDArray[np.float32] | None:
        """What is left lies right, and left joints swap with right ones; not among several."""
        if maps.shape[2] != 1 or codec.everybody:
            return None
        turned = maps[:, list(mirror)]
        turned[..., 0] = codec.size[0] - 1 - turned[..., 0]
        return turned


KIND = PointsKind()
