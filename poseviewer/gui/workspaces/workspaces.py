"""The workspaces of a window: which there are, which is in use, and how docks lie in each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, QTimer, Signal

from poseviewer.core.errors import PoseViewerError
from poseviewer.gui.workspaces.arrangement import (
    arranging,
    captured,
    extended,
    floating_as,
    resize,
    steadied,
)
from poseviewer.gui.workspaces.defaults import BUILT_IN, FIRST
from poseviewer.gui.workspaces.workspace import (
    MOST_OWN,
    Drawn,
    Remembered,
    Workspace,
    valid_name,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping

    from PySide6.QtWidgets import QDockWidget, QMainWindow

    from poseviewer.gui.bridge import Bridge
    from poseviewer.gui.settings import Settings
    from poseviewer.gui.window.docks import Docks
    from poseviewer.gui.workspaces.arrangement import Arrangement
    from poseviewer.runtime.state import SourceInfo

_QUIET = 300
"""Milliseconds without a change of size after which the window has its size."""

_STANDARD = {one.name: one for one in BUILT_IN}


class Workspaces(QObject):
    """Every workspace by name, the three of the program first; one is in use."""

    changed = Signal()
    """Another one is in use, or there are others."""

    presenting_changed = Signal(bool)
    """Whether the one in use fills the screen, before its docks are laid out."""

    def __init__(
        self,
        window: QMainWindow,
        *,
        bridge: Bridge,
        settings: Settings,
        show_heatmap: Callable[[bool], None],
    ) -> None:
        super().__init__(window)
        self._window, self._bridge, self._settings = window, bridge, settings
        self._show_heatmap = show_heatmap
        self._all: Docks | None = None
        self._docks: dict[str, QDockWidget] = {}
        stored = settings.workspaces
        self._saved = _STANDARD | {one.name: one for one in stored.own}
        live = {one.name: one for one in stored.live if one.name in self._saved}
        self._live = self._saved | live
        begins = self._live.get(stored.now)
        # A window that fills the screen is never opened unasked.
        self._now = begins.name if begins and not begins.presenting else FIRST
        self._before = self._now
        self._location, self._tall = "", False
        self._given: Arrangement | None = None
        """How docks lie since they were given their shares; None while they are given them."""
        self._settling = QTimer(self, singleShot=True, interval=_QUIET)
        self._settling.timeout.connect(self._settle)
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._resize)
        self._window.installEventFilter(self)

    # -- which there are ----------------------------------------------------------------------

    @property
    def own_names(self) -> tuple[str, ...]:
        """Those that a person has saved or opened, in the order in which they came."""
        return tuple(name for name in self._saved if name not in _STANDARD)

    @property
    def now(self) -> str:
        """The name of the one in use."""
        return self._now

    @property
    def presenting(self) -> bool:
        """Whether the one in use fills the screen."""
        return self._live[self._now].presenting

    @property
    def current(self) -> Workspace:
        """The one in use as it is now."""
        self.note()
        return self._live[self._now]

    @property
    def settled(self) -> bool:
        """Whether docks may be given other sizes: for a moment they follow those of the window."""
        return self._given is not None

    # -- using one ----------------------------------------------------------------------------

    def attaching(self, docks: Docks) -> Iterator[None]:
        """Lay the docks out in steps; they are made after the first paint of the window."""
        named: dict[str, QDockWidget] = {dock.objectName(): dock for dock in docks.all}
        still_meant = yield from self._arranging(docks, named)
        self._all, self._docks = docks, named
        if not still_meant:
            self.arrange()

    def arrange(self) -> None:
        """Lay the docks out anew, as they were noted last."""
        if self._all is not None:
            for _ in self._arranging(self._all, self._docks):
                pass

    def _arranging(
        self, docks: Docks, named: Mapping[str, QDockWidget]
    ) -> Generator[None, None, bool]:
        """Lay `docks` out in steps; return whether they still were to lie so at the end."""
        meant = self._now, self._layout
        self._window.setUpdatesEnabled(False)
        try:
            # Each dock comes and goes some times: what follows from it is done once.
            with QSignalBlocker(docks):
                layout = self._layout
                if not self.presenting:
                    layout = extended(layout, self._standard_layout)
                laid = yield from arranging(
                    self._window, named, layout, close_others=self.presenting
                )
            still_meant = (self._now, self._layout) == meant
            if still_meant:
                self._layout = laid
        finally:
            self._window.setUpdatesEnabled(True)
            for dock in named.values():
                # One that has become a window meanwhile is passed over by Qt, and stays black.
                dock.setUpdatesEnabled(True)
        docks.stages_changed.emit()
        docks.items_changed.emit()
        # A window that fills the screen has its size later.
        self._given = None
        self._settling.start()
        return still_meant

    def switch(self, name: str) -> None:
        """Use the workspace of a name, if there is one."""
        if name == self._now or name not in self._live:
            return
        self.note()
        self._use(name)

    def leave(self) -> bool:
        """Go from one that fills the screen to the one before; return whether it was one."""
        if not self.presenting:
            return False
        self.switch(self._before if self._before in self._live else FIRST)
        return True

    def reset(self) -> None:
        """Lay docks out as the program, or the person who saved the workspace, had them."""
        self._live[self._now] = self._saved[self._now]
        self._use(self._now)

    def note(self) -> None:
        """Note how the docks lie now, and what is drawn, as the workspace in use."""
        # In full screen without a workspace of its own the docks are away.
        if not self._docks or self._window.isFullScreen() != self.presenting:
            return
        live = self._live[self._now]
        meant = self._layout
        found = captured(self._window, self._docks, meant)
        # While the size of the window changes, docks have not got theirs yet.
        before = self._given or found
        self._live[self._now] = replace(live, drawn=self._drawn())
        self._layout = steadied(found, before, meant)

    def show_source(self, source: SourceInfo | None) -> None:
        """Go to the workspace that a source was left in the last time."""
        self._location = "" if source is None else source.location
        tall = source is not None and source.size[1] > source.size[0]
        if tall != self._tall:
            self.note()
            self._tall = tall
            if self._live[self._now].tall is not None:
                self.arrange()
        left_in = self._settings.workspace_of(self._location)
        if left_in in self._live and not self.presenting:
            self.switch(left_in)
        self._remember_location()

    # -- the person's own ---------------------------------------------------------------------

    def save_as(self, name: str) -> None:
        """Save how things are now as a workspace of its own, and use it.

        Raises:
            PoseViewerError: The name is none, or taken.
        """
        self._add(replace(self.current, name=self._free(name)))

    def add(self, workspace: Workspace) -> None:
        """Add one that was shared, under another name where its own is taken, and use it."""
        name, number = workspace.name, 1
        while name in self._saved:
            number += 1
            name = f"{workspace.name[:30]} {number}"
        self.note()
        self._add(replace(workspace, name=name))

    def take(self, workspace: Workspace) -> None:
        """Use the one of its name as it is in a project, or add it where there is none.

        One that fills the screen is not gone to unasked, nor is another added to as many as there
        can be.
        """
        known = workspace.name in self._saved
        if workspace.presenting or (not known and len(self._saved) >= len(_STANDARD) + MOST_OWN):
            return
        self.note()
        self._saved.setdefault(workspace.name, workspace)
        self._live[workspace.name] = workspace
        self._use(workspace.name)

    def rename(self, name: str) -> None:
        """Give the one in use another name.

        Raises:
            PoseViewerError: It is one of the program's, or the name is none, or taken.
        """
        self._refuse_standard()
        name, old = self._free(name), self._now
        for held in (self._saved, self._live):
            renamed = {
                name if key == old else key: replace(one, name=name) if key == old else one
                for key, one in held.items()
            }
            held.clear()
            held |= renamed
        self._now = name
        self._before = name if self._before == old else self._before
        self._settings.rename_workspace(old, name)
        self.changed.emit()

    def delete(self) -> None:
        """Delete the one in use.

        Raises:
            PoseViewerError: It is one of the program's.
        """
        self._refuse_standard()
        gone = self._now
        self._use(self._before if self._before in self._live and self._before != gone else FIRST)
        del self._saved[gone], self._live[gone]
        self.changed.emit()

    @property
    def remembered(self) -> Remembered:
        """What the settings hold of all of it."""
        self.note()
        own = tuple(self._saved[name] for name in self.own_names)
        return Remembered(self._now, tuple(self._live.values()), own)

    # -- events -------------------------------------------------------------------------------

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Give docks their shares anew in a window of another size; note where they are moved."""
        if watched is self._window and self._docks:
            if event.type() == QEvent.Type.Resize:
                self._given = None
                self._soon.start()
                self._settling.start()
            elif event.type() == QEvent.Type.MouseButtonRelease and self.settled:
                # What lies between docks belongs to the window.
                self.note()
        return super().eventFilter(watched, event)

    def _resize(self) -> None:
        if self._window.isFullScreen() == self.presenting:
            resize(self._window, self._docks, self._layout)

    def _settle(self) -> None:
        self._given = captured(self._window, self._docks, self._layout)

    # -- helpers ------------------------------------------------------------------------------

    @property
    def _layout(self) -> Arrangement:
        """How the docks of the one in use lie beside a frame of this shape."""
        live = self._live[self._now]
        return live.tall if self._tall and live.tall is not None else live.layout

    @_layout.setter
    def _layout(self, layout: Arrangement) -> None:
        live = self._live[self._now]
        if live.tall is None:
            self._live[self._now] = replace(live, layout=layout)
        elif self._tall:
            wide = floating_as(live.layout, layout)
            self._live[self._now] = replace(live, tall=layout, layout=wide)
        else:
            tall = floating_as(live.tall, layout)
            self._live[self._now] = replace(live, layout=layout, tall=tall)

    @property
    def _standard_layout(self) -> Arrangement:
        """Where the program puts docks that the one in use does not know."""
        standard = _STANDARD.get(self._now, _STANDARD[FIRST])
        return standard.tall if self._tall and standard.tall is not None else standard.layout

    def _use(self, name: str) -> None:
        was = self.presenting
        if not was:
            self._before = self._now
        self._now = name
        if was != self.presenting:
            self.presenting_changed.emit(self.presenting)
        self.arrange()
        self._draw(self._live[name].drawn)
        self._remember_location()
        self.changed.emit()

    def _drawn(self) -> Drawn:
        display = self._bridge.state.display
        return Drawn(display.hud, display.overlay_stage is not None, display.arcs)

    def _draw(self, drawn: Drawn) -> None:
        now = self._drawn()
        if (drawn.hud, drawn.arcs) != (now.hud, now.arcs):
            self._bridge.session.change("display", hud=drawn.hud, arcs=drawn.arcs)
        if drawn.heatmap != now.heatmap:
            self._show_heatmap(drawn.heatmap)

    def _refuse_standard(self) -> None:
        if self._now in _STANDARD:
            msg = f"{self._now} is a part of the program; save it under a name of your own first."
            raise PoseViewerError(msg)

    def _free(self, name: str) -> str:
        try:
            name = valid_name(name)
        except ValueError as error:
            msg = f"The workspace cannot be called that: {error}."
            raise PoseViewerError(msg) from error
        if name in self._saved:
            msg = f"There is a workspace called {name} already; choose another name."
            raise PoseViewerError(msg)
        return name

    def _add(self, workspace: Workspace) -> None:
        if len(self._saved) >= len(_STANDARD) + MOST_OWN:
            msg = f"There are {MOST_OWN} workspaces of your own already; delete one first."
            raise PoseViewerError(msg)
        self._saved[workspace.name] = self._live[workspace.name] = workspace
        self._use(workspace.name)

    def _remember_location(self) -> None:
        if self._location and not self.presenting:
            self._settings.remember_workspace(self._location, self._now)
