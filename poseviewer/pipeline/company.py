"""People from frame to frame: where to look, who is who, and who is in focus."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from poseviewer.pipeline.focus import Focus, regions_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from poseviewer.core.affine import Box
    from poseviewer.core.frame import Frame
    from poseviewer.core.result import FrameResult
    from poseviewer.core.stage import Request
    from poseviewer.pipeline.estimator import Estimator
    from poseviewer.pipeline.track import Tracker


class Follower(Protocol):
    """Says where to look: explicit state, reset at every seek."""

    def reset(self) -> None:
        """The next frame has nothing to do with the last one."""

    def regions(self, frame: Frame, estimator: Estimator, *, first: int = -1) -> Sequence[Box]:
        """What of `frame` to show the network, at least one region.

        Args:
            frame: The next frame.
            estimator: Glances where nobody is known.
            first: Number of the person whose region comes first, where that one is followed.
        """

    def update(self, result: FrameResult) -> None:
        """Learn from the result, in which people have numbers, where they went."""


class Company:
    """Where to look, who is who and who is in focus, from frame to frame.

    Args:
        follower: Says where to look.
        tracker: Numbers people.
        focus: Who comes first; the surest, for as long as possible, where None.
    """

    def __init__(self, follower: Follower, tracker: Tracker, *, focus: Focus | None = None) -> None:
        self._follower = follower
        self._tracker = tracker
        self.focus = focus or Focus()

    def reset(self) -> None:
        """The next frame has nothing to do with the last one."""
        self._follower.reset()
        self._tracker.reset()

    def look(
        self, frame: Frame, estimator: Estimator, request: Request, *, captured: float = 0.0
    ) -> FrameResult:
        """The raw result of `frame`, looked at where people are."""
        region, *others = self._follower.regions(frame, estimator, first=self.focus.now)
        return estimator.estimate(frame, region, request, others=others, captured=captured)

    def name(self, result: FrameResult) -> FrameResult:
        """A raw result with everybody's number, the person in focus first."""
        poses = self._tracker.apply(result.poses, frame=result.frame)
        return self.focus.turn(replace(result, poses=poses))

    def again(
        self, result: FrameResult, estimator: Estimator, request: Request, *, captured: float = 0.0
    ) -> FrameResult:
        """A named result once more, with maps that it lacks: the same regions, the same answer."""
        region, *others = regions_of(result)
        raw = estimator.estimate(result.frame, region, request, others=others, captured=captured)
        return replace(self.name(raw), angles=result.angles)

    def update(self, result: FrameResult) -> None:
        """Learn from a named result where people went."""
        self._follower.update(result)
