"""Picks the faster or the more accurate of two networks of one kind, by how fast they are here.

With it come its precision and its threads, where that is left to the program.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from fractions import Fraction
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from poseviewer.core.affine import Box
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.stage import Request
from poseviewer.runtime.job import Job
from poseviewer.runtime.jobs import Progress
from poseviewer.runtime.sections import NetworkState, ReadingState
from poseviewer.runtime.state import Speed

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
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

WORTH = 1.15
"""How many times as fast more threads must be: they take time from decoding and the window."""

_ROUNDS = 8
"""Measured frames of each network, in turn. The fastest counts: what else ran is not its time."""

_FRAME = (480, 640, 3)
"""The shape of the frame that is measured with; it is scaled to the input, whatever its size."""


@dataclass(frozen=True, slots=True)
class Pick:
    """What was picked, and why."""

    model: str
    """Name of the network."""

    precision: str | None
    """None where it is a person's choice."""

    why: str
    """What it is and why, in a sentence or two."""

    threads: int = 0
    """As of `NetworkState`."""


def pick(source: SourceInfo | None, speed: Speed, *, flip: bool = False) -> Pick:
    """Pick the network for a source, its precision where int8 was measured, and its threads.

    Only a live source gets int8: its frames are gone if they are not analysed in time. What is
    found in a clip shall be the same on every machine, so a clip gets fp32. A live source that is
    faster even so gets more threads, where these are faster.

    Args:
        source: What is open; None counts as a source of `TARGET_RATE`.
        speed: Of both networks here.
        flip: Whether the mirrored frame is analysed too, for twice the time.
    """
    found = _pick(source, speed, times=2 if flip else 1)
    if source is None or not source.live or speed.gain < WORTH:
        return found
    eight, accurate = found.precision == "int8", found.model == ACCURATE
    seconds = {
        (False, False): speed.fast,
        (False, True): speed.accurate,
        (True, False): speed.fast_int8,
        (True, True): speed.accurate_int8,
    }[eight, accurate]
    if (2 if flip else 1) * seconds <= _room(source):
        return found
    why = f"{found.why} {speed.threads} threads are {speed.gain:.1f} times as fast."
    return replace(found, threads=speed.threads, why=why)


def _room(source: SourceInfo | None) -> float:
    """Seconds that the network may take for a frame."""
    return SHARE / min((source.rate if source is not None else 0) or TARGET_RATE, TARGET_RATE)


def _pick(source: SourceInfo | None, speed: Speed, *, times: int) -> Pick:
    """Pick network and precision; `times` the network runs for a frame."""
    fast, accurate = (f"{_ms(times * seconds)} ms" for seconds in (speed.fast, speed.accurate))
    measured = bool(speed.fast_int8 and speed.accurate_int8)
    usual = "fp32" if measured else None
    if _still(source):
        why = f"because a still picture can wait for it: it takes {accurate} here ({FAST} {fast})."
        return Pick(ACCURATE, usual, f"Automatic: {ACCURATE}, {why}")
    rate = min((source.rate if source is not None else 0) or TARGET_RATE, TARGET_RATE)
    room = _room(source)
    if times * speed.accurate <= room:
        why = (
            f"because it takes {accurate} a frame here ({FAST} {fast}), and {rate:.0f} fps leave "
            f"it {_ms(room)} ms."
        )
        return Pick(ACCURATE, usual, f"Automatic: {ACCURATE}, {why}")
    if measured and source is not None and source.live:
        model, seconds, exact = FAST, speed.fast_int8, speed.fast
        if times * speed.accurate_int8 <= room:
            model, seconds, exact = ACCURATE, speed.accurate_int8, speed.accurate
        # The fast one need not be made coarser where it keeps up as it is.
        if seconds < exact and times * exact > room:
            why = (
                f"because it takes {_ms(times * seconds)} ms a frame here (in fp32 "
                f"{_ms(times * exact)} ms), and {rate:.0f} fps leave it {_ms(room)} ms."
            )
            return Pick(model, "int8", f"Automatic: {model} in int8, {why}")
    why = (
        f"because {ACCURATE} takes {accurate} a frame here ({FAST} {fast}), and {rate:.0f} fps "
        f"leave it only {_ms(room)} ms."
    )
    return Pick(FAST, usual, f"Automatic: {FAST}, {why}")


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
        self._eight = False
        """Whether both have ranges for int8."""
        self._ready = False
        """Whether they have been read, so that there can be a pick."""
        self._made_with = ""
        """What a speed must have been measured with to be of use now."""
        self._tried = self._failed = ""
        """What was measured with last since the start, and why that failed."""
        self._job: Job | None = None

    def listed(self) -> None:
        """Pick for the first time: what can run is known now. Called on the inference thread."""
        weights, eight = _weights()
        with self._store:
            self._weights, self._eight, self._ready = weights, eight, True
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
            picked = self._picked()
            why, now = picked.why, (network.model, network.precision, network.threads)
            wanted = picked.model, picked.precision or network.precision, picked.threads
            if begun and wanted != now:
                had = f"{network.model} in {network.precision}"
                why = f"{why.removesuffix('.')}; what is open goes on with {had}."
                wanted = now
            self._choose("network", model=wanted[0], precision=wanted[1], threads=wanted[2])
            self._store.change(pick=why)
            if (say or wanted != now) and self._store.state.source is not None:
                self._store.notice("info", why, topic="network")

    def completed(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """The person's choice of network, with what follows from it.

        Args:
            fields: Of `NetworkState`. A model named ends Automatic; Automatic names a model, and
                the precision until a person names one.
        """
        network = self._store.state.network
        if "precision" in fields:
            return {"own_precision": True, **fields}
        # What Automatic alone had picked goes with it.
        usual: dict[str, Any] = {"threads": 0}
        if _picks_precision(network):
            usual["precision"] = "fp32"
        if "model" in fields:
            return {"automatic": False, **(usual if network.automatic else {}), **fields}
        if fields.get("automatic"):
            network = replace(network, own_precision=False)
            picked = self._picked(network) if self._ready else Pick(FAST, None, "")
            chosen = {"precision": picked.precision} if picked.precision else {}
            mine = {"own_precision": False, "model": picked.model, "threads": picked.threads}
            return {**fields, **mine, **chosen}
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

    def _picked(self, network: NetworkState | None = None) -> Pick:
        """The network for the present source, run as `network` says or as now."""
        state = self._store.state
        network = network or state.network
        usual = "fp32" if _picks_precision(network) else None
        self._made_with = self._weights and f"{self._weights} {self._runs(network)}"
        if not self._made_with:
            return Pick(FAST, usual, f"Automatic: {FAST}, because {ACCURATE} has no weights here.")
        if speed := self._speed(state):
            found = pick(state.source, speed, flip=state.reading.flip)
            return found if found.precision else replace(found, precision=usual)
        if _still(state.source):
            why = f"Automatic: {ACCURATE}, because a still picture can wait for it."
            return Pick(ACCURATE, usual, why)
        if self._failed and self._tried == self._made_with:
            why = f"because the speed could not be measured: {self._failed}"
            return Pick(FAST, usual, f"Automatic: {FAST}, {why}")
        why = f"Automatic: {FAST} at first; how fast {ACCURATE} is here is being measured."
        return Pick(FAST, usual, why)

    def _runs(self, network: NetworkState) -> str:
        """What runs a network, as far as its speed depends on it."""
        from poseviewer.models.engine import first_choice

        engine, device = first_choice(device=network.device, engine=network.engine)
        version = _version("openvino") if engine == "openvino" else ""
        precision = network.precision
        if _picks_precision(network):
            precision = "fp32 int8" if self._eight and engine == "openvino" else "fp32"
        # Both engines take their number of threads from that of the cores.
        cores = os.cpu_count() or 1
        return f"{engine} {version} {device} {precision} {cores} cores, {_more(cores)} threads"

    def _openvino(self, network: NetworkState) -> bool:
        """Whether a network runs on OpenVINO, which alone can be given more threads."""
        from poseviewer.models.engine import first_choice

        return first_choice(device=network.device, engine=network.engine)[0] == "openvino"

    def _speed(self, state: AppState) -> Speed | None:
        """The speed that was measured with what runs now."""
        speed = state.speed
        return speed if speed is not None and speed.made_with == self._made_with else None

    def _measure(self, network: NetworkState, made_with: str) -> Generator[Progress, None, None]:
        """Run both networks, one frame each in turn, and store how long they take.

        The fast one runs with more threads too, where it is too slow for a source of `TARGET_RATE`.
        """
        eight = "fp32 int8" in made_with
        precisions = ("fp32", "int8") if eight else (network.precision,)
        asked = [
            replace(network, model=model, precision=precision, threads=0)
            for precision in precisions
            for model in (FAST, ACCURATE)
        ]
        best = yield from self._fastest(asked)
        known, threads, gain = self._store.state.speed, 0, 1.0
        if known is not None and known.made_with == made_with:
            before = (known.fast, known.accurate, known.fast_int8, known.accurate_int8)
            best = [min(pair) for pair in zip(best, before, strict=False)]
            threads, gain = known.threads, known.gain
        fastest = best[2] if eight else best[0]
        more = _more(os.cpu_count() or 1)
        if more and self._openvino(network) and fastest > SHARE / TARGET_RATE:
            one = asked[2 if eight else 0]
            few, many = yield from self._fastest([one, replace(one, threads=more)])
            threads, gain = more, max(gain, few / many)
        times = best if eight else [*best, 0.0, 0.0]
        self._store.change(
            speed=Speed(times[0], times[1], made_with, times[2], times[3], threads, gain)
        )

    def _fastest(self, networks: Sequence[NetworkState]) -> Generator[Progress, None, list[float]]:
        """Seconds that each network takes for a frame at best, measured in turn."""
        estimators = []
        for network in networks:
            estimators.append(self._loader(network).estimator(ReadingState()))
            yield Progress(0, _ROUNDS)
        pixels = np.random.default_rng(0).integers(0, 256, _FRAME, np.uint8)
        frame = Frame(pixels, 0, Timestamp(0, Fraction(1)))
        best = [inf] * len(estimators)
        # Once more than is counted: an engine compiles when it first runs.
        for done in range(_ROUNDS + 1):
            for which, estimator in enumerate(estimators):
                began = self._clock()
                estimator.estimate(frame, Box.whole(frame.size), Request(stages=frozenset()))
                if done:
                    best[which] = min(best[which], self._clock() - began)
            yield Progress(done, _ROUNDS)
        return best

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


def _more(cores: int) -> int:
    """More threads than half the cores, which leave one to the window where there are many; or 0.

    Args:
        cores: Of the processor.
    """
    many = cores if cores <= 2 else cores - 1
    return many if many > max(1, cores // 2) else 0


def _ms(seconds: float) -> str:
    """Milliseconds, to two digits where they are few."""
    return f"{1000 * seconds:.0f}" if seconds > 0.01 else f"{1000 * seconds:.2g}"


def _picks_precision(network: NetworkState) -> bool:
    """Whether Automatic picks the precision too."""
    return not network.own_precision and network.precision in ("fp32", "int8")


def _weights() -> tuple[str, bool]:
    """Hashes of the weights of both networks, and whether both can run in int8.

    Empty where some cannot be read.
    """
    from poseviewer.models.facts import weights_hash
    from poseviewer.models.int8 import stored_ranges
    from poseviewer.models.registry import card

    try:
        both = [card(model) for model in (FAST, ACCURATE)]
        if all(one.trained for one in both):
            eight = all(stored_ranges(one) for one in both)
            return " ".join(map(weights_hash, both)), eight
    except (OSError, PoseViewerError):
        pass
    return "", False


def _version(package: str) -> str:
    """Of an installed package; what finds it comes late, because it takes long to import."""
    from importlib import metadata

    return metadata.version(package)
