"""Two pictures beside each other, each with its name above."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.composite import LARGEST
from poseviewer.draw.captions import INK, shortened
from poseviewer.draw.panel import CANVAS
from poseviewer.draw.primitives import Label, Scene, design_scale
from poseviewer.draw.raster import paint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Size = tuple[int, int]

_GAP = 0.012
"""Of the height: what is left free around and between the halves."""

_NAME = 11.0
"""Height of capitals of a name, design points."""

_HEAD = 30.0
"""Design points above the halves, for their names."""


@dataclass(frozen=True, slots=True)
class Halves:
    """Where two pictures lie in one; both are as high, and keep their shapes."""

    size: Size
    """Width and height of the whole, even."""

    areas: tuple[tuple[int, int, int, int], tuple[int, int, int, int]]
    """Left, top, width and height of each."""

    @classmethod
    def of(cls, first: Size, second: Size, *, room: Size | None = None) -> Halves:
        """Lay two pictures out.

        Args:
            first: Width and height of the left one.
            second: Of the right one.
            room: What the whole is fitted into; where None both keep the height of the higher one,
                as far as a video may be as wide.
        """
        shapes = first[0] / first[1], second[0] / second[1]
        limits = room or (LARGEST, LARGEST)
        most = max(limits) if room is not None else max(first[1], second[1])
        # Names and gaps grow with the height, so the largest one that fits is looked for.
        low, high = 1, max(1, most // 2)
        while low < high:
            middle = (low + high + 1) // 2
            size = cls._laid(shapes, 2 * middle).size
            if size[0] <= limits[0] and size[1] <= limits[1]:
                low = middle
            else:
                high = middle - 1
        return cls._laid(shapes, 2 * low)

    @classmethod
    def _laid(cls, shapes: tuple[float, float], height: int) -> Halves:
        gap, head = _edges((round(height * sum(shapes)), height))
        widths = [max(2, round(height * shape / 2) * 2) for shape in shapes]
        right = gap + widths[0] + gap
        areas = (gap, head, widths[0], height), (right, head, widths[1], height)
        return cls((right + widths[1] + gap, head + height + gap), areas)

    @classmethod
    def within(cls, size: Size) -> Halves:
        """Lay two pictures of one size out, which fill a picture of `size`."""
        gap, head = _edges(size)
        width = (size[0] - 3 * gap) // 4 * 2
        height = (size[1] - head - gap) // 2 * 2
        return cls(size, ((gap, head, width, height), (gap + width + gap, head, width, height)))

    def compose(
        self,
        pictures: tuple[NDArray[np.uint8], NDArray[np.uint8]],
        names: Sequence[str],
        *,
        letters: float = 1.0,
    ) -> NDArray[np.uint8]:
        """Put two pictures beside each other.

        Args:
            pictures: Each at most as large as its area, in whose middle it is put.
            names: What is written above each.
            letters: How many times as large as usual.

        Returns:
            A new array (height, width, 3).
        """
        made = np.empty((self.size[1], self.size[0], 3), np.uint8)
        made[:] = CANVAS
        scale = design_scale(self.size)
        labels: list[Label] = []
        for pixels, area, name in zip(pictures, self.areas, names, strict=True):
            height, width = pixels.shape[:2]
            x, y = area[0] + (area[2] - width) // 2, area[1] + (area[3] - height) // 2
            made[y : y + height, x : x + width] = pixels
            text = shortened(name, area[2], size=_NAME * letters, scale=scale)
            middle = area[0] + area[2] / 2, area[1] / 2
            labels.append(Label(middle, text, _NAME * letters, INK, "centre", 0.0))
        paint(Scene(self.size, tuple(labels), scale), made)
        return made


def _edges(size: Size) -> tuple[int, int]:
    """Pixels of a gap, and above the halves."""
    return max(2, round(_GAP * size[1] / 2) * 2), round(_HEAD * design_scale(size) / 2) * 2
