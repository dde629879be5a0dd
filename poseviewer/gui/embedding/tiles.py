"""Rows of small figures: the frames most alike, and poses with their views exchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from poseviewer.draw.captions import clock
from poseviewer.gui import theme
from poseviewer.gui.embedding.figure import paint_figure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from poseviewer.runtime.similar_poses import Match

_GAP = 6


class MatchRow(QWidget):
    """The frames with the most alike poses, as figures; a click goes to one."""

    chosen = Signal(object)
    """The match that was clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._matches: tuple[Match, ...] = ()
        self.setAccessibleName("Frames with alike poses")
        self.setToolTip(
            "The frames whose poses are most alike to the one on screen, at other moments. The "
            "number is the cosine between their codes, 1 where they are equal. Click to go there."
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setMinimumSize(120, 64)
        self.setMaximumHeight(theme.px(112))

    @property
    def matches(self) -> tuple[Match, ...]:
        """What is shown, the likest first."""
        return self._matches

    def sizeHint(self) -> QSize:
        """As high as a figure with two lines of text."""
        return QSize(320, theme.px(112))

    def show_matches(self, matches: tuple[Match, ...]) -> None:
        """Show other frames."""
        self._matches = matches
        self.update()

    def area(self, number: int) -> QRectF:
        """Where a tile is, logical pixels."""
        count = max(len(self._matches), 1)
        width = (self.width() - _GAP * (count - 1)) / count
        return QRectF(number * (width + _GAP), 0, width, self.height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the tiles."""
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.digits(8.5))
        line = painter.fontMetrics().height()
        for number, match in enumerate(self._matches):
            area = self.area(number)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colours.colour("canvas"))
            painter.drawRoundedRect(area, 4, 4)
            above = area.adjusted(4, 4, -4, -2 * line - 4)
            paint_figure(painter, above, match.clip.limbs[match.row])
            where = clock(float(match.clip.seconds[match.row])) if match.here else match.clip.name
            middle, muted = Qt.AlignmentFlag.AlignHCenter, colours.colour("muted")
            lower = area.adjusted(4, area.height() - 2 * line - 2, -4, -2)
            painter.setPen(colours.colour("text"))
            painter.drawText(lower, middle | Qt.AlignmentFlag.AlignTop, f"{match.likeness:.2f}")
            painter.setPen(muted if match.here else colours.colour("accent"))
            fitting = painter.fontMetrics().elidedText(
                where, Qt.TextElideMode.ElideMiddle, int(lower.width())
            )
            painter.drawText(lower, middle | Qt.AlignmentFlag.AlignBottom, fitting)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a tile."""
        for number, match in enumerate(self._matches):
            if self.area(number).contains(event.position()):
                self.chosen.emit(match)


class ExchangeGrid(QWidget):
    """Two poses from two views and one between."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.drawn: NDArray[np.float32] | None = None
        """What is shown: (2, 3, 14, 2) joints."""
        self.setAccessibleName("Poses with their views exchanged")
        self.setToolTip(
            "Drawn from codes alone: each row is one pose, each column one view. Top left and "
            "bottom right are the two frames as the network understood them."
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(150, 80)

    def show_figures(self, drawn: NDArray[np.float32] | None) -> None:
        """Show (2, 3, 14, 2) joints, as `PoseMap.exchange` gives them."""
        self.drawn = drawn
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint headers and figures."""
        colours = theme.current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.digits(8.5))
        top = painter.fontMetrics().height() + 4
        left = painter.fontMetrics().horizontalAdvance("Pose A") + 8
        width = (self.width() - left - 2 * _GAP) / 3
        height = (self.height() - top - _GAP) / 2
        painter.setPen(colours.colour("muted"))
        for column, title in enumerate(("View A", "between", "View B")):
            where = QRectF(left + column * (width + _GAP), 0, width, top)
            painter.drawText(where, Qt.AlignmentFlag.AlignCenter, title)
        for row, title in enumerate(("Pose A", "Pose B")):
            where = QRectF(0, top + row * (height + _GAP), left, height)
            painter.setPen(colours.colour("muted"))
            painter.drawText(where, Qt.AlignmentFlag.AlignVCenter, title)
            for column in range(3):
                area = QRectF(
                    left + column * (width + _GAP), top + row * (height + _GAP), width, height
                )
                own = (row, column) in ((0, 0), (1, 2))
                pen = QPen(colours.colour("accent")) if own else Qt.PenStyle.NoPen
                painter.setPen(pen)
                painter.setBrush(colours.colour("canvas"))
                painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
                if self.drawn is not None:
                    paint_figure(painter, area.adjusted(4, 4, -4, -4), self.drawn[row, column])
