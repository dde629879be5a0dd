"""Attention: patch by patch, and over the frame with the edges of the patches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.affine import apply
from poseviewer.draw.colour import CASING, GHOST
from poseviewer.draw.kinds.features import FeaturePainter
from poseviewer.draw.primitives import Line

if TYPE_CHECKING:
    from poseviewer.core.look import Look
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageOutput
    from poseviewer.draw.primitives import Item


class AttentionPainter(FeaturePainter):
    """Draws each head by its own strongest weight: most are small and none is one."""

    name = "attention"

    def overlay(
        self, result: FrameResult, output: StageOutput, look: Look, *, scale: float
    ) -> tuple[list[Item], list[Item]]:
        """The weights, and the grid of patches above them."""
        beneath, above = super().overlay(result, output, look, scale=scale)
        return [*beneath, *patch_grid(output)], above


def patch_grid(output: StageOutput) -> list[Item]:
    """The edges of the patches of a stage on the frame."""
    height, width = output.values.shape[1:]
    items: list[Item] = []
    ends = [(0, at, width, at) for at in range(height + 1)]
    ends += [(at, 0, at, height) for at in range(width + 1)]
    for x0, y0, x1, y1 in ends:
        corners = apply(output.to_frame, np.array([[x0, y0], [x1, y1]]) - 0.5)
        (a, b), (c, d) = corners.tolist()
        items += [
            Line((a, b), (c, d), CASING, 1.6, 0.25),
            Line((a, b), (c, d), GHOST, 0.6, 0.35),
        ]
    return items


PAINTER = AttentionPainter()
