"""Reads the operations of an imported graph, on the crop it was shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core.affine import box_to_frame
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.layer import Activations, Layer, LayerOutput
from poseviewer.models.graph_files.adapted import StoredGraph, prepared
from poseviewer.models.graph_files.description import Inner
from poseviewer.models.graph_files.signature import found, parameters_of, tensors
from poseviewer.models.openvino_engine import OpenVinoEngine, openvino_module
from poseviewer.pipeline.crop import Cropper

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.affine import Box
    from poseviewer.core.frame import Frame
    from poseviewer.core.inside import InsideChoice, InsideView
    from poseviewer.core.layer import LayerChoice, ReceptiveField, Spot
    from poseviewer.core.stage import StageOutput
    from poseviewer.models.card import ModelCard
    from poseviewer.models.graph_files.signature import Tensor

_GRAPH = ""
"""Path of the graph itself, which holds its operations."""


@dataclass(frozen=True, slots=True, eq=False)
class _Tapped:
    """The graph with one more tensor among its answers."""

    path: str
    engine: OpenVinoEngine


class GraphProber:
    """The operations of a graph in float32; as `Prober`, without receptive fields.

    Of a whole body it is the graph of the body. One thread uses it at a time.

    Args:
        card: Of a network that was imported as a graph.
    """

    engine = "OpenVINO fp32, CPU"

    def __init__(self, card: ModelCard) -> None:
        assert isinstance(card.graph, StoredGraph)
        self.card = card
        self._graph = card.graph
        self._cropper = Cropper(card.input_size, normalisation=card.normalisation)
        model = openvino_module().Core().read_model(self._graph.path)
        prepared(model, self._graph.description)
        width, height = card.input_size
        self._tensors = dict(_named(tensors(model, aspect=width / height)))
        self._layers = tuple(_layers(card.name, model, self._tensors))
        self._tapped: _Tapped | None = None

    def layers(self) -> tuple[Layer, ...]:
        """Return the graph, then every operation that gives maps, in the graph's order."""
        return self._layers

    def activations(
        self,
        frame: Frame,
        region: Box,
        choice: LayerChoice,
        *,
        shown: StageOutput | None = None,
    ) -> Activations:
        """Compute some channels of an operation's maps for a region of a frame.

        Args:
            frame: The frame.
            region: What the network was shown, already of its input's aspect.
            choice: Which operation and channels.
            shown: The final maps that another engine gave for the same crop, to compare with.

        Raises:
            LookupError: The graph has no such operation.
        """
        if choice.path not in self._tensors:
            msg = f"{self.card.name} has no operation {choice.path!r}"
            raise LookupError(msg)
        batch, _ = self._cropper.cut(frame.pixels, [region])
        values, *answer = (one[0] for one in self._tap(choice.path).run(batch))
        strength = np.abs(values).mean(axis=(1, 2))
        order = np.argsort(-strength, kind="stable")[: choice.most]
        if choice.channels:
            order = np.array([c for c in choice.channels if c < len(values)], np.int64)
        size = values.shape[2], values.shape[1]
        box = self._cropper.fitted(region)
        return Activations(
            frame,
            region,
            choice,
            values.shape,
            order.astype(np.int64),
            values[order].copy(),
            strength[order],
            box_to_frame(box, size=size),
            self.engine,
            _gap(answer, shown),
            max(round(self.card.input_size[0] / size[0]), 1),
        )

    def field(self, frame: Frame, region: Box, spot: Spot) -> ReceptiveField:  # noqa: ARG002
        """Say that there is none.

        Raises:
            PoseViewerError: Always: OpenVINO computes no gradients.
        """
        msg = f"{self.card.name} was imported as a graph: receptive fields need PyTorch's module."
        raise PoseViewerError(msg)

    def inside(self, frame: Frame, region: Box, choice: InsideChoice) -> InsideView:  # noqa: ARG002
        """Say that it is not drawn out.

        Raises:
            PoseViewerError: Always: a graph does not say what its parts are.
        """
        msg = f"{self.card.name} was imported as a graph, whose insides are not drawn here."
        raise PoseViewerError(msg)

    def _tap(self, path: str) -> OpenVinoEngine:
        """The graph that answers a tensor's maps first, then the network's own stages."""
        if self._tapped is None or self._tapped.path != path:
            tensor = self._tensors[path]
            inner = Inner(tensor.source, "tapped", "features", tensor.layout)
            described = self._graph.description
            tapped = replace(described, stages=(inner, *described.stages))
            graph = StoredGraph(self._graph.path, tapped, joints=self._graph.joints)
            engine = OpenVinoEngine(graph, card=self.card, further=graph.further)
            self._tapped = _Tapped(path, engine)
        return self._tapped.engine


def _named(given: tuple[Tensor, ...]) -> list[tuple[str, Tensor]]:
    """Tensors under the last part of their names, counted so that each has one of its own."""
    plain = (one.source.rpartition("/")[2].replace(".", "_")[:60] for one in given)
    return [(f"{n} {name}", one) for n, (name, one) in enumerate(zip(plain, given, strict=True), 1)]


def _layers(name: str, model: Any, known: dict[str, Tensor]) -> list[Layer]:
    counts = {
        path: parameters_of(found(model, one.source).get_node()) for path, one in known.items()
    }
    made = [Layer(_GRAPH, name, sum(counts.values()), (), leaf=False)]
    made += [
        Layer(
            path,
            one.operation,
            counts[path],
            (LayerOutput(0, 0, (one.channels, *one.cells)),),
            leaf=True,
        )
        for path, one in known.items()
    ]
    return made


def _gap(answer: list[NDArray[np.float32]], shown: StageOutput | None) -> float | None:
    """How far the final maps lie from those shown; None where they are no maps."""
    if shown is None or shown.number >= len(answer) or not shown.spec.meaning.mapped:
        return None
    final = answer[shown.number]
    return float(np.abs(final - shown.values).max()) if final.shape == shown.values.shape else None
