"""Activations inside a network: maps that nobody trained to be read."""

from __future__ import annotations

from poseviewer.core.stage import StageKind


class FeatureKind(StageKind):
    """A map a channel of any layer: what its numbers mean is not known."""

    name = "features"
    title = "features"
    quantity = "activation"
    trained = False


KIND = FeatureKind()
