"""Shows each new state in all parts of the window, and asks the session for what they show."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Slot

from poseviewer.runtime.state import same_to_see

if TYPE_CHECKING:
    from poseviewer.gui.actions.context import Context
    from poseviewer.gui.actions.menus import LiveMenus
    from poseviewer.gui.transport.bar import TransportBar
    from poseviewer.gui.window.closing import Closing
    from poseviewer.gui.window.current_source import CurrentSource
    from poseviewer.gui.window.frame_picture import FramePicture
    from poseviewer.gui.window.notice_bar import NoticeBar
    from poseviewer.gui.window.saving import Saving
    from poseviewer.gui.window.screens import Screens
    from poseviewer.gui.window.status_line import StatusLine
    from poseviewer.runtime.state import AppState

_HISTORY_PACE = 250
"""Milliseconds between two readings of the history for the timeline and the status line."""


class Showing(QObject):
    """Follows the states of the session.

    Args:
        context: Of the window, with its docks once they are made.
        source: What is shown of the source that is open.
        picture: The frame, with what is drawn over it.
        transport: The bar below it.
        notices: The bar above it.
        menus: Ticks and entries that depend on the state.
        status: The status line.
        screens: The second screen, and whether the window presents.
        closing: May wait for a state in which no export runs.
        saving: Saves what is chosen.
    """

    def __init__(
        self,
        context: Context,
        *,
        source: CurrentSource,
        picture: FramePicture,
        transport: TransportBar,
        notices: NoticeBar,
        menus: LiveMenus,
        status: StatusLine,
        screens: Screens,
        closing: Closing,
        saving: Saving,
    ) -> None:
        super().__init__(context.window)
        self._context, self._bridge = context, context.bridge
        self._source, self._picture = source, picture
        self._transport, self._notices, self._menus = transport, notices, menus
        self._status, self._screens = status, screens
        self._closing, self._saving = closing, saving
        self._state: AppState | None = None
        """The newest state that was heard of."""
        self._analysed: tuple[object, ...] = ()
        """Of what the history was read last."""
        self._history_timer = QTimer(self, singleShot=True, interval=_HISTORY_PACE)
        self._history_timer.timeout.connect(self._show_history)
        self._bridge.changed.connect(self._on_state)

    def stop(self) -> None:
        """Show no further state."""
        self._bridge.changed.disconnect(self._on_state)
        self._history_timer.stop()

    @Slot()
    def refresh(self) -> None:
        """Show the newest state now."""
        self._bridge.skip_drawn()
        self._show(self._bridge.state)

    @Slot()
    def draw_again(self) -> None:
        """Show the newest state now; what is drawn over the same frame has changed."""
        self._picture.forget()
        self.refresh()

    @Slot()
    def want(self) -> None:
        """Ask the session for the maps and the ground truth that are shown, and no more."""
        if not self._bridge.started:
            return
        display, docks = self._bridge.state.display, self._context.docks()
        wanted = self._screens.visible_stages()
        if docks is not None:
            wanted |= docks.visible_stages()
        if display.overlay_stage is not None:
            wanted |= {display.overlay_stage}
        session = self._bridge.session
        session.want(wanted)
        session.truth.want((docks is not None and docks.wants_truth()) or display.truth)

    @Slot()
    def _on_state(self) -> None:
        """Show the new state, unless no more came than a frame whose analysis is awaited."""
        state = self._bridge.shown or self._bridge.session.state
        before, self._state = self._state, state
        if before is None or not same_to_see(before, state):
            self._show(state)

    def _show(self, state: AppState) -> None:
        context, docks = self._context, self._context.docks()
        self._source.refresh(state)
        self._picture.show(state)
        self._status.show_pixel(state, context.frame.pointed)
        # The words speak of the frame that is seen, which may not be the newest.
        self._transport.refresh(replace(state, frame=state.shown[0]))
        key_frames = tuple(one.frame for one in state.annotations.key_frames)
        self._transport.timeline.set_key_frames(key_frames)
        presenting = docks is not None and context.workspaces().presenting
        self._notices.refresh(state, presenting=presenting)
        self._closing.refresh(state)
        if state.display.overlay_stage is not None:
            context.last_stage = state.display.overlay_stage
        if self._menus.sync(state):
            self.want()
            self._status.refresh(state)
            self._saving.soon()
        if docks is not None:
            docks.refresh(state)
        self._picture.caption(state)
        self._screens.refresh(state)
        if not self._history_timer.isActive():
            self._history_timer.start()

    @Slot()
    def _show_history(self) -> None:
        if not self._bridge.started:
            return
        session = self._bridge.session
        state, history = session.state, session.history()
        now = (state.past or state.source, state.key, len(history.index), state.analysed)
        if now != self._analysed:
            self._analysed = now
            self._transport.timeline.set_history(history.index, history.confidence)
        self._status.refresh(state)
