"""How long tests wait for other threads and processes: for what comes, however busy the machine."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONG = 120.0
"""Seconds: no test waits so long unless something is broken."""


def until(
    holds: Callable[[], object], *, news: threading.Condition | None = None, every: float = 0.01
) -> bool:
    """Whether `holds` gives something true before `LONG` is over.

    Args:
        holds: Called with `news` acquired.
        news: Notified when `holds` may have changed. What is not announced, such as the end of a
            thread, is looked at all the same.
        every: Seconds from one look to the next.
    """
    late, changed = time.monotonic() + LONG, news or threading.Condition()
    with changed:
        while not holds():
            if time.monotonic() > late:
                return False
            changed.wait(every)
    return True


@contextmanager
def no_new_threads() -> Iterator[None]:
    """Wait for the threads that start inside to end; one that does not is an AssertionError.

    One that is in its first import of a large library outlives the time that closing waits.
    """
    before = set(threading.enumerate())
    yield
    left = set(threading.enumerate()) - before
    for thread in left:
        thread.join(LONG)
    alive = [thread for thread in left if thread.is_alive()]
    assert not alive, f"threads left behind: {alive}"
