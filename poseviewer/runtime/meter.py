"""The figures of the Performance dock, measured over the last two seconds."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from statistics import median
from threading import Lock
from time import perf_counter

from poseviewer.runtime.state import Stats

WINDOW = 2.0
"""Seconds that count."""

_PERIOD = 0.1
"""Seconds between two calculations, as `stats` is called several times a frame."""


class Meter:
    """Counts frames and results as threads report them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._frames: deque[float] = deque(maxlen=1000)
        self._results: deque[tuple[float, float, float]] = deque(maxlen=1000)
        self._due = 0.0
        self._stats = Stats()

    def frame(self) -> None:
        """Count a frame of the source."""
        with self._lock:
            self._frames.append(perf_counter())

    def result(self, *, captured: float, network: float) -> None:
        """Count a published result; `captured` is when its frame was taken."""
        now = perf_counter()
        with self._lock:
            self._results.append((now, now - captured, network))

    def clear(self) -> None:
        """Start again for another source."""
        with self._lock:
            self._frames.clear()
            self._results.clear()
            self._due = 0.0

    def stats(self, *, drops: int, moving: bool) -> Stats:
        """The present figures, at most a tenth of a second old.

        Args:
            drops: Frames that were replaced before they were analysed.
            moving: Whether frames run; of one that stands still only the network's time means
                anything, and it stays until the next answer.
        """
        if not moving:
            with self._lock:
                return Stats(network=self._results[-1][2] if self._results else 0.0)
        now = perf_counter()
        if now >= self._due:
            self._due = now + _PERIOD
            self._stats = self._reckoned(now - WINDOW)
        stats = self._stats
        if stats.drops != drops:
            stats = self._stats = replace(stats, drops=drops)
        return stats

    def _reckoned(self, since: float) -> Stats:
        with self._lock:
            frames = [when for when in self._frames if when >= since]
            results = [entry for entry in self._results if entry[0] >= since]
        return Stats(
            source_rate=_rate(frames),
            inference_rate=_rate([when for when, _, _ in results]),
            age=median(age for _, age, _ in results) if results else 0.0,
            network=median(network for _, _, network in results) if results else 0.0,
        )


def _rate(moments: list[float]) -> float:
    """Events per second; counting gaps between events, not events, keeps a start honest."""
    if len(moments) < 2:
        return 0.0
    return (len(moments) - 1) / max(moments[-1] - moments[0], 1e-6)
