"""A second network on the frames of the first: loaded when it is looked at, gone when not."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from poseviewer.core.affine import Box
from poseviewer.core.stage import Request
from poseviewer.runtime.factories import model_info
from poseviewer.runtime.side_task import Aside, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from poseviewer.core.result import FrameResult
    from poseviewer.pipeline.estimate import Estimator
    from poseviewer.runtime.factories import Loaded, Loader
    from poseviewer.runtime.state import Choices, ModelInfo


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """What two networks say about one frame."""

    first: FrameResult

    second: FrameResult

    model: ModelInfo
    """The second network."""

    engine: str
    """What runs it."""


@dataclass(frozen=True, slots=True, eq=False)
class _Question:
    result: FrameResult
    choices: Choices
    stages: frozenset[int]


class Comparison(Aside[_Question]):
    """Asks a second network about frames that the first has answered, the newest first.

    It has a thread of its own, so the first network waits for nothing.

    Args:
        loader: Loads networks, on the second network's thread.
        tell: Called from that thread when there is something new to see.
    """

    def __init__(self, loader: Loader, tell: Callable[[], None]) -> None:
        super().__init__(tell)
        self._loader = loader
        self.answer: Compared | None = None
        """The newest; None until there is one."""

    def look(
        self, result: FrameResult, choices: Choices, *, stages: frozenset[int] = frozenset()
    ) -> None:
        """Have the second network answer for the frame of `result`, unless a newer one comes.

        Args:
            result: The first network's answer.
            choices: Those of the second: its model, and how it is read.
            stages: Of the second network, whose maps are wanted.
        """
        with self._lock:
            self._ask(_Question(result, choices, stages))

    def stop(self) -> None:
        """Let the second network go; returns at once."""
        with self._lock:
            self._let_go()

    def show(self, answer: Compared | None, *, state: str = "") -> None:
        """Write down what the thread has to say, see `publish`."""
        self.answer, self.state = answer, state

    def _worker(self) -> _Second:
        return _Second(self._loader, self)

    def _forget(self) -> None:
        self.answer = None


class _Second(Worker[_Question]):
    """Owner of the second network."""

    def __init__(self, loader: Loader, owner: Comparison) -> None:
        super().__init__("poseviewer-comparison")
        self._loader = loader
        self._owner = owner
        self._tried: Hashable = None
        self._network: Loaded | None = None
        self._choices: Choices | None = None
        self._estimator: Estimator | None = None

    def say(self, state: str) -> None:
        self._owner.publish(self, partial(self._owner.show, None, state=state))

    def excuse(self, question: _Question, error: Exception) -> str:
        return f"{question.choices.model} could not answer: {error}"

    def answer(self, question: _Question) -> None:
        self._prepare(question.choices)
        self._compare(question)

    def _prepare(self, choices: Choices) -> None:
        """Have the estimator that `choices` ask for; none where its network was refused."""
        wanted = choices.model, choices.engine, choices.device, choices.precision
        if wanted != self._tried:
            self._tried, self._choices = wanted, None
            self._network, self._estimator = None, None
            self.say(f"Loading {choices.model}")
            self._network = self._loader(choices)
        if self._network is not None and choices != self._choices:
            self._choices = choices
            self._estimator = self._network.estimator(choices)

    def _compare(self, question: _Question) -> None:
        if self._estimator is None or self._network is None:
            return
        result = question.result
        answer = self._estimator.estimate(
            result.frame,
            region_for(self._estimator, result),
            Request(result.generation, question.stages),
            others=result.others,
        )
        about = model_info(self._network.card), self._network.label
        self._owner.publish(self, partial(self._owner.show, Compared(result, answer, *about)))


def region_for(second: Estimator, first: FrameResult) -> Box:
    """What the second network is shown: what the first one saw, so that only they differ.

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
