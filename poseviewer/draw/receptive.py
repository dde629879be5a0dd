"""The overlay of a receptive field: what an answer can depend on, and what counted."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import cv2
import numpy as np

from poseviewer.draw.colour import CASING, GHOST
from poseviewer.draw.primitives import Dot, Label, Line, MapLayer, Outline, design_scale

if TYPE_CHECKING:
    from poseviewer.core.layer import ReceptiveField
    from poseviewer.draw.primitives import Item

_SMOOTH = 1.2
"""Input pixels (standard deviation) over which the heat is smoothed for display: gradients of
neighbouring pixels differ wildly."""

_TOP = 99.7
"""Percentile of the heat at the end of the colours."""

_SIDES = 64
"""Of the polygon that stands for a circle."""


def field_items(field: ReceptiveField, *, title: str, colormap: str, opacity: float) -> list[Item]:
    """The heat, the rectangle of all that was seen, the circle of half the influence, and words.

    Args:
        field: What an answer came of.
        title: Of the answer, such as `r knee, stack 2`.
        colormap: Of `draw.colour`.
        opacity: Of the greatest heat.
    """
    heat = cv2.GaussianBlur(field.heat, (0, 0), _SMOOTH)
    # Square roots: the middle is so much hotter than the rest that nothing else would be seen.
    values = np.sqrt(np.maximum(heat, 0)).astype(np.float32)
    high = max(float(np.percentile(values, _TOP)), 1e-12)
    (x, y), radius = field.place, field.half
    turn = np.linspace(0, 2 * np.pi, _SIDES + 1)
    ring = [(x + radius * float(np.cos(a)), y + radius * float(np.sin(a))) for a in turn]
    strokes = list(pairwise(ring))
    scale = design_scale(field.frame.size)
    below = y + radius + 14 * scale
    seen = "all that was shown" if field.whole else _sides(field)
    return [
        MapLayer(values, field.to_frame, colormap, 0.0, high, opacity),
        Outline(field.box, CASING, 3.4, 0.6),
        Outline(field.box, GHOST, 1.6),
        *(Line(a, b, CASING, 3.0, 0.6) for a, b in strokes),
        *(Line(a, b, GHOST, 1.4) for a, b in strokes),
        Dot(field.place, 4.0, GHOST, CASING, 1.4),
        Label((x, below), f"{title} can see {seen}", 7.5, GHOST, "centre"),
        Label(
            (x, below + 20 * scale),
            f"half of what counted lies within {radius:.0f} px",
            7.5,
            GHOST,
            "centre",
        ),
    ]


def _sides(field: ReceptiveField) -> str:
    return f"{field.box.width:.0f} by {field.box.height:.0f} px"
