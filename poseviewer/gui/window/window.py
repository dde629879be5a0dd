"""The main window: draws the state it is given, and asks the session for everything else."""

from __future__ import annotations

import sys
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QActionGroup,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QPaintEvent,
    QPalette,
    QShowEvent,
)
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from poseviewer.core.video_choice import DEFAULT_CHOICE
from poseviewer.gui import theme
from poseviewer.gui.actions.titles import add_titles
from poseviewer.gui.icons import application_icon
from poseviewer.gui.plain import window_title
from poseviewer.gui.window.importer import Importer
from poseviewer.gui.window.status_line import StatusLine, pixel_text
from poseviewer.runtime.project import ENDING

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from poseviewer.core.affine import Box
    from poseviewer.core.video_choice import VideoChoice
    from poseviewer.gui.bridge import Bridge
    from poseviewer.gui.design import Distance, ThemeChoice
    from poseviewer.gui.project.dock import ProjectDock
    from poseviewer.gui.settings import Settings
    from poseviewer.gui.window.docks import Docks
    from poseviewer.gui.workspaces.output import Output
    from poseviewer.runtime.state import AppState, SourceInfo

_HISTORY_PACE = 250
"""Milliseconds between two readings of the history for the timeline and the status line."""

_UNPAINTED = 1500
"""Milliseconds after which the rest is made if the window has not been painted by then."""

_SAVE_DELAY = 400
"""Milliseconds after a change until the settings are saved: a slider saves once."""


_PARTS = (
    "poseviewer.gui.actions.menus",
    "poseviewer.gui.project.keeper",
    "poseviewer.gui.frame.correct",
    "poseviewer.gui.frame.draw",
    "poseviewer.gui.frame.scene",
    "poseviewer.gui.frame.view",
    "poseviewer.gui.transport.bar",
    "poseviewer.gui.window.captions",
    "poseviewer.gui.window.questions",
    "poseviewer.gui.window.welcome",
    "poseviewer.gui.workspaces.slow_replay",
    "poseviewer.gui.workspaces.tour",
    "poseviewer.gui.workspaces.workspaces",
)
"""Modules of what is made first after the first paint, with which come all that they import."""

_SESSION = ("poseviewer.runtime.session",)
"""The module that can open a source, with all that it imports."""

_BAR = 62, 30
"""Height of the transport bar, points: of what is as high from everywhere, and of its buttons."""

_ICONS = 6
"""Icons that are drawn at each turn of the event loop."""


class Window(QMainWindow):
    """The window: frame, transport bar, docks and menus over one session.

    Made, it has its theme, its place on the screen, the titles of its menus, its status line and
    the grounds of what will stand in it, and none of what needs numpy. `build` makes the rest but
    the docks at once; otherwise all of it is made after the first paint, in short steps between
    which the window answers.
    """

    able = Signal()
    """What a session needs is imported: a source can be opened while the rest is made."""

    built = Signal()
    """All but the docks is made: a project can be opened."""

    ready = Signal()
    """The docks are made; the window is complete."""

    _captioned: tuple[Sequence[str], str | None] = (), None
    """What the captions over the frame were made of last, besides a state."""
    _made: tuple[AppState, object, Mapping[str, list[str]]] | None = None
    """Captions made on another thread, and of what, until they are asked for."""

    def __init__(self, bridge: Bridge, settings: Settings, *, expecting: bool = False) -> None:
        """Make a window that can be shown.

        Args:
            bridge: Owner of the session.
            settings: What is remembered.
            expecting: Whether something will be opened as soon as the window is built: the place
                of the frame is shown until then, and not the start page.
        """
        super().__init__()
        theme.apply(settings.theme, distance=settings.distance)
        self.bridge, self.settings = bridge, settings
        bridge.on_start(lambda session: session.feed.keep(settings.keep))
        self.docks: Docks | None = None
        self._expecting = expecting
        self._steps: Generator[Sequence[str], None, None] | None = None
        """Makes the window complete; None before the first paint."""
        self._built = False
        self._importer = Importer(self._go_on)
        self._state: AppState | None = None
        """The newest state that was heard of."""
        self._source: SourceInfo | None = None
        self._analysed: tuple[object, ...] = ()
        self._closed = self._leaving = self._settled = False
        """Whether the window has closed; closes without asking; and whether its project is saved
        or given up, so that it is not asked about again."""
        self._after_exports: frozenset[int] = frozenset()
        """Numbers of the exports after which it closes, if all of them are written."""
        self._told = False
        """Whether it was said that settings cannot be saved."""
        self.setWindowTitle("PoseViewer")
        self.setWindowIcon(application_icon())
        self.setDockNestingEnabled(True)
        self.setDockOptions(self.dockOptions() & ~QMainWindow.DockOption.AnimatedDocks)
        self._lay_out()
        if not settings.restore_geometry(self):
            self._first_size()

    # -- what is painted first ----------------------------------------------------------------

    def _lay_out(self) -> None:
        """Make the titles of the menus, the status line, and a ground for all that comes later."""
        self._titles = add_titles(self.menuBar())
        # As high as the tabs that take its place.
        corner = QToolButton(self)
        corner.setText(" ")
        corner.setProperty("workspace", True)
        corner.setEnabled(False)
        self.menuBar().setCornerWidget(corner)
        self.status = StatusLine(self)
        self.status.text.setText("Starting…")
        self.setStatusBar(self.status)
        self.stack = QStackedWidget(self)
        self._ground = QWidget(self.stack)
        # The colour around the frame.
        self._ground.setBackgroundRole(QPalette.ColorRole.Shadow)
        self._ground.setAutoFillBackground(self._expecting)
        self.stack.addWidget(self._ground)
        self._bar = QWidget(self)
        self._bar.setObjectName("transport")
        self._bar.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._bar.setFixedHeight(_BAR[0] + theme.px(_BAR[1]))
        centre = QWidget(self)
        centre.setObjectName("centre")
        self._column = QVBoxLayout(centre)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.stack, 1)
        self._column.addWidget(self._bar)
        self.setCentralWidget(centre)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_scheme)

    def _first_size(self) -> None:
        screen = self.screen().availableGeometry()
        width, height = min(1600, screen.width()), min(960, screen.height())
        self.resize(width, height)

    # -- building -------------------------------------------------------------------------

    def build(self) -> None:
        """Make all but the docks now."""
        for _ in self._building():
            pass

    @Slot()
    def _begin(self) -> None:
        """Begin to make what is not there yet, a step at each turn of the event loop."""
        if self._steps is None:
            self._steps = self._making()
            self._go_on()

    @Slot()
    def _go_on(self) -> None:
        """Take the next step, once the modules that it needs are imported."""
        assert self._steps is not None
        if self._closed:
            return
        for modules in self._steps:
            if missing := [name for name in modules if name not in sys.modules]:
                self._importer.bring(missing)
            else:
                QTimer.singleShot(0, self, self._go_on)
            return

    def _making(self) -> Generator[Sequence[str], None, None]:
        """Make the window complete in steps; each names the modules that the next one needs."""
        # Together: threads of a session import as well, and all imports take turns.
        yield (*_PARTS, *_SESSION)
        self.able.emit()
        yield ()
        if not self._built:
            yield from self._building()
        self.built.emit()
        yield ()
        from poseviewer.gui.window.docks import Docks

        made = Docks(self.bridge, self)
        yield from made.making()
        for _ in self.workspaces.attaching(made):
            yield ()
        self._show_docks(made)

    def _building(self) -> Iterator[Sequence[str]]:
        """Make all but the docks; what is seen of it comes at the last step, all at once."""
        # Here, not at the top, as in the rest of this class: these bring numpy and the state.
        from poseviewer.gui.actions.menus import setting_icons
        from poseviewer.gui.project.keeper import ProjectKeeper
        from poseviewer.gui.transport.bar import TransportBar
        from poseviewer.gui.window.questions import Asking
        from poseviewer.gui.window.welcome import Welcome

        self._make_context()
        yield ()
        self.actions_by_name = self._make_actions()
        yield ()
        dressed = theme.current()
        for number, _ in enumerate(setting_icons(self.actions_by_name)):
            if number % _ICONS == _ICONS - 1:
                yield ()
        self.project = ProjectKeeper(self.context)
        self._make_tools()
        yield ()
        self.transport = TransportBar(self.actions_by_name, self)
        yield ()
        self.welcome = Welcome(self.actions_by_name, self)
        self.welcome.asked.connect(Asking(self.context).ask)
        yield ()
        self._make_menus()
        yield ()
        self._make_bars()
        yield ()
        self._fill()
        self._connect()
        if dressed is not theme.current():
            self.choose_theme(self.settings.theme)
        self._built = True
        self._show_choices()
        self._list_recent()
        self._on_changed()

    def _make_context(self) -> None:
        from poseviewer.gui.actions.context import Context
        from poseviewer.gui.actions.shuttle import Shuttle
        from poseviewer.gui.actions.view import heatmap
        from poseviewer.gui.frame.view import FrameView
        from poseviewer.gui.workspaces.slow_replay import SlowReplay
        from poseviewer.gui.workspaces.workspaces import Workspaces

        self.frame_view = FrameView(self)
        self.context = Context(
            bridge=self.bridge,
            settings=self.settings,
            window=self,
            frame=self.frame_view,
            shuttle=Shuttle(self.bridge, self),
            slow_replay=SlowReplay(self.bridge, self),
            show_tour=self.show_tour,
            show_output=self.show_output,
            docks=lambda: self.docks,
            workspaces=lambda: self.workspaces,
            project=lambda: self.project,
            actions=lambda: self.actions_by_name,
            open=self.open,
            full_screen=self.full_screen,
            stop_work=self.stop_work,
            choose_theme=self.choose_theme,
            choose_distance=self.choose_distance,
            apply_keys=self.apply_keys,
            list_recent=self._list_recent,
        )
        self.workspaces = Workspaces(
            self,
            bridge=self.bridge,
            settings=self.settings,
            show_heatmap=partial(heatmap, self.context),
        )

    def _make_actions(self) -> dict[str, Any]:
        from poseviewer.gui.actions.menus import keys_of, make_action
        from poseviewer.gui.actions.table import ACTIONS

        changed = self.settings.keys
        made = {
            spec.name: make_action(spec, self.context, parent=self, keys=keys_of(spec, changed))
            for spec in ACTIONS
        }
        groups: dict[str, QActionGroup] = {}
        for spec in ACTIONS:
            if spec.group:
                group = groups.setdefault(spec.group, QActionGroup(self))
                group.setExclusionPolicy(QActionGroup.ExclusionPolicy.ExclusiveOptional)
                group.addAction(made[spec.name])
        return made

    def _make_tools(self) -> None:
        from poseviewer.gui.frame.correct import CorrectTool
        from poseviewer.gui.frame.draw import DrawTool
        from poseviewer.gui.frame.scene import SceneCache
        from poseviewer.gui.workspaces.tour import Tour

        self._scenes = SceneCache()
        self.tour = Tour(self.context)
        self.output: Output | None = None
        """The second screen, while it is shown."""
        self.draw_tool = self.frame_view.drawing = DrawTool(self.bridge, self.frame_view)
        self._correct_tool = self.frame_view.tool = CorrectTool(self.bridge, self.frame_view)
        self._history_timer = QTimer(self, singleShot=True, interval=_HISTORY_PACE)
        self._history_timer.timeout.connect(self._show_history)
        self._save_timer = QTimer(self, singleShot=True, interval=_SAVE_DELAY)
        self._save_timer.timeout.connect(self._save)

    def _make_menus(self) -> None:
        from poseviewer.gui.actions.menus import LiveMenus, fill_menus
        from poseviewer.gui.workspaces.tabs import WorkspaceTabs

        menus = self._titles
        fill_menus(menus, self.actions_by_name)
        self._menus = LiveMenus(menus, actions=self.actions_by_name)
        self._menus.list_workspaces(self.workspaces)
        self.tabs = WorkspaceTabs(
            self.workspaces, menus["View/Workspace"], actions=self.actions_by_name, parent=self
        )

    def _make_bars(self) -> None:
        from poseviewer.gui.frame.draw_bar import DrawBar
        from poseviewer.gui.window.notice_bar import NoticeBar
        from poseviewer.gui.workspaces.present import Presenting

        self._draw_bar = DrawBar(self.draw_tool, self.actions_by_name)
        self.notices = NoticeBar(self.stack)
        self.presenting = Presenting(self.actions_by_name, self, bars=(self.transport,))

    def _fill(self) -> None:
        """Put what was made in the place of the grounds."""
        from poseviewer.gui.window.thumbnails import Thumbnails

        self.thumbnails = Thumbnails(self)
        self.menuBar().setCornerWidget(self.tabs)
        self.tabs.show()
        self.stack.addWidget(self.welcome)
        self.stack.addWidget(self.frame_view)
        self.stack.setCurrentWidget(self.frame_view if self._expecting else self.welcome)
        self._ground.deleteLater()
        self.notices.raise_()
        self._column.insertWidget(0, self._draw_bar)
        self._column.replaceWidget(self._bar, self.transport)
        # Hidden too: a window that is used without an event loop deletes nothing later.
        self._bar.hide()
        self._bar.deleteLater()
        self.transport.show()
        # Also the window's own, so that keys work while the menu bar is hidden.
        self.addActions(list(self.actions_by_name.values()))
        self.setAcceptDrops(True)

    def _connect(self) -> None:
        from poseviewer.gui.actions.files import ask_camera

        self.bridge.changed.connect(self._on_state)
        self.bridge.cameras_found.connect(lambda cameras: ask_camera(self.context, cameras))
        self.frame_view.hovered.connect(self._on_hover)
        self.frame_view.box_dragged.connect(self._on_box)
        self.frame_view.dropped.connect(self.open)
        self.frame_view.zoomed.connect(self._on_changed)
        tool = self._correct_tool
        tool.switched.connect(self.actions_by_name["correct"].setChecked)
        self.draw_tool.changed.connect(self._on_changed)
        # The pointer does one thing at a time.
        tool.switched.connect(lambda on: self.draw_tool.switch(on=False) if on else None)
        self.draw_tool.switched.connect(lambda on: tool.switch(on=False) if on else None)
        self.welcome.chosen.connect(self.open)
        self.thumbnails.loaded.connect(self.welcome.show_picture)
        self.transport.sought.connect(self._seek)
        self.transport.speed_chosen.connect(lambda speed: self.bridge.session.set_speed(speed))
        self.notices.dismissed.connect(lambda number: self.bridge.session.dismiss(number))
        self.status.cancelled.connect(self.stop_work)
        self.workspaces.changed.connect(self._on_workspace)
        self.project.changed.connect(self._show_title)
        self.workspaces.presenting_changed.connect(self._present)
        self.tour.changed.connect(self.actions_by_name["tour"].setChecked)
        self.stack.installEventFilter(self)

    def _show_docks(self, made: Docks) -> None:
        self.docks = made
        self.presenting.attach(self.docks)
        self._menus.list_docks(self.docks.all)
        self.docks.stages_changed.connect(self._want)
        self.docks.items_changed.connect(self._on_items)
        self.docks.hovered.connect(self.frame_view.point_at)
        self.docks.seek_requested.connect(self._seek)
        self.docks.model.box_requested.connect(self.frame_view.arm_box)
        self.docks.angles.connect_actions(self.actions_by_name)
        self.docks.compare.connect_actions(self.actions_by_name)
        self.docks.notes.connect_actions(self.actions_by_name)
        self.frame_view.clicked.connect(self.docks.people.pick_at)
        self._add_project_dock(self.docks.project)
        self.docks.embedding.clip_requested.connect(self.open)
        self.docks.review.found.connect(self.transport.timeline.set_found)
        for dock in self.docks.all:
            dock.visibilityChanged.connect(self._on_arranged)
            dock.dockLocationChanged.connect(self._on_arranged)
        self._want()
        self._on_changed()
        self.frame_view.setFocus()
        self.bridge.draw_ahead((self, made.joint_maps, made.stages, made.angles))
        self.ready.emit()

    def _add_project_dock(self, dock: ProjectDock) -> None:
        keeper = self.project
        dock.add.clicked.connect(self.actions_by_name["add_clips"].trigger)
        dock.chosen.connect(keeper.show_clip)
        dock.removed.connect(keeper.remove)
        dock.noted.connect(keeper.write_notes)
        keeper.changed.connect(lambda: dock.show_project(keeper.shown))
        dock.show_project(keeper.shown)

    # -- what others ask of the window ----------------------------------------------------

    def open(self, location: str, *, choice: VideoChoice = DEFAULT_CHOICE) -> None:
        """Open a file, folder, camera, stream, the demo, or a project."""
        if location.lower().endswith(ENDING):
            self.project.open_file(Path(location))
            return
        if self._built:
            self.context.shuttle.halt()
        if Path(location).exists():
            self.settings.folder = str(Path(location).parent)
        self.bridge.open(location, choice=choice)

    def choose_theme(self, choice: ThemeChoice) -> None:
        """Apply a theme and save it."""
        from poseviewer.gui.actions.menus import setting_icons

        self.settings.theme = choice
        theme.apply(choice, distance=self.settings.distance)
        for _ in setting_icons(self.actions_by_name):
            pass
        self._menus.icons_changed()
        self.welcome.dress(self.actions_by_name)
        self.tabs.dress()
        self._show_choices()

    def _show_choices(self) -> None:
        """Tick the theme and the viewing distance."""
        from poseviewer.gui.actions.table import ACTIONS

        chosen = f"theme_{self.settings.theme}", f"distance_{self.settings.distance}"
        for spec in ACTIONS:
            if spec.group in ("theme", "distance"):
                self.actions_by_name[spec.name].setChecked(spec.name in chosen)

    def choose_distance(self, choice: Distance) -> None:
        """Apply the sizes for a viewing distance and save it."""
        self.settings.distance = choice
        self.choose_theme(self.settings.theme)
        self._scenes.forget()
        self._on_changed()

    def apply_keys(self, changed: Mapping[str, Sequence[str]]) -> None:
        """Give the actions their keys, with the person's changes."""
        from poseviewer.gui.actions.menus import keys_of, set_keys
        from poseviewer.gui.actions.table import ACTIONS

        for spec in ACTIONS:
            set_keys(self.actions_by_name[spec.name], keys_of(spec, changed))
        self._menus.icons_changed()
        self._on_changed()

    def full_screen(self, on: bool) -> None:
        """Show the frame on the whole screen, or no longer; a workspace that fills it is left."""
        if on == self.isFullScreen() or (not on and self.workspaces.leave()):
            return
        if on:
            self.workspaces.note()
            for dock in self.docks.all if self.docks else ():
                dock.hide()
        self._fill_screen(on)
        if not on:
            self.workspaces.arrange()

    def show_tour(self, on: bool) -> None:
        """Begin the tour through the joints, or end it."""
        self.tour.switch(on)

    def show_output(self, on: bool) -> None:
        """Show the second screen, or no longer."""
        if self.output is not None:
            self.output.close()
        if on and self.docks is not None:
            from poseviewer.gui.workspaces.output import Output

            self.output = Output(self.bridge, self.docks)
            self.output.addActions(
                [one for name, one in self.actions_by_name.items() if name != "leave"]
            )
            self.output.closed.connect(self._on_output_closed)
            self.output.stages_changed.connect(self._want)
            self.output.show_beside(self)
            self._on_changed()
        self.actions_by_name["second_screen"].setChecked(self.output is not None)

    @Slot()
    def _on_output_closed(self) -> None:
        self.output = None
        self.actions_by_name["second_screen"].setChecked(False)
        self._want()

    @Slot(bool)
    def _present(self, on: bool) -> None:
        self._fill_screen(on)
        self.presenting.switch(on)
        self.frame_view.setFocus()
        self._on_changed()

    def _fill_screen(self, on: bool) -> None:
        """Make the window as large as the screen, without menus and status line, or no longer."""
        if on != self.isFullScreen():
            self.setWindowState(self.windowState() ^ Qt.WindowState.WindowFullScreen)
        for widget in (self.menuBar(), self.status):
            widget.setVisible(not on)
        self.actions_by_name["full_screen"].setChecked(on)

    @Slot()
    def _on_workspace(self) -> None:
        self._menus.list_workspaces(self.workspaces)
        self._want()
        self._on_arranged()

    def stop_work(self) -> bool:
        """Cancel the work in progress; return whether there was any."""
        state = self.bridge.session.state
        if state.export is not None and not state.export.finished:
            self.bridge.session.cancel_export()
        elif state.analysis is not None and not state.analysis.finished:
            self.bridge.session.stop_analysis()
        else:
            return False
        return True

    def leave(self, *, keep: bool = True) -> None:
        """Close without asking; exports that have not ended are cancelled.

        Args:
            keep: Whether a project that is not saved is offered at the next start.
        """
        self._leaving, self._settled = True, self._settled or not keep
        self.close()

    def offer_projects(self) -> None:
        """Offer, one after the other, what windows that ended had not saved of their projects."""
        from poseviewer.gui.project.dialogs import UnsavedDialog
        from poseviewer.runtime.project.autosave import unsaved_projects

        waiting = unsaved_projects()

        def offer() -> None:
            if not waiting:
                return
            unsaved = waiting.pop(0)
            dialog = UnsavedDialog(unsaved, self)
            dialog.on_answer(recover=lambda: self.project.recover(unsaved))
            dialog.finished.connect(offer)
            self.context.ask(dialog)

        offer()

    def offer_recordings(self) -> None:
        """Ask what becomes of recordings that were cut off, where there are any."""
        from poseviewer.gui.dialogs.recovered import RecoveredDialog
        from poseviewer.runtime.recording.unfinished import unfinished_recordings

        if found := unfinished_recordings():
            self.context.ask(RecoveredDialog(found, session=self.bridge.session, parent=self))

    def _close_settled(self) -> None:
        """Close; the project was saved or given up."""
        self._settled = True
        self.close()

    def _ask_about_export(self) -> None:
        from poseviewer.gui.actions.files import pending
        from poseviewer.gui.dialogs.leave import LeaveDialog

        dialog = LeaveDialog(len(pending(self.bridge.session.state)), self)

        def decide() -> None:
            if dialog.clickedButton() is dialog.cancel:
                self.leave()
                return
            self._settled = False
            if dialog.clickedButton() is dialog.wait:
                self._wait_for_export()

        dialog.finished.connect(decide)
        self.context.ask(dialog)

    def _wait_for_export(self) -> None:
        from poseviewer.gui.actions.files import pending

        session = self.bridge.session
        self._after_exports = frozenset(export.number for export in pending(session.state))
        one = len(self._after_exports) == 1
        text = f"PoseViewer closes when {'the export is' if one else 'all exports are'} written."
        session.notice("info", text, topic="closing")
        session.exports.finish()
        self._on_changed()

    # -- what the session says ------------------------------------------------------------

    @Slot()
    def _on_state(self) -> None:
        """Show the new state, unless no more came than a frame whose analysis is awaited."""
        from poseviewer.runtime.state import same_to_see

        state = self.bridge.shown or self.bridge.session.state
        before, self._state = self._state, state
        if before is None or not same_to_see(before, state):
            self._show(state)

    @Slot()
    def _on_changed(self) -> None:
        self.bridge.skip_drawn()
        self._show(self.bridge.state)

    def _show(self, state: AppState) -> None:
        if state.source is not self._source:
            self._on_source(state.source)
        elif self._expecting and self.bridge.started and not state.busy.startswith("Opening"):
            # It could not be opened.
            self._on_source(None)
        self.project.refresh(state)
        frame, result = state.shown
        zoom = self.frame_view.scale_for(frame)
        more = self.docks.items if self.docks is not None else None
        look = self.draw_tool.look(state.look)
        scene = self._scenes.scene(result, look=look, zoom=zoom, frame=frame, more=more)
        self.frame_view.show_frame(frame, scene, screen=state.screen)
        # The words speak of the frame that is seen, which may not be the newest.
        seen = replace(state, frame=frame)
        self.transport.refresh(seen)
        key_frames = tuple(one.frame for one in state.annotations.key_frames)
        self.transport.timeline.set_key_frames(key_frames)
        presenting = self.docks is not None and self.workspaces.presenting
        self.notices.refresh(state, presenting=presenting)
        self._leave_after_exports(state)
        if state.display.overlay_stage is not None:
            self.context.last_stage = state.display.overlay_stage
        if self._menus.sync(state):
            self._menus.list_models(state, run=self._choose_model)
            self._menus.list_angles(state, run=lambda names: self._display(arcs=names))
            self._menus.list_steps(state, run=lambda done: self.bridge.session.go_to_step(done))
            self._menus.list_ghosts(state, run=lambda ghost: self._display(ghost=ghost))
            self._want()
            self.status.refresh(state)
            if not self._save_timer.isActive():
                self._save_timer.start()
        if self.docks is not None:
            self.docks.refresh(state)
        # After the docks, one of which says whose maps are shown.
        self._caption(state, seen)
        self.presenting.refresh(state)
        if self.output is not None:
            self.output.refresh(state)
        if not self._history_timer.isActive():
            self._history_timer.start()

    def _leave_after_exports(self, state: AppState) -> None:
        """Close if that was to be done now that all exports have ended."""
        from poseviewer.gui.actions.files import exporting

        if not self._after_exports or exporting(state):
            return
        waited, self._after_exports = self._after_exports, frozenset()
        failed = [one for one in state.exports if one.number in waited and one.status == "failed"]
        # One that failed keeps the window open, with its reason.
        if not failed:
            QTimer.singleShot(0, self, self.leave)

    def draw_ahead(self, state: AppState) -> None:
        """Make the picture of the frame that is shown next; called on another thread."""
        from poseviewer.gui.window.captions import caption

        frame, result = state.shown
        if frame is not None and result is not None:
            scene = self._scenes.draw_ahead(result, state.look)
            if scene is not None:
                overlays, presented = self._captioned
                seen = replace(state, frame=frame)
                corners = caption(seen, overlays=overlays, presented=presented)
                self._made = state, self._captioned, corners
                self.frame_view.draw_ahead(frame, scene, screen=state.screen, corners=corners)

    def _caption(self, state: AppState, seen: AppState) -> None:
        """Write the captions of a state, in which `seen` has the frame that is seen."""
        from poseviewer.gui.window.captions import caption

        overlays: Sequence[str] = ()
        presented = None
        if self.docks is not None:
            overlays = self.docks.overlays
            if self.workspaces.presenting:
                row = self.docks.joint_maps.row
                presented = "" if row is None else row.title.capitalize()
        made, self._made = self._made, None
        of = self._captioned = overlays, presented
        if made is not None and made[0] is state and made[1] == of:
            corners = made[2]
        else:
            corners = caption(seen, overlays=overlays, presented=presented)
        for corner, lines in corners.items():
            self.frame_view.say(lines, corner=corner)

    def _on_source(self, source: SourceInfo | None) -> None:
        from poseviewer.gui.actions.context import DEMO
        from poseviewer.gui.window.questions import QUESTIONS_CLIP
        from poseviewer.gui.window.tour import TOUR_CLIP

        self._store_thumbnail()
        self._source = source
        self._expecting = False
        self.draw_tool.switch(on=False)
        self.stack.setCurrentWidget(self.welcome if source is None else self.frame_view)
        self._show_title()
        self.workspaces.show_source(source)
        ours = (TOUR_CLIP, QUESTIONS_CLIP)
        of_project = self.project.holds(source)
        if source and not of_project and not source.location.startswith((DEMO, *ours)):
            self.settings.add_recent(source.location)
        self._list_recent()

    @Slot()
    def _show_history(self) -> None:
        if not self.bridge.started:
            return
        state = self.bridge.session.state
        history = self.bridge.session.history()
        now = (state.past or state.source, state.key, len(history.index), state.analysed)
        if now != self._analysed:
            self._analysed = now
            self.transport.timeline.set_history(history.index, history.confidence)
        self.status.refresh(state)

    @Slot()
    def _show_title(self) -> None:
        """Name what is shown and the project it belongs to, with a sign where that is not saved."""
        project, source = self.project.title, self._source
        parts = [window_title(source.name)] if source else []
        parts += [f"{window_title(project)}[*]"] if project else []
        self.setWindowTitle(" – ".join((*parts, "PoseViewer")))  # noqa: RUF001
        self.setWindowModified(self.project.unsaved)

    def _list_recent(self) -> None:
        recent = self.settings.recent
        self._menus.list_recent(recent, self.settings.recent_projects, run=self.open)
        self.welcome.show_recent(recent)
        self.thumbnails.load(self.welcome.listed)

    def _store_thumbnail(self) -> None:
        """Store a picture of the clip that was shown until now."""
        source, frame = self._source, self.frame_view.frame
        if source is not None and frame is not None and not source.live:
            self.thumbnails.store(source.location, frame)
            if self.project.path is not None and self.project.holds(source):
                self.thumbnails.store(str(self.project.path), frame)

    # -- what the person does -------------------------------------------------------------

    def _seek(self, index: int) -> None:
        from poseviewer.gui.actions.playback import seek

        seek(self.context, index)

    def _on_hover(self, pixel: tuple[int, int] | None) -> None:
        if self.docks is not None:
            self.docks.set_cursor(pixel)
        _, result = self.bridge.session.state.shown
        poses = None if result is None else result.shown
        self.status.pixel.setText(pixel_text(self.frame_view.frame, pixel, poses=poses))

    def _on_box(self, box: Box) -> None:
        self.bridge.session.change("reading", region="box", box=box)

    @Slot()
    def _on_items(self) -> None:
        self._scenes.forget()
        self._on_changed()

    def _display(self, **fields: Any) -> None:
        self.bridge.session.change("display", **fields)

    def _choose_model(self, name: str) -> None:
        self.bridge.session.change("network", model=name)

    @Slot()
    def _want(self) -> None:
        """Ask the session for the maps and the ground truth that are shown, and no more."""
        if not self.bridge.started:
            return
        display = self.bridge.state.display
        wanted: frozenset[int] = frozenset()
        if self.docks is not None:
            wanted = self.docks.visible_stages()
        if self.output is not None:
            wanted |= self.output.visible_stages()
        if display.overlay_stage is not None:
            wanted |= {display.overlay_stage}
        self.bridge.session.want(wanted)
        truth = self.docks is not None and self.docks.wants_truth()
        self.bridge.session.truth.want(truth or display.truth)

    # -- what is remembered ---------------------------------------------------------------

    @Slot()
    def _on_arranged(self) -> None:
        # Qt raises a dock that comes into sight.
        self.presenting.lift()
        if self.isVisible() and not self._save_timer.isActive():
            self._save_timer.start()

    @Slot()
    def _save(self) -> None:
        """Save the choices, so that they outlive a crash."""
        self.settings.save_state(self.bridge.state)
        self.settings.workspaces = self.workspaces.remembered
        if not self.isFullScreen():
            self.settings.save_geometry(self)
        self.settings.sync()
        if (trouble := self.settings.trouble) and not self._told:
            self._told = True
            self.bridge.session.notice("warning", trouble, topic="settings")

    # -- events ---------------------------------------------------------------------------

    @Slot()
    def _on_scheme(self) -> None:
        if self.settings.theme == "system":
            if self._built:
                self.choose_theme("system")
            else:
                theme.apply("system")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Move the notice when the frame view changes its size."""
        if watched is self.stack and event.type() == QEvent.Type.Resize:
            self.notices.place()
        return super().eventFilter(watched, event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files, folders and addresses, wherever the frame does not."""
        from poseviewer.gui.frame.view import dropped_location

        if dropped_location(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        from poseviewer.gui.frame.view import dropped_location

        if location := dropped_location(event.mimeData()):
            event.acceptProposedAction()
            self.open(location)

    def showEvent(self, event: QShowEvent) -> None:
        """Make the rest, also where the window is shown as an icon and never painted."""
        super().showEvent(event)
        if self._steps is None:
            QTimer.singleShot(_UNPAINTED, self, self._begin)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Make the rest once the window has been painted for the first time."""
        super().paintEvent(event)
        if self._steps is None:
            QTimer.singleShot(0, self, self._begin)

    def closeEvent(self, event: QCloseEvent) -> None:
        """End the session and save the settings; ask first about the project and exports."""
        if self._closed:
            return
        if not self._built:
            # There is nothing to save yet.
            self._closed = True
            self.hide()
            self.bridge.close()
            super().closeEvent(event)
            return
        from poseviewer.gui.actions.files import exporting

        self.project.finish_typing()
        if self.project.unsaved and not (self._leaving or self._settled):
            event.ignore()
            self.project.settle(self._close_settled)
            return
        if exporting(self.bridge.state) and not self._leaving:
            event.ignore()
            self._ask_about_export()
            return
        self._closed = True
        with suppress(ValueError):
            # At the last of them this is one of its steps.
            if self._steps is not None:
                self._steps.close()
        self.project.close(keep=not self._settled)
        self.show_tour(False)
        self.show_output(False)
        if self.isFullScreen():
            self.full_screen(False)
        self._store_thumbnail()
        self.thumbnails.close()
        # At once: what is being recorded may take a moment to be finished.
        self.hide()
        self.bridge.changed.disconnect(self._on_state)
        self._save_timer.stop()
        self._history_timer.stop()
        self.context.shuttle.halt()
        self.bridge.close()
        # Not before: each of its many short calls of Qt would wait for the threads that work.
        self._save()
        super().closeEvent(event)
