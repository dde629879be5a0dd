"""Menus, keys and tips made of the table of actions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMenu

from poseviewer.core.angle import offered_angles
from poseviewer.core.stage import ghosts, grouped, stage_count
from poseviewer.gui import theme
from poseviewer.gui.actions.context import reason_against
from poseviewer.gui.actions.table import ACTIONS
from poseviewer.gui.icons import icon
from poseviewer.gui.keys import native
from poseviewer.gui.plain import NOT_NOW, add_entry, caption, plain_tip
from poseviewer.gui.workspaces.defaults import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from PySide6.QtWidgets import QDockWidget, QWidget

    from poseviewer.gui.actions.context import Action, Context
    from poseviewer.runtime.state import AppState


def keys_of(spec: Action, changed: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The keys of an action, with the user's changes."""
    return tuple(changed[spec.name]) if spec.name in changed else spec.keys


def make_action(spec: Action, context: Context, *, parent: QWidget, keys: Sequence[str]) -> QAction:
    """The Qt action of `spec`, which runs its function on `context`."""
    action = QAction(spec.text, parent)
    action.setObjectName(spec.name)
    action.setCheckable(spec.ticks)
    action.setStatusTip(spec.tip or spec.text.rstrip("…"))
    set_keys(action, keys)
    run: Callable[..., object] = spec.run
    if spec.ticks:
        action.triggered.connect(lambda checked: run(context, checked))
    else:
        action.triggered.connect(lambda _checked=False: run(context))
    return action


def set_keys(action: QAction, keys: Sequence[str]) -> None:
    """Give an action its keys, and a tip that names them."""
    action.setShortcuts([QKeySequence(key) for key in keys])
    explain(action)


def explain(action: QAction, *, why_not: str = "") -> None:
    """Give an action a tip with its keys, and with why it cannot be done now."""
    tip = action.statusTip()
    if shown := " or ".join(native(key.toString()) for key in action.shortcuts()):
        tip += f" ({shown})"
    action.setToolTip(plain_tip(f"{tip}{NOT_NOW}{why_not}." if why_not else tip))


def setting_icons(actions: Mapping[str, QAction]) -> Iterator[None]:
    """Give the actions their icons in the colours of the current theme, one at each step."""
    for spec in ACTIONS:
        if spec.icon and spec.name in actions:
            actions[spec.name].setIcon(icon(spec.icon, checkable=spec.ticks))
            yield


def fill_menus(menus: dict[str, QMenu], actions: Mapping[str, QAction]) -> None:
    """Fill the menus by title, and add submenus to them as `Menu/Submenu`."""
    for spec in ACTIONS:
        if spec.menu not in menus:
            outer, inner = spec.menu.split("/")
            menus[spec.menu] = QMenu(inner, menus[outer])
            menus[outer].addMenu(menus[spec.menu])
        if spec.rule:
            menus[spec.menu].addSeparator()
        menus[spec.menu].addAction(actions[spec.name])


class LiveMenus:
    """Keeps the menus up to date with the state.

    Args:
        menus: By title, filled.
        context: What their entries work on.
    """

    def __init__(self, menus: Mapping[str, QMenu], context: Context) -> None:
        self._context = context
        self._actions = actions = context.actions()
        self._recent = _submenu("Open recent", menus["File"], before=actions["close_source"])
        self._projects = _submenu("Recent projects", menus["File"], before=actions["save_project"])
        self._models = _submenu("Network", menus["Model"], before=actions["automatic"])
        self._angles = _submenu("On the frame", menus["Angles"], before=actions["no_arcs"])
        self._docks = _submenu("Docks", menus["View"], before=actions["full_screen"])
        self._ghosts = _submenu("Ghost", menus["Stages"], before=actions["next_ghost"])
        # One for good: those of cleared entries would stay.
        self._one_model, self._one_ghost = QActionGroup(self._models), QActionGroup(self._ghosts)
        self._steps = _submenu("History", menus["Edit"], before=actions["correct"])
        self._workspaces = menus["View/Workspace"]
        self._own: list[QAction] = []
        self._staged: object = None
        self._seen: tuple[object, ...] = ()
        self._listed: object = None
        self._specs: object = None
        self._playing: tuple[bool, ...] = ()

    def list_recent(self) -> None:
        """Fill File > Open recent, and File > Recent projects."""
        settings = self._context.settings
        self._list_places(self._recent, settings.recent)
        self._list_places(self._projects, settings.recent_projects)
        for menu in (self._recent, self._projects):
            empty = menu.isEmpty()
            menu.setEnabled(not empty)
            menu.menuAction().setToolTip("Nothing has been opened yet." if empty else "")

    def _list_places(self, menu: QMenu, places: Sequence[str]) -> None:
        menu.clear()
        for location in places:
            name = Path(location).name or location
            action = add_entry(menu, name, explanation=location)
            action.triggered.connect(lambda _=False, place=location: self._context.open(place))

    def list_docks(self, docks: Sequence[QDockWidget]) -> None:
        """Fill View > Docks."""
        self._docks.clear()
        for dock in docks:
            self._docks.addAction(dock.toggleViewAction())

    def list_workspaces(self) -> None:
        """Tick the workspace in use in View > Workspace, and list those of the person."""
        workspaces = self._context.workspaces()
        for entry in self._own:
            self._workspaces.removeAction(entry)
            entry.deleteLater()
        end = next(action for action in self._workspaces.actions() if action.isSeparator())
        self._own = [QAction(caption(name), self._workspaces) for name in workspaces.own_names]
        self._workspaces.insertActions(end, self._own)
        for entry, name in zip(self._own, workspaces.own_names, strict=True):
            entry.setToolTip(plain_tip(name))
            entry.setCheckable(True)
            entry.setChecked(name == workspaces.now)
            entry.triggered.connect(lambda _=False, name=name: workspaces.switch(name))
        for one in BUILT_IN:
            self._actions[one.name.lower()].setChecked(one.name == workspaces.now)

    def _list_steps(self, state: AppState) -> None:
        """Fill Edit > History: the latest changes, the newest first; each is gone back to."""
        self._steps.clear()
        self._steps.setEnabled(bool(state.steps))
        numbered = list(enumerate(("As it was opened", *state.steps)))
        for done, title in numbered[: -_STEPS_LISTED - 1 : -1]:
            words = f"Undone: {title}" if done > state.steps_done else title
            entry = add_entry(self._steps, words)
            entry.setCheckable(True)
            entry.setChecked(done == state.steps_done)
            entry.triggered.connect(
                lambda _=False, done=done: self._context.session.go_to_step(done)
            )

    def _list_models(self, state: AppState) -> None:
        """Fill Model > Network."""
        if state.models is not self._listed:
            self._listed = state.models
            self._models.clear()
            for model in state.models:
                about = f"{model.family}, {stage_count(model.stages)}, {model.licence}"
                about += "" if model.trained else f"{NOT_NOW}{model.lacking}"
                action = add_entry(self._models, model.title, explanation=about)
                action.setCheckable(True)
                action.setData(model.name)
                action.setEnabled(model.trained)
                action.triggered.connect(
                    lambda _=False, name=model.name: self._context.change("network", model=name)
                )
                self._one_model.addAction(action)
        for action in self._models.actions():
            action.setChecked(action.data() == state.network.model)

    def _list_angles(self, state: AppState) -> None:
        """Fill Angles > On the frame."""
        model, custom = state.model, state.angles.custom
        if (model, custom) != self._specs:
            self._specs = model, custom
            self._angles.clear()
            for spec in offered_angles(model.skeleton, custom) if model else ():
                action = add_entry(self._angles, spec.name)
                action.setCheckable(True)
                action.setData(spec.name)
                action.triggered.connect(lambda _=False: self._show_arcs())
        for action in self._angles.actions():
            action.setChecked(action.data() in state.display.arcs)

    def _list_ghosts(self, state: AppState) -> None:
        """Fill Stages > Ghost."""
        model = state.model
        if model is not self._staged:
            self._staged = model
            self._ghosts.clear()
            titles = {} if model is None else {g.last: g.title for g in grouped(model.stages)}
            for number in [None] if model is None else [None, *ghosts(model.stages)]:
                text = "None" if number is None else f"Of {titles[number]}"
                action = add_entry(self._ghosts, text)
                action.setCheckable(True)
                action.setData(number)
                action.triggered.connect(
                    lambda _=False, ghost=number: self._context.change("display", ghost=ghost)
                )
                self._one_ghost.addAction(action)
        for action in self._ghosts.actions():
            action.setChecked(action.data() == state.display.ghost)

    def _show_arcs(self) -> None:
        """Show on the frame the angles that are ticked."""
        ticked = tuple(a.data() for a in self._angles.actions() if a.isChecked())
        self._context.change("display", arcs=ticked)

    def sync(self, state: AppState) -> bool:
        """Tick, enable and list what the state says; return whether anything had changed."""
        busy = tuple(export.status for export in state.exports)
        now = (
            state.network, state.reading, state.angles, state.people, state.display,
            state.playback.loop, state.source, state.model, state.models, busy,
            state.recording is not None, state.past is None, state.truth, state.steps,
            state.steps_done, state.speed,
            bool(state.annotations.key_frames),
        )  # fmt: skip
        self._show_playing(state)
        if now == self._seen:
            return False
        self._seen = now
        self._sync_actions(state)
        self._list_models(state)
        self._list_angles(state)
        self._list_steps(state)
        self._list_ghosts(state)
        return True

    def _sync_actions(self, state: AppState) -> None:
        records = state.recording is not None
        for spec in ACTIONS:
            action = self._actions[spec.name]
            if spec.checked is not None:
                action.setChecked(spec.checked(state))
            can = spec.needs is None or spec.needs(state)
            action.setEnabled(can)
            explain(action, why_not="" if can else reason_against(spec))
        stages = 1 if state.model is None else max(len(grouped(state.model.stages)), 1)
        for number in range(1, 10):
            self._actions[f"stage_{number}"].setVisible(number <= stages)
        for name, title in (("undo", state.undo), ("redo", state.redo)):
            text = name.capitalize()
            self._actions[name].setText(caption(f"{text}: {title}") if title else text)
        paused = any(export.status == "paused" and export.begun for export in state.exports)
        self._actions["pause_export"].setText("Go on exporting" if paused else "Pause export")
        self._actions["record"].setText("Stop recording" if records else "Record")
        self._actions["record"].setIcon(
            icon("record-stop", colour=theme.current().error) if records else icon("record")
        )

    def _show_playing(self, state: AppState) -> None:
        playing, frozen = state.playback.playing, state.past is not None
        live = state.source is not None and state.source.live
        if (playing, live, frozen) == self._playing:
            return
        self._playing = (playing, live, frozen)
        toggle, replay = self._actions["toggle"], self._actions["replay"]
        runs = playing and not frozen
        words = ("Freeze", "Go live") if live else ("Pause", "Play")
        toggle.setText(words[0] if runs else words[1])
        toggle.setIconText("●  Go live" if live else toggle.text())
        toggle.setStatusTip(_TOGGLE[live, runs])
        if toggle.isEnabled():
            explain(toggle)
        toggle.setIcon(icon("pause" if runs else "play"))
        replay.setText("Stop the replay" if frozen and playing else "Replay the last seconds")
        replay.setIcon(icon("pause" if frozen and playing else "play"))

    def icons_changed(self) -> None:
        """Set the icons that depend on the state again."""
        self._playing = ()
        self._seen = ()


_STEPS_LISTED = 25

_TOGGLE = {
    (False, True): "Pause",
    (False, False): "Play",
    (True, True): "Freeze and look at the last seconds",
    (True, False): "Go back to live",
}
"""What Space does, by whether the source is live and whether it runs."""


def _submenu(title: str, menu: QMenu, *, before: QAction) -> QMenu:
    made = QMenu(title, menu)
    made.setToolTipsVisible(True)
    made.setObjectName(title)
    menu.insertMenu(before, made)
    return made
