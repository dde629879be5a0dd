"""Requests to end (Ctrl-C, SIGTERM, SIGHUP) as one exception, so that all clean up alike."""

from __future__ import annotations

import _thread
import signal
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from poseviewer.core.interrupt import SIGNALS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

IMPORTING = "<frozen importlib._bootstrap>"
"""The file of Python's own functions that import."""

RETRY = 0.02
"""Seconds after which a request that came during an import is made again."""


class Stopped(KeyboardInterrupt):
    """A request to end; `number` is the signal's."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


@contextmanager
def stopping() -> Iterator[None]:
    """Raise `Stopped` in the block when the process is asked to end.

    A second request does not cut short what the first one has begun to clean up. What is
    ignored from outside (`nohup`) stays ignored. An import is finished first: extension modules
    end the whole process when an exception reaches them while they are set up.
    """
    main = threading.current_thread() is threading.main_thread()
    before = {number: signal.getsignal(number) for number in SIGNALS}
    heard = [number for number in SIGNALS if main and before[number] is not signal.SIG_IGN]
    left = threading.Event()

    def stop(number: int, frame: FrameType | None) -> None:
        if _importing(frame):
            # Not a Thread: to start one takes a lock that the import may hold.
            _thread.start_new_thread(_send_later, (number, left))
            return
        for each in heard:
            signal.signal(each, signal.SIG_IGN)
        raise Stopped(number)

    for number in heard:
        signal.signal(number, stop)
    try:
        yield
    finally:
        left.set()
        for number in heard:
            signal.signal(number, before[number])


def _importing(frame: FrameType | None) -> bool:
    """Whether a module is being imported in `frame` or in what called it."""
    while frame is not None:
        if frame.f_code.co_filename == IMPORTING:
            return True
        frame = frame.f_back
    return False


def _send_later(number: int, left: threading.Event) -> None:
    """Send the signal to the main thread again in a moment, unless its block was left."""
    if not left.wait(RETRY):
        if sys.platform == "win32":
            _thread.interrupt_main(signal.Signals(number))
        else:
            signal.pthread_kill(threading.main_thread().ident or 0, number)
