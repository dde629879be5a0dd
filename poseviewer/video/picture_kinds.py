"""What the headers of PNG, TIFF and WebP files say that their decoder does not."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PNG = b"\x89PNG\r\n\x1a\n"

_HEAD = 65536
"""Bytes of a PNG before its pixels that are looked at."""


@dataclass(frozen=True, slots=True)
class PngHeader:
    """What stands before the pixels of a PNG."""

    depth: int
    """Bits of a sample."""

    colour: int
    """0 is grey."""

    transparent: bytes
    """The chunk tRNS; empty where there is none."""

    animated: bool
    """Whether it is an animated PNG (APNG)."""


def png_header(coded: bytes | memoryview) -> PngHeader | None:
    """Return the header of a PNG, or None where it is none; read up to the first pixels."""
    if bytes(coded[:8]) != _PNG or len(coded) < 33:
        return None
    depth, colour = coded[24], coded[25]
    transparent, animated, at = b"", False, 8
    while at + 8 <= len(coded):
        length, kind = struct.unpack_from(">I4s", coded, at)
        if kind == b"IDAT":
            break
        if kind == b"tRNS":
            transparent = bytes(coded[at + 8 : at + 8 + min(length, 768)])
        animated = animated or kind == b"acTL"
        at += 12 + length
    return PngHeader(depth, colour, transparent, animated)


def is_animated_png(path: Path) -> bool:
    """Return whether a file is an animated PNG; what cannot be read is none."""
    try:
        with path.open("rb") as file:
            header = png_header(file.read(_HEAD))
    except (OSError, ValueError):
        return False
    return header is not None and header.animated


@dataclass(frozen=True, slots=True)
class TiffPage:
    """What the directory of one page says (TIFF 6.0; BigTIFF)."""

    size: tuple[int, int]
    bits: int
    photometric: int
    """2 RGB, 5 separated (CMYK)."""
    samples: int
    tiled: bool
    planar: bool
    """Whether each channel is a plane of its own."""
    opacity: bool
    """Whether the last sample says how opaque a pixel is."""
    kind: int
    """Of the samples: 1 whole numbers, 2 with a sign, 3 floating point."""
    secondary: bool
    """A smaller copy or a mask of another page."""

    def __str__(self) -> str:
        """Return its kind in words."""
        numbers = {2: "signed ", 3: "floating-point "}.get(self.kind, "")
        ink = {5: "CMYK ", 6: "YCbCr ", 8: "Lab "}.get(self.photometric, "")
        return f"{ink}with {self.samples} {numbers}samples of {self.bits} bits"


def tiff_pages(coded: bytes | memoryview) -> list[TiffPage]:
    """Return the pages of a TIFF in order; empty where it is none, fewer where it is damaged."""
    order = {b"II": "<", b"MM": ">"}.get(bytes(coded[:2]))
    if order is None or len(coded) < 16:
        return []
    version = struct.unpack_from(order + "H", coded, 2)[0]
    if version not in (42, 43):
        return []
    big = version == 43
    pages, seen = [], set()
    try:
        at = struct.unpack_from(order + ("Q" if big else "I"), coded, 8 if big else 4)[0]
        while at and at not in seen:
            seen.add(at)
            tags, at = _directory(coded, at, order=order, big=big)
            pages.append(
                TiffPage(
                    (tags.get(256, 0), tags.get(257, 0)),
                    tags.get(258, 1),
                    tags.get(262, 1),
                    tags.get(277, 1),
                    322 in tags,
                    tags.get(284, 1) == 2,
                    tags.get(338, 0) in (1, 2),
                    tags.get(339, 1),
                    bool(tags.get(254, 0) & 0b101),
                )
            )
    except struct.error:
        pass
    return pages


def orientation(coded: bytes | memoryview) -> int:
    """Return the orientation that PNG, WebP or TIFF asks for as EXIF counts it; 1 is upright."""
    exif: bytes | memoryview = coded
    if bytes(coded[:8]) == _PNG:
        exif = _png_chunk(coded, b"eXIf")
    elif bytes(coded[:4]) == b"RIFF":
        exif = next((body for kind, body in _chunks(coded, 12) if kind == b"EXIF"), b"")
        exif = exif[6:] if bytes(exif[:4]) == b"Exif" else exif
    order = {b"II": "<", b"MM": ">"}.get(bytes(exif[:2]))
    if order is None:
        return 1
    try:
        big = struct.unpack_from(order + "H", exif, 2)[0] == 43
        at = struct.unpack_from(order + ("Q" if big else "I"), exif, 8 if big else 4)[0]
        return _directory(exif, at, order=order, big=big)[0].get(274, 1)
    except struct.error:
        return 1


def _png_chunk(coded: bytes | memoryview, wanted: bytes) -> bytes | memoryview:
    """Return the body of the first chunk of a kind; empty where there is none."""
    at = 8
    while at + 8 <= len(coded):
        length, kind = struct.unpack_from(">I4s", coded, at)
        if kind == wanted:
            return coded[at + 8 : at + 8 + length]
        at += 12 + length
    return b""


_VALUES = {1: "B", 3: "H", 4: "I", 16: "Q"}


def _directory(
    coded: bytes | memoryview, at: int, *, order: str, big: bool
) -> tuple[dict[int, int], int]:
    """Return the first value of each whole-numbered tag, and where the next directory begins."""
    count = struct.unpack_from(order + ("Q" if big else "H"), coded, at)[0]
    at += 8 if big else 2
    entry, pointer = ("HHQ", "Q") if big else ("HHI", "I")
    room = struct.calcsize(pointer)
    tags = {}
    for _ in range(min(count, 4096)):
        tag, kind, number = struct.unpack_from(order + entry, coded, at)
        at += struct.calcsize("<" + entry)
        if kind in _VALUES:
            wide = struct.calcsize(_VALUES[kind]) * number
            place = at if wide <= room else struct.unpack_from(order + pointer, coded, at)[0]
            tags[tag] = struct.unpack_from(order + _VALUES[kind], coded, place)[0]
        at += room
    return tags, struct.unpack_from(order + pointer, coded, at)[0]


@dataclass(frozen=True, slots=True)
class WebpFrame:
    """A frame of an animated WebP (RFC 9649, section 2.7.1.1: ANMF)."""

    corner: tuple[int, int]
    """Left and top on the canvas, pixels."""
    size: tuple[int, int]
    milliseconds: int
    blends: bool
    """It lies over what was there; else it replaces it."""
    clears: bool
    """Its place becomes transparent before the next frame."""
    picture: bytes
    """A WebP file of this frame alone."""


@dataclass(frozen=True, slots=True)
class WebpAnimation:
    """An animated WebP, its frames still coded."""

    size: tuple[int, int]
    """Of the canvas."""
    frames: tuple[WebpFrame, ...]


def webp_animation(coded: bytes | memoryview) -> WebpAnimation | None:
    """Return the frames of an animated WebP; None for anything else."""
    if bytes(coded[:4]) != b"RIFF" or bytes(coded[8:16]) != b"WEBPVP8X" or len(coded) < 30:
        return None
    if not coded[20] & 0x02:
        return None
    size = _three(coded, 24) + 1, _three(coded, 27) + 1
    frames = []
    for kind, body in _chunks(coded, 12):
        if kind == b"ANMF" and len(body) > 24:
            flags = body[15]
            inner = _three(body, 6) + 1, _three(body, 9) + 1
            frames.append(
                WebpFrame(
                    (2 * _three(body, 0), 2 * _three(body, 3)),
                    inner,
                    _three(body, 12),
                    not flags & 0x02,
                    bool(flags & 0x01),
                    _alone(bytes(body[16:]), inner),
                )
            )
    return WebpAnimation(size, tuple(frames)) if frames else None


def _alone(chunks: bytes, size: tuple[int, int]) -> bytes:
    """Return a WebP file of the chunks of one frame."""
    head = b""
    if chunks[:4] == b"ALPH":
        width, height = (edge - 1 for edge in size)
        head = b"VP8X" + struct.pack("<IB3x", 10, 0x10)
        head += width.to_bytes(3, "little") + height.to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", 4 + len(head) + len(chunks)) + b"WEBP" + head + chunks


def _chunks(coded: bytes | memoryview, at: int) -> Iterator[tuple[bytes, bytes | memoryview]]:
    while at + 8 <= len(coded):
        kind, length = struct.unpack_from("<4sI", coded, at)
        yield kind, coded[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _three(coded: bytes | memoryview, at: int) -> int:
    return int.from_bytes(coded[at : at + 3], "little")
