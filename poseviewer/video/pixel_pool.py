"""Picture-sized arrays that are used again once nobody holds them.

A new array of some megabytes costs more in page faults than the colour conversion that
fills it: 313 faults and 0.7 ms a frame at 608 x 1080.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class PixelPool:
    """RGB arrays of one size, handed out as views whose life is watched.

    Every view, and every view of a view, holds a reference to the array that owns the
    memory; while one lives, the array is not handed out again.
    """

    def __init__(self, size: tuple[int, int], *, keep: int = 6) -> None:
        """Make an empty pool.

        Args:
            size: Width and height of the pictures.
            keep: Arrays to watch; when all are held, the longest held is left to its holder.
        """
        self._shape = size[1], size[0], 3
        self._keep = keep
        self._owners: list[NDArray[np.uint8]] = [np.empty((1, 1, 3), np.uint8)]
        # What the count is for an array that only the pool holds differs among Pythons.
        self._unheld = self._references(0)
        self._owners.clear()

    def copy(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """A copy of `pixels` (H, W, 3) that nobody else writes to while it is held."""
        view = self._free().view()
        np.copyto(view, pixels)
        return view

    def _free(self) -> NDArray[np.uint8]:
        for place in range(len(self._owners)):
            if self._references(place) == self._unheld:
                owner = self._owners.pop(place)
                self._owners.append(owner)
                return owner
        owner = np.empty(self._shape, np.uint8)
        if len(self._owners) >= self._keep:
            self._owners.pop(0)
        self._owners.append(owner)
        return owner

    def _references(self, place: int) -> int:
        return sys.getrefcount(self._owners[place])
