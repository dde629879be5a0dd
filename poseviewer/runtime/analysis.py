"""The sequential analysis: every frame of a clip in order, into the store of results."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError
from poseviewer.pipeline.follow import SequentialEstimator, with_maps
from poseviewer.pipeline.run import POSES_ONLY
from poseviewer.runtime.factories import follower, model_info
from poseviewer.runtime.job import Countdown

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from poseviewer.core.frame import Frame
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import Request
    from poseviewer.pipeline.estimate import Estimator
    from poseviewer.runtime.clip_results import ClipResults, Course
    from poseviewer.runtime.factories import Loaded, Loader
    from poseviewer.runtime.source_thread import Opener
    from poseviewer.runtime.state import AppState, ModelInfo, Progress


class Analyst:
    """Continues the sequential analysis of a clip; several may do so, in turn.

    Used by one thread, which loads a network of its own where there is something to estimate.

    Args:
        results: Where the analysis is stored.
        state: The choices.
        loader: Loads the network.
        changed: Called with `results` and the number of every frame that is new there.
    """

    def __init__(
        self,
        results: ClipResults,
        state: AppState,
        *,
        loader: Loader,
        changed: Callable[[ClipResults, int], None],
    ) -> None:
        self._results, self._state = results, state
        self._loader, self._changed = loader, changed
        self._course: Course | None = None
        self._loaded: tuple[Loaded, Estimator] | None = None

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
        return self._results.model or model_info(self._ready()[0].card)

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
        network, estimator = self._ready()
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
                model=model_info(network.card),
                engine=network.label,
                course=course,
            )
            course.next = frame.index + 1
            self._results.save(course, engine=network.label)
        self._changed(self._results, frame.index)
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

    def _ready(self) -> tuple[Loaded, Estimator]:
        if self._loaded is None:
            network = self._loader(self._state.network)
            self._loaded = network, network.estimator(self._state.reading)
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
