"""True poses beside those that were found: which joints and which people are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.skeleton import common_names
from poseviewer.core.torso import joint_distances, mean_distances

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.pose import Poses
    from poseviewer.core.skeleton import Skeleton

_REACH = 0.5
"""Share of a person's longer side: of several people none is taken for one farther away."""


def true_places(truth: Poses, skeleton: Skeleton) -> NDArray[np.float64]:
    """Return where the joints of `skeleton` truly are.

    Joints are the same where their common names are; what only one skeleton has is left out.

    Args:
        truth: Whose scores say what is labelled: above 0.
        skeleton: Of the network.

    Returns:
        (n, k, 2) frame pixels of n people; NaN where a joint is not labelled or has no partner.
    """
    theirs = common_names(truth.skeleton.joints)
    places = np.full((len(truth), len(skeleton.joints), 2), np.nan)
    for joint, name in enumerate(common_names(skeleton.joints)):
        if name in theirs:
            column = theirs.index(name)
            labelled = truth.score[:, column] > 0
            places[labelled, joint] = truth.xy[labelled, column]
    return places


def partners(poses: Poses, places: NDArray[np.float64]) -> NDArray[np.int64]:
    """Pair people found with true people: nearest pairs first, each taken once.

    Nearness is the mean distance over the joints that both have. One person found and one
    labelled are a pair however far apart, as in an evaluation of crops.

    Args:
        poses: m people.
        places: (n, k, 2) as `true_places` gives them.

    Returns:
        (m,) position in `places`, -1 for none.
    """
    answer = np.full(len(poses), -1)
    if not len(poses) or not len(places):
        return answer
    mean = mean_distances(joint_distances(poses.xy[:, None], places))
    if mean.size > 1:
        seen = np.isfinite(places)
        high = np.where(seen, places, -np.inf).max(axis=1)
        low = np.where(seen, places, np.inf).min(axis=1)
        side = np.where(seen.any(axis=(1, 2)), (high - low).max(axis=-1), 0.0)
        mean[mean > _REACH * side] = np.inf
    for _ in range(min(mean.shape)):
        found, true = np.unravel_index(mean.argmin(), mean.shape)
        if not np.isfinite(mean[found, true]):
            break
        answer[found] = true
        mean[found], mean[:, true] = np.inf, np.inf
    return answer


def true_place(truth: Poses | None, poses: Poses, *, person: int) -> NDArray[np.float64] | None:
    """Return where one of the people found truly has its joints (k, 2); None where not known.

    Args:
        truth: Of the same frame; None where it is not known.
        poses: The people found.
        person: Position in `poses`.
    """
    if truth is None or not 0 <= person < len(poses):
        return None
    places = true_places(truth, poses.skeleton)
    partner = int(partners(poses, places)[person])
    return None if partner < 0 else places[partner]


def true_space(truth: Poses | None, poses: Poses, *, person: int) -> NDArray[np.float64] | None:
    """Return where one of the people found truly is in space; None where that is not known.

    Args:
        truth: Of the same frame; None where it is not known.
        poses: The people found.
        person: Position in `poses`.

    Returns:
        (k, 3) metres as `Poses.world` has them; NaN where a joint has no partner.
    """
    if truth is None or truth.world is None or not 0 <= person < len(poses):
        return None
    partner = int(partners(poses, true_places(truth, poses.skeleton))[person])
    if partner < 0:
        return None
    theirs = common_names(truth.skeleton.joints)
    places = np.full((len(poses.skeleton.joints), 3), np.nan)
    for joint, name in enumerate(common_names(poses.skeleton.joints)):
        if name in theirs:
            places[joint] = truth.world[partner, theirs.index(name)]
    return places
