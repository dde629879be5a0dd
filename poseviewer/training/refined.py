"""What a cascade answers about labelled people."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import torch

from poseviewer.core.affine import Box, apply
from poseviewer.pipeline.cascade import Refiner
from poseviewer.training.augment import view

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray
    from torch import nn

    from poseviewer.models.card import ModelCard
    from poseviewer.models.deeppose import Cascade
    from poseviewer.training.dataset import Person


class _Networks:
    """The networks of a cascade as they are, to be trained further; put in evaluation mode."""

    def __init__(self, module: Cascade) -> None:
        self._module = module.eval()

    def run(
        self, batch: NDArray[np.float32], wanted: Collection[int] | None = None
    ) -> list[NDArray[np.float32]]:
        """What the network of each wanted stage answers."""
        chosen = range(len(self._module.networks)) if wanted is None else wanted
        with torch.inference_mode():
            images = torch.from_numpy(batch)
            return [self._module.networks[stage](images).numpy() for stage in chosen]


def refiner(module: nn.Module, card: ModelCard) -> Refiner:
    """The stages of a cascade that is being trained."""
    return Refiner(card, _Networks(cast("Cascade", module)))


def predict_cascade(
    module: nn.Module, people: Sequence[Person], *, card: ModelCard
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Joints of every stage, from the nominal crop, no flip.

    Returns:
        (stages, n, k, 2) pixels of the nominal crop's input, and the scores (stages, n, k).
    """
    stages = refiner(module, card)
    size = card.input_size[0]
    found, scores = [], []
    for person in people:
        x, y = person.centre.tolist()
        region = Box.centred(x, y, person.side, person.side)
        steps = stages.run(person.image, region)
        nominal = view(person, angle=0.0, zoom=1.0, shift=(0.0, 0.0), flip=False, size=size)
        found.append(np.stack([apply(nominal, step.xy) for step in steps]))
        scores.append(np.stack([step.score for step in steps]))
    return np.stack(found, axis=1), np.stack(scores, axis=1)
