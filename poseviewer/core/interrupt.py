"""Ctrl-C while there is nothing to tidy up: the process ends at once, in one line."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

SIGNALS: tuple[signal.Signals, ...] = (signal.SIGINT, signal.SIGTERM)
"""By which a process is asked to end."""

if sys.platform != "win32":
    SIGNALS += (signal.SIGHUP,)

SIGNALLED = 128
"""The exit status after a signal is this and its number, as shells have it."""

STATUS = 130
"""The exit status after Ctrl-C, as shells have it."""

STOPPED = "poseviewer: stopped."


def end_at_once() -> None:
    """From now on, let Ctrl-C end the process without running anything more of it.

    Python would raise KeyboardInterrupt wherever it is, also in the middle of an import or of a
    callback of Qt, where it is printed with a traceback. Does nothing where Ctrl-C is ignored, or
    on another thread than the first.
    """
    heard = signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
    if heard and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, _end)


def raise_again() -> None:
    """From now on, let Ctrl-C raise KeyboardInterrupt as usual."""
    if signal.getsignal(signal.SIGINT) is _end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@contextmanager
def ending_at_once() -> Iterator[None]:
    """Let Ctrl-C end the process within the block, as `end_at_once` does."""
    before = signal.getsignal(signal.SIGINT)
    end_at_once()
    try:
        yield
    finally:
        if signal.getsignal(signal.SIGINT) is _end:
            signal.signal(signal.SIGINT, before)


def end() -> NoReturn:
    """End the process in one line, without running anything more of it."""
    # Not through sys.stderr, which may be in the middle of a line.
    with suppress(OSError):
        os.write(2, f"{STOPPED}\n".encode())
    os._exit(STATUS)


def _end(_number: int, _frame: FrameType | None) -> None:
    end()
