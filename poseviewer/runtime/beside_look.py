"""What stands beside a frame, found on a thread of its own: for a preview, and for the plot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

from poseviewer.core.stage import Request
from poseviewer.pipeline.follow import SequentialEstimator
from poseviewer.pipeline.run import measured
from poseviewer.pipeline.track import Tracker
from poseviewer.runtime.clip_results import ClipResults
from poseviewer.runtime.export_beside import HalfInfo, Seen, opened_clip, place_in
from poseviewer.runtime.factories import follower, goniometer
from poseviewer.runtime.map_cache import MapCache
from poseviewer.runtime.saved.analysis import SavedAnalysis
from poseviewer.runtime.saved.corrections import SavedCorrections
from poseviewer.runtime.side_task import SideTask, Worker
from poseviewer.runtime.source_thread import described

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.core.beside import Beside
    from poseviewer.core.frame import Frame
    from poseviewer.core.look import Look
    from poseviewer.runtime.factories import Loaded, Loader
    from poseviewer.runtime.saved.file import SavedFile
    from poseviewer.runtime.saved.library import Saving
    from poseviewer.runtime.sections import NetworkState
    from poseviewer.runtime.source_thread import Opener
    from poseviewer.runtime.state import AppState, History, ResultKey
    from poseviewer.video.source import Clip


@dataclass(frozen=True, slots=True, eq=False)
class BesideAnswer:
    """What stands beside a frame."""

    beside: Beside
    frame: Frame
    info: HalfInfo
    seen: Seen
    history: History | None = None
    """The angles of another clip whose analysis is saved; None for anything else."""


@dataclass(frozen=True, slots=True, eq=False)
class SecondClip:
    """What is known of the clip that stands beside another one in the window."""

    answer: BesideAnswer | None = None
    """The newest, perhaps of an earlier frame."""
    state: str = ""
    """What is being done, or why there is no answer."""


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
        saving: Gives where analyses are saved, of which one of another clip is taken rather than
            made; None for nowhere.
    """

    def __init__(
        self,
        loader: Loader,
        opener: Opener,
        state: Callable[[], AppState],
        notify: Callable[[], None],
        *,
        saving: Callable[[], Saving | None] = lambda: None,
    ) -> None:
        super().__init__(notify)
        self._state, self._saving = state, saving
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

    def stop(self) -> None:
        """Close the other clip and release the network."""
        with self._lock:
            self._release()

    def show(self, answer: BesideAnswer | None, *, state: str = "") -> None:
        """Store an answer of the thread; see `publish`."""
        self.answer, self.state = answer, state

    def _worker(self) -> _Beside:
        return _Beside(self._loader, self._opener, self, saving=self._saving())

    def _forget(self) -> None:
        self.answer = None


class _Beside(Worker[_Request]):
    """The thread that runs the other network, or opens the other clip."""

    def __init__(
        self, loader: Loader, opener: Opener, owner: BesideLook, *, saving: Saving | None
    ) -> None:
        super().__init__("poseviewer-beside")
        self._loader, self._opener, self._owner = loader, opener, owner
        self._saving = saving
        self._network: tuple[NetworkState, Loaded] | None = None
        self._clip: tuple[str, Clip] | None = None
        self._found: tuple[tuple[str, ResultKey], ClipResults | None] | None = None
        """What is saved of that clip, with the choices it was made with."""
        self._file: SavedFile | None = None

    def say(self, state: str) -> None:
        self._owner.publish(self, partial(self._owner.show, None, state=state))

    def failure(self, request: _Request, error: Exception) -> str:
        name = request.beside.network or request.beside.clip
        return f"{name} could not answer: {error}"

    def release(self) -> None:
        self._network = None
        self._forget_saved()
        if self._clip is not None:
            self._clip[1].close()
            self._clip = None

    def answer(self, request: _Request) -> None:
        if request.beside.clip and (answer := self._saved_answer(request)) is not None:
            self._owner.publish(self, partial(self._owner.show, answer))
            return
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

    def _saved_answer(self, request: _Request) -> BesideAnswer | None:
        """The other clip's frame with what is saved of it; None where nothing is."""
        clip = self._opened(request.beside.clip)
        found = self._results(clip, request.state)
        index, note = place_in(clip, request.since + request.beside.offset)
        known = None if found is None else found.get(index)
        if found is None or known is None:
            return None
        frame = clip.read(index)
        info = HalfInfo(
            clip.name, clip.size, clip.rate, clip.time(0).seconds, request.look, known.model.stages
        )
        seen = Seen(frame, replace(known.result, frame=frame), note)
        history = None if found.history is None else found.history.slice()
        return BesideAnswer(request.beside, request.frame, info, seen, history)

    def _results(self, clip: Clip, state: AppState) -> ClipResults | None:
        """What is saved of a clip under the present choices; None where nothing is."""
        asked = clip.location, state.key
        if self._found is None or self._found[0] != asked:
            self._forget_saved()
            self._found = asked, self._load(clip, state)
        found = self._found[1]
        if found is not None and not found.agree_with(state.reading, state.angles):
            found.measure_as(state.reading, state.angles)
        return found

    def _load(self, clip: Clip, state: AppState) -> ClipResults | None:
        source = described(clip)
        file = None if self._saving is None else self._saving.file_of(source, complain=self.say)
        if file is None:
            return None
        self._file = file
        corrections = SavedCorrections(file).load()
        found = ClipResults(state.key, source, MapCache(0), saved=SavedAnalysis(file, state.key))
        found.correct(corrections)
        return found if found.load(state.reading, state.angles) else None

    def _forget_saved(self) -> None:
        if self._file is not None:
            self._file.close()
        self._file, self._found = None, None

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
