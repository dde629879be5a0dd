"""A veil over the contents of a dock while they are out of date."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QElapsedTimer, QEvent, QObject, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QWidget

from poseviewer.gui import theme

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent

DELAY = 70
"""Milliseconds until it shows, so that a step that is answered at once does not flicker."""

PATIENCE = 400
"""The same while one answer follows the other, so that fast steps do not flicker."""

_AT_ONCE = 600
"""Milliseconds after an answer within which the next one is expected just as soon."""


class Veil(QWidget):
    """Dims the widget beneath and says what it shows; passes mouse events on."""

    def __init__(self, over: QWidget) -> None:
        super().__init__(over)
        self._over = over
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.setAccessibleName("What is shown is not up to date")
        self._text = ""
        self._answered = QElapsedTimer()
        self._delay = QTimer(self, singleShot=True)
        self._delay.timeout.connect(self._appear)
        over.installEventFilter(self)
        self.hide()

    @property
    def text(self) -> str:
        """The text of the veil; empty while it is hidden."""
        return self._text

    def say(self, text: str, *, patient: bool = False) -> None:
        """Cover the widget with `text` on a label; an empty text hides the veil at once.

        Args:
            text: What it says.
            patient: Whether the answer may come as soon as the one before it did.
        """
        if text == self._text:
            return
        self._text = text
        self.setAccessibleDescription(text)
        if not text:
            self._delay.stop()
            self._answered.start()
            self.hide()
        elif self.isVisible():
            self.update()
        elif not self._delay.isActive():
            soon = self._answered.isValid() and self._answered.elapsed() < _AT_ONCE
            self._delay.start(PATIENCE if patient and soon else DELAY)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Stay as large as the widget beneath."""
        if event.type() == QEvent.Type.Resize:
            self.setGeometry(self._over.rect())
        return super().eventFilter(watched, event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Dim everything, and write the label at the top."""
        now = theme.current()
        painter = QPainter(self)
        shade = QColor(now.panel)
        shade.setAlpha(165)
        painter.fillRect(self.rect(), shade)
        metrics = QFontMetricsF(self.font())
        width = min(metrics.horizontalAdvance(self._text) + 24, self.width() - 8.0)
        chip = QRectF((self.width() - width) / 2, 10, width, metrics.height() + 10)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QColor(now.muted))
        painter.setBrush(QColor(now.panel))
        painter.drawRoundedRect(chip, 6, 6)
        painter.setPen(QColor(now.text))
        text = metrics.elidedText(self._text, Qt.TextElideMode.ElideRight, width - 16)
        painter.drawText(chip, Qt.AlignmentFlag.AlignCenter, text)
        painter.end()

    def _appear(self) -> None:
        self.setGeometry(self._over.rect())
        self.show()
        self.raise_()
