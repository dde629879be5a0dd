"""Long work on a thread of its own: a generator of progress that can be paused and cancelled."""

from __future__ import annotations

from dataclasses import replace
from threading import Event, Thread
from time import perf_counter
from typing import TYPE_CHECKING

from poseviewer.core.errors import PoseViewerError
from poseviewer.runtime.jobs import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

CANCELLED = "Cancelled; nothing was written."

_PERIOD = 0.1
"""Seconds between reports: a window needs no more."""


class Job(Thread):
    """A generator of `Progress` run to its end, or closed early.

    Args:
        name: What it does, for the name of the thread.
        work: Cleans up after itself when it is closed.
        report: Called with how far it is; the last report is `finished`.
        cancelled: What to say when it was closed early.
        brief: It takes a moment and is finished even when the session is closed.
    """

    def __init__(
        self,
        name: str,
        work: Generator[Progress, None, None],
        *,
        report: Callable[[Progress], None],
        cancelled: str = CANCELLED,
        brief: bool = False,
    ) -> None:
        super().__init__(name=f"poseviewer-{name}", daemon=True)
        self.brief = brief
        self._work = work
        self._report = report
        self._words = cancelled
        self._cancelled = Event()
        self._ended = Event()
        self._going = Event()
        self._going.set()
        self._paused = 0.0
        """Seconds that it has been paused."""

    @property
    def running(self) -> bool:
        """Whether it was started and has not yet reported its end."""
        return self.is_alive() and not self._ended.is_set()

    def cancel(self) -> None:
        """Close the work after the step at hand, paused or not; returns at once."""
        self._cancelled.set()
        self._going.set()

    def pause(self) -> None:
        """Hold the work after the step at hand until `resume`; returns at once."""
        self._going.clear()

    def resume(self) -> None:
        """Go on after `pause`."""
        self._going.set()

    def run(self) -> None:
        """Do the work."""
        last, due = Progress(0, 0), 0.0
        error: str | None = None
        try:
            for last in self._work:
                shown = self._without_pauses(last)
                self._hold(shown)
                if self._cancelled.is_set() and not last.finished:
                    error = self._words
                    break
                if perf_counter() >= due and not last.finished:
                    due = perf_counter() + _PERIOD
                    self._report(shown)
        except PoseViewerError as failure:
            error = str(failure)
        except Exception as failure:  # noqa: BLE001 - a codec's surprise must reach the person too
            error = f"Something went wrong: {failure}"
        finally:
            self._work.close()
        cancelled = error is self._words and error is not None
        self._ended.set()
        self._report(
            replace(last, finished=True, error=error, seconds_left=None, cancelled=cancelled)
        )

    def _hold(self, last: Progress) -> None:
        """Wait while paused."""
        if self._going.is_set() or last.finished:
            return
        since = perf_counter()
        self._report(replace(last, seconds_left=None))
        self._going.wait()
        self._paused += perf_counter() - since

    def _without_pauses(self, progress: Progress) -> Progress:
        """The progress with the time left that it would have had without the pauses."""
        left, done = progress.seconds_left, progress.done
        if left is None or not self._paused:
            return progress
        slept = self._paused / done * (progress.total - done)
        return replace(progress, seconds_left=max(left - slept, 0.0))


class Countdown:
    """Progress of steps that take about equally long."""

    def __init__(self, total: int, *, output: str = "") -> None:
        self._total = total
        self._output = output
        self._start = perf_counter()

    def at(self, done: int) -> Progress:
        """The progress after `done` steps; no time left in the first tenth of a second."""
        spent = perf_counter() - self._start
        left = spent / done * (self._total - done) if done and spent > 0.1 else None
        finished = done >= self._total
        return Progress(done, self._total, left, finished=finished, output=self._output)
