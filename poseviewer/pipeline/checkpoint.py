"""The state of what follows people, as JSON holds it, so that another process can continue it.

Every number comes back to the last digit: JSON in Python writes floats so that they read the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core.affine import Box
from poseviewer.core.reading import PLACE_LIMIT, listing, number

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_FRAMES = 1 << 40
"""Beyond any count of frames or people."""

MOST_SECONDS = 1e12
"""Beyond any time."""


def edges(box: Box | None) -> list[float] | None:
    """A box as a list."""
    return None if box is None else [box.x, box.y, box.width, box.height]


def box_of(value: Any) -> Box | None:
    """The box of `edges`; raise ValueError where it is none."""
    if value is None:
        return None
    x, y, width, height = (coordinate(edge) for edge in listing(value, "a box"))
    return Box(x, y, width, height)


def a_box(value: Any) -> Box:
    """The box of `edges`, which is there; raise ValueError where it is none."""
    found = box_of(value)
    if found is None:
        msg = "a box is missing"
        raise ValueError(msg)
    return found


def coordinate(value: Any) -> float:
    """`value` if it is a place in pixels; raise ValueError otherwise."""
    return number(value, "a place", low=-PLACE_LIMIT, high=PLACE_LIMIT)


def joints_of(value: Any, joints: int) -> NDArray[np.float64]:
    """Places (joints, 2) that a list holds, NaN where one is missing; else raise ValueError."""
    places = np.array(listing(value, "the joints"), np.float64)
    if places.shape != (joints, 2) or (np.abs(places) > PLACE_LIMIT).any():
        msg = "the joints are not those of the network"
        raise ValueError(msg)
    return places
