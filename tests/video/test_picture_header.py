"""Headers say the size that decoding gives, and what claims too much is never decoded."""

from __future__ import annotations

import struct
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from poseviewer.core.budget import VARIABLE
from poseviewer.core.errors import PoseViewerError
from poseviewer.truth.labelled import decoded
from poseviewer.video.file import FileClip
from poseviewer.video.picture_header import picture_header
from poseviewer.video.stills import read_image

if TYPE_CHECKING:
    from pathlib import Path

ENDINGS = (".png", ".jpg", ".tif", ".webp", ".bmp", ".ppm", ".jp2", ".gif")
PIXELS = np.random.default_rng(0).integers(0, 256, (37, 53, 3)).astype(np.uint8)


def coded(ending: str, pixels: np.ndarray = PIXELS) -> bytes:
    done, data = cv2.imencode(ending, pixels)
    assert done
    return data.tobytes()


@pytest.mark.parametrize("ending", ENDINGS)
def test_the_header_says_what_decoding_gives(ending: str) -> None:
    header = picture_header(coded(ending))
    assert header is not None
    assert (header.width, header.height) == (53, 37)
    assert header.stored >= 3


@pytest.mark.parametrize(
    ("ending", "flags"),
    [
        (".jpg", [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]),
        (".webp", [cv2.IMWRITE_WEBP_QUALITY, 101]),
        (".tif", [cv2.IMWRITE_TIFF_COMPRESSION, 5]),
    ],
)
def test_other_ways_to_store_are_read_too(ending: str, flags: list[int]) -> None:
    done, data = cv2.imencode(ending, PIXELS, flags)
    assert done
    header = picture_header(data.tobytes())
    assert header is not None
    assert (header.width, header.height) == (53, 37)


def png(width: int, height: int) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        total = struct.pack(">I", zlib.crc32(name + data))
        return struct.pack(">I", len(data)) + name + data + total

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def tiff(width: int, height: int) -> bytes:
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 1, 8), (277, 3, 1, 3)]
    table = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0" + struct.pack("<IH", 8, len(entries)) + table + bytes(4)


def large(ending: str, width: int, height: int) -> bytes:
    """A small file that claims a size."""
    sizes = struct.pack(">HH", height, width)
    return {
        ".png": png(width, height),
        ".tif": tiff(width, height),
        ".jpg": b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x11\x08" + sizes + b"\x03" + bytes(9),
        ".webp": b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\x10\0\0\0"
        + (width - 1).to_bytes(3, "little")
        + (height - 1).to_bytes(3, "little"),
        ".gif": b"GIF89a" + struct.pack("<HH", width, height) + bytes(3) + b";",
        ".bmp": b"BM" + bytes(12) + struct.pack("<Iii", 40, width, -height) + bytes(28),
        ".ppm": f"P6 # a\n{width} {height}\n255\n".encode(),
        ".jp2": b"\xff\x4f\xff\x51\0\x2f\0\0"
        + struct.pack(">IIII", width, height, 0, 0)
        + bytes(30),
    }[ending]


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_claims_too_much_is_refused(ending: str, tmp_path: Path) -> None:
    data = large(ending, 32000, 32000)
    path = tmp_path / f"p{ending}"
    path.write_bytes(data)
    for read in (
        lambda: read_image(path),
        lambda: FileClip(str(path)),
        lambda: decoded(data, path.name),
    ):
        with pytest.raises(PoseViewerError, match=rf"p\{ending} would take .* {VARIABLE}"):
            read()


def test_the_budget_can_be_raised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "p.png"
    path.write_bytes(coded(".png", np.zeros((600, 800, 3), np.uint8)))
    monkeypatch.setenv(VARIABLE, "3")
    with pytest.raises(PoseViewerError, match="more than 3 MB"):
        read_image(path)
    monkeypatch.setenv(VARIABLE, "4")
    assert read_image(path).shape == (600, 800, 3)


@pytest.mark.parametrize(
    "data", [b"", b"x", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"BM"]
)
def test_no_header_is_no_picture(data: bytes, tmp_path: Path) -> None:
    assert picture_header(data) is None
    path = tmp_path / "p.png"
    path.write_bytes(data)
    with pytest.raises(PoseViewerError, match=r"p\.png is not a picture that can be read"):
        read_image(path)


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_cut_header_is_no_crash(ending: str) -> None:
    whole = coded(ending)
    for end in range(min(len(whole), 120)):
        header = picture_header(whole[:end])
        assert header is None or header.width < 100_000


def test_decoders_say_nothing_of_their_own(tmp_path: Path, capfd: pytest.CaptureFixture) -> None:
    for ending in ENDINGS:
        path = tmp_path / f"p{ending}"
        whole = coded(ending)
        path.write_bytes(whole[: len(whole) // 2])
        with suppress(PoseViewerError):
            read_image(path)
    assert "ERROR" not in capfd.readouterr().err
