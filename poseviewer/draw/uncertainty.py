"""How uncertain the places of joints are, as ellipses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.uncertainty import SHARES, reach
from poseviewer.draw.colour import CASING, side_colour
from poseviewer.draw.primitives import Ellipse

if TYPE_CHECKING:
    from poseviewer.core.pose import Poses
    from poseviewer.draw.primitives import Item

_WIDTHS = dict(zip(SHARES, (1.8, 1.4), strict=True))
_STRENGTHS = dict(zip(SHARES, (1.0, 0.6), strict=True))
_FILLS = dict(zip(SHARES, (0.18, 0.08), strict=True))
_WEAK = 0.45
"""Opacity of what lies below the gate."""


def ellipse_items(poses: Poses, *, gate: float) -> list[Item]:
    """Around each joint the ellipses that hold 68 and 95 % of the belief, were it a Gaussian.

    Args:
        poses: People; nothing is drawn around a joint without a covariance.
        gate: Confidence below which joints are drawn weak.
    """
    if poses.covariance is None:
        return []
    items: list[Item] = []
    known = np.isfinite(poses.covariance).all(axis=-1) & poses.found
    sure = poses.sure(gate)
    for share in reversed(SHARES):
        for row, joint in np.argwhere(known).tolist():
            x, y = poses.xy[row, joint].tolist()
            xx, xy, yy = (poses.covariance[row, joint] * reach(share)).tolist()
            colour = side_colour(poses.skeleton.side(joint))
            width = _WIDTHS[share]
            shown = _STRENGTHS[share] * (1.0 if sure[row, joint] else _WEAK)
            items.append(Ellipse((x, y), (xx, xy, yy), CASING, width + 1.2, 0.0, 0.35 * shown))
            items.append(Ellipse((x, y), (xx, xy, yy), colour, width, _FILLS[share], shown))
    return items
