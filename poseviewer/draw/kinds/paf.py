"""Part affinity fields: hue by direction, and the limbs that were put together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.parsing import LimbVerdict
from poseviewer.draw.kinds import StagePainter, sided
from poseviewer.draw.tile import Row, Stroke

if TYPE_CHECKING:
    from poseviewer.core.result import FrameResult
    from poseviewer.draw.tile import Marks, Tile

_MOST_FAINT = 30
"""Connections that were weighed and not taken, drawn on one tile at most."""

_LIMBS = {
    ("shoulder", "elbow"): "upper arm",
    ("elbow", "wrist"): "forearm",
    ("hip", "knee"): "thigh",
    ("knee", "ankle"): "shin",
}


class FieldPainter(StagePainter):
    """Draws part affinity fields."""

    name = "paf"
    legend = "directions"
    least_tile = 0.05
    least_overlay = 0.25

    def row(self, channel: int, name: str) -> Row:
        """Return the row of a limb, from a name such as `right_hip-right_knee`."""
        start, end = name.split("-", 1)
        ends = sided(start), sided(end)
        sides = {side for side, _ in ends} - {"middle"}
        side = sides.pop() if len(sides) == 1 else "middle"
        plain = _LIMBS.get((ends[0][1], ends[1][1]), f"{ends[0][1]}-{ends[1][1]}")
        title = f"{start} to {end}".replace("_", " ")
        label = plain if side == "middle" else f"{side[0]} {plain}"
        return Row(channel, title, label, side, self.name, name)

    def mark(
        self,
        marks: Marks,
        at: tuple[int, int],
        tile: Tile,
        result: FrameResult,
        *,
        gate: float,  # noqa: ARG002 - a limb is taken or not
    ) -> None:
        """Draw the connections that were weighed, those of people on top."""
        if tile.output.number >= len(result.parsings):
            return
        parsing, limbs = result.parsings[tile.output.number], result.poses.skeleton.limbs
        taken = parsing.verdict == LimbVerdict.TAKEN
        shown = parsing.limbs.score > 0
        if tile.row.channel is None:
            shown &= taken
        else:
            channels = np.array([limb.channel for limb in limbs])
            shown &= channels[parsing.limbs.limb] == tile.row.channel
        chosen = np.flatnonzero(shown)
        # Of those that were not taken the best ones.
        chosen = chosen[np.lexsort((parsing.limbs.score[chosen], taken[chosen]))]
        chosen = chosen[-(_MOST_FAINT + int(taken[chosen].sum())) :]
        places = tile.place(parsing.candidates.xy)
        for limb in chosen.tolist():
            start = places[parsing.limbs.start[limb]].tolist()
            end = places[parsing.limbs.end[limb]].tolist()
            marks.strokes.append(
                Stroke(*at, (start[0], start[1]), (end[0], end[1]), bool(taken[limb]))
            )


PAINTER = FieldPainter()
