"""The one loop over a clip that export, `run`, `analyse` and the tests share."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from poseviewer.core.stage import Request
from poseviewer.pipeline.follow import Company
from poseviewer.pipeline.track import Tracker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from poseviewer.core.frame import Frame
    from poseviewer.core.result import FrameResult
    from poseviewer.pipeline.angles import Goniometer
    from poseviewer.pipeline.estimate import Estimator
    from poseviewer.pipeline.follow import Follower
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
    known: Callable[[Frame], FrameResult | None] | None = None,
    goniometer: Goniometer | None = None,
    tracker: Tracker | None = None,
    focus: int | None = None,
) -> Iterator[tuple[Frame, FrameResult]]:
    """Every frame from `start` to `end` (both included) with what the network says about it.

    Follower, goniometer and tracker start anew. Close the generator to stop early. `captured`
    of a result is when its frame began to be decoded.

    Args:
        clip: Where frames come from.
        estimator: What looks at them.
        follower: Says where it looks.
        request: Which maps are wanted.
        start: First frame.
        end: Last frame; None for the clip's last.
        known: Gives a result that is known already, to be used instead of a new one.
        goniometer: Measures more than the estimator's own angles.
        tracker: Numbers people; one of the loop's own where None.
        focus: Number of the person who comes first; the surest where None.

    Raises:
        IndexError: A bound lies outside the clip.
        PoseViewerError: The clip cannot be read there.
    """
    company = Company(follower, tracker or Tracker())
    company.focus.picked = focus
    company.reset()
    if goniometer is not None:
        goniometer.reset()
    captured = perf_counter()
    for frame in clip.frames(start, end):
        old = result = known(frame) if known is not None else None
        if result is None:
            result = company.look(frame, estimator, request, captured=captured)
        result = company.name(result)
        if result.others and request != POSES_ONLY and not result.stages:
            # The maps were another person's.
            result = company.again(result, estimator, request, captured=captured)
        company.update(result)
        if goniometer is not None:
            result = goniometer.measured(result, known=old is not None)
        yield frame, result
        captured = perf_counter()
