"""The person detector that ships: what is known of it, and an engine that runs it.

It finds people and no joints, so it is no `ModelCard` and not among the networks to choose from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from poseviewer.core.assets import weights
from poseviewer.core.errors import PoseViewerError
from poseviewer.models.engine import require_torch
from poseviewer.models.facts import facts, graph_exported, weights_hash

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn

    from poseviewer.models.engine import Engine

NAME = "finder-lite"

_MOST_SHAPES = 12
"""Shapes of input that stay compiled, each for about ten megabytes: a folder of photos has some
ten, and compiling for one takes longer than a hundred looks."""


@dataclass(frozen=True, slots=True)
class FinderCard:
    """What an engine needs to know of the detector."""

    name: str = NAME
    input_size: tuple[int, int] = (320, 320)
    """Width and height of the input of a square frame, pixels; see `input_for`."""

    step: int = 32
    """Both sides of the input divide by it."""

    def input_for(self, size: tuple[int, int]) -> tuple[int, int]:
        """Width and height of the input that shows a whole frame of `size`."""
        longest = max(size)
        width, height = (
            max(round(side * most / longest / self.step), 1) * self.step
            for side, most in zip(size, self.input_size, strict=True)
        )
        return width, height

    @property
    def weights_path(self) -> Path:
        """Where the weights should lie, whether they are there or not."""
        return weights(f"{self.name}.safetensors")


def finder_engine(*, threads: int | None = None) -> Engine:
    """An engine on the CPU that returns the maps of `FinderLite`.

    Args:
        threads: CPU threads of OpenVINO; half the cores where None.

    Raises:
        PoseViewerError: There are no weights here, or they are damaged.
    """
    from poseviewer.models.graphs import ShippedGraph
    from poseviewer.models.openvino_engine import OpenVinoEngine, OpenVinoError

    card = FinderCard()
    if not card.weights_path.is_file() and not graph_exported(card.weights_path):
        msg = f"The person detector {card.name} has no weights here."
        raise PoseViewerError(msg)
    graph = ShippedGraph(
        card.name, sha256=weights_hash(card), module=finder_module, size=card.input_size
    )
    try:
        # Scores differ by a few hundredths from those in fp32, for half the time.
        return OpenVinoEngine(
            graph, card=card, precision="bf16", threads=threads, shapes=_MOST_SHAPES
        )
    except OpenVinoError:
        require_torch()
        from poseviewer.models.torch_engine import TorchEngine

        return TorchEngine(finder_module())


def finder_module() -> nn.Module:
    """The network of torch, with its weights."""
    # Imported when it is asked for: OpenVINO runs an exported network without torch.
    require_torch()
    from poseviewer.models.finder_lite import FinderLite
    from poseviewer.models.weights import load_weights

    card = FinderCard()
    module = FinderLite()
    load_weights(module, card.weights_path, sha256=facts(card).get("sha256"))
    return module.eval()
