"""The verbs about people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.gui.window import Window


class PeopleCommands:
    """Whose maps and angles are shown."""

    def __init__(self, window: Window) -> None:
        self._session = window.bridge.session

    def table(self) -> dict[str, Callable[..., object]]:
        """Name of every action -> what to call."""
        choose = self._session.choose
        return {
            "region_people": lambda _on: choose(region="people"),
            "next_person": self.next_person,
            "anybody": lambda: choose(focus=None, locked=False),
        }

    def next_person(self) -> None:
        """Pick the next person in the picture, by number."""
        view = self._session.view()
        here = [] if view.result is None else view.result.poses.track.tolist()
        numbers = sorted(number for number in here if number >= 0)
        if not numbers:
            return
        # Where nobody is picked, the one in focus comes first.
        now = here[0] if view.choices.focus is None else view.choices.focus
        later = [number for number in numbers if number > now]
        self._session.choose(focus=(later or numbers)[0])
