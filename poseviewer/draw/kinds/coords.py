"""Coordinates: the part of the frame that the stage was shown, and where it moved each joint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.affine import Box
from poseviewer.draw.colour import CASING, GHOST, side_colour
from poseviewer.draw.kinds import StagePainter
from poseviewer.draw.primitives import Dot, Line, Outline, region_items
from poseviewer.draw.tile import Frame, Ring, Stroke, Tile

if TYPE_CHECKING:
    from poseviewer.core.look import Look
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageOutput
    from poseviewer.draw.primitives import Item
    from poseviewer.draw.tile import Marks, Row

_LARGEST = 0.9
"""Width of a box, in tiles, beyond which it would only repeat the tile's own edge."""

_MOVED, _CASING = 2.2, 1.6
"""Width of the line along which a joint was moved, and of its casing, both sides together."""

_START = 2.6
"""Radius of the ring where a joint was before."""


class CoordsPainter(StagePainter):
    """Draws coordinates."""

    name = "coords"
    smallest = 52

    def tile(self, result: FrameResult, output: StageOutput, row: Row) -> Tile:
        """Return the box in which the stage looked for a joint.

        The first stage looks at the whole region for all of them; so is what all later ones see
        together shown.
        """
        box = result.region
        if output.number and row.channel is not None:
            x, y = result.stage_poses[output.number - 1].xy[0, row.channel].tolist()
            box = Box.centred(x, y, float(output.to_frame[0, 0]), float(output.to_frame[1, 1]))
        to_frame = np.array([[box.width, 0.0, box.x], [0.0, box.height, box.y]])
        return Tile(row, output, to_frame, box=box)

    def shape(self, result: FrameResult, output: StageOutput) -> float:  # noqa: ARG002
        """That of the region."""
        return result.region.height / result.region.width

    def mark(
        self, marks: Marks, at: tuple[int, int], tile: Tile, result: FrameResult, *, gate: float
    ) -> None:
        """Draw where each joint was moved, and the box in which the next stage looks for it."""
        number, channel = tile.output.number, tile.row.channel
        poses = result.stage_poses[number]
        if not len(poses):
            return
        joints = range(len(poses.skeleton.joints)) if channel is None else [channel]
        places, sure = tile.place(poses.xy[0]), poses.score[0] >= gate
        before = tile.place(result.stage_poses[number - 1].xy[0]) if number else None
        for joint in joints:
            (u, v), strong = places[joint].tolist(), bool(sure[joint])
            if before is not None:
                x, y = before[joint].tolist()
                marks.strokes.append(Stroke(*at, (x, y), (u, v), strong, arrow=True))
            if channel is None:
                marks.rings.append(Ring(*at, (u, v), strong))
        if channel is None:
            return
        marks.peaks[at], marks.strong[at] = places[channel], sure[channel]
        marks.values[at] = poses.score[0, channel]
        later = result.stage(number + 1)
        if later is None or later.spec.kind != self.name:
            return
        width = later.to_frame[0, 0] / tile.to_frame[0, 0]
        height = later.to_frame[1, 1] / tile.to_frame[1, 1]
        if width <= _LARGEST:
            u, v = places[channel].tolist()
            corner = (u - width / 2, v - height / 2)
            side = poses.skeleton.side(channel)
            marks.frames.append(Frame(*at, corner, (float(width), float(height)), side))

    def overlay(
        self,
        result: FrameResult,
        output: StageOutput,
        look: Look,
        *,
        scale: float,  # noqa: ARG002 - lines have design points
    ) -> tuple[list[Item], list[Item]]:
        """Draw the box in which a stage looked for each joint, and how it moved the joint.

        The first stage has one box for all joints.
        """
        if output.number == 0:
            return region_items(result.region), []
        before = result.stage_poses[output.number - 1].xy[0]
        after = result.stage_poses[output.number].xy[0]
        side = float(output.to_frame[0, 0])
        skeleton = result.poses.skeleton
        chosen = look.overlay_channel
        joints = range(len(before)) if chosen is None else [chosen] * (chosen < len(before))
        boxes: list[Item] = []
        lines: list[Item] = []
        for joint in joints:
            (x, y), end = before[joint].tolist(), after[joint].tolist()
            colour = side_colour(skeleton.side(joint))
            box = Box.centred(x, y, side, side)
            # Fourteen boxes overlap: faint ones leave the frame visible.
            shown = look.opacity * (0.4 if chosen is None else 1.0)
            boxes += [Outline(box, CASING, 2.6, shown * 0.7), Outline(box, colour, 1.2, shown)]
            lines += [
                Line((x, y), (end[0], end[1]), CASING, _MOVED + _CASING),
                Line((x, y), (end[0], end[1]), GHOST, _MOVED),
                Dot((x, y), _START, None, GHOST, 1.2),
            ]
        return boxes + lines, []


PAINTER = CoordsPainter()
