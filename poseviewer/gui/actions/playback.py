"""Moving: in a clip, or in the last seconds of a feed, which is frozen for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.gui.dialogs.go_to import GoToDialog
from poseviewer.gui.transport.bar import SPEEDS
from poseviewer.gui.transport.reach import Reach, reach

if TYPE_CHECKING:
    from collections.abc import Callable

    from PySide6.QtWidgets import QDialog

    from poseviewer.gui.actions.shuttle import Shuttle
    from poseviewer.gui.window.window import Window


class Moves:
    """The verbs of the transport.

    Args:
        window: The window.
        shuttle: Halted by every other move.
        ask: Opens a dialog.
    """

    def __init__(self, window: Window, shuttle: Shuttle, ask: Callable[[QDialog], None]) -> None:
        self._window, self._shuttle, self._ask = window, shuttle, ask
        self._session = window.bridge.session

    def table(self) -> dict[str, Callable[..., object]]:
        """Name of every action -> what to call."""
        return {
            "toggle": self.toggle,
            "replay": self.replay,
            "step_back": lambda: self.step(-1),
            "step_forward": lambda: self.step(1),
            "ten_back": lambda: self.step(-10),
            "ten_forward": lambda: self.step(10),
            "first": lambda: self._to(lambda _: 0),
            "last": lambda: self._to(lambda there: len(there.times) - 1),
            "tenth_back": lambda: self.leap(-0.1),
            "tenth_forward": lambda: self.leap(0.1),
            "go_to": self.go_to,
            "slower": lambda: self.change_speed(-1),
            "faster": lambda: self.change_speed(1),
            "mark_in": lambda: self.mark("start"),
            "mark_out": lambda: self.mark("end"),
            "clear_marks": lambda: self._session.mark(None, None),
        }

    def toggle(self) -> None:
        """Play or pause; freeze a feed or let it run on."""
        self._shuttle.halt()
        self._session.toggle()

    def replay(self) -> None:
        """Play what a feed has kept, or stop doing so."""
        self._shuttle.halt()
        self._session.feed.replay()

    def step(self, frames: int) -> None:
        """Some frames on or back."""
        self._shuttle.halt()
        if self._reach() is not None:
            self._session.step(frames)

    def seek(self, index: int) -> None:
        """To a frame, by its number."""
        self._shuttle.halt()
        if self._reach() is not None:
            self._session.seek(index)

    def leap(self, share: float) -> None:
        """By a share of what there is."""
        least = 1 if share > 0 else -1
        self._to(lambda there: self._here(there) + (round(share * len(there.times)) or least))

    def go_to(self) -> None:
        """Ask for a frame or a time."""
        if (there := self._reach()) is not None:
            dialog = GoToDialog(there, position=self._here(there), parent=self._window)
            dialog.chosen.connect(self.seek)
            self._ask(dialog)

    def change_speed(self, steps: int) -> None:
        """The next faster or slower of the speeds offered."""
        speed = self._session.view().transport.speed
        nearest = min(range(len(SPEEDS)), key=lambda at: abs(SPEEDS[at] - speed))
        self._session.set_speed(SPEEDS[min(max(nearest + steps, 0), len(SPEEDS) - 1)])

    def mark(self, end: str) -> None:
        """Put the in or out mark at the current frame; the other gives way if it must."""
        transport = self._session.view().transport
        at, start, last = transport.index, transport.start, transport.end
        if end == "start":
            self._session.mark(at, last if last is None or last >= at else None)
        else:
            self._session.mark(start if start is None or start <= at else None, at)

    def _to(self, position: Callable[[Reach], int]) -> None:
        if (there := self._reach()) is not None:
            self.seek(there.number(position(there)))

    def _here(self, there: Reach) -> int:
        return there.position(self._session.view().transport.index)

    def _reach(self) -> Reach | None:
        """Where one can go; a feed that runs is frozen, so that there is somewhere."""
        view = self._session.view()
        if view.source is not None and view.source.live and view.past is None:
            self._session.pause()
            view = self._session.view()
        return reach(view)
