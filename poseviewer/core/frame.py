"""A picture at a moment: exact time and pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from fractions import Fraction

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Timestamp:
    """An exact moment on a source's own clock."""

    pts: int
    """Presentation time in units of `time_base`."""

    time_base: Fraction
    """Seconds per unit."""

    @property
    def seconds(self) -> float:
        """The moment in seconds; for display only, never for comparison."""
        return float(self.pts * self.time_base)

    @property
    def exact(self) -> Fraction:
        """The moment in seconds, exactly."""
        return self.pts * self.time_base


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture of a source, upright, and when it belongs."""

    pixels: NDArray[np.uint8]
    """H x W x 3, RGB, read-only."""

    index: int
    """0-based number of the frame in its source; for a live source, frames since it opened."""

    time: Timestamp
    """The container's time for a file, time since opening for a live source."""

    def __post_init__(self) -> None:
        """Check the pixels and make them read-only.

        Raises:
            ValueError: `pixels` is not H x W x 3 of uint8.
        """
        if self.pixels.ndim != 3 or self.pixels.shape[2] != 3 or self.pixels.dtype != np.uint8:
            msg = f"pixels must be H x W x 3 uint8, got {self.pixels.shape} {self.pixels.dtype}"
            raise ValueError(msg)
        self.pixels.flags.writeable = False

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.pixels.shape[1], self.pixels.shape[0]
