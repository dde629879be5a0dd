"""Angles over time without places: motion files of OpenSim, of Sports2D and of exports.

Each, .mot or .sto, is of one person, and a folder may hold one for each. The header ends with
`endheader` and says `inDegrees=yes` or `no`; then come the names of columns, `time` first, and a
row per moment. `nan` is a value that is missing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.angle import standard_angles
from poseviewer.core.budget import MemoryBudget
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.motion_names import angle_columns
from poseviewer.core.reading import listed, read_text, reading, word

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from poseviewer.core.angle import AngleSpec

ENDINGS = (".mot", ".sto")

_MOST_COLUMNS = 4096
_MOST_FILES = 10_000
_CELL = 40
"""Bytes of memory that a cell takes while the file is read."""

_MOST_TURNS = 1e6
"""Degrees, or seconds, that no value lies beyond."""

_SAME = 0.01
"""Share of a step within which a moment is that of a row."""

_GAP = 3.0
"""Steps over which nothing is interpolated."""


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """Angles of one person over n moments."""

    name: str
    """Of the file."""

    seconds: NDArray[np.float64]
    """(n,) rising, on the clock of the clip."""

    columns: dict[str, NDArray[np.float64]]
    """Values (n,) of each column that may be an angle, degrees, by the file's names; NaN where
    missing."""

    person: int = -1
    """Number of the person that the file's name says; -1 for none."""

    origin: float = 0.0
    """The time of the clip's first frame, seconds."""

    def degrees(self, specs: Sequence[AngleSpec]) -> NDArray[np.float64]:
        """(n, a) of these angles; NaN of those that the file lacks."""
        return self._rows(np.arange(len(self.seconds)), specs)

    def at(self, seconds: float, specs: Sequence[AngleSpec]) -> NDArray[np.float64]:
        """(a,) degrees of these angles at a moment, also between two rows; NaN for none."""
        after = int(np.searchsorted(self.seconds, seconds))
        rows = np.unique(np.clip([after - 1, after], 0, len(self.seconds) - 1))
        away = np.abs(self.seconds[rows] - seconds)
        near = int(away.argmin())
        if away[near] <= _SAME * self.step:
            return self._rows(rows[[near]], specs).reshape(-1)
        span = float(np.ptp(self.seconds[rows]))
        if len(rows) < 2 or span > _GAP * self.step:
            return np.full(len(specs), np.nan)
        # The nearer row weighs more.
        return np.asarray((away[::-1] / span) @ self._rows(rows, specs), np.float64)

    @property
    def step(self) -> float:
        """The usual seconds from a row to the next; 1 where there is but one."""
        return float(np.median(np.diff(self.seconds))) if len(self.seconds) > 1 else 1.0

    def unknown(self, specs: Iterable[AngleSpec]) -> tuple[str, ...]:
        """The columns that are none of these angles."""
        known = set(angle_columns(self.columns, [spec.name for spec in specs]).values())
        return tuple(name for name in self.columns if name not in known)

    def _rows(self, rows: NDArray[np.intp], specs: Sequence[AngleSpec]) -> NDArray[np.float64]:
        known = angle_columns(self.columns, [spec.name for spec in specs])
        table = np.full((len(rows), len(specs)), np.nan)
        for at, spec in enumerate(specs):
            if spec.name in known:
                table[:, at] = self.columns[known[spec.name]][rows]
        return table


def motion_files(path: Path) -> tuple[Path, ...]:
    """The motion files that a path stands for: itself, or those of a folder; none of any other."""
    if path.is_dir():
        files = islice(path.iterdir(), _MOST_FILES)
        return tuple(sorted(file for file in files if file.suffix.lower() in ENDINGS))
    return (path,) if path.suffix.lower() in ENDINGS else ()


def read_motions(files: Sequence[Path]) -> tuple[Motion, ...]:
    """Read the motion files of one clip.

    Raises:
        PoseViewerError: One of them is none, or of several the names do not say whose they are.
    """
    motions = tuple(read_motion(file) for file in files)
    people = {motion.person for motion in motions}
    if len(motions) > 1 and (len(people) < len(motions) or -1 in people):
        msg = (
            f"{files[0].parent.name} holds {len(files)} motion files whose names do not number the "
            "people, as person00 does; give one of them."
        )
        raise PoseViewerError(msg)
    return motions


def read_motion(path: Path) -> Motion:
    """Read a motion file; its seconds are those that it says.

    Raises:
        PoseViewerError: It is none, or does not say whether its angles are in degrees.
    """
    with reading(path.name, kind="a motion file", advice="give a .mot or .sto of angles"):
        lines = read_text(path).splitlines()
        end = next(n for n, line in enumerate(lines) if line.strip().lower() == "endheader")
        head = dict(line.lower().split("=", 1) for line in lines[:end] if "=" in line)
        names = _cells(lines[end + 1])
        _check_names(names)
        scale = {"yes": 1.0, "no": 180 / np.pi}.get(head.get("indegrees", "").strip())
        if scale is None:
            msg = "its header says neither inDegrees=yes nor inDegrees=no"
            raise ValueError(msg)
        budget = MemoryBudget(path.name)
        rows = []
        for line in lines[end + 2 :]:
            if line.strip():
                budget.take(_CELL * len(names))
                rows.append([float(cell or "nan") for cell in _cells(line)])
        table = np.array(rows, np.float64).reshape(-1, len(names))
        seconds = table[:, 0]
        if not len(table) or not np.isfinite(seconds).all() or (np.diff(seconds) <= 0).any():
            msg = "its times do not rise from row to row"
            raise ValueError(msg)
        turned = table[:, 1:] * scale
        turned[~np.isfinite(turned)] = np.nan
        if max(np.nanmax(np.abs(turned), initial=0), np.abs(seconds).max()) > _MOST_TURNS:
            msg = f"it holds a number beyond {_MOST_TURNS:g}"
            raise ValueError(msg)
    digits = re.search(r"person(\d{1,9})", path.stem)
    columns = dict(zip(names[1:], turned.T, strict=True))
    return Motion(path.name, seconds, columns, int(digits[1]) if digits else -1)


def on_clock(motion: Motion, *, first: float, last: float) -> Motion:
    """The motion on the clock of a clip.

    Times before the clip begins count from its first frame: other programs begin with 0.

    Args:
        motion: As the file says it.
        first: The time of the clip's first frame, seconds.
        last: That of its last frame.

    Raises:
        PoseViewerError: None of it lies within the clip, or no column is an angle.
    """
    if len(motion.unknown(standard_angles())) == len(motion.columns):
        msg = f"{motion.name} has no angle that is measured here, only {listed(motion.columns)}."
        raise PoseViewerError(msg)
    seconds = motion.seconds
    if seconds[0] < first - motion.step / 2:
        seconds = seconds + first
    if seconds[0] > last + motion.step:
        msg = (
            f"{motion.name} begins at {seconds[0]:.2f} s, and the clip ends at {last:.2f} s: "
            "it belongs to another one."
        )
        raise PoseViewerError(msg)
    return replace(motion, seconds=seconds, origin=first)


def _cells(line: str) -> list[str]:
    # Names of Sports2D hold blanks, and then tabs part them.
    return [cell.strip() for cell in line.split("\t")] if "\t" in line else line.split()


def _check_names(names: Sequence[str]) -> None:
    for name in names:
        word(name, "the name of a column", longest=200)
    if names[0].lower() != "time" or not 2 <= len(set(names)) == len(names) <= _MOST_COLUMNS:
        msg = f"its columns are not time and 1 to {_MOST_COLUMNS - 1} different names"
        raise ValueError(msg)
