"""The stored results of one source, by the choices that they were made with.

For a clip there are two kinds of answer. A *single-frame* answer depends on its frame alone, so it
is the same by jump, step and play. A *sequential analysis* goes through the clip in order, tracks
people and smooths; where one has reached a frame, its answer is the one that is shown, plotted and
exported. Both are stored for as long as the source is open, under every set of choices, so that
switching back to a network shows at once what it had found.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from threading import Lock, RLock
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.frame import Frame
from poseviewer.pipeline.follow import Focus, in_focus
from poseviewer.pipeline.track import Tracker
from poseviewer.runtime.factories import goniometer, measure_settings, smoother
from poseviewer.runtime.history import AngleHistory
from poseviewer.runtime.people import People
from poseviewer.runtime.state import AngleState, ReadingState

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from poseviewer.core.affine import Box
    from poseviewer.core.result import FrameResult
    from poseviewer.core.skeleton import Skeleton
    from poseviewer.core.stage import StageOutput
    from poseviewer.pipeline.follow import Follower
    from poseviewer.runtime.state import ModelInfo, ResultKey, SourceInfo

MAP_BYTES = 256 * 2**20
"""Bytes of maps that are stored over all choices; poses and angles have no such limit."""

LIVE_RESULTS = 900
"""Results of a feed that are stored, without maps, to be shown again in a rewind."""


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A stored answer, without its frame's pixels."""

    result: FrameResult
    sequential: bool
    model: ModelInfo
    engine: str


@dataclass(slots=True, eq=False)
class Course:
    """The progress of a sequential analysis, with the state it needs to continue."""

    begin: int
    """Its first frame."""

    next: int
    """The frame after the last one that it has."""

    follower: Follower
    tracker: Tracker = field(default_factory=Tracker)
    focus: Focus = field(default_factory=Focus)

    lock: Lock = field(default_factory=Lock)
    """Held while a frame is analysed."""


class MapCache:
    """A cache of the maps of frames, limited in size; the least recently used are dropped first.

    Args:
        limit: Bytes.
    """

    def __init__(self, limit: int) -> None:
        self._lock = Lock()
        self._limit = limit
        self._maps: OrderedDict[tuple[ResultKey, int], tuple[Box, tuple[StageOutput, ...]]] = (
            OrderedDict()
        )
        self._bytes = 0

    def put(self, key: ResultKey, index: int, region: Box, stages: tuple[StageOutput, ...]) -> None:
        """Store the maps of a region of a frame, in place of those of another region of it."""
        with self._lock:
            self._drop(key, index)
            self._maps[key, index] = region, stages
            self._bytes += _bytes(stages)
            while self._bytes > self._limit and len(self._maps) > 1:
                self._drop(*next(iter(self._maps)))

    def get(self, key: ResultKey, index: int, region: Box) -> tuple[StageOutput, ...]:
        """The maps of a region of a frame; empty where they are not stored."""
        with self._lock:
            there, stages = self._maps.get((key, index), (None, ()))
            if there != region:
                return ()
            self._maps.move_to_end((key, index))
            return stages

    def _drop(self, key: ResultKey, index: int) -> None:
        _, stages = self._maps.pop((key, index), (None, ()))
        self._bytes -= _bytes(stages)


def _bytes(stages: tuple[StageOutput, ...]) -> int:
    return sum(stage.values.nbytes for stage in stages)


class ResultStore:
    """Every answer of one source; its methods may be called from any thread.

    Args:
        source: What is open; None for nothing.
        map_bytes: Bytes of maps that are stored.
    """

    def __init__(self, source: SourceInfo | None = None, *, map_bytes: int = MAP_BYTES) -> None:
        self._lock = Lock()
        self._source = source
        self._maps = MapCache(map_bytes)
        self._by_key: dict[ResultKey, ClipResults] = {}

    def of(self, key: ResultKey) -> ClipResults:
        """The answers made with the choices `key`; empty at first."""
        with self._lock:
            if key not in self._by_key:
                self._by_key[key] = ClipResults(key, self._source, self._maps)
            return self._by_key[key]


class ClipResults:
    """The answers under one set of choices: of single frames, and of a sequential analysis.

    Poses are stored raw; angles and smoothed joints are measured here, and measured anew when it
    is defined otherwise how, so that all answers agree with the settings in force.

    Args:
        key: The choices.
        source: What is open.
        maps: Keeps the maps of all choices together.
    """

    def __init__(self, key: ResultKey, source: SourceInfo | None, maps: MapCache) -> None:
        self.people = People()
        """The people found by the sequential analysis, or in the feed."""
        self.tracker = Tracker()
        """Numbers the people of a feed, on the inference thread: no number is given twice, even
        when other choices were tried in between."""
        self._key = key
        self._live = source is not None and source.live
        self._times = None if source is None or source.live else source.times
        self._lock = RLock()
        self._settling = Lock()
        self._maps = maps
        self._course: Course | None = None
        self._single: dict[int, Known] = {}
        self._sequence: dict[int, Known] = {}
        self._settings: Hashable = None
        self._measures: tuple[ReadingState, AngleState] = ReadingState(), AngleState()
        self._measure = sequence_measurement(*self._measures)
        self._skeleton: Skeleton | None = None
        self._histories: dict[bool, AngleHistory] = {}
        self._focus: tuple[int | None, bool] = (None, False)

    # Reading --------------------------------------------------------------------------------

    def get(self, index: int, *, focus: int | None = None) -> Known | None:
        """The answer for a frame, the sequential analysis' where it has one, with stored maps.

        Args:
            index: Of the frame.
            focus: Number of the person to put first, where present.
        """
        with self._lock:
            known = self._sequence.get(index) or self._single.get(index)
        if known is None:
            return None
        result = in_focus(known.result, focus)
        stages = self._maps.get(self._key, index, result.region)
        return replace(known, result=replace(result, stages=stages))

    def maps_at(self, index: int, region: Box) -> tuple[StageOutput, ...]:
        """The stored maps of a region of a frame; empty where there are none."""
        return self._maps.get(self._key, index, region)

    def sequence_at(self, index: int, *, course: Course) -> FrameResult | None:
        """The result that a sequential analysis has of a frame, without maps.

        Raises:
            PoseViewerError: Another analysis has taken its place.
        """
        with self._lock:
            self._check(course)
            known = self._sequence.get(index)
        return None if known is None else known.result

    @property
    def analysed(self) -> int:
        """The number of frames of the sequential analysis."""
        return len(self._sequence)

    @property
    def model(self) -> ModelInfo | None:
        """The network of the sequential analysis; None before its first frame."""
        with self._lock:
            return next((known.model for known in self._sequence.values()), None)

    @property
    def history(self) -> AngleHistory | None:
        """The angles that are plotted: of the sequential analysis, else of single frames."""
        with self._lock:
            return self._histories.get(bool(self._sequence))

    def plotted(self) -> dict[int, FrameResult]:
        """The results whose angles are in `history`, by frame, without maps."""
        with self._lock:
            return {
                index: known.result for index, known in (self._sequence or self._single).items()
            }

    @property
    def has_settings(self) -> bool:
        """Whether `measure_as` was ever called."""
        return self._settings is not None

    def agree_with(self, reading: ReadingState, angles: AngleState) -> bool:
        """Whether the stored answers are measured as these settings say."""
        return self._settings == measure_settings(reading, angles)

    # Writing --------------------------------------------------------------------------------

    def put(
        self,
        result: FrameResult,
        *,
        sequential: bool,
        model: ModelInfo,
        engine: str,
        course: Course | None = None,
    ) -> FrameResult:
        """Store the raw result of a frame, those of a sequence in its order.

        Args:
            result: With or without maps.
            sequential: Whether it follows on the results before.
            model: The network that gave it.
            engine: What ran the network.
            course: The analysis that it is the next result of; None for a feed's.

        Returns:
            It with its angles and, in a sequence, its smoothed joints.

        Raises:
            PoseViewerError: Another analysis has taken the place of `course`.
        """
        index, stages = result.frame.index, result.stages
        with self._lock:
            if sequential:
                self._check(course)
            measure = self._measure if sequential else goniometer(*self._measures).measured
            result = measure(result)
            if sequential:
                self.people.note(result.poses, frame=result.frame)
            blank = Frame(np.zeros((1, 1, 3), np.uint8), index, result.frame.time)
            stored = replace(result, frame=blank, truth=None, stages=())
            kind = self._sequence if sequential else self._single
            kind[index] = Known(stored, sequential, model, engine)
            if self._skeleton is None:
                self._skeleton = result.poses.skeleton
                self._write_histories()
            self._histories[sequential].add(stored)
            while self._live and len(kind) > LIVE_RESULTS:
                del kind[next(iter(kind))]
        if stages:
            self.put_maps(index, result.region, stages)
        return result

    def put_maps(self, index: int, region: Box, stages: tuple[StageOutput, ...]) -> None:
        """Store the maps of a region of a frame, for as long as there is room."""
        self._maps.put(self._key, index, region, stages)

    def course(
        self,
        start: int,
        end: int,
        *,
        follower: Callable[[], Follower],
        instead: bool,
        anew: bool = True,
    ) -> Course | None:
        """The sequential analysis that has `start` to `end`, or can be continued to it.

        Args:
            start: First frame that is asked for.
            end: Last frame.
            follower: Makes what a new analysis chooses regions by.
            instead: Whether a new one may take the place of one that has other frames.
            anew: Whether a new one may begin at all.

        Returns:
            The one there is, if it has the frame `start` or comes to it next; else a new one that
            begins there. None where that may not be.
        """
        with self._lock:
            old = self._course
            if old is not None:
                if old.begin <= start <= old.next:
                    return old
                if not instead and not start <= old.begin <= old.next <= end + 1:
                    return None
            if not anew:
                return None
            self._course = Course(start, start, follower())
            self._sequence.clear()
            self.people = People()
            self._measure = sequence_measurement(*self._measures)
            self._write_histories()
            return self._course

    def interrupt(self) -> None:
        """Note that the next result of the feed does not follow on the last one."""
        with self._lock:
            self._measure = sequence_measurement(*self._measures)

    def measure_as(self, reading: ReadingState, angles: AngleState) -> None:
        """Measure angles as the settings say; where they changed, stored answers too."""
        settings = measure_settings(reading, angles)
        with self._settling:
            with self._lock:
                if settings == self._settings:
                    return
                course = self._course
                sequence = [known for _, known in sorted(self._sequence.items())]
                single = list(self._single.values())
            # Thousands of frames take a second: meanwhile others read and write.
            alone = goniometer(reading, angles).measured
            measure = sequence_measurement(reading, angles)
            again = {known: _measured(known, measure) for known in sequence}
            again |= {known: _measured(known, alone) for known in single}
            with self._lock:
                if self._course is not course:
                    measure = sequence_measurement(reading, angles)
                for kind, by in ((self._sequence, measure), (self._single, alone)):
                    for index, known in sorted(kind.items()):
                        kind[index] = again.get(known) or _measured(known, by)
                before, then = self._measures
                alike = (before.gate, then.facing) == (reading.gate, angles.facing)
                self._settings, self._measures = settings, (reading, angles)
                self._measure = measure
                self._write_histories(adopt=alike)

    def follow(self, number: int | None, *, locked: bool) -> None:
        """Plot the angles of another person, also for earlier frames."""
        with self._lock:
            self._focus = number, locked
            for history in self._histories.values():
                history.follow(number, locked=locked)

    def _check(self, course: Course | None) -> None:
        if course is not self._course:
            msg = "Another analysis of this clip has replaced this one."
            raise PoseViewerError(msg)

    def _write_histories(self, *, adopt: bool = False) -> None:
        """Make the histories again from the stored results.

        Args:
            adopt: Whether those of a feed go on from what they have: they go back further than
                its stored results.
        """
        if self._skeleton is None:
            return
        reading, angles = self._measures
        specs = goniometer(reading, angles).specs(self._skeleton)
        for sequential, kind in ((True, self._sequence), (False, self._single)):
            history = AngleHistory(specs, times=self._times)
            old = self._histories.get(sequential)
            if adopt and old is not None and self._live:
                history.adopt(old.slice())
            for _, known in sorted(kind.items()):
                history.add(known.result)
            history.follow(self._focus[0], locked=self._focus[1])
            self._histories[sequential] = history


def _measured(known: Known, measure: Callable[[FrameResult], FrameResult]) -> Known:
    return replace(known, result=measure(known.result))


def sequence_measurement(
    reading: ReadingState, angles: AngleState
) -> Callable[[FrameResult], FrameResult]:
    """Make the measurement of angles and the smoothing of joints for results in order."""
    from poseviewer.pipeline.run import measured

    instrument, filter_ = goniometer(reading, angles), smoother(reading)
    return lambda result: measured(result, instrument, filter_)
