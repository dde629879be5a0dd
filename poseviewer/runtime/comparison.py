"""A second network on the frames of the first: loaded when it is looked at, gone when not."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock, Thread
from typing import TYPE_CHECKING

from poseviewer.core.affine import Box
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.stage import Request
from poseviewer.runtime.loading import model_info
from poseviewer.runtime.mailbox import Mailbox

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from poseviewer.core.result import FrameResult
    from poseviewer.pipeline.estimator import Estimator
    from poseviewer.runtime.loading import Loaded, Loader
    from poseviewer.runtime.state import Choices, ModelInfo

_PATIENCE = 2.0
"""Seconds that `close` waits for the thread."""


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


class Comparison:
    """Asks a second network about frames that the first has answered, the newest first.

    It has a thread of its own, so the first network waits for nothing.

    Args:
        loader: Loads networks, on the second network's thread.
        tell: Called from that thread when there is something new to see.
    """

    def __init__(self, loader: Loader, tell: Callable[[], None]) -> None:
        self._loader = loader
        self._tell = tell
        self._lock = Lock()
        self._thread: _Second | None = None
        self._ending: list[Thread] = []
        self._closed = False
        self.answer: Compared | None = None
        """The newest; None until there is one."""
        self.state = ""
        """What is being loaded, or why there is no answer; empty when all is well."""

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
            if self._closed:
                return
            if self._thread is None:
                self._thread = _Second(self._loader, self)
                self._thread.start()
            self._thread.mailbox.put(_Question(result, choices, stages))

    def stop(self) -> None:
        """Let the second network go; returns at once."""
        with self._lock:
            thread, self._thread = self._thread, None
            self.answer, self.state = None, ""
            if thread is not None:
                thread.mailbox.close()
                self._ending = [t for t in self._ending if t.is_alive()] + [thread]

    def close(self) -> None:
        """Stop for good, and wait until the thread has ended."""
        self.stop()
        with self._lock:
            self._closed = True
        for thread in self._ending:
            thread.join(_PATIENCE)

    def publish(
        self, thread: Thread, *, answer: Compared | None = None, state: str | None = None
    ) -> None:
        """Take what the thread has to say, unless another has taken its place."""
        with self._lock:
            if thread is not self._thread:
                return
            if state is not None:
                self.state = state
                self.answer = None
            if answer is not None:
                self.answer, self.state = answer, ""
        self._tell()


class _Second(Thread):
    """Owner of the second network, which ends with it."""

    def __init__(self, loader: Loader, owner: Comparison) -> None:
        # No daemon: an engine cannot be cut short without bringing the whole process down.
        super().__init__(name="poseviewer-comparison")
        self.mailbox: Mailbox[_Question] = Mailbox()
        self._loader = loader
        self._owner = owner
        self._tried: Hashable = None
        self._network: Loaded | None = None
        self._choices: Choices | None = None
        self._estimator: Estimator | None = None

    def run(self) -> None:
        """Answer questions until closed."""
        while not self.mailbox.closed:
            question = self.mailbox.take()
            if question is None:
                continue
            try:
                self._prepare(question.choices)
                self._answer(question)
            except PoseViewerError as error:
                self._owner.publish(self, state=str(error))
            except Exception as error:  # noqa: BLE001 - whatever an engine raises, the window lives on
                text = f"{question.choices.model} could not answer: {error}"
                self._owner.publish(self, state=text)

    def _prepare(self, choices: Choices) -> None:
        """Have the estimator that `choices` ask for; none where its network was refused."""
        wanted = choices.model, choices.engine, choices.device, choices.precision
        if wanted != self._tried:
            self._tried, self._choices = wanted, None
            self._network, self._estimator = None, None
            self._owner.publish(self, state=f"Loading {choices.model}")
            self._network = self._loader(choices)
        if self._network is not None and choices != self._choices:
            self._choices = choices
            self._estimator = self._network.estimator(choices)

    def _answer(self, question: _Question) -> None:
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
        self._owner.publish(self, answer=Compared(result, answer, *about))


def region_for(second: Estimator, first: FrameResult) -> Box:
    """What the second network is shown: what the first one saw, so that only they differ.

    One that looks for everybody sees the whole frame; after such a one a network for one person
    is shown the first person found.
    """
    from poseviewer.pipeline.region import around

    whole = Box.whole(first.frame.size)
    if second.everybody:
        return whole
    if first.parsings:
        poses = first.poses
        found = around(poses.xy[0], poses.score[0], skeleton=poses.skeleton) if len(poses) else None
        return found or whole
    return first.region
