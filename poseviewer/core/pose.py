"""People found in one frame, as joints."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.skeleton import Skeleton


class Visibility(IntEnum):
    """Whether a joint can be seen; the numbers are COCO's v flags."""

    OUTSIDE = 0
    """Not in the frame, or so well hidden that a person looking at it could not say where."""

    OCCLUDED = 1
    """Hidden by something or by the body itself, but its place can be told."""

    VISIBLE = 2


@dataclass(frozen=True, slots=True, eq=False)
class Poses:
    """n people of k joints in one frame."""

    xy: NDArray[np.float32]
    """(n, k, 2) frame pixels, pixel-centred; NaN where a joint was not found."""

    score: NDArray[np.float32]
    """(n, k) confidence, 0 to 1."""

    box: NDArray[np.float32]
    """(n, 4) x, y, width, height in frame pixels of the region each person was read from."""

    track: NDArray[np.int64]
    """(n,) identity over time, -1 where none was assigned."""

    skeleton: Skeleton
    """What the k joints are."""

    def __post_init__(self) -> None:
        """Check that the shapes agree and make the arrays read-only.

        Raises:
            ValueError: An array has the wrong shape; the message names it.
        """
        n, k = len(self.xy), len(self.skeleton.joints)
        wanted = {"xy": (n, k, 2), "score": (n, k), "box": (n, 4), "track": (n,)}
        for name, shape in wanted.items():
            array = getattr(self, name)
            if array.shape != shape:
                msg = f"{name} must be {shape}, got {array.shape}"
                raise ValueError(msg)
            array.flags.writeable = False

    def __len__(self) -> int:
        """Return the number of people."""
        return len(self.xy)

    def only(self, kept: NDArray[np.bool_] | NDArray[np.intp]) -> Poses:
        """Return some of the people: those where it is true (n,), or these rows in this order."""
        return Poses(
            self.xy[kept], self.score[kept], self.box[kept], self.track[kept], self.skeleton
        )

    @classmethod
    def single(
        cls,
        xy: NDArray[np.floating],
        *,
        score: NDArray[np.floating],
        skeleton: Skeleton,
        box: tuple[float, float, float, float],
    ) -> Poses:
        """Return one person, from (k, 2) and (k,) arrays."""
        return cls(
            np.asarray(xy, np.float32)[None],
            np.asarray(score, np.float32)[None],
            np.array([box], np.float32),
            np.array([-1]),
            skeleton,
        )

    @classmethod
    def nobody(cls, skeleton: Skeleton) -> Poses:
        """Return no people."""
        k = len(skeleton.joints)
        return cls(
            np.empty((0, k, 2), np.float32),
            np.empty((0, k), np.float32),
            np.empty((0, 4), np.float32),
            np.empty(0, np.int64),
            skeleton,
        )
