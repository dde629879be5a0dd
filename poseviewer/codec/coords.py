"""Joints to numbers relative to boxes and back: one class, for every stage of a cascade.

DeepPose (Toshev & Szegedy, CVPR 2014), sections 3.1 and 3.2. N maps a box to
[-0.5, 0.5] x [-0.5, 0.5]. A later stage looks at one box a joint, centred where the stage
before put it, so that the numbers it answers are the joint's displacement in box sides. The
paper prints its refinement as y + N^-1(psi), which would add the box's centre, y itself, twice;
here it is N^-1(psi), that is y + side * psi.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.stage import StageKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.core.pose import Poses
    from poseviewer.core.stage import StageOutput

PLACE = 2
"""Numbers of a joint that say where it is; a third one, where there is one, how surely."""


@dataclass(frozen=True, slots=True)
class CoordsCodec:
    """Coordinates relative to the person's box, then displacements relative to joints' boxes.

    Boxes are arrays (..., 4) of x, y, width, height by their edges, in the pixels of the joints.
    """

    sigma: float
    """Side of a joint's box in torso diameters."""

    torso: tuple[int, int]
    """The opposing joints whose distance is the diameter: left shoulder and right hip."""

    side: int
    """Width and height at which a later stage sees a joint's box, pixels."""

    sure: bool = False
    """Whether a third number tells how surely the joint is near (a logit); the paper has none."""

    least: float = 0.05
    """The smallest diameter, in sides of the person's box: a pose that has collapsed to a point
    still has boxes in which to find the body again."""

    @property
    def numbers(self) -> int:
        """Numbers a network answers for each joint."""
        return PLACE + self.sure

    def encode(
        self, joints: NDArray[np.floating], boxes: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """N: what a perfect network would answer.

        Args:
            joints: Pixels (..., k, 2).
            boxes: (..., k, 4) or (..., 1, 4).

        Returns:
            (..., k, 2), from -0.5 to 0.5 inside a box.
        """
        numbers: NDArray[np.float64] = (joints - _centres(boxes)) / boxes[..., 2:]
        return numbers

    def decode(
        self, numbers: NDArray[np.floating], boxes: NDArray[np.floating]
    ) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """N^-1: where the joints are.

        Args:
            numbers: What the network answered (..., k, 2 or 3).
            boxes: (..., k, 4) or (..., 1, 4).

        Returns:
            Pixels (..., k, 2) and confidence (..., k), 0 to 1; 1 of a network that gives none.
        """
        joints = _centres(boxes) + self.displacement(numbers, boxes)
        if numbers.shape[-1] == PLACE:
            return joints, np.ones(joints.shape[:-1], np.float32)
        # Where the logit is large and negative, exp would overflow before the sum.
        score = (1 + np.tanh(numbers[..., PLACE] / 2)) / 2
        return joints, score.astype(np.float32)

    def refine(
        self, numbers: NDArray[np.floating], boxes: NDArray[np.floating]
    ) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Where a later stage puts the joints: moved as far as it is sure of it.

        Where a network gives no confidence this is the paper's step, and `decode`. With one, a
        joint moves by its displacement times the confidence, so that a stage that sees too little
        in a box leaves the joint to the stage before.

        Args:
            numbers: What the network answered (..., k, 2 or 3).
            boxes: (..., k, 4), centred where the stage before put the joints.

        Returns:
            As `decode`.
        """
        joints, score = self.decode(numbers, boxes)
        before = _centres(boxes)
        return before + score[..., None] * (joints - before), score

    def displacement(
        self, numbers: NDArray[np.floating], boxes: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """How far each joint is from the middle of its box, pixels (..., k, 2)."""
        away: NDArray[np.float64] = np.asarray(numbers[..., :PLACE], np.float64) * boxes[..., 2:]
        return away

    def diameter(self, joints: NDArray[np.floating]) -> NDArray[np.float64]:
        """The torso diameter of poses (..., k, 2), pixels (...)."""
        a, b = self.torso
        length: NDArray[np.float64] = np.linalg.norm(
            np.asarray(joints[..., a, :] - joints[..., b, :], np.float64), axis=-1
        )
        return length

    def boxes(
        self, joints: NDArray[np.floating], *, person: NDArray[np.floating]
    ) -> NDArray[np.float64]:
        """The box in which the next stage looks for each joint of a pose.

        Args:
            joints: Pixels (..., k, 2), where the stage before put them.
            person: The person's box (..., 4).

        Returns:
            (..., k, 4): squares of sigma diameters, centred on the joints.
        """
        least = self.least * np.maximum(person[..., 2], person[..., 3])
        side = self.sigma * np.maximum(self.diameter(joints), least)
        return squares(joints, side[..., None])


def squares(centres: NDArray[np.floating], side: NDArray[np.floating]) -> NDArray[np.float64]:
    """The boxes (..., 4) of some sides (...) about some centres (..., 2)."""
    sides = np.broadcast_to(side[..., None], centres.shape)
    return np.concatenate([centres - sides / 2, sides], axis=-1)


def _centres(boxes: NDArray[np.floating]) -> NDArray[np.float64]:
    middle: NDArray[np.float64] = np.asarray(boxes[..., :2] + boxes[..., 2:] / 2, np.float64)
    return middle


class CoordsKind(StageKind):
    """Two or three numbers a joint: where it is in the box that the stage looked at, how surely."""

    name = "coords"
    title = "coordinates"
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
        cell: tuple[int, int],  # noqa: ARG002 - a tile of coordinates is one number
    ) -> tuple[float, str]:
        """Return the joint's confidence, and how far a later stage moved it."""
        if channel is None:
            return float("nan"), self.together
        poses = stage_poses[output.number]
        score = float(poses.score[0, channel])
        if output.number == 0:
            return score, f"confidence {score:.2f}"
        way = poses.xy[0, channel] - stage_poses[output.number - 1].xy[0, channel]
        return score, f"confidence {score:.2f}   moved {float(np.hypot(*way)):.1f} px"


KIND = CoordsKind()
