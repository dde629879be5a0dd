"""Actions about what a person draws on a clip, and about its key frames."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.gui.actions.context import Action, Context, clip_open, in_menu, needed, on_off
from poseviewer.gui.actions.playback import seek

if TYPE_CHECKING:
    from poseviewer.gui.frame.tool import Task
    from poseviewer.runtime.state import AppState


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


def key_frame(context: Context) -> None:
    """Make the frame on screen a key frame, or one no more."""
    frame, annotations = shown_frame(context), context.state.annotations
    if frame is None:
        return
    if annotations.comment(frame) is None:
        title = f"frame {frame} a key frame"
        context.session.annotate(title, annotations.with_key_frame(frame, ""))
        text = f"Frame {frame} is a key frame; the Notes dock lists them all."
        context.session.notice("info", text, topic="key frame")
    else:
        title = f"frame {frame} no key frame"
        context.session.annotate(title, annotations.with_key_frame(frame, None))


def key_comment(context: Context) -> None:
    """Ask for a comment on the frame on screen, which becomes a key frame."""
    frame = shown_frame(context)
    if frame is None:
        return
    from poseviewer.gui.dialogs.ask_text import TextDialog

    before = context.state.annotations.comment(frame) or ""
    question = f"Comment on frame {frame}"
    dialog = TextDialog(question, question, before, context.window, several=True)
    dialog.given.connect(
        lambda text: context.session.annotate(
            question.lower(), context.state.annotations.with_key_frame(frame, text)
        )
    )
    context.ask(dialog)


def go_to_key_frame(context: Context, way: int) -> None:
    """Go to the next key frame, or the one before."""
    frame = shown_frame(context)
    numbers = [one.frame for one in context.state.annotations.key_frames]
    beyond = [n for n in numbers if frame is not None and way * (n - frame) > 0]
    if beyond:
        seek(context, min(beyond) if way > 0 else max(beyond))


def shown_frame(context: Context) -> int | None:
    """The number of the frame on screen."""
    frame = context.state.shown[0]
    return None if frame is None or not clip_open(context.state) else frame.index


def contact_sheet(context: Context) -> None:
    """Ask where to write the key frames, and write them."""
    name = f"{context.stem or 'clip'}_key_frames.pdf"
    kinds = "PDF (*.pdf);;PNG image (*.png)"
    context.ask_where("Save contact sheet", name, kinds, context.session.contact_sheet)


@needed("mark a key frame first (Shift+K)")
def has_key_frames(state: AppState) -> bool:
    """The clip has key frames."""
    return clip_open(state) and bool(state.annotations.key_frames)


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

KEY_FRAMES = in_menu(
    "Edit/Key frames",
    Action(
        "key_frame", "Key frame", key_frame, "Shift+K Ins",
        "Make the frame on screen a key frame, or one no more", needs=clip_open,
    ),
    Action(
        "key_comment", "Comment…", key_comment, "Ctrl+Shift+K",
        "Write a comment on the frame on screen, which becomes a key frame", needs=clip_open,
    ),
    Action(
        "next_key_frame", "Next key frame", lambda context: go_to_key_frame(context, 1),
        "Alt+Right", rule=True, needs=has_key_frames,
    ),
    Action(
        "previous_key_frame", "Previous key frame", lambda context: go_to_key_frame(context, -1),
        "Alt+Left", needs=has_key_frames,
    ),
    Action(
        "contact_sheet", "Contact sheet…", contact_sheet, "",
        "Write the key frames with drawings, comments and the angles of the plot as PDF or PNG",
        rule=True, needs=has_key_frames,
    ),
)  # fmt: skip
