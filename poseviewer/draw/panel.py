"""A part of a composed picture, and the colours of its ground and letters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from poseviewer.draw.colour import Colour

CANVAS: Colour = (20, 22, 26)
GROUND: Colour = (27, 30, 36)
"""Of a plot."""
INK: Colour = (232, 235, 240)
MUTED: Colour = (165, 172, 184)


@dataclass(frozen=True, slots=True)
class Panel:
    """An upright part of the picture, whole pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Rows and columns of an array of the picture."""
        return slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)
