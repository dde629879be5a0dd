"""Belief maps: drawn over the frame, with a ring at each joint."""

from __future__ import annotations

from poseviewer.draw.kinds import StagePainter


class HeatmapPainter(StagePainter):
    """Draws belief maps."""

    name = "heatmap"
    least_tile = 0.05
    least_overlay = 0.25


PAINTER = HeatmapPainter()
