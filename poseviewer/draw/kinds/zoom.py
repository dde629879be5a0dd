"""Zooms: hands and face as their networks were shown them, with what was found there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from poseviewer.draw.kinds.look import LookPainter, outline
from poseviewer.draw.tile import Stroke

if TYPE_CHECKING:
    from poseviewer.core.look import Look
    from poseviewer.core.result import FrameResult
    from poseviewer.core.skeleton import Detail
    from poseviewer.core.stage import StageOutput
    from poseviewer.draw.primitives import Item
    from poseviewer.draw.tile import Marks, Tile


class ZoomPainter(LookPainter):
    """Draws crops with the bones that were found in them."""

    name = "zoom"

    def mark(
        self, marks: Marks, at: tuple[int, int], tile: Tile, result: FrameResult, *, gate: float
    ) -> None:
        """Draw the bones of the hand, or the contours of the face."""
        output = tile.output
        marks.values[at] = np.nan if output.presence is None else output.presence
        poses = result.stage_poses[output.number]
        detail = _detail(output, result)
        if detail is None or not len(poses):
            return
        sure = (output.presence or 0.0) >= gate
        places = tile.place(poses.xy[0]).tolist()
        found = poses.found[0]
        marks.strokes.extend(
            Stroke(*at, (places[a][0], places[a][1]), (places[b][0], places[b][1]), sure)
            for a, b in poses.skeleton.bones
            if detail.start <= min(a, b) and max(a, b) < detail.stop and found[a] and found[b]
        )

    def overlay(
        self,
        result: FrameResult,  # noqa: ARG002 - its joints are drawn as the skeleton
        output: StageOutput,
        look: Look,
        *,
        scale: float,
    ) -> tuple[list[Item], list[Item]]:
        """Draw the outline of the crop, thick where it is up, with how sure the network is."""
        return [], outline(output, scale=scale, opacity=look.opacity)


def _detail(output: StageOutput, result: FrameResult) -> Detail | None:
    part = output.spec.name.rpartition(" ")[0]
    details = result.poses.skeleton.details
    return next((one for one in details if one.name == part), None)


PAINTER = ZoomPainter()
