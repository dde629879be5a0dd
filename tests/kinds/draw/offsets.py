"""Offsets, by direction and length."""

from poseviewer.draw.kinds import StagePainter


class OffsetPainter(StagePainter):
    """Draws offsets."""

    name = "offsets"
    legend = "directions"
    noun = "offset"


PAINTER = OffsetPainter()
