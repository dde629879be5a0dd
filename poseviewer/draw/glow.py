"""How far the belief around a joint can be seen to glow."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HALF = 0.5
"""Share of the belief at a joint down to which the glow reaches."""


def extent(belief: NDArray[np.float32], cell: NDArray[np.float64]) -> int:
    """Count the cells around one whose belief is above half of that cell's; 0 outside the map.

    Args:
        belief: (h, w).
        cell: x, y.
    """
    if not all(isfinite(value) for value in cell):
        return 0
    x, y = (round(float(value)) for value in cell)
    if not (0 <= x < belief.shape[1] and 0 <= y < belief.shape[0]) or belief[y, x] <= 0:
        return 0
    above = (belief >= _HALF * belief[y, x]).astype(np.uint8)
    labels = cv2.connectedComponents(above, connectivity=4)[1]
    return int((labels == labels[y, x]).sum())
