"""Random views of people, a whole batch at once on whatever device the pictures lie."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from poseviewer.training.gpu_pack import ABSENT, CANVAS, OCCLUDED, VISIBLE

if TYPE_CHECKING:
    from torch import Tensor

    from poseviewer.core.skeleton import Skeleton
    from poseviewer.training.gpu_pack import Crowd

_GREY = 127.0
_CUT = 0.6
"""What the map of a joint counts that a view cuts off."""

_LUMA = (0.299, 0.587, 0.114)

_GROUPS = {
    "whole": (),
    "head and shoulders": ("shoulder", "neck", "head_top", "nose", "eye", "ear"),
    "waist up": (
        "shoulder", "neck", "head_top", "nose", "eye", "ear", "elbow", "wrist", "hip",
    ),
    "legs": ("hip", "knee", "ankle", "heel", "big_toe"),
}  # fmt: skip
_SHARES = (0.66, 0.10, 0.16, 0.08)
"""How often a view is drawn around each of these groups of joints."""

_FEWEST = 3
"""Joints of a group that must be known."""

_TOLD = 9
"""Joints that must be known of a person who is pasted into another picture."""


@dataclass(frozen=True, slots=True, eq=False)
class Views:
    """n examples in input pixels."""

    images: Tensor
    """(n, 3, side, side) float32, 0 to 255."""

    joints: Tensor
    """(n, k, 2)."""

    state: Tensor
    """(n, k), see `gpu_pack.UNKNOWN`."""

    weight: Tensor
    """(n, k)."""


class Camera:
    """Draws views of a crowd.

    Args:
        crowd: Whom to show.
        shares: How often each picture is drawn, relative to the others (n,).
        skeleton: Of their joints.
    """

    def __init__(self, crowd: Crowd, *, shares: Tensor, skeleton: Skeleton) -> None:
        device = crowd.images.device
        self._crowd, self._shares = crowd, shares.to(device)
        self._mirror = torch.tensor(skeleton.mirror, device=device)
        plain = [name.removeprefix("left_").removeprefix("right_") for name in skeleton.joints]
        self._groups = torch.tensor(
            [[not parts or name in parts for name in plain] for parts in _GROUPS.values()],
            device=device,
        )
        self._body = _Body(skeleton, device)

    def draw(self, count: int, *, side: int) -> Views:
        """A batch of random views.

        Args:
            count: How many.
            side: Of the square input, pixels.
        """
        chosen = torch.multinomial(self._shares, count, replacement=True)
        views = self._geometry(chosen, side=side)
        views = self._crowded(views)
        views = _erased(views)
        return Views(_coloured(views.images), views.joints, views.state, views.weight)

    def _geometry(self, chosen: Tensor, *, side: int) -> Views:
        crowd, n, device = self._crowd, len(chosen), chosen.device
        joints, state, weight = crowd.joints[chosen], crowd.state[chosen], crowd.weight[chosen]
        placed = (state == VISIBLE) | (state == OCCLUDED)
        middle, size, whole = self._region(joints, placed, crowd.box[chosen])
        angle = _angles(n, device)
        flip = torch.rand(n, device=device) < 0.5
        step = size / side
        turn = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], 1)
        turn = turn.reshape(n, 2, 2)
        mirrored = torch.where(flip, -1.0, 1.0)
        # From input to picture pixels: mirror, turn, scale, move.
        linear = turn * step[:, None, None]
        linear = torch.stack([linear[..., 0] * mirrored[:, None], linear[..., 1]], 2)
        half = (side - 1) / 2
        frame, edge = _frame(whole, side)
        images = _sampled(
            crowd.images[chosen], crowd.extent[chosen], linear, middle, side, frame, edge
        )
        back = linear.transpose(1, 2) / step.square()[:, None, None]
        shown = torch.einsum("nij,nkj->nki", back, joints - middle[:, None]) + half
        here = (shown > frame[:, None, :2] - 0.5) & (shown < frame[:, None, 2:] + 0.5)
        cut = placed & ~here.all(-1)
        weight = torch.where(cut, weight.clamp(max=1.0) * _CUT, weight)
        state = torch.where(cut, ABSENT, state)
        swap = torch.where(flip[:, None], self._mirror, torch.arange(state.shape[1], device=device))
        return Views(
            images,
            shown.gather(1, swap[..., None].expand(-1, -1, 2)),
            state.gather(1, swap),
            weight.gather(1, swap),
        )

    def _region(self, joints: Tensor, placed: Tensor, box: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Middle (n, 2) and side (n,) of the squares to show, and which show a whole person."""
        n, device = len(joints), joints.device
        group = torch.multinomial(torch.tensor(_SHARES, device=device), n, replacement=True)
        part = placed & self._groups[group]
        low = joints.masked_fill(~part[..., None], math.inf).amin(1)
        high = joints.masked_fill(~part[..., None], -math.inf).amax(1)
        whole = (group == 0) | (part.sum(1) < _FEWEST)
        low = torch.where(whole[:, None], box[:, :2], low)
        high = torch.where(whole[:, None], box[:, 2:], high)
        person = (box[:, 2:] - box[:, :2]).amax(1)
        tight = _uniform(n, device, math.log(1.05), math.log(1.6)).exp()
        far = _uniform(n, device, 1.6, 2.6)
        rare = whole & (torch.rand(n, device=device) < 0.1)
        margin = torch.where(rare, far, torch.where(group == 1, 1.25 * tight, tight))
        size = ((high - low).amax(1) * margin).maximum(person / 4).clamp(min=24.0)
        # A small person may stand anywhere in the view.
        reach = torch.where(rare, (margin - 1.2) / (2 * margin), 0.0)
        shift = torch.randn(n, 2, device=device).clamp(-2.5, 2.5) * 0.045
        shift += _uniform(2 * n, device, -1, 1).reshape(n, 2) * reach[:, None]
        return (low + high) / 2 + shift * size[:, None], size, whole

    def _crowded(self, views: Views) -> Views:
        """Other people before or behind the first fifth of the batch."""
        m, side, device = len(views.state) // 5, views.images.shape[-1], views.images.device
        if m == 0:
            return views
        theirs = slice(m, 2 * m)
        mask, there = self._body.mask(views, theirs, side=side)
        own, _ = self._body.mask(views, slice(0, m), side=side)
        scale = _uniform(m, device, 0.75, 1.35)
        shift = _uniform(m, device, 0.5, 1.3) * torch.where(
            torch.rand(m, device=device) < 0.5, -1.0, 1.0
        )
        down = torch.randn(m, device=device) * 0.15
        zero = torch.zeros_like(scale)
        theta = torch.stack([scale, zero, -shift * scale, zero, scale, -down * scale], 1)
        grid = F.affine_grid(theta.reshape(m, 2, 3), [m, 1, side, side], align_corners=False)
        pasted = F.grid_sample(
            torch.cat([views.images[theirs], mask], 1), grid, align_corners=False
        )
        behind = (torch.rand(m, 1, 1, 1, device=device) < 0.4) & (own.amax((2, 3), True) > 0)
        cover = pasted[:, 3:] * there[:, None, None, None] * torch.where(behind, 1 - own, 1.0)
        images = views.images.clone()
        images[:m] = torch.lerp(images[:m], pasted[:, :3], cover)
        at = views.joints[:m].round().long().clamp(0, side - 1)
        number = torch.arange(m, device=device)[:, None]
        hidden = cover[number, 0, at[..., 1], at[..., 0]] > 0.6
        state = views.state.clone()
        state[:m] = torch.where(hidden & (state[:m] == VISIBLE), OCCLUDED, state[:m])
        return Views(images, views.joints, state, views.weight)


class _Body:
    """Roughly which pixels a person covers: capsules about bones."""

    def __init__(self, skeleton: Skeleton, device: torch.device) -> None:
        number = skeleton.index
        trunk = [
            (number(f"{a}_shoulder"), number(f"{b}_hip"))
            for a in ("left", "right")
            for b in ("left", "right")
        ]
        pairs = [*skeleton.bones, *trunk]
        self._ends = torch.tensor(pairs, device=device).T
        self._thick = torch.tensor([0.16] * len(skeleton.bones) + [0.24] * 4, device=device)
        self._trunk = torch.tensor(trunk, device=device).T

    def mask(self, views: Views, which: slice, *, side: int) -> tuple[Tensor, Tensor]:
        """Soft masks (m, 1, side, side), and of whom (m,) enough is known for one."""
        joints, state = views.joints[which], views.state[which]
        placed = (state == VISIBLE) | (state == OCCLUDED)
        a, b = joints[:, self._ends[0]], joints[:, self._ends[1]]
        both = placed[:, self._ends[0]] & placed[:, self._ends[1]]
        long = (joints[:, self._trunk[0]] - joints[:, self._trunk[1]]).norm(dim=-1)
        known = placed[:, self._trunk[0]] & placed[:, self._trunk[1]]
        torso = (long * known).amax(1).clamp(min=side / 12)
        coarse = side // 4
        line = torch.arange(coarse, device=joints.device) * 4 + 1.5
        y, x = torch.meshgrid(line, line, indexing="ij")
        cells = torch.stack([x, y], -1).reshape(1, 1, -1, 2)
        way = (b - a)[:, :, None]
        along = ((cells - a[:, :, None]) * way).sum(-1) / way.square().sum(-1).clamp(min=1e-3)
        apart = (cells - a[:, :, None] - along.clamp(0, 1)[..., None] * way).norm(dim=-1)
        inside = (1 - apart / (self._thick[:, None] * torso[:, None, None])).masked_fill(
            ~both[..., None], -1.0
        )
        soft = (inside.amax(1) * 5).clamp(0, 1).reshape(-1, 1, coarse, coarse)
        mask = F.interpolate(soft, size=(side, side), mode="bilinear", align_corners=False)
        there = (placed.sum(1) >= _TOLD) & known.any(1)
        return mask, there.to(mask.dtype)


def nominal(crowd: Crowd, *, side: int, zoom: float = 1.0) -> Views:
    """The crops of validation, without chance.

    Args:
        crowd: Whom to show.
        side: Of the square input, pixels.
        zoom: Size of what is shown relative to the nominal crop.
    """
    n, device = len(crowd), crowd.images.device
    middle, size = crowd.nominal[:, :2], crowd.nominal[:, 2] / zoom
    linear = torch.eye(2, device=device) * (size / side)[:, None, None]
    frame = torch.tensor([0.0, 0.0, side - 1.0, side - 1.0], device=device).expand(n, 4)
    edge = torch.full((n,), -1.0, device=device)
    images = _sampled(crowd.images, crowd.extent, linear, middle, side, frame, edge)
    shown = (crowd.joints - middle[:, None]) * (side / size)[:, None, None] + (side - 1) / 2
    return Views(images, shown, crowd.state, crowd.weight)


def _sampled(
    pictures: Tensor,
    extent: Tensor,
    linear: Tensor,
    middle: Tensor,
    side: int,
    frame: Tensor,
    edge: Tensor,
) -> Tensor:
    """Warped pictures (n, 3, side, side).

    Args:
        pictures: (n, 3, CANVAS, CANVAS) uint8.
        extent: (n, 2) their width and height.
        linear: (n, 2, 2) from input to picture pixels.
        middle: (n, 2) where the middle of the input lies.
        side: Of the input, pixels.
        frame: (n, 4) the part of the input, x and y of two corners, that shows something.
        edge: (n,) what stands beyond frame and picture, 0 to 255; below 0 their edge repeats.
    """
    line = torch.arange(side, device=pictures.device, dtype=torch.float32)
    y, x = torch.meshgrid(line, line, indexing="ij")
    cells = torch.stack([x, y], -1)[None]
    low, high = frame[:, None, None, :2], frame[:, None, None, 2:]
    held = cells.clamp(low, high)
    at = torch.einsum("nij,nhwj->nhwi", linear, held - (side - 1) / 2) + middle[:, None, None]
    last = extent[:, None, None] - 1
    inside = ((cells == held) & (at >= -0.5) & (at <= last + 0.5)).all(-1)
    grid = (at.clamp(torch.zeros_like(last), last) + 0.5) * (2 / CANVAS) - 1
    images = F.grid_sample(pictures.float(), grid, mode="bilinear", align_corners=False)
    painted = (~inside & (edge >= 0)[:, None, None])[:, None]
    return torch.where(painted, edge[:, None, None, None], images)


def _frame(whole: Tensor, side: int) -> tuple[Tensor, Tensor]:
    """Where the border of the photo cuts views off (n, 4), and what stands beyond (n,).

    Only those of a whole person (n,) are cut, a quarter of them.
    """
    n, device = len(whole), whole.device
    frame = torch.tensor([0.0, 0.0, side - 1.0, side - 1.0], device=device).repeat(n, 1)
    # Most often below, as a camera on a desk does.
    where = torch.multinomial(torch.tensor([0.15, 0.1, 0.15, 0.6], device=device), n, True)
    depth = _uniform(n, device, 0.04, 0.5) * side
    moved = torch.where(where < 2, depth, side - 1 - depth)
    cut = (whole & (torch.rand(n, device=device) < 0.25))[:, None] & F.one_hot(where, 4).bool()
    frame = torch.where(cut, moved[:, None], frame)
    kind = torch.rand(n, device=device)
    edge = torch.where(kind < 0.5, -1.0, torch.where(kind < 0.75, _GREY, 0.0))
    return frame, edge


def _angles(n: int, device: torch.device) -> Tensor:
    """Random rotations (n,), radians: mostly small, some any, since people do handstands."""
    small = (torch.randn(n, device=device) * 22).clamp(-45, 45)
    kind = torch.rand(n, device=device)
    angle = torch.where(kind < 0.6, small, 0.0)
    return torch.deg2rad(torch.where(kind > 0.92, _uniform(n, device, -180, 180), angle))


def _erased(views: Views) -> Views:
    """Rectangles of one colour, of noise or of another picture, behind which joints hide."""
    n, side, device = len(views.state), views.images.shape[-1], views.images.device
    images, state = views.images, views.state
    line = torch.arange(side, device=device)
    for _ in range(2):
        size = _uniform(2 * n, device, 0.07, 0.3).reshape(n, 2) * side
        corner = torch.rand(n, 2, device=device) * (side - size)
        corner = torch.where(torch.rand(n, 1, device=device) < 0.3, corner, 2.0 * side)
        spans = [
            (line >= corner[:, i, None]) & (line < (corner + size)[:, i, None]) for i in (0, 1)
        ]
        inside = (spans[1][:, :, None] & spans[0][:, None, :])[:, None]
        colour = torch.rand(n, 3, 1, 1, device=device) * 255
        rough = torch.rand(n, 1, 1, 1, device=device)
        noise = torch.rand(n, 3, side // 8, side // 8, device=device) * 255
        fill = torch.where(rough < 0.3, F.interpolate(noise, size=(side, side)), colour)
        fill = torch.where(rough > 0.6, images.roll(1, 0), fill)
        images = torch.where(inside, fill, images)
        low, high = corner[:, None], (corner + size)[:, None]
        hidden = ((views.joints >= low) & (views.joints < high)).all(-1) & (state == VISIBLE)
        state = torch.where(hidden, OCCLUDED, state)
    return Views(images, views.joints, state, views.weight)


def _coloured(images: Tensor) -> Tensor:
    """Light, contrast, gamma and tint of every picture; coarseness, blur and noise of some."""
    n, device = len(images), images.device
    x = (images / 255).clamp(0, 1)

    def each(low: float, high: float, channels: int = 1) -> Tensor:
        return _uniform(n * channels, device, low, high).reshape(n, channels, 1, 1)

    gamma = (torch.randn(n, 1, 1, 1, device=device) * 0.2).exp()
    x = (x + 1e-4).pow(gamma)
    gain = each(0.7, 1.3) * each(0.88, 1.12, 3)
    x = (x - 0.5) * gain + 0.5 + torch.randn(n, 1, 1, 1, device=device) * 0.06
    luma = (x * torch.tensor(_LUMA, device=device)[:, None, None]).sum(1, keepdim=True)
    chance = torch.rand(n, 1, 1, 1, device=device)
    keep = torch.where(chance < 0.08, 0.0, torch.where(chance < 0.35, each(0.4, 1.5), 1.0))
    x = luma + (x - luma) * keep
    x = _coarse(x)
    dark = torch.rand(n, 1, 1, 1, device=device) < 0.08
    x = torch.where(dark, x * each(0.2, 0.6), x)
    rough = torch.rand(n, 1, 1, 1, device=device) < 0.15
    grain = torch.where(rough | dark, each(0.008, 0.06), 0.0)
    x = x + torch.randn(n, 1, *x.shape[2:], device=device) * grain
    return x.clamp(0, 1) * 255


def _coarse(x: Tensor) -> Tensor:
    """Three eighths of a batch (n, 3, side, side), each eighth harmed in one way."""
    part, side, device = len(x) // 8, x.shape[-1], x.device
    if part == 0:
        return x
    order = torch.randperm(len(x), device=device)
    small = F.interpolate(
        x[order[:part]], size=round(side / float(torch.empty(()).uniform_(1.3, 4))), mode="area"
    )
    enlarged = F.interpolate(small, size=(side, side), mode="bilinear", align_corners=False)
    chosen = x[order[part : 2 * part]]
    soft = _filtered(chosen, _bell(float(torch.empty(()).uniform_(0.4, 1.8)), device))
    moved = _filtered(x[order[2 * part : 3 * part]], _streak(device))
    harmed = torch.cat([enlarged, soft, moved])
    return x.index_copy(0, order[: len(harmed)], harmed)


def _filtered(x: Tensor, kernel: Tensor) -> Tensor:
    """Pictures (n, 3, h, w) through one kernel (k, k)."""
    n, channels, height, width = x.shape
    pad = len(kernel) // 2
    flat = F.pad(x.reshape(n * channels, 1, height, width), [pad] * 4, mode="replicate")
    return F.conv2d(flat, kernel[None, None]).reshape(x.shape)


def _bell(sigma: float, device: torch.device) -> Tensor:
    line = torch.exp(-0.5 * (torch.arange(-5, 6, device=device) / sigma) ** 2)
    kernel = line[:, None] * line
    return kernel / kernel.sum()


def _streak(device: torch.device) -> Tensor:
    """A line of random length and direction, as a hand that moves leaves it (15, 15)."""
    angle = float(torch.empty(()).uniform_(0, math.pi))
    length = float(torch.empty(()).uniform_(1.5, 6.5))
    line = torch.arange(-7, 8, device=device, dtype=torch.float32)
    y, x = torch.meshgrid(line, line, indexing="ij")
    along = x * math.cos(angle) + y * math.sin(angle)
    across = x * -math.sin(angle) + y * math.cos(angle)
    kernel = (1 - across.abs()).clamp(min=0) * (along.abs() <= length)
    return kernel / kernel.sum()


def _uniform(n: int, device: torch.device, low: float, high: float) -> Tensor:
    return torch.rand(n, device=device) * (high - low) + low
