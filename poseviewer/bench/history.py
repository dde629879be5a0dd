"""Measurements of earlier runs in a file, one a line, to compare commits on one machine."""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

from poseviewer.core.errors import PoseViewerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

_MOST = 64 << 20
"""Bytes of a history that is read."""


@dataclass(frozen=True, slots=True)
class Change:
    """One figure of this run and of an earlier one."""

    what: str
    now: float
    then: float

    yardstick: float
    """How many times as long this run's yardstick took as the earlier one's; 1 for ratios, which
    have their reference in their own run."""

    @property
    def factor(self) -> float:
        """What the figure is now, as a multiple of what it was, on a machine as fast."""
        return self.now / (self.then * self.yardstick) if self.then * self.yardstick else 1.0


def append(path: Path, run: Mapping[str, Any]) -> None:
    """Add a run to the file.

    Raises:
        PoseViewerError: It cannot be written.
    """
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(run) + "\n")
    except OSError as error:
        msg = f"{path.name} cannot be written: {error.strerror or error}."
        raise PoseViewerError(msg) from error


def last(path: Path) -> dict[str, Any]:
    """The newest run of the file.

    Raises:
        PoseViewerError: It cannot be read, or holds none.
    """
    try:
        if path.stat().st_size > _MOST:
            msg = f"{path.name} is larger than {_MOST >> 20} MB, which no history of runs is."
            raise PoseViewerError(msg)
        lines = path.read_text(encoding="utf-8").split("\n")
        run = json.loads(next(line for line in reversed(lines) if line.strip()))
    except OSError as error:
        msg = f"{path.name} cannot be read: {error.strerror or error}."
        raise PoseViewerError(msg) from error
    except (ValueError, StopIteration) as error:
        msg = f"{path.name} holds no run of `poseviewer bench --history`."
        raise PoseViewerError(msg) from error
    if not isinstance(run, dict) or not isinstance(run.get("machine"), dict):
        msg = f"{path.name} holds no run of `poseviewer bench --history`."
        raise PoseViewerError(msg)
    return run


def changes(now: Mapping[str, Any], then: Mapping[str, Any]) -> list[Change]:
    """Every figure that both runs have, times as shares of the yardstick of their own run."""
    here, there = now["machine"].get("yardstick_ms"), then["machine"].get("yardstick_ms")
    pace = here / there if _positive(here) and _positive(there) else 1.0
    before = dict(_times(then))
    found = [
        Change(what, value, before[what], pace) for what, value in _times(now) if what in before
    ]
    ratios = dict(_ratios(then))
    return found + [
        Change(what, value, ratios[what], 1.0) for what, value in _ratios(now) if what in ratios
    ]


def _times(run: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """Medians, milliseconds, by table and name."""
    for title, hops in run.items():
        if title == "compared" or not isinstance(hops, list):
            continue
        for hop in hops:
            if isinstance(hop, dict) and _positive(hop.get("p50_ms")):
                yield f"{title}: {hop.get('name')}, ms", float(hop["p50_ms"])


def _ratios(run: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    compared = run.get("compared")
    for one in compared if isinstance(compared, list) else ():
        if isinstance(one, dict) and _positive(one.get("ratio")):
            yield str(one.get("what")), float(one["ratio"])


def _positive(value: object) -> bool:
    return isinstance(value, int | float) and isfinite(value) and value > 0
