"""People found in one frame, as joints."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.percent import percent
from poseviewer.core.uncertainty import deviations

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.skeleton import Skeleton


class Visibility(IntEnum):
    """Whether a joint can be seen; the numbers are COCO's v flags."""

    UNKNOWN = -1
    """The network does not tell."""

    OUTSIDE = 0
    """Not in the frame; such a joint has no place."""

    OCCLUDED = 1
    """Hidden by something or by the body itself."""

    VISIBLE = 2


class Mark(IntEnum):
    """What a person has said of a joint; see `core.correction`."""

    NONE = 0
    """Nothing: it is where the network saw it."""

    MOVED = 1
    INTERPOLATED = 2
    ACCEPTED = 3
    OCCLUDED = 4
    WRONG = 5
    ABSENT = 6

    SWAPPED = 7
    """Only left and right were exchanged."""


STATE_WORDS = {
    Visibility.UNKNOWN: "unknown",
    Visibility.OUTSIDE: "outside the frame",
    Visibility.OCCLUDED: "hidden",
    Visibility.VISIBLE: "visible",
}
"""What each state is called in the window."""


@dataclass(frozen=True, slots=True, eq=False)
class Poses:
    """n people of k joints in one frame."""

    xy: NDArray[np.float32]
    """(n, k, 2) frame pixels, pixel-centred; NaN where a joint was not found."""

    score: NDArray[np.float32]
    """(n, k) confidence, 0 to 1: where `calibrated`, the probability that the joint can be placed
    and is right within 0.2 of the torso, else what the network says of it, such as the height of
    a peak."""

    box: NDArray[np.float32]
    """(n, 4) x, y, width, height in frame pixels of the region each person was read from."""

    track: NDArray[np.int64]
    """(n,) identity over time, -1 where none was assigned."""

    skeleton: Skeleton
    """What the k joints are."""

    visibility: NDArray[np.int8] | None = None
    """(n, k) `Visibility`; None where the network tells it of no joint."""

    corrected: NDArray[np.int8] | None = None
    """(n, k) `Mark` of what a person has corrected; None where that is nothing."""

    covariance: NDArray[np.float32] | None = None
    """(n, k, 3) variance of x, covariance and variance of y of the belief around each joint, frame
    pixels squared (`core.uncertainty`); NaN where it is not known, None where it is of no joint."""

    world: NDArray[np.float32] | None = None
    """(n, k, 3) metres from the middle of the hips along the axes of the camera, x right, y down,
    z away from it; NaN where a joint has no such place, None where the network gives none."""

    def __post_init__(self) -> None:
        """Check that the shapes agree and make the arrays read-only.

        Raises:
            ValueError: An array has the wrong shape; the message names it.
        """
        n, k = len(self.xy), len(self.skeleton.joints)
        wanted = {"xy": (n, k, 2), "score": (n, k), "box": (n, 4), "track": (n,)}
        for name in ("visibility", "corrected"):
            if getattr(self, name) is not None:
                wanted[name] = (n, k)
        for name in ("covariance", "world"):
            if getattr(self, name) is not None:
                wanted[name] = (n, k, 3)
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
        optional = ("visibility", "corrected", "covariance", "world")
        some = {
            name: getattr(self, name)[kept] for name in optional if getattr(self, name) is not None
        }
        return Poses(
            self.xy[kept], self.score[kept], self.box[kept], self.track[kept], self.skeleton, **some
        )

    @property
    def body(self) -> Poses:
        """The joints of the body alone, without those of hands and face."""
        skeleton = self.skeleton.body
        if skeleton is self.skeleton:
            return self
        count = len(skeleton.joints)
        by_joint = {
            name: array[:, :count]
            for name in ("visibility", "corrected", "covariance", "world")
            if (array := getattr(self, name)) is not None
        }
        return replace(
            self, xy=self.xy[:, :count], score=self.score[:, :count], skeleton=skeleton, **by_joint
        )

    @property
    def calibrated(self) -> bool:
        """Whether scores are probabilities."""
        return self.visibility is not None

    def are(self, state: Visibility) -> NDArray[np.bool_]:
        """Return which joints (n, k) are in a state."""
        if self.visibility is not None:
            return np.asarray(self.visibility == state, np.bool_)
        if self.corrected is None:
            return np.full(self.score.shape, state == Visibility.UNKNOWN)
        # The network does not tell, but a person may have.
        marks = {Visibility.OCCLUDED: Mark.OCCLUDED, Visibility.OUTSIDE: Mark.ABSENT}
        if state in marks:
            return np.asarray(self.corrected == marks[state], np.bool_)
        unknown = ~np.isin(self.corrected, list(marks.values()))
        return np.asarray(unknown & (state == Visibility.UNKNOWN), np.bool_)

    def marks(self) -> NDArray[np.int8]:
        """Return the `Mark` of every joint (n, k)."""
        if self.corrected is None:
            return np.zeros(self.score.shape, np.int8)
        return self.corrected

    def uncertainty(self) -> NDArray[np.float64]:
        """Return standard deviations of x and y, frame pixels, and their correlation (n, k, 3)."""
        if self.covariance is None:
            return np.full((*self.score.shape, 3), np.nan)
        return deviations(self.covariance)

    @property
    def found(self) -> NDArray[np.bool_]:
        """(n, k) joints that have a place."""
        return np.asarray(np.isfinite(self.xy).all(axis=-1), np.bool_)

    def sure(self, gate: float) -> NDArray[np.bool_]:
        """Return which joints (n, k) have a place and pass the gate."""
        return np.asarray(self.found & (self.score >= gate), np.bool_)

    def in_words(self, row: int, joint: int) -> str:
        """Say of a person's joint how sure it is and whether it can be seen.

        Such as `left knee hidden, 62 % sure`; `nose, peak 0.83, not calibrated` where scores are no
        probabilities.
        """
        name = self.skeleton.joints[joint].replace("_", " ")
        score = float(self.score[row, joint])
        if self.visibility is None:
            return f"{name}, peak {score:.2f}, not calibrated"
        state = Visibility(int(self.visibility[row, joint]))
        if state == Visibility.OUTSIDE:
            return f"{name} {STATE_WORDS[state]}"
        return f"{name} {STATE_WORDS[state]}, {percent(score)} % sure"

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
