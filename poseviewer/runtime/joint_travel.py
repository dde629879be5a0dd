"""Where a joint was in every frame that was analysed, found beside everything else."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from time import perf_counter, sleep
from typing import TYPE_CHECKING
from weakref import ref

import numpy as np

from poseviewer.core.filters import filtered
from poseviewer.core.reading import reason
from poseviewer.core.series import gap_limit
from poseviewer.core.travel import path_length, scale_by_height, speeds
from poseviewer.runtime.history import NOTHING
from poseviewer.runtime.side_task import SideTask, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from poseviewer.core.filters import Filter
    from poseviewer.core.pose import Poses
    from poseviewer.core.result import FrameResult
    from poseviewer.runtime.clip_results import ClipResults
    from poseviewer.runtime.state import AppState

_REST = 2.0
"""Seconds of rest for each second of work, so that an analysis that runs is not slowed down."""


@dataclass(frozen=True, slots=True, eq=False)
class JointTravel:
    """A joint of the person in focus over n frames."""

    joint: str
    """Name as in the skeleton."""
    index: NDArray[np.int64]
    """(n,) numbers of the frames, rising."""
    seconds: NDArray[np.float64]
    """(n,) as in the history of angles."""
    xy: NDArray[np.float64]
    """(n, 2) frame pixels of the raw joint; NaN where it is not surely seen."""
    scale: float | None
    """Metres per pixel; None where unknown."""

    @property
    def title(self) -> str:
        """What a person calls the joint."""
        return self.joint.replace("_", " ")

    @property
    def unit(self) -> str:
        """`m` or `px`."""
        return "px" if self.scale is None else "m"

    def places(self, by: Filter) -> NDArray[np.float64]:
        """(n, 2) after a filter, in `unit` from the top left of the frame, y down."""
        smooth = [filtered(self.seconds, self.xy[:, axis], by=by) for axis in (0, 1)]
        return np.stack(smooth, axis=1) * (self.scale or 1.0)

    def speed(self, by: Filter) -> NDArray[np.float64]:
        """(n,) `unit` a second of the places after a filter; NaN where there is none."""
        return speeds(self.seconds, self.places(by), limit=self.limit)

    def length(self, by: Filter, *, first: int, last: int) -> float:
        """The length of the path from a frame to a frame, both included, in `unit`."""
        inside = (self.index >= first) & (self.index <= last)
        return path_length(self.seconds[inside], self.places(by)[inside], limit=self.limit)

    @property
    def limit(self) -> float:
        """Seconds beyond which a step is a gap."""
        return gap_limit(self.seconds, self.index)


@dataclass(frozen=True, slots=True, eq=False)
class TravelRequest:
    """What is to be found."""

    results: Callable[[], Mapping[int, FrameResult]]
    """Gives what was found, by frame; of a long clip that takes a moment, so the thread asks."""
    times: NDArray[np.float64] | None
    """Seconds of each frame of a clip; None for a feed."""
    joint: str
    focus: int | None
    locked: bool
    gate: float
    scale: float | None
    height: float


class TravelFinder(SideTask[TravelRequest]):
    """Finds the places of a joint on a thread of its own.

    Args:
        notify: Called from that thread when there is something new to see.
    """

    def __init__(self, notify: Callable[[], None]) -> None:
        super().__init__(notify)
        self._asked: object = None
        self._busy = False
        self._answer: JointTravel | None = None

    def look(self, results: ClipResults, state: AppState) -> JointTravel | None:
        """The joint that is chosen in all frames, as far as found; what is new comes next.

        Args:
            results: Of the network.
            state: With the choices.

        Returns:
            None where no joint is chosen, and before it is found.
        """
        history, angles, people = results.history, state.angles, state.people
        known = state.annotations.calibration
        scale = None if known is None else known.metres_per_pixel
        # Another one whenever there is a new result, or another correction.
        there = NOTHING if history is None else history.slice()
        asked = (
            angles.joint, angles.height, people.focus, people.locked,
            state.reading.gate, scale,
        )  # fmt: skip
        with self._lock:
            self._turn_to((ref(results), angles.joint, people.focus, people.locked))
            if there is NOTHING or not angles.joint:
                self._release()
                return None
            # While frames come, one request at a time: gathering the results takes a moment.
            if not self._busy and self._asked != (asked, there):
                self._asked, self._busy = (asked, there), True
                live = state.source is None or state.source.live
                times = None if live or state.source is None else state.source.times
                self._ask(
                    TravelRequest(
                        results.plotted, times, angles.joint, people.focus, people.locked,
                        state.reading.gate, scale, angles.height,
                    )
                )  # fmt: skip
            return self._answer

    def show(self, answer: JointTravel | None, *, state: str = "") -> None:
        """Store an answer of the thread; see `publish`."""
        self._answer, self.state, self._busy = answer, state, False

    def _worker(self) -> _Finding:
        return _Finding(self)

    def _forget(self) -> None:
        self._asked, self._answer, self._busy = None, None, False


class _Finding(Worker[TravelRequest]):
    """The thread that finds."""

    def __init__(self, owner: TravelFinder) -> None:
        super().__init__("poseviewer-travel")
        self._owner = owner

    def answer(self, request: TravelRequest) -> None:
        start = perf_counter()
        found = travel_of(request)
        self._owner.publish(self, partial(self._owner.show, found))
        sleep(min(_REST * (perf_counter() - start), 5.0))

    def say(self, state: str) -> None:
        self._owner.publish(self, partial(self._owner.show, None, state=state))

    def failure(self, request: TravelRequest, error: Exception) -> str:
        return f"The path of the {request.joint} cannot be found: {reason(error)}."

    def release(self) -> None:
        """Nothing is held."""


def travel_of(request: TravelRequest) -> JointTravel:
    """Where a joint was in all results, with the scale that is known."""
    rows = []
    for index, result in sorted(request.results().items()):
        poses, row = result.poses, row_of(result.poses, request.focus, locked=request.locked)
        at = result.frame.time.seconds if request.times is None else float(request.times[index])
        rows.append((index, at, poses, row))
    xy = np.full((len(rows), 2), np.nan)
    seen: list[tuple[Poses, int]] = []
    for number, (_, _, poses, row) in enumerate(rows):
        if row is None:
            continue
        seen.append((poses, row))
        skeleton = poses.skeleton
        if skeleton.has(request.joint):
            joint = skeleton.index(request.joint)
            if poses.sure(request.gate)[row, joint]:
                xy[number] = poses.xy[row, joint]
    scale = request.scale
    if scale is None and request.height and seen:
        scale = scale_by_height(
            seen[0][0].skeleton,
            np.stack([poses.xy[row] for poses, row in seen]),
            np.stack([poses.score[row] for poses, row in seen]),
            gate=request.gate,
            height=request.height,
        )
    return JointTravel(
        request.joint,
        np.array([index for index, *_ in rows], np.int64),
        np.array([at for _, at, *_ in rows], np.float64),
        xy,
        scale,
    )


def row_of(poses: Poses, focus: int | None, *, locked: bool) -> int | None:
    """The row of the person whose angles are shown; see `AngleHistory.follow`."""
    first = 0 if len(poses) else None
    if focus is None:
        return first
    there = np.flatnonzero(poses.track == focus)
    return int(there[0]) if len(there) else None if locked else first
