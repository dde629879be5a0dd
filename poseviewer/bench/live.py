"""A running session measured: every hop of a frame for seconds, or memory and ages for minutes."""

from __future__ import annotations

import os
import sys
import threading
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.bench.hops import Hop
from poseviewer.core.errors import PoseViewerError
from poseviewer.runtime.factories import load_network
from poseviewer.runtime.session import Session
from poseviewer.runtime.source_thread import open_location

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from poseviewer.core.result import FrameResult
    from poseviewer.draw.primitives import Scene
    from poseviewer.runtime.factories import Loader
    from poseviewer.runtime.source_thread import Opener
    from poseviewer.runtime.state import AppState

    Paint = Callable[[FrameResult, Scene], None]

HOPS = ("capture", "decode", "crop", "network", "codec", "angles", "scene", "paint", "age")
"""The hops in the order a frame takes them.

`capture` is from the moment a frame was taken to the begin of its analysis, `decode` the
reading of a clip's next frame, and `age` (glass to glass) from the moment a frame was taken to
the end of its painting.
"""

_WARM_UP = 0.5
"""Seconds at the start of `live` that do not count."""

_STARTING = 120.0
"""Seconds that a network may take to load before a live measurement gives up."""


_ENDING = 10.0
"""Seconds that the threads of a closed session may take to end, on a busy machine."""

_SOAK_WARM_UP = 30.0
"""Seconds at most at the start of `soak` that do not count: engines warm up, and caches fill."""

_PERIOD = 1.0
"""Seconds between two readings of the memory."""

_STATM = Path("/proc/self/statm")


def live(
    state: AppState,
    *,
    location: str = "mannequin:",
    seconds: float = 5.0,
    paint: Paint | None = None,
    opener: Opener = open_location,
    loader: Loader = load_network,
) -> list[Hop]:
    """Measure the hops of a running session, and the age of what is painted.

    Args:
        state: How frames are analysed.
        location: A feed, or a clip, which is then played in a loop.
        seconds: How long to measure, once results come.
        paint: Draws a result's scene as the caller does it; on an array where None.
        opener: Opens the source.
        loader: Loads the network.

    Raises:
        PoseViewerError: The source cannot be opened or the network not loaded.
    """
    taken: dict[str, list[float]] = defaultdict(list)
    changed = Event()
    with closing(Session(changed.set, opener=opener, loader=loader, state=state)) as session:
        session.open(location)
        for passed, result, drawing in _painted(session, changed, state, paint):
            if passed >= _WARM_UP:
                for name, value in {**result.timings, **drawing}.items():
                    taken[name].append(value)
            if passed >= _WARM_UP + seconds:
                break
    return _in_order(taken)


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
    """Resident memory at the start, MB; NaN where the system does not report it."""

    ended: float

    slope: float
    """Of a line fitted through the memory, MB a minute."""

    threads: tuple[str, ...]
    """Names of those that still ran some seconds after the session had been closed."""


def soak(
    state: AppState,
    *,
    location: str,
    seconds: float,
    paint: Paint | None = None,
    opener: Opener = open_location,
    loader: Loader = load_network,
) -> Soak:
    """Run a feed with every stage's maps wanted, paint every result, and watch memory and ages.

    Args:
        state: As of `live`.
        location: The feed.
        seconds: How long, warm-up included: a third of it, at most half a minute.
        paint: As of `live`.
        opener: As of `live`.
        loader: As of `live`.

    Raises:
        PoseViewerError: The source cannot be opened or the network not loaded.
    """
    others = set(threading.enumerate())
    taken: dict[str, list[float]] = defaultdict(list)
    memory: list[tuple[float, float]] = []
    changed = Event()
    warm_up = min(_SOAK_WARM_UP, seconds / 3)
    first = last = analysed = dropped = 0
    with closing(Session(changed.set, opener=opener, loader=loader, state=state)) as session:
        session.want(None)
        session.open(location)
        for passed, result, drawing in _painted(session, changed, state, paint):
            if passed < warm_up:
                first, dropped = result.frame.index, session.state.stats.drops
                continue
            for name, value in {**result.timings, "age": drawing["age"]}.items():
                taken[name].append(value)
            analysed, last = analysed + 1, result.frame.index
            if not memory or passed >= memory[-1][0] + _PERIOD:
                memory.append((passed, resident()))
            if passed >= seconds:
                break
        dropped = session.state.stats.drops - dropped
    ending = [thread for thread in threading.enumerate() if thread not in others]
    late = perf_counter() + _ENDING
    for thread in ending:
        thread.join(max(0.0, late - perf_counter()))
    left = [thread.name for thread in ending if thread.is_alive()]
    return Soak(
        memory[-1][0] - memory[0][0],
        tuple(_in_order(taken)),
        last - first,
        analysed,
        dropped,
        memory[0][1],
        memory[-1][1],
        slope(memory),
        tuple(left),
    )


def _painted(
    session: Session, changed: Event, state: AppState, paint: Paint | None
) -> Iterator[tuple[float, FrameResult, dict[str, float]]]:
    """Every new result of a session, painted: seconds since the first, and what drawing took."""
    from poseviewer.draw.scene import build_scene

    look = state.look
    begin: float | None = None
    for result in _results(session, changed):
        start = perf_counter()
        scene = build_scene(result, look, poses=result.shown)
        built = perf_counter()
        (paint or _on_array)(result, scene)
        done = perf_counter()
        begin = begin or done
        drawing = {"scene": built - start, "paint": done - built, "age": done - result.captured}
        yield done - begin, result, drawing


def _results(session: Session, changed: Event) -> Iterator[FrameResult]:
    """Every new result that a session shows, playing its source for ever.

    Raises:
        PoseViewerError: Something went wrong in the session, or nothing comes any more.
    """
    shown: FrameResult | None = None
    late = perf_counter() + _STARTING
    while perf_counter() < late:
        changed.wait(0.2)
        changed.clear()
        now = session.state
        errors = [notice.text for notice in now.notices if notice.level == "error"]
        if errors:
            raise PoseViewerError(errors[-1])
        if now.source is not None and not now.playback.playing:
            session.set_loop(True)
            session.play()
        if now.result is not None and now.result is not shown:
            shown, late = now.result, perf_counter() + _STARTING
            yield shown
    msg = f"No result came within {_STARTING:.0f} seconds."
    raise PoseViewerError(msg)


def _on_array(result: FrameResult, scene: Scene) -> None:
    """Paint as an export does."""
    from poseviewer.draw.raster import paint

    paint(scene, result.frame.pixels.copy())


def _in_order(taken: Mapping[str, Sequence[float]]) -> list[Hop]:
    """Hops that were measured, in the order a frame takes them."""
    return [Hop.of(name, taken[name]) for name in HOPS if taken.get(name)]


def resident() -> float:
    """Memory of this process that lies in RAM, MB; NaN where the system does not report it."""
    if sys.platform == "win32":
        return float("nan")
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
