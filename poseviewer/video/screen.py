"""The screen, or a part of it, as a feed: through FFmpeg's grabber of the system."""

from __future__ import annotations

import os
import re
import sys
import time
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.video.colour import RgbConverter
from poseviewer.video.container import device_container
from poseviewer.video.letterbox import letterbox
from poseviewer.video.source import Feed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from av.container import InputContainer
    from av.video.frame import VideoFrame

RATE = 30.0
"""Frames per second where none are given."""

RETRY_SECONDS = 1.0
"""Pause between attempts to get a lost screen back."""

_MICROSECOND = Fraction(1, 1_000_000)
_PLACE = re.compile(r"(?:(-?\d+),(-?\d+),(\d+),(\d+))?(?:@(\d+(?:\.\d+)?))?")
_SMALLEST = 16


@dataclass(frozen=True, slots=True)
class ScreenPlace:
    """What of the screen is captured, and how often."""

    region: tuple[int, int, int, int] | None = None
    """x, y, width and height in the screen's own pixels; None for all of it."""

    rate: float = RATE

    @classmethod
    def parse(cls, text: str) -> ScreenPlace:
        """Read what follows `screen:`, such as `100,80,640,480@30`.

        Raises:
            PoseViewerError: It is no such thing.
        """
        found = _PLACE.fullmatch(text)
        if found is None:
            msg = (
                f"screen:{text} names no part of the screen: write screen: for all of it, or "
                "screen:x,y,width,height@rate such as screen:100,80,640,480@30."
            )
            raise PoseViewerError(msg)
        *sides, rate = found.groups()
        region = None if sides[0] is None else tuple(int(side) for side in sides)
        if region is not None and min(region[2:]) < _SMALLEST:
            msg = f"A part of the screen is at least {_SMALLEST} pixels wide and high."
            raise PoseViewerError(msg)
        pace = float(rate) if rate else RATE
        if not 0 < pace <= 240:
            msg = f"The screen can be captured 1 to 240 times a second, not {pace:g}."
            raise PoseViewerError(msg)
        return cls(region, pace)  # type: ignore[arg-type]

    @property
    def location(self) -> str:
        """What `open_source` takes."""
        where = ",".join(map(str, self.region)) if self.region else ""
        return f"screen:{where}@{self.rate:g}"


class ScreenFeed(Feed):
    """A part of the screen, grabbed when it is read: what comes is what is there now."""

    def __init__(self, place: ScreenPlace) -> None:
        """Begin to grab.

        Args:
            place: What, and how often.

        Raises:
            PoseViewerError: There is no screen, its pixels may not be read here, or the part
                does not lie on it.
        """
        self._place = place
        self.location, self.rate = place.location, place.rate
        if sys.platform.startswith("linux") and os.environ.get("WAYLAND_DISPLAY"):
            self.notice = (
                "Under Wayland only windows of X programs are captured; the rest stays black."
            )
        self._container: InputContainer | None = None
        self._pictures: Iterator[VideoFrame] = iter(())
        self._next_try = 0.0
        self._index = 0
        self._opened = time.monotonic()
        try:
            first = self._connect()
        except (av.FFmpegError, OSError, StopIteration, ValueError) as error:
            self.close()
            raise PoseViewerError(self._why(error)) from error
        self._converter = RgbConverter(first)
        self.size = place.region[2:] if place.region else self._converter.size
        self.name = f"Screen {self.size[0]}x{self.size[1]}"
        self._waiting: VideoFrame | None = first
        self._cut: tuple[slice, slice] | None = None
        if sys.platform == "darwin" and place.region is not None:
            # This system's grabber gives all of the screen.
            x, y, width, height = place.region
            self._cut = slice(y, y + height), slice(x, x + width)
            if min(x, y) < 0 or x + width > first.width or y + height > first.height:
                self.close()
                raise PoseViewerError(_beyond(place.region, first.width, first.height))

    def skip(self, timeout: float = 1.0) -> None:
        """Let the time of one frame pass; the screen is grabbed again when a frame is read.

        The grabber of X would make up for the time in which it was not asked, frame by frame.
        """
        self.close()
        time.sleep(min(timeout, 1 / self.rate))

    def read(self, timeout: float = 1.0) -> Frame | None:
        """Return the next frame, or None when none came within `timeout` seconds."""
        picture = self._grab(timeout)
        if picture is None:
            return None
        passed = round((time.monotonic() - self._opened) * 1_000_000)
        pixels = self._converter.convert(picture)
        if self._cut is not None:
            pixels = np.ascontiguousarray(pixels[self._cut])
        pixels = letterbox(pixels, size=self.size)
        frame = Frame(pixels, self._index, Timestamp(passed, _MICROSECOND))
        self._index += 1
        return frame

    def close(self) -> None:
        """Stop grabbing; safe to call twice."""
        container, self._container = self._container, None
        self._pictures = iter(())
        if container is not None:
            container.close()

    def _grab(self, timeout: float) -> VideoFrame | None:
        if self._waiting is not None:
            picture, self._waiting = self._waiting, None
            return picture
        try:
            if self._container is not None:
                return next(self._pictures)
            if time.monotonic() >= self._next_try:
                return self._connect()
        except (av.FFmpegError, OSError, StopIteration):
            self.close()
            self.trouble = f"{self.name} cannot be read; it is tried again every second."
            self._next_try = time.monotonic() + RETRY_SECONDS
        time.sleep(min(timeout, 0.05))
        return None

    def _connect(self) -> VideoFrame:
        self._next_try = time.monotonic() + RETRY_SECONDS
        address, form, options = _grabber(self._place)
        self._container = device_container(address, kind=form, options=options)
        self._pictures = self._container.decode(video=0)
        picture = next(self._pictures)
        self.trouble = None
        return picture

    def _why(self, error: Exception) -> str:
        """Return why nothing can be grabbed, and what to do."""
        if isinstance(error, ValueError) and not isinstance(error, av.FFmpegError):
            return "This build of FFmpeg cannot capture the screen: record it with another program."
        if sys.platform.startswith("linux") and not os.environ.get("DISPLAY"):
            return "The screen cannot be captured: there is no X display; set DISPLAY."
        if self._place.region is not None:
            try:
                with ScreenFeed(ScreenPlace(rate=self._place.rate)) as whole:
                    width, height = whole.size
            except PoseViewerError as failure:
                return str(failure)
            return _beyond(self._place.region, width, height)
        if sys.platform == "darwin":
            return (
                "The screen cannot be captured: allow it under System Settings, Privacy, "
                "Screen Recording."
            )
        reason = (getattr(error, "strerror", None) or str(error)).rstrip(".").lower()
        return f"The screen cannot be captured: {reason}."


def _beyond(region: tuple[int, int, int, int], width: int, height: int) -> str:
    x, y, w, h = region
    return (
        f"The part {w}x{h} at {x},{y} does not lie on the screen, "
        f"which has {width}x{height} pixels."
    )


def _grabber(place: ScreenPlace) -> tuple[str, str, dict[str, str]]:
    """Return address, format and options of the system's grabber (FFmpeg's devices)."""
    options = {"framerate": f"{place.rate:g}"}
    x, y, width, height = place.region or (0, 0, 0, 0)
    if place.region is not None:
        options["video_size"] = f"{width}x{height}"
    if sys.platform == "win32":
        if place.region is not None:
            options |= {"offset_x": str(x), "offset_y": str(y)}
        return "desktop", "gdigrab", options
    if sys.platform == "darwin":
        options = {"framerate": options["framerate"], "capture_cursor": "1"}
        return "Capture screen 0:none", "avfoundation", options
    display = os.environ.get("DISPLAY", "")
    return (f"{display}+{x},{y}" if place.region is not None else display), "x11grab", options


def open_screen(
    location: str,
    *,
    rate: float | None = None,  # noqa: ARG001 - the location says it
    size: tuple[int, int] | None = None,  # noqa: ARG001
) -> ScreenFeed:
    """The screen at `screen:` or `screen:x,y,width,height@30`.

    Raises:
        PoseViewerError: The location names no part of the screen, or it cannot be captured.
    """
    return ScreenFeed(ScreenPlace.parse(location.partition(":")[2]))
