"""The Stages dock: what every stage of the network returned, joint by joint."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QMenu, QVBoxLayout, QWidget

from poseviewer.core.stage import ghosts, group_of, grouped, kind_of
from poseviewer.draw.kinds import painter_of
from poseviewer.gui import theme
from poseviewer.gui.plain import add_entry
from poseviewer.gui.stages.controls import StageControls, Wheel
from poseviewer.gui.stages.grid import StageGrid
from poseviewer.gui.stages.rows import columns_of, rows_for
from poseviewer.gui.stages.save import TileSaver
from poseviewer.gui.widgets import quiet_label
from poseviewer.gui.window.dock import Dock

if TYPE_CHECKING:
    from PySide6.QtCore import QPoint
    from PySide6.QtGui import QResizeEvent

    from poseviewer.core.look import Look
    from poseviewer.gui.bridge import Bridge
    from poseviewer.gui.stages.tiles import Reading
    from poseviewer.runtime.state import AppState, ModelInfo

_PACE = 66
"""Least milliseconds between two drawings while playing; maps cannot be read faster."""


class StagesDock(Dock):
    """A grid of belief maps, each tile the region with the belief glowing on it."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(
            bridge,
            parent,
            title="Stages",
            name="stages_dock",
            pace=_PACE,
            purpose="The maps of every stage appear here",
        )
        self.controls = StageControls()
        self.controls.edited.connect(lambda fields: self.change("display", **fields))
        self.controls.read_with.connect(lambda chosen: self.change("people", read_with=chosen))
        self.controls.rows_changed.connect(self._follow)
        self.controls.span_changed.connect(lambda: self._restyle())
        self.grid = StageGrid()
        self.grid.chosen.connect(self._lay_over)
        self.grid.read.connect(self._on_read)
        self.grid.asked.connect(self._on_asked)
        self.grid.seen_changed.connect(self.announce)
        self.grid.resized_tiles.connect(self._on_resized)
        self.controls.sized.connect(self.grid.set_tile_width)
        self.saver = TileSaver(self.grid)
        self.saver.notified.connect(bridge.session.notice)
        self.reading = quiet_label("Value under the pointer")
        self.reading.setWordWrap(False)
        self.reading.setFont(theme.digits())
        self.wheel = Wheel()
        self.wheel.hide()

        self.setWidget(self._page())

    # -- what a dock gives ----------------------------------------------------------------

    def stages_for(self, model: ModelInfo) -> frozenset[int]:  # noqa: ARG002
        """The stages that are not scrolled out of sight."""
        return self.grid.seen_stages

    def show_look(self, look: Look) -> None:
        """Follow what is drawn over the frame: the chosen tile, opacity and colour map."""
        self.grid.show_choice(look.overlay_stage, look.overlay_channel)
        self.controls.show_look(look)
        self._restyle()

    def set_cursor(self, place: tuple[float, float] | None) -> None:
        """Show the crosshair at a frame pixel; None removes it."""
        self.grid.set_cursor(place)

    def show_model(self, model: ModelInfo | None) -> None:
        """Offer the joints and stages of a network."""
        self.reading.clear()
        self.controls.show_model(model)
        self.controls.show_look(self._look)
        self._follow()

    def draw(self, state: AppState) -> None:
        """Show the newest result."""
        self._restyle(gate=state.reading.gate)
        self.saver.source = state.source.location if state.source is not None else ""
        self.grid.show_result(state.result)
        several = state.result is not None and len(state.result.poses) > 1
        self.controls.show_people(state.people, several=several)

    def make_ahead(self, state: AppState) -> None:
        """Compose the tiles of a new result."""
        if state.result is not None:
            self.grid.compose_ahead(state.result)

    # -- inside ---------------------------------------------------------------------------

    def _page(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(8, 6, 4, 4)
        column.setSpacing(4)
        column.addWidget(self.controls)
        column.addWidget(self.holder(self.grid, tools=(self.controls,)), 1)
        foot = QHBoxLayout()
        foot.addWidget(self.reading, 1)
        foot.addWidget(self.wheel)
        column.addLayout(foot)
        return page

    def _follow(self) -> None:
        """Lay the tiles out as the controls say."""
        stages = () if self.model is None else self.model.stages
        rows = rows_for(stages, show=self.controls.show_box.currentData())
        kinds = {row.kind for row in rows}
        self.grid.show_stages(columns_of(grouped(stages), kinds), rows)
        self.wheel.setVisible(any(painter_of(kind).legend == "directions" for kind in kinds))

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
        assert self.model is not None
        stage = grouped(self.model.stages)[group_of(self.model.stages, reading.stage)].title
        x, y = reading.frame
        answer = self._answer(reading)
        return f"{reading.row.label} · {stage}   {reading.note}{answer}   pixel {x:.0f}, {y:.0f}"

    def _answer(self, reading: Reading) -> str:
        """What the whole network says of the joint of a tile, where that is more than its peak."""
        result, channel = self.grid.result, reading.row.channel
        kind = kind_of(reading.row.kind)
        if result is None or channel is None or kind.subject != "joint":
            return ""
        poses, joint = result.poses, channel // kind.step
        if not len(poses) or not poses.calibrated or joint >= len(poses.skeleton.joints):
            return ""
        return f"   answer: {poses.in_words(0, joint)}"

    def _on_asked(self, stage: int, channel: int | None, place: QPoint) -> None:
        """Show the menu of a tile."""
        if self.model is None:
            return
        group = grouped(self.model.stages)[group_of(self.model.stages, stage)]
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text, run in (
            ("Show on the frame", partial(self._lay_over, stage, channel)),
            ("Copy tile", partial(self.saver.copy, stage, channel)),
            ("Save tile…", partial(self.saver.ask, stage, channel)),
        ):
            menu.addAction(text).triggered.connect(lambda _=False, run=run: run())
        if group.last in ghosts(self.model.stages):
            menu.addSeparator()
            action = add_entry(menu, f"Ghost of {group.title}")
            action.setCheckable(True)
            action.setChecked(self._look.ghost == group.last)
            action.triggered.connect(
                lambda on: self.change("display", ghost=group.last if on else None)
            )
        menu.popup(place)

    def _lay_over(self, stage: int, channel: int | None) -> None:
        self.change("display", overlay_stage=stage, overlay_channel=channel)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Hide the second line of controls where the height is small."""
        super().resizeEvent(event)
        self.controls.fit_into(event.size().width(), event.size().height())

    def _on_resized(self, width: int) -> None:
        self.controls.show_size(width, fitting=self.grid.fitting)
