"""Paints the grid of the Stages dock: tiles, headers, labels, choice, cursor."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter, QPen, QPixmap

from poseviewer.draw.colour import GHOST, side_colour
from poseviewer.draw.fields import arrow_lines
from poseviewer.draw.marks import arrows_of
from poseviewer.gui import theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageGroup
    from poseviewer.draw.mosaic import Span
    from poseviewer.draw.tile import Marks, Row, Stroke
    from poseviewer.gui.stages.layout import GridLayout


class Face:
    """One painting of the grid, in logical pixels."""

    def __init__(
        self, painter: QPainter, layout: GridLayout, *, scroll: tuple[int, int], ratio: float
    ) -> None:
        """Paint a grid of `layout` scrolled by `scroll` device pixels.

        Args:
            painter: On the viewport; its clip is set by every method that needs one.
            layout: Device pixels.
            scroll: Device pixels.
            ratio: Device pixels per logical pixel.
        """
        self._painter = painter
        self._layout = layout
        self._scroll = scroll
        self._ratio = ratio
        device = painter.device()
        width, height = device.width(), device.height()
        left, top = layout.left / ratio, layout.top / ratio
        self._gap = layout.gap / ratio
        self._tiles = QRectF(left, top, width - left, height - top)
        step, last = layout.bank_width / ratio, layout.banks - 1
        self._banks = [
            (QRectF(at, top, left, height - top), QRectF(at + left, 0, right - at - left, top))
            for at, right in (
                (bank * step, width if bank == last else (bank + 1) * step)
                for bank in range(layout.banks)
            )
        ]
        """Where the labels and the headers of each bank lie."""

    def clip_tiles(self) -> None:
        """Clip to the tiles, without headers and labels."""
        self._painter.setClipRect(self._tiles)

    def crosshair(self, places: Sequence[tuple[int, int, float, float]]) -> None:
        """Draw a crosshair in tiles: row, column and place from 0 to 1 across and down."""
        lines = []
        for row, column, u, v in places:
            tile = self._rect(row, column)
            x, y = tile.left() + u * tile.width(), tile.top() + v * tile.height()
            lines.append(QLineF(tile.left(), y, tile.right() - 1, y))
            lines.append(QLineF(x, tile.top(), x, tile.bottom() - 1))
        self._painter.setPen(QPen(QColor(255, 255, 255, 95), theme.scale()))
        self._painter.drawLines(lines)

    def choice(self, row: int, column: int, *, focused: bool) -> None:
        """Outline a tile in the accent colour."""
        # Wider than the tiles by the gap, so that the outline of a tile at the edge is whole.
        self._painter.setClipRect(self._tiles.adjusted(-self._gap, -self._gap, 0, 0))
        width = (2.5 if focused else 2.0) * theme.scale()
        grow = width / 2
        self._painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._painter.setBrush(Qt.BrushStyle.NoBrush)
        self._painter.setPen(QPen(theme.current().colour("accent"), width))
        tile = self._rect(row, column).adjusted(-grow, -grow, grow, grow)
        self._painter.drawRoundedRect(tile, 2.5, 2.5)
        self._painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)

    def headers(self, names: Sequence[str], *, chosen: int | None) -> None:
        """Write the stages above their columns, of every bank."""
        metrics = self._painter.fontMetrics()
        for bank, (_, header) in enumerate(self._banks):
            self._painter.setClipRect(header)
            for column, name in enumerate(names):
                tile = self._rect(self._layout.rows_of(bank).start, column)
                place = QRectF(tile.left(), 0, tile.width(), header.height())
                self._painter.setPen(_ink(chosen=column == chosen))
                fits = metrics.horizontalAdvance(name) <= place.width()
                # Of `stage 3` the 3 says it, where the rest finds no room.
                text = name if fits else name.rpartition(" ")[2]
                self._painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def labels(self, rows: Sequence[Row], *, chosen: int | None) -> None:
        """Write the joints beside their rows, with the colour of their side."""
        for bank, (label, _) in enumerate(self._banks):
            self._painter.setClipRect(label)
            for number in self._layout.rows_of(bank):
                row, tile = rows[number], self._rect(number, 0)
                place = QRectF(label.left(), tile.top(), label.width() - 10, tile.height())
                self._painter.setPen(_ink(chosen=number == chosen))
                align = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                self._painter.drawText(place, align, row.label)
                if row.side != "middle":
                    mark = QRectF(label.right() - 7, tile.center().y() - 6, 3, 12)
                    self._painter.fillRect(mark, QColor(*side_colour(row.side)))

    def _rect(self, row: int, column: int) -> QRectF:
        x, y = self._layout.corner(row, column, scroll=self._scroll)
        width, height = self._layout.tile
        ratio = self._ratio
        return QRectF(x / ratio, y / ratio, width / ratio, height / ratio)


def _ink(*, chosen: bool) -> QColor:
    return theme.current().colour("accent" if chosen else "muted")


_DARK = QColor(0, 0, 0, 150)
_ROOMY = 90
"""Logical pixels of a tile's shorter side from which lines do not hide what is beneath."""
_HEAD = 6.0
"""Length of an arrow's head, logical pixels."""


def paint_lines(
    painter: QPainter,
    marks: Marks,
    *,
    corners: Sequence[Sequence[tuple[float, ...]]],
    size: tuple[float, float],
) -> None:
    """Draw strokes and boxes, each inside its own tile.

    Args:
        painter: In logical pixels.
        marks: What to draw.
        corners: Left and top of each tile that can be seen, by row and column.
        size: Width and height of a tile.
    """
    if not (marks.strokes or marks.frames or marks.arrows):
        return
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    width, height = size
    for box in marks.frames:
        left, top = corners[box.row][box.column][:2]
        tile = QRectF(left, top, width, height)
        shape = QRectF(
            left + box.corner[0] * width,
            top + box.corner[1] * height,
            box.size[0] * width,
            box.size[1] * height,
        )
        # No more of it than lies in the tile; the other sides are out of sight.
        shape = shape.intersected(tile.adjusted(0.5, 0.5, -0.5, -0.5))
        for colour, wide in ((_DARK, 2.4), (QColor(*side_colour(box.side)), 1.1)):
            painter.setPen(QPen(colour, wide * theme.scale()))
            painter.drawRect(shape)
    small = [
        line
        for stroke in marks.arrows
        for line in _lines(stroke, corners[stroke.row][stroke.column], size, head=None)
    ]
    painter.setPen(QPen(QColor(255, 255, 255, 200), 0.9 * theme.scale()))
    painter.drawLines(small)
    roomy = min(size) >= _ROOMY
    lines: dict[tuple[bool, bool], list[QLineF]] = {}
    for stroke in marks.strokes:
        joined = marks.rows[stroke.row].channel is None
        if not roomy and not stroke.arrow and (joined or not stroke.strong):
            continue
        place = corners[stroke.row][stroke.column]
        lines.setdefault((stroke.strong, stroke.arrow), []).extend(_lines(stroke, place, size))
    for (strong, arrow), drawn in sorted(lines.items()):
        for pen in _pens(strong=strong, arrow=arrow, roomy=roomy):
            painter.setPen(pen)
            painter.drawLines(drawn)
    painter.restore()


def _lines(
    stroke: Stroke,
    corner: tuple[float, ...],
    size: tuple[float, float],
    *,
    head: float | None = _HEAD,
) -> list[QLineF]:
    (x, y), (width, height) = corner[:2], size
    ends = _within(stroke.start, stroke.end)
    if ends is None:
        return []
    a, b = ((x + u * width, y + v * height) for u, v in ends)
    if not stroke.arrow:
        return [QLineF(*a, *b)]
    return [QLineF(*start, *end) for start, end in arrow_lines(a, b, head=head)]


def _within(
    start: tuple[float, float], end: tuple[float, float]
) -> tuple[tuple[float, float], tuple[float, float]] | None:
    """The part of a line inside the tile, 0 to 1; None where there is none (Liang, Barsky)."""
    low, high = 0.0, 1.0
    for a, b in zip(start, end, strict=True):
        way = b - a
        if way == 0:
            if not 0 <= a <= 1:
                return None
            continue
        first, last = sorted((-a / way, (1 - a) / way))
        low, high = max(low, first), min(high, last)
    if low > high:
        return None
    (ax, ay), (bx, by) = start, end
    return (
        (ax + low * (bx - ax), ay + low * (by - ay)),
        (ax + high * (bx - ax), ay + high * (by - ay)),
    )


def _pens(*, strong: bool, arrow: bool, roomy: bool) -> tuple[QPen, ...]:
    ink = QColor(*GHOST) if arrow else QColor(255, 255, 255)
    ink.setAlpha((255 if roomy or arrow else 190) if strong else 110)
    far = theme.scale()
    pens = [QPen(ink, far * (1.4 if strong and (roomy or arrow) else 1.0))]
    if strong and (roomy or arrow):
        pens.insert(0, QPen(_DARK, 3.0 * far))
    for pen in pens:
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
    return tuple(pens)


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


@dataclass(frozen=True, slots=True)
class Plan:
    """What the image of the tiles that can be seen is made of, besides a result."""

    rows: tuple[Row, ...]
    """Of the grid."""
    groups: tuple[StageGroup, ...]
    """The stages, its columns."""
    layout: GridLayout
    """Where the tiles lie, device pixels."""
    seen: tuple[tuple[int, ...], range]
    """Numbers of the rows and columns that can be seen."""
    colormap: str
    """Of beliefs."""
    span: Span
    """Which tiles share a range."""
    gate: float
    """Joints below this confidence are weak."""
    background: int
    """0xffRRGGBB of the gaps."""
    ratio: float = 1.0
    """Device pixels per logical pixel."""
    high: float | None = None
    """The value drawn as the strongest in every tile; by `span` where None."""
    arrows: bool = False
    """Whether fields are drawn as arrows too, where there is room."""


@dataclass(frozen=True, slots=True, eq=False)
class Composition:
    """The image of the tiles that can be seen, and what is drawn over it."""

    result: FrameResult
    plan: Plan
    pixels: NDArray[np.uint32]
    image: QImage
    """In the memory of `pixels`."""
    marks: Marks


def composed(
    result: FrameResult, plan: Plan, *, out: NDArray[np.uint32] | None = None
) -> Composition | None:
    """Compose the image of the tiles that can be seen; on any thread.

    Args:
        result: What is shown.
        plan: How.
        out: Pixels that are seen no more, to write into where the size fits: new memory takes as
            long to get as a tile to colour.

    Returns:
        None where no tile can be seen.
    """
    # Here, not at the top: the mosaic needs OpenCV, the first paint of the window does not.
    from poseviewer.draw.mosaic import Grid
    from poseviewer.draw.stage_mosaic import stage_mosaic

    rows, columns = plan.seen
    if not len(rows) or not len(columns):
        return None
    layout = plan.layout
    width, height = Grid(len(rows), len(columns), layout.tile, layout.gap).size
    fits = out is not None and out.shape == (height, width)
    pixels = out if out is not None and fits else np.empty((height, width), np.uint32)
    made = stage_mosaic(
        result,
        rows=[plan.rows[row] for row in rows],
        groups=plan.groups,
        columns=columns,
        tile=layout.tile,
        gap=layout.gap,
        colormap=plan.colormap,
        span=plan.span,
        gate=plan.gate,
        high=plan.high,
        background=plan.background,
        out=pixels,
    )
    room = layout.tile[0] / plan.ratio
    if plan.arrows and room >= _ARROWS:
        made.marks.arrows.extend(arrows_of(made.tiles, made.highs, width=room))
    image = QImage(pixels.data, width, height, width * 4, QImage.Format.Format_RGB32)
    return Composition(result, plan, pixels, image, made.marks)


class GridPainter:
    """Composes the mosaic of the visible tiles, and paints it with its marks."""

    def __init__(self) -> None:
        self._shown: Composition | None = None
        self._asked: tuple[FrameResult, Plan] | None = None
        """What `_shown` is of, also where there is nothing to show."""
        self._plan: Plan | None = None
        self._made: Composition | None = None
        """What was composed on another thread, until it is asked for."""
        self._spare: NDArray[np.uint32] | None = None
        """Pixels that are shown no more."""
        self._rings: dict[tuple[float, bool, bool], QPixmap] = {}
        self._figures: dict[tuple[str, bool], tuple[QPixmap, float, float]] = {}
        self._ratio = 1.0
        self._laid: tuple[object, ...] = ()
        self._corners: list[list[tuple[float, ...]]] = []
        """Left and top of each tile that can be seen, as `_laid` says."""

    @property
    def marks(self) -> Marks | None:
        """What is drawn over the image; None where there is none."""
        return None if self._shown is None else self._shown.marks

    def compose(self, result: FrameResult, plan: Plan) -> bool:
        """Show the image of `result`; return whether it was not shown already."""
        if self._asked == (result, plan):
            return False
        self._asked, self._plan = (result, plan), plan
        made, self._made = self._made, None
        before = self._shown
        if made is not None and made.result is result and made.plan == plan:
            self._shown = made
            self._spare = None if before is None else before.pixels
        else:
            out = None if before is None else before.pixels
            self._shown = composed(result, plan, out=out)
        return True

    def holds(self, result: FrameResult) -> bool:
        """Whether the image of `result` was composed on another thread and not asked for yet."""
        return self._made is not None and self._made.result is result

    def compose_ahead(self, result: FrameResult) -> None:
        """Compose the image of `result` by the last plan; called on another thread."""
        if self._plan is not None:
            spare, self._spare = self._spare, None
            self._made = composed(result, self._plan, out=spare)

    @property
    def _seen(self) -> tuple[tuple[int, ...], range]:
        return ((), range(0)) if self._shown is None else self._shown.plan.seen

    def high(self, row: int, column: int, *, span: Span) -> float | None:
        """The value that is drawn as the strongest in a tile; None where it is not visible."""
        if self.marks is None or row not in self._seen[0] or column not in self._seen[1]:
            return None
        from poseviewer.draw.stage_mosaic import highs_of

        place = list(self._seen[0]).index(row), list(self._seen[1]).index(column)
        return float(highs_of(self.marks, span=span)[place])

    def value(self, row: int, column: int) -> float | None:
        """What is written on a tile; None where it is not visible, or not known."""
        if self.marks is None or row not in self._seen[0] or column not in self._seen[1]:
            return None
        place = list(self._seen[0]).index(row), list(self._seen[1]).index(column)
        value = float(self.marks.values[place])
        return None if isnan(value) else value

    def paint(
        self,
        painter: QPainter,
        *,
        layout: GridLayout,
        scroll: tuple[int, int],
        ratio: float,
    ) -> None:
        """Draw the image and its marks; one mosaic, one call per bank."""
        if self._shown is None:
            return
        if ratio != self._ratio:
            self._ratio = ratio
            self.forget_stamps()
        marks, image = self._shown.marks, self._shown.image
        image.setDevicePixelRatio(ratio)
        self._paint_banks(painter, image, layout=layout, scroll=scroll, ratio=ratio)
        size = layout.tile[0] / ratio, layout.tile[1] / ratio
        key = layout, scroll, ratio, self._seen
        if key != self._laid:
            self._laid = key
            self._corners = [
                [
                    tuple(side / ratio for side in layout.corner(row, column, scroll=scroll))
                    for column in self._seen[1]
                ]
                for row in self._seen[0]
            ]
        corners = self._corners
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
        far = theme.scale()
        short = min(width, height) / far
        radius = far * (min(6.0, short / 22) if short >= _WIDE else 4.4)
        half = radius + _RING_MARGIN * far

        def ring(corner: tuple[float, ...], u: float, v: float, *, strong: bool) -> None:
            if 0 <= u <= 1 and 0 <= v <= 1:
                place = QPointF(corner[0] + u * width - half, corner[1] + v * height - half)
                painter.drawPixmap(place, self._ring(radius, strong=strong, thin=short < _SMALL))

        # On small tiles only people: other candidates would hide them.
        shown = [one for one in marks.rings if one.strong or short >= _WIDE]
        for other in shown:
            ring(corners[other.row][other.column], *other.place, strong=other.strong)
        peaks, strong = marks.peaks.tolist(), marks.strong.tolist()
        for row, line in enumerate(marks.values.tolist()):
            for column, value in enumerate(line):
                corner = corners[row][column]
                ring(corner, *peaks[row][column], strong=strong[row][column])
                if width >= _VALUE_WIDTH * far and not isnan(value):
                    # Weights of attention are far below a hundredth.
                    words = f"{value:.1g}" if 0 < value < 0.005 else f"{value:.2f}"
                    text, wide, high = self._figure(words, strong=strong[row][column])
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
            held = layout.rows_of(bank)
            here = [place for place, row in enumerate(rows) if row in held]
            if not here:
                continue
            x, y = layout.corner(rows[here[0]], columns.start, scroll=scroll)
            start, height = here[0] * layout.pitch[1], len(here) * layout.pitch[1] - layout.gap
            part = QRectF(0, start, image.width(), height)
            place = QRectF(x / ratio, y / ratio, image.width() / ratio, height / ratio)
            # A clip of one rectangle, with which Qt copies lines instead of mixing pixels. Where
            # there is no clip yet, as on the image of one tile, it is the only one.
            painter.save()
            painter.setClipRect(place, Qt.ClipOperation.IntersectClip)
            painter.drawImage(place.topLeft(), image, part)
            painter.restore()

    def forget_stamps(self) -> None:
        """Draw the stamps again, after the font or the theme changed."""
        self._rings.clear()
        self._figures.clear()

    def _ring(self, radius: float, *, strong: bool, thin: bool) -> QPixmap:
        key = radius, strong, thin
        if key not in self._rings:
            far = theme.scale()
            middle = radius + _RING_MARGIN * far
            stamp, painter = self._blank(2 * middle, 2 * middle)
            centre = QPointF(middle, middle)
            if not thin:
                painter.setPen(QPen(QColor(0, 0, 0, 170 if strong else 90), 2.6 * far))
                painter.drawEllipse(centre, radius, radius)
            # A joint below the gate is drawn weak: thin, grey, and hollow.
            ink = 255 if strong else 120
            pen = QPen(
                QColor(255, 255, 255, ink - 60 if thin else ink), (1.3 if strong else 1.0) * far
            )
            if thin:
                pen.setWidthF(0.9 * far)
            painter.setPen(pen)
            painter.drawEllipse(centre, radius, radius)
            if strong and radius > 4.4 * far:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(255, 255, 255))
                painter.drawEllipse(centre, 0.8 * far, 0.8 * far)
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
