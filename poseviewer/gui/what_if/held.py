"""How many joints each stage still has where they were, as a bar a stage."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QFontMetricsF, QPainter
from PySide6.QtWidgets import QSizePolicy, QWidget

from poseviewer.gui import theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent

_BAR = 8
"""Logical pixels that a bar is high."""


class HeldBars(QWidget):
    """A bar a stage: full as far as joints are held, with a mark of the clean frame's."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName("Joints that each stage still has")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._names: tuple[str, ...] = ()
        self._counts: tuple[int, ...] = ()
        self._clean: tuple[int, ...] = ()
        self._all = 0

    def show_counts(
        self, names: Sequence[str], counts: Sequence[int], clean: Sequence[int], *, count: int
    ) -> None:
        """Show joints held, of `count`, by stage: of the spoilt frame and of the clean one."""
        shown = tuple(names), tuple(counts), tuple(clean), count
        if shown == (self._names, self._counts, self._clean, self._all):
            return
        self._names, self._counts, self._clean, self._all = shown
        self.setAccessibleDescription(
            ", ".join(f"{name}: {now} of {count}" for name, now in zip(names, counts, strict=True))
        )
        self.update()

    @property
    def counts(self) -> tuple[int, ...]:
        """Joints held, by stage."""
        return self._counts

    def sizeHint(self) -> QSize:
        """Two lines: names with numbers, and bars."""
        return QSize(200, round(QFontMetricsF(self.font()).height()) + theme.px(_BAR + 8))

    def minimumSizeHint(self) -> QSize:
        """As narrow as the dock is."""
        return QSize(60, self.sizeHint().height())

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw names, numbers and bars."""
        painter, colours = QPainter(self), theme.current()
        if not self._names or not self._all:
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        metrics = QFontMetricsF(self.font())
        gap, bar = theme.px(8), theme.px(_BAR)
        wide = (self.width() - gap * (len(self._names) - 1)) / len(self._names)
        top = metrics.height() + theme.px(3)
        each = zip(self._names, self._counts, self._clean, strict=True)
        for at, (name, now, clean) in enumerate(each):
            left = at * (wide + gap)
            number = str(now)
            room = wide - metrics.horizontalAdvance(number) - theme.px(6)
            place = QRectF(left, 0, wide, metrics.height())
            painter.setPen(colours.colour("muted"))
            short = metrics.elidedText(name, Qt.TextElideMode.ElideRight, max(room, 0.0))
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft, short)
            painter.setPen(colours.colour("text"))
            painter.drawText(place, Qt.AlignmentFlag.AlignRight, number)
            painter.setPen(Qt.PenStyle.NoPen)
            for name_, share in (("line", 1.0), ("accent", now / self._all)):
                painter.setBrush(colours.colour(name_))
                painter.drawRoundedRect(QRectF(left, top, wide * share, bar), bar / 2, bar / 2)
            painter.setBrush(colours.colour("text"))
            mark = left + wide * clean / self._all
            painter.drawRect(QRectF(mark - 1, top - theme.px(2), 2, bar + theme.px(4)))
