"""The frames one can move to: all of a clip, or what a frozen feed has kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from poseviewer.runtime.state import Past, View


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
        """Where the frame of a number lies, or the nearest there is."""
        if self.past is not None:
            return self.past.position(number)
        return min(max(number, 0), len(self.times) - 1)


def reach(view: View) -> Reach | None:
    """Where one can go in `view`; None in a feed that runs, and where nothing is open."""
    if view.past is not None:
        return Reach(view.past.seconds, view.past)
    if view.source is not None and view.source.count:
        return Reach(view.source.times)
    return None


def behind_text(past: Past, number: int) -> str:
    """How far a frame lies before the newest kept one, such as `−3.2 s`."""  # noqa: RUF002
    return f"\N{MINUS SIGN}{past.behind(number):.1f} s"
