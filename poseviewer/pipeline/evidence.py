"""Whether a person is there: the person detector and the pose network, weighed together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

CERTAIN = 0.4
"""Score from which on the detector has drawn nobody on 200 held-out pictures of nobody: then the
pose network must only not be lost in the region."""

PERSON = 0.45
"""`evidence` from which on any other candidate is a person: none of those pictures has one with
hourglass-lite."""

GONE = -0.9
"""`evidence` below which a region that is followed shows no person. Far below `PERSON`, because the
detector misses people in unusual poses, whom the pose network reads."""

DOUBTS = 3
"""Checks one after another that must fail before a followed person is given up."""

_BEST = 4
"""Joints that must stand out: a head alone has as many."""

_STANDS_OUT, _EVERYWHERE, _SMALL = 4.0, -1.5, 1.0
"""What the best joints, the mean of all and the size count beside the detector: of a coarse grid
what keeps most people in held-out photos and webcam views without one in pictures of nobody."""

_USUAL = 0.4
"""Share of the frame's longer side below which fewer of what looks like people are people."""


def evidence(candidate: float, joints: NDArray[np.floating], *, share: float = 1.0) -> float:
    """How much speaks for a person: the log odds of the detector, and what the pose network adds.

    Of a person some joints stand out; of a pattern taken for one many are middling and none is
    sure. That is asked of the best four joints so that a head at the frame's edge passes.

    Args:
        candidate: Score of the detector, 0 to 1.
        joints: (k,) confidences of the joints in the candidate's region.
        share: Longer side of the box of the joints over that of the frame.
    """
    candidate = float(np.clip(candidate, 0.001, 0.999))
    odds = np.log(candidate / (1 - candidate))
    best = np.sort(joints)[-_BEST:].mean()
    small = min(np.log(share / _USUAL), 0.0)
    return float(odds + _STANDS_OUT * best + _EVERYWHERE * joints.mean() + _SMALL * small)
