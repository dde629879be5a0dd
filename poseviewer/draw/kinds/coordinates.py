"""Coordinates of cells: zero at the person, one colour to each side."""

from __future__ import annotations

from poseviewer.draw.kinds.features import FeaturePainter


class CoordinatesPainter(FeaturePainter):
    """Draws how far cells lie from a person as activations are drawn, signed."""

    name = "coordinates"


PAINTER = CoordinatesPainter()
