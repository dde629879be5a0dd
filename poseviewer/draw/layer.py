"""A map layer made ready for a painter: cut to where it shows, and smooth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from poseviewer.core.affine import compose
from poseviewer.draw.colour import alpha_curve, layer_lut32

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.draw.primitives import MapLayer

_FINER = 4


@dataclass(frozen=True, slots=True, eq=False)
class FineLayer:
    """The visible part of a map layer, upsampled."""

    values: NDArray[np.float32]
    """(h, w), 0 for nothing to 255 for the end of the colour map."""

    to_frame: NDArray[np.float64]
    """2x3 affine from pixel centres of `values` to frame pixels."""


def refine(layer: MapLayer) -> FineLayer | None:
    """The part of `layer` that can be seen, four times finer; None where nothing can.

    A painter that interpolates cells of a coarse map linearly draws diamonds with their tips
    on cell centres; a cubic step at small size first keeps a peak round and where it is.
    """
    span = max(layer.high - layer.low, 1e-9)
    level = np.clip((np.nan_to_num(layer.values) - layer.low) * (255.0 / span), 0.0, 255.0)
    level = level.astype(np.float32, copy=False)
    seen = level > int(np.flatnonzero(alpha_curve())[0]) - 1
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    if not len(rows):
        return None
    height, width = level.shape
    # Two cells of margin: the reach of the cubic kernel.
    top, bottom = max(rows[0] - 2, 0), min(rows[-1] + 3, height)
    left, right = max(columns[0] - 2, 0), min(columns[-1] + 3, width)
    part = np.ascontiguousarray(level[top:bottom, left:right])
    fine = cv2.resize(part, None, fx=_FINER, fy=_FINER, interpolation=cv2.INTER_CUBIC)
    np.clip(fine, 0.0, 255.0, out=fine)
    step = 1 / _FINER
    shift = (step - 1) / 2
    to_cells = np.array([[step, 0.0, left + shift], [0.0, step, top + shift]])
    return FineLayer(fine.astype(np.float32, copy=False), compose(layer.to_frame, to_cells))


def argb32(layer: MapLayer) -> tuple[NDArray[np.uint32], NDArray[np.float64]] | None:
    """A layer as a small picture for a painter that can transform one.

    Returns:
        Pixels (h, w) in the layout of QImage.Format_ARGB32_Premultiplied and the 2x3 affine
        from their centres to frame pixels; None where there is nothing to see. To be drawn
        with smooth transformation.
    """
    fine = refine(layer)
    if fine is None:
        return None
    index = np.rint(fine.values).astype(np.uint8)
    colours = layer_lut32(layer.colormap, layer.opacity)
    return np.take(colours, index, mode="clip"), fine.to_frame
