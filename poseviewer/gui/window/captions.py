"""What is written into the corners of the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.gui.actions.general import DEMO
from poseviewer.gui.frame.hud import hud_lines, overlay_line, recording_line

if TYPE_CHECKING:
    from poseviewer.core.look import Look
    from poseviewer.gui.frame.view import FrameView
    from poseviewer.runtime.state import View

_HINT = "This is the demo: open a video (Ctrl+O) or a camera (Ctrl+K)"


def caption(picture: FrameView, view: View, *, look: Look, hud: bool) -> None:
    """Write what `view` says into the corners of `picture`; `hud` adds the figures."""
    demo = view.source is not None and view.source.location.startswith(DEMO)
    corners = {
        "bottom left": overlay_line(look, view.result),
        "top right": recording_line(view),
        "bottom right": _HINT if demo else "",
    }
    picture.say(hud_lines(view) if hud else (), corner="top left")
    for corner, line in corners.items():
        picture.say([line] if line else (), corner=corner)
