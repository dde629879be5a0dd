"""PoseNet, the published small member of PersonLab (Papandreou et al., ECCV 2018).

A MobileNetV1 of width 0.75 whose batch norms are folded into its convolutions, and four heads of
1x1 convolutions: discs about the joints, short-range offsets to the joint, and mid-range
displacements to the next joint of the same person, forward and backward along a tree. The Hough
map, into which the discs vote by their offsets (section 3.1.1 of the paper), is added here.
Constants and what was measured: docs/facts/networks.md.
"""

from __future__ import annotations

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_STRIDE = 16
_HOUGH = 4
_RADIUS = 32.0
_WIDTHS = (24, 48, 96, 96, 192, 192, 384, 384, 384, 384, 384, 384, 384, 384)
_HALVED = (2, 4, 6)


class _Separable(nn.Module):
    """A depthwise 3x3 and a 1x1 convolution, each with a bias and a ReLU6."""

    def __init__(self, channels_in: int, channels_out: int, *, stride: int) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(channels_in, channels_in, 3, stride, 1, groups=channels_in)
        self.pointwise = nn.Conv2d(channels_in, channels_out, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, channels, h, w) to features of half the size where the stride is 2."""
        return F.relu6(self.pointwise(F.relu6(self.depthwise(x))))


class PoseNet(nn.Module):
    """MobileNetV1 0.75 with PersonLab's heads, stride 16; sides are 16 n + 1.

    With such sides TensorFlow's padding is the same on both sides, and cell (i, j) lies on input
    pixel (16 i, 16 j).

    Args:
        joints: Maps of discs; there are two offsets each.
        edges: Of the tree; there are two displacements each, in either direction.
    """

    def __init__(self, *, joints: int = 17, edges: int = 16) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, _WIDTHS[0], 3, 2, 1)
        self.blocks = nn.Sequential(
            *(
                _Separable(before, after, stride=2 if number in _HALVED else 1)
                for number, (before, after) in enumerate(pairwise(_WIDTHS), start=1)
            )
        )
        self.heatmap = nn.Conv2d(_WIDTHS[-1], joints, 1)
        self.offset = nn.Conv2d(_WIDTHS[-1], 2 * joints, 1)
        self.forth = nn.Conv2d(_WIDTHS[-1], 2 * edges, 1)
        self.back = nn.Conv2d(_WIDTHS[-1], 2 * edges, 1)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """Discs, offsets, displacements forward and backward, and the Hough map of a picture.

        Args:
            image: (n, 3, 16 h + 1, 16 w + 1), px / 127.5 - 1.

        Returns:
            Discs (n, joints, h + 1, w + 1), 0 to 1; offsets (n, 2 joints, ...) and displacements
            (n, 2 edges, ...) in input pixels, x before y; votes (n, joints, 4 h + 1, 4 w + 1).
        """
        features = self.blocks(F.relu6(self.first(image)))
        discs = torch.sigmoid(self.heatmap(features))
        offsets = _paired(self.offset(features))
        forth, back = _paired(self.forth(features)), _paired(self.back(features))
        return discs, offsets, forth, back, hough(discs, offsets)


def _paired(vectors: Tensor) -> Tensor:
    """X and y of each vector beside each other; the published heads have all y, then all x."""
    n, channels, height, width = vectors.shape
    y_then_x = vectors.reshape(n, 2, channels // 2, height, width)
    return y_then_x.flip(1).transpose(1, 2).reshape(n, channels, height, width)


def hough(discs: Tensor, offsets: Tensor) -> Tensor:
    """What the discs vote for, each cell at the place where its offset points.

    A vote counts within 16 pixels, the less the further away (the bilinear kernel of section 3.1.1,
    between the cells that voted), and is lost outside the picture. Votes are divided by the area of
    a disc, so that a perfect one gives 1 at the joint.

    Args:
        discs: (n, k, h + 1, w + 1).
        offsets: (n, 2 k, h + 1, w + 1) input pixels.

    Returns:
        (n, k, 4 h + 1, 4 w + 1).
    """
    n, joints, height, width = discs.shape
    finer = _STRIDE // _HOUGH
    high, wide = (height - 1) * finer + 1, (width - 1) * finer + 1
    way = offsets.reshape(n, joints, 2, height, width) / _HOUGH
    x = way[:, :, 0] + torch.arange(width, device=discs.device, dtype=discs.dtype) * finer
    y = (
        way[:, :, 1]
        + (torch.arange(height, device=discs.device, dtype=discs.dtype) * finer)[:, None]
    )
    left, top = torch.floor(x), torch.floor(y)
    share = discs * (_STRIDE * _STRIDE / (math.pi * _RADIUS * _RADIUS))
    votes = torch.zeros(n, joints, high * wide, dtype=discs.dtype, device=discs.device)
    for right, low in ((0, 0), (1, 0), (0, 1), (1, 1)):
        column, row = left + right, top + low
        weight = share * (1 - (x - column).abs()) * (1 - (y - row).abs())
        inside = (column >= 0) & (column < wide) & (row >= 0) & (row < high)
        at = (row.clamp(0, high - 1) * wide + column.clamp(0, wide - 1)).long()
        votes = votes.scatter_add(2, at.flatten(2), (weight * inside).flatten(2))
    # So far each vote is spread over one of these cells; a kernel as wide as the network's cells is
    # the sum of such narrow ones.
    reach = finer - 1
    # Numbers and no arithmetic: OpenVINO loses the sign of what is made of a range.
    weights = [1 - abs(step) / finer for step in range(-reach, reach + 1)]
    wider = torch.tensor(weights, dtype=discs.dtype, device=discs.device).expand(joints, 1, 1, -1)
    found = F.conv2d(votes.reshape(n, joints, high, wide), wider, None, 1, (0, reach), 1, joints)
    return F.conv2d(found, wider.transpose(2, 3), None, 1, (reach, 0), 1, joints)
