"""A second network on the frames of the first, loaded only while it is compared.

The second may be the first on a spoilt frame: what if there were less light?
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from poseviewer.core.affine import Box
from poseviewer.core.spoil import Spoils
from poseviewer.core.stage import Request
from poseviewer.runtime.factories import model_info
from poseviewer.runtime.side_task import SideTask, Worker

if TYPE_CHECKING:
    from collections.abc import Callable

    from poseviewer.core.frame import Frame
    from poseviewer.core.result import FrameResult
    from poseviewer.pipeline.estimate import Estimator
    from poseviewer.runtime.factories import Loaded, Loader
    from poseviewer.runtime.sections import NetworkState, ReadingState
    from poseviewer.runtime.state import ModelInfo


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """The answers of two networks for one frame."""

    first: FrameResult

    second: FrameResult

    model: ModelInfo
    """The second network."""

    engine: str
    """What runs it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Request:
    result: FrameResult
    network: NetworkState
    reading: ReadingState
    stages: frozenset[int]
    spoils: Spoils


class Comparison(SideTask[_Request]):
    """Runs a second network on frames that the first has answered, the newest first.

    It has a thread of its own, so the first network waits for nothing.

    Args:
        loader: Loads networks, on the second network's thread.
        notify: Called from that thread when there is something new to see.
    """

    def __init__(self, loader: Loader, notify: Callable[[], None]) -> None:
        super().__init__(notify)
        self._loader = loader
        self.answer: Compared | None = None
        """The newest; None until there is one."""

    def look(
        self,
        result: FrameResult,
        network: NetworkState,
        reading: ReadingState,
        *,
        stages: frozenset[int] = frozenset(),
        spoils: Spoils = Spoils(),  # noqa: B008 - it is frozen
    ) -> None:
        """Request the second network's answer for the frame of `result`.

        Args:
            result: The first network's answer.
            network: The second network.
            reading: How it is read.
            stages: Of the second network, whose maps are wanted.
            spoils: What is done to the frame before the second network sees it.
        """
        with self._lock:
            self._turn_to(network)
            self._ask(_Request(result, network, reading, stages, spoils))

    def stop(self) -> None:
        """Release the second network; returns at once."""
        with self._lock:
            self._release()

    def show(self, answer: Compared | None, *, state: str = "") -> None:
        """Store an answer of the thread; see `publish`."""
        self.answer, self.state = answer, state

    def _worker(self) -> _Second:
        return _Second(self._loader, self)

    def _forget(self) -> None:
        self.answer = None


class _Second(Worker[_Request]):
    """The thread that runs the second network."""

    def __init__(self, loader: Loader, owner: Comparison) -> None:
        super().__init__("poseviewer-comparison")
        self._loader = loader
        self._owner = owner
        self._tried = False
        self._network: Loaded | None = None
        self._reading: ReadingState | None = None
        self._estimator: Estimator | None = None

    def say(self, state: str) -> None:
        self._owner.publish(self, partial(self._owner.show, None, state=state))

    def failure(self, request: _Request, error: Exception) -> str:
        return f"{request.network.model} could not answer: {error}"

    def release(self) -> None:
        self._network = self._estimator = None

    def answer(self, request: _Request) -> None:
        self._prepare(request.network, request.reading)
        self._compare(request)

    def _prepare(self, network: NetworkState, reading: ReadingState) -> None:
        """Make the estimator of the request; none where the network was refused."""
        if not self._tried:
            self._tried = True
            self.say(f"Loading {network.model}")
            self._network = self._loader(network)
        if self._network is not None and reading != self._reading:
            self._reading = reading
            self._estimator = self._network.estimator(reading)

    def _compare(self, request: _Request) -> None:
        if self._estimator is None or self._network is None:
            return
        result = request.result
        region = region_for(self._estimator, result)
        answer = self._estimator.estimate(
            _spoilt(result, region, request.spoils) if request.spoils else result.frame,
            region,
            Request(result.generation, request.stages),
            others=result.others,
        )
        about = model_info(self._network.card), self._network.label
        self._owner.publish(self, partial(self._owner.show, Compared(result, answer, *about)))


def _spoilt(result: FrameResult, region: Box, spoils: Spoils) -> Frame:
    from poseviewer.mannequin.cutout import cutout
    from poseviewer.pipeline.spoil import spoilt

    return spoilt(result.frame, region, spoils, people=result.poses, second=cutout)


def region_for(second: Estimator, first: FrameResult) -> Box:
    """The region for the second network: that of the first, so that only the networks differ.

    One that looks for everybody sees the whole frame; after such a one a network for one person
    is shown the first person found.
    """
    from poseviewer.pipeline.follow_person import around

    whole = Box.whole(first.frame.size)
    if second.everybody:
        return whole
    if first.parsings:
        poses = first.poses
        found = around(poses.xy[0], poses.score[0], skeleton=poses.skeleton) if len(poses) else None
        return found or whole
    return first.region
