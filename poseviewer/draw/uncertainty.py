"""How wide the belief around each joint is, as a ring."""

from __future__ import annotations

from math import isfinite, pi, sqrt
from typing import TYPE_CHECKING

import cv2
import numpy as np

from poseviewer.core.affine import apply, invert
from poseviewer.draw.colour import CASING, side_colour
from poseviewer.draw.primitives import Dot

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.result import FrameResult
    from poseviewer.draw.primitives import Item

_HALF = 0.5
"""Share of the belief at a joint down to which the ring reaches."""


def ring_items(result: FrameResult, *, scale: float) -> list[Item]:
    """A ring around each joint of the people whose maps are there.

    Its area is that of the part of the last belief map around the joint that is above half of what
    it has at the joint. Of a Gaussian it has 1.18 times its standard deviation as radius.

    Args:
        result: With the last belief maps; nothing is drawn without them.
        scale: Frame pixels per design point.
    """
    maps = [output for output in result.stages if output.spec.kind == "heatmap"]
    if not maps or not len(result.poses):
        return []
    output = max(maps, key=lambda one: one.number)
    # Maps of a network for one person are those of the person in focus, who comes first.
    people = result.poses if result.parsings else result.poses.only(np.array([0]))
    across = float(np.linalg.norm(output.to_frame[:, 0]))
    down = float(np.linalg.norm(output.to_frame[:, 1]))
    items: list[Item] = []
    for xy in people.xy:
        cells = apply(invert(output.to_frame), xy.astype(np.float64))
        for joint, cell in enumerate(cells):
            count = extent(output.values[joint], cell)
            if not count:
                continue
            radius = sqrt(count * across * down / pi) / scale
            at = float(xy[joint, 0]), float(xy[joint, 1])
            colour = side_colour(people.skeleton.side(joint))
            items.append(Dot(at, radius, None, CASING, 3.0, 0.45))
            items.append(Dot(at, radius, None, colour, 1.5, 0.9))
    return items


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
