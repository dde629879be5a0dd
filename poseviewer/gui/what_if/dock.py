"""The What if dock: sliders that spoil a copy of the frame, and what each stage makes of it.

What it shows is never the clip's answer: it is in this dock alone, is not stored and not exported.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QBoxLayout,
    QGridLayout,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QSlider,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from poseviewer.core.spoil import MEANINGS, SPOIL_KINDS, TITLES, Spoils, held, in_words
from poseviewer.core.stage import grouped
from poseviewer.gui import theme
from poseviewer.gui.compare.view import CompareView
from poseviewer.gui.plain import Label, plain_tip
from poseviewer.gui.stages.grid import StageGrid
from poseviewer.gui.stages.rows import columns_of, rows_for
from poseviewer.gui.what_if.held import HeldBars
from poseviewer.gui.window.dock import Dock

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from poseviewer.core.affine import Box
    from poseviewer.core.result import FrameResult
    from poseviewer.core.spoil import SpoilKind
    from poseviewer.gui.bridge import Bridge
    from poseviewer.runtime.state import AppState, ModelInfo

_PACE = 80
"""Least milliseconds between two drawings while playing."""

_STEPS = 20
"""Of a slider."""

_WIDE = 580
"""Width from which sliders stand in two columns."""

_BESIDE = 620
"""Width from which sliders may stand beside the rest."""

_PANEL = 290
"""Width of the sliders there."""

_SAME = 0.2
"""Overlap of two regions below which they are of other people."""

_ANY = (1 << 24) - 1
"""Qt's greatest width or height of a widget."""

_SAYS = ("What if:", "not the clip's answer")


class WhatIfDock(Dock):
    """The frame with less to see, its maps at every stage, and which stage still knows."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(
            bridge,
            parent,
            title="What if",
            name="what_if_dock",
            pace=_PACE,
            purpose="The frame with less to see, and what each stage makes of it, appear here",
        )
        self.spoils = Spoils()
        """What is done to the frame."""
        self._asked: tuple[object, ...] = ()
        self._drawn: tuple[FrameResult, FrameResult] | None = None
        """The results of the clean and of the spoilt frame."""
        self._fitted: Box | None = None
        """The region that the view was last moved to."""
        self.sliders: dict[SpoilKind, QSlider] = {}
        """The slider of each kind."""
        self._words: dict[SpoilKind, Label] = {}
        self._pairs = [self._pair(kind) for kind in SPOIL_KINDS]
        self._panel = QWidget()
        # Its layout would hold a wide dock wide: see `_arrange`.
        self._panel.setMinimumWidth(200)
        self._columns = 0
        self._form = QGridLayout(self._panel)
        self._form.setContentsMargins(0, 0, 6, 0)
        self._form.setRowStretch(len(SPOIL_KINDS), 1)
        self._form.setHorizontalSpacing(14)
        self.reset = QPushButton("Reset")
        self.reset.setToolTip("Show the frame as it is.")
        self.reset.clicked.connect(lambda: self._spoil(Spoils()))
        self.view = CompareView()
        self.view.setAccessibleName("The spoilt frame")
        self.view.setToolTip("Click where the cover or the second person is to stand.")
        self.view.clicked.connect(self._on_clicked)
        self.view.hovered.connect(self.hovered)
        self.grid = StageGrid()
        self.grid.setAccessibleName("Belief maps of the spoilt frame, joints by stages")
        self.grid.read.connect(
            lambda reading: self.hovered.emit(None if reading is None else reading.frame)
        )
        self.grid.seen_changed.connect(self.redraw)
        self.bars = HeldBars()
        self.bars.setToolTip(
            "Joints within 0.2 of the torso of where the whole network has them in the clean "
            "frame; the upright mark is what the stage has of them in the clean frame."
        )
        self.sentence = Label()
        self.sentence.setWordWrap(True)
        self.sentence.setAccessibleName("Which stage still knows")
        self.setWidget(self._page())

    def _page(self) -> QWidget:
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._split.setChildrenCollapsible(False)
        self._split.setMinimumWidth(200)
        self._split.addWidget(self.view)
        self._split.addWidget(self.grid)
        self._split.setSizes([400, 600])
        content = QWidget()
        inner = QVBoxLayout(content)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self._split, 1)
        inner.addWidget(self.bars)
        below = QHBoxLayout()
        below.addWidget(self.sentence, 1)
        below.addWidget(self.reset)
        inner.addLayout(below)
        self._scroll = QScrollArea(widgetResizable=True)
        self._scroll.setAccessibleName("What is done to the frame")
        self._scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(self._panel)
        page = QWidget()
        # What stands beside each other in a wide dock would hold it wide.
        page.setMinimumWidth(theme.px(210))
        self._body = QBoxLayout(QBoxLayout.Direction.TopToBottom, page)
        self._body.setContentsMargins(8, 6, 4, 4)
        self._body.setSpacing(6)
        self._body.addWidget(self._scroll)
        self._body.addWidget(self.holder(content, tools=(self._scroll,)), 1)
        self._arrange(2)
        return page

    def _pair(self, kind: SpoilKind) -> QWidget:
        """Name, slider and value of one kind."""
        slider = self.sliders[kind] = QSlider(Qt.Orientation.Horizontal)
        slider.setRange(0, _STEPS)
        slider.setPageStep(_STEPS // 4)
        slider.setMinimumWidth(40)
        slider.setAccessibleName(TITLES[kind])
        slider.setToolTip(plain_tip(MEANINGS[kind]))
        slider.valueChanged.connect(lambda value: self._set(kind, value / _STEPS))
        name = Label(TITLES[kind])
        name.setBuddy(slider)
        name.setToolTip(plain_tip(MEANINGS[kind]))
        widest = name.fontMetrics().horizontalAdvance(max(TITLES.values(), key=len))
        name.setMinimumWidth(widest)
        words = self._words[kind] = Label("")
        words.setFont(theme.digits(8.5))
        words.setForegroundRole(words.palette().ColorRole.PlaceholderText)
        said = (in_words(each, at / _STEPS) for each in SPOIL_KINDS for at in range(_STEPS + 1))
        words.setMinimumWidth(max(map(words.fontMetrics().horizontalAdvance, said)))
        pair = QWidget()
        line = QHBoxLayout(pair)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(6)
        line.addWidget(name)
        line.addWidget(slider, 1)
        line.addWidget(words)
        return pair

    def _arrange(self, columns: int) -> None:
        """Put the sliders into so many columns."""
        if columns != self._columns:
            self._columns = columns
            for at, pair in enumerate(self._pairs):
                self._form.addWidget(pair, at // columns, at % columns)

    # -- what a dock gives ----------------------------------------------------------------

    def show_model(self, model: ModelInfo | None) -> None:
        """Lay the grid out for a network."""
        stages = () if model is None else model.stages
        rows = rows_for(stages, show="all")
        # The network before has other stages.
        self.grid.show_result(None)
        self.show_source()
        self.grid.show_stages(columns_of(grouped(stages), {row.kind for row in rows}), rows)

    def show_source(self) -> None:
        """Drop the answer for another source, or of another network."""
        self._asked, self._drawn, self._fitted = (), None, None
        self.bridge.session.what_if.stop()

    def stages_for(self, model: ModelInfo) -> frozenset[int]:  # noqa: ARG002
        """Those in sight until there is an answer: the clean frame's are shown."""
        return self.grid.seen_stages if self.bridge.session.what_if.answer is None else frozenset()

    def age(self, state: AppState) -> str:
        """Also while the spoilt frame is still to be analysed."""
        text, task = super().age(state), self.bridge.session.what_if
        answer = task.answer
        if answer is None:
            text = text or ((task.state or "Analysing…") if self.spoils else "")
        elif answer.first is not state.result and not state.playback.playing:
            text = text or "Analysing…"
        return text

    def set_cursor(self, place: tuple[float, float] | None) -> None:
        """Show the crosshair at a frame pixel in the view and in every tile."""
        self.view.point_at(place)
        self.grid.set_cursor(place)

    def draw(self, state: AppState) -> None:
        """Ask for what is on screen, and show the newest answer."""
        self.view.mirror(state.mirrored)
        task, result = self.bridge.session.what_if, state.result
        if result is None or state.stale or not self.seen:
            return
        asked = result, state.network, state.reading, self.spoils, self.grid.seen_stages
        if asked != self._asked:
            self._asked = asked
            task.look(
                result,
                state.network,
                state.reading,
                stages=self.grid.seen_stages,
                spoils=self.spoils,
            )
        self.grid.show_look(colormap=self._look.colormap, span="row", gate=state.reading.gate)
        answer, model = task.answer, state.model
        if answer is not None:
            self._show(answer.first, answer.second, answer.model)
        elif model is not None:
            # The frame as it is, until what its spoilt copy gives is there.
            self._show(result, result, model)
            if task.state:
                self.sentence.setText(task.state)

    # -- inside ---------------------------------------------------------------------------

    def _show(self, clean: FrameResult, spoilt: FrameResult, model: ModelInfo) -> None:
        if self._drawn == (clean, spoilt):
            return
        self._drawn = clean, spoilt
        self.grid.show_result(spoilt)
        self._show_frame(spoilt, plain=spoilt is clean)
        if self._fitted is None or self._fitted.overlap(spoilt.region) < _SAME:
            self._fitted = spoilt.region
            self.view.fit_box(spoilt.region)
        stages = model.stages
        groups = [group for group in grouped(stages) if stages[group.last].answers]
        numbers = [group.last for group in groups]
        now = held(clean.poses, [spoilt.stage_poses[n] for n in numbers])
        before = held(clean.poses, [clean.stage_poses[n] for n in numbers])
        count = int(clean.poses.found[0].sum()) if len(clean.poses) else 0
        self.bars.show_counts([group.title for group in groups], now, before, count=count)
        self.sentence.setText(_sentence([g.title for g in groups], now, before, count))

    def _show_frame(self, spoilt: FrameResult, *, plain: bool) -> None:
        # Here, not at the top: it brings OpenCV, which the first paint must not wait for.
        from poseviewer.draw.scene import build_scene

        look = replace(
            self._look, ghost=None, arcs=(), hidden=(), truth=False, skeleton=True,
            overlay_stage=None,
        )  # fmt: skip
        zoom = self.view.scale_for(spoilt.frame)
        scene = build_scene(spoilt, look, poses=spoilt.poses, scale=1 / max(zoom, 1e-6))
        self.view.show_frame(spoilt.frame, scene)
        self.view.say(["As it is"] if plain else _SAYS, corner="bottom left")

    def _set(self, kind: SpoilKind, strength: float) -> None:
        fields: dict[str, Any] = {kind: strength}
        self._spoil(replace(self.spoils, **fields))

    def _spoil(self, spoils: Spoils) -> None:
        """Do this to the frame from now on."""
        self.spoils = spoils
        for kind, slider in self.sliders.items():
            strength = getattr(spoils, kind)
            if slider.value() != round(strength * _STEPS):
                slider.setValue(round(strength * _STEPS))
            self._words[kind].setText(in_words(kind, strength) if strength else "")
        self.redraw()

    def _on_clicked(self, pixel: tuple[int, int] | None) -> None:
        """Put the cover and the second person where a person clicked."""
        if pixel is None or self._drawn is None:
            return
        box = self._drawn[1].region
        x, y = (pixel[0] - box.x) / box.width, (pixel[1] - box.y) / box.height
        self._spoil(replace(self.spoils, at=(min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0))))

    def let_go(self) -> None:
        """Drop the network of the spoilt frame."""
        self._asked, self._drawn, self._fitted = (), None, None
        self.bridge.session.what_if.stop()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the sliders beside the rest of a low dock, else above it, in one or two columns."""
        super().resizeEvent(event)
        width, height = event.size().width(), event.size().height()
        beside = width >= max(theme.px(_BESIDE), 1.4 * height)
        self._arrange(2 if width >= theme.px(_WIDE) and not beside else 1)
        self._form.setVerticalSpacing(theme.px(6 if beside else 2))
        directions = QBoxLayout.Direction
        self._body.setDirection(directions.LeftToRight if beside else directions.TopToBottom)
        self._scroll.setMaximumWidth(theme.px(_PANEL) if beside else _ANY)
        self._scroll.setMinimumWidth(theme.px(_PANEL) if beside else 0)
        whole = self._panel.sizeHint().height()
        self._scroll.setMaximumHeight(_ANY if beside else whole)
        self._scroll.setMinimumHeight(0 if beside else min(whole, height // 3))
        wide = width >= height
        self._split.setOrientation(Qt.Orientation.Horizontal if wide else Qt.Orientation.Vertical)


def _sentence(names: list[str], now: tuple[int, ...], before: tuple[int, ...], count: int) -> str:
    """Which stage still knows, in a sentence."""
    if not count or not names:
        return "Nobody was found in the clean frame, so nothing can be lost."
    if now == before:
        return f"Every stage has as many of the {count} joints as in the clean frame."
    if not any(now):
        return f"No stage has any of the {count} joints where it was."
    best = max(range(len(now)), key=lambda at: (now[at], at))
    lost = max(range(len(now)), key=lambda at: before[at] - now[at])
    most = f"{names[best].capitalize()} knows most: {now[best]} of {count} joints where they were."
    if before[lost] <= now[lost]:
        return f"{most} No stage lost any."
    return f"{most} {names[lost].capitalize()} lost most: {before[lost]} to {now[lost]}."
