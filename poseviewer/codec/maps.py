"""Maps that a network was trained to give and that are about no joint."""

from __future__ import annotations

from poseviewer.core.stage import StageKind


class MapKind(StageKind):
    """A map of its own meaning, such as people's centres or a mask of the person."""

    name = "map"
    title = "maps"


KIND = MapKind()
