"""What would stand beside a frame in an export, found on a thread of its own for a preview."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

from poseviewer.core.stage import Request
from poseviewer.pipeline.follow import SequentialEstimator
from poseviewer.pipeline.run import measured
from poseviewer.pipeline.track import Tracker
from poseviewer.runtime.export_beside import HalfInfo, Seen, opened_clip, place_in
from poseviewer.runtime.factories import follower, goniometer
from poseviewer.runtime.side_task import SideTask, Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.core.beside import Beside
    from poseviewer.core.frame import Frame
    from poseviewer.core.look import Look
    from poseviewer.runtime.factories import Loaded, Loader
    from poseviewer.runtime.source_thread import Opener
    from poseviewer.runtime.state import AppState, NetworkState
    from poseviewer.video.source import Clip


@dataclass(frozen=True, slots=True, eq=False)
class BesideAnswer:
    """What stands beside a frame."""

    beside: Beside
    frame: Frame
    info: HalfInfo
    seen: Seen


@dataclass(frozen=True, slots=True, eq=False)
class _Request:
    beside: Beside
    frame: Frame
    since: Fraction
    rate: float
    look: Look
    state: AppState


class BesideLook(SideTask[_Request]):
    """Finds what stands beside a frame, the newest request first.

    Args:
        loader: Loads networks, on the thread.
        opener: Opens clips, on the thread.
        state: Gives how frames are analysed, and what is open.
        notify: Called from the thread when there is something new to see.
    """

    def __init__(
        self,
        loader: Loader,
        opener: Opener,
        state: Callable[[], AppState],
        notify: Callable[[], None],
    ) -> None:
        super().__init__(notify)
        self._state = state
        self._loader, self._opener = loader, opener
        self.answer: BesideAnswer | None = None
        """The newest; None until there is one."""

    def look(self, beside: Beside, frame: Frame, *, look: Look) -> None:
        """Ask what stands beside a frame.

        Args:
            beside: A network or a clip.
            frame: A frame of what is open.
            look: What is drawn.
        """
        state = self._state()
        since = frame.time.exact
        if (source := state.source) is not None and 0 <= frame.index < source.count:
            since = Fraction(float(source.times[frame.index]))
        rate = source.rate if source is not None else 0.0
        with self._lock:
            self._ask(_Request(beside, frame, since, rate, look, state))

    def show(self, answer: BesideAnswer | None, *, state: str = "") -> None:
        """Store an answer of the thread; see `publish`."""
        self.answer, self.state = answer, state

    def _worker(self) -> _Beside:
        return _Beside(self._loader, self._opener, self)

    def _forget(self) -> None:
        self.answer = None


class _Beside(Worker[_Request]):
    """The thread that runs the other network, or opens the other clip."""

    def __init__(self, loader: Loader, opener: Opener, owner: BesideLook) -> None:
        super().__init__("poseviewer-beside")
        self._loader, self._opener, self._owner = loader, opener, owner
        self._network: tuple[NetworkState, Loaded] | None = None
        self._clip: tuple[str, Clip] | None = None

    def say(self, state: str) -> None:
        self._owner.publish(self, partial(self._owner.show, None, state=state))

    def failure(self, request: _Request, error: Exception) -> str:
        name = request.beside.network or request.beside.clip
        return f"{name} could not answer: {error}"

    def release(self) -> None:
        self._network = None
        if self._clip is not None:
            self._clip[1].close()
            self._clip = None

    def answer(self, request: _Request) -> None:
        beside, state = request.beside, request.state
        loaded = self._loaded(
            replace(state.network, model=beside.network) if beside.network else state.network
        )
        frame, note = request.frame, ""
        name, size, rate, origin = beside.network, frame.size, request.rate, 0.0
        if beside.clip:
            clip = self._opened(beside.clip)
            index, note = place_in(clip, request.since + beside.offset)
            frame = clip.read(index)
            name, size, rate, origin = clip.name, clip.size, clip.rate, clip.time(0).seconds
        info = HalfInfo(name, size, rate, origin, request.look, loaded.card.stages)
        estimator, regions = loaded.estimator(state.reading), follower(state.reading)
        sequence = SequentialEstimator(estimator, regions, Tracker())
        sequence.reset()
        result = sequence.estimate(frame, Request())
        measurer = goniometer(state.reading, state.angles)
        measurer.reset()
        seen = Seen(frame, measured(result, measurer, None), note)
        answer = BesideAnswer(beside, request.frame, info, seen)
        self._owner.publish(self, partial(self._owner.show, answer))

    def _loaded(self, network: NetworkState) -> Loaded:
        if self._network is None or self._network[0] != network:
            self._network = None
            self.say(f"Loading {network.model}")
            self._network = network, self._loader(network)
        return self._network[1]

    def _opened(self, location: str) -> Clip:
        if self._clip is None or self._clip[0] != location:
            if self._clip is not None:
                self._clip[1].close()
                self._clip = None
            self.say(f"Opening {location}")
            self._clip = location, opened_clip(location, self._opener)
        return self._clip[1]
