"""How far two answers about one frame lie apart, joint by joint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.pose import Poses

_DIAGONALS = (("left_shoulder", "right_hip"), ("right_shoulder", "left_hip"))


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """Two answers about one person, for the joints that both speak of."""

    joints: tuple[str, ...]
    """Names of the k joints, in the first answer's order."""

    pixels: NDArray[np.float64]
    """(k,) distance in frame pixels; NaN where one of the two found none."""

    torso: float
    """Length of the first answer's torso, frame pixels; NaN where it has none."""

    first: NDArray[np.float32]
    """(k,) confidence of the first answer."""

    second: NDArray[np.float32]
    """(k,) confidence of the second."""

    @property
    def shares(self) -> NDArray[np.float64]:
        """(k,) distance in torsos."""
        return self.pixels / self.torso

    @property
    def mean(self) -> float:
        """Mean distance of the joints found by both, frame pixels; NaN where there are none."""
        found = self.pixels[np.isfinite(self.pixels)]
        return float(found.mean()) if len(found) else float("nan")


def torso_of(poses: Poses, person: int = 0) -> float:
    """Length of a person's torso in frame pixels: left shoulder to right hip, as of PCK.

    The other diagonal where a joint of the first was not found; NaN where neither is known.
    """
    for names in _DIAGONALS:
        if poses.skeleton.has(*names):
            a, b = (poses.xy[person, poses.skeleton.index(name)] for name in names)
            length = float(np.hypot(*(a - b).astype(np.float64)))
            if length > 0:
                return length
    return float("nan")


def difference(first: Poses, second: Poses) -> Difference | None:
    """How far the first person of one answer lies from the nearest one of another.

    Args:
        first: The person counted first is the one compared.
        second: May have another skeleton; joints are matched by name.

    Returns:
        None where one of the two found nobody, or they have no joint in common.
    """
    joints = tuple(name for name in first.skeleton.joints if second.skeleton.has(name))
    if not len(first) or not len(second) or not joints:
        return None
    here = [first.skeleton.index(name) for name in joints]
    there = [second.skeleton.index(name) for name in joints]
    apart = np.linalg.norm(
        second.xy[:, there].astype(np.float64) - first.xy[0, here].astype(np.float64), axis=-1
    )
    found = np.isfinite(apart)
    means = np.where(found, apart, 0).sum(axis=1) / np.maximum(found.sum(axis=1), 1)
    nearest = int(np.where(found.any(axis=1), means, np.inf).argmin())
    return Difference(
        joints,
        apart[nearest],
        torso_of(first),
        first.score[0, here],
        second.score[nearest, there],
    )
