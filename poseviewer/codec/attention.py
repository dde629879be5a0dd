"""Attention: a map a head, how much one token looks at every other."""

from __future__ import annotations

from poseviewer.core.stage import StageKind


class AttentionKind(StageKind):
    """Weights of one token that add up to 1 over the grid of patches."""

    name = "attention"
    title = "attention weights"
    quantity = "weight"
    limits = (0.0, 1.0)
    together = "strongest head"
    trained = False


KIND = AttentionKind()
