"""The stored results of one source under one set of choices.

For a clip there are two kinds of answer. A *single-frame* answer depends on its frame alone, so it
is the same by jump, step and play. A *sequential analysis* goes through the clip in order, tracks
people and smooths; where one has reached a frame, its answer is the one that is shown, plotted and
exported. Both are stored for as long as the source is open, under every set of choices, so that
switching back to a network shows at once what it had found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Lock, RLock
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.frame import Frame
from poseviewer.pipeline.follow import in_focus
from poseviewer.pipeline.heads import personal
from poseviewer.pipeline.track import Tracker
from poseviewer.runtime import factories
from poseviewer.runtime.corrected import CorrectedResults
from poseviewer.runtime.course import Course
from poseviewer.runtime.factories import (
    goniometer,
    measure_settings,
    sequence_measurement,
    smoothing,
)
from poseviewer.runtime.history import AngleHistory
from poseviewer.runtime.people import People
from poseviewer.runtime.saved.coding import Measures
from poseviewer.runtime.saved.identity import measured_by
from poseviewer.runtime.sections import AngleState, ReadingState

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

    from poseviewer.core.affine import Box
    from poseviewer.core.correction import Corrections
    from poseviewer.core.result import FrameResult
    from poseviewer.core.skeleton import Skeleton
    from poseviewer.core.stage import ReadWith, StageOutput
    from poseviewer.pipeline.follow import Follower
    from poseviewer.runtime.history import Curves
    from poseviewer.runtime.map_cache import MapCache
    from poseviewer.runtime.saved.analysis import Archive, SavedAnalysis
    from poseviewer.runtime.state import ModelInfo, ResultKey, SourceInfo

LIVE_RESULTS = 900
"""Results of a feed that are stored, without maps, to be shown again in a rewind."""


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A stored answer, without its frame's pixels."""

    result: FrameResult
    sequential: bool
    model: ModelInfo
    engine: str


class ClipResults:
    """The answers under one set of choices: of single frames, and of a sequential analysis.

    Poses are stored as the network gave them, and corrected where they are given out. Angles and
    smoothed joints are measured here, and measured anew when it is defined otherwise how, so that
    all answers agree with the settings in force.

    Args:
        key: The choices.
        source: What is open.
        maps: Keeps the maps of all choices together.
        saved: What there is of the sequential analysis in a file; None for no file.
    """

    def __init__(
        self,
        key: ResultKey,
        source: SourceInfo | None,
        maps: MapCache,
        *,
        saved: SavedAnalysis | None = None,
    ) -> None:
        self.people = People()
        """The people found by the sequential analysis, or in the feed."""
        self.tracker = Tracker(window=key.track_window)
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
        """Answers of the sequential analysis that were made in this session."""
        self._saved = saved
        self._loading = Lock()
        self._archive: Archive | None = None
        """Answers of the sequential analysis that were made before those."""
        self._again: dict[int, Measures] = {}
        """What was measured of the frames of `_archive` since, under other settings."""
        self._compared: dict[int, Known] = {}
        """Answers of `_archive` that `plotted` has given: the same each time."""
        self._curves: Curves | None = None
        """Of the frames of `_archive`."""
        self._behind = False
        """Whether `_measure` has not seen the frames of `_archive`."""
        self._settings: Hashable = None
        self._measures: tuple[ReadingState, AngleState] = ReadingState(), AngleState()
        self._measure = sequence_measurement(*self._measures)
        self._skeleton: Skeleton | None = None
        self._histories: dict[bool, AngleHistory] = {}
        self._focus: tuple[int | None, bool] = (None, False)
        self._corrected = CorrectedResults()
        self._settled_as: Hashable = None

    # Reading --------------------------------------------------------------------------------

    def get(
        self, index: int, *, focus: int | None = None, read_with: ReadWith = "own"
    ) -> Known | None:
        """The answer for a frame, the sequential analysis' where it has one, with stored maps.

        Args:
            index: Of the frame.
            focus: Number of the person to put first, where present.
            read_with: As `pipeline.heads.personal` takes it.
        """
        with self._lock:
            known = self._base(index) or self._single.get(index)
            if known is None:
                return None
            result = self._shown(known)
        result = in_focus(result, focus)
        stages = self._maps.get(self._key, index, result.region)
        shown = personal(replace(result, stages=stages), read_with=read_with)
        return replace(known, result=shown)

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
            known = self._base(index)
            # What cannot be read any more was no part of it.
            self._check(course)
            return None if known is None else self._shown(known)

    def _base(self, index: int) -> Known | None:
        """The answer of the sequential analysis as the network gave it; with the lock held."""
        return self._sequence.get(index) or self._archived(index)

    def _shown(self, known: Known) -> FrameResult:
        """An answer as corrected; with the lock held."""
        return self._corrected.of(
            known.result, sequential=known.sequential, measures=self._measures
        )

    @property
    def analysed(self) -> int:
        """The number of frames of the sequential analysis."""
        archive = self._archive
        return len(self._sequence) + (0 if archive is None else len(archive))

    @property
    def model(self) -> ModelInfo | None:
        """The network of the sequential analysis; None before its first frame."""
        with self._lock:
            if self._archive is not None:
                return self._archive.model
            return next((known.model for known in self._sequence.values()), None)

    @property
    def history(self) -> AngleHistory | None:
        """The angles that are plotted: of the sequential analysis, else of single frames."""
        with self._lock:
            return self._histories.get(self.analysed > 0)

    def plotted(self) -> Mapping[int, FrameResult]:
        """The results whose angles are in `history`, by frame, without maps.

        Those that were saved are read when they are asked for.
        """
        with self._lock:
            shown = self._sequence if self.analysed else self._single
            found = {index: self._shown(known) for index, known in shown.items()}
            archive = self._archive
        if archive is None:
            return found
        return _WithSaved(range(archive.begin, archive.next), found, self._saved_result)

    def _saved_result(self, index: int) -> FrameResult:
        with self._lock:
            known = self._compared.get(index)
            if known is None and (known := self._archived(index)) is not None:
                known = self._compared[index] = replace(known, result=self._shown(known))
        if known is None:
            msg = f"What was saved of frame {index} cannot be read any more."
            raise PoseViewerError(msg)
        return known.result

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
            if sequential and self._behind and self._archive is not None:
                self._measure = _measurement_after(self._archive, *self._measures)
                self._behind = False
            measure = self._measure if sequential else goniometer(*self._measures).measured
            result = measure(result)
            stored = without_pixels(result)
            kind = self._sequence if sequential else self._single
            kind[index] = Known(stored, sequential, model, engine)
            if course is not None and self._saved is not None:
                by = measured_by(*self._measures)
                self._saved.add(stored, begin=course.begin, measured_by=by)
            if self._skeleton is None:
                self._skeleton = result.poses.skeleton
                self._write_histories()
            shown = self._shown(kind[index])
            if sequential:
                self.people.note(shown.poses, frame=shown.frame)
            self._histories[sequential].add(shown)
            result = replace(shown, frame=result.frame, truth=result.truth, stages=stages)
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
            return self._begin(start, follower())

    def anew(self, course: Course, *, follower: Follower) -> Course:
        """Begin an analysis again, as another engine runs than began it."""
        with self._lock:
            self._check(course)
            return self._begin(course.begin, follower)

    def _begin(self, start: int, follower: Follower) -> Course:
        self._course = Course(start, start, follower, Tracker(window=self._key.track_window))
        if self._saved is not None:
            self._saved.restart()
        self._clear()
        return self._course

    def _clear(self) -> None:
        """Drop the results of the sequential analysis."""
        self._archive, self._curves, self._again, self._behind = None, None, {}, False
        self._compared = {}
        self._sequence.clear()
        self._corrected.forget()
        self._settled_as = None
        self.people = People()
        self._measure = sequence_measurement(*self._measures)
        self._write_histories()

    # Saved ----------------------------------------------------------------------------------

    def load(self, reading: ReadingState, angles: AngleState, *, start: int | None = None) -> bool:
        """Take up what was saved of the sequential analysis, where that is more than is here.

        Args:
            reading: The settings of what is measured, where none were given yet.
            angles: The same.
            start: A frame that the analysis is to have or to come to next.

        Returns:
            Whether there was more.
        """
        with self._loading:
            if self._saved is None:
                return False
            with self._lock:
                course = self._course
                if self._settings is None:
                    self._settings = measure_settings(reading, angles)
                    self._measures = reading, angles
                    self._measure = sequence_measurement(reading, angles)
            beyond = -1
            if course is not None and (start is None or course.begin <= start <= course.next):
                beyond = course.next
            archive = self._saved.load(start, beyond=beyond)
            return archive is not None and self._adopt(archive, instead_of=course)

    def _adopt(self, archive: Archive, *, instead_of: Course | None) -> bool:
        """Show what was saved, in place of the analysis there was."""
        skeleton = archive.model.skeleton
        reading = ReadingState(region=self._key.region, box=self._key.box)
        try:
            with archive.reading():
                made = Course.continued(
                    archive,
                    follower=factories.follower(reading),
                    tracker=Tracker(window=self._key.track_window),
                )
            with self._settling:
                measures = self._measures
                specs = goniometer(*measures).specs(skeleton)
                again: dict[int, Measures] = {}
                if archive.measured_by == measured_by(*measures):
                    curves = archive.curves(angles=len(specs))
                else:
                    again, curves = self._measured_again(archive, *measures)
                with self._lock:
                    if self._course is not instead_of:
                        return False
                    assert self._saved is not None
                    self._saved.go_on(archive)
                    self._clear()
                    self._course, self._archive, self._skeleton = made, archive, skeleton
                    self._again, self._curves, self._behind = again, curves, True
                    self.people.load(self._corrected.curves(curves))
                    self._write_histories()
        except PoseViewerError:
            return False
        return True

    def catch_up(self) -> None:
        """Measure what was saved once more, so that what comes next is measured as its sequel."""
        with self._settling:
            archive, measures = self._archive, self._measures
            if not self._behind or archive is None:
                return
            measure = _measurement_after(archive, *measures)
            with self._lock:
                if self._archive is archive:
                    self._measure, self._behind = measure, False

    def save(self, course: Course, *, engine: str, due: bool = True) -> None:
        """Write the results of an analysis into the file; call it with the lock of `course` held.

        Args:
            course: The analysis.
            engine: What runs the network.
            due: Whether only what has waited long enough is written.
        """
        saved = self._saved
        if saved is not None and course is self._course and (saved.due or not due):
            saved.write(course.checkpoint(), next_=course.next, engine=engine)

    def _archived(self, index: int) -> Known | None:
        """The saved answer for a frame; call it with the lock held."""
        archive = self._archive
        if archive is None:
            return None
        try:
            raw = archive.at(index)
            if raw is None:
                return None
            measures = self._again.get(index)
            if measures is None:
                specs = goniometer(*self._measures).specs(archive.model.skeleton)
                measures = archive.measures(index, specs=specs)
        except PoseViewerError:
            self._lose_archive()
            return None
        result = measures.of(raw, smoothing(self._measures[0]))
        return Known(result, True, archive.model, archive.engine)

    def _lose_archive(self) -> None:
        """Go on without what was saved, which cannot be read; a sentence was said."""
        self._course = None
        if self._saved is not None:
            self._saved.restart()
        self._clear()

    def _measured_again(
        self,
        archive: Archive,
        reading: ReadingState,
        angles: AngleState,
        *,
        measure: Callable[[FrameResult], FrameResult] | None = None,
    ) -> tuple[dict[int, Measures], Curves]:
        """What is measured of all saved frames under other settings; it is saved too.

        Args:
            archive: The frames.
            reading: The settings.
            angles: The settings.
            measure: What measures them; a new one where None.
        """
        assert self._saved is not None
        measure = measure or sequence_measurement(reading, angles)
        again: dict[int, Measures] = {}

        def results() -> Iterator[FrameResult]:
            for result in archive.raw():
                done = measure(result)
                smoothed = None if done.smoothed is None else done.smoothed.xy
                again[result.frame.index] = Measures(done.angles, smoothed)
                yield done

        by = measured_by(reading, angles)
        curves = self._saved.measured_again(results(), archive, by=by)
        return again, curves

    # Corrected ------------------------------------------------------------------------------

    def correct(self, corrections: Corrections) -> None:
        """Correct answers by these from now on; `settle` makes it whole."""
        with self._lock:
            before, settled = self._corrected.edits, self._corrected.settled
            if not self._corrected.take(corrections):
                return
            self._compared = {}
            if before.people != corrections.people:
                self._list_people()
                self._write_histories()
                return
            changed = settled | {*before.frames, *corrections.frames}
            for sequential, history in self._histories.items():
                for index in sorted(changed):
                    known = self._base(index) if sequential else self._single.get(index)
                    if known is not None:
                        history.add(self._shown(known))

    def _list_people(self) -> None:
        """List people anew; with the lock held."""
        self.people = People()
        if self._curves is not None:
            self.people.load(self._corrected.curves(self._curves))
        for _, known in sorted(self._sequence.items()):
            shown = self._shown(known)
            self.people.note(shown.poses, frame=shown.frame)

    def settle(self) -> bool:
        """Measure again what corrections change around their frames; takes a moment.

        Returns:
            Whether any answer is another one now.
        """
        with self._settling:
            with self._lock:
                course, edits = self._course, self._corrected.edits
                now = (edits, None if course is None else (course.begin, self._end), self._settings)
                if course is None or self._times is None or now == self._settled_as:
                    return False
                frames = range(course.begin, self._end)
                version = (self._settings, id(course))
            measures = self._measures
            changed = self._corrected.settle(
                self._base_result,
                frames=frames,
                times=self._times,
                measures=measures,
                version=version,
                measure=sequence_measurement(*measures, corrections=edits),
            )
            with self._lock:
                if self._corrected.edits is not edits:
                    return False
                self._settled_as = now
                if True in self._histories:
                    for _, result in sorted(changed.items()):
                        self._histories[True].add(result)
                self._compared = {}
            return bool(changed)

    def _base_result(self, index: int) -> FrameResult | None:
        with self._lock:
            known = self._base(index)
        return None if known is None else known.result

    @property
    def _end(self) -> int:
        """The frame after the last of the sequential analysis."""
        if self._sequence:
            return max(self._sequence) + 1
        return 0 if self._archive is None else self._archive.next

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
            archive, earlier, curves = self._archive, self._again, self._curves
            if archive is not None:
                try:
                    earlier, curves = self._measured_again(
                        archive, reading, angles, measure=measure
                    )
                except PoseViewerError:
                    with self._lock:
                        self._lose_archive()
                    sequence = []
            again = {known: _measured(known, measure) for known in sequence}
            again |= {known: _measured(known, alone) for known in single}
            with self._lock:
                if self._course is not course:
                    measure = sequence_measurement(reading, angles)
                elif archive is not None:
                    self._again, self._curves, self._behind = earlier, curves, False
                    self._compared = {}
                self._corrected.forget()
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
            if sequential and self._curves is not None:
                history.load(self._corrected.curves(self._curves))
            old = self._histories.get(sequential)
            if adopt and old is not None and self._live:
                history.adopt(old.slice())
            for _, known in sorted(kind.items()):
                history.add(self._shown(known))
            history.follow(self._focus[0], locked=self._focus[1])
            self._histories[sequential] = history


class _WithSaved(Mapping[int, "FrameResult"]):
    """Results by frame: some of this session, and before them those that were saved."""

    def __init__(
        self,
        saved: range,
        found: dict[int, FrameResult],
        read: Callable[[int], FrameResult],
    ) -> None:
        self._saved, self._found, self._read = saved, found, read

    def __getitem__(self, index: int) -> FrameResult:
        if index in self._found:
            return self._found[index]
        if index not in self._saved:
            raise KeyError(index)
        return self._read(index)

    def __iter__(self) -> Iterator[int]:
        yield from self._saved
        yield from (index for index in self._found if index not in self._saved)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def without_pixels(result: FrameResult) -> FrameResult:
    """A result as it is stored: without the pixels of its frame, maps and ground truth."""
    frame = result.frame
    blank = Frame(np.zeros((1, 1, 3), np.uint8), frame.index, frame.time)
    return replace(result, frame=blank, truth=None, stages=())


def _measurement_after(
    archive: Archive, reading: ReadingState, angles: AngleState
) -> Callable[[FrameResult], FrameResult]:
    """The measurement of results in order that has seen those that were saved."""
    measure = sequence_measurement(reading, angles)
    for result in archive.raw():
        measure(result)
    return measure


def _measured(known: Known, measure: Callable[[FrameResult], FrameResult]) -> Known:
    return replace(known, result=measure(known.result))
