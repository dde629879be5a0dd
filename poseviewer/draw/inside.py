"""A network drawn out: the colours of its tiles, and one of them over the frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from poseviewer.draw.colour import CASING, MIDDLE, lut
from poseviewer.draw.kinds import painter_of
from poseviewer.draw.kinds.attention import patch_grid
from poseviewer.draw.primitives import MapLayer, Outline
from poseviewer.draw.tile import Row, Tile, from_edges

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.inside import InsideTile, InsideView
    from poseviewer.draw.primitives import Item

_LEAST = 0.25
"""The smallest belief drawn as the end of the colours, so that noise stays dark."""


def highest(view: InsideView, tile: InsideTile) -> float:
    """The value at the end of a tile's colours.

    Beliefs of all modules share one range, so that a weak one looks weak; nothing says that
    features of different modules are of one scale.
    """
    if tile.output.spec.kind != "heatmap":
        return max(float(np.abs(tile.output.values).max()), 1e-12)
    row = (other.output.values.max() for other in view.tiles if other.row == tile.row)
    return max(float(max(row)), _LEAST)


def tile_picture(
    view: InsideView, tile: InsideTile, *, size: tuple[int, int], colormap: str
) -> NDArray[np.uint8]:
    """A tile in colours: beliefs smooth, features and attention cell by cell.

    Args:
        view: Has the tile.
        tile: What to draw.
        size: Width and height, pixels.
        colormap: Of `draw.colour`.

    Returns:
        (height, width, 3) RGB.
    """
    output, high = tile.output, highest(view, tile)
    values = output.values[0]
    row = Row(0, output.spec.name, output.spec.name, "middle", output.spec.kind)
    shown = Tile(row, output, from_edges(output), values)
    painter = painter_of(output.spec.kind)
    own = painter.picture(shown, size=size, high=high, colormap=colormap)
    if own is not None:
        return own
    level = np.rint(np.clip(values / high, 0, 1) * 255).astype(np.uint8)
    level = np.asarray(cv2.resize(level, size, interpolation=cv2.INTER_LINEAR), np.uint8)
    return np.asarray(lut(colormap)[level], np.uint8)


def inside_items(
    view: InsideView, tile: InsideTile | None, *, colormap: str, opacity: float
) -> list[Item]:
    """A tile over the frame, and the patch that attention looks from.

    Args:
        view: Of the frame.
        tile: Which; None for the patch alone.
        colormap: Of `draw.colour`.
        opacity: Of the strongest value.
    """
    items: list[Item] = []
    if tile is not None:
        output = tile.output
        shown = np.abs(output.values[0])
        high = highest(view, tile)
        items.append(MapLayer(shown, output.to_frame, colormap, 0.0, high, opacity))
        if output.spec.kind == "attention":
            items += patch_grid(output)
    if view.patch is not None:
        items += [Outline(view.patch, CASING, 5.0, 0.8), Outline(view.patch, MIDDLE, 2.4)]
    return items
