"""The Review dock: a list of what is worth a look, the worst first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from poseviewer.gui import theme
from poseviewer.gui.people.words import person_name
from poseviewer.gui.plain import Label, plain_tip
from poseviewer.gui.window.dock import Dock
from poseviewer.runtime.review import TITLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.gui.bridge import Bridge
    from poseviewer.runtime.review import Finding
    from poseviewer.runtime.state import AppState

_LISTED = 400
"""Rows that the list has, at most."""

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_FRAME, _WHAT, _BAD = range(3)
_COLUMNS = (
    ("Frame", "Where to look; a click goes there."),
    ("What is doubtful", "The joint or the person, and what is unusual."),
    ("How bad", "1 is where a doubt begins."),
)


class ReviewDock(Dock):
    """A list of findings, which are gone through with keys."""

    found = Signal(object)
    """Numbers of the frames of the findings that are listed."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(
            bridge, parent, title="Review", name="review_dock", pace=500,
            purpose="Frames that are worth a look appear here",
        )  # fmt: skip
        self._all: Sequence[Finding] | None = None
        self._shown: tuple[object, ...] = ()
        self.listed: tuple[Finding, ...] = ()
        """The findings in the list, in its order."""
        self.kinds = QComboBox()
        self.kinds.setAccessibleName("Kind of doubt")
        self.kinds.setToolTip("Which doubts are listed and marked on the timeline.")
        self.kinds.addItem("all doubts", "")
        for kind, title in TITLES.items():
            self.kinds.addItem(title, kind)
        self.kinds.currentIndexChanged.connect(lambda _: self.redraw())
        self.count = Label()
        self.list = QTreeWidget()
        self.list.setAccessibleName("Findings")
        self.list.setToolTip(
            plain_tip("Click a row to go to its frame; correct it there, and the list follows.")
        )
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.list.setHeaderLabels([title for title, _ in _COLUMNS])
        head, header, modes = self.list.headerItem(), self.list.header(), QHeaderView.ResizeMode
        header.setStretchLastSection(False)
        for column, (_, tip) in enumerate(_COLUMNS):
            head.setToolTip(column, plain_tip(tip))
            wide = column == _WHAT
            header.setSectionResizeMode(column, modes.Stretch if wide else modes.ResizeToContents)
            if not wide:
                head.setTextAlignment(column, _RIGHT)
        self.list.currentItemChanged.connect(self._on_chosen)
        top = QHBoxLayout()
        top.addWidget(self.kinds)
        top.addWidget(self.count, 1)
        page = QWidget()
        inside = QVBoxLayout(page)
        inside.setContentsMargins(8, 8, 8, 8)
        inside.setSpacing(6)
        inside.addLayout(top)
        inside.addWidget(self.holder(self.list, dims=False), 1)
        self.setWidget(page)

    def why_empty(self, state: AppState) -> str:
        """Why there is no list."""
        if state.source is None:
            return super().why_empty(state)
        if state.source.live:
            return "A live source cannot be looked through: record it, and open the recording."
        if not state.analysed:
            return "Doubtful frames are found in an analysis: press A to analyse the clip."
        if self._all is None:
            return "Looking through the results…"
        return "" if self._all else "Nothing stands out in what is analysed so far."

    def draw(self, state: AppState) -> None:
        """List what was found."""
        self._all = self.bridge.session.review()
        kind = self.kinds.currentData()
        shown = (self._all, kind, state.people.names, theme.current())
        if shown == self._shown:
            return
        self._shown = shown
        found = [one for one in self._all or () if not kind or one.kind == kind]
        self.listed = tuple(found[:_LISTED])
        more = f", the worst {_LISTED} are listed" if len(found) > _LISTED else ""
        self.count.setText(f"{len(found)} found{more}" if found else "")
        names = dict(state.people.names)
        several = len({one.person for one in found}) > 1
        with QSignalBlocker(self.list):
            chosen = self._chosen()
            self.list.clear()
            for one in self.listed:
                about = f"{person_name(one.person, names)}: " if several else ""
                row = QTreeWidgetItem(
                    self.list, [f"{one.frame}", f"{about}{one.words}", f"{one.badness:.1f}"]
                )
                row.setToolTip(_WHAT, plain_tip(TITLES[one.kind]))
                for place in (_FRAME, _BAD):
                    row.setTextAlignment(place, _RIGHT)
                    row.setFont(place, theme.digits())
            self._choose(chosen)
        self.found.emit(tuple(sorted({one.frame for one in self.listed})))

    def go(self, way: int) -> None:
        """Go to the next finding of the list, or the one before."""
        now = self.list.currentIndex().row()
        place = min(max(now + way, 0), self.list.topLevelItemCount() - 1)
        if (row := self.list.topLevelItem(place)) is not None:
            self.list.setCurrentItem(row)

    def _chosen(self) -> tuple[object, ...] | None:
        """What the chosen row is about, to find it again in a new list."""
        row = self.list.currentItem()
        return None if row is None else (row.text(_FRAME), row.text(_WHAT))

    def _choose(self, chosen: tuple[object, ...] | None) -> None:
        for place in range(self.list.topLevelItemCount()):
            row = self.list.topLevelItem(place)
            if row is not None and (row.text(_FRAME), row.text(_WHAT)) == chosen:
                self.list.setCurrentItem(row)

    def _on_chosen(self, row: QTreeWidgetItem | None) -> None:
        if row is not None:
            one = self.listed[self.list.indexOfTopLevelItem(row)]
            people = self.bridge.session.people.seen()
            if len(people) > 1 and self.state.people.focus != one.person:
                self.change("people", focus=one.person)
            self.seek_requested.emit(one.frame)
