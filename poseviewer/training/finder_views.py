"""Views of pictures for the finder, whole batches at a time on the device that trains.

No picture is touched alone: a batch is one lookup in the tensor of all pictures, sampled through
one affine each, with the labels taken through the same.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from poseviewer.training.finder_pack import NOBODY, PERSON, UNSURE, constant

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from poseviewer.training.finder_pack import Pack

FINE = 2
"""Samples a pixel and axis, so that what is made smaller does not flicker."""

_LEAST_SIDE, _GONE_SIDE = 18.0, 6.0
"""Longer side, in pixels of a view, below which a person need not be found, and is forgotten."""

_WHOLE, _SCRAP = 0.98, 0.03
"""Shares of a box in view from which it counts as whole, and below which it is forgotten."""

_ENOUGH, _ENOUGH_ALONE = 0.2, 0.5
"""Shares of a box in view from which a person must be found, with joints there and without."""

_FEWEST = 3
"""Joints in view that make a box."""

_FLESH = 0.13
"""How far a body reaches beyond its outermost joints, in longer sides of its whole box."""

_HIDDEN, _COVERED = 0.35, 0.75
"""Shares of a box under a pasted picture from which it is unsure, and from which it is gone."""


@dataclass(frozen=True, slots=True, eq=False)
class Labels:
    """Who is in n views, k places each, in pixels of the view."""

    boxes: Tensor
    """(n, k, 4) about what is visible of a person."""

    joints: Tensor
    """(n, k, 4) about their joints in view."""

    jointed: Tensor
    """(n, k) whether the second is known."""

    kind: Tensor
    """(n, k) as `Pack.kind`."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """n views: which picture, and from its pixels to those of the view."""

    picture: Tensor
    """(n,)."""

    affine: Tensor
    """(n, 2, 3); they scale, turn and mirror."""


def joined(parts: Sequence[Labels]) -> Labels:
    """Labels of views one after the other."""
    return Labels(
        torch.cat([part.boxes for part in parts]),
        torch.cat([part.joints for part in parts]),
        torch.cat([part.jointed for part in parts]),
        torch.cat([part.kind for part in parts]),
    )


def fitted(pack: Pack, picture: Tensor, *, size: tuple[int, int]) -> View:
    """Whole pictures in the middle of views of `size` (width, height)."""
    canvas = constant((float(size[0]), float(size[1])), picture.device)
    inner = pack.size[picture]
    scale = (canvas / inner).amin(1)
    return View(picture, placed(scale, (inner - 1) / 2, (canvas - 1) / 2))


def placed(
    scale: Tensor,
    point: Tensor,
    at: Tensor,
    *,
    turn: Tensor | None = None,
    flip: Tensor | None = None,
) -> Tensor:
    """Affines (n, 2, 3) that scale and turn about `point` (n, 2), which comes to lie `at`."""
    angle = torch.zeros_like(scale) if turn is None else turn
    sign = torch.ones_like(scale) if flip is None else 1 - 2 * flip.float()
    cos, sin = scale * angle.cos(), scale * angle.sin()
    matrix = torch.stack([cos * sign, -sin, sin * sign, cos], dim=1).view(-1, 2, 2)
    shift = at - (matrix @ point[..., None])[..., 0]
    return torch.cat([matrix, shift[..., None]], dim=2)


def drawn(
    pack: Pack, view: View, *, size: tuple[int, int], fine: int = FINE
) -> tuple[Tensor, Tensor]:
    """The pixels of views (n, 3, h, w), 0 to 255, and where the picture is (n, 1, h, w), 0 to 1.

    Beyond its borders a picture goes on with its outermost pixels.
    """
    width, height = size
    device = view.affine.device
    matrix = view.affine[:, :, :2]
    # The inverse of what scales, turns and mirrors.
    matrix = matrix.transpose(1, 2) / (matrix[:, :, :1] ** 2).sum(1, keepdim=True)
    x, y = (
        (torch.arange(n * fine, device=device, dtype=torch.float32) + 0.5) / fine - 0.5
        for n in (width, height)
    )
    at = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1).view(1, -1, 2)
    source = (at - view.affine[:, None, :, 2]) @ matrix.transpose(1, 2)
    last = pack.size[view.picture][:, None] - 1
    inside = ((source > -0.5) & (source < last + 0.5)).all(-1)
    source = source.clamp(min=0).minimum(last)
    side = pack.pixels.shape[-1]
    grid = ((source + 0.5) * (2 / side) - 1).view(-1, height * fine, width * fine, 2)
    pixels = pack.pixels[view.picture].float()
    samples = F.grid_sample(pixels, grid, mode="bilinear", align_corners=False)
    covered = inside.float().view(-1, 1, height * fine, width * fine)
    return F.avg_pool2d(samples, fine), F.avg_pool2d(covered, fine)


def frame(size: tuple[int, int], *, device: torch.device) -> Tensor:
    """All of a view of `size` (width, height) as a window (1, 4)."""
    return constant((-0.5, -0.5, size[0] - 0.5, size[1] - 0.5), device)[None]


def labelled(pack: Pack, view: View, *, window: Tensor) -> Labels:
    """Who can be seen in views, through windows (n or 1, 4) of them.

    Of a person who is cut off, the box is about the joints in view and the body around those.
    """
    boxes, joints = pack.boxes[view.picture], pack.joints[view.picture]
    seen, kind = pack.seen[view.picture], pack.kind[view.picture]
    whole = _moved(boxes, view.affine)
    spots = joints @ view.affine[:, None, :, :2].transpose(2, 3) + view.affine[:, None, None, :, 2]
    room = window[:, None]
    clipped = _clipped(whole, room)
    share = _area(clipped) / _area(whole).clamp(min=1e-3)
    corner, end = room[:, :, None, :2], room[:, :, None, 2:]
    in_view = seen & (spots >= corner).all(-1) & (spots <= end).all(-1)
    low = torch.where(in_view[..., None], spots, math.inf).amin(2)
    high = torch.where(in_view[..., None], spots, -math.inf).amax(2)
    jointed = in_view.sum(-1) >= _FEWEST
    tight = torch.where(jointed[..., None], torch.cat([low, high], -1), clipped)
    reach = _FLESH * (whole[..., 2:] - whole[..., :2]).amax(-1, keepdim=True)
    outward = torch.cat([-reach, -reach, reach, reach], -1)
    shrunk = jointed & (share < _WHOLE)
    boxes = torch.where(shrunk[..., None], _clipped(tight + outward, clipped), clipped)
    tight = _clipped(tight, boxes)
    longer = (boxes[..., 2:] - boxes[..., :2]).amax(-1)
    sure = (share >= _ENOUGH_ALONE) | ((share >= _ENOUGH) | shrunk) & jointed
    sure &= longer >= _LEAST_SIDE
    gone = (share < _SCRAP) & ~jointed | (longer < _GONE_SIDE)
    kind = torch.where((kind == PERSON) & ~sure, UNSURE, kind)
    return Labels(boxes, tight, jointed, torch.where(gone, NOBODY, kind))


def covered(labels: Labels, pasted: Tensor, *, by: Labels) -> Labels:
    """Labels with a picture pasted over part of each view.

    Args:
        labels: Who is underneath.
        pasted: (n, 4) where it is; empty boxes where there is none.
        by: Who is in it.
    """
    under = _clipped(labels.boxes, pasted[:, None])
    share = _area(under) / _area(labels.boxes).clamp(min=1e-3)
    kind = torch.where((labels.kind == PERSON) & (share > _HIDDEN), UNSURE, labels.kind)
    kind = torch.where(share > _COVERED, NOBODY, kind)
    jointed = labels.jointed & (share < 0.05)
    return Labels(
        torch.cat([labels.boxes, by.boxes], 1),
        torch.cat([labels.joints, by.joints], 1),
        torch.cat([jointed, by.jointed], 1),
        torch.cat([kind, by.kind], 1),
    )


def _moved(boxes: Tensor, affine: Tensor) -> Tensor:
    """Upright boxes (n, k, 4) about what turned ones hold; a body does not reach the corners."""
    matrix = affine[:, None, :, :2]
    middle = (boxes[..., :2] + boxes[..., 2:]) / 2
    centre = (matrix @ middle[..., None])[..., 0] + affine[:, None, :, 2]
    size = boxes[..., 2:] - boxes[..., :2]
    straight, across = matrix[..., 0, 0].abs()[..., None], matrix[..., 1, 0].abs()[..., None]
    bent = across * (1 - 0.5 * straight / (straight**2 + across**2).sqrt())
    half = (straight * size + bent * size.flip(-1)) / 2
    return torch.cat([centre - half, centre + half], -1)


def _clipped(boxes: Tensor, window: Tensor) -> Tensor:
    low = boxes[..., :2].maximum(window[..., :2]).minimum(window[..., 2:])
    high = boxes[..., 2:].minimum(window[..., 2:]).maximum(window[..., :2])
    return torch.cat([low, high], -1)


def _area(boxes: Tensor) -> Tensor:
    return (boxes[..., 2:] - boxes[..., :2]).clamp(min=0).prod(-1)
