"""The Joint angles dock: chosen angles over true time, with a cursor at the current frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtWidgets import (
    QLabel,
    QScrollArea,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from poseviewer.gui.angles.controls import AngleControls
from poseviewer.gui.angles.curves import (
    angle_curves,
    grows,
    nearest,
    now,
    runs_live,
    values,
    why_empty,
)
from poseviewer.gui.angles.filter_dialog import filter_in_force
from poseviewer.gui.angles.list import AngleList
from poseviewer.gui.window.dock import Dock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray
    from PySide6.QtGui import QResizeEvent

    from poseviewer.core.filters import Filter
    from poseviewer.core.look import Look
    from poseviewer.gui.angles.plot import AnglePlot
    from poseviewer.gui.bridge import Bridge
    from poseviewer.runtime.state import History, View

_LIST_WIDTH = 270
"""Logical pixels in which the longest name, its value and its arc fit."""

_LIST_LEAST = 250
"""Logical pixels in which the usual names fit."""

_BESIDE = 440
"""Width from which the list stands beside the plot."""

_STILL, _MOVING = 1.6, 1.0
"""Width of a curve; thin while it grows, because Qt draws one pixel five times as fast."""

_READABLE = 120
"""Milliseconds between two sets of figures while playing: faster ones nobody reads, and they cost
more than the curves."""


class AnglesDock(Dock):
    """A live plot of joint angles: raw, and bold what a filter makes of them."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(bridge, parent, title="Joint angles", name="angles_dock", pace=50)
        self._plot: AnglePlot | None = None
        self._drawn: tuple[object, ...] = ()
        self._untold = False
        self._pause = QTimer(self, singleShot=True, interval=_READABLE)
        self._pause.timeout.connect(self._tell)
        self._fitted: tuple[object, ...] = ()
        self._held: History | None = None
        self._times: NDArray[np.float64] = np.empty(0)
        self._numbers: NDArray[np.int64] = np.empty(0, np.int64)

        self.list = AngleList()
        self.list.chosen_changed.connect(self._redraw)
        self.list.arcs_changed.connect(lambda names: self.look_edited.emit({"arcs": names}))
        self.controls = AngleControls()
        self.controls.changed.connect(self._redraw)
        self.controls.whole_asked.connect(self._whole)
        self.controls.analyse_asked.connect(lambda: self.bridge.session.analyse())
        self._lay_out()

    # -- what the window calls ------------------------------------------------------------

    @property
    def chosen(self) -> tuple[str, ...]:
        """Names of the angles plotted."""
        return self.list.chosen

    @property
    def plot(self) -> AnglePlot | None:
        """The plot, once there was something to plot."""
        return self._plot

    def choose(self, names: Iterable[str]) -> None:
        """Plot exactly these angles, as far as the model gives them."""
        self.list.choose(names)
        self._redraw()

    def show_look(self, look: Look) -> None:
        """Tick exactly the arcs that are drawn, without `look_edited`."""
        self.list.choose_arcs(look.arcs)

    def show_view(self, view: View) -> None:
        """Draw the history up to now and put the cursor at the current frame."""
        newest = self.bridge.session.history()
        history = self._standing(view, newest)
        self.list.offer(newest.specs)
        by, refusal = filter_in_force(view.choices, history.seconds)
        self._say(view, by, refusal)
        self._times, self._numbers = history.seconds, history.index
        if not len(history.index):
            self.controls.show_view(view, zoomed=False)
            self._empty.setText(why_empty(view))
            self._stack.setCurrentWidget(self._empty)
            self._untold = False
            self.list.show_values({})
            return
        plot = self._ready_plot()
        self._stack.setCurrentWidget(self._scroll)
        seconds = now(view, history)
        low, high = self._fit(view, history, plot)
        zoomed = bool(self._fitted) and (low, high) != self._fitted[1:]
        self.controls.show_view(view, zoomed=zoomed)
        width = (_MOVING if grows(view) and self._held is None else _STILL) * self._ratio
        drawn = (history, self.list.chosen, low, high, plot.columns, plot.height(), width, by)
        if drawn != self._drawn:
            self._drawn = drawn
            self._draw(history, plot, by=by, width=width)
        moves = runs_live(view) and self._held is None
        plot.set_cursor(None if moves else seconds)
        self._untold = True
        if not (view.transport.playing and self._pause.isActive()):
            self._tell()

    @property
    def radians(self) -> bool:
        """Whether values are shown in radians instead of degrees."""
        return self.controls.radians.isChecked()

    def shown_range(self) -> tuple[float, float]:
        """The first and last second in the plot."""
        return self._plot.time_range if self._plot is not None else (0.0, 0.0)

    def large_plot(self) -> AnglePlot:
        """What the plot shows, without the cursor, as large as a page: for a picture."""
        from poseviewer.gui.angles.plot import AnglePlot

        view, history = self.bridge.session.view(), self.history()
        large = AnglePlot()
        large.resize(1200, 420 if self.controls.arrangement == "one" else 900)
        large.grab()  # lays it out without showing it
        large.set_time_range(*self.shown_range())
        by, _ = filter_in_force(view.choices, history.seconds)
        for _ in range(2):  # a second time when the panes have their heights
            self._draw(history, large, by=by, width=_STILL)
            large.grab()
        return large

    def history(self) -> History:
        """What is plotted: everything measured, or what was when the plot was held."""
        return self._held or self.bridge.session.history()

    # -- inside ---------------------------------------------------------------------------

    def _lay_out(self) -> None:
        self._empty = QLabel()
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._empty.setForegroundRole(self._empty.palette().ColorRole.PlaceholderText)
        # Many panes are higher than the dock; the plot keeps the wheel for itself.
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self._scroll)
        self._stack.setMinimumSize(160, 100)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.addWidget(self._stack)
        self._splitter.addWidget(self.list)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setStretchFactor(1, 0)
        self._splitter.setSizes([400, _LIST_WIDTH])
        self.caption = QLabel()
        self.caption.setAccessibleName("How the curves are drawn")
        self.caption.setForegroundRole(self.caption.palette().ColorRole.PlaceholderText)
        self.caption.setWordWrap(True)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 6, 0, 4)
        column.setSpacing(4)
        column.addWidget(self.controls)
        column.addWidget(self._splitter, 1)
        column.addWidget(self.caption)
        self.setWidget(page)

    @property
    def _ratio(self) -> float:
        return self.devicePixelRatioF()

    def _standing(self, view: View, newest: History) -> History:
        """The history to plot: the newest, or the one that was held."""
        live = view.source is not None and view.source.live
        if not (live and self.controls.hold.isChecked()):
            self._held = None
            if not live and self.controls.hold.isChecked():
                self.controls.hold.setChecked(False)
            return newest
        if self._held is None or self._held.specs != newest.specs:
            self._held = newest
        return self._held

    def _say(self, view: View, by: Filter, refusal: str) -> None:
        """Write below the plot how it is drawn, and above it which way the person faces."""
        text = refusal or ("Raw values" if by.idle else f"Thin: raw. Bold: {by.title}")
        if view.choices.smooth:
            text += " · the live filter moves only the skeleton"
        if text != self.caption.text():
            self.caption.setText(text)
        self.controls.show_facing(view)

    def _tell(self) -> None:
        """Show the newest figures, where that has not been done."""
        if self._untold and self.seen:
            self._untold = False
            newest = values(self.bridge.session.history(), self.bridge.session.view())
            self.list.show_values(newest, radians=self.radians)
            self._pause.start()

    def _ready_plot(self) -> AnglePlot:
        if self._plot is None:
            # Here, not at the top: pyqtgraph would delay the first paint of the window.
            from poseviewer.gui.angles.plot import AnglePlot

            self._plot = AnglePlot()
            self._plot.clicked.connect(self._go)
            self._plot.zoomed.connect(self._redraw)
            self._scroll.setWidget(self._plot)
        return self._plot

    def _fit(self, view: View, history: History, plot: AnglePlot) -> tuple[float, float]:
        """The time range to show; that of a clip is the person's after the first time."""
        source = view.source
        if source is None or source.live:
            # Nothing was before the opening, so the first seconds grow into a standing frame.
            span = self.controls.seconds
            low = max(float(history.seconds[-1]) - span, 0.0)
            high = low + span
            if view.past is not None:
                # All that one can go back to, or the marker would run out of the picture.
                low = min(low, float(view.past.seconds[0]))
            if self._held is not None:
                return self._fit_once((self._held, 0.0, high), (low, high), plot)
            self._fitted = ()
            plot.set_time_limits(-1e9, 1e9)
            plot.set_time_range(low, high)
            return low, high
        high = max(float(source.times[-1]), float(history.seconds[-1]), 0.1)
        return self._fit_once((source, 0.0, high), (0.0, high), plot)

    def _fit_once(
        self, limits: tuple[object, float, float], shown: tuple[float, float], plot: AnglePlot
    ) -> tuple[float, float]:
        """Show a range the first time that something stands in the plot; then it is theirs."""
        if limits != self._fitted:
            self._fitted = limits
            plot.set_time_limits(*limits[1:])
            plot.set_time_range(*shown)
        return plot.time_range

    def _draw(self, history: History, plot: AnglePlot, *, by: Filter, width: float) -> None:
        from poseviewer.gui.angles.plot import panes_of

        low, high = plot.time_range
        curves = angle_curves(
            history, self.list.chosen, by=by, low=low, high=high, columns=plot.columns
        )
        arrangement = self.controls.arrangement
        panes = panes_of(curves, arrangement, width=width, ratio=self._ratio)
        plot.show_panes(panes, radians=self.radians)

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
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "caption"):
            self._redraw()
