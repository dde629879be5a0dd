"""A picture fitted into a frame of another size without being stretched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def letterbox(pixels: NDArray[np.uint8], *, size: tuple[int, int]) -> NDArray[np.uint8]:
    """Scale `pixels` into the middle of a black frame of `size` (width, height).

    Returns:
        H x W x 3; `pixels` itself where the size is right already.
    """
    width, height = size
    if pixels.shape[:2] == (height, width):
        return pixels
    inner, (left, top) = fitted((pixels.shape[1], pixels.shape[0]), size)
    scaled = cv2.resize(pixels, inner, interpolation=cv2.INTER_LINEAR)
    frame = np.zeros((height, width, 3), np.uint8)
    frame[top : top + inner[1], left : left + inner[0]] = scaled
    return frame


def letterbox_fit(inner: tuple[int, int], *, size: tuple[int, int]) -> NDArray[np.float64]:
    """Return the 2x3 affine from a picture of `inner` (width, height) to its letterbox."""
    (width, height), (left, top) = fitted(inner, size)
    sx, sy = width / inner[0], height / inner[1]
    return np.array([[sx, 0.0, left + (sx - 1) / 2], [0.0, sy, top + (sy - 1) / 2]])


def fitted(
    picture: tuple[int, int], size: tuple[int, int]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the size and corner of a picture in the middle of a frame of `size`."""
    scale = min(size[0] / picture[0], size[1] / picture[1])
    inner = (max(1, round(picture[0] * scale)), max(1, round(picture[1] * scale)))
    return inner, ((size[0] - inner[0]) // 2, (size[1] - inner[1]) // 2)
