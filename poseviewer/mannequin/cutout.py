"""The mannequin without anything around it, to be laid over other pictures."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.mannequin.figure import Figure
from poseviewer.mannequin.loft import Camera
from poseviewer.mannequin.motion import pose_bones
from poseviewer.mannequin.routine import routine
from poseviewer.mannequin.wardrobe import outfit_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

_HEIGHT, _WIDTH = 384, 240
_TALL = 2.05
"""Metres that the picture is high; the figure nearly fills it."""


@cache
def cutout(seed: int = 3) -> NDArray[np.uint8]:
    """Paint a standing figure.

    Args:
        seed: Of the clothes.

    Returns:
        RGB and opacity (384, 240, 4), read-only.
    """
    figure = Figure(outfit_of(seed))
    posture = pose_bones(routine(0.0, reach=0.0), build=figure.build)
    scale = _HEIGHT / _TALL
    camera = Camera(scale, (_WIDTH - 1) / 2, _HEIGHT - 1 - 0.06 * scale, 5.5)
    # What shows black on black and white on white is not the figure.
    black, white = (np.full((_HEIGHT, _WIDTH, 3), level, np.uint8) for level in (0, 255))
    for canvas in (black, white):
        figure.paint(canvas, posture=posture, camera=camera, shadow=False)
    through = (white.astype(np.float32) - black).mean(axis=2, keepdims=True)
    opacity = np.clip(255 - through, 0, 255)
    colour = np.clip(black / np.maximum(opacity / 255, 1e-3), 0, 255)
    made = np.concatenate([colour, opacity], axis=2).astype(np.uint8)
    made.flags.writeable = False
    return made
