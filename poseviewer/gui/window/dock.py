"""The base class of docks: pace, the sentence for an empty dock, the veil over old answers."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QTimer, Signal, Slot
from PySide6.QtWidgets import QDockWidget, QLabel, QStackedWidget

from poseviewer.core.look import Look
from poseviewer.gui.widgets import on_screen, press_focused, quiet_label
from poseviewer.gui.window.veil import Veil

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QKeyEvent
    from PySide6.QtWidgets import QLabel, QWidget

    from poseviewer.core.result import FrameResult
    from poseviewer.draw.primitives import Item
    from poseviewer.gui.bridge import Bridge
    from poseviewer.runtime.state import AppState, ModelInfo, SourceInfo


NOBODY = "No person was found in this frame."
"""Why a dock about people is empty."""

_GRACE = 50
"""Milliseconds that a dock whose time has come waits for the next frame, to be painted with it."""

_AWAY = 300
"""Milliseconds out of sight after which a dock lets go of what it shows: one that is made to float,
or docked again, goes and comes at once."""

_SOON = 0.008
"""Seconds before its time from which the picture of a dock is made on another thread: about as
long as that takes."""


class Dock(QDockWidget):
    """A dock, which draws the state while it is visible, at most as often as its pace.

    A state that comes too soon is not held but read again when its time has come, so no dock
    keeps a frame alive. That is with the next state, if one comes soon: the window is painted once
    for the frame and its docks, which then show the same frame. What a dock wants of the rest of
    the window it says by the signals here; the window asks it by the methods. A subclass gives
    `draw` and `why_empty`, and puts `holder(content)` where its content belongs.
    """

    stages_changed = Signal()
    """`visible_stages` or `wants_truth` gives another answer than before."""

    items_changed = Signal()
    """`items` gives another answer than before for the same result."""

    seek_requested = Signal(int)
    """The number of a frame to go to."""

    hovered = Signal(object)
    """The frame pixel (x, y) under the pointer, or None."""

    # Qt sends events to a widget that is still being made.
    _seen = False

    def __init__(
        self,
        bridge: Bridge,
        parent: QWidget | None = None,
        *,
        title: str,
        name: str,
        pace: int = 0,
        purpose: str = "",
    ) -> None:
        """Make the dock.

        Args:
            bridge: Owner of the session that is shown.
            parent: The main window.
            title: What the title bar says.
            name: Under which the layout of the window is saved.
            pace: Least milliseconds between two drawings while states follow each other fast;
                0 draws every state.
            purpose: What appears here once something is open, as a sentence without its stop.
        """
        super().__init__(title, parent)
        self.bridge = bridge
        self.model: ModelInfo | None = None
        """The network of what is drawn."""
        self._source: SourceInfo | None = None
        self.setObjectName(name)
        self.setAccessibleName(title)
        self._purpose = purpose
        self._late = self._due = False
        """Whether a state came too soon, and whether the next one is drawn whenever it comes."""
        self._next = 0.0
        """When it may be drawn again, on the clock of `perf_counter`."""
        self._made_for: FrameResult | None = None
        """The last result that a picture was made of on another thread."""
        self._made = False
        """Whether that was not asked for yet."""
        self._look = Look()
        self._drawn_as: Look | None = None
        self._wanted: tuple[frozenset[int], bool] = frozenset(), False
        self._holder: tuple[QStackedWidget, QLabel] | None = None
        self._tools: tuple[QWidget, ...] = ()
        self._veil: Veil | None = None
        self._pace = pace
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._catch_up)
        self._away = QTimer(self, singleShot=True, interval=_AWAY)
        self._away.timeout.connect(self.let_go)
        self.visibilityChanged.connect(self._on_visibility)
        self.topLevelChanged.connect(self._on_floating)

    @property
    def seen(self) -> bool:
        """Whether the contents are visible on the screen."""
        return self._seen

    @property
    def state(self) -> AppState:
        """The present state, which may be newer than the one drawn."""
        return self.bridge.session.state

    def change(self, section: str, **fields: Any) -> None:
        """Change some choices, as `Session.change`."""
        self.bridge.session.change(section, **fields)

    # -- what a subclass gives ----------------------------------------------------------------

    def draw(self, state: AppState) -> None:
        """Draw `state`."""
        raise NotImplementedError

    def make_ahead(self, state: AppState) -> None:
        """Make what `draw` shows of `state` if nothing else has changed since it was called last.

        Called on another thread, before `draw` is called for that state; see `gui.ahead.Part`.
        """

    def show_model(self, model: ModelInfo | None) -> None:
        """Show another network; called before `draw`."""

    def show_source(self) -> None:
        """Drop what belongs to another source; called before `draw`."""

    def let_go(self) -> None:
        """Drop what only a dock in sight needs, such as a network; a moment after it went."""

    def show_look(self, look: Look) -> None:
        """Show the choices of how results are drawn."""

    def why_empty(self, state: AppState) -> str:
        """Why there is no content to show, in a sentence; empty where there is some."""
        if state.source is None:
            return f"{self._purpose}: open a clip or a camera."
        if state.model is None:
            return state.busy or "No network is loaded: choose one in the Model dock."
        if state.result is None and state.playback.lost:
            return "No signal: the stream or device gives nothing."
        if text := self.unfit(state):
            return text
        return "" if state.result is not None else "Analysing the first frame…"

    def unfit(self, state: AppState) -> str:  # noqa: ARG002
        """Why the dock has nothing to show of this network; its tools are hidden then."""
        return ""

    def age(self, state: AppState) -> str:
        """The text of the veil: what outdated contents are of; empty for current ones."""
        if state.stale:
            work = "Analysing…" if state.loaded else "No network is loaded."
            return f"O{state.stale[1:]}. " + (f"{state.busy}…" if state.busy else work)
        there = () if state.result is None else state.result.stages
        missing = self.visible_stages() - {output.number for output in there}
        return "Computing maps…" if missing else ""

    def stages_for(self, model: ModelInfo) -> frozenset[int]:  # noqa: ARG002
        """Numbers of the stages of `model` whose maps the dock shows."""
        return frozenset()

    def wants_truth(self) -> bool:
        """Whether the dock shows the ground truth."""
        return False

    def items(self, result: FrameResult) -> Sequence[Item]:  # noqa: ARG002
        """The items that this dock draws over the frame of `result` while it is visible."""
        return ()

    @property
    def overlay_name(self) -> str:
        """What `items` are, for the legend on the frame."""
        return ""

    # -- what the window calls ----------------------------------------------------------------

    def draw_ahead(self, state: AppState) -> None:
        """Make the picture of a new result where it is time for it; called on another thread."""
        result = state.result
        if not self._seen or result is None or result is self._made_for:
            return
        if perf_counter() + _SOON >= self._next:
            self.make_ahead(state)
            self._made_for, self._made = result, True

    def refresh(self, state: AppState) -> None:
        """Show `state`, now or when the pace allows; hidden, only how results are drawn."""
        if state.look != self._drawn_as:
            self._drawn_as = self._look = state.look
            self.show_look(state.look)
        if not self._seen:
            return
        analysing = state.analysis is not None and not state.analysis.finished
        made, self._made = self._made and self._made_for is state.result, False
        paced = self._timer.isActive() and not (self._due or made)
        if paced and (state.playback.playing or analysing):
            self._late = True
            return
        self._late = self._due = False
        self.show_state(state)
        if self._pace:
            self._timer.start(self._pace)
            self._next = perf_counter() + self._pace / 1000

    def show_state(self, state: AppState) -> None:
        """Draw `state`, or show why there is nothing to draw."""
        if state.source is not self._source:
            self._source = state.source
            self._made_for = None
            self.show_source()
        if state.model != self.model:
            self.model = state.model
            self.show_model(state.model)
        self.draw(state)
        useful = state.source is not None and not self.unfit(state)
        for tool in self._tools:
            tool.setVisible(useful)
        if self._holder is not None:
            (stack, sentence), text = self._holder, self.why_empty(state)
            sentence.setText(text)
            appears = not text and stack.currentIndex() == 0
            stack.setCurrentIndex(0 if text else 1)
            if appears:
                # Only now has the content its size.
                self.draw(state)
        self.announce()
        if self._veil is not None:
            same = state.answer is not None and state.answer.key == state.key
            self._veil.say(self.age(state), patient=same)

    def redraw(self) -> None:
        """Draw the present state again, after a choice that was made here."""
        if self._seen:
            self.show_state(self.state)

    def visible_stages(self) -> frozenset[int]:
        """Numbers of the stages whose maps are visible, so that no other leaves the device."""
        return self.stages_for(self.model) if self._seen and self.model else frozenset()

    def set_cursor(self, place: tuple[float, float] | None) -> None:
        """Follow the pointer on the frame, in frame pixels; None when it has left."""

    @property
    def covered(self) -> str:
        """The text of the veil; empty without it."""
        return "" if self._veil is None else self._veil.text

    # -- for subclasses -----------------------------------------------------------------------

    def holder(
        self, content: QWidget, *, dims: bool = True, tools: tuple[QWidget, ...] = ()
    ) -> QStackedWidget:
        """Return what shows `content`, or in its place the sentence of `why_empty`.

        Args:
            content: What shows answers.
            dims: Whether a veil lies over it while they are not of what is asked.
            tools: What is hidden while nothing is open, as there is nothing to choose from.
        """
        self._tools = tools
        sentence = quiet_label("Why nothing is shown", centred=True)
        sentence.setMargin(12)
        stack = QStackedWidget()
        stack.addWidget(sentence)
        stack.addWidget(content)
        self._holder = stack, sentence
        if dims:
            self._veil = Veil(content)
        return stack

    def announce(self) -> None:
        """Notify the window when other stages, or the ground truth, are shown than before."""
        wanted = self.visible_stages(), self._seen and self.wants_truth()
        if wanted != self._wanted:
            self._wanted = wanted
            self.stages_changed.emit()

    # -- events -------------------------------------------------------------------------------

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.redraw()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Press a button of a dock that is a window of its own, see `press_focused`."""
        if not self.isFloating() or not press_focused(event):
            super().keyPressEvent(event)

    @Slot(bool)
    def _on_visibility(self, visible: bool) -> None:
        # Qt calls a dock behind another one's tab visible, only moved away, and a floating one
        # hidden as long as it lies there.
        self._seen = self.isVisible() if self.isFloating() else visible
        if self._seen:
            self._away.stop()
        else:
            self._away.start()
        self.redraw()
        self.announce()
        # What is drawn over the frame comes and goes with the dock.
        self.items_changed.emit()

    @Slot(bool)
    def _on_floating(self, floating: bool) -> None:
        if floating:
            # From behind a tab it comes with a place that is on no screen.
            self.setGeometry(on_screen(self.geometry(), self.parentWidget() or self))
        else:
            self.raise_()
        self._on_visibility(not self.visibleRegion().isEmpty())

    def _catch_up(self) -> None:
        if self._due:
            self.refresh(self.state)
        elif self._late:
            self._due = True
            self._timer.start(_GRACE)
