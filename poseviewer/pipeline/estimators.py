"""Which estimator reads which network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.codec.coords import CoordsCodec
from poseviewer.codec.dynamic import DynamicCodec
from poseviewer.codec.heatmap import HeatmapCodec
from poseviewer.codec.offsets import OffsetCodec
from poseviewer.codec.paf import FieldCodec
from poseviewer.codec.points import PointsCodec
from poseviewer.codec.springs import SpringTree
from poseviewer.core.skeleton import common_names, load_skeleton
from poseviewer.pipeline.estimate import Estimator
from poseviewer.pipeline.estimate_cascade import CascadeEstimator
from poseviewer.pipeline.estimate_dynamic import DynamicEstimator
from poseviewer.pipeline.estimate_offsets import OffsetEstimator
from poseviewer.pipeline.estimate_people import CrowdEstimator
from poseviewer.pipeline.estimate_points import PointsEstimator
from poseviewer.pipeline.estimate_zoom import ZoomEstimator

if TYPE_CHECKING:
    from typing import Unpack

    from poseviewer.codec.heatmap import Decoding
    from poseviewer.models.card import ModelCard
    from poseviewer.pipeline.estimate import EstimatorOptions, Network


def applied(card: ModelCard, decoding: Decoding) -> Decoding:
    """Return how a network's joints are decoded where `decoding` is asked for.

    A tree of springs needs a belief map for every joint of one person; without it peaks are refined
    as by `dark`.
    """
    if decoding != "tree" or (
        isinstance(card.codec, (HeatmapCodec, PointsCodec))
        and any(spec.kind == "heatmap" for spec in card.stages)
        and len(SpringTree(common_names(load_skeleton(card.skeleton).joints)).nodes)
    ):
        return decoding
    return "dark"


def estimator_of(
    card: ModelCard, engine: Network, **options: Unpack[EstimatorOptions]
) -> Estimator:
    """The estimator for the codec of a card; arguments as `Estimator` takes them."""
    if isinstance(card.codec, PointsCodec) and card.codec.axis:
        return ZoomEstimator(card, engine, **options)
    made = {
        CoordsCodec: CascadeEstimator,
        FieldCodec: CrowdEstimator,
        OffsetCodec: OffsetEstimator,
        DynamicCodec: DynamicEstimator,
        PointsCodec: PointsEstimator,
    }.get(type(card.codec), Estimator)
    return made(card, engine, **options)
