"""The texts in the corners of the frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.gui.actions.context import DEMO
from poseviewer.gui.frame.hud import hud_lines, legend_lines, recording_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.runtime.state import AppState

_HINT = "This is the demo: open a video (Ctrl+O) or a camera (Ctrl+K)"


def caption(
    state: AppState, *, overlays: Sequence[str], presented: str | None = None
) -> dict[str, list[str]]:
    """The texts for `state`, by the corner of the frame that they stand in.

    Args:
        state: What is shown.
        overlays: What the docks draw over the frame.
        presented: Name of the joint whose maps are shown while presenting, which is then all that
            is said; None otherwise.
    """
    demo = state.source is not None and state.source.location.startswith(DEMO)
    return {
        "top left": hud_lines(state) if state.display.hud else [],
        "bottom left": legend_lines(state, overlays) if presented is None else one_line(presented),
        "top right": one_line(recording_line(state)),
        "bottom right": one_line(_HINT if demo and presented is None else ""),
    }


def one_line(text: str) -> list[str]:
    """A line, or none."""
    return [text] if text else []
