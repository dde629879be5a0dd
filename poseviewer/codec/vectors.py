"""Vectors: from each cell to where a joint of the person there really is."""

from __future__ import annotations

from poseviewer.core.stage import StageKind


class VectorsKind(StageKind):
    """Two maps a joint: x and y of an offset or of a way, in the network's own unit."""

    name = "vectors"
    title = "vectors"
    quantity = "length"
    subject = "joint"
    step = 2
    together = "all joints"


KIND = VectorsKind()
