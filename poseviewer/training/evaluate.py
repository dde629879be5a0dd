"""Accuracy of every stage on the validation people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.torso import torsos
from poseviewer.training.augment import plain
from poseviewer.training.metrics.keypoints import PCK_EITHER, errors
from poseviewer.training.metrics.score import tally
from poseviewer.training.refined import predict_cascade

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import nn

    from poseviewer.models.card import ModelCard
    from poseviewer.training.dataset import Person


def predict(
    module: nn.Module, people: Sequence[Person], *, card: ModelCard, batch: int = 32
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Joints of every stage, single scale, no flip, DARK decoding.

    Returns:
        (stages, n, k, 2) pixels of the nominal crop's input, and the scores (stages, n, k).
    """
    if card.stages[0].kind == "coords":
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
    module: nn.Module, people: dict[str, list[Person]], *, card: ModelCard
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
