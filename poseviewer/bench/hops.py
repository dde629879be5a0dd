"""How long every hop takes: the measurements behind `poseviewer bench` and tests/benchmarks."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from threading import Event
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.affine import Box
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.look import Look
from poseviewer.core.stage import Request
from poseviewer.runtime.factories import load_network, single_threaded
from poseviewer.runtime.session import Session
from poseviewer.runtime.source_thread import open_location

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from poseviewer.core.result import FrameResult
    from poseviewer.draw.primitives import Scene
    from poseviewer.runtime.factories import Loader
    from poseviewer.runtime.source_thread import Opener
    from poseviewer.runtime.state import Choices

    Paint = Callable[[FrameResult, Scene], None]

HOPS = ("capture", "decode", "crop", "network", "codec", "angles", "scene", "paint", "age")
"""The hops in the order a frame takes them.

`capture` is from the moment a frame was taken to the begin of its analysis, `decode` the
reading of a clip's next frame, and `age` (glass to glass) from the moment a frame was taken to
the end of its painting.
"""

_WARM_UP = 0.5
"""Seconds at the start of a live measurement that do not count."""

_STARTING = 120.0
"""Seconds that a network may take to load before a live measurement gives up."""


@dataclass(frozen=True, slots=True)
class Hop:
    """What one hop took, over many frames."""

    name: str

    p50: float
    """Median, seconds."""

    p95: float
    """95th percentile, seconds."""

    count: int
    """Frames measured."""

    @classmethod
    def of(cls, name: str, seconds: Sequence[float]) -> Hop:
        """Summarise measured `seconds`."""
        if not seconds:
            return cls(name, float("nan"), float("nan"), 0)
        p50, p95 = np.percentile(seconds, [50, 95])
        return cls(name, float(p50), float(p95), len(seconds))


def live(
    choices: Choices,
    *,
    location: str = "mannequin:",
    seconds: float = 5.0,
    paint: Paint | None = None,
    opener: Opener = open_location,
    loader: Loader = load_network,
) -> list[Hop]:
    """The hops of a running session, and the age of what is painted.

    Args:
        choices: How frames are analysed.
        location: A feed, or a clip, which is then played in a loop.
        seconds: How long to measure, once results come.
        paint: Draws a result's scene as the caller does it; on an array where None.
        opener: Opens the source.
        loader: Loads the network.

    Raises:
        PoseViewerError: The source cannot be opened or the network not loaded.
    """
    from poseviewer.draw.scene import build_scene

    paint = paint or on_array
    taken: dict[str, list[float]] = defaultdict(list)
    begin: float | None = None
    look = Look(gate=choices.gate)
    changed = Event()
    session = Session(changed.set, opener=opener, loader=loader, choices=choices)
    try:
        session.open(location)
        for result in results(session, changed):
            start = perf_counter()
            scene = build_scene(result, look, poses=result.shown)
            built = perf_counter()
            paint(result, scene)
            done = perf_counter()
            begin = begin or done
            if done - begin < _WARM_UP:
                continue
            hops = {**result.timings, "scene": built - start, "paint": done - built}
            for name, value in {**hops, "age": done - result.captured}.items():
                taken[name].append(value)
            if done - begin >= _WARM_UP + seconds:
                break
    finally:
        session.close()
    return in_order(taken)


def results(session: Session, changed: Event) -> Iterator[FrameResult]:
    """Every new result that a session shows, playing its source for ever.

    Raises:
        PoseViewerError: Something went wrong in the session, or nothing comes any more.
    """
    shown: FrameResult | None = None
    late = perf_counter() + _STARTING
    while perf_counter() < late:
        changed.wait(0.2)
        changed.clear()
        view = session.view()
        errors = [notice.text for notice in view.notices if notice.level == "error"]
        if errors:
            raise PoseViewerError(errors[-1])
        if view.source is not None and not view.transport.playing:
            session.set_loop(True)
            session.play()
        if view.result is not None and view.result is not shown:
            shown, late = view.result, perf_counter() + _STARTING
            yield shown
    msg = f"No result came within {_STARTING:.0f} seconds."
    raise PoseViewerError(msg)


def decoding(location: str, *, frames: int = 200, opener: Opener = open_location) -> Hop:
    """How long the next frame of a clip takes to read.

    Raises:
        PoseViewerError: It cannot be read, or it is a feed.
    """
    from poseviewer.video.source import Clip

    taken = []
    with opener(location) as clip:
        if not isinstance(clip, Clip):
            msg = f"{location} is live; decoding is measured on a file."
            raise PoseViewerError(msg)
        for index in range(min(frames, len(clip))):
            start = perf_counter()
            clip.read(index)
            taken.append(perf_counter() - start)
    return Hop.of("decode", taken)


def networks(
    wanted: Iterable[Choices], *, runs: int = 40, loader: Loader = load_network
) -> dict[str, Hop]:
    """What some networks and engines take for one picture, all stages returned.

    They are measured in turn within one loop, so that a busy machine slows all of them alike.

    Returns:
        By `model, engine` label.
    """
    asked = list(wanted)
    loaded = [loader(choices) for choices in asked]
    estimators = [one.estimator(choices) for one, choices in zip(loaded, asked, strict=True)]
    single_threaded()
    noise = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
    frame = Frame(noise, 0, Timestamp(0, Fraction(1)))
    taken: list[list[float]] = [[] for _ in loaded]
    for turn in range(runs + 3):
        for times, estimator in zip(taken, estimators, strict=True):
            result = estimator.estimate(frame, Box.whole(frame.size), Request())
            if turn >= 3:
                times.append(result.timings["network"])
    return {
        f"{one.card.name}, {one.label}": Hop.of("network", times)
        for one, times in zip(loaded, taken, strict=True)
    }


def peak(*, runs: int = 12) -> dict[str, float]:
    """Multiplications a second in fp32 on one core of the CPU, the best of some runs in turn.

    Returns:
        `hourglass-2`, the paper's network of two stacks on its fastest engine, with weights
        that mean nothing; and `convolution`, 3 x 3 over 256 channels of 64 x 64 cells.
    """
    import torch

    from poseviewer.models.engine import choose_engine
    from poseviewer.models.measure import measured
    from poseviewer.models.registry import card

    paper = card("hourglass-2")
    module = paper.build()
    cost = measured(paper)[-1].multiplications
    engine, _ = choose_engine(paper, device="cpu", threads=1, module=module)
    single_threaded()
    layout = torch.channels_last
    kernels = torch.zeros(256, 256, 3, 3).to(memory_format=layout)
    cells = torch.zeros(1, 256, 64, 64).to(memory_format=layout)
    picture = np.zeros((1, 3, *paper.input_size[::-1]), np.float32)
    ways: dict[str, tuple[int, Callable[[], object]]] = {
        "hourglass-2": (cost, lambda: engine.run(picture)),
        "convolution": (256 * 256 * 9 * 64 * 64, lambda: torch.conv2d(cells, kernels, padding=1)),
    }
    best = dict.fromkeys(ways, float("inf"))
    with torch.inference_mode():
        for _ in range(runs):
            for name, (_, way) in ways.items():
                start = perf_counter()
                way()
                best[name] = min(best[name], perf_counter() - start)
    return {name: work / best[name] for name, (work, _) in ways.items()}


def on_array(result: FrameResult, scene: Scene) -> None:
    """Paint as an export does."""
    from poseviewer.draw.raster import paint

    paint(scene, result.frame.pixels.copy())


def in_order(taken: Mapping[str, Sequence[float]]) -> list[Hop]:
    """Hops that were measured, in the order a frame takes them."""
    return [Hop.of(name, taken[name]) for name in HOPS if taken.get(name)]
