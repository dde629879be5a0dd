"""People a detector considered in one frame: whom it took, whom it refused, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from poseviewer.core.affine import Box


class Verdict(IntEnum):
    """What became of a candidate."""

    TAKEN = 0
    FAINT = 1
    """Its score is below the threshold."""

    OVERLAPS = 2
    """A better one covers nearly the same place."""

    UNCONFIRMED = 3
    """The pose network was shown the place and sees no person there."""


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """n candidates, the best first. Boxes are (left, top, right, bottom) in pixels."""

    boxes: NDArray[np.float64]
    """(n, 4) about what is visible of each person."""

    joints: NDArray[np.float64]
    """(n, 4) about those of their joints that are in the frame."""

    score: NDArray[np.float32]
    """(n,) 0 to 1."""

    verdict: NDArray[np.int8]
    """(n,) values of `Verdict`."""

    rival: NDArray[np.intp]
    """(n,) the better candidate that an `OVERLAPS` gave way to; -1 of all others."""

    overlap: NDArray[np.float64]
    """(n,) intersection over union with the rival; 0 of all others."""

    @property
    def taken(self) -> NDArray[np.bool_]:
        """(n,) who is a person."""
        which: NDArray[np.bool_] = self.verdict == Verdict.TAKEN
        return which


@dataclass(frozen=True, slots=True, eq=False)
class Sighting:
    """The people in one frame: where to look for each of n, and how they stand there."""

    detections: Detections
    """All candidates, with what became of each."""

    regions: tuple[Box, ...]

    xy: tuple[NDArray[np.float32], ...]
    """(k, 2) joints in each region, frame pixels."""


def overlaps(a: NDArray[np.floating], b: NDArray[np.floating]) -> NDArray[np.float64]:
    """Intersection over union (..., n, m) of boxes (..., n, 4) with boxes (..., m, 4)."""
    one, other = a[..., :, None, :], b[..., None, :, :]
    low = one[..., :2].clip(min=other[..., :2])
    high = one[..., 2:].clip(max=other[..., 2:])
    both = (high - low).clip(min=0).prod(-1)
    areas = [(x[..., 2:] - x[..., :2]).clip(min=0).prod(-1) for x in (one, other)]
    shared: NDArray[np.float64] = both / (areas[0] + areas[1] - both).clip(min=1e-9)
    return shared
