"""The queue of exports: several may be asked for, one is written at a time."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.numbered import present
from poseviewer.runtime.job import CANCELLED, Job
from poseviewer.runtime.jobs import Progress, QueuedExport
from poseviewer.video.inputs import spare_inputs

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Sequence
    from threading import Thread

    from poseviewer.runtime.jobs import ExportJob, ExportStatus
    from poseviewer.runtime.store import Store

_REMEMBERED = 50
"""Exports that have ended and are still listed."""


@dataclass(slots=True, eq=False)
class _Work:
    """What the queue needs to write an export; dropped when it has ended."""

    steps: Generator[Progress, None, None]
    """Does nothing before it is asked for its first step."""

    job: Job | None = None
    """None before it has begun."""


class ExportQueue:
    """Owner of the exports of a session; `AppState.exports` lists them in their order.

    One that has begun holds the queue until it ends, paused or not: a person who pauses it wants
    the processor and the network free. Every method returns at once.

    Args:
        store: Holds the list.
        start: Starts a thread, unless the session is being closed.
        ended: Called with the topic of its notice and the last progress of every export.
    """

    def __init__(
        self,
        store: Store,
        *,
        start: Callable[[Thread], None],
        ended: Callable[[str, Progress], None],
    ) -> None:
        self._store, self._start, self._ended = store, start, ended
        self._work: dict[int, _Work] = {}
        self._asked = 0

    def add(
        self,
        job: ExportJob,
        steps: Generator[Progress, None, None],
        *,
        location: str,
        name: str,
    ) -> None:
        """Put an export at the end of the queue; it begins when those before it have ended.

        Args:
            job: What is written.
            steps: Writes it, and leaves nothing when it is closed early.
            location: What is read.
            name: Of the source, to list.

        Raises:
            PoseViewerError: It would replace what an export reads or writes that has not ended,
                or reads what such a one replaces.
        """
        outputs, inputs = outputs_of(job), inputs_of(job, location=location)
        with self._store:
            words = refusal(outputs, reads=location, others=inputs, queue=self._store.state.exports)
            if words:
                raise PoseViewerError(words)
            self._asked += 1
            entry = QueuedExport(self._asked, name, location, outputs, inputs)
            self._work[entry.number] = _Work(steps)
            self._set((*self._store.state.exports, entry))
            self._next()

    def pause(self, number: int | None = None) -> None:
        """Hold an export after the frame at hand; by default the one that is written."""
        with self._store:
            entry = self._entry(number)
            if entry is not None and entry.status in ("waiting", "running"):
                if (job := self._work[entry.number].job) is not None:
                    job.pause()
                self._update(entry.number, status="paused")

    def resume(self, number: int | None = None) -> None:
        """Go on with an export that was paused; by default the one that had begun."""
        with self._store:
            entry = self._entry(number)
            if entry is not None and entry.status == "paused":
                job = self._work[entry.number].job
                if job is not None:
                    job.resume()
                self._update(entry.number, status="waiting" if job is None else "running")
                self._next()

    def cancel(self, number: int | None = None) -> None:
        """Cancel an export; by default the one that is written. No file of it is left."""
        with self._store:
            entry = self._entry(number)
            if entry is None or not entry.pending:
                return
            if (job := self._work[entry.number].job) is not None:
                job.cancel()
            else:
                self._end(entry.number, _cancelled(entry))

    def remove(self, number: int) -> None:
        """Take an export off the list, cancelled where it has not ended."""
        self.cancel(number)
        with self._store:
            self._set(
                one for one in self._store.state.exports if one.number != number or one.pending
            )

    def clear(self) -> None:
        """Take all that have ended off the list."""
        with self._store:
            self._set(one for one in self._store.state.exports if one.pending)

    def move(self, number: int, *, earlier: bool) -> None:
        """Change places with the next export before or after it that has not begun either."""
        with self._store:
            exports = list(self._store.state.exports)
            waiting = [at for at, one in enumerate(exports) if self._unbegun(one)]
            numbers = [exports[at].number for at in waiting]
            if number not in numbers:
                return
            place = numbers.index(number)
            other = place - 1 if earlier else place + 1
            if 0 <= other < len(waiting):
                here, there = waiting[place], waiting[other]
                exports[here], exports[there] = exports[there], exports[here]
                self._set(exports)

    def finish(self) -> None:
        """Go on with everything that is paused."""
        for entry in self._store.state.exports:
            self.resume(entry.number)

    def close(self) -> None:
        """Cancel everything; what is being written ends on its own thread."""
        for entry in reversed(self._store.state.exports):
            self.cancel(entry.number)

    # Inside ---------------------------------------------------------------------------------

    def _unbegun(self, entry: QueuedExport) -> bool:
        return entry.pending and self._work[entry.number].job is None

    @property
    def _present(self) -> QueuedExport | None:
        """The export that has begun and has not ended."""
        return next(
            (e for e in self._store.state.exports if e.pending and not self._unbegun(e)), None
        )

    def _entry(self, number: int | None) -> QueuedExport | None:
        if number is None:
            return self._present
        return next((e for e in self._store.state.exports if e.number == number), None)

    def _next(self) -> None:
        """Begin the first export that waits, unless one has begun."""
        if self._present is not None:
            return
        entry = next((e for e in self._store.state.exports if e.status == "waiting"), None)
        if entry is None:
            return
        number = entry.number

        def report(progress: Progress) -> None:
            if progress.finished:
                self._end(number, progress)
            else:
                self._update(number, present=True, progress=progress)

        work = self._work[number]
        work.job = Job("export", work.steps, report=report)
        self._update(number, present=True, status="running", progress=entry.progress)
        self._start(work.job)

    def _end(self, number: int, progress: Progress) -> None:
        status: ExportStatus = "done"
        if progress.error is not None:
            status = "cancelled" if progress.cancelled else "failed"
        with self._store:
            begun = self._work.pop(number).job is not None
            self._update(number, present=begun, status=status, progress=progress)
            # What failed is not hidden by what is written after it.
            topic = f"export {number}" if status == "failed" else "export"
            self._ended(topic, progress)
            self._next()

    def _update(self, number: int, *, present: bool = False, **fields: Any) -> None:
        """Change fields of an entry; `present` says that it is the one that is written."""
        with self._store:
            self._set(
                replace(one, **fields) if one.number == number else one
                for one in self._store.state.exports
            )
            if present:
                self._store.change(export=fields["progress"])

    def _set(self, exports: Iterable[QueuedExport]) -> None:
        listed = list(exports)
        over = sum(not one.pending for one in listed) - _REMEMBERED
        for one in [one for one in listed if not one.pending][: max(over, 0)]:
            listed.remove(one)
        self._store.change(exports=tuple(listed))


def _cancelled(entry: QueuedExport) -> Progress:
    return replace(
        entry.progress,
        output=str(entry.output),
        finished=True,
        error=CANCELLED,
        cancelled=True,
        seconds_left=None,
    )


def outputs_of(job: ExportJob) -> tuple[Path, ...]:
    """Every file, folder and pattern of numbered pictures that a job writes, the video first.

    Raises:
        PoseViewerError: A kind of data is not known, or lacks what it needs.
    """
    from poseviewer.records.open import places

    picture = (job.output,) if job.picture else ()
    return (*picture, *places(job.data, beside=job.output))


def inputs_of(job: ExportJob, *, location: str) -> tuple[Path, ...]:
    """The files that a job reads besides its source: ground truth, poses, the clip beside.

    Args:
        job: What is written.
        location: Of its source, beside which ground truth may lie.
    """
    truth = job.truth
    if truth is None and job.look.truth:
        from poseviewer.truth.frames import beside

        truth = beside(Path(location))
    other = Path(job.beside.clip) if job.beside is not None and job.beside.clip else None
    return tuple(path for path in (truth, job.poses, other) if path is not None)


def existing(outputs: Iterable[Path]) -> tuple[Path, ...]:
    """Those of some outputs that are there already, and would be replaced."""
    return tuple(path for path in outputs if present(path))


def refusal(
    outputs: Sequence[Path],
    *,
    reads: str,
    queue: Iterable[QueuedExport],
    others: Sequence[Path] = (),
) -> str:
    """Why an export cannot join a queue, as a sentence; empty where it can.

    Args:
        outputs: What it writes, as `outputs_of` lists it.
        reads: The location of its source.
        queue: The exports that were asked for before.
        others: What it reads besides, as `inputs_of` lists it.
    """
    wanted = {os.path.realpath(path) for path in outputs}
    inputs = {os.path.realpath(reads), *(os.path.realpath(path) for path in others)}
    for entry in queue:
        if not entry.pending:
            continue
        for path in entry.outputs:
            place = os.path.realpath(path)
            if place in wanted:
                return f"Another export is to write {path.name}: give this one another name."
            if place in inputs:
                return (
                    f"Another export is to replace {path.name}, which this one reads: export it "
                    "when that has ended."
                )
        try:
            spare_inputs(outputs, source=entry.location, others=entry.inputs)
        except PoseViewerError as error:
            return f"Another export reads what this one would replace. {error}"
        try:
            spare_inputs(entry.outputs, source=reads, others=others)
        except PoseViewerError:
            return (
                f"The export of {entry.output.name} is to replace what this one reads: export it "
                "when that has ended."
            )
    return ""
