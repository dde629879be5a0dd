"""Directions: hue by direction, and an arrow from the peak of a joint's map to the joint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.draw.kinds import StagePainter
from poseviewer.draw.tile import Stroke

if TYPE_CHECKING:
    from poseviewer.core.result import FrameResult
    from poseviewer.draw.tile import Marks, Tile


class DirectionsPainter(StagePainter):
    """Draws directions, which start at the peaks and end at the joints of the maps they go with."""

    name = "directions"
    legend = "directions"
    noun = "direction"

    def mark(
        self, marks: Marks, at: tuple[int, int], tile: Tile, result: FrameResult, *, gate: float
    ) -> None:
        """Draw how the joint of everybody is moved from its peak, the first person's in front."""
        super().mark(marks, at, tile, result, gate=gate)
        spec, channel = tile.output.spec, tile.row.channel
        if channel is None or spec.partner is None:
            return
        before, after = (result.stage_poses[n] for n in (tile.output.number, spec.partner))
        if len(before) != len(after):
            return
        joint = channel // self.kind.step
        starts, ends = (tile.place(poses.xy[:, joint]).tolist() for poses in (before, after))
        sure = (after.score[:, joint] >= gate).tolist()
        for (x, y), (u, v), strong in zip(starts, ends, sure, strict=True):
            if u == u and x == x:
                marks.strokes.append(Stroke(*at, (x, y), (u, v), strong, arrow=True))


PAINTER = DirectionsPainter()
