"""Vectors: hue by direction, lightness by length."""

from __future__ import annotations

from poseviewer.draw.kinds import StagePainter


class VectorsPainter(StagePainter):
    """Draws vectors."""

    name = "vectors"
    legend = "directions"
    noun = "vector"


PAINTER = VectorsPainter()
