"""The one core of OpenVINO in this process."""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def openvino_core(ov: Any) -> Any:
    """What compiles networks; it is never let go.

    The CPU plug-in gives the thread that loads it a stack for signals, and frees that when it is
    unloaded, even where another of its kind has taken it over: the next signal, such as Ctrl-C,
    would then end the process with a segmentation fault (OpenVINO 2026.4).

    Args:
        ov: The module openvino.
    """
    return ov.Core()
