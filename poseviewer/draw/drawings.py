"""What a person draws on a clip, as primitives: line, angle, text, stopwatch, known length."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import atan2, cos, degrees, dist, hypot, radians, sin
from typing import TYPE_CHECKING

from poseviewer.draw.arcs import degrees_text
from poseviewer.draw.colour import CASING, DRAWING, MIDDLE
from poseviewer.draw.primitives import (
    LABEL_ADVANCE,
    LABEL_PADDING,
    Arc,
    Dot,
    Label,
    Line,
    dashed,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.core.annotation import Calibration, Drawing, ShownDrawings
    from poseviewer.draw.primitives import Item, Point

_STROKE, _CASING, _END = 2.2, 1.8, 2.4
_RADIUS = 30.0
_TEXT, _WATCH = 9.5, 11.0
"""Heights of capitals."""

_GAP = 6.0
"""Design points between a stroke and what is written beside it."""

_HEIGHT = 1 + 2 * LABEL_PADDING[1]
"""Of a line of text with its backing, in capitals."""


def drawing_items(
    shown: ShownDrawings, *, frame: int, size: tuple[int, int], scale: float
) -> list[Item]:
    """All drawings of a frame, strokes beneath texts.

    Args:
        shown: The drawings of the clip.
        frame: Number of the frame.
        size: Of the frame, so that measures stay inside.
        scale: Frame pixels per design point.
    """
    items: list[Item] = []
    if shown.calibration is not None:
        items += _known_length(shown.calibration, size=size, scale=scale)
    for one in shown.at(frame):
        if one.kind == "line":
            items += _line(one, shown.metres_per_pixel, size=size, scale=scale)
        elif one.kind == "angle":
            items += _angle(one, size=size, scale=scale)
        elif one.kind == "text":
            items += _lines(one, one.text.splitlines() or ["…"], size=_TEXT, scale=scale)
        else:
            stopped = one.stop is not None and frame >= one.stop
            text = _named(one, seconds_text(shown.seconds(one, frame)))
            (label,) = _lines(one, [text], size=_WATCH, scale=scale)
            items.append(replace(label, colour=MIDDLE if stopped else DRAWING))
    return [one for one in items if not isinstance(one, Label)] + [
        one for one in items if isinstance(one, Label)
    ]


def length_text(pixels: float, metres_per_pixel: float | None) -> str:
    """A length in pixels or, where the size of a pixel is known, in centimetres or metres."""
    if metres_per_pixel is None:
        return f"{pixels:.0f} px"
    metres = pixels * metres_per_pixel
    return f"{metres:.2f} m" if metres >= 1 else f"{100 * metres:.1f} cm"


def seconds_text(seconds: float) -> str:
    """A duration in hundredths of a second, with minutes where there are some."""
    minutes, rest = divmod(round(100 * seconds), 6000)
    return f"{minutes}:{rest / 100:05.2f}" if minutes else f"{rest / 100:.2f} s"


def inner_angle(points: Sequence[Point]) -> tuple[float, float]:
    """Where the angle of three points begins and how far it runs, the shorter way round.

    Returns:
        Degrees from the x axis towards y (down), and the signed sweep, -180 to 180.
    """
    (ax, ay), (x, y), (bx, by) = points
    start, end = (degrees(atan2(v - y, u - x)) for u, v in ((ax, ay), (bx, by)))
    return start, (end - start + 180) % 360 - 180


def hit(drawing: Drawing, place: Point, *, reach: float, scale: float) -> int | None:
    """What of a drawing lies at a place.

    Args:
        drawing: It.
        place: Frame pixels.
        reach: How near is near enough, frame pixels.
        scale: Frame pixels per design point.

    Returns:
        The number of the point, or -1 for the drawing as a whole; None for nothing.
    """
    away = [dist(place, point) for point in drawing.points]
    if drawing.kind in ("line", "angle"):
        near = min(range(len(away)), key=away.__getitem__)
        if away[near] <= reach:
            return near
        strokes = (_from_stroke(place, *each) for each in pairwise(drawing.points))
        return -1 if min(strokes) <= reach else None
    lines = (drawing.text.splitlines() or ["…"]) if drawing.kind == "text" else []
    capital = (_TEXT if drawing.kind == "text" else _WATCH) * scale
    letters = max(map(len, lines)) if lines else len(_named(drawing, "00.00 s"))
    wide = (letters * LABEL_ADVANCE + 2 * LABEL_PADDING[0]) * capital
    tall = max(len(lines), 1) * _HEIGHT * capital
    (left, top), (x, y) = drawing.points[0], place
    inside = -reach <= x - left <= wide + reach and -reach <= y - top <= tall + reach
    return -1 if inside else None


def _from_stroke(place: Point, start: Point, end: Point) -> float:
    """How far a place is from a stroke."""
    (x, y), (ax, ay), (bx, by) = place, start, end
    length = hypot(bx - ax, by - ay)
    if length == 0:
        return dist(place, start)
    share = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length**2
    share = min(max(share, 0.0), 1.0)
    return dist(place, (ax + share * (bx - ax), ay + share * (by - ay)))


def _named(one: Drawing, measure: str) -> str:
    name = " ".join(one.text.split())
    return f"{name} {measure}" if name else measure


def _strokes(points: Sequence[Point]) -> list[Item]:
    """Points joined by a stroke, each with a dot."""
    ends = list(pairwise(points))
    return [
        *(Line(a, b, CASING, _STROKE + _CASING) for a, b in ends),
        *(Line(a, b, DRAWING, _STROKE) for a, b in ends),
        *(Dot(each, _END, DRAWING, CASING, 0.9) for each in points),
    ]


def _line(
    one: Drawing, metres_per_pixel: float | None, *, size: tuple[int, int], scale: float
) -> list[Item]:
    text = _named(one, length_text(dist(*one.points), metres_per_pixel))
    return [*_strokes(one.points), _beside(one.points, text, size=size, scale=scale)]


def _known_length(known: Calibration, *, size: tuple[int, int], scale: float) -> list[Item]:
    ends = known.a, known.b
    pieces = dashed(*ends, scale=scale)
    text = f"known: {length_text(1.0, known.metres)}"
    return [
        *(Line(a, b, CASING, _STROKE + _CASING) for a, b in pieces),
        *(Line(a, b, MIDDLE, _STROKE) for a, b in pieces),
        *(Dot(each, _END, MIDDLE, CASING, 0.9) for each in ends),
        replace(_beside(ends, text, size=size, scale=scale), colour=MIDDLE),
    ]


def _beside(ends: Sequence[Point], text: str, *, size: tuple[int, int], scale: float) -> Label:
    """A text beside the middle of a stroke, above it or to its right."""
    (ax, ay), (bx, by) = ends
    length = hypot(bx - ax, by - ay) or 1.0
    across = (by - ay) / length, -(bx - ax) / length
    # Of both sides the upper one; of a stroke that stands upright the right one.
    if across[1] > 0.1 or (across[1] >= -0.1 and across[0] < 0):
        across = -across[0], -across[1]
    return _label_from(((ax + bx) / 2, (ay + by) / 2), across, _GAP, text, size=size, scale=scale)


def _angle(one: Drawing, *, size: tuple[int, int], scale: float) -> list[Item]:
    vertex = one.points[1]
    start, sweep = inner_angle(one.points)
    shortest = min(dist(vertex, one.points[0]), dist(vertex, one.points[2])) / scale
    radius = min(_RADIUS, 0.6 * shortest)
    middle = radians(start + sweep / 2)
    label = _label_from(
        vertex, (cos(middle), sin(middle)), radius + _GAP, _named(one, degrees_text(abs(sweep))),
        size=size, scale=scale,
    )  # fmt: skip
    arc = [Arc(vertex, radius, start, sweep, DRAWING, 1.8)] if radius >= 4 else []
    return [*arc, *_strokes(one.points), label]


def _label_from(
    place: Point,
    way: tuple[float, float],
    gap: float,
    text: str,
    *,
    size: tuple[int, int],
    scale: float,
) -> Label:
    """A text that begins `gap` design points from a place into a direction, inside the frame."""
    half = (
        (len(text) * LABEL_ADVANCE / 2 + LABEL_PADDING[0]) * _TEXT * scale,
        _HEIGHT / 2 * _TEXT * scale,
    )
    away = gap * scale + abs(way[0]) * half[0] + abs(way[1]) * half[1]
    x, y = (
        min(max(place[axis] + away * way[axis], half[axis]), size[axis] - 1 - half[axis])
        for axis in (0, 1)
    )
    return Label((x, y), text, _TEXT, DRAWING, "centre")


def _lines(one: Drawing, lines: Sequence[str], *, size: float, scale: float) -> list[Label]:
    (left, top), step = one.points[0], size * _HEIGHT * scale
    return [
        Label((left, top + (row + 0.5) * step), line, size, DRAWING)
        for row, line in enumerate(lines)
    ]
