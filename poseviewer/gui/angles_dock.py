"""The Joint angles dock: chosen angles over true time, with a cursor at the current frame."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from poseviewer.core.series import gap_limit
from poseviewer.gui.angle_list import AngleList, angle_pen
from poseviewer.gui.curves import degree_range, nearest, thin, trace
from poseviewer.gui.dock import Dock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray
    from PySide6.QtGui import QResizeEvent

    from poseviewer.core.look import Look
    from poseviewer.gui.angle_plot import AnglePlot
    from poseviewer.gui.bridge import Bridge
    from poseviewer.gui.curves import Curve
    from poseviewer.runtime.state import History, View

_LIST_WIDTH = 270
"""Logical pixels in which the longest name, its value and its arc fit."""

_LIST_LEAST = 250
"""Logical pixels in which the usual names fit."""

_BESIDE = 440
"""Width from which the list stands beside the plot."""

_STILL, _MOVING = 1.6, 1.0
"""Width of a curve; thin while it grows, because Qt draws one pixel five times as fast."""

_READABLE = 0.12
"""Seconds between two sets of figures while playing: faster ones nobody reads, and they cost
more than the curves."""

_SPANS = (5, 10, 30, 60)
"""Seconds of a live source that can be shown."""


class AnglesDock(Dock):
    """A live plot of joint angles; always the raw values."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(bridge, parent, title="Joint angles", name="angles_dock", pace=50)
        self._plot: AnglePlot | None = None
        self._drawn: tuple[object, ...] = ()
        self._told = 0.0
        self._fitted: tuple[object, ...] = ()
        self._times: NDArray[np.float64] = np.empty(0)
        self._numbers: NDArray[np.int64] = np.empty(0, np.int64)

        self.list = AngleList()
        self.list.chosen_changed.connect(self._redraw)
        self.list.arcs_changed.connect(lambda names: self.look_edited.emit({"arcs": names}))
        self._empty = QLabel()
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._empty.setForegroundRole(self._empty.palette().ColorRole.PlaceholderText)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.setMinimumSize(160, 100)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.addWidget(self._stack)
        self._splitter.addWidget(self.list)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setStretchFactor(1, 0)
        self._splitter.setSizes([400, _LIST_WIDTH])
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 6, 0, 0)
        column.setSpacing(4)
        column.addLayout(self._controls())
        column.addWidget(self._splitter, 1)
        self.setWidget(page)

    # -- what the window calls ------------------------------------------------------------

    @property
    def chosen(self) -> tuple[str, ...]:
        """Names of the angles plotted."""
        return self.list.chosen

    def choose(self, names: Iterable[str]) -> None:
        """Plot exactly these angles, as far as the model gives them."""
        self.list.choose(names)
        self._redraw()

    def show_look(self, look: Look) -> None:
        """Tick exactly the arcs that are drawn, without `look_edited`."""
        self.list.choose_arcs(look.arcs)

    def show_view(self, view: View) -> None:
        """Draw the history up to now and put the cursor at the current frame."""
        history = self.bridge.session.history()
        self.list.offer(history.specs)
        self._show_controls(view)
        self._times, self._numbers = history.seconds, history.index
        if not len(history.index):
            self._all.hide()
            self._empty.setText(_why_empty(view))
            self._stack.setCurrentIndex(0)
            self.list.show_values({})
            return
        plot = self._ready_plot()
        self._stack.setCurrentWidget(plot)
        seconds = _now(view, history)
        low, high = self._fit(view, history, plot)
        self._all.setVisible(bool(self._fitted) and (low, high) != self._fitted[1:])
        width = (_MOVING if _grows(view) else _STILL) * self.devicePixelRatioF()
        drawn = (history, self.list.chosen, low, high, plot.columns, width)
        if drawn != self._drawn:
            self._drawn = drawn
            self._draw(history, plot, low=low, high=high, width=width)
        plot.set_cursor(None if _runs_live(view) else seconds)
        now = monotonic()
        if not view.transport.playing or now - self._told >= _READABLE:
            self._told = now
            self.list.show_values(_values(history, view))

    # -- inside ---------------------------------------------------------------------------

    def _controls(self) -> QHBoxLayout:
        self._span = QComboBox()
        self._span.setAccessibleName("Seconds shown of a live source")
        self._span.setToolTip("How much of a live source the plot shows.")
        for seconds in _SPANS:
            self._span.addItem(f"last {seconds} s", seconds)
        self._span.setCurrentIndex(1)
        self._span.activated.connect(self._redraw)
        self._all = QPushButton("Whole clip")
        self._all.setAccessibleName("Show the whole clip")
        self._all.setToolTip("Show the whole clip again after zooming in.")
        self._all.clicked.connect(self._whole)
        self.analyse = QPushButton("Analyse clip")
        self.analyse.setAccessibleName("Analyse clip")
        self.analyse.setToolTip("Measure every frame of the clip in the background.")
        self.analyse.clicked.connect(lambda: self.bridge.session.analyse())
        self._note = QLabel()
        self._note.setForegroundRole(self._note.palette().ColorRole.PlaceholderText)
        self._note.setToolTip("The filter moves the skeleton on the frame, never these values.")
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 8, 0)
        for widget in (self._span, self._all, self.analyse):
            row.addWidget(widget)
        row.addWidget(self._note)
        row.addStretch(1)
        return row

    def _show_controls(self, view: View) -> None:
        clip = view.source is not None and not view.source.live
        self._span.setVisible(view.source is not None and view.source.live)
        self.analyse.setVisible(clip)
        progress = view.analysis
        running = progress is not None and not progress.finished
        if progress is not None and running:
            # Asked a second time, the session stops.
            self.analyse.setText(f"Stop ({progress.fraction:.0%})")
        else:
            self.analyse.setText("Analyse clip")
        self._note.setText("shown raw" if view.choices.smooth else "")

    def _ready_plot(self) -> AnglePlot:
        if self._plot is None:
            # Here, not at the top: pyqtgraph would delay the first paint of the window.
            from poseviewer.gui.angle_plot import AnglePlot

            self._plot = AnglePlot()
            self._plot.clicked.connect(self._go)
            self._plot.zoomed.connect(self._redraw)
            self._stack.addWidget(self._plot)
        return self._plot

    def _fit(self, view: View, history: History, plot: AnglePlot) -> tuple[float, float]:
        """The time range to show; that of a clip is the person's after the first time."""
        source = view.source
        if source is None or source.live:
            # Nothing was before the opening, so the first seconds grow into a standing frame.
            low = max(float(history.seconds[-1]) - float(self._span.currentData()), 0.0)
            high = low + float(self._span.currentData())
            self._fitted = ()
            plot.set_time_limits(-1e9, 1e9)
            plot.set_time_range(low, high)
            return low, high
        high = max(float(source.times[-1]), float(history.seconds[-1]), 0.1)
        fitted = (source, 0.0, high)
        if fitted != self._fitted:
            self._fitted = fitted
            plot.set_time_limits(0.0, high)
            plot.set_time_range(0.0, high)
        return plot.time_range

    def _draw(
        self, history: History, plot: AnglePlot, *, low: float, high: float, width: float
    ) -> None:
        # One point beyond each edge, so that strokes run out of the picture.
        start = max(int(np.searchsorted(history.seconds, low)) - 1, 0)
        end = int(np.searchsorted(history.seconds, high, side="right")) + 1
        seconds = history.seconds[start:end]
        limit = gap_limit(seconds)
        curves: dict[str, Curve] = {}
        for column, spec in enumerate(history.specs):
            if spec.name in self.list.chosen:
                degrees = history.degrees[start:end, column]
                curve = trace(seconds, degrees, limit=limit, period=spec.period)
                curves[spec.name] = thin(curve, columns=plot.columns)
        plot.show_curves(
            {name: (curve, angle_pen(name, width=width)) for name, curve in curves.items()}
        )
        plot.set_degree_range(*degree_range(list(curves.values())))

    def _redraw(self) -> None:
        self._drawn = ()
        if self.seen:
            self.show_view(self.bridge.session.view())

    def _whole(self) -> None:
        self._fitted = ()
        self._redraw()

    def _go(self, seconds: float) -> None:
        view = self.bridge.session.view()
        if view.source is not None and not view.source.live:
            self.seek_requested.emit(nearest(view.source.times, seconds))
        elif len(self._times):
            self.seek_requested.emit(int(self._numbers[nearest(self._times, seconds)]))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the list below the plot where there is no room beside it."""
        super().resizeEvent(event)
        narrow = event.size().width() < _BESIDE
        wanted = Qt.Orientation.Vertical if narrow else Qt.Orientation.Horizontal
        if self._splitter.orientation() != wanted:
            self._splitter.setOrientation(wanted)
            self._splitter.setSizes([300, 200] if narrow else [400, _LIST_WIDTH])
        room = max(round(event.size().width() * 0.45), _LIST_LEAST)
        if not narrow and self.list.width() > room:
            self._splitter.setSizes([event.size().width() - room, room])

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_stack"):
            self._redraw()


def _now(view: View, history: History) -> float:
    """The time of the frame that is shown, seconds since the first one."""
    source = view.source
    if source is not None and 0 <= view.transport.index < source.count:
        return float(source.times[view.transport.index])
    at = int(np.searchsorted(history.index, view.transport.index))
    return float(history.seconds[min(at, len(history.seconds) - 1)])


def _runs_live(view: View) -> bool:
    """Whether the newest value is the one that is seen."""
    live = view.source is not None and view.source.live
    return live and view.transport.playing and view.past is None


def _grows(view: View) -> bool:
    """Whether new values keep coming."""
    analysing = view.analysis is not None and not view.analysis.finished
    return view.transport.playing or analysing


def _values(history: History, view: View) -> dict[str, float]:
    """The raw degrees of every angle at the frame that is shown."""
    at = int(np.searchsorted(history.index, view.transport.index))
    if _runs_live(view):
        at = len(history.index) - 1
    elif at >= len(history.index) or history.index[at] != view.transport.index:
        return {}
    row = history.degrees[at]
    return {spec.name: float(row[n]) for n, spec in enumerate(history.specs)}


def _why_empty(view: View) -> str:
    if view.source is None:
        return "No angles yet: open a clip or a camera."
    if view.model is None:
        return "No angles yet: the network is being loaded."
    if view.source.live:
        return "No angles yet: waiting for a person."
    return "No angles yet: play, or Analyse clip."
