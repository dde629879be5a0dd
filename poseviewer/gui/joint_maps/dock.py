"""The Joint maps dock: one joint at every stage, as large as the dock allows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from poseviewer.core.stage import group_of, grouped, kind_of, main_stage
from poseviewer.draw.kinds import painter_of
from poseviewer.draw.stage_strip import Shown, grey_region
from poseviewer.gui import theme
from poseviewer.gui.joint_maps.area import MapArea, Scene
from poseviewer.gui.joint_maps.controls import MapControls
from poseviewer.gui.joint_maps.facts import around, compared, facts_of
from poseviewer.gui.joint_maps.moments import MOST, Moments
from poseviewer.gui.joint_maps.subject import chosen_row, first_row, most_changed
from poseviewer.gui.joint_maps.tile import MINUS
from poseviewer.gui.stages.rows import columns_of
from poseviewer.gui.widgets import quiet_label
from poseviewer.gui.window.dock import Dock

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from PySide6.QtGui import QResizeEvent

    from poseviewer.core.look import Look
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageGroup
    from poseviewer.draw.stage_strip import Mode
    from poseviewer.draw.tile import Row
    from poseviewer.gui.bridge import Bridge
    from poseviewer.gui.joint_maps.facts import StageFacts
    from poseviewer.gui.stages.tiles import Reading
    from poseviewer.runtime.state import AppState, ModelInfo

_PACE = 66
"""Least milliseconds between two drawings while playing."""

_BEAT = 500
"""Milliseconds that each stage is shown while they play."""

_STORED = 256
"""Pixels of the longer side of the grey picture that is stored of a frame."""

_LOW, _WIDE = 330, 700
"""Height below which, and width from which, the controls stand left of the tiles."""


@dataclass(frozen=True, slots=True)
class _Choice:
    """What is shown of a result, as controls and the rest of the window say."""

    row: Row
    groups: tuple[StageGroup, ...]
    """The stages that have something of it."""
    mode: Mode
    closer: bool
    own_range: bool
    room: int
    """How many frames a filmstrip may have; 0 where none is shown."""


class JointMapsDock(Dock):
    """The maps of the chosen joint at every stage, what changed, and the last frames."""

    def __init__(self, bridge: Bridge, parent: QWidget | None = None) -> None:
        super().__init__(
            bridge,
            parent,
            title="Joint maps",
            name="joint_maps_dock",
            pace=_PACE,
            purpose="The chosen joint at every stage appears here",
        )
        self._moments = Moments()
        self._picked: tuple[object, int | None] = None, None
        """For what the most changed joint was found, and which it is."""
        self._choice: _Choice | None = None
        self._animated, self._lit = False, 0
        self._beat = QTimer(self, interval=_BEAT)
        self._beat.timeout.connect(self._next_stage)
        self.controls = MapControls()
        self.controls.joint_chosen.connect(self._on_joint)
        self.controls.changed.connect(self.redraw)
        self.controls.played.connect(self.set_animated)
        self.area = MapArea()
        self.area.read.connect(self._on_read)
        self.area.chosen.connect(self._on_chosen)
        self.area.composed.connect(self._show_scale)
        self.reading = quiet_label("Value under the pointer")
        self.reading.setFont(theme.digits())
        self._scene: Scene | None = None
        self._known: tuple[object, ...] = ()
        """What the scene was made of."""
        self._scene_made: tuple[tuple[object, ...], Scene] | None = None
        """A scene made on another thread, and of what, until it is asked for."""
        self._grey_made: tuple[FrameResult, NDArray[np.uint8]] | None = None
        """The region of a result in grey, made on another thread."""
        self._noted: FrameResult | None = None
        self.setWidget(self._contents())

    def _contents(self) -> QWidget:
        self._side = QWidget()
        self._column = QVBoxLayout(self._side)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.addWidget(self.controls)
        page = QWidget()
        self._page = QBoxLayout(QBoxLayout.Direction.TopToBottom, page)
        self._page.setContentsMargins(8, 6, 8, 6)
        self._page.setSpacing(6)
        self._page.addWidget(self._side)
        self._page.addWidget(self.holder(self.area, tools=(self.controls,)), 1)
        self._page.addWidget(self.reading)
        return page

    # -- what others ask of it ------------------------------------------------------------

    @property
    def row(self) -> Row | None:
        """The joint, limb or channel that is shown."""
        return None if self._choice is None else self._choice.row

    @property
    def facts(self) -> tuple[StageFacts, ...]:
        """What the tiles say."""
        return () if self._scene is None else self._scene.facts

    @property
    def moments(self) -> Moments:
        """The last frames that were shown."""
        return self._moments

    @property
    def animated(self) -> bool:
        """Whether the stages play one after another, while the dock is visible."""
        return self._animated

    def set_animated(self, on: bool) -> None:
        """Play the stages one after another while the dock is visible, or stop."""
        if on == self._animated:
            return
        self._animated, self._lit = on, 0
        self.controls.play.setChecked(on)
        self._follow_beat()

    def follow(self, other: JointMapsDock) -> None:
        """Show the joint of another dock where the program has chosen it, not one of its own."""
        if other._picked[1] is not None:
            self._picked = other._picked

    def show_controls(self, on: bool) -> None:
        """Show the controls and the value under the pointer, or nothing but the maps."""
        self._side.setVisible(on)
        self.reading.setVisible(on)

    @property
    def _groups(self) -> tuple[StageGroup, ...]:
        return () if self._choice is None else self._choice.groups

    # -- what a dock gives ----------------------------------------------------------------

    def stages_for(self, model: ModelInfo) -> frozenset[int]:
        """All stages that have something for the joint."""
        row = self._row_of(self.state)
        if row is None:
            return frozenset()
        numbers = (group.number(row.kind) for group in grouped(model.stages))
        return frozenset(number for number in numbers if number is not None)

    def show_model(self, model: ModelInfo | None) -> None:
        """Offer the joints of a network."""
        self._picked = None, None
        self.controls.show_model(model)

    def show_source(self) -> None:
        """Forget the frames of another source."""
        self._moments.clear()
        self._noted = None

    def set_cursor(self, place: tuple[float, float] | None) -> None:
        """Show the crosshair at a frame pixel; None removes it."""
        self.area.set_cursor(place)

    def draw(self, state: AppState) -> None:
        """Show the newest result."""
        result, model = state.result, self.model
        row = self._row_of(state)
        if result is None or model is None or row is None or state.answer is None:
            self._scene, self._known = None, ()
            self.area.show_scene(None)
            return
        groups = columns_of(grouped(model.stages), {row.kind})
        automatic = chosen_row(model.stages, state.display) is None
        self.controls.show_row(row, automatic=automatic)
        self.controls.allow(mapped=kind_of(row.kind).mapped, several=len(groups) > 1)
        self._moments.keep_for((state.source, state.answer.key))
        mode = self.controls.mode
        self._choice = _Choice(
            row,
            groups,
            mode,
            self.controls.closer.isChecked(),
            self.controls.own_range.isChecked(),
            self.area.room_for(result, least=4, most=MOST) if mode == "time" else 0,
        )
        key = result, self._choice, state.look
        if key != self._known:
            self._known = key
            made, self._scene_made = self._scene_made, None
            fits = made is not None and made[0] == key
            self._scene = made[1] if made and fits else self._scene_of(state, result, self._choice)
        self._follow_beat()
        self.area.show_scene(self._scene)
        if result.stages and result is not self._noted:
            self._noted = result
            self._moments.note(result, self._grey(result, row))

    # -- inside ---------------------------------------------------------------------------

    def make_ahead(self, state: AppState) -> None:
        """Compose the tiles of a new result."""
        result, choice, model = state.result, self._choice, self.model
        # What the filmstrip has to show depends on what was shown.
        if result is None or choice is None or choice.mode == "time" or state.model != model:
            return
        scene = self._scene_of(state, result, choice)
        self._scene_made = (result, choice, state.look), scene
        self.area.compose_ahead(scene)
        if kind_of(choice.row.kind).mapped:
            known = self.area.grey_made(result)
            self._grey_made = result, grey_region(result, longest=_STORED, known=known)

    def _grey(self, result: FrameResult, row: Row) -> NDArray[np.uint8] | None:
        """The region of a result in grey; None where stages are drawn from the frame's pixels."""
        made, self._grey_made = self._grey_made, None
        if not kind_of(row.kind).mapped:
            return None
        if made is not None and made[0] is result:
            return made[1]
        return grey_region(result, longest=_STORED, known=self.area.grey(result))

    def _scene_of(self, state: AppState, result: FrameResult, choice: _Choice) -> Scene:
        """What is to be shown."""
        row, look = choice.row, state.look
        shown = self._shown(state, result, choice)
        facts = _facts(result, shown, choice, look)
        if choice.closer and kind_of(row.kind).mapped:
            window = around(facts, result.region)
            shown = tuple(replace(one, window=window) for one in shown)
        return Scene(
            shown,
            facts,
            row,
            choice.mode,
            look.colormap,
            choice.own_range,
            look.gate,
            _chosen_tile(state, result, shown, choice),
            state.playback.playing,
        )

    def _row_of(self, state: AppState) -> Row | None:
        """The joint that is chosen; else the one that changes most, found once a network."""
        model = self.model or state.model
        if model is None:
            return None
        chosen = chosen_row(model.stages, state.display)
        if chosen is not None:
            return chosen
        result, answer = state.result, state.answer
        key = state.source, None if answer is None else answer.key
        if self._picked[0] != key or self._picked[1] is None:
            # Not at every frame: the maps of one joint are to be followed through time.
            joint = None
            if result is not None:
                joint = most_changed(result, model.stages, gate=self._look.gate)
            self._picked = key, joint
        return first_row(model.stages, self._picked[1])

    def _shown(self, state: AppState, result: FrameResult, choice: _Choice) -> tuple[Shown, ...]:
        groups = choice.groups
        if choice.mode != "time":
            titles = [group.title for group in groups]
            shorts = titles
            if choice.mode == "change":
                pairs = pairwise(titles)
                titles = [titles[0], *(f"{new} {MINUS} {old}" for old, new in pairs)]
            named = zip(groups, titles, shorts, strict=True)
            return tuple(Shown(result, group, title, short) for group, title, short in named)
        group = groups[self._stage_at(state, groups)]
        moments = self._moments.around(result, most=choice.room - 1)
        number = group.number(choice.row.kind)
        parts = [
            Shown(m.result, group, *_when(m.result, result), m.beneath)
            for m in moments
            if number is not None and m.result.stage(number) is not None
        ]
        parts.append(Shown(result, group, f"frame {result.frame.index}", "now"))
        return tuple(sorted(parts, key=lambda one: one.result.frame.index))

    def _stage_at(self, state: AppState, groups: tuple[StageGroup, ...]) -> int:
        """The stage that is shown over time: the one on the frame, else the last."""
        stage, model = state.display.overlay_stage, self.model
        if model is not None and stage is not None and stage < len(model.stages):
            group = grouped(model.stages)[group_of(model.stages, stage)]
            if group in groups:
                return groups.index(group)
        return len(groups) - 1

    def _on_joint(self, row: Row | None) -> None:
        if row is None:
            self.change("display", overlay_channel=None)
            return
        stage, model = self.state.display.overlay_stage, self.model
        if model is None:
            return
        kinds = [spec.kind for spec in model.stages]
        if stage is None or stage >= len(kinds) or kinds[stage] != row.kind:
            numbers = [group.number(row.kind) for group in grouped(model.stages)]
            last = [number for number in numbers if number is not None][-1]
            # A map that is hidden stays hidden, unless only a stage says what the channel means.
            hidden = stage is None and last == main_stage(model.stages)
            stage = None if hidden else last
        self.change("display", overlay_stage=stage, overlay_channel=row.channel)

    def _on_chosen(self, at: int) -> None:
        """Show a stage on the frame; of the filmstrip go to the frame."""
        scene = self._scene
        if scene is None or at >= len(scene.shown):
            return
        one = scene.shown[at]
        if scene.mode == "time":
            self.seek_requested.emit(one.result.frame.index)
            return
        number = one.group.number(scene.row.kind)
        self.change("display", overlay_stage=number, overlay_channel=scene.row.channel)

    def _on_read(self, reading: Reading | None, title: str) -> None:
        self.hovered.emit(None if reading is None else reading.frame)
        text = ""
        if reading is not None:
            x, y = reading.frame
            text = f"{reading.row.label} · {title}   {reading.note}   pixel {x:.0f}, {y:.0f}"
        self.reading.setText(text)

    def _show_scale(self) -> None:
        pictures, scene = self.area.pictures, self._scene
        if not pictures or scene is None:
            return
        last = pictures[-1]
        signed = last.difference is not None
        directions = painter_of(scene.row.kind).legend == "directions" and not signed
        values = last.tile is not None and last.tile.values is not None
        self.controls.scale.setVisible(values and not directions)
        self.controls.wheel.setVisible(values and directions)
        self.controls.scale.show_scale(
            scene.colormap, last.high, signed=signed, own=scene.own_range
        )

    # -- playing the stages ---------------------------------------------------------------

    def _follow_beat(self) -> None:
        """Run the clock only while there is something to play that can be seen."""
        time = self.controls.mode == "time"
        plays = self._animated and self.seen and len(self._groups) > 1 and not time
        if plays != self._beat.isActive():
            self._lit = 0
            if plays:
                self._beat.start()
            else:
                self._beat.stop()
            self.area.light(self._lit if plays else None)

    def _next_stage(self) -> None:
        self._lit = (self._lit + 1) % max(len(self._groups), 1)
        self.area.light(self._lit)

    def _on_visibility(self, visible: bool) -> None:
        super()._on_visibility(visible)
        self._follow_beat()

    # -- events ---------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the controls left of the tiles where the dock is wide and low."""
        super().resizeEvent(event)
        size = event.size()
        beside = size.width() >= theme.px(_WIDE) and size.height() < theme.px(_LOW)
        way = QBoxLayout.Direction
        wanted = way.LeftToRight if beside else way.TopToBottom
        if self._page.direction() != wanted:
            self._page.setDirection(wanted)
            # What it says stands below the controls there, not at the far side of the tiles.
            (self._column if beside else self._page).addWidget(self.reading)
            self._column.setStretch(0, int(beside))
            self.controls.stand(upright=beside)


def _facts(
    result: FrameResult, shown: Sequence[Shown], choice: _Choice, look: Look
) -> tuple[StageFacts, ...]:
    found = [
        facts_of(one.result, row=choice.row, group=one.group, gate=look.gate, truth=look.truth)
        for one in shown
    ]
    joint = found[0][1] if found else None
    return compared(
        [facts for facts, _ in found], joint=joint, result=result, owners=choice.mode != "time"
    )


def _chosen_tile(
    state: AppState, result: FrameResult, shown: Sequence[Shown], choice: _Choice
) -> int | None:
    if choice.mode == "time":
        return next(n for n, one in enumerate(shown) if one.result is result)
    stage, channel = state.display.overlay_stage, state.display.overlay_channel
    if channel is None:
        return None
    numbers = [one.group.number(choice.row.kind) for one in shown]
    return numbers.index(stage) if stage in numbers else None


def _when(result: FrameResult, now: FrameResult) -> tuple[str, str]:
    """A frame of the filmstrip, by its number and its distance in time, and by that alone."""
    away = result.frame.time.seconds - now.frame.time.seconds
    sign = "+" if away > 0 else MINUS
    apart = f"{sign}{abs(away):.2f} s"
    return f"{result.frame.index}  {apart}", apart
