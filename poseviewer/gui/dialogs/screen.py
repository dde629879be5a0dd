"""The dialog that chooses a part of the screen, in numbers or by dragging over it."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from poseviewer.gui.plain import Label, allow, plain_tip

LEAST = 16
"""Pixels that a part has at least, in width and height."""


class RegionPicker(QWidget):
    """A dark window over one screen; dragging over it chooses a part."""

    picked = Signal(QRect)
    """In points of the screen it lies on, from its top left corner."""

    def __init__(self, over: QRect) -> None:
        super().__init__(
            None,
            Qt.WindowType.FramelessWindowHint
            | Qt.WindowType.WindowStaysOnTopHint
            | Qt.WindowType.Tool,
        )
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName("Choose a part of the screen")
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setGeometry(over)
        self._start: QPoint | None = None
        self._part = QRect()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin the rectangle."""
        self._start = event.position().toPoint()
        self._part = QRect()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Resize the rectangle."""
        if self._start is not None:
            self._part = QRect(self._start, event.position().toPoint()).normalized()
            self._part = self._part.intersected(self.rect())
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Emit the rectangle, unless it is too small."""
        self.mouseMoveEvent(event)
        if min(self._part.width(), self._part.height()) >= LEAST:
            self.picked.emit(self._part)
        self.close()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Cancel on Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Darken all but the rectangle, and write the instruction."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(10, 12, 16, 130))
        if self._part.isEmpty():
            painter.setPen(QColor("#ffffff"))
            text = "Drag over the part to analyse. Esc cancels."
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, text)
        else:
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
            painter.fillRect(self._part, Qt.GlobalColor.transparent)
            painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_SourceOver)
            painter.setPen(QPen(QColor("#4db2ff"), 2))
            painter.drawRect(self._part)
        painter.end()


class ScreenDialog(QDialog):
    """Asks which part of the screen to open."""

    chosen = Signal(str)
    """The location, such as `screen:100,80,640,480@30`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Open screen")
        self.setMinimumWidth(400)
        self._picker: RegionPicker | None = None
        screen = QGuiApplication.primaryScreen()
        ratio = screen.devicePixelRatio()
        size = screen.geometry().size() * ratio
        self.whole = QCheckBox("The whole screen", self)
        self.whole.setToolTip("Instead of a part of it")
        self.left, self.top, self.wide, self.high = (
            self._number(name, most, value)
            for name, most, value in (
                ("Left", 32767, 0),
                ("Top", 32767, 0),
                ("Width", 32767, min(1280, size.width())),
                ("Height", 32767, min(720, size.height())),
            )
        )
        for box in (self.wide, self.high):
            box.setMinimum(LEAST)
        self.rate = self._number("Frames per second", 240, 30)
        self.rate.setMinimum(1)
        self.drag = QPushButton("Drag over the screen…", self)
        self.drag.setToolTip("Choose the part with the pointer")
        self.drag.setAutoDefault(False)
        self.drag.clicked.connect(self._pick)
        self.whole.toggled.connect(self._enable)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Open | QDialogButtonBox.StandardButton.Cancel, self
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form = QFormLayout()
        form.setVerticalSpacing(10)
        form.addRow("", self.whole)
        form.addRow("Left, top", _row(self.left, self.top))
        form.addRow("Width, height", _row(self.wide, self.high))
        form.addRow("", self.drag)
        form.addRow("Frames per second", _row(self.rate))
        note = Label("In pixels of the screen, from its top left corner.", self)
        note.setProperty("muted", True)
        column = QVBoxLayout(self)
        column.setContentsMargins(18, 18, 18, 14)
        column.setSpacing(14)
        column.addLayout(form)
        column.addWidget(note)
        column.addWidget(buttons)

    def location(self) -> str:
        """What to open."""
        part = ",".join(str(box.value()) for box in (self.left, self.top, self.wide, self.high))
        return f"screen:{'' if self.whole.isChecked() else part}@{self.rate.value()}"

    def accept(self) -> None:
        """Emit the choice."""
        super().accept()
        self.chosen.emit(self.location())

    def done(self, result: int) -> None:
        """Close the picker."""
        if self._picker is not None:
            self._picker.close()
        super().done(result)

    def take(self, part: QRect) -> None:
        """Write a dragged part, in points, as pixels of the whole screen."""
        screen = self.screen()
        ratio, corner = screen.devicePixelRatio(), screen.geometry().topLeft()
        for box, value in (
            (self.left, part.x() + corner.x()),
            (self.top, part.y() + corner.y()),
            (self.wide, part.width()),
            (self.high, part.height()),
        ):
            box.setValue(round(value * ratio))

    def _pick(self) -> None:
        self._picker = RegionPicker(self.screen().geometry())
        self._picker.picked.connect(self.take)
        self._picker.destroyed.connect(self._forget)
        self._picker.show()
        self._picker.activateWindow()

    def _forget(self) -> None:
        self._picker = None

    def _enable(self, whole: bool) -> None:
        for control in (self.left, self.top, self.wide, self.high, self.drag):
            allow(control, not whole, why_not="the whole screen is analysed")

    def _number(self, name: str, most: int, value: int) -> QSpinBox:
        made = QSpinBox(self)
        made.setRange(0, most)
        made.setValue(value)
        made.setAccessibleName(name)
        made.setToolTip(plain_tip(name))
        made.lineEdit().setTextMargins(6, 0, 0, 0)
        return made


def _row(*boxes: QSpinBox) -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    for box in boxes:
        row.addWidget(box)
    row.addStretch(1)
    return row
