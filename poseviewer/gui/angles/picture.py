"""The plot of angles as an image of its own, with title, legend and caption."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter

from poseviewer.gui import theme
from poseviewer.gui.angles.list import angle_pen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtWidgets import QWidget

_MARGIN, _LINE, _STROKE, _GAP = 14.0, 20.0, 26.0, 18.0


def plot_picture(plot: QWidget, *, title: str, names: Sequence[str], caption: str) -> QImage:
    """The plot as an image, with its title, its legend and its caption.

    Args:
        plot: The widget.
        title: Of what, such as the clip's name.
        names: The angles shown, for the legend.
        caption: How they are drawn, such as with which filter.
    """
    colours = theme.current()
    ratio = plot.devicePixelRatioF()
    width = plot.width() + 2 * _MARGIN
    font = plot.font()
    rows = _legend_rows(names, room=width - 2 * _MARGIN, metrics=QFontMetricsF(font))
    top = _MARGIN + _LINE * (1 + len(rows)) + 4
    # A caption as long as the filter's name may take two lines.
    height = top + plot.height() + 2 * _LINE + _MARGIN
    image = QImage(round(width * ratio), round(height * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(colours.colour("canvas"))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(font)
    painter.setPen(colours.colour("text"))
    left = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    line = QRectF(_MARGIN, _MARGIN, width - 2 * _MARGIN, _LINE)
    painter.drawText(line, left, title)
    for row in rows:
        line.translate(0, _LINE)
        for x, name in row:
            painter.setPen(angle_pen(name, width=2.0))
            middle = line.center().y()
            painter.drawLine(
                round(_MARGIN + x), round(middle), round(_MARGIN + x + _STROKE - 8), round(middle)
            )
            painter.setPen(colours.colour("text"))
            painter.drawText(line.adjusted(x + _STROKE, 0, 0, 0), left, name)
    painter.drawPixmap(QPointF(_MARGIN, top), plot.grab())
    painter.setPen(colours.colour("muted"))
    below = QRectF(_MARGIN, top + plot.height() + 4, width - 2 * _MARGIN, 2 * _LINE)
    painter.drawText(below, int(Qt.TextFlag.TextWordWrap), caption)
    painter.end()
    return image


def _legend_rows(
    names: Sequence[str], *, room: float, metrics: QFontMetricsF
) -> list[list[tuple[float, str]]]:
    """Where each name begins in its row."""
    rows: list[list[tuple[float, str]]] = [[]]
    x = 0.0
    for name in names:
        wide = _STROKE + metrics.horizontalAdvance(name)
        if rows[-1] and x + wide > room:
            rows.append([])
            x = 0.0
        rows[-1].append((x, name))
        x += wide + _GAP
    return rows
