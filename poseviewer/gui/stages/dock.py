"""The Stages dock: the network's belief, joint by joint and stage by stage."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QStackedWidget, QVBoxLayout, QWidget

from poseviewer.core.look import Look
from poseviewer.core.stage import group_of, grouped
from poseviewer.gui import theme
from poseviewer.gui.stages.controls import StageControls, Wheel
from poseviewer.gui.stages.grid import StageGrid
from poseviewer.gui.stages.rows import columns_of, rows_for
from poseviewer.gui.stages.save import TileKeeper
from poseviewer.gui.window.dock import Dock

if TYPE_CHECKING:
    from PySide6.QtCore import QPoint
    from PySide6.QtGui import QResizeEvent

    from poseviewer.gui.bridge import Bridge
    from poseviewer.gui.stages.tiles import Reading
    from poseviewer.runtime.state import ModelInfo, View

_PACE = 50
"""Least milliseconds between two drawings while playing; nobody reads maps faster."""


class StagesDock(Dock):
    """A grid of belief maps, each tile the region with the belief glowing on it."""

    tile_chosen = Signal(int, object)
    """Stage, and channel or None for all joints, to lay over the frame."""

    told = Signal(str, str)
    """Level and text of a notice: what became of a tile that was to be saved."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(bridge, parent, title="Stages", name="stages_dock", pace=_PACE)
        self._look = Look()
        self._model: ModelInfo | None = None
        self._visible: frozenset[int] = frozenset()
        self.controls = StageControls()
        self.controls.edited.connect(self.look_edited)
        self.controls.rows_changed.connect(self._follow)
        self.controls.span_changed.connect(lambda: self._restyle())
        self.grid = StageGrid()
        self.grid.chosen.connect(self.tile_chosen)
        self.grid.read.connect(self._on_read)
        self.grid.asked.connect(self._on_asked)
        self.grid.seen_changed.connect(self._on_seen)
        self.grid.resized_tiles.connect(self._on_resized)
        self.controls.sized.connect(self.grid.set_tile_width)
        self.keeper = TileKeeper(self.grid)
        self.keeper.told.connect(self.told)
        self._empty = QLabel()
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        self._empty.setForegroundRole(self._empty.palette().ColorRole.PlaceholderText)
        self._stack = QStackedWidget()
        self._stack.addWidget(self._empty)
        self._stack.addWidget(self.grid)
        self.reading = QLabel()
        self.reading.setFont(theme.digits())
        self.reading.setForegroundRole(self.reading.palette().ColorRole.PlaceholderText)
        self.reading.setAccessibleName("Belief under the pointer")
        self.reading.setMinimumWidth(1)
        self.wheel = Wheel()
        self.wheel.hide()

        self.setWidget(self._page())
        self.visibilityChanged.connect(self._on_seen)

    # -- what the window calls ------------------------------------------------------------

    def visible_stages(self) -> frozenset[int]:
        """Numbers of the stages that can be seen here, so that no other leaves the device."""
        if not self.seen or self._model is None:
            return frozenset()
        return self.grid.seen_stages

    def show_look(self, look: Look) -> None:
        """Follow what is drawn over the frame: the chosen tile, opacity and colour map."""
        self._look = look
        self.grid.show_choice(look.overlay_stage, look.overlay_channel)
        self.controls.show_look(look)
        self._restyle()

    def set_cursor(self, place: tuple[float, float] | None) -> None:
        """Show the crosshair at a frame pixel; None removes it."""
        self.grid.set_cursor(place)

    def paced(self, view: View) -> bool:
        """Only while playing: a step is seen at once."""
        return view.transport.playing

    def show_view(self, view: View) -> None:
        """Show the newest result."""
        if view.model is not self._model:
            self._model = view.model
            self.controls.show_model(view.model)
            self.controls.show_look(self._look)
            self._follow()
        self._restyle(gate=view.choices.gate)
        self.grid.show_result(view.result)
        text = _why_empty(view)
        if text:
            self._empty.setText(text)
            self.reading.setText("")
        self._stack.setCurrentWidget(self._empty if text else self.grid)

    # -- inside ---------------------------------------------------------------------------

    def _page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 6, 4, 4)
        column.setSpacing(4)
        column.addWidget(self.controls)
        column.addWidget(self._stack, 1)
        foot = QHBoxLayout()
        foot.addWidget(self.reading, 1)
        foot.addWidget(self.wheel)
        column.addLayout(foot)
        return page

    def _follow(self) -> None:
        """Lay out what the controls ask for."""
        stages = () if self._model is None else self._model.stages
        rows = rows_for(stages, show=self.controls.show_box.currentData())
        kinds = {row.kind for row in rows}
        self.grid.show_stages(columns_of(grouped(stages), kinds), rows)
        self.wheel.setVisible("paf" in kinds)

    def _restyle(self, *, gate: float | None = None) -> None:
        self.grid.show_look(
            colormap=self._look.colormap,
            span=self.controls.span.currentData(),
            gate=self.grid.gate if gate is None else gate,
            arrows=self._look.arrows,
        )

    def _on_read(self, reading: Reading | None) -> None:
        self.hovered.emit(None if reading is None else reading.frame)
        # The crosshair of the pointer itself; the frame view's comes by `set_cursor`.
        self.grid.set_cursor(None if reading is None else reading.frame)
        self.reading.setText("" if reading is None else self._sentence(reading))

    def _sentence(self, reading: Reading) -> str:
        assert self._model is not None
        stage = grouped(self._model.stages)[group_of(self._model.stages, reading.stage)].title
        x, y = reading.frame
        return f"{reading.row.label} · {stage}   {reading.note}   pixel {x:.0f}, {y:.0f}"

    def _on_asked(self, stage: int, channel: int | None, place: QPoint) -> None:
        """Offer what can be done with a tile."""
        if self._model is None:
            return
        group = grouped(self._model.stages)[group_of(self._model.stages, stage)]
        ghost = self._look.ghost == group.last
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text, run in (
            ("Lay over the frame", partial(self.tile_chosen.emit, stage, channel)),
            ("Copy tile", partial(self.keeper.copy, stage, channel)),
            ("Save tile…", partial(self.keeper.ask, stage, channel)),
        ):
            menu.addAction(text).triggered.connect(lambda _=False, run=run: run())
        menu.addSeparator()
        action = menu.addAction(f"Ghost of {group.title}")
        action.setCheckable(True)
        action.setChecked(ghost)
        to = None if ghost else group.last
        action.triggered.connect(lambda: self.look_edited.emit({"ghost": to}))
        menu.popup(place)

    def _on_seen(self) -> None:
        visible = self.visible_stages()
        if visible != self._visible:
            self._visible = visible
            self.stages_changed.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the height to the tiles where there is little of it."""
        super().resizeEvent(event)
        self.controls.fit_into(event.size().width(), event.size().height())

    def _on_resized(self, width: int) -> None:
        self.controls.show_size(width, fitting=self.grid.fitting)


def _why_empty(view: View) -> str:
    if view.source is None:
        return "The belief maps of every stage appear here: open a clip or a camera."
    if view.model is None:
        return view.busy or "No network is loaded yet: choose one in the Model dock."
    if view.result is None:
        return "Waiting for the network's first answer."
    return ""
