"""The header of a picture file: what size it claims, before anything is unfolded.

A file of 600 bytes can claim 32,000 x 32,000 pixels, and decoders believe it. What is read here is
what OpenCV decodes: PNG (W3C), JPEG (ITU T.81), TIFF 6 and BigTIFF, WebP, GIF 89a, BMP, the
portable maps of Netpbm, and JPEG 2000 (ITU T.800).
"""

from __future__ import annotations

import mmap
import os
import re
import struct
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from poseviewer.core.budget import MemoryBudget
from poseviewer.core.errors import PoseViewerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

Data = bytes | memoryview

_RGB = 3


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """What a picture file says of itself."""

    kind: str
    """Such as `PNG`."""

    width: int
    height: int

    stored: int
    """Bytes of a pixel while it is decoded."""

    @property
    def cost(self) -> int:
        """Bytes of memory that reading takes: the stored pixels and those in RGB."""
        return self.width * self.height * (self.stored + _RGB)


def check_picture(data: Data, name: str) -> PictureHeader:
    """Read the header of a picture and hold it to the memory budget.

    Args:
        data: The file's bytes.
        name: Of the file, for the sentence.

    Raises:
        PoseViewerError: It is no picture of a known kind, or would take too much memory.
    """
    header = picture_header(data)
    if header is None:
        msg = f"{name} is not a picture that can be read: it is empty, damaged or of another kind."
        raise PoseViewerError(msg)
    MemoryBudget(name).take(header.cost)
    return header


def decode_picture(data: bytes, name: str, flags: int) -> NDArray[Any] | None:
    """Decode a picture that fits the memory budget; None where it is damaged.

    Args:
        data: The file's bytes.
        name: Of the file, for the sentence.
        flags: As `cv2.imdecode` takes them.

    Raises:
        PoseViewerError: It is no picture of a known kind, or would take too much memory.
    """
    check_picture(data, name)
    try:
        with silent_decoders():
            found: NDArray[Any] | None = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except (cv2.error, MemoryError):
        return None
    return found


@contextmanager
def silent_decoders() -> Iterator[None]:
    """Let OpenCV print nothing of its own about a damaged picture."""
    logging = cv2.utils.logging
    level = logging.setLogLevel(logging.LOG_LEVEL_SILENT)
    try:
        yield
    finally:
        logging.setLogLevel(level)


def check_picture_file(path: Path) -> None:
    """Do what `check_picture` does where a file begins as a picture; let any other pass.

    Raises:
        PoseViewerError: It would take too much memory.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        if _kind(file.read(16)) is None or not os.fstat(file.fileno()).st_size:
            return
        with (
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as pages,
            memoryview(pages) as data,
        ):
            header = picture_header(data)
    if header is not None:
        MemoryBudget(path.name).take(header.cost)


def picture_header(data: Data) -> PictureHeader | None:
    """Return what a picture claims; None where it is none, or its header is damaged."""
    found = _kind(bytes(data[:16]))
    if found is None:
        return None
    kind, read = found
    try:
        width, height, stored = read(data)
    except (struct.error, ValueError, IndexError, OverflowError):
        return None
    return PictureHeader(kind, width, height, stored) if width > 0 and height > 0 else None


def _kind(start: bytes) -> tuple[str, Callable[[Data], tuple[int, int, int]]] | None:
    for pattern, kind, read in _KINDS:
        if pattern.match(start):
            return kind, read
    return None


def _png(data: Data) -> tuple[int, int, int]:
    name, width, height, depth, colour = struct.unpack(">4sIIBB", data[12:26])
    if name != b"IHDR":
        raise ValueError
    # Palettes become colours, and every depth below 8 becomes 8.
    channels = 2 if colour in (0, 4) else 4
    return width, height, channels * (2 if depth == 16 else 1)


_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})


def _jpeg(data: Data) -> tuple[int, int, int]:
    place = 2
    while True:
        while data[place] != 0xFF:
            place += 1
        while data[place] == 0xFF:
            place += 1
        marker = data[place]
        if marker in _FRAMES:
            _, _, height, width, channels = struct.unpack(">HBHHB", data[place + 1 : place + 9])
            # All coefficients of a progressive picture are in memory at once.
            return width, height, channels * (3 if marker in _PROGRESSIVE else 1)
        place += 1
        if marker not in (0x00, 0x01, *range(0xD0, 0xD9)):
            place += max(int.from_bytes(data[place : place + 2], "big"), 2)


def _gif(data: Data) -> tuple[int, int, int]:
    width, height = struct.unpack("<HH", data[6:10])
    return width, height, 4


def _bmp(data: Data) -> tuple[int, int, int]:
    if int.from_bytes(data[14:18], "little") == 12:
        width, height = struct.unpack("<HH", data[18:22])
        return width, height, 4
    width, height = struct.unpack("<ii", data[18:26])
    return abs(width), abs(height), 4


_TIFF_SIZES = {1: "B", 3: "H", 4: "I", 16: "Q"}
_WIDTH, _HEIGHT, _BITS, _SAMPLES, _TILE_WIDTH, _TILE_HEIGHT = 256, 257, 258, 277, 322, 323


def _tiff(data: Data) -> tuple[int, int, int]:
    order = "<" if bytes(data[:2]) == b"II" else ">"
    big = bytes(data[2:4]) in (b"\x2b\x00", b"\x00\x2b")
    pointer, counter, entry = ("Q", "Q", "HHQ") if big else ("I", "H", "HHI")
    (start,) = struct.unpack_from(order + pointer, data, 8 if big else 4)
    (count,) = struct.unpack_from(order + counter, data, start)
    place = start + struct.calcsize(order + counter)
    head = struct.calcsize(order + entry)
    room = struct.calcsize(order + pointer)
    found: dict[int, int] = {}
    for _ in range(min(count, 4096)):
        tag, kind, many = struct.unpack_from(order + entry, data, place)
        letter = _TIFF_SIZES.get(kind)
        if letter is not None and many:
            where = place + head
            if many * struct.calcsize(order + letter) > room:
                (where,) = struct.unpack_from(order + pointer, data, where)
            (value,) = struct.unpack_from(order + letter, data, where)
            found[tag] = max(found.get(tag, 0), value)
        place += head + room
    sample = -(-found.get(_BITS, 1) // 8) * max(found.get(_SAMPLES, 1), 1)
    width = max(found.get(_WIDTH, 0), found.get(_TILE_WIDTH, 0))
    height = max(found.get(_HEIGHT, 0), found.get(_TILE_HEIGHT, 0))
    return width, height, max(sample, 4)


def _webp(data: Data) -> tuple[int, int, int]:
    sizes: list[tuple[int, int]] = []
    place = 12
    while place + 18 <= len(data) and len(sizes) < 2:
        name, length = struct.unpack("<4sI", data[place : place + 8])
        body = data[place + 8 : place + 18]
        if name == b"VP8X":
            width, height = (1 + int.from_bytes(body[i : i + 3], "little") for i in (4, 7))
            sizes.append((width, height))
        elif name == b"VP8 ":
            width, height = struct.unpack("<HH", body[6:10])
            sizes.append((width & 0x3FFF, height & 0x3FFF))
        elif name == b"VP8L":
            bits = int.from_bytes(body[1:5], "little")
            sizes.append((1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)))
        elif name == b"ANMF":
            break
        place += 8 + length + length % 2
    return max(size[0] for size in sizes), max(size[1] for size in sizes), 8


_NETPBM = re.compile(rb"P([1-6fF])(?:\s|#[^\n]*\n)+(\d{1,9})(?:\s|#[^\n]*\n)+(\d{1,9})\s")
_PAM = re.compile(rb"^(WIDTH|HEIGHT|DEPTH|MAXVAL) +(\d{1,9})\s*$", re.MULTILINE)


def _netpbm(data: Data) -> tuple[int, int, int]:
    start = bytes(data[:4096])
    if start.startswith(b"P7"):
        said = {name: int(value) for name, value in _PAM.findall(start.split(b"ENDHDR")[0])}
        return said.get(b"WIDTH", 0), said.get(b"HEIGHT", 0), 2 * said.get(b"DEPTH", 1)
    match = _NETPBM.match(start)
    if match is None:
        raise ValueError
    return int(match[2]), int(match[3]), 12 if match[1] in b"fF" else 6


_CODESTREAM = b"\xff\x4f\xff\x51"
_HEADER_BOX = b"ihdr"


def _jpeg2000(data: Data) -> tuple[int, int, int]:
    # The box and the stream within may disagree; decoders differ in which they believe.
    everything = bytes(data)
    width = height = channels = 0
    place = everything.find(_HEADER_BOX)
    if place >= 0:
        height, width, channels = struct.unpack_from(">IIH", everything, place + 4)
    place = everything.find(_CODESTREAM)
    if place >= 0:
        right, bottom, left, top = struct.unpack_from(">IIII", everything, place + 8)
        width, height = max(width, right - left), max(height, bottom - top)
        channels = max(channels, int.from_bytes(everything[place + 40 : place + 42], "big"))
    return width, height, 4 * max(channels, 1)


_KINDS = tuple(
    (re.compile(pattern, re.DOTALL), kind, read)
    for pattern, kind, read in (
        (rb"\x89PNG\r\n\x1a\n", "PNG", _png),
        (rb"\xff\xd8\xff", "JPEG", _jpeg),
        (rb"II\x2a\x00|MM\x00\x2a|II\x2b\x00|MM\x00\x2b", "TIFF", _tiff),
        (rb"RIFF.{4}WEBP", "WebP", _webp),
        (rb"GIF8[79]a", "GIF", _gif),
        (rb"BM", "BMP", _bmp),
        (rb"P[1-7fF][\s#]", "portable map", _netpbm),
        (rb"\x00\x00\x00\x0cjP  \r\n|\xff\x4f\xff\x51", "JPEG 2000", _jpeg2000),
    )
)
