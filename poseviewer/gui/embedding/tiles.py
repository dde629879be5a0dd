"""Rows of small figures: the frames most alike, and poses with their views exchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QHelpEvent, QImage, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from poseviewer.draw.captions import clock
from poseviewer.gui import theme
from poseviewer.gui.embedding.figure import paint_figure, paint_joints
from poseviewer.gui.plain import plain_tip
from poseviewer.gui.widgets import takes_key

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.runtime.pose_crops import PoseCrop
    from poseviewer.runtime.similar_poses import Match

_GAP = 6

_KEYS = {
    Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Return: 0, Qt.Key.Key_Enter: 0,
}  # fmt: skip


class MatchRow(QWidget):
    """The frames with the most alike poses; a click goes to one.

    Each is the person in the frame with the skeleton, or the skeleton alone where there is no
    picture.
    """

    chosen = Signal(object)
    """The match that was clicked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._matches: tuple[Match, ...] = ()
        self._crops: tuple[PoseCrop | None, ...] = ()
        self._at = 0
        """The tile that keys go to."""
        self.setAccessibleName("Frames with alike poses")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setToolTip(
            "The frames whose poses are most alike to the one on screen, at other moments. The "
            "number is the cosine between their codes, 1 where they are equal. Click to go there."
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 64)
        self.setMaximumHeight(theme.px(200))

    @property
    def matches(self) -> tuple[Match, ...]:
        """What is shown, the likest first."""
        return self._matches

    def sizeHint(self) -> QSize:
        """As high as a picture with two lines of text."""
        return QSize(320, theme.px(130))

    @property
    def pictures(self) -> tuple[bool, ...]:
        """Which of them are shown with their picture."""
        return tuple(crop is not None for crop in self._crops)

    def show_matches(self, matches: tuple[Match, ...], crops: tuple[PoseCrop | None, ...]) -> None:
        """Show other frames.

        Args:
            matches: The frames.
            crops: The person in each; None where there is no picture.
        """
        self._matches, self._crops = matches, crops
        self._turn_to(self._at)

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
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.setFont(theme.digits(8.5))
        metrics = painter.fontMetrics()
        line, letters = metrics.height(), metrics.horizontalAdvance("0:00.000") + 2
        for number, (match, crop) in enumerate(zip(self._matches, self._crops, strict=True)):
            area = self.area(number)
            marked = self.hasFocus() and number == self._at
            painter.setPen(QPen(colours.colour("accent"), 1.5) if marked else Qt.PenStyle.NoPen)
            painter.setBrush(colours.colour("canvas"))
            painter.drawRoundedRect(area.adjusted(1, 1, -1, -1) if marked else area, 4, 4)
            inside = area.adjusted(4, 4, -4, -4)
            # Beside the picture where that leaves more of it than below.
            beside = min(inside.width() - letters - 6, inside.height())
            if beside >= min(inside.width(), inside.height() - 2 * line):
                picture = QRectF(inside.left(), inside.top(), beside, inside.height())
                text = inside.adjusted(beside + 6, 0, 0, 0)
                first, second = Qt.AlignmentFlag.AlignVCenter, Qt.AlignmentFlag.AlignVCenter
                upper, lower = text.adjusted(0, -line, 0, 0), text.adjusted(0, line, 0, 0)
            else:
                picture = inside.adjusted(0, 0, 0, -2 * line - 2)
                upper = lower = inside.adjusted(0, inside.height() - 2 * line, 0, 0)
                first = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop
                second = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom
            if crop is None:
                paint_figure(painter, picture, match.clip.limbs[match.row])
            else:
                _paint_crop(painter, picture, crop, match.clip.places[match.row])
            painter.setPen(colours.colour("text"))
            painter.drawText(upper, first, f"{match.likeness:.2f}")
            where = clock(float(match.clip.seconds[match.row])) if match.here else match.clip.name
            painter.setPen(colours.colour("muted" if match.here else "accent"))
            fitting = metrics.elidedText(where, Qt.TextElideMode.ElideMiddle, int(lower.width()))
            painter.drawText(lower, second, fitting)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a tile."""
        match = self._match_at(event.position())
        if match is not None:
            self.chosen.emit(match)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to the next tile with an arrow; choose it with Return."""
        step = _KEYS.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        elif step:
            self._turn_to(self._at + step)
        elif self._matches:
            self.chosen.emit(self._matches[self._at])

    def _turn_to(self, number: int) -> None:
        self._at = min(max(number, 0), max(len(self._matches) - 1, 0))
        chosen = self._matches[self._at : self._at + 1]
        self.setAccessibleDescription("".join(map(_named, chosen)))
        self.update()

    def event(self, event: QEvent) -> bool:
        """Say which frame a tile under a resting pointer is; keep its keys from the window's."""
        if takes_key(event, _KEYS):
            return True
        if isinstance(event, QHelpEvent):
            QToolTip.showText(event.globalPos(), plain_tip(self.tip(QPointF(event.pos()))), self)
            return True
        return super().event(event)

    def tip(self, place: QPointF) -> str:
        """What is said of a place."""
        match = self._match_at(place)
        if match is None:
            return self.toolTip()
        return f"{_named(match)}: {self.toolTip()}"

    def _match_at(self, place: QPointF) -> Match | None:
        for number, match in enumerate(self._matches):
            if self.area(number).contains(place):
                return match
        return None


def _named(match: Match) -> str:
    """Which frame of which clip it is."""
    return f"{match.clip.name}, frame {match.frame}, {clock(float(match.clip.seconds[match.row]))}"


def _paint_crop(
    painter: QPainter, area: QRectF, crop: PoseCrop, joints: NDArray[np.float32]
) -> None:
    """Paint a person with the skeleton into the middle of an area."""
    side = min(area.width(), area.height())
    part, square = crop.part, crop.square
    scale = side / square.width
    left, top = area.center().x() - side / 2, area.center().y() - side / 2
    height, width = crop.pixels.shape[:2]
    image = QImage(crop.pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    place = QRectF(part.x - square.x, part.y - square.y, part.width, part.height)
    painter.save()
    painter.translate(left, top)
    painter.scale(scale, scale)
    painter.drawImage(place, image)
    painter.restore()
    at = np.array((left, top)) + (joints - (square.x, square.y)) * scale
    paint_joints(painter, at, width=max(side / 50, 1.2), over=True)


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
