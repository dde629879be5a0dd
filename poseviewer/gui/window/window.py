"""The main window: one view in, one picture out; everything else is asked of the session."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QByteArray, QEvent, QObject, QTimer, Signal, Slot
from PySide6.QtGui import QActionGroup, QCloseEvent, QGuiApplication, QShowEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QVBoxLayout, QWidget

from poseviewer.gui import theme
from poseviewer.gui.actions.general import DEMO, Commands
from poseviewer.gui.actions.menus import LiveMenus, build_menus, dress, keys_of, make_action
from poseviewer.gui.actions.table import ACTIONS
from poseviewer.gui.frame.scene import SceneKeeper, shown_pair
from poseviewer.gui.frame.view import FrameView
from poseviewer.gui.icons import application_icon
from poseviewer.gui.transport.bar import TransportBar
from poseviewer.gui.window.captions import caption
from poseviewer.gui.window.notice_bar import NoticeBar
from poseviewer.gui.window.status_line import StatusLine, pixel_text
from poseviewer.gui.window.welcome import Welcome

if TYPE_CHECKING:
    from poseviewer.core.affine import Box
    from poseviewer.core.look import Look
    from poseviewer.gui.bridge import Bridge
    from poseviewer.gui.settings import Settings
    from poseviewer.gui.theme import ThemeChoice
    from poseviewer.gui.window.docks import Docks
    from poseviewer.runtime.state import SourceInfo

_HISTORY_PACE = 250
"""Milliseconds between two looks at the history for the timeline and the status line."""


class Window(QMainWindow):
    """Picture, transport bar, docks and menus over one session."""

    ready = Signal()
    """The docks are there; the window is complete."""

    def __init__(self, bridge: Bridge, settings: Settings) -> None:
        super().__init__()
        self.bridge, self.settings = bridge, settings
        self.look: Look = settings.look
        self.last_stage = -1
        """The stage whose map was laid over the picture last; -1 is the final one."""
        self.docks: Docks | None = None
        self._keeper = SceneKeeper()
        self._source: SourceInfo | None = None
        self._analysed: tuple[object, int] = (None, 0)
        self._before_full: QByteArray | None = None
        self.setWindowTitle("PoseViewer")
        self.setWindowIcon(application_icon())
        self.setDockNestingEnabled(True)
        self.setDockOptions(self.dockOptions() & ~QMainWindow.DockOption.AnimatedDocks)
        self.frame_view = FrameView(self)
        self.commands = Commands(self)
        self.actions_by_name = self._make_actions()
        self._lay_out()
        menus = build_menus(self.menuBar(), self.actions_by_name)
        self._menus = LiveMenus(menus, actions=self.actions_by_name)
        self._history_timer = QTimer(self, singleShot=True, interval=_HISTORY_PACE)
        self._history_timer.timeout.connect(self._show_history)
        self.choose_theme(settings.theme)
        self._connect()
        if not settings.restore_geometry(self):
            self._first_size()
        self._list_recent()
        self._on_changed()

    # -- building -------------------------------------------------------------------------

    def _make_actions(self) -> dict[str, Any]:
        table, changed = self.commands.table(), self.settings.keys
        made = {
            spec.name: make_action(
                spec, parent=self, run=table[spec.name], keys=keys_of(spec, changed)
            )
            for spec in ACTIONS
        }
        groups: dict[str, QActionGroup] = {}
        for spec in ACTIONS:
            if spec.group:
                group = groups.setdefault(spec.group, QActionGroup(self))
                group.setExclusionPolicy(QActionGroup.ExclusionPolicy.ExclusiveOptional)
                group.addAction(made[spec.name])
        # Also the window's own, so that keys work while the menu bar is hidden.
        self.addActions(list(made.values()))
        made["hud"].setChecked(self.settings.hud)
        return made

    def _lay_out(self) -> None:
        self.transport = TransportBar(self.actions_by_name, self)
        self.welcome = Welcome(self.actions_by_name, self)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.welcome)
        self.stack.addWidget(self.frame_view)
        self.notices = NoticeBar(self.stack)
        self.status = StatusLine(self)
        self.setStatusBar(self.status)
        centre = QWidget(self)
        centre.setObjectName("centre")
        column = QVBoxLayout(centre)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.stack, 1)
        column.addWidget(self.transport)
        self.setCentralWidget(centre)
        self.setAcceptDrops(True)

    def _connect(self) -> None:
        session = self.bridge.session
        self.bridge.changed.connect(self._on_changed)
        self.frame_view.hovered.connect(self._on_hover)
        self.frame_view.box_dragged.connect(self._on_box)
        self.frame_view.dropped.connect(self.open)
        self.frame_view.zoomed.connect(self._on_changed)
        self.welcome.chosen.connect(self.open)
        self.transport.sought.connect(self.commands.seek)
        self.transport.speed_chosen.connect(session.set_speed)
        self.status.cancelled.connect(self.stop_work)
        self.stack.installEventFilter(self)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._on_scheme)

    def _first_size(self) -> None:
        screen = self.screen().availableGeometry()
        width, height = min(1600, screen.width()), min(960, screen.height())
        self.resize(width, height)

    @Slot()
    def _add_docks(self) -> None:
        if self.docks is not None:
            return
        from poseviewer.gui.window.docks import Docks

        self.docks = Docks(self.bridge, self)
        self.settings.restore_state(self)
        self._menus.list_docks(self.docks.all)
        self.docks.stages_changed.connect(self._want)
        self.docks.items_changed.connect(self._on_items)
        self.docks.look_edited.connect(self._on_look)
        self.docks.hovered.connect(self.frame_view.point_at)
        self.docks.seek_requested.connect(self.commands.seek)
        self.docks.stages.tile_chosen.connect(self._on_tile)
        self.docks.stages.told.connect(self.notices.say)
        self.docks.model.box_requested.connect(self.frame_view.arm_box)
        self.frame_view.clicked.connect(self.docks.people.pick_at)
        if self.settings.angles is not None:
            self.docks.angles.choose(self.settings.angles)
        self.docks.angles.controls.restore(self.settings.plot)
        self.docks.show_look(self.look)
        self._want()
        self._on_changed()
        self.frame_view.setFocus()
        self.ready.emit()

    # -- what others ask of the window ----------------------------------------------------

    def open(self, location: str) -> None:
        """Open a file, folder, camera, stream or the demo."""
        self.commands.shuttle.halt()
        if Path(location).exists():
            self.settings.folder = str(Path(location).parent)
        self.bridge.open(location)

    def set_look(self, **changes: Any) -> None:
        """Change how the result is drawn."""
        look = replace(self.look, **changes)
        if look == self.look:
            return
        self.look = look
        if look.overlay_stage is not None:
            self.last_stage = look.overlay_stage
        if self.docks is not None:
            self.docks.show_look(look)
        self._want()
        self._on_changed()

    def choose_theme(self, choice: ThemeChoice) -> None:
        """Put a theme in force and remember it."""
        self.settings.theme = choice
        theme.apply(choice)
        dress(self.actions_by_name)
        self._menus.dressed()
        self.welcome.dress(self.actions_by_name)
        for name in ("system", "dark", "light"):
            self.actions_by_name[f"theme_{name}"].setChecked(name == choice)

    def show_hud(self, on: bool) -> None:
        """Write the figures over the picture, or not."""
        self.settings.hud = on
        self._on_changed()

    def full_screen(self, on: bool) -> None:
        """Give the picture the whole screen, or take it back."""
        if on == self.isFullScreen():
            return
        chrome: list[QWidget] = [self.menuBar(), self.status]
        if on:
            self._before_full = self.saveState()
            for dock in self.docks.all if self.docks else ():
                dock.hide()
            self.showFullScreen()
        else:
            self.showNormal()
            if self._before_full is not None:
                self.restoreState(self._before_full)
        for widget in chrome:
            widget.setVisible(not on)
        self.actions_by_name["full_screen"].setChecked(on)

    def stop_work(self) -> bool:
        """Cancel what is in progress; whether anything was."""
        kind = self.status.working
        if kind == "export":
            self.bridge.session.cancel_export()
        elif kind == "analysis":
            self.bridge.session.analyse()  # asked a second time, it stops
        return bool(kind)

    # -- what the session says ------------------------------------------------------------

    @Slot()
    def _on_changed(self) -> None:
        view = self.bridge.session.view()
        if view.source is not self._source:
            self._on_source(view.source)
        frame, result = shown_pair(view)
        zoom = self.frame_view.scale_for(frame)
        more = self.docks.items if self.docks is not None else None
        scene = self._keeper.scene(result, look=self.look, zoom=zoom, more=more)
        self.frame_view.show_frame(frame, scene)
        # The words speak of the picture that is seen, which may not be the newest.
        seen = replace(view, frame=frame)
        caption(self.frame_view, seen, look=self.look, hud=self.settings.hud)
        self.transport.refresh(seen)
        self.notices.refresh(view)
        if self._menus.sync(view, self.look):
            self._menus.list_models(view, run=self._choose_model)
            self._menus.list_angles(view, self.look, run=self._on_arcs)
            self._menus.list_ghosts(view.model, self.look, run=self._on_look)
        if self.docks is not None:
            self.docks.refresh(view)
        if not self._history_timer.isActive():
            self._history_timer.start()

    def _on_source(self, source: SourceInfo | None) -> None:
        self._source = source
        # Numbers of people mean nothing in another source.
        self.set_look(hidden=(), names=())
        self.stack.setCurrentWidget(self.welcome if source is None else self.frame_view)
        self.setWindowTitle(f"{source.name} – PoseViewer" if source else "PoseViewer")  # noqa: RUF001
        if source is not None and not source.location.startswith(DEMO):
            self.settings.add_recent(source.location)
            self._list_recent()

    @Slot()
    def _show_history(self) -> None:
        view = self.bridge.session.view()
        history = self.bridge.session.history()
        now = (view.past or view.source, len(history.index))
        if now != self._analysed:
            self._analysed = now
            self.transport.timeline.set_history(history.index, history.confidence)
        self.status.refresh(view, analysed=len(history.index))

    def _list_recent(self) -> None:
        recent = self.settings.recent
        self._menus.list_recent(recent, run=self.open)
        self.welcome.show_recent(recent)

    # -- what the person does -------------------------------------------------------------

    def _on_hover(self, pixel: tuple[int, int] | None) -> None:
        if self.docks is not None:
            self.docks.set_cursor(pixel)
        self.status.pixel.setText(pixel_text(self.frame_view.frame, pixel))

    def _on_box(self, box: Box) -> None:
        self.bridge.session.choose(region="box", box=box)

    def _on_tile(self, stage: int, channel: int | None) -> None:
        self.set_look(overlay_stage=stage, overlay_channel=channel)

    @Slot()
    def _on_items(self) -> None:
        self._keeper.forget()
        self._on_changed()

    def _on_look(self, changes: dict[str, Any]) -> None:
        self.set_look(**changes)

    def _on_arcs(self, names: tuple[str, ...]) -> None:
        self.set_look(arcs=tuple(names))

    def _choose_model(self, name: str) -> None:
        self.bridge.session.choose(model=name)

    @Slot()
    def _want(self) -> None:
        """Ask the session for the stages and the truth that somebody looks at, and no more."""
        wanted: frozenset[int] = frozenset()
        if self.docks is not None:
            wanted = self.docks.visible_stages()
        if self.look.overlay_stage is not None:
            wanted |= {self.look.overlay_stage}
        self.bridge.session.want(wanted)
        truth = self.docks is not None and self.docks.wants_truth()
        self.bridge.session.truth.want(truth or self.look.truth)

    # -- events ---------------------------------------------------------------------------

    @Slot()
    def _on_scheme(self) -> None:
        if self.settings.theme == "system":
            self.choose_theme("system")

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep the notice where it belongs when the picture changes its size."""
        if watched is self.stack and event.type() == QEvent.Type.Resize:
            self.notices.place()
        return super().eventFilter(watched, event)

    def showEvent(self, event: QShowEvent) -> None:
        """Make the docks once the window has been painted for the first time."""
        super().showEvent(event)
        if self.docks is None:
            QTimer.singleShot(0, self, self._add_docks)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Remember the layout and end the session."""
        if self.isFullScreen():
            self.full_screen(False)
        if self.docks is not None:
            self.settings.save_layout(self)
            self.settings.angles = self.docks.angles.chosen
            self.settings.plot = self.docks.angles.controls.kept()
        self.settings.look = self.look
        self.settings.choices = self.bridge.session.view().choices
        self.settings.sync()
        self.bridge.changed.disconnect(self._on_changed)
        self._history_timer.stop()
        self.commands.shuttle.halt()
        self.bridge.close()
        super().closeEvent(event)
