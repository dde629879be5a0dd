"""How long things take: hops, rivals measured in turn, and networks."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from time import perf_counter, process_time
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.affine import Box
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.stage import Request
from poseviewer.runtime.factories import load_network, single_threaded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from poseviewer.pipeline.estimate import Estimator
    from poseviewer.runtime.factories import Loader
    from poseviewer.runtime.state import AppState


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

    best: float = float("nan")
    """Shortest, seconds."""

    spent: float = float("nan")
    """Median processor time of all threads, seconds; NaN where it was not measured."""

    @classmethod
    def of(cls, name: str, seconds: Sequence[float], *, spent: Sequence[float] = ()) -> Hop:
        """Summarise measured `seconds`, and the processor time that was `spent`."""
        if not seconds:
            return cls(name, float("nan"), float("nan"), 0)
        p50, p95 = np.percentile(seconds, [50, 95])
        processor = float(np.median(spent)) if spent else float("nan")
        return cls(name, float(p50), float(p95), len(seconds), min(seconds), processor)


def timed(
    way: Callable[[], object], *, steps: int = 1, clock: Callable[[], float] = perf_counter
) -> Callable[[], float]:
    """`way` as a measurement: seconds, on `clock`, for each of its steps."""

    def measure() -> float:
        start = clock()
        way()
        return (clock() - start) / steps

    return measure


def in_turn(
    ways: Mapping[str, Callable[[], float]], *, turns: int, warm_up: int = 1
) -> dict[str, Hop]:
    """Measure each way once every turn, so that a busy machine slows all of them alike.

    Args:
        ways: Return what they took, seconds, by name.
        turns: That count.
        warm_up: Turns before these, that do not.
    """
    taken: dict[str, list[float]] = {name: [] for name in ways}
    spent: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(turns + warm_up):
        for name, way in ways.items():
            start, before = perf_counter(), process_time()
            seconds = way()
            busy = (process_time() - before) / max(perf_counter() - start, 1e-9)
            if turn >= warm_up:
                taken[name].append(seconds)
                spent[name].append(seconds * busy)
    return {name: Hop.of(name, taken[name], spent=spent[name]) for name in ways}


def networks(
    wanted: Iterable[AppState], *, runs: int = 40, loader: Loader = load_network
) -> dict[str, Hop]:
    """What some networks and engines take for one picture, all stages returned.

    They are measured in turn within one loop, so that a busy machine slows all of them alike.

    Returns:
        By `model, engine` label.
    """
    asked = list(wanted)
    loaded = [loader(state.network) for state in asked]
    estimators = [one.estimator(state.reading) for one, state in zip(loaded, asked, strict=True)]
    single_threaded()
    noise = np.random.default_rng(0).integers(0, 256, (240, 320, 3), np.uint8)
    frame = Frame(noise, 0, Timestamp(0, Fraction(1)))
    whole = Box.whole(frame.size)

    def way(estimator: Estimator) -> Callable[[], float]:
        return lambda: estimator.estimate(frame, whole, Request()).timings["network"]

    labels = [f"{one.card.name}, {one.label}" for one in loaded]
    ways = dict(zip(labels, map(way, estimators), strict=True))
    return in_turn(ways, turns=runs, warm_up=3)


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
    ways: dict[str, Callable[[], object]] = {
        "hourglass-2": lambda: engine.run(picture),
        "convolution": lambda: torch.conv2d(cells, kernels, padding=1),
    }
    work = {"hourglass-2": cost, "convolution": 256 * 256 * 9 * 64 * 64}
    with torch.inference_mode():
        taken = in_turn({name: timed(way) for name, way in ways.items()}, turns=runs, warm_up=0)
    return {name: work[name] / hop.best for name, hop in taken.items()}
