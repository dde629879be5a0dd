"""Where we are, in figures: true time and frame number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from poseviewer.gui import theme
from poseviewer.gui.overlay_hud import clock

if TYPE_CHECKING:
    from poseviewer.runtime.state import SourceInfo


class Readout(QWidget):
    """Where we are: true time and frame number, in figures that do not dance."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Position")
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._parts: tuple[tuple[str, bool], ...] = ()
        self._width = 120
        self._brief = False
        self._shown: tuple[float, int, SourceInfo] | None = None

    def set_brief(self, brief: bool) -> None:
        """Leave out the totals where there is little room."""
        if brief != self._brief:
            self._brief = brief
            self._parts = ()
            self.updateGeometry()
            if self._shown is not None:
                self.show_place(seconds=self._shown[0], index=self._shown[1], source=self._shown[2])

    def show_place(self, *, seconds: float, index: int, source: SourceInfo) -> None:
        """Say which frame is shown and when it belongs."""
        self._shown = (seconds, index, source)
        full = bool(source.count) and not self._brief
        parts = [(clock(seconds), True)]
        if full:
            parts.append((f" / {clock(float(source.times[-1]))}", False))
        parts += [("   frame ", False), (str(index), True)]
        if full:
            parts.append((f" / {source.count - 1}", False))
        if tuple(parts) == self._parts:
            return
        self._parts = tuple(parts)
        self.setAccessibleDescription("".join(text for text, _ in parts))
        # Room for the longest this source can say, so that nothing beside it moves.
        longest = clock(float(source.times[-1])) if source.count else "0:00:00.000"
        number = source.count or 99999
        widest = f"{longest}   frame {number}"
        if full:
            widest += f" / {longest} / {number}"
        width = round(QFontMetricsF(theme.digits(bold=True)).horizontalAdvance(widest))
        if width != self._width:
            self._width = width
            self.updateGeometry()
        self.update()

    def clear(self) -> None:
        """Say nothing: nothing is open."""
        self._parts, self._shown = (), None
        self.setAccessibleDescription("")
        self.update()

    def sizeHint(self) -> QSize:
        """Enough for the longest text."""
        return QSize(self._width, 28)

    def minimumSizeHint(self) -> QSize:
        """The same: cutting off digits would lie."""
        return self.sizeHint()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Write the parts, what changes strong and the rest muted."""
        now = theme.current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(now.panel))
        x = 0.0
        for text, strong in self._parts:
            font = theme.digits(bold=strong)
            metrics = QFontMetricsF(font)
            painter.setFont(font)
            painter.setPen(QColor(now.text if strong else now.muted))
            baseline = (self.height() + metrics.ascent() - metrics.descent()) / 2
            painter.drawText(QPointF(x, baseline), text)
            x += metrics.horizontalAdvance(text)
        painter.end()
