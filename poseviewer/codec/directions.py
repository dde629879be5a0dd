"""Directions: from each cell to where a joint really is."""

from __future__ import annotations

from poseviewer.codec.vectors import VectorsKind


class DirectionsKind(VectorsKind):
    """Vectors in input pixels; that of the highest cell of a joint's map ends at the joint."""

    name = "directions"
    title = "directions"
    unit = " px"


KIND = DirectionsKind()
