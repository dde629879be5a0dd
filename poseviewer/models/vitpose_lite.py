"""ViTPose with tokens of 192 numbers, started so that it learns from few pictures.

The architecture is that of the paper with a narrower decoder; the paper starts from a masked
autoencoder's weights, which took a million pictures. Here the first weights alone put in what can
be known before: tokens begin as the low frequencies of their patch, positions as waves (both as in
MAE, whose positions are such waves), and attention begins near its own place, as the attention of
trained transformers does (Trockman & Kolter, ICML 2023).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, cast

import torch
from torch import nn

from poseviewer.models.vitpose import PATCH, ViTPose

if TYPE_CHECKING:
    from torch import Tensor

    from poseviewer.models.vitpose import Attention, Block

_WAVELENGTHS = 100.0
"""Of the positions' waves, the longest relative to the shortest; a grid has 12 tokens a side."""

_LOOK = 0.7, 0.7
_PASS = 0.4, -0.4
"""How much chance and how much of the identity the products of two matrices have (section 4)."""


def vitpose_lite(
    *,
    joints: int = 23,
    size: tuple[int, int] = (192, 192),
    width: int = 192,
    depth: int = 12,
    heads: int = 3,
    features: int = 96,
    drop: float = 0.1,
    every: int = 2,
) -> ViTPose:
    """Make the network with its first weights; the arguments are those of `ViTPose`."""
    network = ViTPose(
        joints=joints,
        size=size,
        width=width,
        depth=depth,
        heads=heads,
        features=features,
        drop=drop,
        every=every,
    )
    backbone = network.backbone
    with torch.no_grad():
        patches = backbone.patch_embed.proj
        patches.weight.copy_(_frequencies(width))
        patches.bias = nn.Parameter(torch.zeros(width))
        grid = size[1] // PATCH, size[0] // PATCH
        backbone.pos_embed[0, 1:] = _waves(grid, width)
        for block in backbone.blocks:
            layers = cast("Block", block)
            _start_near(layers.attn, heads)
            for linear in (layers.mlp.fc1, layers.mlp.fc2):
                nn.init.trunc_normal_(linear.weight, std=0.02)
                linear.bias.zero_()
    return network


def _frequencies(width: int) -> Tensor:
    """Cosine waves over a patch (width, 3, 16, 16): of each colour the longest.

    Each is divided by its usual strength in photos, which falls with its frequency, and is less
    between colours than of all together.
    """
    steps = torch.arange(PATCH) + 0.5
    waves = torch.cos(math.pi / PATCH * torch.arange(PATCH)[:, None] * steps)
    waves = waves / waves.norm(dim=1, keepdim=True)
    speed = torch.hypot(*torch.meshgrid(*2 * [torch.arange(PATCH).float()], indexing="ij"))
    colours = torch.tensor([[1.0, 1.0, 1.0], [4.0, 0.0, -4.0], [-4.0, 8.0, -4.0]])
    each = math.ceil(width / len(colours))
    rows, columns = (at[:each] for at in _by(speed))
    planes = waves[rows][:, :, None] * waves[columns][:, None, :]
    planes = planes * (1 + speed[rows, columns]).square()[:, None, None] / (4 * PATCH)
    return torch.einsum("ck,fyx->fckyx", colours, planes).reshape(-1, 3, PATCH, PATCH)[:width]


def _by(values: Tensor) -> tuple[Tensor, Tensor]:
    """Rows and columns of the numbers in a square table, the smallest first."""
    order = values.flatten().argsort(stable=True)
    return order // len(values), order % len(values)


def _waves(grid: tuple[int, int], width: int) -> Tensor:
    """Positions (rows * columns, width): sines and cosines of the row, then of the column."""
    rates = _WAVELENGTHS ** -torch.linspace(0, 1, width // 4)
    y, x = torch.meshgrid(*(torch.arange(n).float() for n in grid), indexing="ij")
    turns = [at.flatten()[:, None] * rates for at in (y, x)]
    return torch.cat([wave for turn in turns for wave in (turn.sin(), turn.cos())], dim=1)


def _start_near(attention: Attention, heads: int) -> None:
    """Let tokens look at what is like them, and take away a part of it."""
    qkv, proj = attention.qkv, attention.proj
    width = len(proj.weight)
    part = width // heads
    for head in range(heads):
        left, right = _factors(width, *_LOOK, rank=part)
        rows = slice(head * part, (head + 1) * part)
        qkv.weight[:width][rows] = left.T
        qkv.weight[width : 2 * width][rows] = right
    left, right = _factors(width, *_PASS, rank=width)
    qkv.weight[2 * width :] = left.T
    proj.weight.copy_(right.T)
    qkv.bias.zero_()
    proj.bias.zero_()


def _factors(width: int, chance: float, same: float, *, rank: int) -> tuple[Tensor, Tensor]:
    """Matrices (width, rank) and (rank, width) whose product is nearest to a blend.

    Args:
        width: Of the blend (width, width).
        chance: How much of it are random numbers.
        same: How much of it is the identity.
        rank: Inner size of the product.
    """
    blend = chance * torch.randn(width, width) / math.sqrt(width) + same * torch.eye(width)
    left, sizes, right = torch.linalg.svd(blend)
    roots = sizes[:rank].sqrt()
    return left[:, :rank] * roots, roots[:, None] * right[:rank]
