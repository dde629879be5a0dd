"""The picture of the Stages dock: one mosaic, and small stamps on it."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen, QPixmap

from poseviewer.core.affine import apply, invert
from poseviewer.gui import theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageOutput
    from poseviewer.draw.mosaic import Span
    from poseviewer.gui.grid_layout import GridLayout
    from poseviewer.gui.grid_rows import Row

_RING_MARGIN = 2.0
"""Logical pixels around a ring for its dark casing."""

_WIDE = 100
"""Logical pixels of a tile from which there is room inside a ring for the spot it is about."""

_VALUE_WIDTH = 64
"""Logical pixels of a tile below which its value would hide its map."""


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """What is written on the tiles that can be seen."""

    rows: tuple[Row, ...]
    stages: tuple[int, ...]

    peaks: NDArray[np.float64]
    """(rows, columns, 2) where the decoder put the joint, 0 to 1 across and down the tile; NaN
    where it found none, or where the row is no joint."""

    strong: NDArray[np.bool_]
    """(rows, columns) whether the joint passed the confidence gate."""

    values: NDArray[np.float32]
    """(rows, columns) the greatest belief; NaN where the stage was not asked for."""


class GridPainter:
    """Composes the mosaic of the tiles that can be seen, and paints it with its marks."""

    def __init__(self) -> None:
        self.marks: Marks | None = None
        self._seen: tuple[Sequence[int], range] = (), range(0)
        self._pixels: NDArray[np.uint32] | None = None
        self._image: QImage | None = None
        self._rings: dict[tuple[float, bool], QPixmap] = {}
        self._figures: dict[tuple[str, bool], tuple[QPixmap, float, float]] = {}
        self._ratio = 1.0

    def compose(
        self,
        result: FrameResult,
        *,
        rows: Sequence[Row],
        stages: Sequence[int],
        layout: GridLayout,
        seen: tuple[Sequence[int], range],
        colormap: str,
        span: Span,
        gate: float,
    ) -> None:
        """Make the picture of the tiles in `seen` (rows, columns)."""
        # Here, not at the top: the mosaic needs OpenCV, the first paint of the window does not.
        from poseviewer.draw.mosaic import Grid, mosaic, thumbnail

        shown = [rows[row] for row in seen[0]]
        numbers = [stages[column] for column in seen[1]]
        outputs = [_maps(result, number) for number in numbers]
        maps = [[_map(output, channel=row.channel) for output in outputs] for row in shown]
        self.marks = marks_of(result, rows=shown, stages=numbers, gate=gate)
        self._seen = seen
        if not len(seen[0]) or not len(seen[1]):
            self._image = None
            return
        grid = Grid(len(seen[0]), len(seen[1]), layout.tile, layout.gap)
        if self._pixels is None or self._pixels.shape != grid.size[::-1]:
            self._pixels = np.empty(grid.size[::-1], np.uint32)
            width, height = grid.size
            self._image = QImage(
                self._pixels.data, width, height, width * 4, QImage.Format.Format_RGB32
            )
        mosaic(
            maps,
            grid=grid,
            colormap=colormap,
            span=span,
            peaks=self.marks.values,
            beneath=thumbnail(result.frame.pixels, result.region, tile=layout.tile),
            background=theme.current().colour("panel").rgb(),
            out=self._pixels,
        )

    def paint(
        self,
        painter: QPainter,
        *,
        layout: GridLayout,
        scroll: tuple[int, int],
        ratio: float,
    ) -> None:
        """Draw the picture and its marks; one mosaic, one call a bank."""
        if self._image is None or self.marks is None:
            return
        if ratio != self._ratio:
            self._ratio = ratio
            self.forget_stamps()
        marks = self.marks
        self._image.setDevicePixelRatio(ratio)
        self._paint_banks(painter, self._image, layout=layout, scroll=scroll, ratio=ratio)
        width, height = (side / ratio for side in layout.tile)
        across = layout.pitch[0] / ratio
        # On a small tile the belief is a few pixels wide: the ring runs around it, not over it.
        radius = min(6.0, width / 22) if width >= _WIDE else 4.4
        peaks, strong = marks.peaks.tolist(), marks.strong.tolist()
        for row, line in enumerate(marks.values.tolist()):
            corner = layout.corner(self._seen[0][row], self._seen[1].start, scroll=scroll)
            y = corner[1] / ratio
            for column, value in enumerate(line):
                x = corner[0] / ratio + column * across
                u, v = peaks[row][column]
                if 0 <= u <= 1 and 0 <= v <= 1:
                    ring = self._ring(radius, strong=strong[row][column])
                    half = radius + _RING_MARGIN
                    painter.drawPixmap(QPointF(x + u * width - half, y + v * height - half), ring)
                if width >= _VALUE_WIDTH and not isnan(value):
                    text, wide, high = self._figure(f"{value:.2f}", strong=strong[row][column])
                    painter.drawPixmap(QPointF(x + width - wide - 2, y + height - high - 1), text)

    def _paint_banks(
        self,
        painter: QPainter,
        image: QImage,
        *,
        layout: GridLayout,
        scroll: tuple[int, int],
        ratio: float,
    ) -> None:
        """Draw the mosaic, in which the banks lie one below the other, where each bank stands."""
        rows, columns = self._seen
        for bank in range(layout.banks):
            here = [place for place, row in enumerate(rows) if row in layout.rows_of(bank)]
            if not here:
                continue
            x, y = layout.corner(rows[here[0]], columns.start, scroll=scroll)
            start, height = here[0] * layout.pitch[1], len(here) * layout.pitch[1] - layout.gap
            part = QRectF(0, start, image.width(), height)
            painter.drawImage(QPointF(x / ratio, y / ratio), image, part)

    def forget_stamps(self) -> None:
        """Draw the stamps anew, after the font or the theme changed."""
        self._rings.clear()
        self._figures.clear()

    def _ring(self, radius: float, *, strong: bool) -> QPixmap:
        key = radius, strong
        if key not in self._rings:
            middle = radius + _RING_MARGIN
            stamp, painter = self._blank(2 * middle, 2 * middle)
            centre = QPointF(middle, middle)
            painter.setPen(QPen(QColor(0, 0, 0, 170 if strong else 90), 2.6))
            painter.drawEllipse(centre, radius, radius)
            # A joint below the gate is drawn weak: thin, grey, and hollow.
            pen = QPen(QColor(255, 255, 255, 255 if strong else 120), 1.3 if strong else 1.0)
            painter.setPen(pen)
            painter.drawEllipse(centre, radius, radius)
            if strong and radius > 4.4:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(255, 255, 255))
                painter.drawEllipse(centre, 0.8, 0.8)
            painter.end()
            self._rings[key] = stamp
        return self._rings[key]

    def _figure(self, text: str, *, strong: bool) -> tuple[QPixmap, float, float]:
        key = text, strong
        if key not in self._figures:
            font = theme.digits(8.0)
            metrics = QFontMetricsF(font)
            stamp, painter = self._blank(metrics.horizontalAdvance(text) + 6, metrics.height())
            painter.setFont(font)
            place = QPointF(3, metrics.ascent())
            painter.setPen(QColor(0, 0, 0, 170))
            for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1)):
                painter.drawText(place + QPointF(dx, dy) * 0.8, text)
            painter.setPen(QColor(255, 255, 255, 255 if strong else 165))
            painter.drawText(place, text)
            painter.end()
            size = stamp.deviceIndependentSize()
            self._figures[key] = stamp, size.width(), size.height()
        return self._figures[key]

    def _blank(self, width: float, height: float) -> tuple[QPixmap, QPainter]:
        stamp = QPixmap(int(np.ceil(width * self._ratio)), int(np.ceil(height * self._ratio)))
        stamp.setDevicePixelRatio(self._ratio)
        stamp.fill(Qt.GlobalColor.transparent)
        painter = QPainter(stamp)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        return stamp, painter


def belief(result: FrameResult, *, stage: int, channel: int | None) -> NDArray[np.float32] | None:
    """The map (h, w) of a row of a stage; None where the stage was not asked for."""
    return _map(_maps(result, stage), channel=channel)


def _map(output: StageOutput | None, *, channel: int | None) -> NDArray[np.float32] | None:
    if output is None or (channel is not None and channel >= len(output.values)):
        return None
    if channel is not None and output.spec.kind == "heatmap":
        chosen: NDArray[np.float32] = output.values[channel]
        return chosen
    # Here, not at the top: the scene needs OpenCV, the first paint of the window does not.
    from poseviewer.draw.scene import belief as map_of

    values: NDArray[np.float32] = map_of(output, channel=channel)
    return values


def _maps(result: FrameResult, stage: int) -> StageOutput | None:
    """The maps of a stage; None where it was not asked for or answers coordinates."""
    output = result.stage(stage)
    return None if output is None or output.spec.kind in ("coords", "crop") else output


def marks_of(
    result: FrameResult, *, rows: Sequence[Row], stages: Sequence[int], gate: float
) -> Marks:
    """Where the decoder put each joint of each stage, and how strong the belief is."""
    shape = len(rows), len(stages)
    peaks = np.full((*shape, 2), np.nan)
    strong = np.ones(shape, bool)
    values = np.full(shape, np.nan, np.float32)
    channels = np.array([-1 if row.channel is None else row.channel for row in rows], np.intp)
    for column, stage in enumerate(stages):
        output = _maps(result, stage)
        if output is None:
            continue
        strongest = np.abs(output.values) if output.spec.kind == "paf" else output.values
        # fmax, because a broken value must not hide the others.
        top = np.fmax.reduce(strongest.reshape(len(strongest), -1), axis=1)
        joints = len(result.poses.skeleton.joints)
        places, score = _decoded(result, output)
        known = channels < len(top)
        values[known, column] = top[channels[known]]
        values[channels < 0, column] = top[:joints].max()
        # The background and the sum of all joints are not joints: nothing was decoded.
        found = (channels >= 0) & (channels < len(places))
        peaks[found, column] = places[channels[found]]
        strong[found, column] = score[channels[found]] >= gate
    return Marks(tuple(rows), tuple(stages), peaks, strong, values)


def _decoded(
    result: FrameResult, output: StageOutput
) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
    """Where each joint of a stage lies in its map, 0 to 1, and its confidence; empty if nobody."""
    if output.number >= len(result.stage_poses) or not len(result.stage_poses[output.number]):
        return np.empty((0, 2)), np.empty(0, np.float32)
    poses = result.stage_poses[output.number]
    cells = apply(invert(output.to_frame), poses.xy[0])
    size = np.array(output.values.shape[:0:-1], np.float64)
    return (cells + 0.5) / size, poses.score[0]
