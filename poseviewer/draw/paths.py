"""The path of a joint over the stages, as primitives."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.draw.colour import CASING, mixed
from poseviewer.draw.primitives import Dot, Label, Line

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.draw.colour import Colour
    from poseviewer.draw.primitives import Item

_RAMP: tuple[Colour, ...] = ((122, 92, 235), (230, 84, 152), (255, 214, 92))
"""First to last stage; rises evenly in lightness, like the map `plasma`."""

_APART = 18.0
"""Design points between two stages from which both numbers can be read."""


def stage_colour(position: int, count: int) -> Colour:
    """The colour of one of `count` stages: violet for the first, yellow for the last."""
    at = position / max(count - 1, 1) * (len(_RAMP) - 1)
    lower = min(int(at), len(_RAMP) - 2)
    return mixed(_RAMP[lower], _RAMP[lower + 1], at - lower)


def way_items(
    xy: NDArray[np.floating], *, numbers: tuple[int, ...] = (), scale: float = 1.0
) -> list[Item]:
    """The path of one joint from its first place to its last, a dot per stage.

    Args:
        xy: (s, 2) frame pixels; a stage that has it nowhere (NaN) is passed over.
        numbers: Written beside the dots, one a stage, where there is room; empty draws the way
            thin and without numbers, for many joints at once.
        scale: Frame pixels per design point, to keep numbers apart.
    """
    found = np.flatnonzero(np.isfinite(xy).all(axis=1)).tolist()
    place = {at: (float(xy[at, 0]), float(xy[at, 1])) for at in found}
    strong = bool(numbers)
    width, radius = (2.6, 4.6) if strong else (1.6, 2.2)
    casings: list[Item] = []
    strokes: list[Item] = []
    for a, b in pairwise(found):
        casings.append(Line(place[a], place[b], CASING, width + 2.0, 0.85))
        strokes.append(Line(place[a], place[b], stage_colour(b, len(xy)), width))
    dots: list[Item] = [
        Dot(place[at], radius, stage_colour(at, len(xy)), CASING, 1.4) for at in found
    ]
    labels: list[Item] = []
    # From the last stage back: where several came to rest on one spot the last number counts.
    taken: list[tuple[float, float]] = []
    for at in reversed(found if strong else []):
        x, y = place[at]
        if all(np.hypot(x - u, y - v) >= _APART * scale for u, v in taken):
            taken.append((x, y))
            spot = (x + 9 * scale, y - 9 * scale)
            labels.append(Label(spot, str(numbers[at]), 7.5, stage_colour(at, len(xy)), "left"))
    return casings + strokes + dots + labels
