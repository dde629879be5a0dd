"""What the finder is taught: how well a cell's box fits somebody, the box, and that of the joints.

A cell learns as its score the intersection over union of its box with the person it stands for,
0 where it stands for nobody (Li et al., "Generalized Focal Loss", NeurIPS 2020). Which cells stand
for a person the network's own answers decide (Ge et al., "YOLOX", 2021, SimOTA).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from poseviewer.codec.detection import OUTWARDS
from poseviewer.training.finder_pack import NOBODY, PERSON, UNSURE, constant

if TYPE_CHECKING:
    from torch import Tensor

    from poseviewer.codec.detection import DetectionCodec
    from poseviewer.training.finder_views import Labels

_CORE = 0.6
"""Share of an unsure box's width and height within which a cell is not judged."""

_LIKE = 0.5
"""Share of a cell's box inside an unsure one from which on the cell is not judged either."""

_MOST = 10
"""Cells of a person whose overlaps are summed; the sum is how many stand for them."""

_FIT = 3.0
"""What the overlap counts beside the score where cells are chosen."""

_BODY, _JOINTS = 2.0, 1.0
"""What the two boxes count beside the scores."""

_NOBODY = 60.0
"""What a view of nobody counts: what the detector is surest of there bounds how many people it can
be trusted with."""

_FAR = 1e6


@dataclass(frozen=True, slots=True)
class Targets:
    """What the cells of n views stand for."""

    score: Tensor
    """(n, cells) the overlap with the person, 0 where there is none."""

    boxes: Tensor
    """(n, cells, 8) of the person and of their joints, pixels of the view."""

    jointed: Tensor
    """(n, cells) whether the second is known."""

    judged: Tensor
    """(n, cells) whether the score counts."""

    empty: Tensor
    """(n,) whether a view surely shows nobody."""


def boxes_of(edges: Tensor, points: Tensor) -> Tensor:
    """Boxes (n, cells, 8) of distances (n, 8, cells) from points (cells, 2)."""
    outwards = constant(OUTWARDS * 2, edges.device)
    return points.repeat(1, 4) + edges.float().transpose(1, 2) * outwards


def targets(
    labels: Labels, logits: Tensor, edges: Tensor, codec: DetectionCodec, *, size: tuple[int, int]
) -> Targets:
    """Which cells of views of `size` (width, height) stand for whom.

    Args:
        labels: Who is in the views.
        logits: (n, 1, cells), before the sigmoid.
        edges: (n, 8, cells) pixels.
        codec: Says where the cells are.
        size: Of a view.
    """
    device = edges.device
    points = torch.from_numpy(codec.cells(size)[0]).to(device, torch.float32)
    found, boxes = boxes_of(edges, points), labels.boxes
    people = labels.kind == PERSON
    # n, people, cells
    fit = _overlap(boxes[:, :, None], found[:, None, :, :4]) * people[..., None]
    inside = _within(points, boxes) & people[..., None]
    shown = logits[:, None, 0].float().expand_as(fit)
    unlike = F.binary_cross_entropy_with_logits(shown, fit, reduction="none")
    cost = unlike * (fit - shown.sigmoid()) ** 2 - _FIT * fit.clamp(min=1e-6).log()
    cost = torch.where(inside, cost, _FAR)
    best = torch.where(inside, fit, 0.0).topk(min(_MOST, fit.shape[2]), dim=2).values
    wanted = best.sum(2).floor().clamp(min=1)
    # Beyond so many places in the order of cost a cell does not stand for the person.
    lowest = cost.topk(min(_MOST, fit.shape[2]), dim=2, largest=False).values
    limit = lowest.gather(2, (wanted.long() - 1)[..., None])
    stands = inside & (cost <= limit)
    mine, whose = torch.where(stands, cost, _FAR).min(1)
    taken = mine < _FAR
    score = fit.gather(1, whose[:, None])[:, 0] * taken

    unsure = labels.kind == UNSURE
    middle, half = (boxes[..., :2] + boxes[..., 2:]) / 2, (boxes[..., 2:] - boxes[..., :2]) / 2
    core = _within(points, torch.cat([middle - _CORE * half, middle + _CORE * half], -1))
    like = _share(found[:, None, :, :4], boxes[:, :, None]) > _LIKE
    doubtful = ((core | like) & unsure[..., None]).any(1)
    both = torch.cat([boxes, labels.joints], -1).gather(1, whose[..., None].expand(-1, -1, 8))
    jointed = labels.jointed.gather(1, whose) & taken
    empty = (labels.kind == NOBODY).all(1)
    return Targets(score, both, jointed, ~doubtful | taken, empty)


def loss_of(
    logits: Tensor, edges: Tensor, wanted: Targets, codec: DetectionCodec, *, size: tuple[int, int]
) -> tuple[Tensor, Tensor, Tensor]:
    """Losses of scores, of the people's boxes and of their joints' boxes, weighted.

    Args:
        logits: (n, 1, cells), before the sigmoid.
        edges: (n, 8, cells) pixels.
        wanted: What was to be answered.
        codec: Says where the cells are.
        size: Width and height of a view.
    """
    points = torch.from_numpy(codec.cells(size)[0]).to(edges.device, torch.float32)
    found, shown, total = boxes_of(edges, points), logits[:, 0].float(), wanted.score.sum()
    total = total.clamp(min=1)
    cross = F.binary_cross_entropy_with_logits(shown, wanted.score, reduction="none")
    weight = torch.where(wanted.empty, _NOBODY, 1.0)[:, None] * wanted.judged
    score = (cross * (wanted.score - shown.sigmoid()) ** 2 * weight).sum()
    body = (1 - _giou(found[..., :4], wanted.boxes[..., :4])) * wanted.score
    joints = (1 - _giou(found[..., 4:], wanted.boxes[..., 4:])) * wanted.score * wanted.jointed
    return score / total, _BODY * body.sum() / total, _JOINTS * joints.sum() / total


def _within(points: Tensor, boxes: Tensor) -> Tensor:
    """(n, k, cells) which points (cells, 2) lie in boxes (n, k, 4)."""
    low, high = boxes[:, :, None, :2], boxes[:, :, None, 2:]
    return ((points >= low) & (points <= high)).all(-1)


def _area(x: Tensor) -> Tensor:
    return (x[..., 2:] - x[..., :2]).clamp(min=0).prod(-1)


def _both(a: Tensor, b: Tensor) -> Tensor:
    low, high = torch.maximum(a[..., :2], b[..., :2]), torch.minimum(a[..., 2:], b[..., 2:])
    return (high - low).clamp(min=0).prod(-1)


def _share(a: Tensor, b: Tensor) -> Tensor:
    """How much of boxes a lies in boxes b."""
    return _both(a, b) / _area(a).clamp(min=1e-3)


def _overlap(a: Tensor, b: Tensor) -> Tensor:
    """Intersection over union of boxes (..., 4)."""
    both = _both(a, b)
    return both / (_area(a) + _area(b) - both).clamp(min=1e-3)


def _giou(a: Tensor, b: Tensor) -> Tensor:
    """Generalised intersection over union (Rezatofighi et al., CVPR 2019) of boxes (..., 4)."""
    low, high = torch.minimum(a[..., :2], b[..., :2]), torch.maximum(a[..., 2:], b[..., 2:])
    hull = (high - low).prod(-1).clamp(min=1e-3)
    both = _both(a, b)
    union = (_area(a) + _area(b) - both).clamp(min=1e-3)
    return both / union - (hull - union) / hull
