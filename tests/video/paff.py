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


class _Bits:
    def __init__(self) -> None:
        self.text = ""

    def fixed(self, value: int, width: int) -> _Bits:
        self.text += format(value, f"0{width}b")
        return self

    def golomb(self, value: int) -> _Bits:
        coded = format(value + 1, "b")
        self.text += "0" * (len(coded) - 1) + coded
        return self

    def align(self, bit: str = "0") -> _Bits:
        self.text += bit * (-len(self.text) % 8)
        return self

    def bytes(self) -> bytes:
        return int(self.text, 2).to_bytes(len(self.text) // 8, "big")


def _unit(kind: int, body: bytes) -> bytes:
    # Three bytes that would look like a start code are kept apart (7.4.1).
    coded = re.sub(rb"\0\0(?=[\0-\3])", b"\0\0\3", body)
    return b"\0\0\0\1" + bytes([0x60 | kind]) + coded


def _parameters(width: int, height: int) -> bytes:
    sps = _Bits().fixed(77, 8).fixed(0, 8).fixed(30, 8).golomb(0).golomb(0)
    # Order of output is the order of decoding; one reference; no gaps.
    sps.golomb(2).golomb(1).fixed(0, 1).golomb(width // 16 - 1).golomb(height // 32 - 1)
    # Fields allowed, not adaptive by macroblock, direct inference, no cropping; timing of 25 fps.
    sps.fixed(0, 1).fixed(0, 1).fixed(1, 1).fixed(0, 1).fixed(1, 1)
    sps.fixed(0, 4).fixed(1, 1).fixed(1, 32).fixed(50, 32).fixed(1, 1).fixed(0, 4).fixed(
        1, 1
    ).align()
    pps = (
        _Bits()
        .golomb(0)
        .golomb(0)
        .fixed(0, 1)
        .fixed(0, 1)
        .golomb(0)
        .golomb(0)
        .golomb(0)
        .fixed(0, 1)
        .fixed(0, 2)
    )
    pps.golomb(0).golomb(0).golomb(0).fixed(0, 1).fixed(0, 1).fixed(0, 1).fixed(1, 1).align()
    return _unit(7, sps.bytes()) + _unit(8, pps.bytes())


def _picture(
    planes: list[NDArray[np.uint8]], number: int, *, field: int | None, key: bool
) -> bytes:
    head = _Bits().golomb(0).golomb(7).golomb(0).fixed(number % 16, 4)
    head.fixed(0, 1) if field is None else head.fixed(1, 1).fixed(field, 1)
    if key:
        head.golomb(0).fixed(0, 2)
    else:
        head.fixed(0, 1)
    head.golomb(0)
    body = b""
    luma, *chroma = planes
    first = True
    for top in range(0, luma.shape[0], 16):
        for left in range(0, luma.shape[1], 16):
            bits = head if first else _Bits()
            first = False
            body += bits.golomb(25).align().bytes()
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
