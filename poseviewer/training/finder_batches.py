"""Random batches for the finder: people far and near, cut off, covered, in bad light; nobody."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from poseviewer.training.finder_pack import NOBODY, PERSON, constant
from poseviewer.training.finder_views import (
    FINE,
    Labels,
    View,
    covered,
    drawn,
    fitted,
    frame,
    labelled,
    placed,
)

if TYPE_CHECKING:
    from torch import Tensor

    from poseviewer.training.finder_pack import Pack

SHARES = {
    "coco": 0.38,
    "photos": 0.06,
    "exercise": 0.14,
    "lspet": 0.07,
    "clip": 0.05,
    "nobody": 0.3,
}
"""How much of a batch comes from a source; pictures without people count as the last."""

_WHOLE, _NEAR = 0.4, 0.45
"""How often a view is of the whole picture, or about one person; else it is any part of it."""

_SPANS = ((0.45, 0.12, 0.5), (0.3, 0.5, 1.0), (0.25, 1.0, 3.2))
"""Chance of a person's longer side from and to these shares of the view's shorter side."""

_NOSE = 0
_UPPER = 0.65
"""How often a person who does not fit into the view is seen from the head down."""

_TURNED, _TURN = 0.3, math.radians(14)
_PASTED, _OVER_PERSON = 0.35, 0.45
"""How often part of another picture is pasted in, and how often then over a person."""

_BLACK, _GOES_ON = 0.55, 0.2
"""How often what lies beyond a picture is black, or its own border; else one colour."""

_FARTHEST, _CLOSEST = 0.5, 4.0
"""Least scale of a view, of the one at which the picture fits, and most, of its pixels."""


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """n views with who is in them."""

    images: Tensor
    """(n, 3, h, w), px / 127.5 - 1."""

    labels: Labels


class Batches:
    """Endless random batches.

    Args:
        pack: What they are made of, but for what is held out.
        seed: Where chance starts.
    """

    def __init__(self, pack: Pack, *, seed: int) -> None:
        self._pack = pack
        self._device = pack.pixels.device
        # A CPU has no time for it.
        self._fine = FINE if self._device.type == "cuda" else 1
        self._chance = torch.Generator(device=self._device).manual_seed(seed)
        empty = pack.without_people()
        weight = torch.zeros(len(pack.source))
        for name, share in SHARES.items():
            chosen = pack.chosen(held_out=False, sources=() if name == "nobody" else (name,))
            chosen = chosen[empty[chosen] if name == "nobody" else ~empty[chosen]]
            weight[chosen] += share / max(len(chosen), 1)
        self._weight = weight.to(self._device)
        self._nobody = self._weight * torch.from_numpy(empty).to(self._device)

    def batch(self, count: int, *, size: tuple[int, int]) -> Batch:
        """`count` views of `size` (width, height)."""
        pack = self._pack
        picture = self._picked(self._weight, count)
        view = self._view(picture, size)
        # Beyond its borders a picture shows nothing that is labelled.
        labels = labelled(pack, view, window=frame(size, device=self._device))
        pixels, inside = drawn(pack, view, size=size, fine=self._fine)
        pixels = inside * pixels + (1 - inside) * self._beyond(pixels)
        pixels, labels = self._pasted(pixels, labels, size=size)
        return Batch(self._taken(pixels) / 127.5 - 1, labels)

    def _rand(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        values = torch.rand(shape, generator=self._chance, device=self._device)
        return values * (high - low) + low

    def _picked(self, weight: Tensor, count: int) -> Tensor:
        return torch.multinomial(weight, count, replacement=True, generator=self._chance)

    def _person(self, kind: Tensor) -> tuple[Tensor, Tensor]:
        """One of the people of each row (n,), and whether there is one."""
        there = kind == PERSON
        chosen = (self._rand(*kind.shape) + there).argmax(1)
        return chosen, there.any(1)

    def _view(self, picture: Tensor, size: tuple[int, int]) -> View:
        """Of the whole picture, about one person, or any part of it."""
        pack, count = self._pack, len(picture)
        canvas = constant((float(size[0]), float(size[1])), self._device)
        inner = pack.size[picture]
        fit = (canvas / inner).amin(1)
        way = self._rand(count)
        person, there = self._person(pack.kind[picture])
        near = (way > _WHOLE) & (way < _WHOLE + _NEAR) & there
        zoomed = (way >= _WHOLE) & ~near

        scale = fit * self._rand(count, low=0.75, high=1.15)
        scale = torch.where(zoomed, fit * torch.exp(self._rand(count, high=math.log(3.0))), scale)
        # Where the picture is larger than the view, somewhere in it; else the picture somewhere.
        slack = canvas - inner * scale[:, None]
        at = (canvas - 1) / 2 + slack * (self._rand(count, 2) - 0.5)
        point = (inner - 1) / 2

        box, nose = pack.boxes[picture, person], pack.joints[picture, person, _NOSE]
        span, cut = self._span(count)
        wanted = span * canvas.min() / (box[:, 2:] - box[:, :2]).amax(1).clamp(min=1)
        scale = torch.where(near, wanted.clamp(max=_CLOSEST).maximum(_FARTHEST * fit), scale)
        upper = cut & (self._rand(count) < _UPPER) & pack.seen[picture, person, _NOSE]
        inside = box[:, :2] + (box[:, 2:] - box[:, :2]) * self._rand(count, 2, low=0.25, high=0.75)
        focus = torch.where(upper[:, None], nose, inside)
        spot = self._rand(count, 2, low=0.3, high=0.7)
        spot[:, 1] -= 0.15 * upper
        point = torch.where(near[:, None], focus, point)
        at = torch.where(near[:, None], spot * canvas, at)

        turn = self._rand(count, low=-_TURN, high=_TURN) * (self._rand(count) < _TURNED)
        affine = placed(scale, point, at, turn=turn, flip=self._rand(count) < 0.5)
        return View(picture, affine)

    def _span(self, count: int) -> tuple[Tensor, Tensor]:
        """How large a person is to be, and whether that is larger than the view."""
        chance, low, high = constant(sum(_SPANS, ()), self._device).view(-1, 3).T
        kind = self._picked(chance, count)
        low, high = low.log()[kind], high.log()[kind]
        return torch.exp(low + (high - low) * self._rand(count)), kind == len(_SPANS) - 1

    def _beyond(self, pixels: Tensor) -> Tensor:
        """What is drawn where there is no picture."""
        count = len(pixels)
        way = self._rand(count, 1, 1, 1)
        colour = 255 * self._rand(count, 3, 1, 1)
        colour = torch.where(way < _BLACK, torch.zeros_like(colour), colour)
        return torch.where(way > 1 - _GOES_ON, pixels, colour)

    def _pasted(
        self, pixels: Tensor, labels: Labels, *, size: tuple[int, int]
    ) -> tuple[Tensor, Labels]:
        """Part of another picture in some views: a small person, or nobody where a person was."""
        count, pack = len(pixels), self._pack
        canvas = constant((float(size[0]), float(size[1])), self._device)
        person, there = self._person(labels.kind)
        rows = torch.arange(count, device=self._device)
        over = there & (self._rand(count) < _OVER_PERSON)
        extent = canvas * self._rand(count, 2, low=0.2, high=0.7)
        low = (canvas - extent) * self._rand(count, 2)
        rect = torch.cat([low, low + extent], 1)
        body = labels.boxes[rows, person]
        rim = 0.08 * (body[:, 2:] - body[:, :2]) + 2
        whole = torch.cat([body[:, :2] - rim, body[:, 2:] + rim], 1)
        rect = torch.where(over[:, None], whole, rect)
        rect = rect.clamp(min=0).minimum(canvas.repeat(2)) - 0.5
        rect = torch.where((self._rand(count) < _PASTED)[:, None], rect, rect[:, :1] * 0 - 1)

        any_picture, nobody = self._picked(self._weight, count), self._picked(self._nobody, count)
        picture = torch.where(over, nobody, any_picture)
        inner, extent = pack.size[picture], rect[:, 2:] - rect[:, :2]
        scale = (extent / inner).amax(1).clamp(min=0.05) * self._rand(count, low=1.0, high=1.3)
        slack = extent - inner * scale[:, None]
        at = (rect[:, :2] + rect[:, 2:]) / 2 + slack * (self._rand(count, 2) - 0.5)
        view = View(picture, placed(scale, (inner - 1) / 2, at, flip=self._rand(count) < 0.5))
        patch, _ = drawn(pack, view, size=size, fine=self._fine)
        x, y = (torch.arange(n, device=self._device) for n in size)
        across = (x > rect[:, :1]) & (x < rect[:, 2:3])
        down = (y > rect[:, 1:2]) & (y < rect[:, 3:])
        mask = (down[:, None, :, None] & across[:, None, None, :]).float()
        soft = F.avg_pool2d(mask, 3, 1, 1)
        by = labelled(pack, view, window=rect)
        empty = (extent <= 0).any(1)
        kind = torch.where(empty[:, None], NOBODY, by.kind)
        by = Labels(by.boxes, by.joints, by.jointed, kind)
        return pixels + soft * (patch - pixels), covered(labels, rect, by=by)

    def _taken(self, pixels: Tensor) -> Tensor:
        """As a camera might have taken it: colours, light, blur, noise."""
        count = len(pixels)

        def some(share: float, *shape: int) -> Tensor:
            return self._rand(count, *shape) < share

        one = (count, 1, 1, 1)
        pixels = _smeared(pixels, self._rand(count, 2, high=1.6) * some(0.35, 1))
        grey = pixels.mean(1, keepdim=True)
        colourful = torch.where(some(0.12, 1, 1, 1), 0.0, self._rand(*one, low=0.6, high=1.3))
        pixels = grey + (pixels - grey) * colourful
        gain = torch.exp(self._rand(*one, low=-0.4, high=0.35))
        gain = torch.where(some(0.1, 1, 1, 1), self._rand(*one, low=0.12, high=0.5), gain)
        tint = self._rand(count, 3, 1, 1, low=0.88, high=1.12)
        level = self._rand(*one, low=-25.0, high=25.0)
        contrast = self._rand(*one, low=0.75, high=1.25)
        pixels = ((pixels - 128) * contrast + 128 + level) * gain * tint
        power = torch.exp(self._rand(*one, low=-0.3, high=0.3))
        pixels = (pixels.clamp(0, 255) / 255).clamp(min=1e-4) ** power * 255
        noise = torch.randn(pixels.shape, generator=self._chance, device=self._device)
        pixels = pixels + noise * self._rand(*one, high=12.0) * some(0.4, 1, 1, 1)
        return pixels.clamp(0, 255).round()


def _smeared(pixels: Tensor, widths: Tensor) -> Tensor:
    """Pixels (n, 3, h, w) under Gaussians of their own `widths` (n, 2) across and down."""
    count, channels, height, width = pixels.shape
    span = torch.arange(-3, 4, device=pixels.device, dtype=torch.float32)
    kernel = torch.exp(-0.5 * (span / widths[..., None].clamp(min=0.05)) ** 2)
    kernel = (kernel / kernel.sum(-1, keepdim=True)).repeat_interleave(channels, 0)
    flat = pixels.reshape(1, -1, height, width)
    across = kernel[:, 0].view(-1, 1, 1, 7)
    down = kernel[:, 1].view(-1, 1, 7, 1)
    flat = F.conv2d(F.pad(flat, (3, 3, 0, 0), "replicate"), across, groups=count * channels)
    flat = F.conv2d(F.pad(flat, (0, 0, 3, 3), "replicate"), down, groups=count * channels)
    return flat.view(count, channels, height, width)


def still(pack: Pack, picture: Tensor, *, size: tuple[int, int]) -> Batch:
    """Whole pictures as they are, in a black frame of `size`, for validation."""
    return shown(pack, fitted(pack, picture, size=size), size=size)


def shown(pack: Pack, view: View, *, size: tuple[int, int]) -> Batch:
    """Views as they are, in black."""
    pixels, inside = drawn(pack, view, size=size)
    labels = labelled(pack, view, window=frame(size, device=view.affine.device))
    return Batch((pixels * inside).round() / 127.5 - 1, labels)
