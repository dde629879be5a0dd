"""Cameras through OpenCV: which there are, and a feed of one that survives being unplugged."""

from __future__ import annotations

import re
import sys
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import cv2
import numpy as np

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.video.letterbox import letterbox
from poseviewer.video.source import Feed

if TYPE_CHECKING:
    from collections.abc import Callable

RETRY_SECONDS = 1.0
"""Pause between attempts to get a lost camera back."""

_MICROSECOND = Fraction(1, 1_000_000)
_PROBED = 4
"""Cameras looked for where the system keeps no list."""
_PAUSE = 0.01
_LOCATION = re.compile(r"camera:(\d+)(?:@(\d+)x(\d+))?(?:@(\d+(?:\.\d+)?))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CameraName:
    """A camera that can be opened."""

    number: int
    """What `camera:NUMBER` takes."""

    title: str
    """The maker's name for it."""

    @property
    def location(self) -> str:
        """What `open_source` takes."""
        return f"camera:{self.number}"


class Capture(Protocol):
    """The part of cv2.VideoCapture that a camera feed uses."""

    def isOpened(self) -> bool:  # noqa: D102 - OpenCV's name
        ...

    def read(self) -> tuple[bool, np.ndarray | None]:  # noqa: D102
        ...

    def grab(self) -> bool:  # noqa: D102
        ...

    def get(self, prop: int) -> float:  # noqa: D102
        ...

    def set(self, prop: int, value: float) -> bool:  # noqa: D102
        ...

    def release(self) -> None:  # noqa: D102
        ...


def list_cameras(
    *,
    devices: Path = Path("/sys/class/video4linux"),
    open_capture: Callable[[int], Capture] | None = None,
) -> tuple[CameraName, ...]:
    """List the cameras of this machine, by number.

    On Linux the system's list is read and no camera is touched; elsewhere the first four
    numbers are tried, which may take a second.

    Args:
        devices: Where Linux lists video devices.
        open_capture: Opens a device number; OpenCV by default.
    """
    if sys.platform.startswith("linux"):
        return _listed(devices)
    opener = open_capture or open_device
    found = []
    for number in range(_PROBED):
        capture = opener(number)
        if capture.isOpened():
            found.append(CameraName(number, f"Camera {number}"))
        capture.release()
    return tuple(found)


def _listed(devices: Path) -> tuple[CameraName, ...]:
    found = []
    for entry in devices.glob("video*"):
        number = entry.name.removeprefix("video")
        # A camera has further nodes for metadata; pictures come from its first.
        if number.isdigit() and _text(entry / "index", "0") == "0":
            title = _text(entry / "name", f"Camera {number}")
            found.append(CameraName(int(number), title))
    return tuple(sorted(found, key=lambda camera: camera.number))


def _text(path: Path, fallback: str) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace").strip() or fallback
    except OSError:
        return fallback


def open_device(number: int) -> Capture:
    """Open OpenCV's capture of a device, without warnings where there is none."""
    # PoseViewer reports a missing camera; OpenCV would warn on stderr every second.
    level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        return cv2.VideoCapture(number)
    finally:
        cv2.utils.logging.setLogLevel(level)


class CameraFeed(Feed):
    """One camera. A lost camera is looked for about once a second."""

    def __init__(
        self,
        number: int,
        *,
        size: tuple[int, int] | None = None,
        rate: float | None = None,
        open_capture: Callable[[int], Capture] = open_device,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Open a camera.

        Args:
            number: The system's number of the device.
            size: Width and height to ask for; the camera may give another.
            rate: Frames per second to ask for; the camera may give another.
            open_capture: Opens a device number; OpenCV by default.
            clock: Seconds, for frame times and for the pause between attempts.

        Raises:
            PoseViewerError: There is no such camera, or another program holds it.
        """
        self.name, self.location = f"Camera {number}", f"camera:{number}"
        self._number, self._wanted_size, self._wanted_rate = number, size, rate
        self._open_capture, self._clock = open_capture, clock
        self._capture: Capture | None = None
        self._next_try = 0.0
        self._index = 0
        pixels = self._connect()
        if pixels is None:
            msg = f"{self.name} cannot be opened: plug it in, or close the program that uses it."
            raise PoseViewerError(msg)
        self._waiting: np.ndarray | None = pixels
        self.size = pixels.shape[1], pixels.shape[0]
        if size is not None and size != self.size:
            wanted, given = ("x".join(map(str, sides)) for sides in (size, self.size))
            self.notice = f"{self.name} gives {given} instead of {wanted}."
        self._opened = clock()

    def skip(self, timeout: float = 1.0) -> Frame | None:
        """Take the next picture off the device and do not decode it."""
        if self._capture is None or self._waiting is not None:
            return self.read(timeout)
        if self._capture.grab():
            self._index += 1
        else:
            self._lost()
        return None

    def read(self, timeout: float = 1.0) -> Frame | None:
        """Return the next frame, or None when none came within `timeout` seconds."""
        until = self._clock() + timeout
        while True:
            pixels = self._grab()
            if pixels is not None:
                return self._frame(pixels)
            if self._clock() >= until:
                return None
            time.sleep(_PAUSE)

    def close(self) -> None:
        """Release the camera; safe to call twice."""
        if self._capture is not None:
            self._capture.release()
            self._capture = None
        self._next_try = float("inf")

    def _grab(self) -> np.ndarray | None:
        if self._waiting is not None:
            pixels, self._waiting = self._waiting, None
            return pixels
        if self._capture is None:
            return self._connect() if self._clock() >= self._next_try else None
        found, grabbed = self._capture.read()
        if found and grabbed is not None:
            return grabbed
        self._lost()
        return None

    def _lost(self) -> None:
        """Let the device go, which gives nothing any more."""
        if self._capture is not None:
            self._capture.release()
        self._capture = None
        self.trouble = f"{self.name} is gone: plug it in again; it is looked for every second."
        self._next_try = self._clock() + RETRY_SECONDS

    def _connect(self) -> np.ndarray | None:
        """Open the device and take a first picture, or None."""
        self._next_try = self._clock() + RETRY_SECONDS
        capture = self._open_capture(self._number)
        if not capture.isOpened():
            capture.release()
            return None
        # The driver's own queue would show the past.
        capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
        if self._wanted_size is not None:
            # Over USB only motion JPEG reaches large sizes at full rate.
            capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
            capture.set(cv2.CAP_PROP_FRAME_WIDTH, self._wanted_size[0])
            capture.set(cv2.CAP_PROP_FRAME_HEIGHT, self._wanted_size[1])
        if self._wanted_rate:
            capture.set(cv2.CAP_PROP_FPS, self._wanted_rate)
        found, pixels = capture.read()
        if not found or pixels is None:
            capture.release()
            return None
        rate = capture.get(cv2.CAP_PROP_FPS)
        self.rate = rate if 0 < rate < 1000 else 0.0
        self._capture, self.trouble = capture, None
        return pixels

    def _frame(self, pixels: np.ndarray) -> Frame:
        code = cv2.COLOR_GRAY2RGB if pixels.ndim == 2 else cv2.COLOR_BGR2RGB
        rgb = letterbox(np.asarray(cv2.cvtColor(pixels, code), np.uint8), size=self.size)
        passed = max(0, round((self._clock() - self._opened) * 1_000_000))
        frame = Frame(rgb, self._index, Timestamp(passed, _MICROSECOND))
        self._index += 1
        return frame


def open_camera(
    location: str, *, rate: float | None = None, size: tuple[int, int] | None = None
) -> CameraFeed:
    """The camera at `camera:0` or `camera:0@1280x720@30`.

    Args:
        location: As above.
        rate: Frames per second to ask for, instead of the location's.
        size: Width and height to ask for, instead of the location's.

    Raises:
        PoseViewerError: The location names no camera, or it cannot be opened.
    """
    found = _LOCATION.fullmatch(location)
    if found is None:
        msg = (
            f"{location} is not a camera: write camera:0 for the first one, or "
            "camera:0@1280x720@30 to ask for a size and a rate."
        )
        raise PoseViewerError(msg)
    number, width, height, pace = found.groups()
    if width and size is None:
        size = (int(width), int(height))
    if pace and rate is None:
        rate = float(pace)
    return CameraFeed(int(number), size=size, rate=rate)
