"""The frame as the window shows it: with what is drawn over it and the captions in its corners."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF

from poseviewer.gui.frame.hud import clear_side, hud_lines
from poseviewer.gui.frame.scene import SceneCache
from poseviewer.gui.window.captions import caption

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from poseviewer.gui.actions.context import Context
    from poseviewer.gui.frame.draw import DrawTool
    from poseviewer.gui.frame.hud import Side
    from poseviewer.gui.frame.viewport import Viewport
    from poseviewer.runtime.state import AppState, SourceInfo


class FramePicture:
    """Shows the frame of a state, or makes its picture before that on another thread.

    Args:
        context: Of the window, with the view of the frame.
        draw_tool: What a person draws with.
    """

    def __init__(self, context: Context, draw_tool: DrawTool) -> None:
        self._context, self._view, self._draw_tool = context, context.frame, draw_tool
        self._scenes = SceneCache()
        self._captioned: tuple[Sequence[str], str | None] = (), None
        """What the captions were made of last, besides a state."""
        self._side: Side = "left"
        """Where at the top the texts about source and network stand."""
        self._source: SourceInfo | None = None
        """What was shown last."""
        self._made: tuple[AppState, object, Mapping[str, list[str]]] | None = None
        """Captions made on another thread, and of what, until they are asked for."""

    def forget(self) -> None:
        """Build the next scene again, also of the same result."""
        self._scenes.forget()

    def show(self, state: AppState) -> None:
        """Show the frame, and what is drawn over it."""
        docks = self._context.docks()
        frame, result = state.shown
        scene = self._scenes.scene(
            result,
            look=self._draw_tool.look(state.look),
            zoom=self._view.scale_for(frame),
            frame=frame,
            more=None if docks is None else docks.items,
        )
        self._view.show_frame(frame, scene, screen=state.screen)
        self._view.mirror(state.mirrored)

    def caption(self, state: AppState) -> None:
        """Write the captions, once the docks show the state: one says whose maps are shown."""
        overlays: Sequence[str] = ()
        presented = None
        if (docks := self._context.docks()) is not None:
            overlays = docks.overlays
            if self._context.workspaces().presenting:
                row = docks.joint_maps.row
                presented = "" if row is None else row.title.capitalize()
        made, self._made = self._made, None
        self._captioned = overlays, presented
        view = self._view
        self._side = self._clear_side(state, view.viewport, (view.width(), view.height()))
        self._source = state.source
        of = *self._captioned, self._side
        if made is not None and made[0] is state and made[1] == of:
            corners = made[2]
        else:
            corners = _corners(state, of)
        for corner, lines in corners.items():
            self._view.say(lines, corner=corner)

    def draw_ahead(self, state: AppState) -> None:
        """Make the picture of the frame that is shown next; called on another thread."""
        (frame, result), setting = state.shown, self._view.setting
        if frame is not None and result is not None and setting is not None:
            scene = self._scenes.draw_ahead(result, state.look)
            if scene is not None:
                side = self._clear_side(state, setting.viewport, setting.size)
                of = *self._captioned, side
                corners = _corners(state, of)
                self._made = state, of, corners
                self._view.draw_ahead(frame, scene, screen=state.screen, corners=corners)

    def _clear_side(self, state: AppState, viewport: Viewport, size: tuple[int, int]) -> Side:
        """Where the texts at the top hide nobody: where they are, or else on the other side."""
        side: Side = self._side if state.source is self._source else "left"
        _, result = state.shown
        if result is None or not state.display.hud:
            return side
        poses = result.shown
        step, first = viewport.across
        people = poses.xy[poses.found] * (step, viewport.scale) + (first, viewport.y)
        lines = hud_lines(_as_seen(state))
        return clear_side(side, lines, people=people, area=QRectF(0, 0, *size))


def _corners(state: AppState, of: tuple[Sequence[str], str | None, Side]) -> dict[str, list[str]]:
    overlays, presented, side = of
    return caption(_as_seen(state), overlays=overlays, presented=presented, side=side)


def _as_seen(state: AppState) -> AppState:
    """The state with the frame that is seen, which may not be the newest: words speak of it."""
    return replace(state, frame=state.shown[0])
