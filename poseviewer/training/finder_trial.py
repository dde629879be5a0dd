"""How well a finder finds: photos of people, webcam views made from them, pictures of nobody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from poseviewer.core.detection import overlaps
from poseviewer.training.finder_batches import shown, still
from poseviewer.training.finder_pack import PERSON, UNSURE
from poseviewer.training.finder_views import View, placed

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import nn

    from poseviewer.codec.detection import DetectionCodec
    from poseviewer.core.detection import Detections
    from poseviewer.training.finder_batches import Batch
    from poseviewer.training.finder_pack import Pack

TALL = 0.15
"""Height, of the photo's, from which a person must be found."""

_SAME = 0.5
"""Least intersection over union of a found box with the right one."""

_NOSE, _SHOULDERS = 0, (5, 6)
_WEBCAM = (256, 192)
_SHOULDER_SPANS = (0.4, 0.22)
"""Width of the shoulders in webcam views of head and shoulders, and from the waist up."""

_FEWEST_PIXELS = 22.0
"""Least width of shoulders in a photo from which webcam views are made."""

_GRID = np.round(np.arange(0.1, 0.91, 0.02), 2)
_FAINT = 0.6
"""Share of the threshold from which a candidate is still drawn, faintly."""

_AT_ONCE = 32


@dataclass(frozen=True, slots=True, eq=False)
class _Answers:
    """What was found in a set of views."""

    score: NDArray[np.float64]
    """Of all that was found and counts."""

    right: NDArray[np.bool_]
    """Which of that is a person."""

    found: NDArray[np.float64]
    """Score of the best person who had to be found, 0 where none was."""

    joints: NDArray[np.float64]
    """Intersection over union of the boxes of joints of those found."""

    strongest: NDArray[np.float64]
    """Best score of each view."""


class Trial:
    """The held-out pictures of a pack, as questions.

    Args:
        pack: Of which what is held out is taken.
        codec: Reads the answers.
    """

    def __init__(self, pack: Pack, codec: DetectionCodec) -> None:
        self._pack, self._codec = pack, codec
        empty = pack.without_people()
        held = pack.chosen(held_out=True)
        nobody, photos = held[empty[held]], held[~empty[held]]
        self._sets = {
            "coco_256": self._stills(photos, 256),
            "coco_320": self._stills(photos, 320),
            "webcam": self._webcam(photos),
            "nobody": self._stills(nobody, 256),
        }

    def run(self, module: nn.Module) -> dict[str, Any]:
        """Everything that is measured.

        The threshold is the lowest, of every 0.02, at which no picture of nobody has a person.
        """
        sets = {name: self._asked(module, questions) for name, questions in self._sets.items()}
        worst = sets["nobody"].strongest
        clean = [float(t) for t in _GRID if not (worst >= t).any()]
        threshold = clean[0] if clean else float(_GRID[-1])
        people = {name: one for name, one in sets.items() if name != "nobody"}
        return {
            "threshold": threshold,
            "nobody_pictures": len(worst),
            "nobody_drawn": int((worst >= threshold).sum()),
            "nobody_faint": int((worst >= threshold * _FAINT).sum()),
            "people": {name: len(one.found) for name, one in people.items()},
            "recall": {n: _share(one.found >= threshold) for n, one in people.items()},
            "precision": {n: _precision(one, threshold) for n, one in people.items()},
            "average_precision": {name: _average(one) for name, one in people.items()},
            "joints_iou": {name: _mean(one.joints) for name, one in people.items()},
            "by_threshold": {
                f"{t:.2f}": {
                    **{name: _share(one.found >= t) for name, one in people.items()},
                    "nobody": int((worst >= t).sum()),
                }
                for t in _GRID[::5]
            },
        }

    def _stills(self, pictures: NDArray[np.intp], side: int) -> list[tuple[Batch, torch.Tensor]]:
        """Batches of whole pictures, and the least height of a person who must be found."""
        asked = []
        for start in range(0, len(pictures), _AT_ONCE):
            part = torch.from_numpy(pictures[start : start + _AT_ONCE])
            picture = part.to(self._pack.size.device)
            inner = self._pack.size[picture]
            least = TALL * inner[:, 1] * side / inner.amax(1)
            asked.append((still(self._pack, picture, size=(side, side)), least))
        return asked

    def _webcam(self, pictures: NDArray[np.intp]) -> list[tuple[Batch, torch.Tensor]]:
        """Views of head and shoulders, and from the waist up, of the people in the photos."""
        pack = self._pack
        photos = torch.from_numpy(pictures).to(pack.size.device)
        which, person = torch.nonzero(pack.kind[photos] == PERSON, as_tuple=True)
        picture = photos[which]
        joints, seen = pack.joints[picture, person], pack.seen[picture, person]
        width = (joints[:, _SHOULDERS[0], 0] - joints[:, _SHOULDERS[1], 0]).abs()
        good = seen[:, [_NOSE, *_SHOULDERS]].all(1) & (width >= _FEWEST_PIXELS)
        picture, nose, width = picture[good], joints[good, _NOSE], width[good]
        asked = []
        for span in _SHOULDER_SPANS:
            at = nose.new_tensor([0.5 * _WEBCAM[0], 0.36 * _WEBCAM[1]])
            affine = placed(span * _WEBCAM[0] / width, nose, at.expand(len(nose), 2))
            for start in range(0, len(nose), _AT_ONCE):
                part = slice(start, start + _AT_ONCE)
                batch = shown(pack, View(picture[part], affine[part]), size=_WEBCAM)
                # The one in the middle, not those behind.
                least = torch.full((len(batch.images),), 0.5 * _WEBCAM[1], device=nose.device)
                asked.append((batch, least))
        return asked

    def _asked(self, module: nn.Module, asked: list[tuple[Batch, torch.Tensor]]) -> _Answers:
        parts = []
        for batch, least in asked:
            with torch.inference_mode():
                scores, edges = (x.float().cpu().numpy() for x in module(batch.images))
            height, width = batch.images.shape[2:]
            boxes, kind = (x.cpu().numpy() for x in (batch.labels.boxes, batch.labels.kind))
            joints, jointed = (x.cpu().numpy() for x in (batch.labels.joints, batch.labels.jointed))
            for i, tall in enumerate(least.cpu().numpy()):
                found = self._codec.decode(
                    scores[i], edges[i], size=(width, height), threshold=self._codec.floor
                )
                must = (kind[i] == PERSON) & (boxes[i, :, 3] - boxes[i, :, 1] >= tall)
                may = (kind[i] == UNSURE) | (kind[i] == PERSON) & ~must
                known = np.where(jointed[i, must, None], joints[i, must], np.nan)
                parts.append(_compared(found, boxes[i, must], known, boxes[i, may]))
        return _Answers(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _compared(
    found: Detections,
    must: NDArray[np.float32],
    joints: NDArray[np.float32],
    may: NDArray[np.float32],
) -> tuple[NDArray[Any], ...]:
    """The columns of `_Answers` for one view: the best found first takes whom it fits."""
    taken = found.taken
    boxes, score = found.boxes[taken], found.score[taken].astype(np.float64)
    scores, fits = np.zeros(len(must)), np.full(len(must), np.nan)
    shared = overlaps(boxes, must)
    counts, right = np.ones(len(boxes), bool), np.zeros(len(boxes), bool)
    for i in range(len(boxes)):
        free = np.where(scores == 0, shared[i], 0)
        if len(must) and free.max() > _SAME:
            best = int(free.argmax())
            scores[best], right[i] = score[i], True
            fits[best] = overlaps(found.joints[taken][i : i + 1], joints[best : best + 1])[0, 0]
        elif len(may):
            low = np.maximum(boxes[i, :2], may[:, :2])
            high = np.minimum(boxes[i, 2:], may[:, 2:])
            inside = (high - low).clip(min=0).prod(1)
            area = (may[:, 2:] - may[:, :2]).prod(1).clip(max=(boxes[i, 2:] - boxes[i, :2]).prod())
            counts[i] = not (inside > _SAME * area).any()
    strongest = score[:1] if len(score) else np.zeros(1)
    return score[counts], right[counts], scores, fits[np.isfinite(fits)], strongest


def _share(which: NDArray[np.bool_]) -> float:
    return _mean(which.astype(np.float64))


def _mean(values: NDArray[np.float64]) -> float:
    return round(float(values.mean()), 4) if len(values) else 0.0


def _precision(answers: _Answers, threshold: float) -> float:
    return _share(answers.right[answers.score >= threshold])


def _average(answers: _Answers) -> float:
    """Average precision at that overlap: the area under precision, made monotone, by recall."""
    if not len(answers.found):
        return 0.0
    right = answers.right[np.argsort(-answers.score, kind="stable")]
    precision = np.cumsum(right) / np.arange(1, len(right) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return round(float(best[right].sum() / len(answers.found)), 4)
