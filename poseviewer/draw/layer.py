"""A map layer made ready for a painter: cut to the visible part, and smooth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np

from poseviewer.core.affine import compose
from poseviewer.draw.colour import alpha_curve, field_lut32, layer_lut32
from poseviewer.draw.primitives import FieldLayer

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
    window = _window(level)
    if window is None:
        return None
    fine = _finer(level[window])
    np.clip(fine, 0.0, 255.0, out=fine)
    return FineLayer(fine, _to_frame(layer.to_frame, window))


def argb32(
    layer: MapLayer | FieldLayer,
) -> tuple[NDArray[np.uint32], NDArray[np.float64]] | None:
    """A layer as a small image for a painter that can transform one.

    Returns:
        Pixels (h, w) in the layout of QImage.Format_ARGB32_Premultiplied and the 2x3 affine
        from their centres to frame pixels; None where there is nothing to see. To be drawn
        with smooth transformation.
    """
    if isinstance(layer, FieldLayer):
        return _field_argb32(layer)
    fine = refine(layer)
    if fine is None:
        return None
    index = np.rint(fine.values).astype(np.uint8)
    colours = layer_lut32(layer.colormap, layer.opacity)
    return np.take(colours, index, mode="clip"), fine.to_frame


def _field_argb32(
    layer: FieldLayer,
) -> tuple[NDArray[np.uint32], NDArray[np.float64]] | None:
    vectors = np.nan_to_num(layer.vectors) * np.float32(255.0 / max(layer.high, 1e-9))
    window = _window(np.hypot(vectors[0], vectors[1]))
    if window is None:
        return None
    x, y = (_finer(component[window]) for component in vectors)
    strength = np.minimum(np.rint(np.hypot(x, y)), 255).astype(np.intp)
    turn = np.rint(np.arctan2(y, x) * (128 / np.pi)).astype(np.intp) & 255
    words = np.take(field_lut32(layer.opacity), (turn << 8) + strength)
    return words, _to_frame(layer.to_frame, window)


def _window(level: NDArray[np.float32]) -> tuple[slice, slice] | None:
    """Rows and columns of a level (0 to 255) that can be seen."""
    seen = level > int(np.flatnonzero(alpha_curve())[0]) - 1
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    if not len(rows):
        return None
    # Two cells of margin: the reach of the cubic kernel.
    return (
        slice(max(int(rows[0]) - 2, 0), min(int(rows[-1]) + 3, level.shape[0])),
        slice(max(int(columns[0]) - 2, 0), min(int(columns[-1]) + 3, level.shape[1])),
    )


def _finer(part: NDArray[np.float32]) -> NDArray[np.float32]:
    fine = cv2.resize(
        np.ascontiguousarray(part), None, fx=_FINER, fy=_FINER, interpolation=cv2.INTER_CUBIC
    )
    return np.asarray(fine, np.float32)


def _to_frame(to_frame: NDArray[np.float64], window: tuple[slice, slice]) -> NDArray[np.float64]:
    """From pixel centres of the finer part to the frame."""
    step = 1 / _FINER
    shift = (step - 1) / 2
    top, left = window[0].start, window[1].start
    return compose(to_frame, np.array([[step, 0.0, left + shift], [0.0, step, top + shift]]))
