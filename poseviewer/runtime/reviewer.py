"""Looks through an analysis for what is worth a look, beside everything else."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from time import perf_counter, sleep
from typing import TYPE_CHECKING
from weakref import ref

from poseviewer.core.reading import reason
from poseviewer.runtime.history import NOTHING
from poseviewer.runtime.review import courses, findings
from poseviewer.runtime.side_task import SideTask, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from poseviewer.core.result import FrameResult
    from poseviewer.runtime.clip_results import ClipResults
    from poseviewer.runtime.review import Finding

_REST = 2.0
"""Seconds of rest for each second of work, so that an analysis that runs is not slowed down."""


@dataclass(frozen=True, slots=True, eq=False)
class ReviewRequest:
    """What is to be looked through."""

    results: Mapping[int, FrameResult]
    """Of a sequential analysis, by frame."""


class Reviewer(SideTask[ReviewRequest]):
    """Looks through results on a thread of its own.

    Args:
        notify: Called from that thread when there is something new to see.
    """

    def __init__(self, notify: Callable[[], None]) -> None:
        super().__init__(notify)
        self._asked: object = None
        self._answer: tuple[Finding, ...] | None = None

    def look(self, results: ClipResults) -> tuple[Finding, ...] | None:
        """The newest findings in a sequential analysis; what has changed is looked at next.

        Args:
            results: Of the network.

        Returns:
            The worst first; None before the first look, and where there is no analysis.
        """
        history = results.history
        # Another one whenever there is a new result, or another correction.
        key = NOTHING if history is None or not results.analysed else history.slice()
        with self._lock:
            self._turn_to(ref(results))
            if key is NOTHING:
                self._release()
                return None
            if key is not self._asked:
                self._asked = key
                self._ask(ReviewRequest(results.plotted()))
            return self._answer

    def show(self, answer: tuple[Finding, ...] | None, *, state: str = "") -> None:
        """Store an answer of the thread; see `publish`."""
        self._answer, self.state = answer, state

    def _worker(self) -> _Looking:
        return _Looking(self)

    def _forget(self) -> None:
        self._asked, self._answer = None, None


class _Looking(Worker[ReviewRequest]):
    """The thread that looks."""

    def __init__(self, owner: Reviewer) -> None:
        super().__init__("poseviewer-review")
        self._owner = owner

    def answer(self, request: ReviewRequest) -> None:
        start = perf_counter()
        found = findings(courses(result for _, result in sorted(request.results.items())))
        self._owner.publish(self, partial(self._owner.show, found))
        sleep(min(_REST * (perf_counter() - start), 5.0))

    def say(self, state: str) -> None:
        self._owner.publish(self, partial(self._owner.show, None, state=state))

    def failure(self, request: ReviewRequest, error: Exception) -> str:  # noqa: ARG002
        return f"The results cannot be looked through: {reason(error)}."

    def release(self) -> None:
        """Nothing is held."""
