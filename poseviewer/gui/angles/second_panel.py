"""The second clip of the Joint angles dock: its frame, and how far it is apart from the first."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QSizePolicy, QSpinBox, QToolButton, QVBoxLayout, QWidget

from poseviewer.gui.compare.view import CompareView
from poseviewer.gui.plain import plain_tip
from poseviewer.gui.widgets import WrapLayout, quiet_label

if TYPE_CHECKING:
    from poseviewer.runtime.beside_look import BesideAnswer, SecondClip
    from poseviewer.runtime.state import AppState

_FARTHEST = 99_999
"""Frames that two clips may be apart."""


class SecondPanel(QWidget):
    """The frame of the second clip that is in step with the one on screen."""

    edited = Signal(dict)
    """Fields of `AngleState` that were chosen here."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = CompareView()
        self.view.setAccessibleName("Frame of the second clip")
        self.offset = QSpinBox()
        self.offset.setRange(-_FARTHEST, _FARTHEST)
        self.offset.setPrefix("Offset ")
        self.offset.setSuffix(" frames")
        self.offset.setKeyboardTracking(False)
        self.offset.lineEdit().setTextMargins(6, 0, 0, 0)
        self.offset.setAccessibleName("Offset of the second clip in frames")
        self.offset.setToolTip("How far the second clip is ahead when this one begins.")
        self.offset.valueChanged.connect(self._shift)
        self.hold = QToolButton()
        self.hold.setText("Hold")
        self.hold.setProperty("wide", True)
        self.hold.setCheckable(True)
        self.hold.setAccessibleName("Hold the second clip")
        self.hold.setToolTip(
            plain_tip(
                "Hold the second clip at this frame, go to the frame of this clip that belongs to "
                "it, and let go: from then on the two are in step there."
            )
        )
        self.hold.toggled.connect(self._held)
        self.close_button = QToolButton()
        self.close_button.setText("Close")
        self.close_button.setProperty("wide", True)
        self.close_button.setAccessibleName("Close the second clip")
        self.close_button.setToolTip("Show this clip alone again.")
        self.close_button.clicked.connect(lambda: self.edited.emit({"second": ""}))
        self.said = quiet_label("What is known of the second clip")
        self.said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        controls = QWidget()
        WrapLayout(controls, self.offset, self.hold, self.close_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 0)
        column.setSpacing(4)
        column.addWidget(self.view, 1)
        column.addWidget(self.said)
        column.addWidget(controls)
        self.offset.setEnabled(False)
        self.hold.setEnabled(False)
        self._answer: BesideAnswer | None = None
        self._seconds = 0.0

    def show_clip(self, state: AppState, second: SecondClip, *, seconds: float) -> None:
        """Show the frame that is in step, unless it is held.

        Args:
            state: With the choices.
            second: What is known of the second clip.
            seconds: Time of the frame on screen, since the first one.
        """
        self._seconds = seconds
        answer = second.answer
        self.said.setText(_words(second))
        self.said.setVisible(bool(self.said.text()))
        if self.hold.isChecked() and self._answer is not None and answer is not None:
            return
        self._answer = answer
        rate = 0.0 if answer is None else answer.info.rate
        self.offset.setEnabled(rate > 0)
        self.hold.setEnabled(answer is not None)
        with QSignalBlocker(self.offset):
            self.offset.setValue(round(state.angles.second_offset * rate))
        if answer is None:
            self.hold.setChecked(False)
            self.view.show_frame(None, None)
            return
        # Here, not at the top: it brings OpenCV, which the first paint must not wait for.
        from poseviewer.draw.scene import build_scene

        seen, scene = answer.seen, None
        if seen.result is not None:
            look = replace(state.look, ghost=None, overlay_stage=None, truth=False, arcs=())
            zoom = max(self.view.viewport.scale, 1e-6)
            scene = build_scene(seen.result, look, scale=1 / zoom)
        self.view.show_frame(seen.frame, scene)
        self.view.say([f"{answer.info.name} {seen.note}".strip()], corner="top left")

    def _shift(self, frames: int) -> None:
        if self._answer is not None and self._answer.info.rate > 0:
            self.edited.emit({"second_offset": frames / self._answer.info.rate})

    def _held(self, on: bool) -> None:
        """Let the two be in step where they are when the second one is let go."""
        answer = self._answer
        if on or answer is None:
            return
        there = answer.seen.frame.time.seconds - answer.info.origin
        self.edited.emit({"second_offset": there - self._seconds})


def _words(second: SecondClip) -> str:
    """What there is to say of the second clip; empty where all is well."""
    if second.state or second.answer is None:
        return second.state or "Opening the second clip…"
    if second.answer.history is None:
        return "It is not analysed by this network yet: open it and analyse it to see its curves."
    return ""
