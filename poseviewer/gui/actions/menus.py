"""Menus, keys and tips made of the table of actions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu

from poseviewer.core.angle import offered_angles
from poseviewer.core.stage import grouped, stage_count
from poseviewer.gui import theme
from poseviewer.gui.actions.table import ACTIONS, MENUS
from poseviewer.gui.icons import icon

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from PySide6.QtWidgets import QDockWidget, QMenuBar, QWidget

    from poseviewer.core.look import Look
    from poseviewer.gui.actions.table import ActionSpec
    from poseviewer.runtime.state import ModelInfo, View

_NATIVE = QKeySequence.SequenceFormat.NativeText


def keys_of(spec: ActionSpec, changed: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The keys of an action, after the person's own changes."""
    return tuple(changed[spec.name]) if spec.name in changed else spec.keys


def make_action(
    spec: ActionSpec, *, parent: QWidget, run: Callable[..., object], keys: Sequence[str]
) -> QAction:
    """The Qt action of `spec`; `run` is given the state of a checkable one."""
    action = QAction(spec.text, parent)
    action.setObjectName(spec.name)
    action.setCheckable(spec.checkable)
    action.setShortcuts([QKeySequence(key) for key in keys])
    tip = spec.tip or spec.text.rstrip("…")
    shown = " or ".join(QKeySequence(key).toString(_NATIVE) for key in keys)
    action.setToolTip(f"{tip} ({shown})" if shown else tip)
    action.setStatusTip(tip)
    if spec.checkable:
        action.triggered.connect(run)
    else:
        action.triggered.connect(lambda _checked=False: run())
    return action


def dress(actions: Mapping[str, QAction]) -> None:
    """Give the actions their icons in the colours of the current theme."""
    for spec in ACTIONS:
        if spec.icon and spec.name in actions:
            actions[spec.name].setIcon(icon(spec.icon, checkable=spec.checkable))


def build_menus(bar: QMenuBar, actions: Mapping[str, QAction]) -> dict[str, QMenu]:
    """Fill the menu bar; the menus by title, submenus as `Menu/Submenu`."""
    menus: dict[str, QMenu] = {}
    for title in MENUS:
        menus[title] = QMenu(title, bar)
        menus[title].setToolTipsVisible(True)
        bar.addMenu(menus[title])
    for spec in ACTIONS:
        if spec.menu not in menus:
            outer, inner = spec.menu.split("/")
            menus[spec.menu] = QMenu(inner, menus[outer])
            menus[outer].addMenu(menus[spec.menu])
        if spec.rule:
            menus[spec.menu].addSeparator()
        menus[spec.menu].addAction(actions[spec.name])
    return menus


class LiveMenus:
    """Keeps menus true to the view."""

    def __init__(self, menus: Mapping[str, QMenu], *, actions: Mapping[str, QAction]) -> None:
        self._actions = actions
        self._recent = _submenu("Open recent", menus["File"], before=actions["close_source"])
        self._models = _submenu("Network", menus["Model"], before=actions["region_whole"])
        self._angles = _submenu("On the picture", menus["Angles"], before=actions["no_arcs"])
        self._docks = _submenu("Panels", menus["View"], before=actions["full_screen"])
        self._ghosts = _submenu("Ghost", menus["Stages"], before=actions["next_ghost"])
        self._staged: object = None
        self._seen: tuple[object, ...] = ()
        self._listed: object = None
        self._specs: object = None
        self._state: tuple[bool, ...] = ()

    def list_recent(self, locations: Sequence[str], *, run: Callable[[str], object]) -> None:
        """Fill File > Open recent."""
        self._recent.clear()
        self._recent.setEnabled(bool(locations))
        for location in locations:
            action = self._recent.addAction(Path(location).name or location)
            action.setToolTip(location)
            action.triggered.connect(lambda _=False, place=location: run(place))

    def list_docks(self, docks: Sequence[QDockWidget]) -> None:
        """Fill View > Panels."""
        self._docks.clear()
        for dock in docks:
            self._docks.addAction(dock.toggleViewAction())

    def list_models(self, view: View, *, run: Callable[[str], object]) -> None:
        """Fill Model > Network."""
        if view.models is not self._listed:
            self._listed = view.models
            self._models.clear()
            group = QActionGroup(self._models)
            for model in view.models:
                action = self._models.addAction(model.title)
                action.setCheckable(True)
                action.setData(model.name)
                action.setToolTip(f"{model.family}, {stage_count(model.stages)}, {model.licence}")
                action.setEnabled(model.trained)
                action.triggered.connect(lambda _=False, name=model.name: run(name))
                group.addAction(action)
        for action in self._models.actions():
            action.setChecked(action.data() == view.choices.model)

    def list_angles(
        self, view: View, look: Look, *, run: Callable[[tuple[str, ...]], object]
    ) -> None:
        """Fill Angles > On the picture."""
        model, own = view.model, view.choices.angles
        if (model, own) != self._specs:
            self._specs = model, own
            self._angles.clear()
            for spec in offered_angles(model.skeleton, own) if model else ():
                action = self._angles.addAction(spec.name)
                action.setCheckable(True)
                action.triggered.connect(lambda _=False: run(self._ticked()))
        for action in self._angles.actions():
            action.setChecked(action.text() in look.arcs)

    def list_ghosts(
        self, model: ModelInfo | None, look: Look, *, run: Callable[[dict[str, object]], object]
    ) -> None:
        """Fill Stages > Ghost."""
        if model is not self._staged:
            self._staged = model
            self._ghosts.clear()
            group = QActionGroup(self._ghosts)
            stages = () if model is None else grouped(model.stages)
            choices = [("None", None), *((f"Of {stage.title}", stage.last) for stage in stages)]
            for text, number in choices:
                action = self._ghosts.addAction(text)
                action.setCheckable(True)
                action.setData(number)
                action.triggered.connect(lambda _=False, ghost=number: run({"ghost": ghost}))
                group.addAction(action)
        for action in self._ghosts.actions():
            action.setChecked(action.data() == look.ghost)

    def _ticked(self) -> tuple[str, ...]:
        return tuple(a.text() for a in self._angles.actions() if a.isChecked())

    def sync(self, view: View, look: Look) -> bool:
        """Tick and enable what the view and the look say; whether anything had changed."""
        count = len(grouped(view.model.stages)) if view.model else 0
        busy = view.export is not None and not view.export.finished
        records = view.recording is not None
        now = (
            view.choices, look, view.transport.loop, view.source, view.model, view.models,
            busy, records, view.past is None, view.truth,
        )  # fmt: skip
        self._show_playing(view)
        if now == self._seen:
            return False
        self._seen = now
        self._tick(view, look)
        self._enable(view, count, busy=busy)
        self._actions["record"].setText("Stop recording" if records else "Record")
        self._actions["record"].setIcon(
            icon("record-stop", colour=theme.current().error) if records else icon("record")
        )
        return True

    def _show_playing(self, view: View) -> None:
        playing, frozen = view.transport.playing, view.past is not None
        live = view.source is not None and view.source.live
        if (playing, live, frozen) == self._state:
            return
        self._state = (playing, live, frozen)
        toggle, replay = self._actions["toggle"], self._actions["replay"]
        runs = playing and not frozen
        words = ("Freeze", "Go live") if live else ("Pause", "Play")
        toggle.setText(words[0] if runs else words[1])
        toggle.setIconText("●  Go live" if live else toggle.text())
        toggle.setToolTip(f"{_TOGGLE[live, runs]} ({toggle.shortcut().toString()})")
        toggle.setIcon(icon("pause" if runs else "play"))
        replay.setText("Stop the replay" if frozen and playing else "Replay the last seconds")
        replay.setIcon(icon("pause" if frozen and playing else "play"))

    def dressed(self) -> None:
        """The icons have been drawn again: that of Play depends on more than the table."""
        self._state = ()
        self._seen = ()

    def _tick(self, view: View, look: Look) -> None:
        choices = view.choices
        for name, on in {
            "skeleton": look.skeleton,
            "truth": look.truth,
            "heatmap": look.overlay_stage is not None,
            "region_outline": look.region,
            "fields": _sees_fields(view, look),
            "arrows": look.arrows,
            "loop": view.transport.loop,
            "flip": choices.flip,
            "smooth": choices.smooth,
            "mirror": choices.mirror,
            "region_whole": choices.region == "whole",
            "region_follow": choices.region == "follow",
            "region_people": choices.region == "people",
            "facing_right": choices.facing == "right",
            "facing_left": choices.facing == "left",
            "facing_auto": choices.facing == "auto",
        }.items():
            self._actions[name].setChecked(on)

    def _enable(self, view: View, stages: int, *, busy: bool) -> None:
        live = view.source is not None and view.source.live
        file = view.source is not None and not live
        possible = {
            "": True,
            "source": view.source is not None,
            "file": file,
            "live": live,
            "clip": file or view.past is not None,
            "result": view.model is not None and view.source is not None,
            "fields": view.model is not None and any(s.kind == "paf" for s in view.model.stages),
            "truth": view.truth is not None,
        }
        for spec in ACTIONS:
            self._actions[spec.name].setEnabled(possible[spec.needs])
        for number in range(1, 10):
            stage = self._actions[f"stage_{number}"]
            stage.setEnabled(possible["result"] and number <= stages)
            stage.setVisible(number <= max(stages, 1))
        self._actions["cancel_export"].setEnabled(busy)


_TOGGLE = {
    (False, True): "Pause",
    (False, False): "Play",
    (True, True): "Freeze and look at the last seconds",
    (True, False): "Go back to what is live",
}
"""What Space does, by whether the source is live and whether it runs."""


def _sees_fields(view: View, look: Look) -> bool:
    stages = () if view.model is None else view.model.stages
    stage = look.overlay_stage
    return stage is not None and stage < len(stages) and stages[stage].kind == "paf"


def _submenu(title: str, menu: QMenu, *, before: QAction) -> QMenu:
    made = QMenu(title, menu)
    made.setToolTipsVisible(True)
    made.setObjectName(title)
    menu.insertMenu(before, made)
    return made
