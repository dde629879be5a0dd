"""The true skeleton beside the one that was found, and how far apart they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.truth import partners, true_places
from poseviewer.draw.colour import CASING, MIDDLE, TRUTH
from poseviewer.draw.primitives import Dot, Line, dashed

if TYPE_CHECKING:
    from poseviewer.core.pose import Poses
    from poseviewer.draw.primitives import Item, Point

_BONE, _CASE, _WHISKER = 2.0, 4.0, 1.6
_JOINT = 3.4


def truth_items(truth: Poses, people: Poses, *, scale: float) -> list[Item]:
    """The true skeletons, dashed, and a thin line from each joint found to its true place.

    Args:
        truth: Joints that score above 0 are known.
        people: Found.
        scale: Frame pixels per design point.
    """
    cases: list[Item] = []
    dashes: list[Item] = []
    dots: list[Item] = []
    for xy, score in zip(truth.xy, truth.score, strict=True):
        known = np.isfinite(xy).all(axis=1) & (score > 0)
        place: list[Point] = [(x, y) for x, y in xy.tolist()]
        for a, b in truth.skeleton.bones:
            if known[a] and known[b]:
                for start, end in dashed(place[a], place[b], scale=scale):
                    cases.append(Line(start, end, CASING, _CASE, 0.8))
                    dashes.append(Line(start, end, TRUTH, _BONE))
        dots += [Dot(place[joint], _JOINT, TRUTH, CASING, 1.3) for joint in np.flatnonzero(known)]
    return cases + dashes + _whiskers(truth, people) + dots


def _whiskers(truth: Poses, people: Poses) -> list[Item]:
    places = true_places(truth, people.skeleton)
    cases: list[Item] = []
    lines: list[Item] = []
    for person, partner in enumerate(partners(people, places).tolist()):
        if partner < 0:
            continue
        found, true = people.xy[person], places[partner]
        for joint in np.flatnonzero(np.isfinite(found).all(axis=1) & np.isfinite(true).all(axis=1)):
            start, end = found[joint].tolist(), true[joint].tolist()
            cases.append(Line((start[0], start[1]), (end[0], end[1]), CASING, _WHISKER + 2, 0.8))
            lines.append(Line((start[0], start[1]), (end[0], end[1]), MIDDLE, _WHISKER))
    return cases + lines
