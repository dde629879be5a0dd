"""Picks the faster or the more accurate of two networks of one kind, by how fast they are here."""

from __future__ import annotations

import os
from dataclasses import replace
from fractions import Fraction
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core.affine import Box
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.stage import Request
from poseviewer.runtime.job import Job
from poseviewer.runtime.state import NetworkState, Progress, ReadingState, Speed

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from threading import Thread

    from poseviewer.runtime.factories import Loader
    from poseviewer.runtime.state import AppState, SourceInfo
    from poseviewer.runtime.store import Store

FAST = NetworkState().model
ACCURATE = "hourglass-accurate"

TARGET_RATE = 30.0
"""Analyses a second that are enough, Hz: a faster source only drops frames between them, and most
cameras and clips have no more."""

SHARE = 0.5
"""The part of the time between two frames that the network may take. Decoding, the search for
people and drawing need the rest, and a processor that has become warm is slower than measured."""

_ROUNDS = 8
"""Measured frames of each network, in turn. The fastest counts: what else ran is not its time."""

_FRAME = (480, 640, 3)
"""The shape of the frame that is measured with; it is scaled to the input, whatever its size."""


def pick(source: SourceInfo | None, speed: Speed, *, flip: bool = False) -> tuple[str, str]:
    """Pick the network for a source.

    Args:
        source: What is open; None counts as a source of `TARGET_RATE`.
        speed: Of both networks here.
        flip: Whether the mirrored frame is analysed too, for twice the time.

    Returns:
        Its name, and one sentence that says why.
    """
    times = 2 if flip else 1
    fast, accurate = (f"{_ms(times * seconds)} ms" for seconds in (speed.fast, speed.accurate))
    if _still(source):
        return ACCURATE, (
            f"Automatic: {ACCURATE}, because a still picture can wait for it: it takes {accurate} "
            f"here ({FAST} {fast})."
        )
    rate = min((source.rate if source is not None else 0) or TARGET_RATE, TARGET_RATE)
    if times * speed.accurate <= SHARE / rate:
        return ACCURATE, (
            f"Automatic: {ACCURATE}, because it takes {accurate} a frame here ({FAST} {fast}), and "
            f"{rate:.0f} fps leave it {_ms(SHARE / rate)} ms."
        )
    return FAST, (
        f"Automatic: {FAST}, because {ACCURATE} takes {accurate} a frame here ({FAST} {fast}), "
        f"and {rate:.0f} fps leave it only {_ms(SHARE / rate)} ms."
    )


class Picker:
    """Picks the network wherever that is left to the program, and measures both when needed.

    A source is picked for once, before its analysis begins. Where the speed is not known by then,
    the fast network answers; both are measured after its first answer, and the source changes
    over only if nothing but single frames has been analysed.

    Args:
        store: Holds the state.
        choose: Changes the network, as `Coordinator.change`.
        begun: Whether more than single frames of the source has been analysed.
        start: Starts a thread that the session ends when it is closed.
        loader: Loads networks, on that thread.
        clock: Seconds.
    """

    def __init__(
        self,
        store: Store,
        *,
        choose: Callable[..., object],
        begun: Callable[[], bool],
        start: Callable[[Thread], None],
        loader: Loader,
        clock: Callable[[], float],
    ) -> None:
        self._store, self._choose, self._begun = store, choose, begun
        self._start, self._loader, self._clock = start, loader, clock
        self._weights = ""
        """Of `_weights`."""
        self._ready = False
        """Whether they have been read, so that there can be a pick."""
        self._made_with = ""
        """What a speed must have been measured with to be of use now."""
        self._tried = self._failed = ""
        """What was measured with last since the start, and why that failed."""
        self._job: Job | None = None

    def listed(self) -> None:
        """Pick for the first time: what can run is known now. Called on the inference thread."""
        weights = _weights()
        with self._store:
            self._weights, self._ready = weights, True
            self.decide(begun=self._begun())

    def decide(self, *, begun: bool = False, say: bool = False) -> None:
        """Pick for what is open, and say so where the network changes.

        Args:
            begun: Whether the network that runs stays until another source is opened.
            say: Say it in any case.
        """
        with self._store:
            network = self._store.state.network
            if not self._ready or not network.automatic:
                return
            model, why = self._picked()
            if begun and model != network.model:
                model = network.model
                why = f"{why.removesuffix('.')}; what is open had begun with {model}, which stays."
            self._choose("network", model=model)
            self._store.change(pick=why)
            if (say or model != network.model) and self._store.state.source is not None:
                self._store.notice("info", why, topic="network")

    def completed(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The person's choice of network, with what follows from it.

        Args:
            fields: Of `NetworkState`. A model named ends Automatic; Automatic names a model.
        """
        if "model" in fields:
            return {"automatic": False, **fields}
        if fields.get("automatic"):
            return {**fields, "model": self._picked()[0] if self._ready else FAST}
        return dict(fields)

    def answered(self) -> None:
        """Measure where that is needed; a first answer is on screen by now."""
        with self._store:
            state = self._store.state
            speed, made_with = self._speed(state), self._made_with
            # A machine that was too slow may have been busy: once a start it is tried again.
            fast = speed is not None and speed.accurate <= SHARE / TARGET_RATE
            if not state.network.automatic or fast or made_with in ("", self._tried):
                return
            if self._job is not None and self._job.running:
                return
            self._tried, self._failed = made_with, ""
            self._job = Job(
                "speed",
                self._measure(state.network, made_with),
                report=lambda progress: self._measured(progress, say=speed is None),
            )
            self._start(self._job)

    def _picked(self) -> tuple[str, str]:
        """Name of the network for the present source, and the sentence that says why."""
        state = self._store.state
        self._made_with = self._weights and f"{self._weights} {_runs(state.network)}"
        if not self._made_with:
            return FAST, f"Automatic: {FAST}, because {ACCURATE} has no weights here."
        if speed := self._speed(state):
            return pick(state.source, speed, flip=state.reading.flip)
        if _still(state.source):
            return ACCURATE, f"Automatic: {ACCURATE}, because a still picture can wait for it."
        if self._failed and self._tried == self._made_with:
            why = f"because the speed could not be measured: {self._failed}"
            return FAST, f"Automatic: {FAST}, {why}"
        return FAST, f"Automatic: {FAST} at first; how fast {ACCURATE} is here is being measured."

    def _speed(self, state: AppState) -> Speed | None:
        """The speed that was measured with what runs now."""
        speed = state.speed
        return speed if speed is not None and speed.made_with == self._made_with else None

    def _measure(self, network: NetworkState, made_with: str) -> Generator[Progress, None, None]:
        """Run both networks, one frame each in turn, and store how long they take."""
        estimators = []
        for model in (FAST, ACCURATE):
            loaded = self._loader(replace(network, model=model))
            estimators.append(loaded.estimator(ReadingState()))
            yield Progress(0, _ROUNDS)
        pixels = np.random.default_rng(0).integers(0, 256, _FRAME, np.uint8)
        frame = Frame(pixels, 0, Timestamp(0, Fraction(1)))
        best, known = [inf, inf], self._store.state.speed
        if known is not None and known.made_with == made_with:
            best = [known.fast, known.accurate]
        # Once more than is counted: an engine compiles when it first runs.
        for done in range(_ROUNDS + 1):
            for which, estimator in enumerate(estimators):
                began = self._clock()
                estimator.estimate(frame, Box.whole(frame.size), Request(stages=frozenset()))
                if done:
                    best[which] = min(best[which], self._clock() - began)
            yield Progress(done, _ROUNDS)
        self._store.change(speed=Speed(best[0], best[1], made_with))

    def _measured(self, progress: Progress, *, say: bool) -> None:
        """Pick again after measuring."""
        if not progress.finished or progress.cancelled:
            return
        with self._store:
            self._failed = progress.error or ""
            self.decide(begun=self._begun(), say=say)
        # The choices may be others by now.
        self.answered()


def _still(source: SourceInfo | None) -> bool:
    return source is not None and source.count == 1


def _ms(seconds: float) -> str:
    """Milliseconds, to two digits where they are few."""
    return f"{1000 * seconds:.0f}" if seconds > 0.01 else f"{1000 * seconds:.2g}"


def _weights() -> str:
    """Hashes of the weights of both networks; empty where some cannot be read."""
    from poseviewer.models.facts import weights_hash
    from poseviewer.models.registry import card

    try:
        both = [card(model) for model in (FAST, ACCURATE)]
        return " ".join(map(weights_hash, both)) if all(one.trained for one in both) else ""
    except (OSError, PoseViewerError):
        return ""


def _runs(network: NetworkState) -> str:
    """What runs a network, as far as its speed depends on it."""
    from poseviewer.models.engine import first_choice

    engine, device = first_choice(device=network.device, engine=network.engine)
    # Both engines take their number of threads from that of the cores.
    return f"{engine} {device} {network.precision} {os.cpu_count()} cores"
