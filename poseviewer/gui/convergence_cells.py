"""How the table of the Convergence dock is painted: figures on their colour, names, trends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QEvent, QModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QHeaderView, QStyledItemDelegate, QStyleOptionViewItem, QTableView

from poseviewer.draw.colour import side_colour
from poseviewer.draw.paths import stage_colour
from poseviewer.gui import theme

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.gui.convergence_figures import Quantity
    from poseviewer.gui.grid_rows import Row

ROW_HEIGHT = 21
"""Logical pixels."""

_FLAT = 0.3
"""Change of colour over the stages that a trend needs to use its whole height."""

_HIT, _MISS = "✓", "✕"


@dataclass(frozen=True, slots=True, eq=False)
class Sheet:
    """What the table shows."""

    joints: tuple[str, ...]
    """The k joints."""

    stages: tuple[str, ...]
    """Names of the s stages."""

    values: NDArray[np.float64]
    """(s, k + 1): the mean of all joints, then each."""

    heat: NDArray[np.float64]
    """(s, k + 1) from 0, in full from 1, or NaN."""

    hits: NDArray[np.float64] | None
    """(s, k + 1) 1, 0 or NaN where it is judged whether joints were found."""

    sure: NDArray[np.bool_]
    """(k + 1,) whether the final answer passes the gate."""

    quantity: Quantity


class CellPainter(QStyledItemDelegate):
    """Paints names, figures on their colour, and the trend."""

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | Any
    ) -> None:
        """Paint one cell."""
        model: Any = index.model()
        sheet: Sheet | None = model.sheet
        if sheet is None:
            return
        view: Any = self.parent()
        chosen = index.row() == view.currentIndex().row()
        place = QRectF(option.rect)
        painter.save()
        if chosen:
            painter.fillRect(place, theme.current().colour("accent", 0.13))
        stage = index.column() - 1
        if stage < 0:
            self._name(painter, place, model.rows[index.row()], sheet, index.row(), chosen=chosen)
        elif stage == len(sheet.stages):
            self._trend(painter, place, sheet.heat[:, index.row()])
        else:
            self._figure(painter, place, sheet, stage, index.row())
        if index.row() == 0:
            painter.setPen(theme.current().colour("line"))
            painter.drawLine(place.bottomLeft(), place.bottomRight())
        painter.restore()

    def sizeHint(self, _option: QStyleOptionViewItem, _index: QModelIndex | Any) -> QSize:
        """As high as every row."""
        return QSize(30, ROW_HEIGHT)

    def _name(
        self, painter: QPainter, place: QRectF, row: Row, sheet: Sheet, number: int, *, chosen: bool
    ) -> None:
        colours = theme.current()
        if chosen:
            painter.fillRect(QRectF(place.left(), place.top(), 3, place.height()), colours.accent)
        if row.side != "middle":
            mark = QRectF(place.left() + 8, place.center().y() - 5, 3, 10)
            painter.fillRect(mark, QColor(*side_colour(row.side)))
        name = "text" if sheet.sure[number] else "disabled"
        painter.setPen(colours.colour(name))
        room = place.adjusted(17, 0, -2, 0)
        metrics = painter.fontMetrics()
        text = metrics.elidedText(row.label, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, Qt.AlignmentFlag.AlignVCenter, text)

    def _figure(self, painter: QPainter, place: QRectF, sheet: Sheet, stage: int, row: int) -> None:
        colours = theme.current()
        warmth = sheet.heat[stage, row]
        if np.isfinite(warmth):
            tile = place.adjusted(1, 1, -1, -1)
            painter.fillRect(tile, colours.colour("accent", 0.04 + 0.52 * min(float(warmth), 1.0)))
        painter.setFont(theme.digits())
        painter.setPen(colours.colour("text" if sheet.sure[row] else "muted"))
        room = place.adjusted(3, 0, -5, 0)
        align = Qt.AlignmentFlag.AlignVCenter
        text = sheet.quantity.text(sheet.values[stage, row])
        painter.drawText(room, align | Qt.AlignmentFlag.AlignRight, text)
        hit = np.nan if sheet.hits is None else sheet.hits[stage, row]
        if np.isfinite(hit) and row > 0:
            painter.setPen(colours.colour("muted" if hit else "error"))
            painter.drawText(room, align | Qt.AlignmentFlag.AlignLeft, _HIT if hit else _MISS)

    def _trend(self, painter: QPainter, place: QRectF, warmth: NDArray[np.float64]) -> None:
        box = place.adjusted(8, 4, -8, -4)
        count = len(warmth)
        found = np.flatnonzero(np.isfinite(warmth)).tolist()
        if not found:
            return
        # Each row on its own scale, but what hardly changes stays flat.
        low, high = float(warmth[found].min()), float(warmth[found].max())
        share = (warmth - low) / max(high - low, _FLAT)
        points = [
            QPointF(
                box.left() + box.width() * at / max(count - 1, 1),
                box.bottom() - box.height() * float(share[at]),
            )
            for at in found
        ]
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(theme.current().colour("muted"), 1.2))
        painter.drawPolyline(QPolygonF(points))
        painter.setPen(Qt.PenStyle.NoPen)
        for at, point in zip(found, points, strict=True):
            painter.setBrush(QColor(*stage_colour(at, count)))
            painter.drawEllipse(point, 1.9, 1.9)


class StageHeader(QHeaderView):
    """Stages with the dot of their colour."""

    def __init__(self, parent: QTableView) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setSectionsClickable(False)
        self.setMinimumSectionSize(24)
        self.setFixedHeight(24)

    def paintSection(self, painter: QPainter, rect: Any, logical: int) -> None:
        """Paint the name of one column."""
        model = self.model()
        count = model.columnCount() - 2
        colours = theme.current()
        painter.fillRect(rect, colours.colour("panel"))
        place = QRectF(rect)
        painter.setPen(colours.colour("line"))
        painter.drawLine(place.bottomLeft() - QPointF(0, 1), place.bottomRight() - QPointF(0, 1))
        painter.setPen(colours.colour("muted"))
        text = str(model.headerData(logical, Qt.Orientation.Horizontal) or "")
        stage = logical - 1
        align = Qt.AlignmentFlag.AlignVCenter
        if not 0 <= stage < count:
            side = Qt.AlignmentFlag.AlignLeft if stage < 0 else Qt.AlignmentFlag.AlignHCenter
            painter.drawText(place.adjusted(17 if stage < 0 else 0, 0, 0, 0), align | side, text)
            return
        room = place.adjusted(14, 0, -5, 0)
        if painter.fontMetrics().horizontalAdvance(text) > room.width():
            # Of `stage 3` the number is what tells.
            text = text.rsplit(" ", 1)[-1]
        painter.drawText(room, align | Qt.AlignmentFlag.AlignRight, text)
        left = room.right() - painter.fontMetrics().horizontalAdvance(text) - 8
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(*stage_colour(stage, count)))
        painter.drawEllipse(QPointF(left, place.center().y()), 3.2, 3.2)
        painter.restore()

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.viewport().update()
