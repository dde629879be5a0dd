"""The poses of a clip as points on a plane, joined in the order of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from poseviewer.draw.colour import lut
from poseviewer.gui import theme

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PySide6.QtGui import QResizeEvent

    from poseviewer.runtime.similar_poses import PoseMap

_MARGIN = 18
_REACH = 24.0
"""Logical pixels from the pointer within which a point is meant."""

_LONGEST = 0.5
"""Seconds between two frames that are still joined."""


class PoseMapView(QWidget):
    """Each frame a point, coloured by time; a click goes to the nearest one."""

    clicked = Signal(int)
    """The number of the frame that was clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._map: PoseMap | None = None
        self._frame = -1
        self._matches: tuple[int, ...] = ()
        self._drawn: QPixmap | None = None
        self.setAccessibleName("Map of poses")
        self.setToolTip(
            "Each point is a frame: the nearer two are, the more alike the poses, from whatever "
            "side they are seen. A movement that is repeated is a loop. Click to go to a frame."
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 70)

    def sizeHint(self) -> QSize:
        """About square."""
        return QSize(280, 240)

    def show_poses(self, poses: PoseMap, *, frame: int, matches: tuple[int, ...]) -> None:
        """Show the poses of a clip.

        Args:
            poses: All of them.
            frame: The one on screen.
            matches: Frames of this clip that are most alike.
        """
        if poses is not self._map:
            self._map, self._drawn = poses, None
        self._frame, self._matches = frame, matches
        self.update()

    def place(self, frame: int) -> QPointF | None:
        """Where the point of a frame is; None where it has none."""
        row = None if self._map is None else self._map.clip.row(frame)
        if self._map is None or row is None:
            return None
        x, y = self._places()[row].tolist()
        return QPointF(x, y)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the way of the pose, then the frame on screen and those like it."""
        colours = theme.current()
        if self._drawn is None:
            self._drawn = self._painted()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._drawn)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(colours.colour("mark"), 2))
        for frame in self._matches:
            if (at := self.place(frame)) is not None:
                painter.drawEllipse(at, 6.0, 6.0)
        if (at := self.place(self._frame)) is not None:
            painter.setPen(QPen(colours.colour("canvas"), 2))
            painter.setBrush(colours.colour("text"))
            painter.drawEllipse(at, 6.5, 6.5)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the frame of the nearest point."""
        self._go(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the pointer while its button is held."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Paint the points anew."""
        super().resizeEvent(event)
        self._drawn = None

    def forget_colours(self) -> None:
        """Paint the points anew, in the colours of another theme."""
        self._drawn = None
        self.update()

    def _go(self, event: QMouseEvent) -> None:
        if self._map is None or event.button() == Qt.MouseButton.RightButton:
            return
        pointer = event.position()
        apart = np.hypot(*(self._places() - (pointer.x(), pointer.y())).T)
        nearest = int(apart.argmin())
        if apart[nearest] <= _REACH:
            self.clicked.emit(int(self._map.clip.index[nearest]))

    def _places(self) -> NDArray[np.float64]:
        assert self._map is not None
        half = np.array([self.width(), self.height()]) / 2
        return half + self._map.plane * np.maximum(half - theme.px(_MARGIN), 1.0) * (1, -1)

    def _painted(self) -> QPixmap:
        colours = theme.current()
        ratio = self.devicePixelRatioF()
        drawn = QPixmap((QSize(self.width(), self.height()).toSizeF() * ratio).toSize())
        drawn.setDevicePixelRatio(ratio)
        drawn.fill(colours.colour("canvas"))
        if self._map is None:
            return drawn
        painter = QPainter(drawn)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        seconds, places = self._map.clip.seconds, self._places()
        table = lut("viridis")
        span = max(float(np.ptp(seconds)), 1e-6)
        # The darkest part of the table is left out on a dark canvas, the lightest on a light one.
        low, high = (70, 255) if colours.dark else (0, 200)
        shades = (low + (seconds - seconds[0]) / span * (high - low)).astype(int)
        points = [QPointF(x, y) for x, y in places.tolist()]
        for row in range(1, len(points)):
            if seconds[row] - seconds[row - 1] <= _LONGEST:
                colour = QColor(*table[shades[row]].tolist())
                colour.setAlphaF(0.55)
                painter.setPen(QPen(colour, 1.2))
                painter.drawLine(QLineF(points[row - 1], points[row]))
        painter.setPen(Qt.PenStyle.NoPen)
        for point, shade in zip(points, shades.tolist(), strict=True):
            painter.setBrush(QColor(*table[shade].tolist()))
            painter.drawEllipse(point, 2.4, 2.4)
        self._paint_legend(painter, table[low:high])
        painter.end()
        return drawn

    def _paint_legend(self, painter: QPainter, shades: NDArray[np.uint8]) -> None:
        """A strip from the first to the last second."""
        assert self._map is not None
        width, height = theme.px(90), theme.px(5)
        painter.setFont(theme.digits(8))
        metrics = painter.fontMetrics()
        left, bottom = theme.px(8), self.height() - theme.px(8)
        first, last = (f"{self._map.clip.seconds[end]:.1f} s" for end in (0, -1))
        painter.setPen(theme.current().colour("muted"))
        painter.drawText(left, bottom, first)
        at = left + metrics.horizontalAdvance(first) + theme.px(6)
        for column in range(width):
            shade = shades[column * (len(shades) - 1) // max(width - 1, 1)]
            part = QRectF(at + column, bottom - height - 1, 1, height)
            painter.fillRect(part, QColor(*shade.tolist()))
        painter.drawText(at + width + theme.px(6), bottom, last)
