"""How alike the poses of every two frames are, as a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QLineF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from poseviewer.draw.colour import lut
from poseviewer.gui import theme

if TYPE_CHECKING:
    from poseviewer.runtime.similar_poses import PoseMap


class LikenessMatrix(QWidget):
    """A square whose rows and columns are frames; a click goes to the frame of the column."""

    clicked = Signal(int)
    """The number of the frame of the column that was clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._map: PoseMap | None = None
        self._picture: QImage | None = None
        self._frame = -1
        self.setAccessibleName("Likeness of every two frames")
        self.setToolTip(
            "Row and column are frames, light where their poses are alike. A movement that is "
            "repeated gives stripes beside the diagonal. Click to go to the frame of a column."
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(70, 70)

    def sizeHint(self) -> QSize:
        """Square."""
        return QSize(240, 240)

    def show_poses(self, poses: PoseMap, *, frame: int) -> None:
        """Show the poses of a clip, and which of them is on screen."""
        if poses is not self._map:
            self._map = poses
            # Most poses of a clip are somewhat alike: the differences are in the upper half.
            low = float(np.quantile(poses.matrix, 0.05))
            span = max(255.0 - low, 1.0)
            shade = np.clip((poses.matrix - low) / span * 255, 0, 255).astype(np.uint8)
            colours = np.ascontiguousarray(lut("magma")[shade])
            side = len(shade)
            self._picture = QImage(
                colours.data, side, side, 3 * side, QImage.Format.Format_RGB888
            ).copy()
        self._frame = frame
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the matrix, and lines at the frame on screen."""
        colours = theme.current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), colours.colour("canvas"))
        if self._picture is None or self._map is None:
            return
        area = self._area()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.drawImage(area, self._picture)
        if self._map.clip.row(self._frame) is not None:
            place = float(np.searchsorted(self._map.clip.index[self._map.rows], self._frame))
            at = min(place + 0.5, len(self._map.rows) - 0.5) / len(self._map.rows) * area.width()
            painter.setPen(QPen(colours.colour("mark"), 1.2))
            painter.drawLine(QLineF(area.left() + at, area.top(), area.left() + at, area.bottom()))
            painter.drawLine(QLineF(area.left(), area.top() + at, area.right(), area.top() + at))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go to the frame of a column."""
        self._go(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Follow the pointer while its button is held."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go(event)

    def _go(self, event: QMouseEvent) -> None:
        area = self._area()
        if self._map is None or not area.contains(event.position()):
            return
        share = (event.position().x() - area.left()) / area.width()
        row = self._map.rows[min(int(share * len(self._map.rows)), len(self._map.rows) - 1)]
        self.clicked.emit(int(self._map.clip.index[row]))

    def _area(self) -> QRectF:
        side = min(self.width(), self.height()) - 8.0
        return QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side)
