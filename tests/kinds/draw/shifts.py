"""Shifts, by direction and length."""

from poseviewer.draw.kinds import StagePainter


class ShiftPainter(StagePainter):
    """Draws shifts."""

    name = "shifts"
    legend = "directions"
    noun = "shift"


PAINTER = ShiftPainter()
