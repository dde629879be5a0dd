"""The texts in the corners of the frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.gui.actions.context import DEMO
from poseviewer.gui.frame.hud import hud_lines, legend_lines, recording_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.gui.frame.view import FrameView
    from poseviewer.runtime.state import AppState

_HINT = "This is the demo: open a video (Ctrl+O) or a camera (Ctrl+K)"


def caption(
    view: FrameView, state: AppState, *, overlays: Sequence[str], presented: str | None = None
) -> None:
    """Write the texts for `state` into the corners of `view`.

    Args:
        view: The view of the frame.
        state: What is shown.
        overlays: What the docks draw over the frame.
        presented: Name of the joint whose maps are shown while presenting, which is then all that
            is said; None otherwise.
    """
    demo = state.source is not None and state.source.location.startswith(DEMO)
    legend = legend_lines(state, overlays) if presented is None else one_line(presented)
    corners = {
        "bottom left": legend,
        "top right": one_line(recording_line(state)),
        "bottom right": one_line(_HINT if demo and presented is None else ""),
    }
    view.say(hud_lines(state) if state.display.hud else (), corner="top left")
    for corner, lines in corners.items():
        view.say(lines, corner=corner)


def one_line(text: str) -> list[str]:
    """A line, or none."""
    return [text] if text else []
