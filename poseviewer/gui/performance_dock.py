"""The Performance dock: rates, age, drops and the time of each step of a frame."""

from __future__ import annotations

from collections import deque
from statistics import median
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QGridLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from poseviewer.gui import theme
from poseviewer.gui.plain import Label, plain_tip
from poseviewer.gui.window.dock import Dock

if TYPE_CHECKING:
    from poseviewer.core.result import FrameResult
    from poseviewer.gui.bridge import Bridge
    from poseviewer.runtime.state import AppState, ResultKey

_REMEMBERED = 30
"""Results whose median is shown, so that the figures can be read while they change."""

_FIGURES = (
    ("source", "Source", "Frames per second from the source."),
    ("inference", "Network", "Frames per second that are analysed."),
    ("age", "Age", "Median time from the capture of a frame to its published result."),
    ("network", "Network time", "Median time inside the network alone."),
    ("drops", "Dropped", "Frames replaced by a newer one before the network was free."),
)

_HOPS = {
    "capture": "Taking the frame from the device or decoding it.",
    "decode": "Decoding the frame from its container.",
    "crop": "Cutting the region out and resampling it to the network's input.",
    "network": "The network, every stage.",
    "codec": "Turning belief maps into joints.",
    "angles": "Measuring the joint angles.",
}


class PerformanceDock(Dock):
    """Rates, and the time that each step of a frame takes."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(
            bridge,
            parent,
            title="Performance",
            name="performance_dock",
            pace=200,
            purpose="The time that each step takes appears here",
        )
        self._key: ResultKey | None = None
        self._last: FrameResult | None = None
        self._past: dict[str, deque[float]] = {}
        self._rows: dict[str, tuple[_Bar, QLabel]] = {}

        page = QWidget()
        column = QVBoxLayout(page)
        figures = QGridLayout()
        figures.setHorizontalSpacing(16)
        figures.setColumnStretch(1, 1)
        self._figures = {}
        for row, (key, title, tip) in enumerate(_FIGURES):
            name, value = _quiet(title), _copyable(f"{title}: not measured yet")
            value.setText("—")
            for label in (name, value):
                label.setToolTip(plain_tip(tip))
            figures.addWidget(name, row, 0)
            figures.addWidget(value, row, 1)
            self._figures[key] = value
        column.addLayout(figures)

        self._heading = _quiet("Time of each step")
        self._heading.setContentsMargins(0, 10, 0, 0)
        column.addWidget(self._heading)
        self._hops = QGridLayout()
        self._hops.setHorizontalSpacing(10)
        self._hops.setColumnStretch(1, 1)
        column.addLayout(self._hops)
        self.copy_button = QPushButton("Copy figures")
        self.copy_button.setToolTip("Copy all figures as text, to paste into a report.")
        self.copy_button.setAccessibleName("Copy figures")
        self.copy_button.clicked.connect(self.copy)
        column.addSpacing(8)
        column.addWidget(self.copy_button, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)

        scroll = QScrollArea(widgetResizable=True)
        scroll.setAccessibleName("Figures of speed")
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setWidget(page)
        self.setWidget(self.holder(scroll))

    def show_source(self) -> None:
        """Drop the times of another source."""
        self._past.clear()

    def draw(self, state: AppState) -> None:
        """Show the figures of `state` and the median hops of the results seen."""
        stats = state.stats
        shown = {
            "source": f"{stats.source_rate:.1f} fps" if stats.source_rate else "—",
            "inference": f"{stats.inference_rate:.1f} fps" if stats.inference_rate else "—",
            "age": _milliseconds(stats.age) if stats.age else "—",
            "network": _milliseconds(stats.network) if stats.network else "—",
            "drops": f"{stats.drops}" if state.source and state.source.live else "—",
        }
        for key, title, _ in _FIGURES:
            if self._figures[key].text() != shown[key]:
                self._figures[key].setText(shown[key])
                self._figures[key].setAccessibleName(f"{title}: {shown[key]}")
        answer = state.answer
        if answer is None or answer.key != self._key:
            # Times of another network or region are no part of the same median.
            self._key = None if answer is None else answer.key
            self.show_source()
        if state.result is not None and state.result is not self._last:
            self._remember(state.result)

    def text(self) -> str:
        """Every figure, one a line."""
        lines = [f"{title}: {self._figures[key].text()}" for key, title, _ in _FIGURES]
        lines += [f"{hop}: {value.text()}" for hop, (_, value) in self._rows.items()]
        return "\n".join(lines)

    def copy(self) -> None:
        """Put every figure on the clipboard."""
        QGuiApplication.clipboard().setText(self.text())

    def _remember(self, result: FrameResult) -> None:
        self._last = result
        for hop, seconds in result.timings.items():
            self._past.setdefault(hop, deque(maxlen=_REMEMBERED)).append(seconds)
        medians = {hop: median(past) for hop, past in self._past.items()}
        longest = max(medians.values(), default=0.0)
        for hop in {**self._rows, **medians}:
            if hop not in self._rows:
                self._add_row(hop)
            bar, value = self._rows[hop]
            seconds = medians.get(hop, 0.0)
            bar.set_share(seconds / longest if longest else 0.0)
            value.setText(_milliseconds(seconds) if hop in medians else "—")
            value.setAccessibleName(f"{hop}: {value.text()}")

    def _add_row(self, hop: str) -> None:
        row = len(self._rows)
        name, bar, value = _quiet(hop), _Bar(), _copyable(hop)
        value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        for column, widget in enumerate((name, bar, value)):
            widget.setToolTip(plain_tip(_HOPS.get(hop, hop)))
            self._hops.addWidget(widget, row, column)
        self._rows[hop] = bar, value


class _Bar(QWidget):
    """A horizontal bar from 0 to 1."""

    def __init__(self) -> None:
        super().__init__()
        self._share = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(80, 12)

    def set_share(self, share: float) -> None:
        """Fill `share` of the length, 0 to 1."""
        if abs(share - self._share) > 0.002:
            self._share = share
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        body = self.rect().adjusted(0, 3, 0, -3)
        colours = theme.current()
        painter.setBrush(colours.colour("text", 0.10))
        painter.drawRoundedRect(body, 3, 3)
        if self._share > 0:
            body.setWidth(max(round(body.width() * self._share), 3))
            painter.setBrush(colours.colour("accent"))
            painter.drawRoundedRect(body, 3, 3)


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 0.1 else f"{seconds * 1000:.0f} ms"


def _quiet(text: str) -> QLabel:
    label = Label(text)
    label.setForegroundRole(label.palette().ColorRole.PlaceholderText)
    return label


def _copyable(name: str) -> QLabel:
    label = Label()
    label.setFont(theme.digits())
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    label.setAccessibleName(name)
    return label
