"""Boxes and the 2x3 affines between frame, crop and stage pixels.

Every coordinate in PoseViewer is 0-based and pixel-centred: (0, 0) is the centre of the
top-left pixel. A box is given by its edges, so the box of a whole W x H frame is
x = -0.5, y = -0.5, width = W, height = H.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isclose
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Box:
    """An upright rectangle in frame pixels, given by its edges."""

    x: float
    """Left edge."""

    y: float
    """Top edge."""

    width: float
    height: float

    @classmethod
    def whole(cls, size: tuple[int, int]) -> Box:
        """Return the box of a whole frame of `size` (width, height)."""
        return cls(-0.5, -0.5, float(size[0]), float(size[1]))

    @classmethod
    def around(cls, points: NDArray[np.floating], *, margin: float = 1.25) -> Box:
        """Return the smallest box of `points` (n, 2), grown about its centre by `margin`."""
        low, high = points.min(axis=0), points.max(axis=0)
        centre, side = (low + high) / 2, np.maximum(high - low, 1.0) * margin
        return cls.centred(float(centre[0]), float(centre[1]), float(side[0]), float(side[1]))

    @classmethod
    def centred(cls, x: float, y: float, width: float, height: float) -> Box:
        """Return the box of a given size about the centre (x, y)."""
        return cls(x - width / 2, y - height / 2, width, height)

    @property
    def centre(self) -> tuple[float, float]:
        """The middle, frame pixels."""
        return self.x + self.width / 2, self.y + self.height / 2

    def fitted(self, aspect: float) -> Box:
        """Return the smallest box of this aspect (width / height) about the same centre."""
        width = max(self.width, self.height * aspect)
        if isclose(self.width, width) and isclose(self.height, width / aspect):
            # Fitted already: rounding must not move it again.
            return self
        return Box.centred(*self.centre, width, width / aspect)

    def scaled(self, factor: float) -> Box:
        """Return the box grown about its centre by `factor`."""
        return Box.centred(*self.centre, self.width * factor, self.height * factor)

    def overlap(self, other: Box) -> float:
        """Return the intersection over union, 0 to 1."""
        w = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        h = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        if w <= 0 or h <= 0:
            return 0.0
        both = w * h
        return both / (self.width * self.height + other.width * other.height - both)


def box_to_frame(box: Box, *, size: tuple[int, int]) -> NDArray[np.float64]:
    """Return the affine from the pixels of `box` resampled to `size` to frame pixels.

    Returns:
        2x3; a crop pixel p lies at A[:, :2] @ p + A[:, 2] in the frame.
    """
    sx, sy = box.width / size[0], box.height / size[1]
    return np.array([[sx, 0.0, box.x + sx / 2], [0.0, sy, box.y + sy / 2]])


def stage_to_input(stride: float) -> NDArray[np.float64]:
    """Return the affine from cells of a map with `stride` to pixels of the network's input.

    A cell covers `stride` pixels, so its centre is at stride * cell + (stride - 1) / 2
    (CPM, released code; docs/facts/conventions.md).
    """
    shift = (stride - 1) / 2
    return np.array([[stride, 0.0, shift], [0.0, stride, shift]])


def compose(outer: NDArray[np.floating], inner: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the 2x3 affine that applies `inner` first and then `outer`."""
    # By hand: matrices as small as these cost numpy many times what their numbers cost.
    (a, b, c), (d, e, f) = outer.tolist()
    (g, h, i), (j, k, m) = inner.tolist()
    return np.array(
        [
            [a * g + b * j, a * h + b * k, a * i + b * m + c],
            [d * g + e * j, d * h + e * k, d * i + e * m + f],
        ]
    )


def invert(affine: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the inverse of a 2x3 affine.

    Raises:
        numpy.linalg.LinAlgError: The affine flattens the plane.
    """
    (a, b, c), (d, e, f) = affine.tolist()
    size = a * e - b * d
    if size == 0:
        msg = "the affine flattens the plane"
        raise np.linalg.LinAlgError(msg)
    a, b, d, e = e / size, -b / size, -d / size, a / size
    return np.array([[a, b, -a * c - b * f], [d, e, -d * c - e * f]])


def apply(affine: NDArray[np.floating], points: NDArray[np.floating]) -> NDArray[np.float64]:
    """Apply a 2x3 affine to `points` (..., 2)."""
    moved: NDArray[np.float64] = points @ affine[:, :2].T + affine[:, 2]
    return moved
