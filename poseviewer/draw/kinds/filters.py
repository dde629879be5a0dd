"""Filters: a person's matrices, and on the frame the places from which they were made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.affine import Box, apply
from poseviewer.core.heads import Heads
from poseviewer.draw.colour import CASING, GHOST
from poseviewer.draw.kinds.features import FeaturePainter
from poseviewer.draw.primitives import Dot, Outline
from poseviewer.draw.tile import Tile

if TYPE_CHECKING:
    from poseviewer.core.look import Look
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageOutput
    from poseviewer.draw.primitives import Item
    from poseviewer.draw.tile import Row

_NOWHERE = np.array([[1.0, 0.0, -1e6], [0.0, 1.0, -1e6]])
"""A matrix does not lie on the frame: no frame pixel is a place in its tile."""

_PLACE = 4.5
"""Radius of the dot where a person's filters were made, design points."""


class FiltersPainter(FeaturePainter):
    """Draws the filters of the first person: a row of a matrix a channel out, the bias last."""

    name = "filters"
    smallest = 40

    def tile(self, result: FrameResult, output: StageOutput, row: Row) -> Tile:  # noqa: ARG002
        """Return one matrix of the person whose filters the maps were read with, or all three."""
        return Tile(row, output, _NOWHERE, self.kind.shown(output, row.channel))

    def shape(self, result: FrameResult, output: StageOutput) -> float:  # noqa: ARG002
        """That of the frame's region: matrices are stretched, so that rows stay even."""
        return result.region.height / result.region.width

    def overlay(
        self,
        result: FrameResult,
        output: StageOutput,
        look: Look,  # noqa: ARG002 - lines are as strong as they are
        *,
        scale: float,  # noqa: ARG002 - lines have design points
    ) -> tuple[list[Item], list[Item]]:
        """Draw from where each person's filters were made, and how large the person was taken."""
        heads = Heads.of(output.values)
        side = heads.reach * float(np.hypot(*output.to_frame[:, 0]))
        places = apply(output.to_frame, heads.place)
        squares: list[Item] = []
        dots: list[Item] = []
        for at in range(len(result.poses)):
            box = result.poses.box[at]
            row = int(np.abs(places - (box[:2] + box[2:] / 2)).sum(axis=1).argmin())
            x, y = places[row].tolist()
            shown = 1.0 if at == 0 else 0.5
            square = Box.centred(x, y, float(side[row]), float(side[row]))
            squares += [
                Outline(square, CASING, 2.6, 0.5 * shown),
                Outline(square, GHOST, 1.2, 0.8 * shown),
            ]
            dots.append(Dot((x, y), _PLACE, GHOST, CASING, 1.6, shown))
        return squares, dots


PAINTER = FiltersPainter()
