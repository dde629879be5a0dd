"""Published networks for the window: what there is, and one at a time fetched on a thread."""

from __future__ import annotations

import os
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from poseviewer.core.address import redacted
from poseviewer.runtime.job import Job
from poseviewer.runtime.jobs import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from threading import Thread

    from poseviewer.runtime.store import Store

_CANCELLED = "Cancelled; what has come stays, and getting the network again goes on from there."


@dataclass(frozen=True, slots=True)
class Offer:
    """A network that can be fetched, for the window."""

    name: str
    title: str
    licence: str
    size: int
    """Bytes, as near as it is known."""

    source: str
    """Address of the file."""

    here: bool
    """Whether it can run already."""


def chosen_mirror() -> str:
    """The mirror of the environment, to be shown; empty where it names none."""
    from poseviewer.models.getting import MIRROR

    return redacted(os.environ.get(MIRROR, ""))


def offers() -> tuple[Offer, ...]:
    """Every network that can be fetched."""
    from poseviewer.models.catalogue import catalogue

    return tuple(
        Offer(one.name, one.title, one.licence, one.bytes, one.source, one.here)
        for one in catalogue()
    )


def get_steps(name: str, *, mirror: str = "") -> Generator[Progress, None, None]:
    """Make a network of the catalogue ready to run; progress is in bytes.

    Raises:
        PoseViewerError: It cannot be had; a sentence says why.
    """
    from poseviewer.models.catalogue import entry
    from poseviewer.models.getting import get

    began, first, done, total = perf_counter(), None, 0, 0
    for done, total in get(entry(name), mirror=mirror):
        first = done if first is None else first
        spent = perf_counter() - began
        rate = (done - first) / spent if spent > 1 else 0.0
        yield Progress(done, total, (total - done) / rate if rate else None, output=name)
    yield Progress(done, total, finished=True, output=name)


class ModelGetter:
    """Fetches a network at a time; every method returns at once.

    Args:
        store: Shows at the end what became of it.
        start: Runs the thread.
        listed: Called from that thread when there is one network more.
    """

    def __init__(
        self, store: Store, *, start: Callable[[Thread], object], listed: Callable[[], object]
    ) -> None:
        self._store, self._start, self._listed = store, start, listed
        self._job: Job | None = None
        self._listener: Callable[[Progress], object] | None = None

    def offers(self) -> tuple[Offer, ...]:
        """Every network that can be fetched."""
        return offers()

    @property
    def running(self) -> bool:
        """Whether a network is being fetched."""
        return self._job is not None and self._job.running

    def watch(self, listener: Callable[[Progress], object] | None) -> None:
        """Set what is called, from another thread, with how far it is and how it ended."""
        self._listener = listener

    def get(self, name: str, *, mirror: str = "") -> None:
        """Fetch a network, unless one is being fetched.

        Args:
            name: As `offers` lists it.
            mirror: Where from, unless POSEVIEWER_MIRROR says it; empty for its authors.
        """
        if self.running:
            return
        steps = get_steps(name, mirror=mirror)
        self._job = Job("getting", steps, report=self._report, cancelled=_CANCELLED)
        self._start(self._job)

    def cancel(self) -> None:
        """Stop; what has come stays."""
        if self._job is not None:
            self._job.cancel()

    def _report(self, progress: Progress) -> None:
        if progress.finished and progress.error is None:
            self._listed()
            self._store.notice("info", f"Got the network {progress.output}.", topic="getting")
        elif progress.finished and not progress.cancelled:
            self._store.notice("error", progress.error or "", topic="getting")
        listener = self._listener
        if listener is not None:
            listener(progress)
