"""The machine that a measurement was taken on, and how busy it was."""

from __future__ import annotations

import os
import platform
import sys
from contextlib import suppress
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from time import thread_time

import numpy as np

from poseviewer.bench.exporting import cores

_CPUINFO = Path("/proc/cpuinfo")

_NAMED = (
    "avx2", "f16c", "fma", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_bf16",
    "amx_int8", "asimd", "asimddp", "bf16", "i8mm", "sve",
)  # fmt: skip
"""Instruction sets that decide how fast networks run, as Linux names them."""

_SIDE, _TIMES = 384, 4
"""Of the square of numbers that a yardstick works on, and how many times it does."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What figures depend on besides the program."""

    processor: str
    """As it calls itself."""

    instructions: tuple[str, ...]
    """Its instruction sets that matter to networks; empty where the system does not tell."""

    cores: int
    """That this process may use."""

    load: float
    """Processes that ran or waited during the last minute; NaN where the system does not tell."""

    yardstick: float
    """Processor seconds of a fixed piece of work on one core: figures of two runs compare as
    shares of it."""

    @property
    def title(self) -> str:
        """In a line."""
        sets = " ".join(self.instructions) or "instruction sets not known"
        busy = f", load {self.load:.1f}" if not isnan(self.load) else ""
        return (
            f"{self.processor}, {sets}; {self.cores} cores{busy}; "
            f"yardstick {self.yardstick * 1e3:.2f} ms"
        )


def machine() -> Machine:
    """Describe this machine as it is now."""
    about = _about()
    flags = f"{about.get('flags', '')} {about.get('Features', '')}".split()
    name = about.get("model name") or platform.processor() or platform.machine()
    load = float("nan")
    if sys.platform != "win32":
        with suppress(OSError):
            load = os.getloadavg()[0]
    instructions = tuple(one for one in _NAMED if one in flags)
    return Machine(" ".join(name.split()), instructions, cores(), load, _yardstick())


def _about() -> dict[str, str]:
    """What the system says of the first processor."""
    try:
        text = _CPUINFO.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return {}
    first = text.split("\n\n", maxsplit=1)[0]
    lines = (line.partition(":") for line in first.splitlines())
    return {name.strip(): value.strip() for name, _, value in lines}


def _yardstick(*, runs: int = 15) -> float:
    """The shortest of some runs of sorting and of exponentials, in time of this thread alone."""
    noise = np.random.default_rng(0).standard_normal((_SIDE, _SIDE)).astype(np.float32)
    taken = []
    for _ in range(runs):
        start = thread_time()
        for _ in range(_TIMES):
            # No product of matrices, which a library may spread over all cores.
            np.sort(noise, axis=1)
            np.exp(noise * noise).sum()
        taken.append(thread_time() - start)
    return min(taken)
