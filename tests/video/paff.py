"""H.264 of separate fields (PAFF), written by hand: nothing that we can install encodes it.

Every macroblock is I_PCM (ITU-T H.264, 7.3.5), so that what a picture says is known exactly.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray


def _coded(*fields: int | tuple[int, int], end: str = "") -> bytes:
    """Fields as bits, up to whole bytes: a number in Exp-Golomb code, (value, width) as it is."""
    text = ""
    for one in fields:
        if isinstance(one, tuple):
            text += format(one[0], f"0{one[1]}b")
        else:
            digits = format(one + 1, "b")
            text += "0" * (len(digits) - 1) + digits
    text += end
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


def _unit(kind: int, body: bytes) -> bytes:
    # Three bytes that would look like a start code are kept apart (7.4.1).
    coded = re.sub(rb"\0\0(?=[\0-\3])", b"\0\0\3", body)
    return b"\0\0\0\1" + bytes([0x60 | kind]) + coded


OFF, ON = (0, 1), (1, 1)


def _parameters(width: int, height: int) -> bytes:
    # Main profile; output in the order of decoding; one reference; fields allowed; 25 fps.
    profile = (77, 8), (0, 8), (30, 8), 0, 0
    size = 2, 1, OFF, width // 16 - 1, height // 32 - 1
    kinds = OFF, OFF, ON, OFF
    timing = ON, (0, 4), ON, (1, 32), (50, 32), ON, (0, 4)
    sequence = _coded(*profile, *size, *kinds, *timing, end="1")
    picture = _coded(0, 0, OFF, OFF, 0, 0, 0, OFF, (0, 2), 0, 0, 0, OFF, OFF, OFF, end="1")
    return _unit(7, sequence) + _unit(8, picture)


_PCM = 25
"""Type of a macroblock of plain samples."""


def _picture(
    planes: list[NDArray[np.uint8]], number: int, *, field: int | None, key: bool
) -> bytes:
    fields = (OFF,) if field is None else (ON, (field, 1))
    marking = (0, (0, 2)) if key else (OFF,)
    head = (0, 7, 0, (number % 16, 4), *fields, *marking, 0)
    body = b""
    luma, *chroma = planes
    for top in range(0, luma.shape[0], 16):
        for left in range(0, luma.shape[1], 16):
            body += _coded(*(() if body else head), _PCM)
            body += luma[top : top + 16, left : left + 16].tobytes()
            for plane in chroma:
                body += plane[top // 2 : top // 2 + 8, left // 2 : left // 2 + 8].tobytes()
    return _unit(5 if key else 1, body + b"\x80")


def paff(
    frame_of: Callable[[int], NDArray[np.uint8]],
    count: int,
    *,
    whole: frozenset[int] = frozenset(),
    every: int = 8,
) -> bytes:
    """A raw stream of `count` frames; each is two field pictures, but for those in `whole`.

    Args:
        frame_of: RGB pixels of a frame; width and height are multiples of 32.
        count: Frames.
        whole: Frames that are coded as one picture.
        every: Frames from one key frame to the next.
    """
    height, width = frame_of(0).shape[:2]
    coded = b""
    for number in range(count):
        rgb = np.maximum(frame_of(number), 16)
        luma = np.maximum(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), 16)
        grey = np.full((height // 2, width // 2), 128, np.uint8)
        planes = [luma, grey, grey]
        key = number % every == 0
        counted = number % every
        coded += _unit(9, b"\xf0")
        if key:
            coded += _parameters(width, height)
        if number in whole:
            coded += _picture(planes, counted, field=None, key=key)
            continue
        upper, lower = [p[::2] for p in planes], [p[1::2] for p in planes]
        coded += _picture(upper, counted, field=0, key=key)
        coded += _picture(lower, counted, field=1, key=False)
    return coded
