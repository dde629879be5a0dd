"""Crops a region of a frame to the input of a network, with the affine that leads back."""

from __future__ import annotations

from math import ceil, floor, hypot
from typing import TYPE_CHECKING

import cv2
import numpy as np

from poseviewer.core.affine import Box, box_to_frame

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.models.card import Normalisation

_FLAGS = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP


class Cropper:
    """Resamples frame regions for one network. Owns its buffers, so one thread uses it.

    Args:
        size: Input width and height of the network, pixels.
        normalisation: How bytes become the network's numbers.
    """

    def __init__(self, size: tuple[int, int], *, normalisation: Normalisation) -> None:
        self._size = size
        self._aspect = size[0] / size[1]
        self._numbers = [
            np.arange(256, dtype=np.float32) * np.float32(1 / scale) + np.float32(-mean / scale)
            for mean, scale in zip(normalisation.mean, normalisation.scale, strict=True)
        ]
        """Of each byte in each channel."""
        self._planes = (2, 1, 0) if normalisation.order == "bgr" else (0, 1, 2)
        self._image = np.empty((size[1], size[0], 3), np.uint8)
        self._batch = np.empty((1, 3, size[1], size[0]), np.float32)

    @property
    def size(self) -> tuple[int, int]:
        """Input width and height, pixels."""
        return self._size

    def fitted(self, region: Box) -> Box:
        """Return `region` grown to the aspect of the network's input, which is what it gets."""
        return region.fitted(self._aspect)

    def cut(
        self, pixels: NDArray[np.uint8], regions: Sequence[Box]
    ) -> tuple[NDArray[np.float32], list[NDArray[np.float64]]]:
        """Cut the network's input for some regions out of one frame.

        Args:
            pixels: RGB (h, w, 3).
            regions: Boxes in frame pixels; each is fitted to the input's aspect first. What
                lies outside the frame repeats its edge, as in training.

        Returns:
            float32 (n, 3, h, w), normalised, valid until the next call; and for each region
            the 2x3 affine from input pixels to frame pixels.
        """
        affines = [box_to_frame(self.fitted(region), size=self._size) for region in regions]
        return self.warped(pixels, affines), affines

    def warped(
        self, pixels: NDArray[np.uint8], affines: Sequence[NDArray[np.float64]]
    ) -> NDArray[np.float32]:
        """Cut turned or upright parts of one frame.

        Args:
            pixels: RGB (h, w, 3).
            affines: 2x3, from input pixels to frame pixels; each scales both axes alike where it
                turns.

        Returns:
            float32 (n, 3, h, w), normalised, valid until the next call.
        """
        if len(self._batch) < len(affines):
            self._batch = np.empty((len(affines), *self._batch.shape[1:]), np.float32)
        for slot, to_frame in enumerate(affines):
            self._resample(pixels, to_frame)
            planes = cv2.split(self._image)
            for channel, plane in enumerate(self._planes):
                cv2.LUT(planes[plane], self._numbers[channel], dst=self._batch[slot, channel])
        return self._batch[: len(affines)]

    def _resample(self, pixels: NDArray[np.uint8], to_frame: NDArray[np.float64]) -> None:
        """Fill the buffer with the part of the frame under `to_frame`."""
        # Bilinear sampling skips pixels when it shrinks by more than two. Halving first (a
        # bilinear resize by exactly two is a 2 x 2 mean) costs a tenth of INTER_AREA.
        step = hypot(to_frame[0, 0], to_frame[1, 0])
        halvings = max(0, floor(np.log2(max(step, 1.0))))
        block = 2**halvings
        left, top, part = self._needed(pixels, to_frame, block)
        for _ in range(halvings):
            # A frame may be narrower than a block: its last pixel stands for all of it.
            half = (max(part.shape[1] // 2, 1), max(part.shape[0] // 2, 1))
            shrunk = cv2.resize(part, half, interpolation=cv2.INTER_LINEAR)
            part = np.asarray(shrunk, np.uint8)
        # Pixel p of the shrunk part is centred on the mean of its block.
        warp = to_frame / block
        warp[:, 2] -= (np.array([left, top]) + (block - 1) / 2) / block
        cv2.warpAffine(
            part,
            warp,
            self._size,
            dst=self._image,
            flags=_FLAGS,
            borderMode=cv2.BORDER_REPLICATE,
        )

    def _needed(
        self, pixels: NDArray[np.uint8], to_frame: NDArray[np.float64], block: int
    ) -> tuple[int, int, NDArray[np.uint8]]:
        """Return the part of the frame that the warp reads, with sides that divide by `block`."""
        spans = []
        ends = np.array(self._size) - 1
        for axis, length in ((0, pixels.shape[1]), (1, pixels.shape[0])):
            # From the first to the last pixel of the input; of a turned one to each corner.
            reach, first = to_frame[axis, :2] * ends, float(to_frame[axis, 2])
            margin = 2 * block
            low = floor(first + float(reach.clip(max=0).sum())) - margin
            high = ceil(first + float(reach.clip(min=0).sum())) + margin
            low = min(max(low, 0), length - 1)
            high = max(min(high, length - 1), low)
            count = max((high - low + 1) // block * block, min(block, length))
            spans.append((min(low, length - count), count))
        (left, width), (top, height) = spans
        return left, top, pixels[top : top + height, left : left + width]
