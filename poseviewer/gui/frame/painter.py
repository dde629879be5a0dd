"""The painter of scenes for the screen; `draw.raster` is its twin for files."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby
from threading import get_ident
from typing import TYPE_CHECKING

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter, QPen, QTransform

from poseviewer.core.affine import compose
from poseviewer.core.uncertainty import half_axes
from poseviewer.draw.colour import CASING
from poseviewer.draw.primitives import (
    LABEL_PADDING,
    Arc,
    Dot,
    Ellipse,
    FieldLayer,
    Item,
    Label,
    Line,
    MapLayer,
    Outline,
    Scene,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from poseviewer.draw.colour import Colour
    from poseviewer.gui.frame.viewport import Viewport

_SHIFTS = {"left": 0.0, "centre": 0.5, "right": 1.0}


class ScenePainter:
    """Paints scenes through a viewport; caches the images of the last scene's maps."""

    def __init__(self) -> None:
        self._scene: Scene | None = None
        self._maps: dict[int, tuple[QImage, NDArray[np.uint32], NDArray[np.float64]] | None] = {}
        self._painter: QPainter
        self._viewport: Viewport
        self._place = 1.0, 0.0, 1.0, 0.0
        self._size = 1.0
        self._font = ""

    def paint(
        self,
        painter: QPainter,
        *,
        scene: Scene,
        viewport: Viewport,
        size: float = 1.0,
        font: str = "",
    ) -> None:
        """Paint `scene`.

        Args:
            painter: In points of the view.
            scene: What to paint.
            viewport: Where the frame lies.
            size: Points of the view per design point.
            font: The key of the font whose family texts have; that of `painter` where empty.
        """
        if scene is not self._scene:
            self._scene = scene
            self._maps.clear()
        self._painter, self._viewport, self._size = painter, viewport, size
        self._font = font or painter.font().key()
        self._place = *viewport.across, viewport.scale, viewport.y
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for (kind, *_), items in groupby(scene.items, key=_stroke_of):
            if kind is Line:
                self._lines([item for item in items if isinstance(item, Line)])
            else:
                for item in items:
                    self._paint(item)
        painter.restore()

    def _at(self, place: tuple[float, float]) -> QPointF:
        # As `Viewport.to_view`, which takes longer to call: this is done for every joint.
        step, first, scale, top = self._place
        return QPointF((place[0] + 0.5) * step + first, (place[1] + 0.5) * scale + top)

    def _paint(self, item: Item) -> None:
        # Not a `singledispatchmethod`, which takes longer to choose than Qt takes to draw a limb.
        match item:
            case Dot():
                self._dot(item)
            case Arc():
                self._arc(item)
            case Ellipse():
                self._ellipse(item)
            case Label():
                self._label(item)
            case Outline():
                self._outline(item)
            case MapLayer() | FieldLayer():
                self._map(item)
            case _:
                msg = f"cannot paint a {type(item).__name__} on the screen"
                raise TypeError(msg)

    def _lines(self, items: list[Line]) -> None:
        """Lines of one colour and width, in one call."""
        first = items[0]
        self._painter.setPen(_pen(first.colour, first.width * self._size, opacity=first.opacity))
        self._painter.drawLines([QLineF(self._at(i.start), self._at(i.end)) for i in items])

    def _dot(self, item: Dot) -> None:
        painter = self._painter
        middle = self._at(item.centre)
        radius, pen = item.radius * self._size, item.outline_width * self._size
        if item.fill is None:
            if item.outline is not None:
                painter.setPen(_pen(item.outline, pen, opacity=item.opacity))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(middle, radius, radius)
            return
        # Two discs: half the cost of one with a stroked outline.
        painter.setPen(Qt.PenStyle.NoPen)
        if item.outline is not None:
            painter.setBrush(_colour(item.outline, item.opacity))
            painter.drawEllipse(middle, radius + pen / 2, radius + pen / 2)
            radius -= pen / 2
        painter.setBrush(_colour(item.fill, item.opacity))
        painter.drawEllipse(middle, radius, radius)

    def _arc(self, item: Arc) -> None:
        painter = self._painter
        radius = item.radius * self._size
        middle = self._at(item.centre)
        around = QRectF(middle.x() - radius, middle.y() - radius, 2 * radius, 2 * radius)
        # Qt counts sixteenths of a degree against the clock.
        start, sweep = round(-item.start * 16), round(-item.sweep * 16)
        if self._viewport.mirrored:
            start, sweep = 180 * 16 - start, -sweep
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_colour(item.colour, item.fill_opacity * item.opacity))
        painter.drawPie(around, start, sweep)
        painter.setPen(_pen(item.colour, item.width * self._size, opacity=item.opacity))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawArc(around, start, sweep)

    def _ellipse(self, item: Ellipse) -> None:
        painter = self._painter
        long, short, turn = half_axes(item.spread)
        painter.save()
        painter.translate(self._at(item.centre))
        painter.rotate(-turn if self._viewport.mirrored else turn)
        painter.setPen(_pen(item.colour, item.width * self._size, opacity=item.opacity))
        painter.setBrush(_colour(item.colour, item.fill_opacity * item.opacity))
        if not item.fill_opacity:
            painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(
            QPointF(0, 0), long * self._viewport.scale, short * self._viewport.scale
        )
        painter.restore()

    def _label(self, item: Label) -> None:
        painter = self._painter
        capital = item.size * self._size
        font, metrics = _font_of(capital, self._font, get_ident())
        pad_x, pad_y = (share * capital for share in LABEL_PADDING)
        width = metrics.horizontalAdvance(item.text) + 2 * pad_x
        height = capital + 2 * pad_y
        at = self._at(item.at)
        shift = _SHIFTS[item.anchor]
        if self._viewport.mirrored:
            # Where it stood beside something it stands on the other side of it.
            shift = 1 - shift
        back = QRectF(at.x() - shift * width, at.y() - height / 2, width, height)
        if item.backing > 0:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(_colour(CASING, item.backing))
            radius = min(pad_x, height / 2)
            painter.drawRoundedRect(back, radius, radius)
        painter.setPen(_colour(item.colour, 1.0))
        painter.setFont(font)
        painter.drawText(QPointF(back.left() + pad_x, at.y() + capital / 2), item.text)

    def _outline(self, item: Outline) -> None:
        box = item.box
        # A box is given by edges; a viewport speaks of pixel centres and agrees on both.
        corners = self._at((box.x, box.y)), self._at((box.x + box.width, box.y + box.height))
        # Crisp on whole points; a large antialiased rectangle costs more than the picture.
        frame = QRectF(*corners).normalized().toRect()
        wide = max(round(item.width * self._size), 1)
        colour = _colour(item.colour, item.opacity)
        fill = self._painter.fillRect
        x, y = frame.x() - wide // 2, frame.y() - wide // 2
        width, height = frame.width() + wide, frame.height() + wide
        fill(x, y, width, wide, colour)
        fill(x, y + height - wide, width, wide, colour)
        fill(x, y + wide, wide, height - 2 * wide, colour)
        fill(x + width - wide, y + wide, wide, height - 2 * wide, colour)

    def _map(self, item: MapLayer | FieldLayer) -> None:
        picture = self._picture(item)
        if picture is None:
            return
        image, _, to_frame = picture
        painter = self._painter
        painter.save()
        painter.setTransform(_centred(to_frame, self._viewport), combine=True)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(0, 0, image)
        painter.restore()

    def _picture(
        self, layer: MapLayer | FieldLayer
    ) -> tuple[QImage, NDArray[np.uint32], NDArray[np.float64]] | None:
        key = id(layer)  # the scene is held, so its items live as long as their pictures
        if key not in self._maps:
            # Imported late: it brings OpenCV, which the first paint must not wait for.
            from poseviewer.draw.layer import argb32

            made = argb32(layer)
            if made is None:
                self._maps[key] = None
            else:
                pixels, to_frame = made
                height, width = pixels.shape
                image = QImage(
                    pixels.data,
                    width,
                    height,
                    pixels.strides[0],
                    QImage.Format.Format_ARGB32_Premultiplied,
                )
                self._maps[key] = (image, pixels, to_frame)
        return self._maps[key]


def _stroke_of(item: Item) -> tuple[object, ...]:
    """The key of items that one call can draw."""
    return (Line, item.colour, item.width, item.opacity) if isinstance(item, Line) else (None,)


def _centred(to_frame: NDArray[np.float64], viewport: Viewport) -> QTransform:
    """The transform of an image whose pixel centres `to_frame` carries to the frame."""
    import numpy as np

    (step, first), scale = viewport.across, viewport.scale
    to_view = np.array([[step, 0, first + step / 2], [0, scale, viewport.y + scale / 2]])
    # Qt counts from a pixel's corner.
    whole = compose(compose(to_view, to_frame), np.array([[1, 0, -0.5], [0, 1, -0.5]]))
    # A transform that only shifts is rounded to whole points by Qt's painter.
    near = 1 + 1e-6
    return QTransform(
        whole[0, 0] * near, whole[1, 0], whole[0, 1], whole[1, 1] * near, whole[0, 2], whole[1, 2]
    )


@lru_cache(maxsize=16)
def _font_of(capital: float, base: str, _thread: int) -> tuple[QFont, QFontMetricsF]:
    """The font, of the family of `base`, whose capitals are `capital` points high.

    Each thread has its own: Qt caches with a font what belongs to the thread that used it last.
    """
    font = QFont()
    font.fromString(base)
    font.setWeight(QFont.Weight.DemiBold)
    font.setPixelSize(100)
    font.setPixelSize(max(round(100 * capital / QFontMetricsF(font).capHeight()), 6))
    return font, QFontMetricsF(font)


@lru_cache(maxsize=256)
def _colour(colour: Colour, opacity: float) -> QColor:
    return QColor(*colour, round(255 * min(max(opacity, 0.0), 1.0)))


@lru_cache(maxsize=256)
def _pen(colour: Colour, width: float, *, opacity: float) -> QPen:
    return QPen(_colour(colour, opacity), width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap)
