"""The people found by one sequential analysis, or in a feed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from poseviewer.core.frame import Frame
    from poseviewer.core.pose import Poses
    from poseviewer.runtime.history import Curves

_REMEMBERED = 20_000
"""Frames whose people are known by number: eleven minutes at 30 a second."""


@dataclass(frozen=True, slots=True)
class SeenPerson:
    """A person's number, and when the person was found."""

    number: int

    frames: int
    """In how many of the frames analysed so far."""

    first: float
    """When first, seconds of the source."""

    last: float
    """When last."""

    confidence: float
    """Mean score of the joints found, the latest."""


class People:
    """Which people were found in which frames; its methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._frames: dict[int, frozenset[int]] = {}
        self._people: dict[int, SeenPerson] = {}

    def seen(self) -> tuple[SeenPerson, ...]:
        """All people, by number."""
        with self._lock:
            return tuple(person for _, person in sorted(self._people.items()) if person.frames)

    def load(self, curves: Curves) -> None:
        """Take the people of many frames of a clip at once; call it before the first `note`."""
        frames = np.repeat(curves.seconds, curves.count)
        numbered = np.flatnonzero(curves.track >= 0)
        tracks = curves.track[numbered]
        # Sorted by number, and within it by time.
        order = numbered[np.argsort(tracks, kind="stable")]
        numbers, starts, counts = np.unique(
            curves.track[order], return_index=True, return_counts=True
        )
        with self._lock:
            for number, start, count in zip(
                numbers.tolist(), starts.tolist(), counts.tolist(), strict=True
            ):
                first, last = order[start], order[start + count - 1]
                certainty = float(curves.certainty[last])
                self._people[number] = SeenPerson(
                    number, count, float(frames[first]), float(frames[last]), certainty
                )

    def note(self, poses: Poses, *, frame: Frame) -> None:
        """Store the people of a frame, in place of those stored for it before."""
        seconds = frame.time.seconds
        found = {n: at for at, n in enumerate(poses.track.tolist()) if n >= 0}
        with self._lock:
            before = self._frames.pop(frame.index, frozenset())
            for number in before - found.keys():
                gone = self._people[number]
                self._people[number] = replace(gone, frames=gone.frames - 1)
            for number, row in found.items():
                score = poses.score[row]
                old = self._people.get(number, SeenPerson(number, 0, seconds, seconds, 0.0))
                self._people[number] = SeenPerson(
                    number,
                    old.frames + (number not in before),
                    min(old.first, seconds),
                    max(old.last, seconds),
                    float(score.sum() / max(np.count_nonzero(score > 0), 1)),
                )
            self._frames[frame.index] = frozenset(found)
            if len(self._frames) > _REMEMBERED:
                del self._frames[next(iter(self._frames))]
