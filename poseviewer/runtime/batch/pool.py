"""Processes of this machine that do the tasks of a batch; one that dies is noticed and replaced."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from poseviewer.core.files import discard_exports, settle
from poseviewer.runtime.batch.task import Outcome, finished, outcome_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.connection import Connection
    from types import FrameType

    from poseviewer.runtime.batch.task import BatchTask

TRIES = 2
"""How often a clip is begun whose process dies."""

MEMORY = 700 << 20
"""Bytes that a process takes, about: interpreter, network and the frames at hand."""

_PATIENCE = 20.0
"""Seconds that a process has to clean up when it is asked to end."""

_MOST = 30 if sys.platform == "win32" else 1000
"""Processes at once; Windows waits for no more than 63 things, and each process is two."""

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def usual_jobs() -> int:
    """As many processes as the machine has cores for this one, and memory for."""
    return max(1, min(cores(), _free_memory() // MEMORY, _MOST))


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _free_memory() -> int:
    """Bytes of memory that are free; a great many where that cannot be known."""
    with suppress(OSError, ValueError, IndexError):
        for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) << 10
    return sys.maxsize


@dataclass(slots=True, eq=False)
class _Worker:
    """A process, and the task that it has."""

    process: Any
    pipe: Any
    task: BatchTask | None = None
    tries: int = 0


def in_processes(
    tasks: Sequence[BatchTask],
    work: Callable[[BatchTask], Outcome],
    *,
    jobs: int,
    threads: int = 1,
) -> Iterator[Outcome]:
    """The outcomes of all tasks, as they come; close it to stop the processes in order.

    Args:
        tasks: In the order in which they are begun.
        work: Does one, in a process of its own; found there by its name.
        jobs: Processes at once.
        threads: That libraries of numbers may use in each.
    """
    waiting = deque((task, 1) for task in tasks)
    workers: list[_Worker] = []
    try:
        while waiting or any(worker.task for worker in workers):
            while waiting and len(workers) < min(jobs, _MOST):
                workers.append(_started(work, threads))
            for worker in workers:
                if worker.task is None and waiting:
                    worker.task, worker.tries = waiting.popleft()
                    # One that has died is noticed below.
                    with suppress(OSError):
                        worker.pipe.send(worker.task)
            wait([one.pipe for one in workers] + [one.process.sentinel for one in workers])
            for worker in list(workers):
                outcome = _answer(worker)
                if outcome is None and worker.process.exitcode is not None:
                    workers.remove(worker)
                    worker.pipe.close()
                    _tidy()
                    if worker.task is not None and worker.tries < TRIES:
                        waiting.appendleft((worker.task, worker.tries + 1))
                    elif worker.task is not None:
                        outcome = died(worker.task, _how(worker.process.exitcode))
                if outcome is not None:
                    worker.task = None
                    yield outcome
    finally:
        _end(workers)


def _tidy() -> None:
    """Remove what a process that died has left half written."""
    for recording in settle():
        recording.release()


def died(task: BatchTask, how: str) -> Outcome:
    """The outcome of a task whose processes died; it is written, so that others know.

    One may have died when the task was done.
    """
    known = finished(task)
    if known is not None:
        return known
    text = f"The process that analysed {Path(task.location).name} died {TRIES} times ({how})."
    begun = outcome_of(task)
    outputs = begun.outputs if begun is not None else ()
    outcome = Outcome.of(task, state="failed", error=text, outputs=outputs)
    with suppress(Exception):
        outcome.write(task)
    return outcome


def _answer(worker: _Worker) -> Outcome | None:
    """What a process has sent; None where there is nothing."""
    with suppress(EOFError, OSError):
        if worker.pipe.poll():
            found: Outcome = worker.pipe.recv()
            return found
    return None


def _how(status: int) -> str:
    """What a process ended by."""
    if status >= 0:
        return f"exit status {status}"
    name = f"signal {-status}"
    with suppress(ValueError):
        name = signal.Signals(-status).name
    return f"{name}; perhaps memory ran out" if name == "SIGKILL" else name


def _started(work: Callable[[BatchTask], Outcome], threads: int) -> _Worker:
    # A copy of this process would share its threads' locks and what libraries have set up.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, work, threads), daemon=True)
    with _environment(threads):
        process.start()
    theirs.close()
    return _Worker(process, ours)


@contextmanager
def _environment(threads: int) -> Iterator[None]:
    """Have libraries of processes that are started within the block use so many threads."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, str(threads)))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _end(workers: list[_Worker]) -> None:
    """Let processes without a task go, and ask the others to clean up and end."""
    for worker in workers:
        if worker.task is not None:
            worker.process.terminate()
        worker.pipe.close()
    for worker in workers:
        worker.process.join(_PATIENCE)
        if worker.process.exitcode is None:
            worker.process.kill()
            worker.process.join()


class _Asked(BaseException):
    """The process is asked to end."""


def _serve(pipe: Connection, work: Callable[[BatchTask], Outcome], threads: int) -> None:
    """Do tasks as they come, until the pipe is closed; the whole of a process."""
    # Ctrl-C reaches every process of a terminal: the first of them says when to end.
    for number in (signal.SIGINT, getattr(signal, "SIGHUP", signal.SIGINT)):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _ask)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    import cv2

    cv2.setNumThreads(threads)
    with suppress(_Asked, EOFError, OSError):
        while True:
            pipe.send(work(pipe.recv()))
    discard_exports()
    with suppress(OSError):
        sys.stderr.flush()
    # An interpreter that ends takes as long as a short clip, and libraries' threads may not end.
    os._exit(0)


def _ask(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise _Asked


def _end_with_parent() -> None:
    """End this process when the one that started it is gone, however that ended."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
