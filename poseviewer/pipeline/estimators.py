"""Which estimator reads which network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.pipeline.estimate import Estimator
from poseviewer.pipeline.estimate_cascade import CascadeEstimator
from poseviewer.pipeline.estimate_people import CrowdEstimator

if TYPE_CHECKING:
    from poseviewer.codec.heatmap import Decoding
    from poseviewer.core.angle import Facing
    from poseviewer.models.card import ModelCard
    from poseviewer.pipeline.estimate import Network


def estimator_of(
    card: ModelCard,
    engine: Network,
    *,
    decoding: Decoding = "dark",
    flip: bool = False,
    gate: float = 0.2,
    facing: Facing = "right",
) -> Estimator:
    """The estimator for the stages that a card promises; arguments as `Estimator` takes them."""
    kinds = {spec.kind for spec in card.stages}
    kind = Estimator
    if "coords" in kinds:
        kind = CascadeEstimator
    elif "paf" in kinds:
        kind = CrowdEstimator
    return kind(card, engine, decoding=decoding, flip=flip, gate=gate, facing=facing)
