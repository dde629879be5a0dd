"""A scene for a picture of another size, and with strokes and letters of another size."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.affine import Box, compose
from poseviewer.draw.primitives import (
    Arc,
    Dot,
    Ellipse,
    FieldLayer,
    Label,
    Line,
    MapLayer,
    Outline,
    Scene,
)

if TYPE_CHECKING:
    from poseviewer.draw.primitives import Item, Point


def zoomed(scene: Scene, size: tuple[int, int]) -> Scene:
    """The scene for the same frame in another size.

    Args:
        scene: Of a frame.
        size: Width and height of the picture it is painted on, of the frame's shape.
    """
    if size == scene.size:
        return scene
    x, y = (to / was for to, was in zip(size, scene.size, strict=True))

    def moved(point: Point) -> Point:
        # Pixel-centred: the edge of the first pixel lies at -0.5 in both.
        return (point[0] + 0.5) * x - 0.5, (point[1] + 0.5) * y - 0.5

    grown = np.array([[x, 0.0, x / 2 - 0.5], [0.0, y, y / 2 - 0.5]])

    def one(item: Item) -> Item:
        match item:
            case Line():
                return replace(item, start=moved(item.start), end=moved(item.end))
            case Dot() | Arc():
                return replace(item, centre=moved(item.centre))
            case Ellipse():
                xx, xy, yy = item.spread
                spread = xx * x * x, xy * x * y, yy * y * y
                return replace(item, centre=moved(item.centre), spread=spread)
            case Label():
                return replace(item, at=moved(item.at))
            case Outline():
                box = item.box
                corner = moved((box.x, box.y))
                return replace(item, box=Box(*corner, box.width * x, box.height * y))
            case MapLayer() | FieldLayer():
                return replace(item, to_frame=compose(grown, item.to_frame))

    return Scene(size, tuple(one(item) for item in scene.items), scene.scale * x)


def thickened(scene: Scene, *, lines: float, letters: float) -> Scene:
    """The scene with strokes and dots `lines` times, and letters `letters` times as large."""

    def one(item: Item) -> Item:
        match item:
            case Line() | Arc() | Ellipse() | Outline():
                return replace(item, width=item.width * lines)
            case Dot():
                return replace(
                    item, radius=item.radius * lines, outline_width=item.outline_width * lines
                )
            case Label():
                return replace(item, size=item.size * letters)
        return item

    if lines == letters == 1:
        return scene
    return Scene(scene.size, tuple(one(item) for item in scene.items), scene.scale)
