"""Belief maps on four pictures, a column a stage, at one moment of a training run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from poseviewer.draw.colour import alpha_curve, lut
from poseviewer.gui import theme

if TYPE_CHECKING:
    from numpy.typing import NDArray

_GAP = 4


class MapsView(QWidget):
    """The pictures in rows, the stages in columns."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._titles: tuple[str, ...] = ()
        self._tiles: list[list[QImage]] = []
        self.setAccessibleName("Maps on four pictures")
        self.setToolTip("The highest belief of any joint at each place, on four mannequins.")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(200, 200)

    def sizeHint(self) -> QSize:
        """Large."""
        return QSize(520, 420)

    def show_maps(
        self,
        titles: tuple[str, ...],
        pictures: NDArray[np.uint8],
        beliefs: NDArray[np.uint8] | None,
    ) -> None:
        """Show the maps of a moment.

        Args:
            titles: Of the stages.
            pictures: (n, h, w, 3) RGB.
            beliefs: (n, stages, h, w); None before the first moment.
        """
        self._titles = titles
        self._tiles = []
        for row, picture in enumerate(pictures):
            grey = picture @ np.array([0.3, 0.59, 0.11]) * 0.45
            base = np.repeat(grey[..., None], 3, axis=-1)
            self._tiles.append(
                [
                    _tile(base, None if beliefs is None else beliefs[row, stage])
                    for stage in range(len(titles))
                ]
            )
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint titles and tiles, as large as they fit."""
        colours = theme.current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), colours.colour("canvas"))
        if not self._tiles:
            return
        painter.setFont(theme.digits(8.5))
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        top = painter.fontMetrics().height() + 6
        rows, columns = len(self._tiles), len(self._titles)
        side = min(
            (self.width() - _GAP) / columns - _GAP, (self.height() - top - _GAP) / rows - _GAP
        )
        left = (self.width() - columns * (side + _GAP) + _GAP) / 2
        for column, title in enumerate(self._titles):
            x = left + column * (side + _GAP)
            painter.setPen(colours.colour("muted"))
            shown = painter.fontMetrics().elidedText(title, Qt.TextElideMode.ElideRight, int(side))
            painter.drawText(QRectF(x, 0, side, top), Qt.AlignmentFlag.AlignCenter, shown)
            for row, tiles in enumerate(self._tiles):
                painter.drawImage(QRectF(x, top + row * (side + _GAP), side, side), tiles[column])


def _tile(base: NDArray[np.float64], belief: NDArray[np.uint8] | None) -> QImage:
    height, width = base.shape[:2]
    mixed = base
    if belief is not None:
        spread = QImage(
            np.ascontiguousarray(belief).data, belief.shape[1], belief.shape[0],
            belief.shape[1], QImage.Format.Format_Grayscale8,
        ).scaled(
            width, height, Qt.AspectRatioMode.IgnoreAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )  # fmt: skip
        spread = spread.convertToFormat(QImage.Format.Format_Grayscale8)
        level = np.frombuffer(spread.constBits(), np.uint8).reshape(height, -1)[:, :width]
        share = alpha_curve()[level][..., None]
        mixed = base * (1 - share) + lut("inferno")[level] * share
    pixels = np.ascontiguousarray(np.clip(mixed, 0, 255).astype(np.uint8))
    return QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888).copy()
