"""The Depth dock: the person in focus in space, as it is guessed from one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker
from PySide6.QtWidgets import QToolButton, QVBoxLayout, QWidget

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.look import DisplayState
from poseviewer.draw.space import Eye
from poseviewer.gui.depth.view import Panel, SpaceView
from poseviewer.gui.plain import caption, plain_tip
from poseviewer.gui.widgets import WrapLayout, combo, quiet_label
from poseviewer.gui.window.dock import NOBODY, Dock
from poseviewer.runtime.depth import MISSING, InSpace, in_space, lifter_installed

if TYPE_CHECKING:
    from poseviewer.core.result import FrameResult
    from poseviewer.gui.bridge import Bridge
    from poseviewer.runtime.state import AppState

_PACE = 40
"""Least milliseconds between two drawings while playing."""

SENTENCE = "Depth is guessed from one picture."

_SOURCES = (
    ("all", "side by side", "Every source of depth there is."),
    ("lifter", "lifter", "What a small network guesses from the joints in the picture."),
    ("network", "the network's own", "What the network itself says of depth, where it does."),
)

_EYES = (
    ("Front", Eye(0.0, 5.0), "Look from where the camera stood."),
    ("Side", Eye(90.0, 5.0), "Look from the camera's right: depth goes across."),
    ("Above", Eye(0.0, 90.0), "Look straight down: depth goes up and down."),
)

_USUAL = DisplayState()


class DepthDock(Dock):
    """Bodies in space with the floor, and the sentence that says what depth is worth."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(
            bridge, parent, title="Depth", name="depth_dock", pace=_PACE,
            purpose="The person in focus appears here in space",
        )  # fmt: skip
        self._of: tuple[FrameResult | None, float] = None, 0.0
        self._found: tuple[InSpace, ...] = ()
        self._trouble = ""
        self.view = SpaceView()
        self.view.turned.connect(self._on_turned)
        self.view.reset.connect(lambda: self._look_from(_usual_eye()))
        self.sources = combo(
            "Source of depth", "What says how deep joints are.", _SOURCES, letters=9
        )
        self.sources.currentIndexChanged.connect(self._on_source)
        self.words = quiet_label("What depth is worth", text=SENTENCE)
        tools = QWidget()
        row = WrapLayout(tools, self.sources)
        for text, eye, tip in _EYES:
            button = QToolButton()
            button.setText(caption(text))
            button.setProperty("wide", True)
            button.setAccessibleName(f"Look from: {text.lower()}")
            button.setToolTip(plain_tip(tip))
            button.clicked.connect(lambda _=False, eye=eye: self._look_from(eye))
            row.addWidget(button)
        content = QWidget()
        inside = QVBoxLayout(content)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(6)
        inside.addWidget(self.view, 1)
        inside.addWidget(self.words)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 6, 8, 8)
        column.setSpacing(6)
        column.addWidget(tools)
        column.addWidget(self.holder(content, tools=(tools,)), 1)
        self.setWidget(page)

    def wants_truth(self) -> bool:
        """Return True: the ground truth is shown beside where it knows depth."""
        return True

    def why_empty(self, state: AppState) -> str:
        """Why there is no body to show."""
        empty = super().why_empty(state)
        if empty or state.result is None or self._found:
            return empty
        if self._trouble or not len(state.result.poses):
            return self._trouble or NOBODY
        known = "Too few joints of the person are seen to guess depth from."
        return known if lifter_installed() else MISSING

    def draw(self, state: AppState) -> None:
        """Show the person in focus as far as anything says where they are in space."""
        self._place(state.result, state.reading.gate)
        display = state.display
        own = {"lifter", "network"} <= {one.source for one in self._found}
        # With one source there is nothing to choose from.
        self.sources.setVisible(own)
        with QSignalBlocker(self.sources):
            at = max(self.sources.findData(display.depth_source), 0) if own else 1
            self.sources.setCurrentIndex(at)
        wanted = display.depth_source if own else "all"
        panels = [
            self._panel(one)
            for one in self._found
            if wanted in ("all", one.source) or one.source == "truth"
        ]
        self.view.show_panels(panels, eye=Eye(display.depth_turn, display.depth_tilt))

    def _place(self, result: FrameResult | None, gate: float) -> None:
        """Place the person of a result in space, once for each result."""
        if self._of[0] is not result or self._of[1] != gate:
            self._of = result, gate
            self._found, self._trouble = (), ""
            try:
                self._found = () if result is None else in_space(result, gate=gate)
            except PoseViewerError as error:
                self._trouble = str(error)

    def _panel(self, one: InSpace) -> Panel:
        figure = f"{one.error:.0f} mm from the ground truth" if one.error == one.error else ""
        title = {"lifter": "Lifter", "truth": "Ground truth"}.get(one.source, "")
        if not title:
            title = "The network's own" if self.model is None else self.model.name
        return Panel(title, figure, one.places, one.skeleton, one.source == "truth")

    def _on_source(self) -> None:
        self.change("display", depth_source=self.sources.currentData())

    def _on_turned(self, turn: float, tilt: float) -> None:
        self._look_from(Eye(turn, tilt))

    def _look_from(self, eye: Eye) -> None:
        self.change("display", depth_turn=eye.turn, depth_tilt=eye.tilt)


def _usual_eye() -> Eye:
    return Eye(_USUAL.depth_turn, _USUAL.depth_tilt)
