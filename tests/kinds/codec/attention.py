"""Attention: a map a head, how much one query looks at each cell."""

from poseviewer.core.stage import StageKind


class AttentionKind(StageKind):
    """Weights that add up to 1."""

    name = "attention"
    title = "attention weights"
    quantity = "weight"
    limits = (0.0, 1.0)
    together = "all heads"
    trained = False


KIND = AttentionKind()
