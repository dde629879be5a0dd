"""The People dock: everybody seen so far, and whose maps and angles are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from poseviewer.core.look import Look
from poseviewer.gui import theme
from poseviewer.gui.people.list import PeopleList
from poseviewer.gui.people.words import about, empty_text, person_at
from poseviewer.gui.window.dock import Dock

if TYPE_CHECKING:
    from poseviewer.gui.bridge import Bridge
    from poseviewer.runtime.people import Person
    from poseviewer.runtime.state import View

_LISTED = 60
"""People in the list, at most: those seen last."""


class PeopleDock(Dock):
    """A list of people to pick from, rename and hide."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(bridge, parent, title="People", name="people_dock", pace=200)
        self._look = Look()
        self._shown: tuple[object, ...] = ()
        choose = bridge.session.choose
        self.list = PeopleList()
        self.list.picked.connect(lambda number: choose(focus=number))
        self.list.renamed.connect(self._rename)
        self.list.drawn_changed.connect(self._draw)
        self.lock = _button(
            "Lock", "Stay with this person: nobody else's angles stand in while they are away."
        )
        self.lock.setCheckable(True)
        self.lock.clicked.connect(lambda on: choose(locked=on))
        self.anybody = _button("Anybody", "Pick nobody: stay with whoever is surest.")
        self.anybody.clicked.connect(lambda: choose(focus=None, locked=False))
        self.everybody = _button("Look for everybody", "Follow each person, all at once (P).")
        self.everybody.clicked.connect(lambda: choose(region="people"))
        self._about = _quiet("Whose maps and angles are shown")
        self._about.setAlignment(Qt.AlignmentFlag.AlignVCenter)
        self._empty = _quiet("People")
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._lay_out()

    def _lay_out(self) -> None:
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.list)
        self._stack.setMinimumSize(160, 60)
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.everybody)
        row.addStretch(1)
        row.addWidget(self.lock)
        row.addWidget(self.anybody)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(self._stack, 1)
        column.addWidget(self._about)
        column.addLayout(row)
        self.setWidget(page)

    # -- what the window calls ------------------------------------------------------------

    def show_look(self, look: Look) -> None:
        """Follow who is drawn, and what people are called."""
        changed = (look.names, look.hidden) != (self._look.names, self._look.hidden)
        self._look = look
        if changed:
            self._again()

    def show_view(self, view: View) -> None:
        """List everybody; who is in the picture now stands out."""
        people, choices = self._listed(), view.choices
        here = [] if view.result is None else sorted(view.result.poses.track.tolist())
        shown = (
            people, here, choices, self._look, view.source, view.model, theme.current(),
        )  # fmt: skip
        if shown == self._shown or self.list.busy:
            return
        self._shown = shown
        alone = view.model is not None and all(s.kind != "paf" for s in view.model.stages)
        self.everybody.setVisible(view.source is not None and alone and choices.region != "people")
        for button in (self.lock, self.anybody):
            button.setVisible(bool(people))
            button.setEnabled(choices.focus is not None)
        self.lock.setChecked(choices.locked)
        self._about.setVisible(bool(people))
        self._about.setText(about(view, self._look))
        self._empty.setText(empty_text(view))
        self._stack.setCurrentIndex(1 if people else 0)
        self.list.show_people(
            people,
            here=here,
            names=dict(self._look.names),
            hidden=self._look.hidden,
            picked=choices.focus,
        )

    def pick_at(self, place: tuple[int, int] | None) -> None:
        """Pick who is at a frame pixel; where nobody is, or one person only, nothing changes."""
        result = self.bridge.session.view().result
        if place is None or result is None or len(self.bridge.session.people.seen()) < 2:
            return
        number = person_at(result.poses, place)
        if number is not None:
            self.bridge.session.choose(focus=number)

    # -- inside ---------------------------------------------------------------------------

    def _listed(self) -> tuple[Person, ...]:
        people = self.bridge.session.people.seen()
        latest = sorted(people, key=lambda person: -person.last)[:_LISTED]
        return tuple(sorted(latest, key=lambda person: person.number))

    def _rename(self, number: int, name: str) -> None:
        names = dict(self._look.names) | {number: name}
        self.look_edited.emit({"names": tuple(sorted(one for one in names.items() if one[1]))})
        # Once the field in which it was typed has closed.
        QTimer.singleShot(0, self, self._again)

    def _draw(self, number: int, drawn: bool) -> None:
        hidden = set(self._look.hidden) - {number} if drawn else {*self._look.hidden, number}
        if hidden != set(self._look.hidden):
            self.look_edited.emit({"hidden": tuple(sorted(hidden))})

    def _again(self) -> None:
        self._shown = ()
        if self.seen:
            self.show_view(self.bridge.session.view())

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_stack"):
            self._again()


def _button(text: str, tip: str) -> QPushButton:
    button = QPushButton(text)
    button.setAccessibleName(text)
    button.setToolTip(tip)
    return button


def _quiet(name: str) -> QLabel:
    label = QLabel()
    label.setAccessibleName(name)
    label.setWordWrap(True)
    label.setForegroundRole(label.palette().ColorRole.PlaceholderText)
    return label
