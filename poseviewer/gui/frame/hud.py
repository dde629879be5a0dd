"""The words over the picture: what is open, where we are, how fast, what is laid over it."""

from __future__ import annotations

from functools import lru_cache
from math import ceil
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen, QPixmap

from poseviewer.gui import theme
from poseviewer.gui.transport.reach import behind_text

if TYPE_CHECKING:
    from poseviewer.core.look import Look
    from poseviewer.core.result import FrameResult
    from poseviewer.runtime.state import View

Corner = Literal["top left", "top right", "bottom left", "bottom right"]

_DOT = "\N{BLACK CIRCLE}"
"""Begins the line that says that a recording runs; that line is red."""

_PAD = 10.0
_INSET = 12.0


def clock(seconds: float) -> str:
    """A moment as h:mm:ss.mmm, hours only where there are some."""
    thousandths = round(abs(seconds) * 1000)
    minutes, rest = divmod(thousandths, 60_000)
    hours, minutes = divmod(minutes, 60)
    sign = "-" if seconds < 0 and thousandths else ""
    tail = f"{rest // 1000:02d}.{rest % 1000:03d}"
    return f"{sign}{hours}:{minutes:02d}:{tail}" if hours else f"{sign}{minutes}:{tail}"


def joint_title(joint: str) -> str:
    """A joint as people say it in a tight place: `r knee`."""
    return joint.replace("right_", "r ").replace("left_", "l ").replace("_", " ")


def hud_lines(view: View) -> list[str]:
    """What the panel in the top left corner says."""
    source = view.source
    if source is None:
        return []
    width, height = source.size
    first = [source.name, f"{width}×{height}"]  # noqa: RUF001 - the sign for sizes
    if source.live and view.stats.source_rate:
        # What comes, not what was promised.
        first.append(f"{view.stats.source_rate:.1f} fps")
    elif source.rate:
        first.append(f"{source.rate:.4g} fps")
    lines = ["   ".join(first)]
    shown = view.frame or (view.result.frame if view.result else None)
    if shown is not None:
        back = f"   frozen {behind_text(view.past, shown.index)}" if view.past else ""
        lines.append(f"frame {shown.index}   {clock(_seconds(view, shown.index))}{back}")
    if view.model is not None:
        lines += _work_lines(view)
    if view.busy:
        lines.append(view.busy)
    return lines


def _work_lines(view: View) -> list[str]:
    """What runs and how fast; rates only while there are any."""
    stats, source, model = view.stats, view.source, view.model
    assert source is not None
    assert model is not None
    verb = "analysing " if source.live else ""
    rate = f"{verb}{stats.inference_rate:.1f} fps" if stats.inference_rate else ""
    network = stats.network
    if not network and view.result is not None:
        network = view.result.timings.get("network", 0.0)
    pace = [f"network {network * 1e3:.1f} ms" if network else ""]
    if source.live:
        age = f"age {stats.age * 1e3:.0f} ms" if stats.age and not view.past else ""
        pace = [age, *pace, f"{stats.drops} dropped"]
    first = " · ".join(part for part in (model.name, view.engine, rate) if part)
    second = "   ".join(part for part in pace if part)
    return [first, second] if second else [first]


def recording_line(view: View) -> str:
    """What the chip in the top right corner says while a live source is recorded."""
    recording = view.recording
    if recording is None:
        return ""
    lost = f"   {recording.overruns} lost" if recording.overruns else ""
    return f"{_DOT} REC  {short_clock(recording.seconds)}{lost}"


def short_clock(seconds: float) -> str:
    """A moment without its fraction."""
    return clock(float(int(seconds))).removesuffix(".000")


def overlay_line(look: Look, result: FrameResult | None) -> str:
    """What the chip in the bottom left corner says: which belief map lies on the frame."""
    if look.overlay_stage is None or result is None:
        return ""
    output = result.stage(look.overlay_stage)
    if output is None:
        return ""
    channel = look.overlay_channel
    channels = output.spec.channels
    fields = output.spec.kind == "paf"
    known = channel is not None and channel < len(channels)
    what = "all limbs" if fields else "all joints"
    if known and channel is not None:
        what = joint_title(channels[channel]).removesuffix(" x").replace("-", " to ")
    return f"overlay: {what}, {output.spec.name}"


def paint_panel(painter: QPainter, lines: list[str], *, corner: Corner, area: QRectF) -> None:
    """Write `lines` on a translucent panel in a corner of `area`."""
    if not lines:
        return
    font = theme.digits()
    metrics = QFontMetricsF(font)
    step = metrics.height() * 1.08
    width = max(metrics.horizontalAdvance(line) for line in lines) + 2 * _PAD
    height = step * len(lines) + _PAD * 1.2
    x = area.left() + _INSET if "left" in corner else area.right() - _INSET - width
    y = area.top() + _INSET if "top" in corner else area.bottom() - _INSET - height
    ratio = painter.device().devicePixelRatioF()
    painter.drawPixmap(QPointF(x, y), _backing(ceil(width), ceil(height), ratio))
    painter.setFont(font)
    baseline = y + _PAD * 0.6 + metrics.ascent() + (step - metrics.height()) / 2
    for row, line in enumerate(lines):
        ink = "#ff7b72" if line.startswith(_DOT) else "#f2f4f6" if row == 0 else "#c9d0d8"
        painter.setPen(QColor(ink))
        painter.drawText(QPointF(x + _PAD, baseline + row * step), line)


@lru_cache(maxsize=16)
def _backing(width: int, height: int, ratio: float) -> QPixmap:
    """The panel without its words; kept, because stroking it costs more than the words."""
    made = QPixmap(round((width + 1) * ratio), round((height + 1) * ratio))
    made.setDevicePixelRatio(ratio)
    made.fill(Qt.GlobalColor.transparent)
    painter = QPainter(made)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(255, 255, 255, 22), 1))
    painter.setBrush(QColor(18, 20, 24, 184))
    painter.drawRoundedRect(QRectF(0.5, 0.5, width, height), 6, 6)
    painter.end()
    return made


def paint_cross(painter: QPainter, at: QPointF) -> None:
    """A crosshair with an open middle, seen on light and on dark."""
    for colour, width in ((QColor(0, 0, 0, 150), 3.0), (QColor(255, 255, 255), 1.2)):
        painter.setPen(QPen(colour, width))
        for x, y in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            way = QPointF(x, y)
            painter.drawLine(at + way * 4, at + way * 13)


def _seconds(view: View, index: int) -> float:
    """True time of a frame since the first one."""
    source = view.source
    if source is not None and 0 <= index < source.count:
        return float(source.times[index])
    return view.frame.time.seconds if view.frame is not None else 0.0
