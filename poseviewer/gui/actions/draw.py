"""Actions about what a person draws on a clip, and about its key frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.gui.actions.context import Action, Context, clip_open, in_menu, on_off

if TYPE_CHECKING:
    from poseviewer.gui.frame.draw import Task


def draw(context: Context, on: bool) -> None:
    """Begin to draw on the frame, or end."""
    if context.frame.drawing is not None:
        context.frame.drawing.switch(on)


def begin(context: Context, task: Task) -> None:
    """Draw something of a kind next, or no longer."""
    if context.frame.drawing is not None:
        context.frame.drawing.begin(task)


def delete(context: Context) -> None:
    """Delete the drawing that is chosen."""
    if context.frame.drawing is not None:
        context.frame.drawing.delete()


def _task(task: Task, text: str, keys: str, tip: str) -> Action:
    return Action(
        f"draw_{task}", text, lambda context, _on: begin(context, task), keys, tip,
        checkable=True, needs=clip_open,
    )  # fmt: skip


DRAW = in_menu(
    "Edit/Draw on the frame",
    Action(
        "draw", "Draw", draw, "Shift+D",
        "Choose, drag and delete what is drawn on the clip; a right click says when it is shown",
        checkable=True, needs=clip_open,
    ),
    _task(
        "line", "Line", "Shift+L",
        "Draw a line with its length, in centimetres or metres once a length is known",
    ),
    _task("angle", "Angle", "Shift+A", "Draw an angle with its degrees"),
    _task("text", "Text", "Shift+T", "Write a text on the frame"),
    _task("stopwatch", "Stopwatch", "Shift+Q", "Put a stopwatch on the frame; it starts here"),
    _task(
        "length", "Known length…", "Shift+M",
        "Draw along something of known length, so that lengths are in centimetres and metres",
    ),
    Action(
        "delete_drawing", "Delete drawing", delete, "Del", "Delete the drawing that is chosen",
        rule=True, needs=clip_open,
    ),
    on_off(
        "drawings", "Show drawings", "display", "drawings", "Shift+V",
        "Show what is drawn on the clip", needs=clip_open,
    ),
)  # fmt: skip
