"""A camera that exists in the test only."""

from __future__ import annotations

import cv2
import numpy as np

from tests.video.numbered import numbered


class FakeCamera:
    """What cv2.VideoCapture is to a camera feed: numbered BGR pictures, and a cable to pull."""

    def __init__(self, *, size: tuple[int, int] = (192, 108), rate: float = 30.0) -> None:
        self.plugged = True
        self.size, self.rate = size, rate
        self.opened = self.released = self.taken = self.decoded = 0
        self.asked: dict[int, float] = {}

    def open(self, number: int) -> FakeCamera:
        self.opened += 1
        return self

    def isOpened(self) -> bool:
        return self.plugged

    def read(self) -> tuple[bool, np.ndarray | None]:
        if not self.plugged:
            return False, None
        picture = numbered(self.taken, size=self.size)
        self.taken += 1
        self.decoded += 1
        return True, np.ascontiguousarray(picture[..., ::-1])

    def grab(self) -> bool:
        self.taken += self.plugged
        return self.plugged

    def get(self, prop: int) -> float:
        return self.rate if prop == cv2.CAP_PROP_FPS else 0.0

    def set(self, prop: int, value: float) -> bool:
        self.asked[prop] = value
        return True

    def release(self) -> None:
        self.released += 1


class Clock:
    """Seconds that pass only when the test, or a look at the clock, says so."""

    def __init__(self, *, tick: float = 0.0) -> None:
        self.now, self.tick = 100.0, tick

    def __call__(self) -> float:
        self.now += self.tick
        return self.now
