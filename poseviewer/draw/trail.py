"""The path of a joint over time, as primitives."""

from __future__ import annotations

from math import dist
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.draw.colour import CASING
from poseviewer.draw.primitives import Dot, Line

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.draw.colour import Colour
    from poseviewer.draw.primitives import Item, Point

_NEAR = 2.5
"""Design points that a path goes on before another stroke of it begins."""

_MOST = 2000
"""Places that a path is drawn through, the latest: a minute of a usual clip."""

_WIDTH, _RADIUS = 2.2, 4.0


def trail_items(
    seconds: NDArray[np.float64],
    xy: NDArray[np.float64],
    *,
    limit: float,
    colour: Colour,
    scale: float,
) -> list[Item]:
    """The path from its first place to its last, with a dot there.

    Args:
        seconds: (n,) rising.
        xy: (n, 2) frame pixels; NaN where there is none.
        limit: Seconds beyond which two places are not joined.
        colour: Of the joint.
        scale: Frame pixels per design point.
    """
    known = np.flatnonzero(np.isfinite(xy).all(axis=1))[-_MOST:]
    if not len(known):
        return []
    times = seconds[known].tolist()
    places = [(x, y) for x, y in xy[known].tolist()]
    strokes: list[tuple[Point, Point]] = []
    start, before = places[0], times[0]
    for at, (moment, place) in enumerate(zip(times, places, strict=True)):
        if moment - before > limit:
            start = place
        elif dist(start, place) >= _NEAR * scale or at == len(places) - 1:
            strokes.append((start, place))
            start = place
        before = moment
    items: list[Item] = [Line(a, b, CASING, _WIDTH + 1.6, 0.7) for a, b in strokes]
    items += [Line(a, b, colour, _WIDTH) for a, b in strokes]
    return [*items, Dot(places[-1], _RADIUS, colour, CASING, 1.4)]
