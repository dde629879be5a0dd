"""The picture of the Stages dock: one mosaic, and small stamps on it."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen, QPixmap

from poseviewer.gui import theme
from poseviewer.gui.mark_painter import paint_lines
from poseviewer.gui.tile_marks import arrows_of, marks_of
from poseviewer.gui.tiles import tiles_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.core.affine import Box
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageGroup
    from poseviewer.draw.mosaic import Grid, Span
    from poseviewer.gui.grid_layout import GridLayout
    from poseviewer.gui.grid_rows import Row
    from poseviewer.gui.tile_marks import Marks
    from poseviewer.gui.tiles import Tile

_RING_MARGIN = 2.0
"""Logical pixels around a ring for its dark casing."""

_WIDE = 100
"""Logical pixels of a tile from which there is room inside a ring for the spot it is about."""

_SMALL = 44
"""Logical pixels of a tile below which its rings are thin: they would hide the map."""

_VALUE_WIDTH = 64
"""Logical pixels of a tile below which its value would hide its map."""

_ARROWS = 56
"""Logical pixels of a tile from which there is room for arrows."""


class GridPainter:
    """Composes the mosaic of the tiles that can be seen, and paints it with its marks."""

    def __init__(self) -> None:
        self.marks: Marks | None = None
        self._seen: tuple[Sequence[int], range] = (), range(0)
        self._pixels: NDArray[np.uint32] | None = None
        self._image: QImage | None = None
        self._rings: dict[tuple[float, bool, bool], QPixmap] = {}
        self._figures: dict[tuple[str, bool], tuple[QPixmap, float, float]] = {}
        self._ratio = 1.0

    def compose(
        self,
        result: FrameResult,
        *,
        rows: Sequence[Row],
        groups: Sequence[StageGroup],
        layout: GridLayout,
        seen: tuple[Sequence[int], range],
        colormap: str,
        span: Span,
        gate: float,
        high: float | None = None,
        arrows: bool = False,
    ) -> None:
        """Make the picture of the tiles in `seen` (rows, columns).

        Args:
            result: What is shown.
            rows: Of the grid.
            groups: The stages, its columns.
            layout: Where the tiles lie, device pixels.
            seen: Numbers of the rows and columns that can be seen.
            colormap: Of beliefs.
            span: Which tiles share a range.
            gate: Joints below this confidence are weak.
            high: The value drawn as the strongest in every tile; by `span` where None.
            arrows: Draw fields as arrows too, where there is room.
        """
        # Here, not at the top: the mosaic needs OpenCV, the first paint of the window does not.
        from poseviewer.draw.mosaic import Grid, mosaic, ranges, thumbnail

        shown = [rows[row] for row in seen[0]]
        tiles = tiles_of(result, rows=shown, groups=[groups[column] for column in seen[1]])
        self.marks = marks_of(result, tiles, rows=shown, columns=seen[1], gate=gate)
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
        peaks = self.marks.values if high is None else np.full(self.marks.values.shape, high)
        mosaic(
            [[None if tile is None else tile.values for tile in line] for line in tiles],
            grid=grid,
            colormap=colormap,
            span=span if high is None else "tile",
            peaks=peaks,
            beneath=thumbnail(result.frame.pixels, result.region, tile=layout.tile),
            background=theme.current().colour("panel").rgb(),
            out=self._pixels,
        )
        self._paste(tiles, result, grid)
        room = layout.tile[0] / self._ratio
        if arrows and room >= _ARROWS:
            tops = ranges(peaks, span=span if high is None else "tile")
            self.marks.arrows.extend(arrows_of(tiles, tops, width=room))

    def high(self, row: int, column: int, *, span: Span) -> float | None:
        """The value that is drawn as the strongest in a tile; None where it cannot be seen."""
        from poseviewer.draw.mosaic import ranges

        if self.marks is None or row not in self._seen[0] or column not in self._seen[1]:
            return None
        place = list(self._seen[0]).index(row), list(self._seen[1]).index(column)
        return float(ranges(self.marks.values, span=span)[place])

    def _paste(
        self, tiles: Sequence[Sequence[Tile | None]], result: FrameResult, grid: Grid
    ) -> None:
        """Put the pictures of tiles of coordinates into the mosaic."""
        from poseviewer.draw.mosaic import cut, paste

        assert self._pixels is not None
        # Every joint of a first stage has the same picture.
        made: dict[Box, NDArray[np.uint8]] = {}
        for row, line in enumerate(tiles):
            for column, tile in enumerate(line):
                if tile is None or tile.picture is None:
                    continue
                if tile.picture not in made:
                    made[tile.picture] = cut(result.frame.pixels, tile.picture, size=grid.tile)
                paste(self._pixels, made[tile.picture], grid=grid, row=row, column=column)

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
        size = layout.tile[0] / ratio, layout.tile[1] / ratio
        corners = [
            [
                tuple(side / ratio for side in layout.corner(row, column, scroll=scroll))
                for column in self._seen[1]
            ]
            for row in self._seen[0]
        ]
        paint_lines(painter, marks, corners=corners, size=size)
        self._paint_stamps(painter, marks, corners=corners, size=size)

    def _paint_stamps(
        self,
        painter: QPainter,
        marks: Marks,
        *,
        corners: Sequence[Sequence[tuple[float, ...]]],
        size: tuple[float, float],
    ) -> None:
        """Draw the rings and figures."""
        width, height = size
        # On a small tile the belief is a few pixels wide: the ring runs around it, not over it.
        short = min(width, height)
        radius = min(6.0, short / 22) if short >= _WIDE else 4.4
        half = radius + _RING_MARGIN

        def ring(corner: tuple[float, ...], u: float, v: float, *, strong: bool) -> None:
            if 0 <= u <= 1 and 0 <= v <= 1:
                place = QPointF(corner[0] + u * width - half, corner[1] + v * height - half)
                painter.drawPixmap(place, self._ring(radius, strong=strong, thin=short < _SMALL))

        # On small tiles only people: what belongs to nobody would hide them.
        shown = [one for one in marks.rings if one.strong or short >= _WIDE]
        for other in shown:
            ring(corners[other.row][other.column], *other.place, strong=other.strong)
        peaks, strong = marks.peaks.tolist(), marks.strong.tolist()
        for row, line in enumerate(marks.values.tolist()):
            for column, value in enumerate(line):
                corner = corners[row][column]
                ring(corner, *peaks[row][column], strong=strong[row][column])
                if width >= _VALUE_WIDTH and not isnan(value):
                    text, wide, high = self._figure(f"{value:.2f}", strong=strong[row][column])
                    place = QPointF(corner[0] + width - wide - 2, corner[1] + height - high - 1)
                    painter.drawPixmap(place, text)

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

    def _ring(self, radius: float, *, strong: bool, thin: bool) -> QPixmap:
        key = radius, strong, thin
        if key not in self._rings:
            middle = radius + _RING_MARGIN
            stamp, painter = self._blank(2 * middle, 2 * middle)
            centre = QPointF(middle, middle)
            if not thin:
                painter.setPen(QPen(QColor(0, 0, 0, 170 if strong else 90), 2.6))
                painter.drawEllipse(centre, radius, radius)
            # A joint below the gate is drawn weak: thin, grey, and hollow.
            ink = 255 if strong else 120
            pen = QPen(QColor(255, 255, 255, ink - 60 if thin else ink), 1.3 if strong else 1.0)
            if thin:
                pen.setWidthF(0.9)
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
