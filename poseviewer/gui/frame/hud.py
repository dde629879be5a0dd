"""The texts in the corners of the frame: source, time, speed, recording, overlays."""

from __future__ import annotations

from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen

from poseviewer.draw import captions
from poseviewer.draw.captions import clock
from poseviewer.gui import theme
from poseviewer.gui.transport.reach import behind_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from poseviewer.runtime.state import AppState, ModelInfo

Side = Literal["left", "right"]

_DOT = "\N{BLACK CIRCLE}"
"""Begins the line that says that a recording runs; that line is red."""

INKS = ("#f2f4f6", "#c9d0d8", "#ff7b72")
"""Of the first line, of the others, and of a recording."""

_PAD = 10.0
_STEP = 1.08
"""From line to line, as a multiple of their height."""
_INSET = 12.0
_MOST, _LEAST_LINES = 0.1, 2
"""Share of the view that a panel covers at most; so many lines it has all the same."""


def joint_title(joint: str) -> str:
    """A joint's short name, such as `r knee`."""
    return joint.replace("right_", "r ").replace("left_", "l ").replace("_", " ")


def hud_lines(state: AppState) -> list[str]:
    """The lines of the panel in the top left corner."""
    source = state.source
    if source is None:
        return []
    width, height = source.size
    first = [source.name, f"{width}×{height}"]  # noqa: RUF001 - the sign for sizes
    if source.live and state.stats.source_rate:
        # What comes, not what was promised.
        first.append(f"{state.stats.source_rate:.1f} fps")
    elif source.rate:
        first.append(f"{source.rate:.4g} fps")
    lines = ["   ".join(first)]
    shown = state.frame or (state.result.frame if state.result else None)
    if shown is not None:
        back = f"   frozen {behind_text(state.past, shown.index)}" if state.past else ""
        lines.append(f"frame {shown.index}   {clock(_seconds(state, shown.index))}{back}")
    if state.loaded is not None:
        lines += _work_lines(state, state.loaded)
    if state.busy:
        lines.append(state.busy)
    elif state.loaded is None:
        lines.append("No network is loaded")
    elif state.waiting:
        lines.append("Analysing…")
    return lines


def _work_lines(state: AppState, model: ModelInfo) -> list[str]:
    """The lines about speed; figures only of what is on screen."""
    stats, (_, result) = state.stats, state.shown
    verb = "analysing " if state.live else ""
    rate = f"{verb}{stats.inference_rate:.1f} fps" if stats.inference_rate else ""
    network = stats.network if result is not None else 0.0
    pace = [f"network {network * 1e3:.1f} ms" if network else ""]
    if state.live:
        age = f"age {stats.age * 1e3:.0f} ms" if stats.age else ""
        pace = [age, *pace, f"{stats.drops} dropped"]
    elif result is not None:
        pace = [answer_kind(state), *pace]
    first = " · ".join(part for part in (model.name, state.engine, rate) if part)
    second = "   ".join(part for part in pace if part)
    return [first, second] if second else [first]


def answer_kind(state: AppState) -> str:
    """Whether the answer on screen is a single-frame answer or part of a sequence."""
    if state.answer is None or (state.source is not None and state.source.count == 1):
        return ""
    if not state.answer.sequential:
        return "single frame, raw" if state.reading.smooth else "single frame"
    return "in sequence"


def recording_line(state: AppState) -> str:
    """The line in the top right corner while a live source is recorded."""
    recording = state.recording
    if recording is None:
        return ""
    lost = f"   {recording.overruns} lost" if recording.overruns else ""
    return f"{_DOT} REC  {short_clock(recording.seconds)}{lost}"


def short_clock(seconds: float) -> str:
    """A moment without its fraction."""
    return clock(float(int(seconds))).removesuffix(".000")


_READ_WITH = {
    "filters": "maps: with the next person's filters",
    "head": "maps: with the next person's filters and place",
}
"""What is said while the maps of the person in focus are not made with the person's own filters."""


def legend_lines(state: AppState, overlays: Sequence[str]) -> list[str]:
    """The lines in the bottom left corner, which name everything drawn on the frame."""
    stages = () if state.model is None else state.model.stages
    _, result = state.shown
    named = captions.legend_lines(state.display, result, stages)
    if state.corrections and not state.shown_corrections:
        named.append("as the network said, without corrections")
    several = result is not None and len(result.poses) > 1
    if several and any(spec.kind == "filters" for spec in stages):
        named += [line for how, line in _READ_WITH.items() if how == state.people.read_with]
    return named + list(overlays) if result is not None else named


def paint_panels(painter: QPainter, corners: Mapping[str, list[str]], *, area: QRectF) -> None:
    """Write lines on translucent panels in the corners of `area`."""
    for lines, panel in panels(corners, area=area):
        _paint_panel(painter, lines, panel)


def clear_side(side: Side, lines: list[str], *, people: NDArray[np.floating], area: QRectF) -> Side:
    """The side of the top at which a panel hides nobody; `side` while that is one of them.

    Args:
        side: Where it is.
        lines: What it says.
        people: Joints (n, 2), points.
        area: What the panel lies in, points.
    """
    other: Side = "right" if side == "left" else "left"

    def hides(there: Side) -> bool:
        _, panel = _placed(lines, corner=f"top {there}", area=area)
        low, high = panel.topLeft().toTuple(), panel.bottomRight().toTuple()
        return bool(((people >= low) & (people <= high)).all(axis=1).any())

    return other if lines and len(people) and hides(side) and not hides(other) else side


def panels(corners: Mapping[str, list[str]], *, area: QRectF) -> list[tuple[list[str], QRectF]]:
    """What the panels in the corners of an area say, the first lines in a small one, and where.

    Where there is no room beside the left one, the right one at the top lies below it, and that at
    the bottom, a hint, is left out: above, it would cover the person.

    Args:
        corners: Lines by corner, such as `top left`.
        area: In points.
    """
    found = []
    for row in ("top", "bottom"):
        left = QRectF()
        for side in ("left", "right"):
            lines = corners.get(f"{row} {side}")
            if not lines:
                continue
            lines, panel = _placed(lines, corner=f"{row} {side}", area=area)
            if side == "left":
                left = panel
            elif not left.isNull() and panel.left() < left.right() + _INSET / 2:
                if row == "bottom":
                    continue
                panel.translate(0, left.height() + _INSET / 2)
            found.append((lines, panel))
    return found


def _placed(lines: list[str], *, corner: str, area: QRectF) -> tuple[list[str], QRectF]:
    """What a panel in a corner says, and where it lies where it is alone."""
    metrics = QFontMetricsF(theme.digits())
    width, height = _extent(lines, metrics)
    if width * height > _MOST * area.width() * area.height():
        lines = lines[:_LEAST_LINES]
        width, height = _extent(lines, metrics)
    x = area.left() + _INSET if "left" in corner else area.right() - _INSET - width
    y = area.top() + _INSET if "top" in corner else area.bottom() - _INSET - height
    return lines, QRectF(x, y, width, height)


def _paint_panel(painter: QPainter, lines: Sequence[str], panel: QRectF) -> None:
    metrics = QFontMetricsF(theme.digits())
    x, y, width, height = panel.x(), panel.y(), panel.width(), panel.height()
    ratio = painter.device().devicePixelRatioF()
    painter.drawImage(QPointF(x, y), _backing(ceil(width), ceil(height), ratio))
    painter.setFont(theme.digits())
    step = metrics.height() * _STEP
    baseline = y + _PAD * 0.6 + metrics.ascent() + (step - metrics.height()) / 2
    for row, line in enumerate(lines):
        ink = INKS[2] if line.startswith(_DOT) else INKS[min(row, 1)]
        painter.setPen(QColor(ink))
        painter.drawText(QPointF(x + _PAD, baseline + row * step), line)


def _extent(lines: Sequence[str], metrics: QFontMetricsF) -> tuple[float, float]:
    """Width and height of the panel for `lines`."""
    width = max(metrics.horizontalAdvance(line) for line in lines) + 2 * _PAD
    return width, metrics.height() * _STEP * len(lines) + _PAD * 1.2


@lru_cache(maxsize=16)
def _backing(width: int, height: int, ratio: float) -> QImage:
    """The panel without its text; cached, because stroking it costs more than the text."""
    size = round((width + 1) * ratio), round((height + 1) * ratio)
    made = QImage(*size, QImage.Format.Format_ARGB32_Premultiplied)
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(255, 255, 255, 22), 1))
    painter.setBrush(QColor(18, 20, 24, 216))
    painter.drawRoundedRect(QRectF(0.5, 0.5, width, height), 6, 6)
    painter.end()
    return made


def paint_cross(painter: QPainter, at: QPointF) -> None:
    """Paint a crosshair with an open middle, visible on light and on dark."""
    for colour, width in ((QColor(0, 0, 0, 150), 3.0), (QColor(255, 255, 255), 1.2)):
        painter.setPen(QPen(colour, width))
        for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            way = QPointF(x, y)
            painter.drawLine(at + way * 4, at + way * 13)


def _seconds(state: AppState, index: int) -> float:
    """True time of a frame since the first one."""
    source = state.source
    if source is not None and 0 <= index < source.count:
        return float(source.times[index])
    return state.frame.time.seconds if state.frame is not None else 0.0
