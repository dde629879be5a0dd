"""The Embedding dock: which frames show alike poses, and what a pose is without its view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QHBoxLayout,
    QSizePolicy,
    QSlider,
    QSplitter,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from poseviewer.gui import theme
from poseviewer.gui.embedding.map import PoseMapView
from poseviewer.gui.embedding.matrix import LikenessMatrix
from poseviewer.gui.embedding.tiles import ExchangeGrid, MatchRow
from poseviewer.gui.plain import Label, plain_tip
from poseviewer.gui.widgets import WrapLayout, quiet_label
from poseviewer.gui.window.dock import Dock

if TYPE_CHECKING:
    from PySide6.QtCore import QEvent

    from poseviewer.gui.bridge import Bridge
    from poseviewer.runtime.similar_poses import Match, PoseMap
    from poseviewer.runtime.state import AppState

_LISTED = 5
_STEPS = 20

_SAID = "The codes were learnt from mannequins, not from people: they rank, and can err."
_MISSING = "Frame {} has no code: it is not analysed, or shows this person not whole."


class EmbeddingDock(Dock):
    """The poses of the person in focus as a map and a matrix, and two of them taken apart."""

    clip_requested = Signal(str)
    """The location of another clip to open."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(
            bridge, parent, title="Embedding", name="embedding_dock", pace=150,
            purpose="Frames with alike poses appear here",
        )  # fmt: skip
        self._poses: PoseMap | None = None
        self._why = ""
        self._going: tuple[str, int] | None = None
        """Another clip that is being opened, and the frame to go to."""
        self.map, self.matrix = PoseMapView(), LikenessMatrix()
        self.matches, self.exchange = MatchRow(), ExchangeGrid()
        self.map.clicked.connect(self.seek_requested)
        self.matrix.clicked.connect(self.seek_requested)
        self.matches.chosen.connect(self._go_to)
        self.others = QCheckBox("Other clips too")
        self.others.setToolTip(
            plain_tip("Look for alike poses in the clips whose analyses are saved, too.")
        )
        self.others.toggled.connect(lambda _: self.redraw())
        self.tabs = QTabWidget()
        self.tabs.setDocumentMode(True)
        self.tabs.addTab(self._alike_page(), "Alike")
        self.tabs.addTab(self._exchange_page(), "Pose and view")
        self.tabs.currentChanged.connect(lambda _: self.redraw())
        self.said = quiet_label("What is shown")
        content, page = QWidget(), QWidget()
        inside = QVBoxLayout(content)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(6)
        inside.addWidget(self.tabs, 1)
        below = QHBoxLayout()
        below.addWidget(self.said, 1)
        below.addWidget(self.others)
        inside.addLayout(below)
        outside = QVBoxLayout(page)
        outside.setContentsMargins(8, 8, 8, 8)
        outside.addWidget(self.holder(content, dims=False))
        self.setWidget(page)

    def _alike_page(self) -> QWidget:
        pictures = QSplitter(Qt.Orientation.Horizontal)
        pictures.setChildrenCollapsible(False)
        pictures.addWidget(self.map)
        pictures.addWidget(self.matrix)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(6)
        column.addWidget(pictures, 1)
        column.addWidget(self.matches, 1)
        return page

    def _exchange_page(self) -> QWidget:
        self.picks: dict[str, int | None] = {"A": None, "B": None}
        """The frames whose poses are taken apart."""
        self.buttons: dict[str, QToolButton] = {}
        for name in self.picks:
            button = QToolButton()
            button.setProperty("wide", True)
            button.setToolTip(plain_tip(f"Take the frame on screen as {name}."))
            button.clicked.connect(lambda _=False, name=name: self._pick(name))
            self.buttons[name] = button
        self.between = QSlider(Qt.Orientation.Horizontal)
        self.between.setRange(0, _STEPS)
        self.between.setValue(_STEPS // 2)
        self.between.setAccessibleName("View between A and B")
        self.between.setToolTip(plain_tip("The view of the middle column: from A's to B's."))
        self.between.valueChanged.connect(lambda _: self.redraw())
        self.between.setMinimumWidth(theme.px(90))
        row, view = QWidget(), QWidget()
        line = QHBoxLayout(view)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(Label("View"))
        line.addWidget(self.between, 1)
        view.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        WrapLayout(row, *self.buttons.values(), view)
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 6, 0, 0)
        column.setSpacing(6)
        column.addWidget(row)
        column.addWidget(self.exchange, 1)
        return page

    def show_source(self) -> None:
        """Forget the frames that were picked in another source."""
        for name in self.picks:
            self.picks[name] = None
        self.bridge.session.pose_crops(())
        source = self.state.source
        if self._going is not None and source is not None and source.location == self._going[0]:
            (_, frame), self._going = self._going, None
            self.seek_requested.emit(frame)

    def why_empty(self, state: AppState) -> str:
        """Why there are no poses."""
        if state.source is None:
            return super().why_empty(state)
        if state.source.live:
            return "Poses of a live source have no map: record it, and open the recording."
        if not state.analysed:
            return "Alike poses are found in an analysis: press A to analyse the clip."
        if self._poses is None:
            return self._why or "Looking through the results…"
        return ""

    def draw(self, state: AppState) -> None:
        """Show where the poses lie, and the frame on screen among them."""
        self._poses, self._why = self.bridge.session.similar_poses(others=self.others.isChecked())
        poses, frame = self._poses, state.playback.index
        self.others.setVisible(self.tabs.currentIndex() == 0)
        if poses is None:
            return
        if self.tabs.currentIndex() == 0:
            matches = poses.matches(frame, count=_LISTED)
            crops = self.bridge.session.pose_crops(matches) if matches else ()
            self.matches.show_matches(matches, crops)
            self.map.show_poses(
                poses, frame=frame, matches=tuple(match.frame for match in matches if match.here)
            )
            self.matrix.show_poses(poses, frame=frame)
            wanted = [frame]
        else:
            self._show_exchange(poses, frame)
            wanted = [picked for picked in self.picks.values() if picked is not None]
        missing = [one for one in wanted if poses.clip.row(one) is None]
        self.said.setText(_MISSING.format(missing[0]) if missing else _SAID)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        self.map.forget_colours()
        super().changeEvent(event)

    def let_go(self) -> None:
        """Drop the pictures, and close their clips."""
        self.bridge.session.pose_crops(())

    def _show_exchange(self, poses: PoseMap, frame: int) -> None:
        # To begin with: the frame on screen, and one about as far away in the clip as can be.
        last = poses.clip.index
        a, b = self.picks["A"], self.picks["B"]
        a = frame if a is None else a
        if b is None:
            b = int(last[-1] if frame < last[len(last) // 2] else last[0])
        self.picks = {"A": a, "B": b}
        for name, picked in self.picks.items():
            self.buttons[name].setText(f"{name}: frame {picked}")
        between = self.between.value() / _STEPS
        self.exchange.show_figures(poses.exchange(a, b, between=between))

    def _pick(self, name: str) -> None:
        self.picks[name] = self.state.playback.index
        self.redraw()

    def _go_to(self, match: Match) -> None:
        if match.here:
            self.seek_requested.emit(match.frame)
        else:
            self._going = match.clip.location, match.frame
            self.clip_requested.emit(match.clip.location)
