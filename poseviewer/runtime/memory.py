"""Memory that is freed, and how it gets back to the system."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from functools import cache
from typing import Any

_M_ARENA_MAX = -8
"""Of glibc's `malloc.h`."""

_ARENAS = 2


def share_arenas() -> None:
    """Let all threads take memory from the same two places; early, before most threads start.

    glibc gives each of them one, up to eight a processor, and what is free in one serves no other
    thread: after some minutes of random use 200 MB more lay in RAM. Two cost no time that could be
    measured; to have large pieces mapped one by one would save as much again, and cost a third of
    the time of an export.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, _ARENAS)


@cache
def _trim() -> Any:
    """`malloc_trim` of glibc; None elsewhere."""
    try:
        return ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError):
        return None


def give_back() -> None:
    """Give freed memory back to the system; takes milliseconds, so when something large ended.

    glibc returns by itself only what lies at the end of an arena: after eight backward passes of
    a receptive field 480 MB more lay in RAM than were in use.
    """
    if (trim := _trim()) is not None:
        trim(0)
