"""Map and field layers in files: painted on an RGB array with OpenCV."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import cv2
import numpy as np

from poseviewer.core.affine import Box, apply, box_to_frame, compose, invert
from poseviewer.draw.colour import layer_lut
from poseviewer.draw.layer import argb32, refine

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.draw.layer import FineLayer
    from poseviewer.draw.primitives import FieldLayer, MapLayer

_BAND = 48


def paint_map(item: MapLayer, pixels: NDArray[np.uint8]) -> None:
    """Paint a belief map over an RGB image, in place."""
    fine = refine(item)
    if fine is None:
        return
    bounds = _covered(fine.to_frame, fine.values.shape, pixels.shape)
    if bounds is None:
        return
    left, top, right, bottom = bounds
    index = _fitted(fine, Box(left - 0.5, top - 0.5, right - left, bottom - top))
    added, share = layer_lut(item.colormap, item.opacity)
    # In bands, so that what is passed from step to step stays in the cache.
    for start in range(0, bottom - top, _BAND):
        here = index[start : start + _BAND]
        part = pixels[top + start : top + start + len(here), left:right]
        remaining = cv2.cvtColor(cv2.LUT(here, share), cv2.COLOR_GRAY2RGB)
        glow = cv2.applyColorMap(here, added[:, None])
        part[:] = cv2.add(cv2.multiply(part, remaining, scale=1 / 255), glow)


def paint_field(item: FieldLayer, pixels: NDArray[np.uint8]) -> None:
    """Paint a vector field over an RGB image, in place."""
    made = argb32(item)
    if made is None:
        return
    words, to_frame = made
    bounds = _covered(to_frame, words.shape, pixels.shape)
    if bounds is None:
        return
    left, top, right, bottom = bounds
    # Bytes of little-endian words: blue, green, red, alpha, premultiplied.
    coat = cv2.warpAffine(
        words.view(np.uint8).reshape(*words.shape, 4),
        compose(invert(to_frame), np.array([[1.0, 0.0, left], [0.0, 1.0, top]])),
        (right - left, bottom - top),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    part = pixels[top:bottom, left:right]
    share = cv2.cvtColor(255 - coat[..., 3], cv2.COLOR_GRAY2RGB)
    colour = np.ascontiguousarray(coat[..., 2::-1])
    part[:] = cv2.add(cv2.multiply(part, share, scale=1 / 255), colour)


def _covered(
    to_frame: NDArray[np.float64], shape: tuple[int, ...], picture: tuple[int, ...]
) -> tuple[int, int, int, int] | None:
    """Left, top, right and bottom of the pixels whose centres lie between a map's edges."""
    height, width = shape[:2]
    corners = [(x, y) for x in (-0.5, width - 0.5) for y in (-0.5, height - 0.5)]
    on_frame = apply(to_frame, np.array(corners))
    left, top = np.maximum(np.ceil(on_frame.min(axis=0)), 0).astype(int).tolist()
    limit = (picture[1] - 1, picture[0] - 1)
    right, bottom = (np.minimum(np.floor(on_frame.max(axis=0)), limit).astype(int) + 1).tolist()
    return None if left >= right or top >= bottom else (left, top, right, bottom)


def _fitted(fine: FineLayer, box: Box) -> NDArray[np.uint8]:
    """The values (0 to 255) of `fine` at every pixel of `box`, whose edges are pixel edges.

    A full-size warp costs ten times a resize, so the warp happens at the layer's own size, onto
    a grid that spans the box exactly, and a resize does the rest.
    """
    across, down = np.linalg.norm(fine.to_frame[:, :2], axis=0)
    upright = fine.to_frame[0, 1] == 0 and fine.to_frame[1, 0] == 0
    grid = (
        max(1, min(ceil(box.width / across), round(box.width))),
        max(1, min(ceil(box.height / down), round(box.height))),
    )
    warped = cv2.warpAffine(
        fine.values,
        compose(invert(fine.to_frame), box_to_frame(box, size=grid)),
        grid,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        # The box ends where an upright map ends, but encloses corners beyond a turned one.
        borderMode=cv2.BORDER_REPLICATE if upright else cv2.BORDER_CONSTANT,
        borderValue=0,
    )
    small = cv2.convertScaleAbs(warped)
    size = (round(box.width), round(box.height))
    return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_LINEAR), np.uint8)
