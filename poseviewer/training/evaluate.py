"""Accuracy of every stage on the validation people."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import torch

from poseviewer.codec.coords import CoordsCodec
from poseviewer.core.affine import Box, apply
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.torso import torsos
from poseviewer.evaluation.measures import PCK_EITHER, errors, tally
from poseviewer.pipeline.estimate_cascade import Refiner
from poseviewer.training.augment import plain, view

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray
    from torch import nn

    from poseviewer.models.card import ModelCard
    from poseviewer.models.deeppose import Cascade
    from poseviewer.training.dataset import LabelledPerson


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
    module: nn.Module, people: Sequence[LabelledPerson], *, card: ModelCard
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


def predict(
    module: nn.Module, people: Sequence[LabelledPerson], *, card: ModelCard, batch: int = 32
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Joints of every stage, single scale, no flip, DARK decoding.

    Returns:
        (stages, n, k, 2) pixels of the nominal crop's input, and the scores (stages, n, k).
    """
    if isinstance(card.codec, CoordsCodec):
        return predict_cascade(module, people, card=card)
    size = card.input_size[0]
    found, scores = [], []
    module.eval()
    for start in range(0, len(people), batch):
        images = np.stack([plain(p, size=size).image for p in people[start : start + batch]])
        with torch.inference_mode():
            stages = module(torch.from_numpy(card.normalisation.apply(images)))
        maps = np.stack([stage.float().numpy() for stage in stages])
        cells, score = card.heatmaps.decode(maps, method="dark", blur=True)
        found.append(card.heatmaps.to_pixels(cells))
        scores.append(score)
    return np.concatenate(found, axis=1), np.concatenate(scores, axis=1)


def report(
    module: nn.Module, people: dict[str, list[LabelledPerson]], *, card: ModelCard
) -> dict[str, dict[str, object]]:
    """PCK@0.2 and PCK@0.1 of every stage and PCK@0.2 per joint of the last, by source.

    Returns:
        By source: `people`, `joints` (labelled ones that count), `pck@0.2` and `pck@0.1`
        (one number a stage), `per_joint` (last stage, skeleton order) and `mean_score`.
    """
    names = load_skeleton(card.skeleton).joints
    answer: dict[str, dict[str, object]] = {}
    for source, group in people.items():
        pixels, scores = predict(module, group, card=card)
        truth = np.stack([plain(p, size=card.input_size[0]).joints for p in group])
        seen = np.stack([p.seen for p in group])
        lengths = torsos(truth, seen=seen, names=names, either=True)
        near, nearer = (
            [
                tally(errors(stage, truth), lengths=lengths, seen=seen, rule=rule, parts=names)
                for stage in pixels
            ]
            for rule in (PCK_EITHER, PCK_EITHER.at(0.1))
        )
        answer[source] = {
            "people": int(np.isfinite(lengths).sum()),
            "joints": near[-1].pooled().counted,
            "pck@0.2": [round(stage.pooled().value, 4) for stage in near],
            "pck@0.1": [round(stage.pooled().value, 4) for stage in nearer],
            "per_joint": [None if np.isnan(s) else round(float(s), 4) for s in near[-1].each],
            "mean_score": [round(float(s[seen].mean()), 3) for s in scores],
        }
    return answer
