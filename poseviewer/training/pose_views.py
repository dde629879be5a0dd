"""Random mannequin poses, seen from random sides: what networks behind the joints learn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.skeleton import load_skeleton
from poseviewer.mannequin.random import random_joints

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Reals = NDArray[np.float64]


def random_poses(seeds: Iterable[int]) -> Reals:
    """Random figures (n, 14, 3) that face along z: metres from the middle of the hips, y up.

    Args:
        seeds: One number a figure; the same give the same.
    """
    skeleton = load_skeleton("lsp-14")
    at = np.stack([random_joints(seed) for seed in seeds])
    left, right = at[:, skeleton.index("left_hip")], at[:, skeleton.index("right_hip")]
    at -= ((left + right) / 2)[:, None]
    across = left - right
    return _about_y(at, np.arctan2(across[:, 2], across[:, 0]))


@dataclass(frozen=True, slots=True, eq=False)
class Sides:
    """From where n poses are seen; angles in radians."""

    azimuth: Reals
    elevation: Reals
    roll: Reals
    distance: Reals
    """Metres of the camera from the middle of the hips."""

    def project(self, poses: Reals) -> Reals:
        """The poses (n, j, 3) in pictures: (n, j, 2) metres at the hips' distance, y down."""
        at = _about_y(poses, self.azimuth)
        x, y, z = np.moveaxis(at, -1, 0)
        cos, sin = _turn(self.elevation)
        y, z = y * cos - z * sin, y * sin + z * cos
        cos, sin = _turn(self.roll)
        x, y = x * cos - y * sin, x * sin + y * cos
        distance = self.distance[:, None]
        seen: Reals = np.stack([x, -y], axis=-1) * (distance / (distance - z))[..., None]
        return seen


def random_sides(
    count: int, random: np.random.Generator, *, elevation: float = 30.0, roll: float = 30.0
) -> Sides:
    """Cameras all around, up to `elevation` and `roll` degrees to either side, at 4 to 8 m."""

    def angles(most: float) -> Reals:
        return np.radians(random.uniform(-most, most, count))

    return Sides(angles(180.0), angles(elevation), angles(roll), random.uniform(4.0, 8.0, count))


def _turn(angle: Reals) -> tuple[Reals, Reals]:
    return np.cos(angle)[:, None], np.sin(angle)[:, None]


def _about_y(at: Reals, angle: Reals) -> Reals:
    x, y, z = np.moveaxis(at, -1, 0)
    cos, sin = _turn(angle)
    return np.stack([x * cos + z * sin, y, z * cos - x * sin], axis=-1)
