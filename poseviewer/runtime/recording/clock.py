"""The times of a recording, which rise whatever the clock of its feed does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from poseviewer.core.frame import Timestamp

if TYPE_CHECKING:
    from poseviewer.core.frame import Frame

_JUMP = 1.0
"""Seconds back from which on the clock was set anew; less is one frame out of order."""


class RisingClock:
    """Gives each frame its own time, and goes on from where it was when the feed's jumps back."""

    def __init__(self) -> None:
        self._last: Timestamp | None = None
        self._shift = 0
        """Units that are added to the times of the feed."""

    def time(self, frame: Frame) -> Timestamp | None:
        """The time that a frame has in the recording; None where it must be left out."""
        own, last = frame.time, self._last
        made = Timestamp(own.pts + self._shift, own.time_base)
        if last is not None and made.exact <= last.exact:
            if last.seconds - made.seconds < _JUMP:
                return None
            # As if it came a moment later: how much time passed is not known.
            self._shift = int(last.exact / own.time_base) + 1 - own.pts
            made = Timestamp(own.pts + self._shift, own.time_base)
        self._last = made
        return made
