"""Places in space as they are seen from any side: the arithmetic of the Depth dock."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDE, ABOVE, BELOW = 2.2, 1.15, 1.55
"""Metres of what is shown: across, above and below the hips; a raised hand fits, and the floor."""

FLOOR = 0.95
"""Metres of the floor below the hips where no foot says more."""

_DISTANCE = 5.0
"""Metres from the eye to the hips."""

_GRID = 0.25
"""Metres from one line of the floor to the next."""

_HALF = 0.75
"""Metres from the middle of the floor to its edge."""

Segment = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Eye:
    """From where it is looked at."""

    turn: float
    """Degrees about the vertical; 0 is where the camera stood, 90 the camera's right."""

    tilt: float
    """Degrees above the floor; 90 looks straight down."""

    def seen(
        self, places: NDArray[np.floating], *, scale: float, middle: tuple[float, float]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return where places are seen, and how much nearer than the hips.

        Args:
            places: (..., 3) metres from the hips: x right, y down, z away from the camera.
            scale: Pixels a metre, at the hips.
            middle: Pixels of the hips.

        Returns:
            (..., 2) pixels, and metres (...) towards the eye.
        """
        turn, tilt = math.radians(self.turn), math.radians(self.tilt)
        x, y, z = np.moveaxis(np.asarray(places, np.float64), -1, 0)
        across = x * math.cos(turn) + z * math.sin(turn)
        away = z * math.cos(turn) - x * math.sin(turn)
        down = y * math.cos(tilt) + away * -math.sin(tilt)
        away = away * math.cos(tilt) + y * math.sin(tilt)
        size = scale * _DISTANCE / np.maximum(_DISTANCE + away, 0.5)
        at = np.stack([middle[0] + across * size, middle[1] + down * size], axis=-1)
        return at, -away


def floor_of(places: NDArray[np.floating]) -> float:
    """Return how many metres below the hips the floor is: at the lowest joint, if that is a foot's.

    Args:
        places: (k, 3) as `Eye.seen` takes them; NaN where there is none.
    """
    low = places[:, 1][np.isfinite(places[:, 1])]
    # Without feet the lowest joint stands on nothing.
    return max(float(low.max()) + 0.08, 0.25) if len(low) and low.max() > 0.3 else FLOOR


def grid(floor: float) -> NDArray[np.float64]:
    """Return the lines of a floor (n, 2, 3), those at the rim last."""
    steps = np.arange(-_HALF, _HALF + 1e-9, _GRID)
    lines = []
    for at in sorted(steps.tolist(), key=abs):
        lines += [
            ((at, floor, -_HALF), (at, floor, _HALF)),
            ((-_HALF, floor, at), (_HALF, floor, at)),
        ]
    return np.array(lines)


def camera_mark(floor: float) -> NDArray[np.float64]:
    """Return an arrow on the floor (3, 3) that points from the camera to the person."""
    near = -_HALF - 0.05
    return np.array([(-0.07, floor, near - 0.1), (0.0, floor, near), (0.07, floor, near - 0.1)])
