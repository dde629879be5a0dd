"""The People dock: all people found so far, and which of them is in focus."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, QTimer
from PySide6.QtWidgets import QDoubleSpinBox, QPushButton, QVBoxLayout, QWidget

from poseviewer.gui import theme
from poseviewer.gui.people.list import PeopleList
from poseviewer.gui.people.words import about, person_at, states_of
from poseviewer.gui.plain import allow, plain_tip
from poseviewer.gui.widgets import WrapLayout, quiet_label
from poseviewer.gui.window.dock import Dock
from poseviewer.runtime.sections import LONGEST_WINDOW

if TYPE_CHECKING:
    from poseviewer.gui.bridge import Bridge
    from poseviewer.runtime.people import SeenPerson
    from poseviewer.runtime.state import AppState

_LISTED = 60
"""People in the list, at most: those found last."""

_WINDOW = (
    "Over so many seconds, of two numbers whose poses lie on each other the less sure one is "
    "dropped (Pose Flow's window); on the three clips that it was tried on it changed nothing."
)


class PeopleDock(Dock):
    """A list of people to pick from, rename and hide."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(
            bridge,
            parent,
            title="People",
            name="people_dock",
            pace=200,
            purpose="All people found are listed here",
        )
        self._shown: tuple[object, ...] = ()
        self.list = PeopleList()
        self.list.picked.connect(lambda number: self.change("people", focus=number))
        self.list.renamed.connect(self._rename)
        self.list.drawn_changed.connect(self._draw)
        self.lock = _button(
            "Lock", "Stay with this person: show no one else's angles while they are away."
        )
        self.lock.setCheckable(True)
        self.lock.clicked.connect(lambda on: self.change("people", locked=on))
        self.anybody = _button("Most confident", "Choose no one: show the most confident person.")
        self.anybody.clicked.connect(lambda: self.change("people", focus=None, locked=False))
        self.everybody = _button("Find everybody", "Find everybody and follow each person (P).")
        self.everybody.clicked.connect(lambda: self.change("reading", region="people"))
        self.window_s = QDoubleSpinBox(decimals=1, singleStep=0.5, prefix="One number over ")
        self.window_s.setRange(0, LONGEST_WINDOW)
        self.window_s.setSuffix(" s")
        self.window_s.setSpecialValueText("Numbers as found")
        self.window_s.lineEdit().setTextMargins(6, 0, 0, 0)
        self.window_s.setAccessibleName("Seconds over which a person keeps one number")
        self.window_s.setToolTip(plain_tip(_WINDOW))
        # An analysis under every digit would be begun.
        self.window_s.setKeyboardTracking(False)
        self.window_s.valueChanged.connect(
            lambda seconds: self.change("reading", track_window=seconds)
        )
        self._about = quiet_label("Whose maps and angles are shown")
        buttons = QWidget()
        WrapLayout(buttons, self.everybody, self.lock, self.anybody, self.window_s)
        page = QWidget()
        # First: what gets another parent later is styled again with all that is in it.
        self.setWidget(page)
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(self.holder(self.list, dims=False), 1)
        column.addWidget(self._about)
        column.addWidget(buttons)

    # -- what a dock gives ----------------------------------------------------------------

    def why_empty(self, state: AppState) -> str:
        """Why the list is empty."""
        if self._listed():
            return ""
        if text := super().why_empty(state):
            return text
        if state.source is not None and not state.source.live and not state.analysed:
            return "People get numbers when the clip is analysed (A)."
        return "No person found yet."

    def draw(self, state: AppState) -> None:
        """List all people; those in the frame stand out."""
        people, chosen = self._listed(), state.people
        _, result = state.shown
        here = {} if result is None else states_of(result.poses)
        shown = (
            people, here, chosen, state.reading, state.source, state.model, theme.current(),
        )  # fmt: skip
        if shown == self._shown or self.list.busy:
            return
        self._shown = shown
        stages = () if state.model is None else state.model.stages
        alone = bool(stages) and all(spec.meaning.subject != "limb" for spec in stages)
        self.everybody.setVisible(
            state.source is not None and alone and state.reading.region != "people"
        )
        for button in (self.lock, self.anybody):
            button.setVisible(bool(people))
            allow(button, chosen.focus is not None, why_not="no person has been chosen")
        with QSignalBlocker(self.window_s):
            self.window_s.setValue(state.reading.track_window)
        self.lock.setChecked(chosen.locked)
        self._about.setVisible(bool(people))
        self._about.setText(about(state))
        self.list.show_people(
            people,
            here=here,
            names=dict(chosen.names),
            hidden=chosen.hidden,
            picked=chosen.focus,
        )

    def pick_at(self, place: tuple[int, int] | None) -> None:
        """Choose the person at a frame pixel, where there are several people."""
        _, result = self.state.shown
        if place is None or result is None or len(self.bridge.session.people.seen()) < 2:
            return
        number = person_at(result.poses, place)
        if number is not None:
            self.change("people", focus=number)

    # -- inside ---------------------------------------------------------------------------

    def _listed(self) -> tuple[SeenPerson, ...]:
        people = self.bridge.session.people.seen()
        latest = sorted(people, key=lambda person: -person.last)[:_LISTED]
        return tuple(sorted(latest, key=lambda person: person.number))

    def _rename(self, number: int, name: str) -> None:
        names = dict(self.state.people.names) | {number: name}
        self.change("people", names=tuple(sorted(one for one in names.items() if one[1])))
        # Once the field in which it was typed has closed.
        QTimer.singleShot(0, self, self._draw_anew)

    def _draw(self, number: int, drawn: bool) -> None:
        hidden = set(self.state.people.hidden)
        hidden = hidden - {number} if drawn else hidden | {number}
        self.change("people", hidden=tuple(sorted(hidden)))

    def _draw_anew(self) -> None:
        self._shown = ()
        self.redraw()


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setAccessibleName(text)
    button.setToolTip(plain_tip(tip))
    return button
