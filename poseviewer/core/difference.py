"""How far two answers about one frame lie apart, joint by joint."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.torso import joint_distances, mean_distances, torso_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.pose import Poses


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """Two answers about one person, for the joints that both have."""

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


def difference(first: Poses, second: Poses) -> Difference | None:
    """Measure how far the first person of one answer lies from the nearest one of another.

    Args:
        first: The person counted first is the one compared.
        second: May have another skeleton; joints are matched by name.

    Returns:
        None where one of the two found no person, or they have no joint in common.
    """
    joints = tuple(name for name in first.skeleton.joints if second.skeleton.has(name))
    if not len(first) or not len(second) or not joints:
        return None
    here = [first.skeleton.index(name) for name in joints]
    there = [second.skeleton.index(name) for name in joints]
    apart = joint_distances(second.xy[:, there], first.xy[0, here].astype(np.float64))
    nearest = int(mean_distances(apart).argmin())
    return Difference(
        joints,
        apart[nearest],
        torso_of(first.xy[0], first.skeleton.joints),
        first.score[0, here],
        second.score[nearest, there],
    )
