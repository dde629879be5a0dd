"""The measured angles of all frames of a clip, or of the last minutes of a feed."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.runtime.state import History

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.core.angle import AngleSpec
    from poseviewer.core.result import FrameResult

FEED_FRAMES = 18_000
"""Frames of a feed that are stored: ten minutes at 30 a second."""

NOTHING = History(
    (),
    np.empty(0, np.int64),
    np.empty(0, np.float64),
    np.empty((0, 0), np.float32),
    np.empty(0, np.float32),
)


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """What is plotted and listed of everybody in n frames of a clip, p people in all of them."""

    index: NDArray[np.int64]
    """(n,) number of the frame, rising."""

    count: NDArray[np.int64]
    """(n,) people in it."""

    seconds: NDArray[np.float64]
    """(n,) its time on the source's clock."""

    track: NDArray[np.int64]
    """(p,) number of each person, frame by frame."""

    degrees: NDArray[np.float32]
    """(p, angles)"""

    confidence: NDArray[np.float32]
    """(p,) mean score of all joints."""

    certainty: NDArray[np.float64]
    """(p,) mean score of the joints that were found."""


@dataclass(frozen=True, slots=True, eq=False)
class _Everyone:
    """All people of one frame."""

    track: NDArray[np.int64]
    degrees: NDArray[np.float32]
    confidence: NDArray[np.float32]


_NOBODY = _Everyone(np.empty(0, np.int64), np.empty((0, 0), np.float32), np.empty(0, np.float32))


class AngleHistory:
    """The measured angles as arrays, which threads append to and the window slices.

    Args:
        specs: The angles, one column each.
        times: Seconds of each frame of a clip after the first; None for a feed, of which the
            last `kept` frames stay.
        kept: See `times`.
    """

    def __init__(
        self,
        specs: tuple[AngleSpec, ...],
        *,
        times: NDArray[np.float64] | None = None,
        kept: int = FEED_FRAMES,
    ) -> None:
        self._lock = Lock()
        self._specs = specs
        self._clip = times is not None
        self._kept = kept
        # A feed's rows are written into a buffer of twice the length, so that the last `kept`
        # are always one piece and moving them is rare.
        length = len(times) if times is not None else 2 * kept
        self._index = np.arange(length, dtype=np.int64)
        self._seconds = times if times is not None else np.zeros(length)
        self._degrees = np.full((length, len(specs)), np.nan, np.float32)
        self._confidence = np.zeros(length, np.float32)
        self._known = np.zeros(length, np.bool_)
        self._everyone: dict[int, _Everyone] = {}
        """By frame, for when another person is chosen."""
        self._loaded: Curves | None = None
        """What `load` was given."""
        self._whom: tuple[int | None, bool] = (None, False)
        self._end = 0
        self._slice = NOTHING
        self._stale = True

    def add(self, result: FrameResult) -> None:
        """Append the angles of the person in focus; NaN where that person is away."""
        poses, everyone = result.poses, _NOBODY
        if len(poses):
            everyone = _Everyone(poses.track, result.angles.degrees, poses.body.score.mean(axis=1))
        with self._lock:
            row = self._row(result)
            if row is None:
                return
            self._everyone[result.frame.index] = everyone
            if len(self._everyone) > len(self._index):
                del self._everyone[next(iter(self._everyone))]
            before = self._degrees[row].tobytes() if self._known[row] else None
            self._fill(row, everyone)
            self._known[row] = True
            # A frame that is shown again changes nothing, so that nothing is drawn anew for it.
            self._stale |= self._degrees[row].tobytes() != before

    def load(self, curves: Curves) -> None:
        """Take the angles of many frames of a clip at once; call it before the first `add`."""
        with self._lock:
            self._loaded = curves
            self._fill_loaded(curves)
            self._known[curves.index] = True
            self._stale = True

    def adopt(self, earlier: History) -> None:
        """Copy what an earlier history has of the same angles; angles it lacks are NaN.

        Call it before the first `add`.
        """
        rows = earlier.index if self._clip else np.arange(len(earlier.index))
        if not self._clip:
            self._end = len(rows)
            self._index[rows], self._seconds[rows] = earlier.index, earlier.seconds
        for column, spec in enumerate(self._specs):
            if spec in earlier.specs:
                self._degrees[rows, column] = earlier.degrees[:, earlier.specs.index(spec)]
        self._confidence[rows] = earlier.confidence
        self._known[rows] = True

    def follow(self, number: int | None, *, locked: bool = False) -> None:
        """Switch to the angles of another person, also for earlier frames.

        Args:
            number: Of the person; None for the first one in each frame.
            locked: Whether a frame without that person is a gap; else the first stands in.
        """
        with self._lock:
            if (number, locked) == self._whom:
                return
            self._whom = number, locked
            if self._loaded is not None:
                self._fill_loaded(self._loaded)
            known = self._everyone.keys() if self._clip else range(self._end)
            for row in list(known):
                self._fill(row, self._everyone.get(int(self._index[row]), _NOBODY))
            self._stale = True

    def _fill_loaded(self, curves: Curves) -> None:
        """Fill the rows of all loaded frames, as `_fill` does it for one."""
        number, locked = self._whom
        first = np.cumsum(curves.count) - curves.count
        person = np.where(curves.count > 0, first, -1)
        if number is not None:
            if locked:
                person[:] = -1
            theirs = np.flatnonzero(curves.track == number)[::-1]
            # Of two with the same number the first one counts, which is written last.
            person[np.searchsorted(np.cumsum(curves.count), theirs, side="right")] = theirs
        there = person >= 0
        rows, people = curves.index[there], person[there]
        self._degrees[curves.index] = np.nan
        self._confidence[curves.index] = 0
        self._degrees[rows] = curves.degrees[people]
        self._confidence[rows] = curves.confidence[people]

    def _fill(self, row: int, everyone: _Everyone) -> None:
        number, locked = self._whom
        at: int | None = 0 if len(everyone.track) else None
        if number is not None:
            there = np.flatnonzero(everyone.track == number)
            at = int(there[0]) if len(there) else None if locked else at
        self._degrees[row] = np.nan if at is None else everyone.degrees[at]
        self._confidence[row] = 0 if at is None else everyone.confidence[at]

    def _row(self, result: FrameResult) -> int | None:
        index = result.frame.index
        if self._clip:
            return index if index < len(self._index) else None
        if self._end and index <= self._index[self._end - 1]:
            return self._earlier(result)
        if self._end == len(self._index):
            for array in (self._index, self._seconds, self._degrees, self._confidence):
                array[: self._kept] = array[self._kept :]
            self._end = self._kept
        row, self._end = self._end, self._end + 1
        # A feed's times count from its opening, as the figures over the frame do.
        self._index[row], self._seconds[row] = index, result.frame.time.seconds
        return row

    def _earlier(self, result: FrameResult) -> int | None:
        """The row of an earlier frame; inserted where the network had skipped it."""
        index = result.frame.index
        row = int(np.searchsorted(self._index[: self._end], index))
        if self._index[row] != index:
            if self._end == len(self._index) or row < self._end - self._kept:
                return None
            for array in (self._index, self._seconds, self._degrees, self._confidence):
                array[row + 1 : self._end + 1] = array[row : self._end].copy()
            self._end += 1
            self._index[row], self._seconds[row] = index, result.frame.time.seconds
        return row

    def slice(self) -> History:
        """All angles in order of time; copied only when some were added."""
        with self._lock:
            if self._stale:
                chosen: NDArray[np.bool_] | slice = self._known
                if not self._clip:
                    chosen = slice(max(0, self._end - self._kept), self._end)
                self._slice = History(
                    self._specs,
                    self._index[chosen].copy(),
                    self._seconds[chosen].copy(),
                    self._degrees[chosen].copy(),
                    self._confidence[chosen].copy(),
                )
                self._stale = False
            return self._slice
