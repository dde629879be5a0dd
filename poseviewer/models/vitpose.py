"""ViTPose of Xu, Zhang, Zhang & Tao (NeurIPS 2022): a plain vision transformer and a small decoder.

Layers: sections 3.1 and 3.2; tensor names are those of the released code (ViTAE-Transformer/
ViTPose), so its files load as they are; counts: docs/facts/networks.md.
"""

from __future__ import annotations

import math
from itertools import islice
from typing import TYPE_CHECKING, Literal, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from poseviewer.models.separable import belief_head

if TYPE_CHECKING:
    from collections.abc import Iterator

Decoder = Literal["simple", "classic"]

PATCH = 16
"""Input pixels between two tokens, in both directions."""

_PADDING = 2
_EPSILON = 1e-6
_MLP = 4


class PatchEmbed(nn.Module):
    """One token for every patch of 16 x 16 pixels.

    Args:
        width: Numbers of a token.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.proj = nn.Conv2d(3, width, PATCH, PATCH, _PADDING)

    def forward(self, image: Tensor) -> Tensor:
        """Images (n, 3, h, w) to (n, width, h/16, w/16)."""
        return cast("Tensor", self.proj(image))


class Attention(nn.Module):
    """Self-attention of all tokens (Vaswani et al. 2017); `softmax` returns where each looks.

    Args:
        width: Numbers of a token.
        heads: How many parts of a token look on their own.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.softmax = nn.Softmax(dim=-1)
        self.proj = nn.Linear(width, width)
        self._heads = heads

    def forward(self, x: Tensor) -> Tensor:
        """Tokens (n, t, width) to tokens of the same shape."""
        n, t, width = x.shape
        parts = self.qkv(x).reshape(n, t, 3, self._heads, width // self._heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        scores = (query * query.shape[-1] ** -0.5) @ key.transpose(-2, -1)
        seen = self.softmax(scores).to(value.dtype) @ value
        return cast("Tensor", self.proj(seen.transpose(1, 2).reshape(n, t, width)))


class Mlp(nn.Module):
    """Two linear layers with a GELU between them, for each token by itself."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, _MLP * width)
        self.fc2 = nn.Linear(_MLP * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Tokens (n, t, width) to tokens of the same shape."""
        return cast("Tensor", self.fc2(F.gelu(self.fc1(x))))


class Block(nn.Module):
    """Attention and MLP, each after a norm and added to its input.

    Args:
        width: Numbers of a token.
        heads: Of the attention.
        drop: How often in training a part is left out for an example (Huang et al., ECCV 2016).
    """

    def __init__(self, width: int, heads: int, *, drop: float) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=_EPSILON)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=_EPSILON)
        self.mlp = Mlp(width)
        self._drop = drop

    def forward(self, x: Tensor) -> Tensor:
        """Tokens (n, t, width) to tokens of the same shape."""
        x = x + self._sometimes(self.attn(self.norm1(x)))
        return x + self._sometimes(self.mlp(self.norm2(x)))

    def _sometimes(self, x: Tensor) -> Tensor:
        if not self.training or self._drop == 0:
            return x
        stays = torch.rand(len(x), 1, 1, device=x.device) >= self._drop
        return x * stays / (1 - self._drop)


class Backbone(nn.Module):
    """The transformer, pre-norm, with learnt positions.

    Args:
        size: Width and height of the input for which there are positions, pixels.
        width: Numbers of a token.
        depth: Blocks.
        heads: Of each block's attention.
        drop: Stochastic depth of the last block; it rises from 0 at the first.
    """

    def __init__(
        self, *, size: tuple[int, int], width: int, depth: int, heads: int, drop: float
    ) -> None:
        super().__init__()
        self._grid = size[1] // PATCH, size[0] // PATCH
        self.patch_embed = PatchEmbed(width)
        # The first row was that of MAE's class token; it is added to every other.
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + math.prod(self._grid), width))
        self.blocks = nn.ModuleList(
            Block(width, heads, drop=drop * i / max(depth - 1, 1)) for i in range(depth)
        )
        self.last_norm = nn.LayerNorm(width, eps=_EPSILON)

    def states(self, image: Tensor) -> Iterator[Tensor]:
        """The tokens after each block in turn (n, h/16 * w/16, width), row by row."""
        patches = self.patch_embed(image)
        x = (patches + self._positions(patches)).flatten(2).transpose(1, 2)
        for block in self.blocks:
            x = block(x)
            yield x

    def _positions(self, patches: Tensor) -> Tensor:
        """(1, width, h, w), resampled where the grid is not the one that was learnt."""
        first, rest = self.pos_embed[:, :1, :, None], self.pos_embed[:, 1:]
        table = rest.transpose(1, 2).reshape(1, -1, *self._grid)
        if patches.shape[-2:] != self._grid:
            table = F.interpolate(table, patches.shape[-2:], mode="bicubic", align_corners=False)
        return table + first.transpose(1, 2)


class ClassicDecoder(nn.Module):
    """Twice a transposed 4x4 convolution, norm and ReLU, then 1x1 to the belief maps."""

    def __init__(self, width: int, joints: int, *, features: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for channels in (width, features):
            layers += [
                nn.ConvTranspose2d(channels, features, 4, 2, 1, bias=False),
                nn.BatchNorm2d(features),
                nn.ReLU(),
            ]
        self.deconv_layers = nn.Sequential(*layers)
        self.final_layer = belief_head(features, joints)

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, width, h, w) to maps (n, joints, 4 h, 4 w)."""
        return cast("Tensor", self.final_layer(self.deconv_layers(x)))


class SimpleDecoder(nn.Module):
    """ReLU, bilinear enlargement by 4, 3x3 convolution to the belief maps."""

    def __init__(self, width: int, joints: int) -> None:
        super().__init__()
        self.final_layer = belief_head(width, joints, kernel=3)

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, width, h, w) to maps (n, joints, 4 h, 4 w)."""
        x = F.interpolate(F.relu(x), scale_factor=4.0, mode="bilinear", align_corners=False)
        return cast("Tensor", self.final_layer(x))


class ViTPose(nn.Module):
    """The whole network, read after several blocks.

    A stage is the last norm and the decoder applied to the tokens after one block. The paper
    supervises that of the last block only, which is its answer.

    Args:
        joints: Belief maps per stage.
        size: Width and height of the input for which there are positions, pixels.
        width: Numbers of a token: 384, 768, 1024 and 1280 in S, B, L and H.
        depth: Blocks: 12, 12, 24 and 32.
        heads: Of each block's attention: 12, 12, 16 and 16.
        decoder: `simple` or `classic` (section 3.1).
        features: Channels of the classic decoder.
        drop: Stochastic depth in training.
        every: Blocks from one stage to the next; divides `depth`.
    """

    def __init__(
        self,
        *,
        joints: int = 17,
        size: tuple[int, int] = (192, 256),
        width: int = 768,
        depth: int = 12,
        heads: int = 12,
        decoder: Decoder = "classic",
        features: int = 256,
        drop: float = 0.0,
        every: int = 1,
    ) -> None:
        super().__init__()
        self.backbone = Backbone(size=size, width=width, depth=depth, heads=heads, drop=drop)
        self.keypoint_head: nn.Module = (
            ClassicDecoder(width, joints, features=features)
            if decoder == "classic"
            else SimpleDecoder(width, joints)
        )
        self._every = every

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Belief maps (n, joints, h/4, w/4) of every stage; h and w divide by 16."""
        states = islice(self.backbone.states(image), self._every - 1, None, self._every)
        if self.training:
            # All at once, so that the decoder's norms see what they are averaged over.
            learnt = tuple(states)
            return self.decoded(torch.cat(learnt), image).chunk(len(learnt))
        return tuple(self.decoded(state, image) for state in states)

    def decoded(self, tokens: Tensor, image: Tensor) -> Tensor:
        """The belief maps (n, joints, h/4, w/4) of tokens that the backbone found in an image."""
        grid = image.shape[-2] // PATCH, image.shape[-1] // PATCH
        read = self.backbone.last_norm(tokens).transpose(1, 2)
        return cast("Tensor", self.keypoint_head(read.reshape(len(tokens), -1, *grid)))
