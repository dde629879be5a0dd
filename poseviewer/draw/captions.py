"""Texts on the picture of a file: title, time, figures, legend, and the names of halves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from poseviewer.core.pose import Visibility
from poseviewer.core.stage import grouped
from poseviewer.draw.colour import MIDDLE, Colour
from poseviewer.draw.primitives import LABEL_ADVANCE, LABEL_PADDING, Label

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.core.look import DisplayState
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageSpec

Area = tuple[float, float, float, float]
"""Left, top, width and height of a part of a picture, pixels."""

Corner = Literal["top left", "top right", "bottom left", "bottom right"]

_TITLE = 25.0
_TEXT = 9.5
"""Heights of capitals, design points."""

_LINE = 1 + 2 * LABEL_PADDING[1]
"""Height of a line with its backing, in capitals."""

_INSET = 12.0
"""Design points from the edge of the picture."""

_TALLEST = 0.055
"""Share of the height that a capital of a title may take."""

_WIDEST = 0.92
"""Share of the width that a text may take."""

INK: Colour = (242, 244, 246)


def clock(seconds: float) -> str:
    """A moment as h:mm:ss.mmm, hours only where there are some."""
    thousandths = round(abs(seconds) * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    hours, minutes = divmod(minutes, 60)
    sign = "-" if seconds < 0 and thousandths else ""
    tail = f"{rest // 1000:02d}.{rest % 1000:03d}"
    return f"{sign}{hours}:{minutes:02d}:{tail}" if hours else f"{sign}{minutes}:{tail}"


def title_items(text: str, *, area: Area, scale: float, letters: float = 1.0) -> list[Label]:
    """A title in the lower third, on as many lines as it needs.

    Args:
        text: The title.
        area: The part of the picture that it lies on.
        scale: Pixels per design point.
        letters: How many times as large as usual.
    """
    left, top, width, height = area
    size = min(_TITLE, _TALLEST * height / scale) * letters
    # A picture too low for a title of the usual size gets a smaller one.
    while size > _TEXT and len(lines := wrapped(text, _room(width, size, scale))) > 1:
        if len(lines) * size * _LINE * scale <= height / 4:
            break
        size *= 0.9
    lines = wrapped(text, _room(width, size, scale))
    step = size * _LINE * scale
    base = top + height * 0.88 - step * (len(lines) - 0.5)
    return [
        Label((left + width / 2, base + step * row), line, size, MIDDLE, "centre", 0.72)
        for row, line in enumerate(lines)
    ]


def corner_items(
    lines: Sequence[str],
    *,
    corner: Corner,
    area: Area,
    scale: float,
    letters: float = 1.0,
) -> list[Label]:
    """Lines of text in a corner.

    Args:
        lines: The texts, top first; one that is too long for the picture is shortened.
        corner: Which.
        area: The part of the picture whose corner it is.
        scale: Pixels per design point.
        letters: How many times as large as usual.
    """
    left, top, width, height = area
    size, inset = _TEXT * letters, _INSET * scale
    step = size * _LINE * scale
    right, bottom = corner.endswith("right"), corner.startswith("bottom")
    x = left + width - inset if right else left + inset
    y = top + height - inset - step * (len(lines) - 0.5) if bottom else top + inset + step / 2
    lines = [shortened(line, width, size=size, scale=scale) for line in lines]
    return [
        Label((x, y + step * row), line, size, INK, "right" if right else "left")
        for row, line in enumerate(lines)
    ]


def legend_lines(
    look: DisplayState, result: FrameResult | None, stages: Sequence[StageSpec]
) -> list[str]:
    """What is drawn on the frame, a line each.

    Args:
        look: How it is drawn.
        result: What is drawn; None for nothing.
        stages: Of the network.
    """
    if result is None:
        return []
    lines = [f"map: {name}" for name in (map_name(look, result),) if name]
    if look.skeleton and result.smoothed is not None:
        lines.append("skeleton: smoothed")
    if look.skeleton and look.ghost is not None:
        lines += [f"ghost: {one.title}" for one in grouped(stages) if one.last == look.ghost]
    if look.skeleton and result.shown.are(Visibility.OCCLUDED).any():
        lines.append("dashed limbs: hidden")
    if look.skeleton and look.corrections and result.poses.marks().any():
        lines.append("yellow rings: corrected by hand")
    if look.truth and result.truth is not None:
        lines.append("dashed: ground truth")
    if look.uncertainty and result.poses.covariance is not None:
        lines.append("ellipses: 68 and 95 % of the belief")
    if look.region_outline and result.detections is not None:
        lines.append("boxes: people found by the detector; dashed: refused")
    return lines


def map_name(look: DisplayState, result: FrameResult) -> str:
    """The map on the frame, such as `r knee, stack 2`; empty for none."""
    output = None if look.overlay_stage is None else result.stage(look.overlay_stage)
    if output is None:
        return ""
    # Here, not at the top: the first paint of the window needs none of the kinds.
    from poseviewer.draw.kinds import painter_of

    return painter_of(output.spec.kind).caption(output.spec, look.overlay_channel)


def wrapped(text: str, room: int) -> list[str]:
    """Break a text into lines of at most `room` letters, between words where there are some."""
    lines = [""]
    for word in text.split():
        rest = word
        if lines[-1] and len(lines[-1]) + 1 + len(rest) <= room:
            lines[-1] += f" {rest}"
            continue
        if lines[-1]:
            lines.append("")
        while len(rest) > room:
            lines[-1], rest = rest[:room], rest[room:]
            lines.append("")
        lines[-1] = rest
    return lines


def shortened(text: str, width: float, *, size: float, scale: float) -> str:
    """A text that finds room in a width, with an ellipsis where it was too long.

    Args:
        text: The text.
        width: Pixels.
        size: Height of its capitals, design points.
        scale: Pixels per design point.
    """
    room = _room(width, size, scale)
    return text if len(text) <= room else f"{text[: room - 1]}…"


def _room(width: float, size: float, scale: float) -> int:
    """How many letters of a size find room in a width."""
    letters = _WIDEST * width / (size * scale) - 2 * LABEL_PADDING[0]
    return max(4, int(letters / LABEL_ADVANCE))
