"""Mannequins who walk past each other: pictures, joints and identities known by construction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.skeleton import load_skeleton
from poseviewer.mannequin.figure import Figure
from poseviewer.mannequin.loft import Camera
from poseviewer.mannequin.motion import pose_bones
from poseviewer.mannequin.room import paint_room
from poseviewer.mannequin.routine import routine
from poseviewer.mannequin.wardrobe import outfit_of
from poseviewer.video.source import Clip

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from poseviewer.core.pose import Poses

SKELETON = load_skeleton("lsp-14")


@dataclass(frozen=True)
class Walker:
    """One of the mannequins."""

    start: float
    """Metres right of the middle at the first frame."""

    speed: float
    """Metres per second to the right."""

    near: float = 1.0
    """How much larger than the others: nearer to the camera."""

    clothes: int = 0
    phase: float = 0.0
    """Of the gait, seconds."""

    away: Callable[[float], bool] = lambda _seconds: False
    """Whether the walker is not in the picture at some time."""


class Walkers(Clip):
    """A clip of mannequins, painted from the farthest to the nearest."""

    name = location = "walkers"

    def __init__(
        self,
        walkers: tuple[Walker, ...],
        *,
        frames: int = 90,
        rate: int = 30,
        size: tuple[int, int] = (640, 360),
    ) -> None:
        self.walkers, self._frames, self._size = walkers, frames, size
        self._rate = rate
        self._joints: dict[tuple[int, int], NDArray[np.float64]] = {}
        self._figures = [Figure(outfit_of(walker.clothes)) for walker in walkers]
        self._room: NDArray[np.uint8] | None = None

    @property
    def size(self) -> tuple[int, int]:
        return self._size

    @property
    def rate(self) -> float:
        return float(self._rate)

    def __len__(self) -> int:
        return self._frames

    def time(self, index: int) -> Timestamp:
        if not 0 <= index < self._frames:
            raise IndexError(index)
        return Timestamp(index, Fraction(1, self._rate))

    def _camera(self, walker: Walker) -> Camera:
        width, height = self._size
        scale = height / 2.6 * walker.near
        return Camera(scale, (width - 1) / 2, height * (0.86 + 0.1 * (walker.near - 1)))

    def _posture(self, number: int, seconds: float):
        walker = self.walkers[number]
        gait = routine(28.0 + (seconds + walker.phase) % 6.0, reach=0.0)
        stance = replace(
            gait,
            x=walker.start + walker.speed * seconds,
            turn=90.0 if walker.speed > 0 else -90.0 if walker.speed < 0 else 0.0,
        )
        return pose_bones(stance, build=self._figures[number].build)

    def here(self, index: int) -> list[int]:
        """Who is in the picture."""
        seconds = index / self.rate
        return [n for n, walker in enumerate(self.walkers) if not walker.away(seconds)]

    def joints(self, index: int, number: int) -> NDArray[np.float64]:
        """The (14, 2) joints of one walker."""
        if (index, number) not in self._joints:
            places = self._posture(number, index / self.rate).joints()
            camera = self._camera(self.walkers[number])
            at, _ = camera.project(np.stack([places[joint] for joint in SKELETON.joints]))
            self._joints[index, number] = at
        return self._joints[index, number]

    def read(self, index: int) -> Frame:
        time = self.time(index)
        if self._room is None:
            camera = self._camera(Walker(0.0, 0.0))
            self._room = paint_room(self._size, camera=camera, seed=0)
        canvas = self._room.copy()
        for number in sorted(self.here(index), key=lambda n: self.walkers[n].near):
            camera = self._camera(self.walkers[number])
            posture = self._posture(number, index / self.rate)
            self._figures[number].paint(canvas, posture=posture, camera=camera)
        return Frame(canvas, index, time)

    def who(self, poses: Poses, index: int, *, within: float = 0.35) -> list[int]:
        """Whom each pose shows, by the nearest true pose; -1 where nobody is near.

        Args:
            poses: What was found.
            index: In which frame.
            within: Mean distance of joints, shares of the walker's height.
        """
        found = []
        for xy in poses.xy:
            best, least = -1, within
            for number in self.here(index):
                truth = self.joints(index, number)
                away = np.nanmean(np.linalg.norm(xy - truth, axis=1)) / np.ptp(truth[:, 1])
                if away < least:
                    best, least = number, float(away)
            found.append(best)
        return found

    def close(self) -> None:
        """Nothing is held."""


def switches(seen: list[dict[int, int]]) -> int:
    """How often a person has another number than when last seen (CLEAR MOT's IDSW)."""
    last: dict[int, int] = {}
    count = 0
    for frame in seen:
        for person, number in frame.items():
            count += person in last and last[person] != number
            last[person] = number
    return count
