"""Records that need the whole clip before they can be written: filtered angles, MOT and TRC.

`out_angles.csv` with a filter has, after each `<angle>_deg`, a column `<angle>_deg (FILTER)`
with the values after that filter, unwrapped. `out.mot` and `out.trc` hold one person, the one
seen in most frames; a frame without them has missing values. Their times are the container's.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.filters import filtered
from poseviewer.core.frame import Frame
from poseviewer.records.opensim import mot_text, trc_text
from poseviewer.records.tables import AngleTable, Record

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from poseviewer.core.files import OutputSet
    from poseviewer.core.filters import Filter
    from poseviewer.core.result import FrameResult


def _light(result: FrameResult) -> FrameResult:
    """Return `result` without its picture and maps, to be held for a whole clip."""
    frame = Frame(np.zeros((1, 1, 3), np.uint8), result.frame.index, result.frame.time)
    return replace(result, frame=frame, stages=(), stage_poses=(), parsings=())


def _identities(result: FrameResult) -> list[int]:
    """Return a key for each person of a frame: the track, else -1 less the row."""
    tracks = result.poses.track.tolist()
    return [track if track >= 0 else -1 - place for place, track in enumerate(tracks)]


class FilteredAngleTable(AngleTable):
    """`AngleTable` with a filtered column beside each raw one."""

    def __init__(self, path: Path, *, outputs: OutputSet, by: Filter) -> None:
        super().__init__(path, outputs=outputs)
        self._by = by
        self._results: list[FrameResult] = []

    def add(self, result: FrameResult) -> None:
        """Hold the angles of one frame."""
        self._results.append(_light(result))

    def finish(self) -> None:
        """Filter and write."""
        if self._results:
            self._rows.writerow(self.header(self._results[0]))
            smooth = self._smooth()
            for number, result in enumerate(self._results):
                after = [smooth[person][number] for person in _identities(result)]
                self._rows.writerows(self._both(result, after))
        super().finish()

    def header(self, result: FrameResult) -> list[str]:
        """Return the names of the columns."""
        *names, count = *super().header(result), len(result.angles.specs)
        start, angles = names[:-count] if count else names, names[-count:] if count else []
        return [*start, *(n for name in angles for n in (name, f"{name} ({self._by.title})"))]

    def _both(self, result: FrameResult, after: list[NDArray[np.float64]]) -> list[list[object]]:
        count = len(result.angles.specs)
        rows = [list(row) for row in self.rows(result)]
        if not len(result.poses):
            return [[*row, *[""] * count] for row in rows]
        return [
            [*row[:-count], *_paired(row[-count:], smooth)] if count else row
            for row, smooth in zip(rows, after, strict=True)
        ]

    def _smooth(self) -> dict[int, NDArray[np.float64]]:
        """(frames, angles) after the filter, by person."""
        specs = self._results[0].angles.specs
        seconds = np.array([result.frame.time.seconds for result in self._results])
        raw: dict[int, NDArray[np.float64]] = {}
        for number, result in enumerate(self._results):
            for person, degrees in zip(_identities(result), result.angles.degrees, strict=True):
                blank = raw.setdefault(person, np.full((len(seconds), len(specs)), np.nan))
                blank[number] = degrees
        for values in raw.values():
            for column, spec in enumerate(specs):
                values[:, column] = filtered(
                    seconds, values[:, column], by=self._by, period=spec.period, reach=spec.reach
                )
        return raw


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """One person over the frames of a clip."""

    index: NDArray[np.int64]
    seconds: NDArray[np.float64]
    degrees: NDArray[np.float64]
    """(n, angles)"""
    xy: NDArray[np.float64]
    """(n, k, 2)"""


class _Motion(Record):
    """A text file about the person seen in most frames."""

    def __init__(self, path: Path, *, outputs: OutputSet, by: Filter) -> None:
        self.path, self._by = path, by
        self._part = outputs.file(path)
        self._part.touch()
        self._results: list[FrameResult] = []

    def add(self, result: FrameResult) -> None:
        """Hold one frame without its picture."""
        self._results.append(_light(result))

    def finish(self) -> None:
        """Write the file."""
        text = self._text(self._seen()) if self._results else ""
        self._part.write_text(text, encoding="utf-8")

    def _text(self, seen: _Seen) -> str:
        raise NotImplementedError

    def _seen(self) -> _Seen:
        results = self._results
        count: dict[int, int] = {}
        for result in results:
            for person in _identities(result):
                count[person] = count.get(person, 0) + 1
        chosen = max(count, key=lambda person: count[person], default=-1)
        first = results[0]
        degrees = np.full((len(results), len(first.angles.specs)), np.nan)
        xy = np.full((len(results), len(first.poses.skeleton.joints), 2), np.nan)
        for number, result in enumerate(results):
            people = _identities(result)
            if chosen in people:
                degrees[number] = result.angles.degrees[people.index(chosen)]
                xy[number] = result.poses.xy[people.index(chosen)]
        return _Seen(
            np.array([result.frame.index for result in results], np.int64),
            np.array([result.frame.time.seconds for result in results]),
            degrees,
            xy,
        )


class MotFile(_Motion):
    """Angles for OpenSim, unwrapped and filtered."""

    def _text(self, seen: _Seen) -> str:
        columns = {
            spec.name: filtered(
                seen.seconds,
                seen.degrees[:, column],
                by=self._by,
                period=spec.period,
                reach=spec.reach,
            )
            for column, spec in enumerate(self._results[0].angles.specs)
        }
        return mot_text(seen.seconds, columns, note=self._by.title)


class TrcFile(_Motion):
    """Joints as markers, in pixels, filtered."""

    def _text(self, seen: _Seen) -> str:
        smooth = np.empty_like(seen.xy)
        for joint, axis in np.ndindex(*seen.xy.shape[1:]):
            smooth[:, joint, axis] = filtered(seen.seconds, seen.xy[:, joint, axis], by=self._by)
        return trc_text(
            seen.index,
            seen.seconds,
            smooth,
            joints=self._results[0].poses.skeleton.joints,
            name=self.path.name,
            note=f"filter: {self._by.title}",
        )


def _paired(raw: list[object], smooth: NDArray[np.float64]) -> list[object]:
    texts = [f"{value:.4f}" if np.isfinite(value) else "" for value in smooth]
    return [cell for pair in zip(raw, texts, strict=True) for cell in pair]
