"""Bodies in space side by side, turned together with the mouse or the arrow keys."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from poseviewer.draw.colour import MIDDLE, TRUTH, mixed
from poseviewer.draw.scene import bone_colour
from poseviewer.draw.space import ABOVE, BELOW, WIDE, Eye, camera_mark, floor_of, grid
from poseviewer.gui import theme
from poseviewer.gui.plain import plain_tip
from poseviewer.gui.widgets import takes_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent

    from poseviewer.core.skeleton import Skeleton

TILTS = (-20.0, 90.0)
"""Degrees above the floor from which bodies can be seen, the lowest and the highest."""

_PER_PIXEL = 0.5
"""Degrees that a body turns while the mouse goes one logical pixel."""

_STEP = 15.0
"""Degrees of an arrow key."""

_WAYS: dict[Qt.Key, tuple[float, float] | None] = {
    Qt.Key.Key_Left: (-_STEP, 0.0),
    Qt.Key.Key_Right: (_STEP, 0.0),
    Qt.Key.Key_Up: (0.0, _STEP),
    Qt.Key.Key_Down: (0.0, -_STEP),
    Qt.Key.Key_Home: None,
}
"""By how much a key turns, about the upright and above the floor; None for back to the usual."""

_HEAD = 40
"""Room above a body for its title and figure, logical pixels."""

_NEAR = 12.0
"""Logical pixels within which a joint is under the pointer."""


_DARKER = {MIDDLE: 0.55, TRUTH: 0.45}
"""Share of black in colours that a light canvas swallows."""


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """One body with its title."""

    title: str
    figure: str
    """Below the title, such as how far it lies from the ground truth; may be empty."""

    places: NDArray[np.float64]
    """(k, 3) as `runtime.depth.InSpace` has them."""

    skeleton: Skeleton
    true: bool = False
    """Whether it is the ground truth."""


class SpaceView(QWidget):
    """Panels that share one direction of view."""

    turned = Signal(float, float)
    """Degrees about the vertical and above the floor that a person has asked for."""

    reset = Signal()
    """A person has asked for the usual direction of view."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._panels: tuple[Panel, ...] = ()
        self._eye = Eye(0.0, 0.0)
        self._from: QPointF | None = None
        self.setAccessibleName("Body in space")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(160, 120)

    def sizeHint(self) -> QSize:
        """Room for two bodies."""
        return QSize(480, 320)

    @property
    def panels(self) -> tuple[Panel, ...]:
        """What is shown."""
        return self._panels

    def show_panels(self, panels: Sequence[Panel], *, eye: Eye) -> None:
        """Show bodies as they are seen from a direction."""
        self._panels, self._eye = tuple(panels), eye
        titles = "; ".join(f"{one.title} {one.figure}".strip() for one in panels)
        self.setAccessibleDescription(titles)
        self.update()

    # -- turning ------------------------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the bodies."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._from = event.position()
            self.setCursor(Qt.CursorShape.ClosedHandCursor)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Turn the bodies with the mouse."""
        if self._from is None or not event.buttons() & Qt.MouseButton.LeftButton:
            return
        way = event.position() - self._from
        self._from = event.position()
        self._turn(-way.x() * _PER_PIXEL, way.y() * _PER_PIXEL)

    def mouseReleaseEvent(self, _event: QMouseEvent) -> None:
        """Let the bodies go."""
        self._from = None
        self.setCursor(Qt.CursorShape.OpenHandCursor)

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Look from the usual direction again."""
        self.reset.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Turn by the arrow keys; Home looks from the usual direction again."""
        key = Qt.Key(event.key())
        if key not in _WAYS:
            super().keyPressEvent(event)
        elif (way := _WAYS[key]) is None:
            self.reset.emit()
        else:
            self._turn(*way)

    def _turn(self, about: float, above: float) -> None:
        turn = (self._eye.turn + about + 180) % 360 - 180
        tilt = min(max(self._eye.tilt + above, TILTS[0]), TILTS[1])
        # At once, as the dock draws no state so soon after another.
        self._eye = Eye(turn, tilt)
        self.update()
        self.turned.emit(turn, tilt)

    def event(self, event: QEvent) -> bool:
        """Say where the joint under a resting pointer is; keep its keys from the window's."""
        if takes_key(event, _WAYS):
            return True
        if isinstance(event, QHelpEvent):
            tip = self.tip(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), plain_tip(tip), self)
            return True
        return super().event(event)

    def tip(self, place: QPointF) -> str:
        """What is said of a place in the view."""
        for panel, room in zip(self._panels, self._rooms(), strict=True):
            at, _ = self._seen(panel.places, room)
            apart = np.linalg.norm(at - (place.x(), place.y()), axis=1)
            if not np.isfinite(apart).any() or np.nanmin(apart) > _NEAR:
                continue
            joint = int(np.nanargmin(apart))
            x, y, z = panel.places[joint].tolist()
            name = panel.skeleton.joints[joint].replace("_", " ")
            return (
                f"{name}: {abs(x):.2f} m {'right' if x >= 0 else 'left'}, {abs(y):.2f} m "
                f"{'below' if y >= 0 else 'above'} the hips, {abs(z):.2f} m "
                f"{'away from' if z >= 0 else 'towards'} the camera"
            )
        return "Drag to turn, double-click to look from the usual direction again."

    # -- painting -----------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint every panel."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme.current().colour("canvas"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for panel, room in zip(self._panels, self._rooms(), strict=True):
            painter.save()
            painter.setClipRect(room)
            self._paint(painter, panel, room)
            painter.restore()
        if self.hasFocus():
            painter.setPen(theme.current().colour("accent"))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _rooms(self) -> list[QRectF]:
        """Where each panel is painted: beside or below each other, whichever is larger."""
        count = max(len(self._panels), 1)
        width, height = float(self.width()), float(self.height())
        beside = min(width / count, height - theme.px(_HEAD))
        below = min(width, height / count - theme.px(_HEAD))
        if beside >= below:
            each = width / count
            return [QRectF(at * each, 0, each, height) for at in range(len(self._panels))]
        each = height / count
        return [QRectF(0, at * each, width, each) for at in range(len(self._panels))]

    def _seen(
        self, places: NDArray[np.floating], room: QRectF
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        head = theme.px(_HEAD)
        high = max(room.height() - head, 20.0)
        scale = min(room.width() / WIDE, high / (ABOVE + BELOW))
        middle = room.center().x(), room.top() + head + high * ABOVE / (ABOVE + BELOW)
        return self._eye.seen(places, scale=scale, middle=middle)

    def _paint(self, painter: QPainter, panel: Panel, room: QRectF) -> None:
        floor = floor_of(panel.places)
        self._paint_floor(painter, floor, room)
        self._paint_body(painter, panel, floor, room)
        colours = theme.current()
        text = room.adjusted(theme.px(10), theme.px(6), -theme.px(10), 0)
        painter.setFont(theme.digits(bold=True))
        painter.setPen(colours.colour("text"))
        metrics = painter.fontMetrics()
        right = Qt.TextElideMode.ElideRight
        painter.drawText(
            text,
            Qt.AlignmentFlag.AlignLeft,
            metrics.elidedText(panel.title, right, int(text.width())),
        )
        painter.setFont(theme.digits(8.5))
        painter.setPen(colours.colour("muted"))
        text.setTop(text.top() + metrics.height())
        figure = painter.fontMetrics().elidedText(panel.figure, right, int(text.width()))
        painter.drawText(text, Qt.AlignmentFlag.AlignLeft, figure)

    def _paint_floor(self, painter: QPainter, floor: float, room: QRectF) -> None:
        colours = theme.current()
        lines, _ = self._seen(grid(floor), room)
        for at, ((x, y), (u, v)) in enumerate(lines.tolist()):
            rim = at >= len(lines) - 4
            painter.setPen(QPen(colours.colour("muted", 0.55 if rim else 0.28), 1.0))
            painter.drawLine(QLineF(x, y, u, v))
        mark, _ = self._seen(camera_mark(floor), room)
        painter.setPen(QPen(colours.colour("muted"), 1.6))
        painter.drawPolyline(QPolygonF([QPointF(x, y) for x, y in mark.tolist()]))
        painter.setFont(theme.digits(8))
        x, y = mark[[0, 2]].mean(axis=0).tolist()
        word = QRectF(x - 40, y + 1, 80, theme.px(15))
        painter.drawText(word, Qt.AlignmentFlag.AlignHCenter, "camera")

    def _paint_body(self, painter: QPainter, panel: Panel, floor: float, room: QRectF) -> None:
        colours, places = theme.current(), panel.places
        at, near = self._seen(places, room)
        shadow, _ = self._seen(np.where([False, True, False], floor, places), room)
        there = np.asarray(np.isfinite(places).all(axis=1))
        bones = [(a, b) for a, b in _bones(panel.skeleton) if there[a] and there[b]]
        painter.setPen(QPen(colours.colour("muted", 0.25), 2.0))
        for a, b in bones:
            painter.drawLine(QPointF(*shadow[a]), QPointF(*shadow[b]))
        size = theme.scale() * max(min(room.width(), room.height()) / 320.0, 0.7)
        # Those far away first, so that what is near covers them.
        for a, b in sorted(bones, key=lambda bone: float(near[list(bone)].mean())):
            closer = float(np.clip((near[a] + near[b]) / 2, -0.6, 0.6)) / 0.6
            colour = TRUTH if panel.true else bone_colour(panel.skeleton, (a, b))
            pen = QPen(_on_canvas(colour, closer), (3.4 + 1.4 * closer) * size)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.drawLine(QPointF(*at[a]), QPointF(*at[b]))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colours.colour("text"))
        for joint in np.flatnonzero(there).tolist():
            painter.drawEllipse(QPointF(*at[joint]), 1.7 * size, 1.7 * size)
        painter.setBrush(Qt.BrushStyle.NoBrush)


@cache
def _bones(skeleton: Skeleton) -> tuple[tuple[int, int], ...]:
    """The bones, and bars across shoulders and hips, without which a trunk has no depth."""
    bars = (("left_shoulder", "right_shoulder"), ("left_hip", "right_hip"))
    across = [(skeleton.index(a), skeleton.index(b)) for a, b in bars if skeleton.has(a, b)]
    return (*skeleton.bones, *(bar for bar in across if bar not in skeleton.bones))


def _on_canvas(colour: tuple[int, int, int], closer: float) -> QColor:
    """A colour as it is on the canvas: darker on a light one, and paler far away (-1) than near."""
    colours = theme.current()
    if not colours.dark:
        colour = mixed(colour, (0, 0, 0), _DARKER.get(colour, 0.2))
    back = QColor(colours.canvas)
    share = 0.25 - 0.25 * closer
    return QColor(*mixed(colour, (back.red(), back.green(), back.blue()), max(share, 0.0)))
