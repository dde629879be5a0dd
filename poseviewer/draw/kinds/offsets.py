"""Offsets: hue by direction, as every vector."""

from __future__ import annotations

from poseviewer.draw.kinds import StagePainter


class OffsetsPainter(StagePainter):
    """Draws offsets."""

    name = "offsets"
    legend = "directions"
    noun = "offset"


PAINTER = OffsetsPainter()
