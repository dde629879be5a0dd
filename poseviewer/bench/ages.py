"""The age of what is painted, at sources of a steady rate that cost nothing."""

from __future__ import annotations

import time
from dataclasses import replace
from fractions import Fraction
from threading import Event
from typing import TYPE_CHECKING

from poseviewer.bench.live import live
from poseviewer.core.frame import Timestamp
from poseviewer.mannequin.source import Mannequin
from poseviewer.runtime.factories import load_network
from poseviewer.video.source import Feed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from poseviewer.bench.hops import Hop
    from poseviewer.bench.live import Paint
    from poseviewer.core.frame import Frame
    from poseviewer.runtime.factories import Loader
    from poseviewer.runtime.state import AppState

_FRAMES = 48
"""Different frames, in turn: enough for a person who walks on."""


class SteadyFeed(Feed):
    """A feed of stored frames by a steady clock: to give one costs nothing.

    Args:
        frames: Given in turn, with numbers and times of their own.
        rate: Frames a second.
    """

    def __init__(self, frames: Sequence[Frame], *, rate: float) -> None:
        self.name = self.location = "steady"
        self.size, self.rate = frames[0].size, rate
        self._frames = frames
        self._period = 1 / Fraction(rate).limit_denominator(1000)
        self._closed = Event()
        self._began: float | None = None
        self._last = -1

    def read(self, timeout: float = 1.0) -> Frame | None:
        """The newest frame not read yet; None when none is due in time, or once closed."""
        if self._began is None:
            self._began = time.monotonic()
        passed = time.monotonic() - self._began
        index = max(int(passed / self._period), self._last + 1)
        wait = float(index * self._period) - passed
        if self._closed.wait(min(max(wait, 0.0), timeout)) or wait > timeout:
            return None
        self._last = index
        shown = self._frames[index % len(self._frames)]
        return replace(shown, index=index, time=Timestamp(index, self._period))

    def close(self) -> None:
        """End a waiting `read`."""
        self._closed.set()


def ages(
    state: AppState,
    rates: Mapping[str, float],
    *,
    seconds: float = 5.0,
    paint: Paint | None = None,
    loader: Loader = load_network,
) -> dict[str, dict[str, Hop]]:
    """Measure the hops of a running session at sources of some rates.

    Args:
        state: How frames are analysed.
        rates: Frames a second of each source, by name.
        seconds: How long to measure at each rate.
        paint: As of `live`.
        loader: As of `live`.

    Returns:
        Hops by name, as `live` has them, by name of the source.

    Raises:
        PoseViewerError: The network cannot be loaded.
    """
    mannequin = Mannequin()
    frames = [mannequin.frame(index) for index in range(_FRAMES)]
    found = {}
    for name, rate in rates.items():
        feed = SteadyFeed(frames, rate=rate)
        hops = live(state, seconds=seconds, paint=paint, opener=lambda _, f=feed: f, loader=loader)
        found[name] = {hop.name: hop for hop in hops}
    return found
