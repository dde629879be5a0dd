"""The texts in the corners of the frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.gui.actions.context import DEMO
from poseviewer.gui.frame.hud import hud_lines, legend_lines, recording_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.gui.frame.hud import Side
    from poseviewer.runtime.state import AppState

_HINT = "This is the demo: open a video (Ctrl+O) or a camera (Ctrl+K)"


def caption(
    state: AppState, *, overlays: Sequence[str], presented: str | None = None, side: Side = "left"
) -> dict[str, list[str]]:
    """The texts for `state`, by the corner of the frame that they stand in.

    Args:
        state: What is shown.
        overlays: What the docks draw over the frame.
        presented: Name of the joint whose maps are shown while presenting, which is then all that
            is said; None otherwise.
        side: Where at the top the texts about source and network stand, while nothing is recorded.
    """
    demo = state.source is not None and state.source.location.startswith(DEMO)
    hud, recording = hud_lines(state) if state.display.hud else [], recording_line(state)
    right = side == "right" and not recording
    return {
        "top left": [] if right else hud,
        "bottom left": legend_lines(state, overlays) if presented is None else one_line(presented),
        "top right": hud if right else one_line(recording),
        "bottom right": one_line(_HINT if demo and presented is None else ""),
    }


def one_line(text: str) -> list[str]:
    """A line, or none."""
    return [text] if text else []
