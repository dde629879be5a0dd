"""Attention, as maps."""

from poseviewer.draw.kinds import StagePainter


class AttentionPainter(StagePainter):
    """Draws attention."""

    name = "attention"


PAINTER = AttentionPainter()
