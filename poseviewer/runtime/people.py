"""Everybody seen in a source: numbers that stay theirs wherever one goes in it."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.pipeline.track import PATIENCE, Tracker

if TYPE_CHECKING:
    from poseviewer.core.frame import Frame
    from poseviewer.core.pose import Poses

_REMEMBERED = 20_000
"""Frames of which it is known who was in them: eleven minutes at 30 a second."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has been seen."""

    number: int

    frames: int
    """In how many of the frames analysed so far."""

    first: float
    """When first, seconds of the source."""

    last: float
    """When last."""

    confidence: float
    """Mean score of the joints found, the latest."""


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    poses: Poses
    seconds: float


class People:
    """Who was in which frame of one source, shared by the threads that analyse it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._frames: OrderedDict[int, _Seen] = OrderedDict()
        self._people: dict[int, Person] = {}
        self.numbers = count()
        """Where everybody's number comes from."""

    def seen(self) -> tuple[Person, ...]:
        """Everybody, by number."""
        with self._lock:
            return tuple(person for _, person in sorted(self._people.items()) if person.frames)

    def tracker(self, *, leads: bool = False) -> SourceTracker:
        """A tracker for one thread.

        Args:
            leads: Whether it goes through the frames in order and so knows better who is who
                than those who came by before.
        """
        return SourceTracker(self, leads=leads)

    def at(self, index: int) -> tuple[Poses, float] | None:
        """The numbered poses of a frame and its time, where it is known."""
        with self._lock:
            seen = self._frames.get(index)
        return (seen.poses, seen.seconds) if seen is not None else None

    def near(self, seconds: float) -> tuple[Poses, float] | None:
        """The numbered poses that are nearest in time, where they are near enough to matter."""
        with self._lock:
            close = [s for s in self._frames.values() if abs(s.seconds - seconds) <= PATIENCE]
        if not close:
            return None
        best = min(close, key=lambda seen: abs(seen.seconds - seconds))
        return best.poses, best.seconds

    def note(self, poses: Poses, *, frame: Frame) -> None:
        """Write down who is in a frame, in place of what was known about it."""
        seconds = frame.time.seconds
        with self._lock:
            before = self._frames.pop(frame.index, None)
            gone = set(before.poses.track.tolist()) if before is not None else set()
            here = dict(zip(poses.track.tolist(), _confidence(poses), strict=True))
            for number in gone - here.keys():
                self._count(number, -1)
            for number in here.keys() - gone:
                self._count(number, 1)
            for number, confidence in here.items():
                person = self._people.get(number)
                if person is not None:
                    first, last = min(person.first, seconds), max(person.last, seconds)
                    now = replace(person, first=first, last=last, confidence=confidence)
                    self._people[number] = now
            self._frames[frame.index] = _Seen(poses, seconds)
            if len(self._frames) > _REMEMBERED:
                self._frames.popitem(last=False)

    def _count(self, number: int, frames: int) -> None:
        if number >= 0:
            person = self._people.get(number, Person(number, 0, np.inf, -np.inf, 0.0))
            self._people[number] = replace(person, frames=person.frames + frames)


def _confidence(poses: Poses) -> list[float]:
    found = poses.score > 0
    mean: list[float] = (poses.score.sum(axis=1) / np.maximum(found.sum(axis=1), 1)).tolist()
    return mean


class SourceTracker(Tracker):
    """A tracker that gives the same people the same numbers when it comes back to a frame.

    Args:
        people: What all trackers of the source know together.
        leads: As of `People.tracker`.
    """

    def __init__(self, people: People, *, leads: bool = False) -> None:
        super().__init__(numbers=people.numbers)
        self._all = people
        self._leads = leads
        self._fresh = True

    def reset(self) -> None:
        """The next frame has nothing to do with the last one."""
        super().reset()
        self._fresh = True

    def apply(self, poses: Poses, *, frame: Frame) -> Poses:
        """`poses` with the numbers that are known of this frame, else as `Tracker` gives them."""
        known = self._all.at(frame.index)
        if self._fresh and known is None:
            known = self._all.near(frame.time.seconds)
        if known is not None and (self._fresh or not self._leads):
            self.learn(known[0], seconds=known[1])
        self._fresh = False
        numbered = super().apply(poses, frame=frame)
        self._all.note(numbered, frame=frame)
        return numbered
