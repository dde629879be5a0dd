"""Maps about no joint: numbers as they are."""

from __future__ import annotations

from poseviewer.draw.kinds import StagePainter


class MapPainter(StagePainter):
    """Draws maps of a meaning of their own."""

    name = "map"


PAINTER = MapPainter()
