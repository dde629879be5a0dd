"""Points: the region that the network was shown, and where it has each joint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from poseviewer.draw.kinds import StagePainter
from poseviewer.draw.primitives import region_items
from poseviewer.draw.tile import Ring, Tile

if TYPE_CHECKING:
    from poseviewer.core.look import Look
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageOutput
    from poseviewer.draw.primitives import Item
    from poseviewer.draw.tile import Marks, Row


class PointsPainter(StagePainter):
    """Draws points."""

    name = "points"
    smallest = 52

    def tile(self, result: FrameResult, output: StageOutput, row: Row) -> Tile:
        """Return the region that the network was shown."""
        box = result.region
        to_frame = np.array([[box.width, 0.0, box.x], [0.0, box.height, box.y]])
        return Tile(row, output, to_frame, box=box)

    def shape(self, result: FrameResult, output: StageOutput) -> float:  # noqa: ARG002
        """That of the region."""
        return result.region.height / result.region.width

    def mark(
        self, marks: Marks, at: tuple[int, int], tile: Tile, result: FrameResult, *, gate: float
    ) -> None:
        """Write where the network has the joint, or every joint, of everybody."""
        poses, channel = result.stage_poses[tile.output.number], tile.row.channel
        if not len(poses):
            return
        if channel is not None:
            super().mark(marks, at, tile, result, gate=gate)
            marks.values[at] = poses.score[0, channel]
            return
        for xy, score in zip(poses.xy, poses.score, strict=True):
            for place, sure in zip(tile.place(xy).tolist(), score >= gate, strict=True):
                if np.isfinite(place).all():
                    marks.rings.append(Ring(*at, (place[0], place[1]), bool(sure)))

    def overlay(
        self,
        result: FrameResult,
        output: StageOutput,  # noqa: ARG002 - its joints are drawn as the skeleton
        look: Look,  # noqa: ARG002
        *,
        scale: float,  # noqa: ARG002 - lines have design points
    ) -> tuple[list[Item], list[Item]]:
        """Draw the region that the network was shown."""
        return region_items(result.region), []


PAINTER = PointsPainter()
