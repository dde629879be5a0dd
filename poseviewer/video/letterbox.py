"""A picture fitted into a frame of another size without being stretched."""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def letterbox(pixels: NDArray[np.uint8], *, size: tuple[int, int]) -> NDArray[np.uint8]:
    """`pixels` scaled into the middle of a black frame of `size` (width, height).

    Returns:
        H x W x 3; `pixels` itself where the size is right already.
    """
    width, height = size
    if pixels.shape[:2] == (height, width):
        return pixels
    scale = min(width / pixels.shape[1], height / pixels.shape[0])
    inner = (max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale)))
    scaled = cv2.resize(pixels, inner, interpolation=cv2.INTER_LINEAR)
    frame = np.zeros((height, width, 3), np.uint8)
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    frame[top : top + inner[1], left : left + inner[0]] = scaled
    return frame
