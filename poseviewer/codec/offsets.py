"""Offsets: from each cell a vector to where a joint of the person there really is."""

from __future__ import annotations

from poseviewer.core.stage import StageKind


class OffsetsKind(StageKind):
    """Two maps a joint: x and y of a vector, as the network gives it."""

    name = "offsets"
    title = "offsets"
    quantity = "length"
    subject = "joint"
    step = 2
    together = "all joints"


KIND = OffsetsKind()
