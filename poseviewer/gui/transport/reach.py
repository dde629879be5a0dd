"""The frames one can go to: all of a clip, or the stored ones of a frozen feed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from poseviewer.runtime.state import AppState, Past


@dataclass(frozen=True, slots=True, eq=False)
class Reach:
    """Frames in their order, by position; a feed numbers them on from its opening."""

    times: NDArray[np.float64]
    """(n,) seconds of each: since the first of a clip, since the opening of a feed."""

    past: Past | None = None
    """Of a frozen feed; None for a clip."""

    def number(self, position: int) -> int:
        """The number of the frame at `position`, or at the nearest there is."""
        position = min(max(position, 0), len(self.times) - 1)
        return position if self.past is None else int(self.past.index[position])

    def position(self, number: int) -> int:
        """The position of the frame of a number, or of the nearest there is."""
        if self.past is not None:
            return self.past.position(number)
        return min(max(number, 0), len(self.times) - 1)


def reach(state: AppState) -> Reach | None:
    """The frames that can be gone to; None in a feed that runs, and where nothing is open."""
    if state.past is not None:
        return Reach(state.past.seconds, state.past)
    if state.source is not None and state.source.count:
        return Reach(state.source.times)
    return None


def behind_text(past: Past, number: int) -> str:
    """How far a frame lies before the newest stored one, such as `−3.2 s`."""  # noqa: RUF002
    return f"\N{MINUS SIGN}{past.behind(number):.1f} s"
