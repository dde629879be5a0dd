"""First crops: what a network was shown, and the closer crop that it found in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np

from poseviewer.core.affine import apply
from poseviewer.draw.colour import CASING, MIDDLE, side_colour
from poseviewer.draw.kinds import StagePainter
from poseviewer.draw.primitives import Dot, Label, Line
from poseviewer.draw.tile import Ring, Row, Stroke

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.look import Look
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageOutput, StageSpec
    from poseviewer.draw.colour import Colour
    from poseviewer.draw.primitives import Item
    from poseviewer.draw.tile import Marks, Tile

_EDGE, _TOP, _CASING = 1.6, 3.4, 1.8
"""Widths of a crop's outline, of the side that is up in it, and of their casing."""

_POINT = 2.6


class LookPainter(StagePainter):
    """Draws crops as pictures, and their outlines over the frame."""

    name = "look"
    smallest = 52

    def rows(self, spec: StageSpec) -> tuple[Row, ...]:  # noqa: ARG002 - all are alike
        """Return the one row: its channels are the colours of a picture."""
        title = self.kind.together
        return (Row(None, title, title, "middle", self.name, title),)

    def caption(self, spec: StageSpec, channel: int | None) -> str:  # noqa: ARG002
        """Return what is seen, such as `left hand zoom`."""
        return spec.name

    def shape(self, result: FrameResult, output: StageOutput) -> float:  # noqa: ARG002
        """That of a square."""
        return 1.0

    def tile(self, result: FrameResult, output: StageOutput, row: Row) -> Tile:
        """Return the crop."""
        made = super().tile(result, output, row)
        return replace(made, values=output.values)

    def picture(
        self,
        tile: Tile,
        *,
        size: tuple[int, int],
        high: float,  # noqa: ARG002 - its colours are its own
        colormap: str,  # noqa: ARG002
    ) -> NDArray[np.uint8] | None:
        """Return the crop in its own colours."""
        colours = (tile.output.values * 255).round().astype(np.uint8).transpose(1, 2, 0)
        shrinks = size[0] < colours.shape[1]
        way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(colours, size, interpolation=way), np.uint8)

    def mark(
        self, marks: Marks, at: tuple[int, int], tile: Tile, result: FrameResult, *, gate: float
    ) -> None:
        """Draw the next crop, and the points that it follows from."""
        output = tile.output
        marks.values[at] = np.nan if output.presence is None else output.presence
        if output.points is None or not len(output.points):
            return
        height, width = output.values.shape[1:]
        places = (output.points[:, :2] + 0.5) / (width, height)
        sure = (output.presence or 0.0) >= gate
        marks.rings.extend(Ring(*at, (u, v), sure) for u, v in places.tolist())
        later = result.stage(output.number + 1)
        if later is not None and later.presence:
            corners = tile.place(corners_of(later)).tolist()
            marks.strokes.extend(
                Stroke(*at, (a[0], a[1]), (b[0], b[1]), sure)
                for a, b in zip(corners, [*corners[1:], corners[0]], strict=True)
            )

    def overlay(
        self,
        result: FrameResult,
        output: StageOutput,
        look: Look,
        *,
        scale: float,
    ) -> tuple[list[Item], list[Item]]:
        """Draw the outline of the crop, thick where it is up, with how sure the network is."""
        items = outline(output, scale=scale, opacity=look.opacity)
        later = result.stage(output.number + 1)
        if later is not None and later.spec.kind == "zoom":
            items += outline(later, scale=scale, opacity=look.opacity)
        if output.presence and output.points is not None:
            items += [
                Dot((x, y), _POINT, MIDDLE, CASING, 1.2)
                for x, y in apply(output.to_frame, output.points[:, :2]).tolist()
            ]
        return [], items


def corners_of(output: StageOutput) -> NDArray[np.float64]:
    """Return the corners of a crop (4, 2), frame pixels, clockwise from the top left one."""
    height, width = output.values.shape[1:]
    ends = np.array([[0, 0], [width, 0], [width, height], [0, height]]) - 0.5
    return apply(output.to_frame, ends)


def outline(output: StageOutput, *, scale: float, opacity: float) -> list[Item]:
    """Return the outline of a crop in the colour of its side, with its presence; nothing of none.

    Args:
        output: A crop.
        scale: Frame pixels per design point.
        opacity: 0 to 1.
    """
    if not output.presence:
        return []
    first, *others = corners_of(output).tolist()
    corners = [first, *others]
    colour = _colour(output.spec)
    items: list[Item] = []
    for number, (a, b) in enumerate(zip(corners, [*others, first], strict=True)):
        width = _EDGE if number else _TOP
        for paint, wide in ((CASING, width + _CASING), (colour, width)):
            items.append(Line((a[0], a[1]), (b[0], b[1]), paint, wide, opacity))
    x, y = min(corners, key=lambda corner: corner[1])
    text = f"{output.spec.name} {output.presence:.2f}"
    return [*items, Label((x, y - 14 * scale), text, 8.0, colour, "centre")]


def _colour(spec: StageSpec) -> Colour:
    side = spec.name.split(" ", 1)[0]
    return side_colour(side) if side in ("left", "right") else MIDDLE


PAINTER = LookPainter()
