"""What the finder is taught: peaks at centres (focal loss) and the boxes around them (GIoU)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from poseviewer.codec.detection import LEAST, OUTWARDS
from poseviewer.training.finder_pack import PERSON, UNSURE, constant

if TYPE_CHECKING:
    from torch import Tensor

    from poseviewer.codec.detection import DetectionCodec
    from poseviewer.training.finder_views import Labels

_CORE = 0.6
"""Share of an unsure box's width and height within which the map of centres is not judged."""

_BODY, _JOINTS = 2.0, 1.0
"""What the two boxes count beside the centres."""


@dataclass(frozen=True, slots=True, eq=False)
class Targets:
    """The maps of n views; see `DetectionCodec.encode`, which gives the same for one."""

    centres: Tensor
    """(n, h, w)."""

    edges: Tensor
    """(n, 8, h, w)."""

    share: Tensor
    """(n, h, w) what a cell's boxes count: 1 in sum for a person, 0 outside of peaks."""

    jointed: Tensor
    """(n, h, w) whether the box of joints is known."""

    judged: Tensor
    """(n, h, w) whether the centre counts."""


def targets(labels: Labels, codec: DetectionCodec, *, size: tuple[int, int]) -> Targets:
    """What a perfect network would answer to views of `size` (width, height)."""
    boxes, stride, device = labels.boxes, codec.stride, labels.boxes.device
    width, height = size[0] // stride, size[1] // stride
    x, y = (
        torch.arange(n, device=device, dtype=torch.float32) * stride + (stride - 1) / 2
        for n in (width, height)
    )
    most = constant((width - 1.0, height - 1.0), device)
    middle = (boxes[..., :2] + boxes[..., 2:]) / 2
    extent = boxes[..., 2:] - boxes[..., :2]
    cell = ((middle + 0.5) / stride).floor().clamp(min=0).minimum(most)
    spot = cell * stride + (stride - 1) / 2
    spread = (extent * codec.spread).clamp(min=codec.narrowest * stride)
    across = torch.exp(-(((x - spot[..., :1]) / spread[..., :1]) ** 2) / 2)
    down = torch.exp(-(((y - spot[..., 1:]) / spread[..., 1:]) ** 2) / 2)
    peaks = down[..., :, None] * (across * (labels.kind == PERSON)[..., None])[..., None, :]
    peaks = torch.where(peaks < LEAST, 0.0, peaks)
    centres, owner = peaks.max(1)

    flat = owner.flatten(1)
    both = torch.cat([boxes, labels.joints], -1)
    chosen = both.gather(1, flat[..., None].expand(-1, -1, 8)).transpose(1, 2)
    cells = torch.stack(torch.meshgrid(x, y, indexing="xy")).flatten(1).repeat(4, 1)
    outwards = constant(OUTWARDS * 2, device)[:, None]
    edges = ((chosen - cells) * outwards).reshape(-1, 8, height, width)
    strength = centres.flatten(1)
    total = torch.zeros(labels.kind.shape, device=device).scatter_add(1, flat, strength)
    share = (strength / total.gather(1, flat).clamp(min=1e-6)).view_as(centres)

    far_x = (x - middle[..., :1]).abs() <= _CORE / 2 * extent[..., :1]
    far_y = (y - middle[..., 1:]).abs() <= _CORE / 2 * extent[..., 1:]
    far_x = far_x & (labels.kind == UNSURE)[..., None]
    unsure = (far_y[..., :, None] & far_x[..., None, :]).any(1)
    jointed = labels.jointed.gather(1, flat).view_as(unsure)
    return Targets(centres, edges, share, jointed, ~unsure | (centres > 0))


def loss_of(logits: Tensor, edges: Tensor, wanted: Targets) -> tuple[Tensor, Tensor, Tensor]:
    """Losses of centres, of the people's boxes and of their joints' boxes, weighted.

    Args:
        logits: (n, 1, h, w), before the sigmoid.
        edges: (n, 8, h, w) pixels.
        wanted: What was to be answered.
    """
    centre = _focal(logits[:, 0].float(), wanted)
    people = (wanted.centres >= 1).sum().clamp(min=1)
    edges = edges.float()
    body = (1 - _giou(edges[:, :4], wanted.edges[:, :4])) * wanted.share
    joints = (1 - _giou(edges[:, 4:], wanted.edges[:, 4:])) * wanted.share * wanted.jointed
    return centre / people, _BODY * body.sum() / people, _JOINTS * joints.sum() / people


def _focal(logits: Tensor, wanted: Targets) -> Tensor:
    """The focal loss of Law and Deng (CornerNet, ECCV 2018, section 3.2), in sum."""
    score, heat = logits.sigmoid(), wanted.centres
    hit = (1 - score) ** 2 * F.logsigmoid(logits)
    miss = (1 - heat) ** 4 * score**2 * F.logsigmoid(-logits)
    return -(torch.where(heat >= 1, hit, miss) * wanted.judged).sum()


def _giou(a: Tensor, b: Tensor) -> Tensor:
    """Generalised intersection over union (Rezatofighi et al., CVPR 2019) (n, h, w).

    Args:
        a: (n, 4, h, w) distances from each cell to the edges of one box.
        b: Those of another.
    """

    def area(x: Tensor) -> Tensor:
        return (x[:, 0] + x[:, 2]).clamp(min=0) * (x[:, 1] + x[:, 3]).clamp(min=0)

    both, hull = area(torch.minimum(a, b)), area(torch.maximum(a, b)).clamp(min=1e-3)
    union = (area(a) + area(b) - both).clamp(min=1e-3)
    return both / union - (hull - union) / hull
