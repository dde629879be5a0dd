"""One tile of the Joint maps dock: a map with its marks and its caption."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import isfinite
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QLineF, QPointF, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import QWidget

from poseviewer.core.percent import percent
from poseviewer.draw.colour import CASING, GHOST, TRUTH
from poseviewer.gui import theme
from poseviewer.gui.plain import plain_tip
from poseviewer.gui.stages.painter import paint_lines
from poseviewer.gui.widgets import takes_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from PySide6.QtGui import QMouseEvent, QPaintEvent

    from poseviewer.draw.stage_strip import Picture
    from poseviewer.gui.joint_maps.facts import StageFacts

MINUS = "\N{MINUS SIGN}"

_CASING = QColor(0, 0, 0, 165)
_DIM = 0.5
"""Opacity of a picture whose turn it is not."""
_RIVAL = QColor(255, 255, 255, 225)
_NEAREST, _FARTHEST = 9.0, 30.0
"""Logical pixels from a peak to the ticks around it; between them where its glow ends."""
_USUAL = 260.0
"""Logical pixels of a picture's width up to which marks have these sizes."""
_READABLE = 400
"""Least milliseconds between two captions while frames follow each other: three lines a tile."""
_ARM, _SMALL_ARM = 9.0, 4.0
"""Length of a tick, of a joint and of a rival."""


@dataclass(frozen=True, slots=True, eq=False)
class Content:
    """What a tile shows."""

    title: str
    """Of the stage, or of the frame."""

    subject: str
    """Of the joint, for those who hear it."""

    facts: StageFacts
    picture: Picture

    image: QImage
    """The strip of all tiles, in the memory of `pixels`."""
    pixels: NDArray[np.uint32]
    part: QRect
    """Of it, pixels."""

    glow: float = 0.0
    """How far the glow around the peak reaches, shares of the tile's width."""

    quantity: str = "peak"
    """What the value is called."""

    short: str = ""
    """Title where the other finds no room."""

    spots: tuple[tuple[float, float] | None, ...] = (None, None, None)
    """Where the joint is, was before and truly is, and where its rivals are, 0 to 1 across and down
    the picture; None outside it."""

    change: tuple[float, float] | None = None
    """The greatest loss and gain, where a difference is shown."""

    marked: bool = False
    """Whether the marks are in the picture already."""

    @property
    def figures(self) -> tuple[str, ...]:
        """How far the joint was moved and how spread the map is, or what a stage changed.

        The next one is for where the one before finds no room.
        """
        if self.change is not None:
            loss, gain = self.change
            return f"from {signed(loss)} to {signed(gain)}", f"{signed(loss)} to {signed(gain)}"
        return tuple(figures(self.facts, words=words) for words in (2, 1, 0))

    @property
    def values(self) -> tuple[str, str]:
        """The figure beside the title, with what it is called and without."""
        if self.change is not None:
            return (signed(max(self.change, key=abs)),) * 2
        value = number(self.facts.value) if isfinite(self.facts.value) else "—"
        return f"{self.quantity} {value}", value


class MapTile(QWidget):
    """A picture with marks, and its caption below or beside it."""

    pointed = Signal(object)
    """Place of the pointer in the picture, 0 to 1 across and down, or None."""

    chosen = Signal()

    stepped = Signal(int)
    """Keyboard: so many tiles further."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._content: Content | None = None
        self._said: Content | None = None
        """What the caption is of."""
        self._pause = QTimer(self, singleShot=True, interval=_READABLE)
        self._pause.timeout.connect(self._say)
        self._picture = QRect()
        self._caption = QRect()
        self._lines, self._letters = 0, 1.0
        self._cursor: tuple[float, float] | None = None
        self._value = ""
        self._outlined = False
        self._dim = False

    @property
    def content(self) -> Content | None:
        """What is shown."""
        return self._content

    @property
    def behind(self) -> bool:
        """Whether the caption is still of what was shown before."""
        return self._said is not self._content

    @property
    def picture_rect(self) -> QRect:
        """Where the picture lies in the tile, logical pixels."""
        return self._picture

    @property
    def words(self) -> str:
        """The caption in one line, without its title."""
        content = self._content
        if content is None:
            return ""
        return ". ".join(part for part in (content.figures[0], content.facts.words) if part)

    def place(
        self, picture: tuple[int, int], caption: QRect, *, lines: int, letters: float = 1.0
    ) -> None:
        """Set where picture and caption lie, and how the caption is written.

        Args:
            picture: Width and height.
            caption: Its rectangle.
            lines: How many it has.
            letters: How many times larger than usual.
        """
        room = QRect(0, 0, *picture), caption, lines, letters
        if room != (self._picture, self._caption, self._lines, self._letters):
            self._picture, self._caption, self._lines, self._letters = room
            self.update()

    def show_content(self, content: Content, *, runs: bool = False) -> None:
        """Show something else.

        Args:
            content: What.
            runs: Whether frames follow each other fast: the caption is then written only as often
                as it can be read.
        """
        said, self._content = self._said, content
        if runs and self._pause.isActive() and said is not None and said.title == content.title:
            self.update(self._picture)
        else:
            self._say()

    def _say(self) -> None:
        """Write the caption of what is shown, unless it is written already."""
        content = self._content
        if content is None or content is self._said:
            return
        self._said = content
        self._pause.start()
        facts = content.facts
        value = f"{content.quantity} {number(facts.value)}" if isfinite(facts.value) else ""
        sure = "" if facts.sure else "below the confidence gate"
        parts = (content.subject, content.title, value, sure)
        self.setAccessibleName(", ".join(part for part in parts if part))
        self.setAccessibleDescription(self.words)
        self.update()

    def show_state(self, *, outlined: bool, dim: bool) -> None:
        """Outline the tile that is shown on the frame; dim one that is not its turn."""
        if (outlined, dim) != (self._outlined, self._dim):
            self._outlined, self._dim = outlined, dim
            self.update()

    def set_cursor(self, place: tuple[float, float] | None, value: str = "") -> None:
        """Show a crosshair at a place, 0 to 1, and the value there; None removes it."""
        if (place, value) != (self._cursor, self._value):
            self._cursor, self._value = place, value
            self.update(self._picture)

    # -- events ---------------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say where the pointer is in the picture."""
        at, picture = event.position(), self._picture
        u, v = at.x() / max(picture.width(), 1), at.y() / max(picture.height(), 1)
        self.pointed.emit((u, v) if 0 <= u < 1 and 0 <= v < 1 else None)

    def leaveEvent(self, event: QEvent) -> None:
        """Say that the pointer has left."""
        super().leaveEvent(event)
        self.pointed.emit(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the tile."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.chosen.emit()

    def event(self, event: QEvent) -> bool:
        """Keep the arrows from the window's keys while the tile has the focus; say what it is."""
        if event.type() == QEvent.Type.ToolTip:
            # Only now: what it is changes many times between two tips.
            self.setToolTip(plain_tip(f"{self.accessibleName()}\n{self.words}".strip()))
        return takes_key(event, _KEYS) or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to the next tile with an arrow; choose it with Return."""
        key = Qt.Key(event.key())
        if event.modifiers() or key not in _KEYS:
            super().keyPressEvent(event)
        elif (step := _KEYS[key]) == 0:
            self.chosen.emit()
        else:
            self.stepped.emit(step)

    # -- painting -------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw picture, marks and caption."""
        painter = QPainter(self)
        content = self._content
        if content is None or not self._picture.contains(event.rect()):
            painter.fillRect(event.rect(), theme.current().colour("panel"))
        if content is None or self._picture.isEmpty():
            return
        picture = QRectF(self._picture)
        painter.save()
        if self._dim:
            # Towards black also in the light theme: in white the belief would drown.
            painter.fillRect(picture, Qt.GlobalColor.black)
            painter.setOpacity(_DIM)
        painter.drawImage(picture, content.image, QRectF(content.part))
        painter.setClipRect(self._picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if not content.marked:
            size = self._picture.width(), self._picture.height()
            paint_marks(painter, content, size=size, points=self.font().pointSizeF())
        self._paint_cursor(painter)
        painter.restore()
        if self._outlined or self.hasFocus():
            width = (2.5 if self.hasFocus() else 2.0) * theme.scale()
            painter.setPen(QPen(theme.current().colour("accent"), width))
            painter.drawRect(picture.adjusted(1, 1, -1, -1))
        if self._lines and self._said and event.rect().intersects(self._caption):
            self._paint_caption(painter, self._said)

    def _paint_cursor(self, painter: QPainter) -> None:
        if self._cursor is None:
            return
        u, v = self._cursor
        width, height = self._picture.width(), self._picture.height()
        x, y = u * width, v * height
        lines = [
            QLineF(0, y, x - 5, y), QLineF(x + 5, y, width, y),
            QLineF(x, 0, x, y - 5), QLineF(x, y + 5, x, height),
        ]  # fmt: skip
        painter.setPen(QPen(QColor(255, 255, 255, 110), theme.scale()))
        painter.drawLines(lines)
        if self._value:
            painter.setFont(digits(0.9 * self.font().pointSizeF()))
            place = QPointF(5, 4 + painter.fontMetrics().ascent())
            _write(painter, place, self._value, room=(width, height))

    def _paint_caption(self, painter: QPainter, content: Content) -> None:
        colours, facts, room = theme.current(), content.facts, QRectF(self._caption)
        painter.setClipRect(self._caption)
        beside = self._caption.left() > 0
        size = self._letters
        bold, heavy = QFont(self.font()), digits(size * self.font().pointSizeF(), bold=True)
        bold.setPointSizeF(bold.pointSizeF() * size)
        bold.setBold(True)
        metrics, wide = QFontMetricsF(bold), QFontMetricsF(heavy)
        step = metrics.height()
        line = QRectF(room.left(), room.top(), room.width(), step)
        left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter

        # The value stands at the right edge of the picture, where that leaves room for the title.
        title, value = content.title, content.values[0]
        across = room.width() if beside else min(room.width(), float(self._picture.width()))
        for title, value in product((content.title, content.short), content.values):
            if metrics.horizontalAdvance(title) + wide.horizontalAdvance(value) + 10 <= across:
                break
        else:
            across = room.width()
        free = across - wide.horizontalAdvance(value) - 10
        title = metrics.elidedText(title, Qt.TextElideMode.ElideRight, free)
        painter.setFont(bold)
        painter.setPen(colours.colour("accent" if self._outlined else "text"))
        painter.drawText(line, left, title)
        painter.setFont(heavy)
        painter.setPen(colours.colour("text" if facts.sure else "muted"))
        indent = metrics.horizontalAdvance(title) + 10 if beside else 0.0
        place = QRectF(line.left() + indent, line.top(), across - indent, step)
        painter.drawText(place, left if beside else right, value)

        painter.setFont(digits(0.92 * size * self.font().pointSizeF()))
        metrics = QFontMetricsF(painter.font())
        figures, rows = _fitting(content.figures, metrics, room.width()), self._lines - 1
        words = _wrapped(facts.words, metrics, room.width(), lines=rows)
        # Words say what the figures do; without room for both they come first.
        lines = [(figures, "muted")] if figures and (len(words) < rows or rows == 1) else []
        lines += [(text, "text") for text in words[: rows - len(lines)]]
        for text, ink in lines:
            line.translate(0, step)
            painter.setPen(colours.colour(ink))
            painter.drawText(line, left, text)


_KEYS = {
    Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1,
    Qt.Key.Key_Return: 0, Qt.Key.Key_Enter: 0,
}  # fmt: skip


def figures(facts: StageFacts, *, words: int = 2) -> str:
    """How far the joint was moved and how spread the map is.

    Args:
        facts: Of a stage.
        words: 2 for `14 px · 6 % of torso · entropy 7.2 bits`, 1 without the word for the entropy,
            0 without that for the torso too.
    """
    parts = []
    if isfinite(facts.moved):
        moved = f"{facts.moved:.0f}" if facts.moved >= 9.5 else f"{facts.moved:.1f}"
        parts.append(f"{moved} px")
        if isfinite(facts.share):
            parts.append(f"{percent(facts.share / 100)} %{' of torso' if words else ''}")
    if isfinite(facts.error):
        parts.append(f"{facts.error:.1f} px {'from the truth' if words > 1 else 'off'}")
    if isfinite(facts.entropy):
        parts.append(f"{'entropy ' if words > 1 else ''}{facts.entropy:.1f} bits")
    return " · ".join(parts)


def signed(value: float) -> str:
    """A difference as tiles write it."""
    return f"{'+' if value > 0 else MINUS if value < 0 else ''}{number(abs(value))}"


def number(value: float) -> str:
    """A value as tiles write it; weights of attention are far below a hundredth."""
    size = abs(value)
    text = f"{size:.1g}" if 0 < size < 0.005 else f"{size:.2f}"
    return f"{MINUS}{text}" if value < 0 else text


def digits(points: float, *, bold: bool = False) -> QFont:
    """A font with figures of equal width, of so many points."""
    made = theme.digits(bold=bold)
    made.setPointSizeF(points)
    return made


def paint_marks(
    painter: QPainter, content: Content, *, size: tuple[int, int], points: float
) -> None:
    """Mark on a picture where the joint is, was, and truly is, and its rivals; on any thread.

    Args:
        painter: In logical pixels of the picture, clipped to it.
        content: What the tile shows.
        size: Width and height of the picture.
        points: Size of the tile's font.
    """
    facts, picture, (width, height) = content.facts, content.picture, size
    if picture.marks is not None:
        room = float(width), float(height)
        paint_lines(painter, picture.marks, corners=[[(0.0, 0.0)]], size=room)
    at, before, truth, *rivals = (
        None if spot is None else QPointF(spot[0] * width, spot[1] * height)
        for spot in content.spots
    )
    # On large pictures marks are larger too, but thin beside what they mark.
    scale = theme.scale() * min(max(width / theme.px(_USUAL), 1.0), 1.6)
    around = max(content.glow * width + 4.0, _NEAREST * theme.scale())
    around = min(around, _FARTHEST * scale, width / 5)
    strong = QColor(255, 255, 255) if facts.sure else QColor(205, 205, 205, 190)
    if at is not None and before is not None:
        _trail(painter, before, at, stop=around, scale=scale)
    if at is not None:
        arm = min(_ARM * scale, width / 14)
        wide = (1.6 if facts.sure else 1.1) * scale
        _ticks(painter, at, around, arm=arm, ink=strong, width=wide)
    if truth is not None:
        painter.setPen(QPen(QColor(*CASING), 1.2 * scale))
        painter.setBrush(QColor(*TRUTH))
        painter.drawEllipse(truth, 2.6 * scale, 2.6 * scale)
    painter.setFont(digits(0.8 * scale / theme.scale() * points))
    near = 12 * scale
    taken = [] if at is None else [QRectF(at.x() - near, at.y() - near, 2 * near, 2 * near)]
    # In a difference lies there what was taken away.
    for rival, place in zip(facts.rivals, rivals, strict=True):
        if place is not None and content.change is None:
            _ticks(
                painter, place, 5 * scale, arm=_SMALL_ARM * scale, ink=_RIVAL,
                width=1.1 * scale, turned=True,
            )  # fmt: skip
            _label(painter, place, number(rival.value), taken, scale=scale, room=size)


def _label(
    painter: QPainter,
    at: QPointF,
    text: str,
    taken: list[QRectF],
    *,
    scale: float,
    room: tuple[int, int],
) -> None:
    """Write beside a place where nothing else is written yet, or not at all."""
    metrics = QFontMetricsF(painter.font())
    wide, step = metrics.horizontalAdvance(text), metrics.height()
    aside, up = 10 * scale, 5 * scale
    for x, y in product((aside, -aside - wide), (-up, up + step)):
        place = at + QPointF(x, y)
        box = QRectF(place.x() - 3, place.y() - metrics.ascent() - 1, wide + 6, step + 2)
        if not any(box.intersects(other) for other in taken):
            taken.append(box)
            _write(painter, place, text, room=room)
            return


def _write(painter: QPainter, place: QPointF, text: str, *, room: tuple[int, int]) -> None:
    """Write on a picture of so much room, in white that stands out on anything, and inside it."""
    metrics = QFontMetricsF(painter.font())
    width = metrics.horizontalAdvance(text)
    place = QPointF(
        min(max(place.x(), 3.0), room[0] - width - 3.0),
        min(max(place.y(), metrics.ascent() + 2.0), room[1] - 3.0),
    )
    back = QRectF(place.x() - 3, place.y() - metrics.ascent() - 1, width + 6, metrics.height() + 2)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(0, 0, 0, 150))
    painter.drawRoundedRect(back, 3, 3)
    painter.setPen(QColor(255, 255, 255))
    painter.drawText(place, text)


def _fitting(texts: Sequence[str], metrics: QFontMetricsF, width: float) -> str:
    """The first text that fits; the last one with an ellipsis where none does."""
    for text in texts:
        if metrics.horizontalAdvance(text) <= width:
            return text
    return metrics.elidedText(texts[-1], Qt.TextElideMode.ElideRight, width)


def _wrapped(text: str, metrics: QFontMetricsF, width: float, *, lines: int) -> list[str]:
    """A text in at most so many lines, the last of which ends in an ellipsis if need be."""
    made: list[str] = []
    left = text.split()
    while left and len(made) < lines:
        if len(made) == lines - 1:
            made.append(metrics.elidedText(" ".join(left), Qt.TextElideMode.ElideRight, width))
            break
        count = 1
        while count < len(left) and metrics.horizontalAdvance(" ".join(left[: count + 1])) <= width:
            count += 1
        made.append(metrics.elidedText(" ".join(left[:count]), Qt.TextElideMode.ElideRight, width))
        left = left[count:]
    return made


def _ticks(
    painter: QPainter,
    at: QPointF,
    around: float,
    *,
    arm: float,
    ink: QColor,
    width: float,
    turned: bool = False,
) -> None:
    """Four ticks that point to a place from outside its glow; `turned` by an eighth."""
    ways = ((0.71, 0.71), (-0.71, 0.71), (-0.71, -0.71), (0.71, -0.71)) if turned else (
        (1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)
    )  # fmt: skip
    lines = [
        QLineF(at + QPointF(x, y) * around, at + QPointF(x, y) * (around + arm)) for x, y in ways
    ]
    for colour, wide in ((_CASING, width + 2.0 * theme.scale()), (ink, width)):
        pen = QPen(colour, wide)
        pen.setCapStyle(Qt.PenCapStyle.FlatCap if colour is ink else Qt.PenCapStyle.SquareCap)
        painter.setPen(pen)
        painter.drawLines(lines)


def _trail(painter: QPainter, before: QPointF, at: QPointF, *, stop: float, scale: float) -> None:
    """A line from where a joint was to the ticks around where it is; none where it is near."""
    way = QLineF(before, at)
    if way.length() <= stop + 4:
        return
    way.setLength(way.length() - stop)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    # Opaque, which a long line is drawn in a third of the time of a translucent one.
    for colour, width in ((QColor(*CASING), 2.6), (QColor(*GHOST), 1.3)):
        painter.setPen(QPen(colour, width * scale))
        painter.drawLine(way)
        painter.drawEllipse(before, 2.6 * scale, 2.6 * scale)
