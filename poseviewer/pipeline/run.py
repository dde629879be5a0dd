"""The loop over a clip that commands, the API and the tests share: the sequential analysis."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.correction import NONE
from poseviewer.core.pose import Mark
from poseviewer.core.stage import Request
from poseviewer.pipeline.angles import Goniometer
from poseviewer.pipeline.follow import SequentialEstimator, in_focus, with_maps
from poseviewer.pipeline.track import Tracker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from poseviewer.core.correction import Corrections
    from poseviewer.core.frame import Frame
    from poseviewer.core.pose import Poses
    from poseviewer.core.result import FrameResult
    from poseviewer.pipeline.estimate import Estimator
    from poseviewer.pipeline.follow import Follower
    from poseviewer.pipeline.smooth import PoseFilter
    from poseviewer.video.source import Clip

POSES_ONLY = Request(stages=frozenset())


def run(
    clip: Clip,
    estimator: Estimator,
    follower: Follower,
    *,
    request: Request = POSES_ONLY,
    start: int = 0,
    end: int | None = None,
    frames: Iterable[Frame] | None = None,
    goniometer: Goniometer | None = None,
    smoother: PoseFilter | None = None,
    focus: int | None = None,
    corrections: Corrections = NONE,
    track_window: float = 0.0,
) -> Iterator[tuple[Frame, FrameResult]]:
    """Analyse every frame from `start` to `end` (both included) in sequence.

    People are followed and numbered from 0 as they appear. Close the generator to stop early.
    `captured` of a result is when its frame began to be decoded.

    Args:
        clip: Where frames come from.
        estimator: The network with its decoder.
        follower: Chooses regions.
        request: Which maps are wanted.
        start: First frame.
        end: Last frame; None for the clip's last.
        frames: Those of the clip that are wanted, in order, where they are read elsewhere.
        goniometer: Measures the angles; with its defaults where None.
        smoother: Filters the joints that are drawn; none where None.
        focus: Number of the person to put first; the most confident one where None.
        corrections: What a person has put right in the clip.
        track_window: As `Tracker` takes it.

    Raises:
        IndexError: A bound lies outside the clip.
        PoseViewerError: The clip cannot be read there.
    """
    sequence = SequentialEstimator(estimator, follower, Tracker(window=track_window))
    sequence.reset()
    measurer = goniometer or Goniometer()
    measurer.reset()
    if smoother is not None:
        smoother.reset()
    captured = perf_counter()
    for frame in clip.frames(start, end) if frames is None else frames:
        result = sequence.estimate(frame, request, captured=captured)
        sequence.update(result)
        result = in_focus(measured(corrections.apply(result), measurer, smoother), focus)
        if not result.meets(request):
            result = with_maps(result, estimator, request, captured=captured)
        yield frame, result
        captured = perf_counter()


def measured(
    result: FrameResult, goniometer: Goniometer, smoother: PoseFilter | None
) -> FrameResult:
    """A result of a sequence, in the order of time, with its angles and smoothed joints."""
    result = goniometer.measured(result)
    if smoother is None:
        return replace(result, smoothed=None, smoothing="")
    smoothed = smoother.apply(result.poses, seconds=result.frame.time.seconds)
    return replace(
        result, smoothed=placed(smoothed, result.poses), smoothing=smoother.settings.title
    )


_PLACED = (Mark.MOVED, Mark.INTERPOLATED, Mark.ACCEPTED, Mark.OCCLUDED)


def placed(smoothed: Poses, raw: Poses) -> Poses:
    """Smoothed poses in which what a person has placed is drawn where it was placed."""
    if raw.corrected is None:
        return smoothed
    there = np.isin(raw.corrected, _PLACED)[..., None]
    return replace(smoothed, xy=np.where(there, raw.xy, smoothed.xy))
