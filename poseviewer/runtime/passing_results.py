"""The sequential analysis for commands: saved results are read, new ones saved, none held."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError
from poseviewer.pipeline.track import Tracker
from poseviewer.runtime.analysis import Analyst
from poseviewer.runtime.clip_results import without_pixels
from poseviewer.runtime.course import Course
from poseviewer.runtime.factories import sequence_measurement
from poseviewer.runtime.saved.analysis import SavedAnalysis
from poseviewer.runtime.saved.annotations import SavedAnnotations
from poseviewer.runtime.saved.corrections import SavedCorrections
from poseviewer.runtime.saved.identity import measured_by
from poseviewer.runtime.source_thread import described

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from poseviewer.core.affine import Box
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import StageOutput
    from poseviewer.pipeline.follow import Follower
    from poseviewer.runtime.factories import Loader
    from poseviewer.runtime.saved.analysis import Archive
    from poseviewer.runtime.saved.library import Saving
    from poseviewer.runtime.sections import AngleState, ReadingState
    from poseviewer.runtime.state import AppState, ModelInfo
    from poseviewer.video.source import Source


class PassingResults:
    """The analysis of a range of a clip, which passes once and in order: see `SequenceResults`.

    Memory does not grow with the clip. Only an analysis that begins with the same frame is gone on
    with, so that numbers are those of one made afresh, to the last digit.

    Args:
        state: The choices.
        saved: What there is of it in a file; None for no file.
    """

    has_settings = True

    def __init__(self, state: AppState, saved: SavedAnalysis | None = None) -> None:
        self._reading, self._angles = state.reading, state.angles
        self._by = measured_by(state.reading, state.angles)
        self._saved = saved
        self._archive: Archive | None = None
        self._measure = sequence_measurement(state.reading, state.angles)

    @property
    def model(self) -> ModelInfo | None:
        """The network of what was saved; None where nothing was."""
        return None if self._archive is None else self._archive.model

    def load(
        self,
        reading: ReadingState,  # noqa: ARG002 - those of the state
        angles: AngleState,  # noqa: ARG002
        *,
        start: int | None = None,
    ) -> bool:
        """Find what was saved of the analysis that begins with `start`."""
        if self._saved is not None:
            self._archive = self._saved.load(start, begun=True)
        return self._archive is not None

    def course(
        self,
        start: int,
        end: int,
        *,
        follower: Callable[[], Follower],
        instead: bool,  # noqa: ARG002 - nothing is replaced
        anew: bool = True,  # noqa: ARG002 - a part of a clip takes the place of nothing
    ) -> Course:
        """The analysis that begins with `start`; what was saved of it comes first."""
        archive = self._archive
        if archive is not None:
            try:
                with archive.reading():
                    made = Course.continued(archive, follower=follower(), tracker=self._tracker())
            except PoseViewerError:
                self._archive = None
            else:
                assert self._saved is not None
                self._saved.go_on(archive)
                return made
        # What takes a moment is not worth a place in the file.
        self._saved = self._saved if end > start else None
        return Course(start, start, follower(), self._tracker())

    def measure_as(self, reading: ReadingState, angles: AngleState) -> None:
        """Nothing to do: the settings are those of the state."""

    def anew(self, course: Course, *, follower: Follower) -> Course:
        """Begin the analysis again, as another engine runs than began it."""
        self._archive = None
        if self._saved is not None:
            self._saved.restart()
        return Course(course.begin, course.begin, follower, self._tracker())

    def _tracker(self) -> Tracker:
        return Tracker(window=self._reading.track_window)

    def catch_up(self) -> None:
        """Measure what was saved, so that what comes next is measured as its sequel.

        Raises:
            PoseViewerError: It cannot be read.
        """
        if self._archive is not None:
            for result in self._archive.raw():
                self._measure(result)

    def sequence_at(
        self,
        index: int,
        *,
        course: Course,  # noqa: ARG002 - there is one
    ) -> FrameResult | None:
        """The raw result that was saved of a frame; None where there is none.

        Raises:
            PoseViewerError: It cannot be read.
        """
        return None if self._archive is None else self._archive.at(index)

    def put(
        self,
        result: FrameResult,
        *,
        sequential: bool,  # noqa: ARG002 - always
        model: ModelInfo,  # noqa: ARG002
        engine: str,  # noqa: ARG002
        course: Course | None = None,
    ) -> FrameResult:
        """Pass the raw result of the next frame on to the file, and return it measured."""
        result = self._measure(result)
        if self._saved is not None and course is not None:
            self._saved.add(without_pixels(result), begin=course.begin, measured_by=self._by)
        return result

    def maps_at(self, index: int, region: Box) -> tuple[StageOutput, ...]:  # noqa: ARG002
        """No maps: none are held."""
        return ()

    def put_maps(self, index: int, region: Box, stages: tuple[StageOutput, ...]) -> None:
        """Hold no maps."""

    def save(self, course: Course, *, engine: str, due: bool = True) -> None:
        """Write what has waited long enough, or all, into the file."""
        if self._saved is not None and (self._saved.due or not due):
            self._saved.write(course.checkpoint(), next_=course.next, engine=engine)


@contextmanager
def passing_analyst(
    source: Source,
    state: AppState,
    *,
    loader: Loader,
    saving: Saving | None,
    complain: Callable[[str], None],
) -> Iterator[Analyst]:
    """What analyses a clip within the block, from the file of the clip as far as that goes.

    Args:
        source: The clip.
        state: The choices.
        loader: Loads the network, where there is something to analyse.
        saving: Where analyses are saved; None for nowhere.
        complain: Called with one sentence when saving ends.
    """
    file = None if saving is None else saving.file_of(described(source), complain=complain)
    saved = None if file is None else SavedAnalysis(file, state.key)
    if file is not None:
        state = replace(
            state,
            corrections=SavedCorrections(file).load(),
            annotations=SavedAnnotations(file).load(),
        )
    try:
        yield Analyst(PassingResults(state, saved), state, loader=loader)
    finally:
        if file is not None:
            file.close()
