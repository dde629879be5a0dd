"""Coordinates of cells: how far each lies from a person, by which people are kept apart."""

from __future__ import annotations

from poseviewer.core.stage import StageKind


class CoordinatesKind(StageKind):
    """Two maps, across and down: the person's place less the cell, in reaches of the person."""

    name = "coordinates"
    title = "coordinates of cells"
    quantity = "distance"
    together = "coordinates"


KIND = CoordinatesKind()
