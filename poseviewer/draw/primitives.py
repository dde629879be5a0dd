"""What can be drawn: frozen primitives that a painter needs no policy to paint.

Places are frame pixels (pixel-centred, core/affine.py). Sizes, such as a line's width or a
dot's radius, are design points: a painter multiplies them by the scale it paints at, which is
`Scene.scale` for a file and the screen's own for a window, so that both look right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from poseviewer.draw.colour import CASING, MIDDLE, Colour, mixed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.affine import Box

Point = tuple[float, float]
"""x, y in frame pixels."""

Anchor = Literal["left", "centre", "right"]


@dataclass(frozen=True, slots=True)
class Line:
    """A straight stroke with round ends."""

    start: Point
    end: Point
    colour: Colour
    width: float
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Dot:
    """A disc, or a ring where it has no fill."""

    centre: Point

    radius: float
    """To the middle of the outline, design points."""

    fill: Colour | None
    outline: Colour | None = None
    outline_width: float = 1.0
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Arc:
    """Part of a circle with its sector filled faintly."""

    centre: Point
    radius: float

    start: float
    """Degrees from the x axis, growing towards y, which points down: clockwise on the screen."""

    sweep: float
    """Signed degrees from `start`."""

    colour: Colour
    width: float
    fill_opacity: float = 0.22
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Ellipse:
    """An ellipse whose size is one of the frame."""

    centre: Point

    spread: tuple[float, float, float]
    """xx, xy and yy of the matrix S of the points p about the centre with p' S^-1 p = 1, frame
    pixels squared: a covariance gives the ellipse of one deviation."""

    colour: Colour
    width: float
    fill_opacity: float = 0.0
    opacity: float = 1.0


@dataclass(frozen=True, slots=True)
class Label:
    """One line of text on a dark rounded backing."""

    at: Point
    """Middle of the text's height, at its `anchor`."""

    text: str

    size: float
    """Height of a capital letter, design points; the same in every font."""

    colour: Colour = MIDDLE
    anchor: Anchor = "left"
    """Which end of the backing, padding included, `at` is."""
    backing: float = 0.84
    """Opacity of the backing; 0 for none. Over white it still gives every colour 4.5:1."""


@dataclass(frozen=True, slots=True)
class Outline:
    """An upright rectangle along the edges of a box."""

    box: Box
    colour: Colour
    width: float
    opacity: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class MapLayer:
    """A belief map laid over the frame, more opaque where it is stronger."""

    values: NDArray[np.float32]
    """(h, w)."""

    to_frame: NDArray[np.float64]
    """2x3 affine from cell centres (x, y) to frame pixels."""

    colormap: str
    """Of `draw.colour`."""

    low: float
    """The value drawn as nothing."""

    high: float
    """The value drawn as the end of the colour map."""

    opacity: float
    """Of the strongest belief, 0 to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class FieldLayer:
    """A field of vectors laid over the frame: hue by direction, cover by strength."""

    vectors: NDArray[np.float32]
    """(2, h, w) x and y components, y down."""

    to_frame: NDArray[np.float64]
    """2x3 affine from cell centres (x, y) to frame pixels; upright, so that directions stay."""

    high: float
    """The strength drawn as the strongest."""

    opacity: float
    """Of the strongest, 0 to 1."""


_DASH, _GAP = 7.0, 5.0
"""Of a dashed stroke, design points."""

Item = Line | Dot | Arc | Ellipse | Label | Outline | MapLayer | FieldLayer

LABEL_PADDING = (0.75, 0.6)
"""Of a label's backing beyond its capitals, left and right, above and below; in their height."""

LABEL_ADVANCE = 0.82
"""Mean width of a letter in heights of a capital: enough to lay labels out without a font."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What lies over one frame, bottom first."""

    size: tuple[int, int]
    """Width and height of the frame, pixels."""

    items: tuple[Item, ...]

    scale: float
    """Frame pixels per design point."""


def dashed(
    start: Point, end: Point, *, scale: float, dash: float = _DASH, gap: float = _GAP
) -> list[tuple[Point, Point]]:
    """Pieces of a stroke, as many whole dashes as fit, one at either end.

    Args:
        start: Of the stroke.
        end: Of the stroke.
        scale: Frame pixels per design point.
        dash: Design points of a piece, from end to end.
        gap: Design points between two.
    """
    a, b = np.array(start), np.array(end)
    length = float(np.linalg.norm(b - a)) / scale
    count = max(round((length + gap) / (dash + gap)), 1)
    share = dash / (count * (dash + gap) - gap)
    step = (1 - share) / max(count - 1, 1)
    pieces = []
    for number in range(count):
        at = number * step if count > 1 else 0.0
        upto = at + share if count > 1 else 1.0
        (x0, y0), (x1, y1) = (a + (b - a) * at).tolist(), (a + (b - a) * upto).tolist()
        pieces.append(((x0, y0), (x1, y1)))
    return pieces


def region_items(region: Box) -> list[Item]:
    """Return the outline of what the network was shown."""
    return [
        Outline(region, CASING, 2.6, 0.45),
        Outline(region, mixed(MIDDLE, CASING, 0.1), 1.2, 0.8),
    ]


def design_scale(size: tuple[int, int]) -> float:
    """Frame pixels per design point of a frame of `size`: about 1 at 720p, 3 at 4K, never < 0.6."""
    return max(0.6, float(np.sqrt(size[0] * size[1])) / 960)
