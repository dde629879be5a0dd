"""The painter of files: a scene painted on an RGB array with OpenCV."""

from __future__ import annotations

from functools import cache, lru_cache
from math import ceil, cos, floor, hypot, radians, sin
from threading import Lock
from typing import TYPE_CHECKING

import cv2
import numpy as np

from poseviewer.core.uncertainty import half_axes
from poseviewer.draw.colour import CASING
from poseviewer.draw.primitives import (
    LABEL_PADDING,
    Arc,
    Dot,
    Ellipse,
    FieldLayer,
    Label,
    Line,
    MapLayer,
    Outline,
)
from poseviewer.draw.raster_layers import paint_field, paint_map

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from poseviewer.draw.primitives import Item, Scene

# Sub-pixel bits of OpenCV's drawing functions.
_SHIFT = 4
_ONE = 1 << _SHIFT
_FAR = float(1 << 20)
"""Pixels beyond which OpenCV's fixed-point numbers overflow."""
# OpenCV's antialiased fill reaches beyond its outline by this much, measured.
_BLEED = 0.72
_DISC_BLEED = 0.45
# Below this radius OpenCV's discs are squares on a corner; of so many points they are round.
_TINY, _TINY_STEPS = 3.0, 17
_TINY_BLEED = 0.6
# Capitals of OpenCV's own font per unit of its size.
_CAPITAL = 0.77
_WEIGHT = 560
_SMALL = 10
# The rounded corners of a label: points of a circle, and which corner each belongs to.
_TURN = np.radians(np.arange(7.5, 360, 15))
_CORNERS = np.column_stack([np.cos(_TURN), np.sin(_TURN)])
_CORNER_SIGNS = np.sign(_CORNERS)
# OpenCV caches glyphs in its font objects and releases Python's lock while it draws.
_FONT_LOCK = Lock()


def paint(scene: Scene, pixels: NDArray[np.uint8], *, scale: float | None = None) -> None:
    """Paint `scene` on `pixels` in place.

    Args:
        scene: What to paint.
        pixels: H x W x 3 RGB of the scene's size, contiguous and writeable.
        scale: Frame pixels per design point, the scene's own where None.

    Raises:
        ValueError: `pixels` is of another shape, or cannot be written.
    """
    width, height = scene.size
    if pixels.shape != (height, width, 3) or pixels.dtype != np.uint8:
        msg = f"pixels must be {height} x {width} x 3 uint8, got {pixels.shape} {pixels.dtype}"
        raise ValueError(msg)
    if not (pixels.flags.writeable and pixels.flags.c_contiguous):
        msg = "pixels must be writeable and contiguous: paint on a copy of a published frame"
        raise ValueError(msg)
    chosen = scene.scale if scale is None else scale
    for item in scene.items:
        _paint_item(item, pixels, chosen)


def _paint_item(item: Item, pixels: NDArray[np.uint8], scale: float) -> None:
    match item:
        case Line():
            _line(item, pixels, scale)
        case Dot():
            _dot(item, pixels, scale)
        case Arc():
            _arc(item, pixels, scale)
        case Ellipse():
            _ellipse(item, pixels, scale)
        case Label():
            _label(item, pixels, scale)
        case Outline():
            _outline(item, pixels, scale)
        case MapLayer():
            paint_map(item, pixels)
        case FieldLayer():
            paint_field(item, pixels)


def _blend(
    pixels: NDArray[np.uint8],
    bounds: tuple[float, float, float, float],
    opacity: float,
    draw: Callable[[NDArray[np.uint8], float, float], None],
) -> None:
    """Let `draw` paint on a copy of the part within `bounds`, mixed back at `opacity`.

    Args:
        pixels: The frame.
        bounds: Left, top, right, bottom of what will be touched, frame pixels.
        opacity: 1 paints on the frame itself.
        draw: Called with an array and what to subtract from x and y to paint on it.
    """
    if opacity >= 1:
        draw(pixels, 0.0, 0.0)
        return
    height, width = pixels.shape[:2]
    left, top = max(floor(bounds[0]) - 2, 0), max(floor(bounds[1]) - 2, 0)
    right, bottom = min(ceil(bounds[2]) + 3, width), min(ceil(bounds[3]) + 3, height)
    if left >= right or top >= bottom:
        return
    part = pixels[top:bottom, left:right]
    copy = part.copy()
    draw(copy, float(left), float(top))
    cv2.addWeighted(copy, opacity, part, 1 - opacity, 0, dst=part)


def _fixed(points: NDArray[np.float64]) -> NDArray[np.int32]:
    """Points in OpenCV's fixed-point pixels; far ones are clipped to its range."""
    # Not `clip`: it takes longer than all else for the few points of a stroke.
    fixed = np.minimum(np.maximum(points, -_FAR), _FAR)
    fixed *= _ONE
    return np.rint(fixed, out=fixed).astype(np.int32)


def _disc(
    pixels: NDArray[np.uint8], x: float, y: float, radius: float, colour: tuple[int, int, int]
) -> None:
    if abs(x) < _FAR and abs(y) < _FAR:
        if radius < _TINY:
            reach = max(radius - _TINY_BLEED, 0.1)
            around = reach * _unit_bow((0.0, 360.0), _TINY_STEPS) + (x, y)
            cv2.fillConvexPoly(pixels, _fixed(around), colour, cv2.LINE_AA, _SHIFT)
            return
        size = max(round((radius - _DISC_BLEED) * _ONE), 1)
        centre = (round(x * _ONE), round(y * _ONE))
        cv2.circle(pixels, centre, size, colour, -1, cv2.LINE_AA, _SHIFT)


def _line(item: Line, pixels: NDArray[np.uint8], scale: float) -> None:
    (ax, ay), (bx, by) = item.start, item.end
    radius = max(item.width * scale, 1.0) / 2
    length = hypot(bx - ax, by - ay)
    if length < 1e-6:
        return
    reach = max(radius - _BLEED, 0.0) / length
    nx, ny = -(by - ay) * reach, (bx - ax) * reach
    corners = np.array(
        ((ax + nx, ay + ny), (bx + nx, by + ny), (bx - nx, by - ny), (ax - nx, ay - ny))
    )

    def draw(on: NDArray[np.uint8], dx: float, dy: float) -> None:
        cv2.fillConvexPoly(on, _fixed(corners - (dx, dy)), item.colour, cv2.LINE_AA, _SHIFT)
        if radius > 1:
            _disc(on, ax - dx, ay - dy, radius, item.colour)
            _disc(on, bx - dx, by - dy, radius, item.colour)

    box = (
        min(ax, bx) - radius,
        min(ay, by) - radius,
        max(ax, bx) + radius,
        max(ay, by) + radius,
    )
    _blend(pixels, box, item.opacity, draw)


def _dot(item: Dot, pixels: NDArray[np.uint8], scale: float) -> None:
    x, y = item.centre
    radius = item.radius * scale
    pen = max(item.outline_width * scale, 1.0) if item.outline is not None else 0.0

    def draw(on: NDArray[np.uint8], dx: float, dy: float) -> None:
        if item.fill is None:
            if item.outline is not None:
                band = _band(x - dx, y - dy, radius, pen, turn=(0.0, 360.0))
                cv2.fillPoly(on, band, item.outline, cv2.LINE_AA, _SHIFT)
            return
        if item.outline is not None:
            _disc(on, x - dx, y - dy, radius + pen / 2, item.outline)
        if item.fill is not None:
            _disc(on, x - dx, y - dy, radius - pen / 2, item.fill)

    reach = radius + pen
    _blend(pixels, (x - reach, y - reach, x + reach, y + reach), item.opacity, draw)


def _band(
    x: float, y: float, radius: float, pen: float, *, turn: tuple[float, float]
) -> list[NDArray[np.int32]]:
    """The outline of a stroke along part of a circle, or both outlines of a whole one.

    OpenCV strokes curves in whole pixels, and a pixel too wide; a filled band keeps the width.
    """
    half = max(pen / 2 - _BLEED, 0.0)
    outer, inner = (_bow(x, y, radius + reach, turn=turn) for reach in (half, -half))
    if abs(turn[1] - turn[0]) >= 360:
        return [_fixed(outer), _fixed(inner)]
    return [_fixed(np.vstack([outer, inner[::-1]]))]


def _bow(x: float, y: float, radius: float, *, turn: tuple[float, float]) -> NDArray[np.float64]:
    """Points along part of a circle, so close that no corners are visible."""
    steps = max(3, int(abs(turn[1] - turn[0]) / 360 * max(24.0, 2 * radius)) + 2)
    return radius * _unit_bow(turn, steps) + (x, y)


@lru_cache(maxsize=256)
def _unit_bow(turn: tuple[float, float], steps: int) -> NDArray[np.float64]:
    """Points along part of the circle of radius 1, which most rings of a picture share."""
    angle = np.radians(np.linspace(*turn, steps))
    points = np.column_stack([np.cos(angle), np.sin(angle)])
    points.flags.writeable = False
    return points


def _arc(item: Arc, pixels: NDArray[np.uint8], scale: float) -> None:
    x, y = item.centre
    radius = item.radius * scale
    turn = (item.start, item.start + item.sweep)
    pen = max(item.width * scale, 1.0)

    def fill(on: NDArray[np.uint8], dx: float, dy: float) -> None:
        sector = np.vstack([_bow(x, y, radius - _BLEED, turn=turn), [(x, y)]]) - (dx, dy)
        cv2.fillPoly(on, [_fixed(sector)], item.colour, cv2.LINE_AA, _SHIFT)

    def stroke(on: NDArray[np.uint8], dx: float, dy: float) -> None:
        band = _band(x - dx, y - dy, radius, pen, turn=turn)
        cv2.fillPoly(on, band, item.colour, cv2.LINE_AA, _SHIFT)

    reach = radius + pen
    box = (x - reach, y - reach, x + reach, y + reach)
    if item.fill_opacity > 0:
        _blend(pixels, box, item.fill_opacity * item.opacity, fill)
    _blend(pixels, box, item.opacity, stroke)


def _ellipse(item: Ellipse, pixels: NDArray[np.uint8], scale: float) -> None:
    x, y = item.centre
    long, short, turn = half_axes(item.spread)
    pen = max(item.width * scale, 1.0)
    sine, cosine = sin(radians(turn)), cos(radians(turn))
    rotation = np.array([[cosine, sine], [-sine, cosine]])
    steps = max(24, int(2 * long)) + 2

    def rim(beyond: float) -> NDArray[np.float64]:
        sizes = max(long + beyond, 0.0), max(short + beyond, 0.0)
        points: NDArray[np.float64] = (_unit_bow((0.0, 360.0), steps) * sizes) @ rotation + (x, y)
        return points

    def fill(on: NDArray[np.uint8], dx: float, dy: float) -> None:
        cv2.fillPoly(on, [_fixed(rim(-_BLEED) - (dx, dy))], item.colour, cv2.LINE_AA, _SHIFT)

    def stroke(on: NDArray[np.uint8], dx: float, dy: float) -> None:
        half = max(pen / 2 - _BLEED, 0.0)
        band = [_fixed(rim(beyond) - (dx, dy)) for beyond in (half, -half)]
        cv2.fillPoly(on, band, item.colour, cv2.LINE_AA, _SHIFT)

    reach = long + pen
    box = (x - reach, y - reach, x + reach, y + reach)
    if item.fill_opacity > 0:
        _blend(pixels, box, item.fill_opacity * item.opacity, fill)
    _blend(pixels, box, item.opacity, stroke)


@cache
def _font() -> cv2.FontFace:
    return cv2.FontFace("sans")


def text_width(text: str, *, size: float) -> float:
    """Pixels a text takes whose capitals are `size` pixels high."""
    return _text_width(text, _em(size))


@lru_cache(maxsize=1024)
def _text_width(text: str, em: int) -> float:
    with _FONT_LOCK:
        text = _spaced(text, em)
        box = cv2.getTextSize((1 << 15, 1 << 15), text, (0, 0), _font(), em, _WEIGHT)
    return float(box[2])


def _spaced(text: str, em: int) -> str:
    """The text as it is written: OpenCV's spaces nearly vanish between small letters."""
    return text.replace(" ", "  ") if em < _SMALL else text


def _em(size: float) -> int:
    return max(round(size / _CAPITAL), 6)


def _label(item: Label, pixels: NDArray[np.uint8], scale: float) -> None:
    size = _em(item.size * scale) * _CAPITAL
    width = text_width(item.text, size=size)
    pad_x, pad_y = LABEL_PADDING[0] * size, LABEL_PADDING[1] * size
    whole = width + 2 * pad_x
    left = item.at[0] - {"left": 0.0, "centre": whole / 2, "right": whole}[item.anchor]
    top, bottom = item.at[1] - size / 2 - pad_y, item.at[1] + size / 2 + pad_y

    radius = min(pad_x, (bottom - top) / 2)
    middle = left + whole / 2, item.at[1]
    half = whole / 2 - radius, (bottom - top) / 2 - radius

    def back(on: NDArray[np.uint8], dx: float, dy: float) -> None:
        rounded = middle + _CORNER_SIGNS * half + _CORNERS * radius - (dx, dy)
        cv2.fillConvexPoly(on, _fixed(rounded), CASING, cv2.LINE_AA, _SHIFT)

    if item.backing > 0:
        _blend(pixels, (left, top, left + whole, bottom), item.backing, back)
    origin = (round(left + pad_x), round(item.at[1] + size / 2))
    em = _em(size)
    with _FONT_LOCK:
        cv2.putText(pixels, _spaced(item.text, em), origin, item.colour, _font(), em, _WEIGHT)


def _outline(item: Outline, pixels: NDArray[np.uint8], scale: float) -> None:
    box = item.box
    radius = max(item.width * scale, 1.0) / 2
    x0, y0, x1, y1 = box.x, box.y, box.x + box.width, box.y + box.height
    # Each side by itself: blending the whole rectangle would copy all that it encloses. The
    # upright ones are shorter, so that no corner is painted twice.
    sides = (
        (x0 - radius, y0 - radius, x1 + radius, y0 + radius),
        (x0 - radius, y1 - radius, x1 + radius, y1 + radius),
        (x0 - radius, y0 + radius, x0 + radius, y1 - radius),
        (x1 - radius, y0 + radius, x1 + radius, y1 - radius),
    )
    for bounds in sides:
        _bar(item, pixels, bounds)


def _bar(
    item: Outline, pixels: NDArray[np.uint8], bounds: tuple[float, float, float, float]
) -> None:
    left, top, right, bottom = bounds
    bleed = min(_BLEED, (right - left) / 2, (bottom - top) / 2)
    xs, ys = (left + bleed, right - bleed), (top + bleed, bottom - bleed)
    corners = np.array([(xs[0], ys[0]), (xs[1], ys[0]), (xs[1], ys[1]), (xs[0], ys[1])])

    def draw(on: NDArray[np.uint8], dx: float, dy: float) -> None:
        cv2.fillConvexPoly(on, _fixed(corners - (dx, dy)), item.colour, cv2.LINE_AA, _SHIFT)

    _blend(pixels, bounds, item.opacity, draw)
