"""The main window: what it is made of, how that is connected, and the events it gets from Qt."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QObject, QTimer, Signal, Slot
from PySide6.QtGui import (
    QActionGroup,
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QPaintEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QMainWindow

from poseviewer.core.video_choice import DEFAULT_CHOICE
from poseviewer.gui import theme
from poseviewer.gui.icons import application_icon
from poseviewer.gui.widgets import press_focused
from poseviewer.gui.window import dropped
from poseviewer.gui.window.ground import Ground
from poseviewer.gui.window.turns import Turns
from poseviewer.runtime.project import ENDING

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Sequence

    from poseviewer.core.video_choice import VideoChoice
    from poseviewer.gui.bridge import Bridge
    from poseviewer.gui.project.dock import ProjectDock
    from poseviewer.gui.settings import Settings
    from poseviewer.gui.window.docks import Docks

_UNPAINTED = 1500
"""Milliseconds after which the rest is made if the window has not been painted by then."""

_PARTS = (
    "poseviewer.gui.actions.menus",
    "poseviewer.gui.project.keeper",
    "poseviewer.gui.frame.correct",
    "poseviewer.gui.frame.draw",
    "poseviewer.gui.frame.view",
    "poseviewer.gui.transport.bar",
    "poseviewer.gui.window.appearance",
    "poseviewer.gui.window.closing",
    "poseviewer.gui.window.current_source",
    "poseviewer.gui.window.frame_picture",
    "poseviewer.gui.window.saving",
    "poseviewer.gui.window.screens",
    "poseviewer.gui.window.showing",
    "poseviewer.gui.window.welcome",
    "poseviewer.gui.workspaces.slow_replay",
    "poseviewer.gui.workspaces.tour",
    "poseviewer.gui.workspaces.workspaces",
)
"""Modules of what is made first after the first paint, with which come all that they import."""

_SESSION = ("poseviewer.runtime.session",)
"""The module that can open a source, with all that it imports."""

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
        self._built = self._closed = False
        self.turns = Turns(self._making(), self)
        """Make the window complete, after the first paint."""
        self.setWindowTitle("PoseViewer")
        self.setWindowIcon(application_icon())
        self.setDockNestingEnabled(True)
        self.setDockOptions(self.dockOptions() & ~QMainWindow.DockOption.AnimatedDocks)
        self._ground = Ground(self, expecting=expecting)
        self.status, self.stack = self._ground.status, self._ground.stack
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_scheme)
        if not settings.restore_geometry(self):
            self._first_size()

    def _first_size(self) -> None:
        screen = self.screen().availableGeometry()
        width, height = min(1600, screen.width()), min(960, screen.height())
        self.resize(width, height)

    # -- building -------------------------------------------------------------------------

    def build(self) -> None:
        """Make all but the docks now."""
        for _ in self.building():
            pass

    def _making(self) -> Generator[Sequence[str], None, None]:
        """Make the window complete in steps; each names the modules that the next one needs."""
        # Together: threads of a session import as well, and all imports take turns.
        yield (*_PARTS, *_SESSION)
        self.able.emit()
        yield ()
        if not self._built:
            yield from self.building()
        self.built.emit()
        yield ()
        from poseviewer.gui.window.docks import Docks

        made = Docks(self.bridge, self)
        yield from made.making()
        for _ in self.workspaces.attaching(made):
            yield ()
        self._show_docks(made)

    def building(self) -> Iterator[Sequence[str]]:
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
        self._asking = Asking(self.context)
        self.welcome.asked.connect(self._asking.ask)
        yield ()
        self._make_menus()
        yield ()
        self._make_bars()
        yield ()
        self._fill()
        self._make_followers()
        self._connect()
        if dressed is not theme.current():
            self.appearance.choose_theme(self.settings.theme)
        self._built = True
        self.appearance.show_choices()
        self._source.list_recent()
        self.showing.refresh()

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
            show_tour=lambda on: self.tour.switch(on),
            show_output=lambda on: self.screens.show_output(on),
            docks=lambda: self.docks,
            workspaces=lambda: self.workspaces,
            project=lambda: self.project,
            actions=lambda: self.actions_by_name,
            open=self.open,
            full_screen=lambda on: self.screens.full_screen(on),
            choose_theme=lambda choice: self.appearance.choose_theme(choice),
            choose_distance=lambda choice: self.appearance.choose_distance(choice),
            apply_keys=lambda changed: self.appearance.apply_keys(changed),
            list_recent=lambda: self._source.list_recent(),
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
        from poseviewer.gui.workspaces.tour import Tour

        self.tour = Tour(self.context)
        self.draw_tool = self.frame_view.drawing = DrawTool(self.bridge, self.frame_view)
        self._correct_tool = self.frame_view.tool = CorrectTool(self.bridge, self.frame_view)

    def _make_menus(self) -> None:
        from poseviewer.gui.actions.menus import LiveMenus, fill_menus
        from poseviewer.gui.workspaces.tabs import WorkspaceTabs

        titles = self._ground.titles
        fill_menus(titles, self.actions_by_name)
        self.menus = LiveMenus(titles, self.context)
        self.menus.list_workspaces()
        self.tabs = WorkspaceTabs(
            self.workspaces, titles["View/Workspace"], actions=self.actions_by_name, parent=self
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
        self._ground.fill(
            corner=self.tabs,
            pages=(self.welcome, self.frame_view),
            shown=self.frame_view if self._expecting else self.welcome,
            above=self._draw_bar,
            bar=self.transport,
        )
        self.notices.raise_()
        # Also the window's own, so that keys work while the menu bar is hidden.
        self.addActions(list(self.actions_by_name.values()))
        self.setAcceptDrops(True)

    def _make_followers(self) -> None:
        """Make what follows the state and what a person chooses."""
        from poseviewer.gui.window.appearance import Appearance
        from poseviewer.gui.window.closing import Closing
        from poseviewer.gui.window.current_source import CurrentSource
        from poseviewer.gui.window.frame_picture import FramePicture
        from poseviewer.gui.window.saving import Saving
        from poseviewer.gui.window.screens import Screens
        from poseviewer.gui.window.showing import Showing
        from poseviewer.gui.window.thumbnails import Thumbnails

        context = self.context
        self.thumbnails = Thumbnails(self)
        self.saving = Saving(context, self._asking.meant)
        self._closing = Closing(context, self.project)
        self.screens = Screens(context, status=self.status, presenting=self.presenting)
        self.picture = FramePicture(context, self.draw_tool)
        self._source = CurrentSource(
            context,
            stack=self.stack,
            welcome=self.welcome,
            menus=self.menus,
            thumbnails=self.thumbnails,
            project=self.project,
            expecting=self._expecting,
        )
        self.showing = Showing(
            context,
            source=self._source,
            picture=self.picture,
            transport=self.transport,
            notices=self.notices,
            menus=self.menus,
            status=self.status,
            screens=self.screens,
            closing=self._closing,
            saving=self.saving,
        )
        self.appearance = Appearance(
            context,
            menus=self.menus,
            welcome=self.welcome,
            tabs=self.tabs,
            redraw=self.showing.draw_again,
        )

    # -- connecting -----------------------------------------------------------------------

    def _connect(self) -> None:
        from poseviewer.gui.actions.files import ask_camera
        from poseviewer.gui.actions.playback import seek
        from poseviewer.gui.actions.view import stop_work

        context = self.context
        self.bridge.cameras_found.connect(lambda cameras: ask_camera(context, cameras))
        self.frame_view.hovered.connect(self._on_hover)
        self.frame_view.box_dragged.connect(
            lambda box: context.change("reading", region="box", box=box)
        )
        self.frame_view.zoomed.connect(self.showing.refresh)
        tool = self._correct_tool
        tool.switched.connect(self.actions_by_name["correct"].setChecked)
        self.draw_tool.changed.connect(self.showing.refresh)
        # The pointer does one thing at a time.
        tool.switched.connect(lambda on: self.draw_tool.switch(on=False) if on else None)
        self.draw_tool.switched.connect(lambda on: tool.switch(on=False) if on else None)
        self.welcome.chosen.connect(self.open)
        self.thumbnails.loaded.connect(self.welcome.show_picture)
        self.transport.sought.connect(partial(seek, context))
        self.transport.speed_chosen.connect(lambda speed: context.session.set_speed(speed))
        self.notices.dismissed.connect(lambda number: context.session.dismiss(number))
        self.status.cancelled.connect(lambda: stop_work(context))
        self.workspaces.changed.connect(self._on_workspace)
        self.workspaces.presenting_changed.connect(self.screens.present)
        self.screens.changed.connect(self.showing.refresh)
        self.screens.stages_changed.connect(self.showing.want)
        self._closing.changed.connect(self.showing.refresh)
        self.tour.changed.connect(self.actions_by_name["tour"].setChecked)
        self.stack.installEventFilter(self)

    def _show_docks(self, made: Docks) -> None:
        from poseviewer.gui.actions.playback import seek

        self.docks = made
        self.presenting.attach(made)
        self.menus.list_docks(made.all)
        made.stages_changed.connect(self.showing.want)
        made.items_changed.connect(self.showing.draw_again)
        made.hovered.connect(self.frame_view.point_at)
        made.seek_requested.connect(partial(seek, self.context))
        made.model.box_requested.connect(self.frame_view.arm_box)
        made.angles.connect_actions(self.actions_by_name)
        made.compare.connect_actions(self.actions_by_name)
        made.notes.connect_actions(self.actions_by_name)
        self.frame_view.clicked.connect(made.people.pick_at)
        self._connect_project_dock(made.project)
        made.embedding.clip_requested.connect(self.open)
        made.review.found.connect(self.transport.timeline.set_found)
        for dock in made.all:
            dock.visibilityChanged.connect(self._on_arranged)
            dock.dockLocationChanged.connect(self._on_arranged)
        self.showing.want()
        self.showing.refresh()
        self.frame_view.setFocus()
        self.bridge.draw_ahead((self.picture, made.joint_maps, made.stages, made.angles))
        self.ready.emit()

    def _connect_project_dock(self, dock: ProjectDock) -> None:
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

    def leave(self, *, keep: bool = True) -> None:
        """Close without asking, see `Closing.leave`."""
        if self._built:
            self._closing.leave(keep=keep)
        else:
            self.close()

    # -- events ---------------------------------------------------------------------------

    def _on_hover(self, pixel: tuple[int, int] | None) -> None:
        if self.docks is not None:
            self.docks.set_cursor(pixel)
        self.status.show_pixel(self.bridge.session.state, pixel)

    @Slot()
    def _on_workspace(self) -> None:
        self.menus.list_workspaces()
        self.showing.want()
        self._on_arranged()

    @Slot()
    def _on_arranged(self) -> None:
        # Qt raises a dock that comes into sight.
        self.presenting.lift()
        if self.isVisible():
            self.saving.soon()

    @Slot()
    def _on_scheme(self) -> None:
        if self.settings.theme == "system":
            if self._built:
                self.appearance.choose_theme("system")
            else:
                theme.apply("system")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Move the notice when the frame view changes its size."""
        if watched is self.stack and event.type() == QEvent.Type.Resize:
            self.notices.place()
        return super().eventFilter(watched, event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take files, folders and addresses."""
        dropped.take(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Open what was dropped."""
        locations = dropped.take(event)
        if locations:
            self.open(locations[0])
        if len(locations) > 1:
            self.bridge.session.notice("info", dropped.only_one(locations), topic="dropped")

    def showEvent(self, event: QShowEvent) -> None:
        """Make the rest, also where the window is shown as an icon and never painted."""
        super().showEvent(event)
        if not self.turns.begun:
            QTimer.singleShot(_UNPAINTED, self.turns, self.turns.begin)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Make the rest once the window has been painted for the first time."""
        super().paintEvent(event)
        if not self.turns.begun:
            QTimer.singleShot(0, self.turns, self.turns.begin)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Press a button, see `press_focused`."""
        if not press_focused(event):
            super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """End the session and save the settings; ask first about the project and exports."""
        if self._closed:
            return
        if self._built and not self._closing.may_close():
            event.ignore()
            return
        self._closed = True
        self.turns.stop()
        if self._built:
            self._end()
        else:
            # There is nothing to save yet.
            self.hide()
            self.bridge.close()
        super().closeEvent(event)

    def _end(self) -> None:
        self.project.close(keep=not self._closing.settled)
        self.tour.switch(False)
        self.screens.show_output(False)
        if self.isFullScreen():
            self.screens.full_screen(False)
        self._source.store_thumbnail()
        self.thumbnails.close()
        # At once: what is being recorded may take a moment to be finished.
        self.hide()
        self.showing.stop()
        self.saving.stop()
        self.context.shuttle.halt()
        self.bridge.close()
        # Not before: each of its many short calls of Qt would wait for the threads that work.
        self.saving.save()
