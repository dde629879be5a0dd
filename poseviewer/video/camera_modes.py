"""The resolutions and rates that a camera lists, read from the Linux kernel (V4L2, videodev2.h)."""

from __future__ import annotations

import os
import struct
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Ask = Callable[[int, bytes], bytes]

ENUM_FORMATS = 0xC040_5602
ENUM_SIZES = 0xC02C_564A
ENUM_INTERVALS = 0xC034_564B
"""VIDIOC_ENUM_FMT, VIDIOC_ENUM_FRAMESIZES and VIDIOC_ENUM_FRAMEINTERVALS."""

_CAPTURE = 1
_DISCRETE = 1
_USUAL = ((640, 480), (1280, 720), (1920, 1080))
"""Offered of a camera that scales its picture as one likes."""

_MOST = 256
"""Entries that are asked for at most: a broken driver may list without end."""


@dataclass(frozen=True, slots=True)
class CameraMode:
    """One resolution of a camera."""

    size: tuple[int, int]

    rates: tuple[float, ...]
    """Frames per second, rising; empty where the camera lists none."""


def list_modes(
    number: int, *, open_device: Callable[[int], Ask] | None = None
) -> tuple[CameraMode, ...]:
    """List what a camera offers, smallest first; empty where the system has no list.

    No picture is taken, so a camera that another program uses answers too.

    Args:
        number: Of the device.
        open_device: Gives what answers requests; the kernel by default.
    """
    if open_device is not None:
        with suppress(OSError):
            return _modes(open_device(number))
        return ()
    if not sys.platform.startswith("linux"):
        return ()
    import fcntl

    try:
        device = os.open(f"/dev/video{number}", os.O_RDWR | os.O_NONBLOCK)
    except OSError:
        return ()
    try:
        return _modes(lambda request, question: fcntl.ioctl(device, request, question))
    finally:
        os.close(device)


def _modes(ask: Ask) -> tuple[CameraMode, ...]:
    found: dict[tuple[int, int], set[float]] = {}
    for form in _formats(ask):
        for size in _sizes(ask, form):
            found.setdefault(size, set()).update(_rates(ask, form, size))
    return tuple(CameraMode(size, tuple(sorted(found[size]))) for size in sorted(found))


def _listed(ask: Ask, request: int, question: Callable[[int], bytes]) -> Iterator[bytes]:
    """Yield every answer to a question that counts from 0, until the driver has no more."""
    for index in range(_MOST):
        try:
            yield ask(request, question(index))
        except OSError:
            return


def _formats(ask: Ask) -> Iterator[int]:
    # index, type, flags, description, pixelformat, mbus_code, reserved
    layout = struct.Struct("=III32sII12x")
    for answer in _listed(ask, ENUM_FORMATS, lambda n: layout.pack(n, _CAPTURE, 0, b"", 0, 0)):
        yield layout.unpack(answer)[4]


def _sizes(ask: Ask, form: int) -> Iterator[tuple[int, int]]:
    # index, pixel_format, type, then width and height or their least, most and step; reserved
    layout = struct.Struct("=9I8x")
    for answer in _listed(ask, ENUM_SIZES, lambda n: layout.pack(n, form, *[0] * 7)):
        _, _, kind, *numbers = layout.unpack(answer)
        if kind == _DISCRETE:
            yield numbers[0], numbers[1]
        else:
            least_w, most_w, _, least_h, most_h, _ = numbers
            for width, height in _USUAL:
                if least_w <= width <= most_w and least_h <= height <= most_h:
                    yield width, height
            return


def _rates(ask: Ask, form: int, size: tuple[int, int]) -> Iterator[float]:
    # index, pixel_format, width, height, type, then seconds a frame as a fraction; reserved
    layout = struct.Struct("=11I8x")
    for answer in _listed(ask, ENUM_INTERVALS, lambda n: layout.pack(n, form, *size, *[0] * 7)):
        kind, seconds, parts = layout.unpack(answer)[4:7]
        if kind != _DISCRETE:
            return
        if seconds:
            yield round(parts / seconds, 3)
