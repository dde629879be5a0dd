"""The verbs that look into the network."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.gui.window import Window


class InspectCommands:
    """What an answer came of."""

    def __init__(self, window: Window) -> None:
        self._window = window

    def table(self) -> dict[str, Callable[..., object]]:
        """Name of every action -> what to call."""
        return {"receptive_field": self.receptive_field}

    def receptive_field(self, on: bool) -> None:
        """Show what the answer about a joint can have seen, or not."""
        if self._window.docks is not None:
            self._window.docks.field.switch(on)
