"""What the window shows of the source that is open: its page, the title, the list of the recent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from poseviewer.gui.actions.context import DEMO
from poseviewer.gui.plain import window_title
from poseviewer.gui.window.questions import QUESTIONS_CLIP
from poseviewer.gui.window.tour import TOUR_CLIP

if TYPE_CHECKING:
    from PySide6.QtWidgets import QStackedWidget

    from poseviewer.gui.actions.context import Context
    from poseviewer.gui.actions.menus import LiveMenus
    from poseviewer.gui.project.keeper import ProjectKeeper
    from poseviewer.gui.window.thumbnails import Thumbnails
    from poseviewer.gui.window.welcome import Welcome
    from poseviewer.runtime.state import AppState, SourceInfo


class CurrentSource(QObject):
    """Shows the frame of what is open, or the start page, and notes what was opened.

    Args:
        context: Of the window.
        stack: Has the view of the frame and the start page.
        welcome: The start page.
        menus: List what was opened recently.
        thumbnails: The pictures of that.
        project: To which the source may belong.
        expecting: Whether something will be opened at once: the start page waits until then.
    """

    def __init__(
        self,
        context: Context,
        *,
        stack: QStackedWidget,
        welcome: Welcome,
        menus: LiveMenus,
        thumbnails: Thumbnails,
        project: ProjectKeeper,
        expecting: bool,
    ) -> None:
        super().__init__(context.window)
        self._context, self._stack, self._welcome = context, stack, welcome
        self._menus, self._thumbnails, self._project = menus, thumbnails, project
        self._expecting = expecting
        self._source: SourceInfo | None = None
        project.changed.connect(self._show_title)

    def refresh(self, state: AppState) -> None:
        """Follow the state to another source."""
        if state.source is not self._source:
            self._turn_to(state.source)
        elif (
            self._expecting
            and self._context.bridge.started
            and not state.busy.startswith("Opening")
        ):
            # It could not be opened.
            self._turn_to(None)
        self._project.refresh(state)

    def list_recent(self) -> None:
        """List what was opened recently, in the menus and on the start page."""
        settings = self._context.settings
        self._menus.list_recent()
        self._welcome.show_recent(settings.recent)
        self._thumbnails.load(self._welcome.listed)

    def store_thumbnail(self) -> None:
        """Store a picture of the clip that was shown until now."""
        source, frame, project = self._source, self._context.frame.frame, self._project
        if source is not None and frame is not None and not source.live:
            self._thumbnails.store(source.location, frame)
            if project.path is not None and project.holds(source):
                self._thumbnails.store(str(project.path), frame)

    def _turn_to(self, source: SourceInfo | None) -> None:
        context = self._context
        self.store_thumbnail()
        self._source = source
        self._expecting = False
        if (tool := context.frame.drawing) is not None:
            tool.switch(on=False)
        self._stack.setCurrentWidget(self._welcome if source is None else context.frame)
        self._show_title()
        context.workspaces().show_source(source)
        ours = (DEMO, TOUR_CLIP, QUESTIONS_CLIP)
        if source and not self._project.holds(source) and not source.location.startswith(ours):
            context.settings.add_recent(source.location)
        self.list_recent()

    @Slot()
    def _show_title(self) -> None:
        """Name what is shown and the project it belongs to, with a sign where that is not saved."""
        project, source, window = self._project.title, self._source, self._context.window
        parts = [window_title(source.name)] if source else []
        parts += [f"{window_title(project)}[*]"] if project else []
        window.setWindowTitle(" – ".join((*parts, "PoseViewer")))  # noqa: RUF001
        window.setWindowModified(self._project.unsaved)
