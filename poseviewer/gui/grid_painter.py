"""The picture of the Stages dock: one mosaic, and small stamps on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen, QPixmap

from poseviewer.core.affine import apply, invert
from poseviewer.gui import theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.core.result import FrameResult
    from poseviewer.draw.mosaic import Span
    from poseviewer.gui.grid_layout import GridLayout
    from poseviewer.gui.grid_rows import Row

_VALUE_WIDTH = 44
"""Logical pixels of a tile below which its value would hide its map."""


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """What is written on the tiles that can be seen."""

    rows: range
    columns: range

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
        self._pixels: NDArray[np.uint32] | None = None
        self._image: QImage | None = None
        self._stamps: dict[tuple[object, ...], QPixmap] = {}
        self._ratio = 1.0

    def compose(
        self,
        result: FrameResult,
        *,
        rows: Sequence[Row],
        stages: Sequence[int],
        layout: GridLayout,
        seen: tuple[range, range],
        colormap: str,
        span: Span,
        gate: float,
    ) -> None:
        """Make the picture of the tiles in `seen` (rows, columns)."""
        # Here, not at the top: the mosaic needs OpenCV, the first paint of the window does not.
        from poseviewer.draw.mosaic import Grid, mosaic, thumbnail

        maps = [
            [belief(result, stage=stages[column], channel=rows[row].channel) for column in seen[1]]
            for row in seen[0]
        ]
        self.marks = marks_of(result, rows=rows, stages=stages, seen=seen, maps=maps, gate=gate)
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
        """Draw the picture and its marks; one mosaic, one call."""
        if self._image is None or self.marks is None:
            return
        if ratio != self._ratio:
            self._ratio = ratio
            self._stamps.clear()
        marks = self.marks
        corner = layout.corner(marks.rows.start, marks.columns.start, scroll=scroll)
        self._image.setDevicePixelRatio(ratio)
        painter.drawImage(QPointF(corner[0] / ratio, corner[1] / ratio), self._image)
        width, height = (side / ratio for side in layout.tile)
        radius = max(2.8, min(6.0, width / 22))
        for at, row in enumerate(marks.rows):
            for across, column in enumerate(marks.columns):
                x, y = (v / ratio for v in layout.corner(row, column, scroll=scroll))
                strong = bool(marks.strong[at, across])
                u, v = marks.peaks[at, across]
                if 0 <= u <= 1 and 0 <= v <= 1:
                    ring = self._ring(radius, strong=strong)
                    half = ring.width() / ratio / 2
                    painter.drawPixmap(QPointF(x + u * width - half, y + v * height - half), ring)
                value = float(marks.values[at, across])
                if width >= _VALUE_WIDTH and not np.isnan(value):
                    text = self._figure(f"{value:.2f}", strong=strong)
                    size = text.deviceIndependentSize()
                    place = x + width - size.width() - 2, y + height - size.height() - 1
                    painter.drawPixmap(QPointF(*place), text)

    def forget_stamps(self) -> None:
        """Draw the stamps anew, after the font or the theme changed."""
        self._stamps.clear()

    def _ring(self, radius: float, *, strong: bool) -> QPixmap:
        key = ("ring", radius, strong)
        if key not in self._stamps:
            stamp, painter = self._blank(2 * radius + 4, 2 * radius + 4)
            centre = QPointF(radius + 2, radius + 2)
            painter.setPen(QPen(QColor(0, 0, 0, 170 if strong else 90), 2.6))
            painter.drawEllipse(centre, radius, radius)
            # A joint below the gate is drawn weak: thin, grey, and hollow.
            pen = QPen(QColor(255, 255, 255, 255 if strong else 120), 1.3 if strong else 1.0)
            painter.setPen(pen)
            painter.drawEllipse(centre, radius, radius)
            if strong:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(255, 255, 255))
                painter.drawEllipse(centre, 0.8, 0.8)
            painter.end()
            self._stamps[key] = stamp
        return self._stamps[key]

    def _figure(self, text: str, *, strong: bool) -> QPixmap:
        key = ("figure", text, strong)
        if key not in self._stamps:
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
            self._stamps[key] = stamp
        return self._stamps[key]

    def _blank(self, width: float, height: float) -> tuple[QPixmap, QPainter]:
        stamp = QPixmap(int(np.ceil(width * self._ratio)), int(np.ceil(height * self._ratio)))
        stamp.setDevicePixelRatio(self._ratio)
        stamp.fill(Qt.GlobalColor.transparent)
        painter = QPainter(stamp)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        return stamp, painter


def belief(result: FrameResult, *, stage: int, channel: int | None) -> NDArray[np.float32] | None:
    """The map (h, w) of a row of a stage; None where the stage was not asked for."""
    from poseviewer.draw.scene import belief as map_of

    output = result.stage(stage)
    if output is None or (channel is not None and channel >= len(output.values)):
        return None
    return map_of(output, channel=channel)


def marks_of(
    result: FrameResult,
    *,
    rows: Sequence[Row],
    stages: Sequence[int],
    seen: tuple[range, range],
    maps: Sequence[Sequence[NDArray[np.float32] | None]],
    gate: float,
) -> Marks:
    """Where the decoder put each joint of each stage, and how strong the belief is."""
    shape = len(seen[0]), len(seen[1])
    peaks = np.full((*shape, 2), np.nan)
    strong = np.ones(shape, bool)
    values = np.array(
        [[np.nan if tile is None else tile.max() for tile in line] for line in maps], np.float32
    ).reshape(shape)
    channels = [rows[row].channel for row in seen[0]]
    for across, column in enumerate(seen[1]):
        output = result.stage(stages[column])
        if output is None or stages[column] >= len(result.stage_poses):
            continue
        poses = result.stage_poses[stages[column]]
        if not len(poses):
            continue
        size = np.array(output.values.shape[:0:-1], np.float64)
        places = (apply(invert(output.to_frame), poses.xy[0]) + 0.5) / size
        for at, channel in enumerate(channels):
            # The background and the sum of all joints are not joints: nothing was decoded.
            if channel is not None and channel < len(places):
                peaks[at, across] = places[channel]
                strong[at, across] = poses.score[0, channel] >= gate
    return Marks(seen[0], seen[1], peaks, strong, values)
