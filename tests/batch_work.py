"""What processes of a batch run in tests: the real work with a network that finds dots.

As a program it is the command `poseviewer batch` with that work.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING

from poseviewer.cli import batch, batch_clip, main, options
from poseviewer.models import registry
from poseviewer.runtime.batch.task import Outcome
from tests.dots import CARD, Dots, loader

if TYPE_CHECKING:
    from poseviewer.runtime.batch.task import BatchTask
    from poseviewer.runtime.factories import Loaded
    from poseviewer.runtime.sections import NetworkState


def dots() -> None:
    """Make the network of dots the only one there is."""
    registry.card = lambda _: CARD
    options.load = load


def load(network: NetworkState, *, threads: int | None = None) -> Loaded:
    return loader(Dots(before=_killed))(network)


_fatal: list[Path] = []
"""Where it is noted that a clip has killed its process once."""


def _killed() -> None:
    for note in _fatal:
        note.touch()
        os.kill(os.getpid(), signal.SIGKILL)


def work(task: BatchTask) -> Outcome:
    """Do a task; a clip called `fatal` kills its process in its middle, once.

    Every other clip notes each time that it is done.
    """
    dots()
    folder = Path(task.folder)
    note = folder / "killed"
    batch_clip._loaded.__dict__.clear()
    if Path(task.location).stem == "fatal" and not note.exists():
        _fatal.append(note)
    outcome = batch_clip.work(task)
    with (folder / "times").open("a", encoding="utf-8", errors="backslashreplace") as times:
        times.write(f"{task.name} {outcome.skipped}\n")
    return outcome


def unhurried(task: BatchTask) -> Outcome:
    """Do a task slowly, all but the first clip for ever."""
    outcome = work(task)
    while Path(task.location).stem != "a":
        sleep(0.05)
    return outcome


def lethal(task: BatchTask) -> Outcome:
    """Die of a clip called `fatal`, and say that all others are done."""
    if task.name == "fatal":
        os._exit(7)
    return Outcome.of(task, state="done", frames=os.getpid())


def waiting(task: BatchTask) -> Outcome:
    """End with the first clip; wait with others until this process is asked to end."""
    while task.name != "a":
        sleep(0.05)
    return Outcome.of(task, state="done")


if __name__ == "__main__":
    # What is started in the background of a shell ignores it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    dots()
    # A module that is run as a program has another name in other processes.
    from tests import batch_work

    batch.work = batch_work.unhurried
    sys.argv[0] = "poseviewer"
    main.console()
