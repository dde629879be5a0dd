"""A long live run: does memory stay flat, do ages stay low, is every thread gone at the end?"""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.bench.hops import Hop, in_order, on_array, results
from poseviewer.core.look import Look
from poseviewer.runtime.factories import load_network
from poseviewer.runtime.session import Session
from poseviewer.runtime.source_thread import open_location

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.bench.hops import Paint
    from poseviewer.runtime.factories import Loader
    from poseviewer.runtime.source_thread import Opener
    from poseviewer.runtime.state import Choices

_PERIOD = 1.0
"""Seconds between two looks at the memory."""

_WARM_UP = 30.0
"""Seconds at most that do not count: engines warm up, and what is kept to go back to fills."""

_STATM = Path("/proc/self/statm")


@dataclass(frozen=True, slots=True)
class Soak:
    """What a long run showed, after its warm-up."""

    seconds: float
    """Measured."""

    hops: tuple[Hop, ...]
    """What each took, and the `age` of what was painted."""

    numbered: int
    """Frames that the source counted, with those that it could not give in time."""

    analysed: int

    dropped: int
    """Frames that a newer one replaced before their analysis."""

    began: float
    """Resident memory at the start, MB; NaN where the system does not tell."""

    ended: float

    slope: float
    """Of a line fitted through the memory, MB a minute."""

    threads: tuple[str, ...]
    """Names of those that still ran when the session had been closed."""


def soak(
    choices: Choices,
    *,
    location: str,
    seconds: float,
    paint: Paint | None = None,
    opener: Opener = open_location,
    loader: Loader = load_network,
) -> Soak:
    """Run a feed with every stage's maps wanted, paint every result, and watch.

    Args:
        choices: How frames are analysed.
        location: The feed.
        seconds: How long, warm-up included: a third of it, at most half a minute.
        paint: Draws a result's scene; on an array where None.
        opener: Opens the source.
        loader: Loads the network.

    Raises:
        PoseViewerError: The source cannot be opened or the network not loaded.
    """
    from poseviewer.draw.scene import build_scene

    paint = paint or on_array
    others = set(threading.enumerate())
    look = Look(gate=choices.gate)
    taken: dict[str, list[float]] = defaultdict(list)
    memory: list[tuple[float, float]] = []
    changed = Event()
    warm_up = min(_WARM_UP, seconds / 3)
    start: float | None = None
    first = last = analysed = dropped = 0
    session = Session(changed.set, opener=opener, loader=loader, choices=choices)
    try:
        session.want(None)
        session.open(location)
        for result in results(session, changed):
            paint(result, build_scene(result, look, poses=result.shown))
            now = perf_counter()
            start = start or now
            passed = now - start
            if passed < warm_up:
                first, dropped = result.frame.index, session.view().stats.drops
                continue
            for name, value in {**result.timings, "age": now - result.captured}.items():
                taken[name].append(value)
            analysed, last = analysed + 1, result.frame.index
            if not memory or passed >= memory[-1][0] + _PERIOD:
                memory.append((passed, resident()))
            if passed >= seconds:
                break
        dropped = session.view().stats.drops - dropped
    finally:
        session.close()
    left = [t.name for t in threading.enumerate() if t not in others and t.is_alive()]
    return Soak(
        memory[-1][0] - memory[0][0],
        tuple(in_order(taken)),
        last - first,
        analysed,
        dropped,
        memory[0][1],
        memory[-1][1],
        slope(memory),
        tuple(left),
    )


def resident() -> float:
    """Memory of this process that lies in RAM, MB; NaN where the system does not tell."""
    try:
        pages = int(_STATM.read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return float("nan")
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def slope(samples: Sequence[tuple[float, float]]) -> float:
    """The rise of a least-squares line through (seconds, MB), MB a minute; 0 of one sample."""
    if len(samples) < 2:
        return 0.0
    at, size = np.array(samples, np.float64).T
    return float(np.polyfit(at - at[0], size, 1)[0]) * 60
