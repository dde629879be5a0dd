"""The Joint angles dock: chosen angles over true time, with a cursor at the current frame."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite, isnan, nan
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtWidgets import QScrollArea, QSplitter, QVBoxLayout, QWidget

from poseviewer.core.filters import RAW
from poseviewer.draw.colour import angle_rgb
from poseviewer.draw.primitives import design_scale
from poseviewer.draw.trail import trail_items
from poseviewer.gui import theme
from poseviewer.gui.angles.controls import AngleControls
from poseviewer.gui.angles.curves import (
    grows,
    missing,
    nearest,
    now,
    plain_name,
    runs_live,
    shown_index,
    values,
)
from poseviewer.gui.angles.figure_tables import FigureTables
from poseviewer.gui.angles.figures_panel import FiguresPanel
from poseviewer.gui.angles.figures_table import written
from poseviewer.gui.angles.filter_dialog import filter_in_force
from poseviewer.gui.angles.list import AngleList
from poseviewer.gui.angles.panes import Plan, latest, panes_for
from poseviewer.gui.angles.plot import AnglePlot
from poseviewer.gui.angles.second_panel import SecondPanel
from poseviewer.gui.widgets import quiet_label
from poseviewer.gui.window.dock import Dock
from poseviewer.runtime.angle_figures import span_of
from poseviewer.runtime.history import NOTHING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from PySide6.QtGui import QAction, QResizeEvent

    from poseviewer.core.filters import Filter
    from poseviewer.core.look import Look
    from poseviewer.core.repetition_figures import RepetitionFigures
    from poseviewer.core.result import FrameResult
    from poseviewer.draw.primitives import Item
    from poseviewer.gui.angles.strokes import Pane
    from poseviewer.gui.bridge import Bridge
    from poseviewer.runtime.angle_figures import AngleFigures, Span
    from poseviewer.runtime.joint_travel import JointTravel
    from poseviewer.runtime.sections import Panes
    from poseviewer.runtime.state import AppState, History
    from poseviewer.runtime.truth_comparison import TruthCompared

# Lengths are logical pixels on the desk.
_LIST_WIDTH = 270
"""Width in which the longest name, its value and its arc fit."""

_LIST_SHARE = 0.5
"""Of the dock, that the list has at most beside the plot."""

_LIST_LEAST = 260
"""Width in which the usual names fit."""

_BESIDE_LIST = Qt.Orientation.Horizontal

_BESIDE = 440
"""Width from which the list stands beside the plot."""

_TABLE_ROOM = 400
"""Height of the dock from which the table of figures has room below the plot."""

_TABLE_SHARE, _REPEATED_SHARE = 0.33, 0.45
"""Of the dock's height, what the table of figures takes at most, and that of repetitions."""

_PANE_ROOM = 130
"""Height from which panes are chosen where a person leaves that to the program."""

_LOW = 170
"""Height of the dock below which the line under the plot gives way."""

_LIST_ROOM = 300
"""Height of a narrow dock from which the list has room below the plot."""

_STILL, _MOVING = 1.6, 1.0
"""Width of a curve; thin while it grows, because Qt draws one pixel five times as fast."""

_READABLE = 240
"""Milliseconds between two sets of values while playing: faster ones cannot be read, and they cost
more than the curves."""

_FIGURES_PACE, _SHARE = 240, 15
"""Least milliseconds between two tables of figures while playing, and how many times as long as a
table takes it rests."""


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    """Panes made on another thread."""

    state: AppState
    """For which they were made."""
    history: History
    """What was measured then."""
    key: tuple[object, ...]
    """What they were made of."""
    panes: list[Pane]


class AnglesDock(Dock):
    """A live plot of joint angles: raw values thin, filtered ones bold."""

    _smooth: tuple[tuple[JointTravel, Filter], NDArray[np.float64]] | None = None
    _trail: tuple[JointTravel | None, bool] = None, True
    _travel: JointTravel | None = None
    _plan: Plan | None = None
    """How the curves were drawn last; None where there was more than curves alone."""
    _panes_made: _Made | None = None
    """What was made on another thread, until it is asked for."""
    _second_of: tuple[History | None, float] | None = None
    _second_history: History | None = None
    """Of the second clip, on the clock of this one."""

    def __init__(
        self,
        bridge: Bridge,
        parent: QWidget | None = None,
        *,
        figures: FiguresPanel | None = None,
    ) -> None:
        """Make the dock.

        Args:
            bridge: Owner of the session that is shown.
            parent: The main window.
            figures: The table below the plot, where it was made before.
        """
        super().__init__(
            bridge,
            parent,
            title="Joint angles",
            name="angles_dock",
            pace=50,
            purpose="Joint angles over time appear here",
        )
        self.plot = AnglePlot()
        self.plot.clicked.connect(self._go)
        self.plot.zoomed.connect(self._draw_anew)
        self._drawn: tuple[object, ...] = ()
        self._unread = False
        self._pause = QTimer(self, singleShot=True, interval=_READABLE)
        self._pause.timeout.connect(self._show_values)
        self._rest = QTimer(self, singleShot=True)
        self._resized = QTimer(self, singleShot=True, interval=0)
        self._resized.timeout.connect(self.redraw)
        self.plot.resized.connect(self._resized.start)
        self._tables = FigureTables()
        self._by: Filter = RAW
        self._fitted: tuple[object, ...] = ()
        self._held: History | None = None
        self._divided, self._by_hand = 0, False
        """Height in which the table was last given its part; whether a person has chosen that."""
        self._listed_by_hand = False
        self._other: TruthCompared | None = None
        self._times: NDArray[np.float64] = np.empty(0)
        self._numbers: NDArray[np.int64] = np.empty(0, np.int64)

        self.list = AngleList()
        self.list.chosen_changed.connect(lambda names: self.change("angles", plotted=names))
        self.list.arcs_changed.connect(lambda names: self.change("display", arcs=names))
        self.figures = figures or FiguresPanel()
        self.figures.edited.connect(lambda fields: self.change("angles", **fields))
        self.figures.repetitions.frame_chosen.connect(self.seek_requested)
        self.second = SecondPanel()
        self.second.hide()
        self.second.edited.connect(lambda fields: self.change("angles", **fields))
        self.controls = AngleControls()
        self.controls.list_clips = lambda: self.bridge.session.analysed_clips()
        self.controls.changed.connect(self._draw_anew)
        self.controls.edited.connect(lambda fields: self.change("angles", **fields))
        self.controls.whole_asked.connect(self._whole)
        self.controls.analyse_asked.connect(lambda: self.bridge.session.analyse())
        self._lay_out()

    # -- what a dock gives ----------------------------------------------------------------

    @property
    def chosen(self) -> tuple[str, ...]:
        """Names of the angles plotted."""
        return self.list.chosen

    def connect_actions(self, actions: Mapping[str, QAction]) -> None:
        """Connect the controls to the actions about angles."""
        self.controls.filters_asked.connect(actions["filters"].trigger)
        self.controls.large_asked.connect(actions["large_plot"].trigger)
        self.controls.define_asked.connect(actions["define_angle"].trigger)
        self.controls.curves_asked.connect(actions["save_curves"].trigger)
        self.controls.picture_asked.connect(actions["save_plot"].trigger)
        self.controls.figures_asked.connect(actions["save_figures"].trigger)
        self.figures.save_asked.connect(actions["save_figures"].trigger)
        for part in (self.controls, self.figures):
            part.repetitions_asked.connect(actions["save_repetitions"].trigger)

    def show_look(self, look: Look) -> None:
        """Tick exactly the arcs that are drawn."""
        self.list.choose_arcs(look.arcs)

    def why_empty(self, state: AppState) -> str:
        """Why there is no curve."""
        if len(self._times) or (self._other is not None and len(self._other.history.index)):
            return ""
        if text := super().why_empty(state):
            return text
        if state.waiting:
            return "Analysing…"
        live = state.source is not None and state.source.live
        return "Waiting for a person." if live else "No angles yet: play, or press Analyse clip."

    def draw(self, state: AppState) -> None:
        """Draw the history up to now and put the cursor at the current frame."""
        made, self._panes_made = self._panes_made, None
        if made is not None and made.state is not state:
            made = None
        newest = self.bridge.session.history() if made is None else made.history
        history = self._standing(state, newest)
        self._show_second(state, newest)
        self._other = self.bridge.session.truth_compared() if state.truth is not None else None
        self._take_travel(self.bridge.session.joint_travel())
        theirs = NOTHING if self._other is None else self._other.history
        self.list.offer(tuple(dict.fromkeys((*newest.specs, *theirs.specs))))
        self.list.choose(state.angles.plotted)
        by, refusal = filter_in_force(state.angles, history.seconds)
        self._say(state, by, refusal)
        self._by = by
        self._times, self._numbers = history.seconds, history.index
        self._show_parts()
        self._fit_list()
        self._show_table(state)
        if not len(history.index) and not len(theirs.index):
            self.controls.show_state(state, zoomed=False)
            self._unread = False
            self.list.show_values({})
            return
        self._show_curves(state, history, theirs, by=by, made=made)
        self._unread = True
        if not (state.playback.playing and self._pause.isActive()):
            self._show_values()

    def _show_curves(
        self, state: AppState, history: History, theirs: History, *, by: Filter, made: _Made | None
    ) -> None:
        """Show curves, cursor and marks.

        Args:
            state: What is shown.
            history: The network's.
            theirs: That of the ground truth.
            by: The filter in force.
            made: The curves, where they were made for this state.
        """
        plot = self.plot
        seconds = now(state, history) if len(history.index) else 0.0
        low, high = self._fit(state, history, plot, seconds=seconds)
        zoomed = bool(self._fitted) and (low, high) != self._fitted[1:]
        self.controls.show_state(state, zoomed=zoomed)
        plan = self._plan_for(plot)
        more = self._held, self._other, self._travel, self._second_history
        self._plan = plan if all(one is None for one in more) else None
        width = (_MOVING if grows(state) and self._held is None else _STILL) * self._ratio
        drawn = (
            history, theirs, state.angles, low, high, plan, width, by, theme.current(),
            self._travel, self._second_history,
        )  # fmt: skip
        if drawn != self._drawn:
            self._drawn = drawn
            if made is not None and made.key == drawn:
                plot.show_panes(made.panes, radians=self.radians)
            else:
                self._draw_curves(history, plot, plan, by=by, width=width)
        moves = runs_live(state) and self._held is None
        plot.set_cursor(None if moves else seconds)
        plot.set_marks(*self._marked(state, history))

    def make_ahead(self, state: AppState) -> None:
        """Draw the curves up to a new result."""
        plan, plot = self._plan, self.plot
        history = self.bridge.session.history()
        if plan is None or not len(history.index) or state.source is None:
            return
        if state.source.live:
            if state.past is not None:
                return
            low, high = latest(history, plan.span)
        elif self._fitted:
            low, high = plot.range_for(now(state, history))
        else:
            return
        by, _ = filter_in_force(state.angles, history.seconds)
        width = (_MOVING if grows(state) else _STILL) * plan.ratio
        panes = panes_for(history, plan, state.angles, (low, high), by=by, width=width)
        key = (
            history, NOTHING, state.angles, low, high, plan, width, by, theme.current(), None, None,
        )  # fmt: skip
        self._panes_made = _Made(state, history, key, panes)
        plot.draw_ahead(panes, time_range=(low, high), radians=state.angles.radians)

    def items(self, result: FrameResult) -> Sequence[Item]:
        """The path of the joint that is followed, up to the frame of a result."""
        travel, state = self._travel, self.state
        if travel is None or not state.angles.path:
            return ()
        asked = travel, self._by
        if self._smooth is None or self._smooth[0] != asked:
            self._smooth = asked, travel.places(self._by) / (travel.scale or 1.0)
        ends = state.playback.start or 0, result.frame.index + 1
        shown = slice(*np.searchsorted(travel.index, ends).tolist())
        return trail_items(
            travel.seconds[shown],
            self._smooth[1][shown],
            limit=travel.limit,
            colour=angle_rgb(f"{travel.title} speed"),
            scale=design_scale(result.frame.size),
        )

    @property
    def overlay_name(self) -> str:
        """What the path is, for the legend on the frame."""
        return "" if self._travel is None else f"path: {self._travel.title}"

    @property
    def travel(self) -> JointTravel | None:
        """Where the joint that is followed was."""
        return self._travel

    def _take_travel(self, travel: JointTravel | None) -> None:
        """Show another path on the frame."""
        drawn = travel, self.state.angles.path
        before, self._travel = self._trail, travel
        if drawn != before:
            self._trail = drawn
            self.items_changed.emit()

    @property
    def radians(self) -> bool:
        """Whether values are shown in radians instead of degrees."""
        return self.state.angles.radians

    def shown_range(self) -> tuple[float, float]:
        """The first and last second in the plot."""
        return self.plot.time_range

    def measured(self) -> tuple[tuple[AngleFigures, ...], Span, Filter]:
        """The figures of the chosen angles now, over which range, and with which filter."""
        state, history, span = self._spanned()
        at = int(history.index[-1]) if self._runs(state) and len(history.index) else None
        at = shown_index(state) if at is None else at
        rows = self._tables.angles(history, self.list.chosen, by=self._by, span=span).rows(at)
        if (travel := self._travel) is not None and len(travel.index):
            rows = (*rows, self._tables.travel(travel, by=self._by, span=span).row(at))
        return rows, span, self._by

    def repetitions(self) -> tuple[tuple[RepetitionFigures, ...], Span, Filter]:
        """The repetitions of the chosen angles, over which range, and with which filter."""
        state, history, span = self._spanned()
        table = self._tables.angles(history, self.list.chosen, by=self._by, span=span)
        return self._tables.repetitions(table, state.angles.repetition), span, self._by

    def _spanned(self) -> tuple[AppState, History, Span]:
        """The state, the history that is plotted, and the range that figures are of."""
        state, history = self.bridge.session.state, self.history()
        return state, history, span_of(state, history, seconds=self.controls.seconds)

    def large_plot(self) -> AnglePlot:
        """The plot in the size of a page, without the cursor, to be saved as a picture."""
        state, history = self.bridge.session.state, self.history()
        large = AnglePlot()
        large.resize(1200, 420 if self._arrangement(self._room) == "one" else 900)
        large.set_time_range(*self.shown_range())
        by, _ = filter_in_force(state.angles, history.seconds)
        self._draw_curves(history, large, self._plan_for(large), by=by, width=_STILL)
        large.set_notes(self.plot.notes)
        large.set_repetitions(self.plot.repetitions)
        large.set_marks(*self.plot.marks)
        return large

    def history(self) -> History:
        """The history that is plotted: the newest, or the one at the moment of Hold."""
        return self._held or self.bridge.session.history()

    # -- inside ---------------------------------------------------------------------------

    def _lay_out(self) -> None:
        page = QWidget()
        # First: what gets another parent later is styled again with all that is in it.
        self.setWidget(page)
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 6, 0, 4)
        column.setSpacing(4)
        self._rows = QSplitter(Qt.Orientation.Vertical, page)
        self._splitter = QSplitter(Qt.Orientation.Horizontal, self._rows)
        # Many panes are higher than the dock; the plot keeps the wheel for itself.
        self._scroll = QScrollArea(self._splitter)
        self._scroll.setAccessibleName("Panes of the plot")
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        holder = self.holder(self._scroll, dims=False, tools=(self.controls,))
        holder.setMinimumSize(120, 44)
        self._splitter.addWidget(holder)
        self._scroll.setWidget(self.plot)
        self._beside = QSplitter(Qt.Orientation.Vertical, self._splitter)
        self._beside.addWidget(self.list)
        self._beside.addWidget(self.second)
        self._beside.setStretchFactor(0, 1)
        self._splitter.setStretchFactor(0, 1)
        self._splitter.setStretchFactor(1, 0)
        self._splitter.setSizes([400, theme.px(_LIST_WIDTH)])
        self._splitter.splitterMoved.connect(self._on_listed)
        self.figures.hide()
        self._rows.addWidget(self.figures)
        self._rows.setStretchFactor(0, 1)
        self._rows.setStretchFactor(1, 0)
        self._rows.setCollapsible(0, False)
        self._rows.splitterMoved.connect(self._on_divided)
        self.caption = quiet_label("How the curves are drawn")
        column.addWidget(self.controls)
        column.addWidget(self._rows, 1)
        column.addWidget(self.caption)

    @property
    def _ratio(self) -> float:
        return self.devicePixelRatioF()

    def _standing(self, state: AppState, newest: History) -> History:
        """The history to plot: the newest, or the one at the moment of Hold."""
        live = state.source is not None and state.source.live
        if not (live and self.controls.hold.isChecked()):
            self._held = None
            if not live and self.controls.hold.isChecked():
                self.controls.hold.setChecked(False)
            return newest
        if self._held is None or self._held.specs != newest.specs:
            self._held = newest
        return self._held

    def _say(self, state: AppState, by: Filter, refusal: str) -> None:
        """Write how the plot is drawn below it, and which way the person faces above it."""
        text = refusal or ("Raw values" if by.idle else f"Thin: raw. Bold: {by.title}")
        if self._other is not None:
            text += f" · broad and pale: {self._other.name}"
        if self._second_history is not None:
            text += " · dotted: the second clip"
        if state.reading.smooth:
            text += " · angles are of raw joints, the skeleton is drawn smoothed"
        if text != self.caption.text():
            self.caption.setText(text)
        self.controls.show_facing(state)

    def _show_values(self) -> None:
        """Show the newest values, unless they are already shown."""
        if self._unread and self.seen:
            self._unread = False
            history, state = self.bridge.session.history(), self.bridge.session.state
            found = values(history, state)
            without = [spec for spec in history.specs if isnan(found.get(spec.name, nan))]
            self.list.show_values(found, missing=missing(state, without), radians=self.radians)
            self._pause.start()
            if not (grows(state) and self._rest.isActive()):
                self._show_figures()

    def _fit_list(self) -> None:
        """Let the list beside the plot be as wide as its names, or as a person has made it."""
        whole = self._splitter.width() - self._splitter.handleWidth()
        wide = self._beside.width() if self._listed_by_hand else theme.px(_LIST_WIDTH)
        wide = min(wide, max(round(whole * _LIST_SHARE), theme.px(_LIST_LEAST)))
        if self._splitter.orientation() == _BESIDE_LIST and self._beside.width() != wide < whole:
            self._splitter.setSizes([whole - wide, wide])

    def _show_table(self, state: AppState) -> None:
        """Show the table of figures where it is wanted and there is room."""
        room = (
            self.height() >= theme.px(_TABLE_ROOM) and self._splitter.orientation() == _BESIDE_LIST
        )
        any_row = bool(self.list.chosen) or self._travel is not None
        shown = state.angles.table and room and any_row
        before = self.figures.shown
        self.figures.show_choice(state.angles)
        self.figures.setVisible(shown)
        other = before is not self.figures.shown
        if shown and (other or self._rows.height() != self._divided):
            self._fit_table()

    def _on_listed(self) -> None:
        """Leave the list as wide as a person has made it."""
        self._listed_by_hand = True

    def _on_divided(self) -> None:
        """Leave the table as high as a person has made it."""
        self._by_hand = True

    def _fit_table(self) -> None:
        """Let the table be as high as its rows, and leave most of the dock to the plot."""
        whole = self._divided = self._rows.height()
        if self._by_hand:
            return
        share = _REPEATED_SHARE if self.state.angles.repetitions else _TABLE_SHARE
        wanted = min(self.figures.sizeHint().height(), round(whole * share))
        self._rows.setSizes([whole - wanted, wanted])

    def _show_figures(self) -> None:
        """Show the figures in the table, and beside the titles of differences."""
        state = self.bridge.session.state
        sided = self._arrangement(self._room) == "sides" and not state.angles.velocity
        repeated = state.angles.repetitions
        if not sided:
            self.plot.set_notes({})
        if not repeated:
            self.plot.set_repetitions({})
        if not sided and not repeated and self.figures.isHidden():
            return
        begun = perf_counter()
        rows, span, by = self.measured()
        if repeated:
            self._show_repetitions(state)
        elif not self.figures.isHidden():
            before = len(self.figures.table.rows)
            marked = span.title == "in to out"
            self.figures.table.show_rows(rows, radians=self.radians, marked=marked)
            self.figures.say(_about(span, by))
            if before != len(rows):
                self._fit_table()
        # Of long clips that are being analysed, figures take long.
        spent = (perf_counter() - begun) * 1000
        self._rest.start(max(_FIGURES_PACE, round(spent * _SHARE)))
        if sided:
            self.plot.set_notes(
                {row.name: _note(row, radians=state.angles.radians) for row in rows}
            )

    def _show_repetitions(self, state: AppState) -> None:
        """Mark the repetitions in the plot, and list them."""
        found, span, by = self.repetitions()
        places: dict[str, list[tuple[float, float, float]]] = {}
        for one in found:
            places.setdefault(one.name, []).append((one.start, one.peak, one.end))
        self.plot.set_repetitions(places)
        before = len(self.figures.repetitions.rows)
        self.figures.repetitions.show_repetitions(found, radians=state.angles.radians)
        self.figures.say(_about(span, by, what="Repetitions" if found else "No repetitions"))
        if before != len(self.figures.repetitions.rows):
            self._fit_table()

    def _show_second(self, state: AppState, history: History) -> None:
        """Show the second clip, and take its curves as they lie over this one's time."""
        asked = bool(state.angles.second)
        second = self.bridge.session.second_clip()
        if asked == self.second.isHidden():
            self.second.setVisible(asked)
            if asked:
                whole = self._beside.height()
                self._beside.setSizes([whole * 2 // 5, whole * 3 // 5])
        if not asked:
            self._second_of, self._second_history = None, None
            return
        seconds = now(state, history) if len(history.index) else 0.0
        self.second.show_clip(state, second, seconds=seconds)
        theirs = None if second.answer is None else second.answer.history
        if (theirs, state.angles.second_offset) != self._second_of:
            self._second_of = theirs, state.angles.second_offset
            self._second_history = None
            if theirs is not None:
                moved = theirs.seconds - state.angles.second_offset
                self._second_history = replace(theirs, seconds=moved)

    def _marked(self, state: AppState, history: History) -> tuple[float | None, float | None]:
        """The seconds of the in and the out mark."""
        start, end = state.playback.start, state.playback.end
        source = state.source
        times, numbers = history.seconds, history.index
        if source is not None and not source.live:
            times, numbers = source.times, np.arange(source.count)
        if not len(times):
            return None, None
        low, high = (
            None
            if number is None
            else float(times[min(int(np.searchsorted(numbers, number)), len(times) - 1)])
            for number in (start, end)
        )
        return low, high

    def _runs(self, state: AppState) -> bool:
        return runs_live(state) and self._held is None

    @property
    def _room(self) -> int:
        """Height that the panes have."""
        return self._scroll.viewport().height()

    def _arrangement(self, room: int) -> Panes:
        """How the curves are spread over panes of that height."""
        chosen: Panes = self.state.angles.panes
        if chosen != "auto":
            return chosen
        panes = len({plain_name(name) for name in self.list.chosen})
        return "pairs" if panes > 1 and room >= panes * theme.px(_PANE_ROOM) else "one"

    def _fit(
        self, state: AppState, history: History, plot: AnglePlot, *, seconds: float
    ) -> tuple[float, float]:
        """The time range to show; of a clip only the first time, so that zooming stays."""
        source = state.source
        if source is None or source.live:
            # Nothing was before the opening, so the first seconds grow into a standing frame.
            span = self.controls.seconds
            low, high = latest(history, span)
            if state.past is not None:
                # All that one can go back to, or the marker would run out of the picture.
                low = min(low, float(state.past.seconds[0]))
            if self._held is not None:
                return self._fit_once((self._held, 0.0, high), (low, high), plot)
            self._fitted = ()
            plot.free_time()
            plot.set_time_range(low, high)
            return low, high
        high = max(float(source.times[-1]), 0.1)
        self._fit_once((source, 0.0, high), (0.0, high), plot)
        plot.follow(seconds)
        return plot.time_range

    def _fit_once(
        self, limits: tuple[object, float, float], shown: tuple[float, float], plot: AnglePlot
    ) -> tuple[float, float]:
        """Show a range the first time that there are curves, so that zooming stays."""
        if limits != self._fitted:
            self._fitted = limits
            plot.set_time_limits(*limits[1:])
            plot.set_time_range(*shown)
        return plot.time_range

    def _plan_for(self, plot: AnglePlot) -> Plan:
        return Plan(
            self.list.chosen,
            self.controls.seconds,
            plot.columns,
            self._arrangement(self._room),
            self._ratio,
        )

    def _draw_curves(
        self, history: History, plot: AnglePlot, plan: Plan, *, by: Filter, width: float
    ) -> None:
        panes = panes_for(
            history,
            plan,
            self.state.angles,
            plot.time_range,
            by=by,
            width=width,
            other=None if self._other is None else self._other.history,
            second=self._second_history,
            travel=self._travel,
        )
        plot.show_panes(panes, radians=self.radians)

    def _draw_anew(self) -> None:
        self._drawn = ()
        self.redraw()

    def _whole(self) -> None:
        self._fitted = ()
        self._draw_anew()

    def _go(self, seconds: float) -> None:
        state = self.bridge.session.state
        if state.source is not None and not state.source.live:
            self.seek_requested.emit(nearest(state.source.times, seconds))
        elif len(self._times):
            self.seek_requested.emit(int(self._numbers[nearest(self._times, seconds)]))

    def changeEvent(self, event: QEvent) -> None:
        """Give the list its room again when letters have another size."""
        super().changeEvent(event)
        fonts = (QEvent.Type.FontChange, QEvent.Type.ApplicationFontChange)
        if event.type() in fonts and hasattr(self, "_splitter"):
            self._resized.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Move the list below the plot where there is no room beside it."""
        super().resizeEvent(event)
        narrow = event.size().width() < theme.px(_BESIDE)
        wanted = Qt.Orientation.Vertical if narrow else Qt.Orientation.Horizontal
        if self._splitter.orientation() != wanted:
            self._splitter.setOrientation(wanted)
            self._splitter.setSizes([300, 200] if narrow else [400, theme.px(_LIST_WIDTH)])
        self._show_parts()
        if self.seen:
            # The panes, and whether there is a table, depend on the room.
            self._resized.start()

    def _show_parts(self) -> None:
        """Show the list and the line below the plot where something is open and there is room."""
        there, height = self.state.source is not None, self.height()
        narrow = self._splitter.orientation() != _BESIDE_LIST
        self.caption.setVisible(there and height >= theme.px(_LOW))
        self._beside.setVisible(there and (not narrow or height >= theme.px(_LIST_ROOM)))


def _about(span: Span, by: Filter, *, what: str = "Figures") -> str:
    """What the figures are of, in words."""
    curves = "raw values" if by.idle else f"curves after {by.title}"
    frames = f"frames {span.first} to {span.last}, " if span.title == "in to out" else ""
    over = "from in to out" if frames else f"over the {span.title}"
    count = f"{span.frames} frames"
    if span.analysed < span.frames:
        count = f"{span.analysed} of {count} analysed"
    return f"{what} {over} ({frames}{count}), of {curves}"


def _note(row: AngleFigures, *, radians: bool) -> str:
    """What is written beside the title of a difference; empty for another row."""
    if not isfinite(row.symmetry):
        return ""
    mean = written(row.over.mean, "angle", radians=radians)
    return f"mean {mean}, symmetry index of the ranges {written(row.symmetry, 'percent')}"
