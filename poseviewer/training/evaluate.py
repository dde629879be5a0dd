"""Accuracy of every stage on the validation people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from poseviewer.training.augment import plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import nn

    from poseviewer.models.card import ModelCard
    from poseviewer.training.dataset import Person

# LSP-14: left shoulder to right hip, and the other diagonal.
_TORSO = ((9, 2), (8, 3))


def torso(person: Person) -> float:
    """Length of the torso in source pixels: left shoulder to right hip (models.md section 8).

    Where one of the two is not labelled the other diagonal stands in; NaN without either.
    """
    for a, b in _TORSO:
        if person.seen[a] and person.seen[b]:
            return float(np.linalg.norm(person.joints[a] - person.joints[b]))
    return float("nan")


def pck(
    errors: NDArray[np.floating],
    *,
    torsos: NDArray[np.floating],
    seen: NDArray[np.bool_],
    share: float = 0.2,
) -> float:
    """PCK: labelled joints with an error of at most `share` of the torso, pooled over people.

    Args:
        errors: (n, k) distances.
        torsos: (n,) in the same unit; people with NaN do not count.
        seen: (n, k) labelled joints.
        share: The threshold, inclusive.

    Returns:
        0 to 1, NaN where nothing counts.
    """
    counted = seen & np.isfinite(torsos)[:, None]
    right = errors <= share * np.nan_to_num(torsos)[:, None]
    return float(right[counted].mean()) if counted.any() else float("nan")


def predict(
    module: nn.Module, people: Sequence[Person], *, card: ModelCard, batch: int = 32
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Joints of every stage, single scale, no flip, DARK decoding.

    Returns:
        (stages, n, k, 2) pixels of the nominal crop's input, and the scores (stages, n, k).
    """
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
        (one number a stage), `per_joint` (last stage, skeleton order) and `score_gap`.
    """
    answer: dict[str, dict[str, object]] = {}
    for source, group in people.items():
        pixels, scores = predict(module, group, card=card)
        truth = np.stack([plain(p, size=card.input_size[0]).joints for p in group])
        seen = np.stack([p.seen for p in group])
        torsos = np.array([torso(p) * card.input_size[0] / p.side for p in group])
        errors = np.linalg.norm(pixels - truth, axis=-1)
        counted = seen & np.isfinite(torsos)[:, None]
        right = errors[-1] <= 0.2 * np.nan_to_num(torsos)[:, None]
        answer[source] = {
            "people": int(np.isfinite(torsos).sum()),
            "joints": int(counted.sum()),
            "pck@0.2": [round(pck(e, torsos=torsos, seen=seen), 4) for e in errors],
            "pck@0.1": [round(pck(e, torsos=torsos, seen=seen, share=0.1), 4) for e in errors],
            "per_joint": [
                round(float(right[counted[:, j], j].mean()), 4) if counted[:, j].any() else None
                for j in range(truth.shape[1])
            ],
            "mean_score": [round(float(s[seen].mean()), 3) for s in scores],
        }
    return answer
