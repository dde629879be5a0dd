"""The sequential analysis of a clip: from the store as far as it goes, the rest made and stored."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Protocol

from poseviewer.core.errors import PoseViewerError
from poseviewer.pipeline.follow import SequentialEstimator, in_focus, with_maps
from poseviewer.pipeline.run import POSES_ONLY
from poseviewer.runtime.ahead import ahead
from poseviewer.runtime.factories import follower, model_info, sequence_measurement
from poseviewer.runtime.job import Countdown

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from poseviewer.core.affine import Box
    from poseviewer.core.frame import Frame
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import Request, StageOutput
    from poseviewer.pipeline.estimate import Estimator
    from poseviewer.pipeline.follow import Follower
    from poseviewer.runtime.course import Course
    from poseviewer.runtime.factories import Loaded, Loader
    from poseviewer.runtime.jobs import Progress
    from poseviewer.runtime.sections import AngleState, ReadingState
    from poseviewer.runtime.source_thread import Opener
    from poseviewer.runtime.state import AppState, ModelInfo
    from poseviewer.video.source import Clip


class SequenceResults(Protocol):
    """Where an analysis is stored: `ClipResults` for a window, `PassingResults` for a command."""

    @property
    def has_settings(self) -> bool:
        """Whether it is known how results are measured."""

    @property
    def model(self) -> ModelInfo | None:
        """The network of the analysis; None before its first frame."""

    def load(self, reading: ReadingState, angles: AngleState, *, start: int | None = None) -> bool:
        """Take up what was saved, where that is more than is here."""

    def course(
        self,
        start: int,
        end: int,
        *,
        follower: Callable[[], Follower],
        instead: bool,
        anew: bool = True,
    ) -> Course | None:
        """The analysis of a range, or one that can be continued to it; None for neither."""

    def measure_as(self, reading: ReadingState, angles: AngleState) -> None:
        """Measure results as the settings say."""

    def anew(self, course: Course, *, follower: Follower) -> Course:
        """Begin an analysis again, as another engine runs than began it."""

    def catch_up(self) -> None:
        """Measure what was saved, so that what comes next is measured as its sequel."""

    def sequence_at(self, index: int, *, course: Course) -> FrameResult | None:
        """The result that the analysis has of a frame, without maps."""

    def put(
        self,
        result: FrameResult,
        *,
        sequential: bool,
        model: ModelInfo,
        engine: str,
        course: Course | None = None,
    ) -> FrameResult:
        """Store the raw result of the next frame, and return it measured."""

    def maps_at(self, index: int, region: Box) -> tuple[StageOutput, ...]:
        """The stored maps of a region of a frame; empty where there are none."""

    def put_maps(self, index: int, region: Box, stages: tuple[StageOutput, ...]) -> None:
        """Store the maps of a region of a frame."""

    def save(self, course: Course, *, engine: str, due: bool = True) -> None:
        """Write what has waited long enough, or all, into the file."""


class Analyst:
    """Continues the sequential analysis of a clip; several may do so, in turn.

    Used by one thread, which loads a network of its own where there is something to estimate.

    Args:
        results: Where the analysis is stored.
        state: The choices.
        loader: Loads the network.
        changed: Called with the number of every frame that is new in `results`.
    """

    def __init__(
        self,
        results: SequenceResults,
        state: AppState,
        *,
        loader: Loader,
        changed: Callable[[int], None] = lambda _: None,
    ) -> None:
        self.reused = 0
        """Frames of `sequence` that were analysed before."""
        self.corrections = state.corrections
        """What a person has put right in the results of `sequence`."""
        self.annotations = state.annotations
        """What a person has drawn on the clip."""
        self._results, self._state = results, state
        self._loader, self._changed = loader, changed
        self._course: Course | None = None
        self._loaded: tuple[Loaded, Estimator, ModelInfo] | None = None

    def begin(self, start: int, end: int, *, instead: bool, anew: bool = True) -> bool:
        """Select the analysis that has `start` to `end`, or can be continued to it.

        Args:
            start: First frame.
            end: Last frame.
            instead: Whether a new one may take the place of one that has other frames.
            anew: Whether a new one may begin at all.

        Returns:
            False where there is none and none may begin.

        Raises:
            PoseViewerError: It is to be continued, and the network cannot be loaded.
        """
        reading, angles = self._state.reading, self._state.angles
        self._results.load(reading, angles, start=start)
        self._course = self._results.course(
            start,
            end,
            follower=lambda: follower(self._state.reading),
            instead=instead,
            anew=anew,
        )
        if not self._results.has_settings:
            self._results.measure_as(reading, angles)
        course = self._course
        if course is None:
            return False
        if course.engine and end >= course.next:
            # What another session began is continued to the last digit, or begun again.
            if self._ready()[0].label != course.engine:
                self._course = self._results.anew(course, follower=follower(reading))
            else:
                self._results.catch_up()
        return True

    def finish(self) -> None:
        """Save what is not saved yet."""
        if self._course is not None and self._loaded is not None:
            with self._course.lock:
                self._results.save(self._course, engine=self._loaded[0].label, due=False)

    @property
    def course(self) -> Course:
        """The analysis, once `begin` has selected it."""
        assert self._course is not None
        return self._course

    @property
    def model(self) -> ModelInfo:
        """The network; it is loaded only where the analysis has no frame yet.

        Raises:
            PoseViewerError: It cannot be loaded.
        """
        return self._results.model or self._ready()[2]

    def prepare(self) -> None:
        """Load the network now rather than with the first frame that needs it.

        Raises:
            PoseViewerError: It cannot be loaded.
        """
        self._ready()

    @property
    def estimator(self) -> Estimator:
        """The network with its decoder, which is loaded for it.

        Raises:
            PoseViewerError: It cannot be loaded.
        """
        return self._ready()[1]

    def known(self, index: int) -> FrameResult | None:
        """The result of a frame that the analysis has.

        Raises:
            PoseViewerError: Another analysis has taken the place of this one.
        """
        return self._results.sequence_at(index, course=self.course)

    def result(self, frame: Frame, *, request: Request = POSES_ONLY) -> FrameResult:
        """The result of a frame that the analysis has, or comes to next.

        Args:
            frame: The frame.
            request: Which maps are wanted, where the frame has to be estimated.

        Raises:
            PoseViewerError: The network cannot be loaded, or another analysis has taken the place
                of this one.
        """
        known = self.known(frame.index)
        if known is not None:
            return replace(known, frame=frame)
        network, estimator, model = self._ready()
        course, captured = self.course, perf_counter()
        with course.lock:
            known = self.known(frame.index)
            if known is not None:
                return replace(known, frame=frame)
            sequence = SequentialEstimator(
                estimator, course.follower, course.tracker, focus=course.focus
            )
            raw = sequence.estimate(frame, request, captured=captured)
            sequence.update(raw)
            stored = self._results.put(
                replace(raw, stages=()),
                sequential=True,
                model=model,
                engine=network.label,
                course=course,
            )
            course.next = frame.index + 1
            self._results.save(course, engine=network.label)
        self._changed(frame.index)
        return replace(stored, stages=raw.stages)

    def with_maps(self, result: FrameResult, request: Request) -> FrameResult:
        """A result with the maps that are wanted: those that are stored, or made for it and stored.

        Raises:
            PoseViewerError: They have to be made, and the network cannot be loaded.
        """
        if result.meets(request):
            return result
        index, region = result.frame.index, result.region
        stored = replace(result, stages=self._results.maps_at(index, region))
        if stored.meets(request):
            return stored
        made = with_maps(result, self.estimator, request)
        self._results.put_maps(index, region, made.stages)
        return made

    def sequence(
        self, clip: Clip, start: int, end: int, *, request: Request = POSES_ONLY, pixels: bool
    ) -> Generator[FrameResult, None, None]:
        """The results of a range in order, once `begin` has selected it; close it to stop early.

        They are measured here: what is stored is measured anew when a choice changes meanwhile.

        Args:
            clip: Where frames come from.
            start: First frame.
            end: Last frame, included.
            request: Which maps are wanted.
            pixels: Whether frames that were analysed before are read all the same, to be drawn.

        Raises:
            PoseViewerError: As `result` does, or the clip cannot be read.
        """
        state = self._state
        measure = sequence_measurement(state.reading, state.angles, corrections=self.corrections)
        for index in range(self.course.begin, start):
            if (before := self.known(index)) is not None:
                measure(before)
        first = start if pixels else min(max(self.course.next, start), end + 1)
        for index in range(start, first):
            stored = self.known(index)
            assert stored is not None
            self.reused += 1
            yield in_focus(measure(stored), self._state.people.focus)
        if first > end:
            return
        with closing(ahead(clip.frames(first, end))) as frames, ExitStack() as stack:
            stack.callback(self.finish)
            for frame in frames:
                self.reused += frame.index < self.course.next
                result = measure(self.result(frame, request=request))
                result = in_focus(result, self._state.people.focus)
                yield self.with_maps(result, request)

    def _ready(self) -> tuple[Loaded, Estimator, ModelInfo]:
        if self._loaded is None:
            network = self._loader(self._state.network)
            # Once: it looks at files, which is too slow for every frame.
            about = model_info(network.card)
            self._loaded = network, network.estimator(self._state.reading), about
        return self._loaded


def analysis_steps(
    analyst: Analyst,
    location: str,
    *,
    bounds: tuple[int | None, int | None],
    opener: Opener,
) -> Generator[Progress, None, None]:
    """Analyse the clip at `location` in sequence; a frame a step.

    An analysis that was begun is gone on with; one that does not reach the first frame is
    replaced.

    Args:
        analyst: Does it.
        location: Of the clip.
        bounds: First and last frame, both included; None is the end of the clip.
        opener: Opens the clip.

    Raises:
        PoseViewerError: The clip cannot be read or the network not loaded, or another analysis
            has taken the place of this one.
    """
    from poseviewer.video.source import Clip

    with opener(location) as clip:
        if not isinstance(clip, Clip):
            msg = f"{location} has no end; only a clip can be analysed from start to end."
            raise PoseViewerError(msg)
        start = bounds[0] or 0
        end = len(clip) - 1 if bounds[1] is None else bounds[1]
        countdown = Countdown(end - start + 1)
        yield countdown.at(0)
        analyst.begin(start, end, instead=True)
        first = analyst.course.next
        if first > end:
            yield countdown.at(end - start + 1)
            return
        try:
            for frame in clip.frames(first, end):
                analyst.result(frame)
                yield countdown.at(frame.index - start + 1)
        finally:
            analyst.finish()
