"""The person detector that ships: what is known of it, and an engine that runs it.

It finds people and no joints, so it is no `ModelCard` and not among the networks to choose from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from poseviewer.core.assets import weights
from poseviewer.core.errors import PoseViewerError
from poseviewer.models.facts import read_facts

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.models.engine import Engine

NAME = "finder-lite"


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

    @property
    def facts(self) -> dict[str, Any]:
        """The JSON card beside the weights; empty where there is none.

        Raises:
            PoseViewerError: It is no such card.
        """
        path = self.weights_path.with_suffix(".json")
        return read_facts(path) if path.is_file() else {}


def finder_engine(*, threads: int | None = None) -> Engine:
    """An engine on the CPU that returns the maps of `FinderLite`.

    Args:
        threads: CPU threads of OpenVINO; half the cores where None.

    Raises:
        PoseViewerError: There are no weights here, or they are damaged.
    """
    # Imported when it is asked for: reading the card must not import torch.
    from poseviewer.models.engine import TorchEngine
    from poseviewer.models.finder_lite import FinderLite
    from poseviewer.models.openvino_engine import OpenVinoEngine, OpenVinoError
    from poseviewer.models.weights import load_weights

    card = FinderCard()
    if not card.weights_path.is_file():
        msg = f"The person detector {card.name} has no weights here."
        raise PoseViewerError(msg)
    module = FinderLite()
    load_weights(module, card.weights_path, sha256=card.facts.get("sha256"))
    module.eval()
    try:
        # Scores differ by a few hundredths from those in fp32, for half the time.
        return OpenVinoEngine(module, card=card, precision="bf16", threads=threads)
    except OpenVinoError:
        return TorchEngine(module)
