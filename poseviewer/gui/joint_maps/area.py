"""Lays the tiles of the Joint maps dock out, composes their picture, and follows the pointer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from math import ceil, pi, sqrt
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetricsF, QImage, QPainter
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from poseviewer.core.affine import apply, invert
from poseviewer.core.stage import kind_of
from poseviewer.draw.stage_strip import strip_of
from poseviewer.draw.tiles import shape_of, tile_of
from poseviewer.gui import theme
from poseviewer.gui.joint_maps.arrangement import PAD, Arrangement, Captions, arranged
from poseviewer.gui.joint_maps.tile import Content, MapTile, number, paint_marks, signed
from poseviewer.gui.stages.tiles import Reading, read

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QPaintEvent, QResizeEvent

    from poseviewer.core.result import FrameResult
    from poseviewer.draw.stage_strip import Mode, Picture, Shown, Strip
    from poseviewer.draw.tile import Row
    from poseviewer.gui.joint_maps.facts import StageFacts

_GAP = 10
_ENOUGH = 120
"""Logical pixels of a picture's width at which a frame of the filmstrip is worth its place."""
_LEAST = 96
"""Logical pixels of a picture's width below which the tiles scroll."""
_SOLO = 1.5
"""So many times larger than in the row of all, a tile that plays alone fills the room."""
_DOTS = 16
"""Logical pixels of the line of dots below the tiles while they play."""
_WIDEST_CAPTION = 300
"""Logical pixels that a caption beside its picture may have."""


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What the area shows."""

    shown: tuple[Shown, ...]
    facts: tuple[StageFacts, ...]
    row: Row
    mode: Mode
    colormap: str
    own_range: bool
    gate: float
    chosen: int | None
    """The tile that is outlined."""
    runs: bool = False
    """Whether frames follow each other fast."""

    @property
    def key(self) -> tuple[object, ...]:
        """What the picture depends on."""
        parts = tuple((one.result, one.group, one.window) for one in self.shown)
        return parts, self.row, self.mode, self.colormap, self.own_range, self.gate


@dataclass(frozen=True, slots=True)
class _Marking:
    """What the marks in a picture depend on besides what they mark."""

    picture: tuple[int, int]
    """Its width and height, logical pixels."""
    points: float
    """Of the font."""
    scale: float
    """Logical pixels per one on the desk."""


@dataclass(frozen=True, slots=True, eq=False)
class _Composed:
    """The pictures of a scene."""

    key: tuple[object, ...]
    """Of what, in which size and before which background."""
    scene: Scene
    size: tuple[int, int]
    """Of a picture, pixels."""
    background: int
    """0xffRRGGBB of a picture without anything."""
    strip: Strip
    contents: tuple[Content, ...]
    """What each tile shows."""
    marked: _Marking | None = None
    """What marks are in the pictures; None where they are not drawn yet."""


class MapArea(QScrollArea):
    """The tiles, as large as they fit; they scroll where they would be too small."""

    read = Signal(object, str)
    """The `Reading` under the pointer and the title of its tile; None and nothing."""

    chosen = Signal(int)
    """Number of the tile a person chose."""

    composed = Signal()
    """Other pictures are shown, perhaps in another range."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setMinimumSize(120, 80)
        self._page = _Page()
        self.setWidget(self._page)
        self._tiles: list[MapTile] = []
        self._scene: Scene | None = None
        self._drawn: _Composed | None = None
        self._made: _Composed | None = None
        """What was composed on another thread, until it is asked for."""
        self._spare: NDArray[np.uint32] | None = None
        """Pixels of a strip that is shown no more."""
        self._marking: _Marking | None = None
        self._arrangement: Arrangement | None = None
        self._laid: tuple[object, ...] = ()
        """What the tiles were laid out for."""
        self._lit: int | None = None
        self._solo = False
        self._cursor: tuple[float, float] | None = None

    # -- what is shown --------------------------------------------------------------------

    @property
    def tiles(self) -> tuple[MapTile, ...]:
        """The tiles of the present scene."""
        count = 0 if self._scene is None else len(self._scene.shown)
        return tuple(self._tiles[:count])

    @property
    def arrangement(self) -> Arrangement | None:
        """How they lie; None while there are none."""
        return self._arrangement

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """What they show."""
        return () if self._drawn is None else self._drawn.strip.pictures

    def grey(self, result: FrameResult) -> NDArray[np.uint8] | None:
        """The whole region of a frame in grey, if it was drawn just now."""
        return _grey_in(self._drawn, result)

    def grey_made(self, result: FrameResult) -> NDArray[np.uint8] | None:
        """The same, if it was composed just now by `compose_ahead`."""
        return _grey_in(self._made, result)

    def room_for(self, result: FrameResult, *, least: int, most: int) -> int:
        """How many tiles fit with whole captions, between `least` and `most`."""
        shape = self._shape(result)
        counts = range(most, least, -1)
        return next(
            (n for n in counts if self._arranged(n, shape).picture[0] >= theme.px(_ENOUGH)), least
        )

    def show_scene(self, scene: Scene | None) -> None:
        """Show other maps, or the same ones in another way; None shows nothing."""
        self._scene = scene
        self._refresh()

    def compose_ahead(self, scene: Scene) -> None:
        """Compose what is shown next, in the present size; called on another thread."""
        drawn = self._drawn
        marking = self._marking
        if drawn is None or marking is None or len(scene.shown) != len(drawn.contents):
            return
        spare, self._spare = self._spare, None
        made = _composed(scene, drawn.size, drawn.background, out=spare)
        (width, height), (across, down) = marking.picture, drawn.size
        # Where a logical pixel is no whole number of pixels, marks are drawn as large as they are
        # seen.
        whole = across % width == 0 and (across // width) * height == down
        if whole and self._lit is None:
            made = _marked(made, marking)
        self._made = made

    def light(self, number: int | None) -> None:
        """Show one tile alone, or the others dimmed where it would be no larger; None ends it."""
        self._lit = number
        self._refresh()

    def set_cursor(self, place: tuple[float, float] | None) -> None:
        """Show a crosshair at a frame pixel in every tile, and the value there."""
        self._cursor = place
        for tile, picture in zip(self.tiles, self.pictures, strict=False):
            self._point(tile, picture)

    # -- inside ---------------------------------------------------------------------------

    def _refresh(self) -> None:
        """Lay out, compose what is new, and hand it to the tiles."""
        scene, ratio = self._scene, self.devicePixelRatioF()
        if scene is None or not scene.shown:
            self._drawn, self._arrangement, self._laid = None, None, ()
            for tile in self._tiles:
                tile.hide()
            return
        self._lay_out(scene)
        assert self._arrangement is not None
        size = tuple(max(round(side * ratio), 1) for side in self._arrangement.picture)
        background = theme.current().colour("panel").rgb()
        key = scene.key, size, background
        before = self._drawn
        self._marking = _Marking(self._arrangement.picture, self.font().pointSizeF(), theme.scale())
        marking: _Marking | None = self._marking
        if self._lit is not None and not self._solo:
            # Half of what is marked in the picture would shine through marks in a dimmed one.
            marking = None
        marked = None if before is None else before.marked
        if before is None or key != before.key or marked not in (None, marking):
            made, self._made = self._made, None
            old = None if before is None else before.strip.pixels
            if made is not None and made.key == key and made.marked in (None, marking):
                self._drawn, self._spare = made, old
            else:
                self._drawn = _composed(scene, (size[0], size[1]), background, out=old)
            for tile, content in zip(self.tiles, self._drawn.contents, strict=True):
                tile.show_content(content, runs=scene.runs)
                self._point(tile, content.picture)
            self.composed.emit()
        for at, tile in enumerate(self.tiles):
            dim = self._lit is not None and not self._solo and at != self._lit
            tile.show_state(outlined=at == scene.chosen, dim=dim)
        self._page.show_dots(0 if self._lit is None else len(scene.shown), self._lit or 0)

    def _lay_out(self, scene: Scene) -> None:
        shape = self._shape(scene.shown[0].result)
        count = len(scene.shown)
        below = 0 if self._lit is None else theme.px(_DOTS)
        made = self._arranged(count, shape, below=below)
        room = max(self.width(), 1), max(self.height(), 1)
        laid = count, shape, room, self._lit, self.font().key(), theme.scale()
        if laid == self._laid:
            return
        self._laid = laid
        self._solo = False
        if self._lit is not None and count > 1:
            alone = self._arranged(1, shape, below=below)
            if alone.picture[0] >= _SOLO * made.picture[0]:
                made, self._solo = alone, True
        self._arrangement = made
        while len(self._tiles) < count:
            self._add_tile()
        self._page.resize(QSize(room[0], max(made.height + below, 1)))
        for at, tile in enumerate(self._tiles):
            there = at < count and (not self._solo or at == self._lit)
            if there:
                self._place(tile, made, 0 if self._solo else at)
            tile.setVisible(there)

    def _place(self, tile: MapTile, made: Arrangement, at: int) -> None:
        width, height = made.picture
        x, y = made.corner(at)
        if made.beside:
            room = min(made.cell[0] - width - 2 * PAD, theme.px(_WIDEST_CAPTION * made.letters))
            caption = QRect(width + 2 * PAD, 0, room, height)
        else:
            caption = QRect(0, height + PAD, made.cell[0], made.cell[1] - height - PAD)
        if self._solo:
            x = max((self.width() - (width if not made.beside else caption.right())) // 2, 0)
        tile.setGeometry(QRect(x, y, *made.cell))
        tile.place(made.picture, caption, lines=made.lines, letters=made.letters)

    def _arranged(self, count: int, shape: float, *, below: int = 0) -> Arrangement:
        """Where so many tiles lie, with so many logical pixels left free below them."""
        metrics = QFontMetricsF(self.font())
        wide = metrics.averageCharWidth()
        captions = Captions(ceil(metrics.height()), round(wide * 20), round(wide * 22))
        width, height = max(self.width(), 1), max(self.height() - below, 1)
        fit = partial(
            arranged,
            count=count,
            shape=shape,
            captions=captions,
            gap=theme.px(_GAP),
            # However far away it is read: letters that grow need room that is the pictures'.
            least=_LEAST,
        )
        made = fit((width, height))
        if made.height <= height:
            return made
        spare = self.verticalScrollBar().sizeHint().width()
        return fit((max(width - spare, 1), height))

    @staticmethod
    def _shape(result: FrameResult) -> float:
        return shape_of(result) or result.region.height / result.region.width

    def _point(self, tile: MapTile, picture: Picture) -> None:
        """Show the cursor in a tile, with the value that its map has there."""
        shown = picture.tile
        if self._cursor is None or shown is None:
            tile.set_cursor(None)
            return
        u, v = shown.place(np.array(self._cursor)).tolist()
        if not (0 <= u < 1 and 0 <= v < 1):
            tile.set_cursor(None)
            return
        value = picture.value(u, v)
        write = number if picture.difference is None else signed
        tile.set_cursor((u, v), "" if value is None else write(value))

    def _add_tile(self) -> None:
        tile, at = MapTile(self._page), len(self._tiles)
        tile.pointed.connect(lambda place: self._on_pointed(at, place))
        tile.chosen.connect(lambda: self.chosen.emit(at))
        tile.stepped.connect(lambda step: self._on_stepped(at + step))
        self._tiles.append(tile)

    def _on_pointed(self, at: int, place: tuple[float, float] | None) -> None:
        reading: Reading | None = None
        title, scene = "", self._scene
        if place is not None and scene is not None and at < len(self.pictures):
            part, one = self.pictures[at].tile, scene.shown[at]
            # Read from the whole map, whose cells are counted from its own corner.
            whole = tile_of(one.result, row=scene.row, group=one.group)
            if part is not None and whole is not None:
                u, v = whole.place(np.array(part.at(*place))).tolist()
                reading, title = read(whole, one.result, u=u, v=v), one.title
        self.set_cursor(None if reading is None else reading.frame)
        self.read.emit(reading, title)

    def _on_stepped(self, at: int) -> None:
        if 0 <= at < len(self.tiles):
            self._tiles[at].setFocus()
            self.ensureWidgetVisible(self._tiles[at])

    # -- events ---------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the tiles to the room."""
        super().resizeEvent(event)
        self._refresh()

    def event(self, event: QEvent) -> bool:
        """Follow the font and the theme."""
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.PaletteChange):
            self._refresh()
        return super().event(event)


def _composed(
    scene: Scene, size: tuple[int, int], background: int, *, out: NDArray[np.uint32] | None
) -> _Composed:
    """Compose the pictures of a scene; on any thread.

    Args:
        scene: It.
        size: Of a picture, pixels.
        background: 0xffRRGGBB of a picture without anything.
        out: Pixels that are seen no more, to write into.
    """
    strip = strip_of(
        scene.shown,
        row=scene.row,
        size=size,
        mode=scene.mode,
        colormap=scene.colormap,
        own_range=scene.own_range,
        gate=scene.gate,
        background=background,
        out=out,
    )
    key, contents = (scene.key, size, background), _contents(scene, strip, size)
    return _Composed(key, scene, size, background, strip, contents)


def _marked(made: _Composed, marking: _Marking) -> _Composed:
    """The same with the marks in the pictures, drawn into their memory; on any thread."""
    image, size = made.contents[0].image, marking.picture
    image.setDevicePixelRatio(made.size[0] / size[0])
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for at, content in enumerate(made.contents):
        painter.save()
        painter.translate(at * size[0], 0)
        painter.setClipRect(QRect(0, 0, *size))
        paint_marks(painter, content, size=size, points=marking.points)
        painter.restore()
    painter.end()
    image.setDevicePixelRatio(1.0)
    contents = tuple(replace(content, marked=True) for content in made.contents)
    return replace(made, contents=contents, marked=marking)


def _grey_in(composed: _Composed | None, result: FrameResult) -> NDArray[np.uint8] | None:
    """The whole region of a frame in grey, as it lies under the last tile of a strip."""
    if composed is None:
        return None
    last = composed.scene.shown[-1]
    return composed.strip.beneath if last.result is result and last.window is None else None


def _contents(scene: Scene, strip: Strip, size: tuple[int, int]) -> tuple[Content, ...]:
    """What the tiles of a scene show."""
    width, height = size
    image = QImage(
        strip.pixels.data, strip.pixels.shape[1], height, strip.pixels.shape[1] * 4,
        QImage.Format.Format_RGB32,
    )  # fmt: skip
    kind = kind_of(scene.row.kind)
    quantity = "confidence" if not kind.mapped else kind.quantity
    if kind.subject == "joint" and kind.mapped:
        quantity = "peak"
    # Coordinates have an arrow of their own from where the joint was.
    places = [facts.place if kind.mapped else None for facts in scene.facts]
    return tuple(
        Content(
            one.title,
            scene.row.title,
            facts,
            picture,
            image,
            strip.pixels,
            QRect(at * width, 0, width, height),
            _glow(facts, picture),
            quantity,
            one.short,
            _spots(facts, before, picture),
            picture.change,
        )
        for at, (one, facts, picture, before) in enumerate(
            zip(scene.shown, scene.facts, strip.pictures, [None, *places[:-1]], strict=True)
        )
    )


class _Page(QWidget):
    """Holds the tiles; draws a dot a stage below them while they play."""

    def __init__(self) -> None:
        super().__init__()
        self._count, self._at = 0, 0

    def show_dots(self, count: int, at: int) -> None:
        """Show so many dots, one of them full."""
        if (count, at) != (self._count, self._at):
            self._count, self._at = count, at
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the dots."""
        painter, colours = QPainter(self), theme.current()
        painter.fillRect(event.rect(), colours.colour("panel"))
        if not self._count:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        step, radius = theme.px(14), theme.px(4)
        left = (self.width() - step * (self._count - 1)) / 2
        for at in range(self._count):
            name = "accent" if at == self._at else "line"
            painter.setBrush(colours.colour(name))
            x, y = left + at * step, self.height() - theme.px(_DOTS) / 2
            painter.drawEllipse(QRectF(x - radius, y - radius, 2 * radius, 2 * radius))


def _spots(
    facts: StageFacts, before: tuple[float, float] | None, picture: Picture
) -> tuple[tuple[float, float] | None, ...]:
    """Where a joint, its place before and its rivals lie in a picture, as `Content` has them."""
    frame = [facts.place, before, facts.truth, *(rival.place for rival in facts.rivals)]
    if picture.tile is None:
        return (None,) * len(frame)
    known = np.array([place or (np.nan, np.nan) for place in frame])
    return tuple(
        (u, v) if 0 <= u <= 1 and 0 <= v <= 1 else None
        for u, v in picture.tile.place(known).tolist()
    )


def _glow(facts: StageFacts, picture: Picture) -> float:
    """How far the belief around a joint reaches down to half, in shares of the tile's width."""
    # Here, not at the top: it needs OpenCV, the first paint of the window does not.
    from poseviewer.draw.glow import extent

    tile = picture.tile
    if facts.place is None or tile is None or tile.values is None or tile.values.ndim != 2:
        return 0.0
    cell = apply(invert(tile.output.to_frame), np.array(facts.place))
    return sqrt(extent(tile.values, cell) / pi) / tile.cells[0]
