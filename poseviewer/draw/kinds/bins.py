"""Bins: stripes across the input, as high or as wide as all of it."""

from __future__ import annotations

from poseviewer.draw.kinds import StagePainter


class BinsPainter(StagePainter):
    """Draws bins."""

    name = "bins"


PAINTER = BinsPainter()
