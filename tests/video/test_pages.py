"""Picture files of several frames, and kinds of pictures that OpenCV alone shows wrongly."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.video.file import FileClip
from poseviewer.video.open import open_source
from poseviewer.video.pages import PagesClip
from poseviewer.video.picture_kinds import png_header, tiff_pages, webp_animation
from poseviewer.video.stills import StillClip, read_image
from tests.video.numbered import write_clip
from tests.waiting import LONG

if TYPE_CHECKING:
    from pathlib import Path


def moving(kind: type = np.uint8) -> list[np.ndarray]:
    """BGRA frames: a red bar goes over what is transparent."""
    frames = []
    for number in range(6):
        frame = np.zeros((40, 60, 4), kind)
        frame[:, number * 10 : number * 10 + 10] = 0, 10 * number, 255, 255
        frames.append(frame)
    return frames


@pytest.mark.parametrize("name", ["bar.png", "bar.webp", "bar.gif"])
def test_animations_keep_their_times_and_show_white_where_transparent(
    tmp_path: Path, name: str
) -> None:
    animation = cv2.Animation()
    animation.frames = moving()
    animation.durations = np.array([100, 50, 200, 100, 100, 30], np.int32)
    assert cv2.imwriteanimation(str(tmp_path / name), animation)
    with open_source(str(tmp_path / name)) as clip:
        assert isinstance(clip, PagesClip if name.endswith("webp") else FileClip)
        assert clip.size == (60, 40)
        expected = [0, 0.1, 0.15, 0.35, 0.45, 0.55]
        assert [clip.time(n).seconds for n in range(6)] == pytest.approx(expected)
        for index in (5, 0, 3, 3, 1, 4, 2):
            row = clip.read(index).pixels[20, 5::10].astype(int)
            white = np.arange(6) != index
            assert row[white].min() > 235
            assert row[index] == pytest.approx([255, 10 * index, 0], abs=30)


def lossless(pixels: np.ndarray) -> bytes:
    """The chunk of a lossless WebP picture of BGRA pixels."""
    coded = cv2.imencode(".webp", pixels, [cv2.IMWRITE_WEBP_QUALITY, 101])[1].tobytes()
    at = coded.index(b"VP8L")
    length = struct.unpack_from("<I", coded, at + 4)[0]
    return coded[at : at + 8 + length + length % 2]


def test_webp_frames_are_laid_over_each_other(tmp_path: Path) -> None:
    red, half = np.zeros((8, 8, 4), np.uint8), np.zeros((8, 8, 4), np.uint8)
    red[...], half[...] = (0, 0, 255, 255), (255, 0, 0, 128)
    canvas = np.zeros((16, 16, 4), np.uint8)
    canvas[...] = 0, 255, 0, 255

    def frame(pixels: np.ndarray, corner: int, flags: int) -> bytes:
        height, width = pixels.shape[:2]
        edges = (corner // 2, corner // 2, width - 1, height - 1, 40)
        body = b"".join(edge.to_bytes(3, "little") for edge in edges) + bytes([flags])
        body += lossless(pixels)
        return b"ANMF" + struct.pack("<I", len(body)) + body

    over, replace, clear = 0, 2, 1
    frames = [
        frame(canvas, 0, replace),
        frame(red, 4, over | clear),
        frame(half, 8, over),
        frame(half, 8, replace),
    ]
    size = (15).to_bytes(3, "little") * 2
    body = b"WEBPVP8X" + struct.pack("<IB3x", 10, 0x12) + size
    body += b"ANIM" + struct.pack("<IIH", 6, 0, 0) + b"".join(frames)
    (tmp_path / "parts.webp").write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)
    green, white = [0, 255, 0], [255, 255, 255]
    # What a frame of half blue makes of green, of white, and of nothing.
    mixed = [0, 127, 128], [127, 127, 255]
    expected = {
        0: {(1, 1): green, (6, 6): green, (12, 12): green},
        1: {(1, 1): green, (6, 6): [255, 0, 0], (12, 12): green},
        2: {(1, 1): green, (6, 6): white, (10, 10): mixed[1], (14, 14): mixed[0]},
        3: {(1, 1): green, (6, 6): white, (10, 10): mixed[1], (14, 14): mixed[1]},
    }
    with open_source(str(tmp_path / "parts.webp")) as clip:
        for index in (3, 0, 2, 1, 3):
            pixels = clip.read(index).pixels
            for place, colour in expected[index].items():
                assert pixels[place].tolist() == pytest.approx(colour, abs=1), (index, place)
        clip.read(1)
        assert list(map(clip.at_hand, range(4))) == [False, True, True, True]


def tiff(
    *pages: tuple[np.ndarray, int, int], order: str = "<", aside: int = 0, extra: int = 0
) -> bytes:
    """A TIFF of uncompressed pages: pixels, photometric interpretation, kind of samples.

    `extra` is the meaning of a fourth sample: 2 for opacity.
    """
    coded = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 0)
    link = 4
    for number, (pixels, photometric, kind) in enumerate(pages):
        strip = len(coded)
        samples = pixels.shape[2] if pixels.ndim == 3 else 1
        coded += pixels.astype(pixels.dtype.newbyteorder(order)).tobytes()
        bits = len(coded)
        coded += struct.pack(order + f"{samples}H", *[pixels.itemsize * 8] * samples)
        coded += b"\0" * (len(coded) % 2)
        tags = [
            (254, 4, 1, 1 if number < aside else 0),
            (256, 4, 1, pixels.shape[1]),
            (257, 4, 1, pixels.shape[0]),
            (258, 3, samples, bits if samples > 2 else pixels.itemsize * 8),
            (259, 4, 1, 1),
            (262, 4, 1, photometric),
            (273, 4, 1, strip),
            (277, 4, 1, samples),
            (278, 4, 1, pixels.shape[0]),
            (279, 4, 1, pixels.nbytes),
            (339, 3, samples, kind),
        ]
        if extra:
            tags.insert(-1, (338, 3, 1, extra))
        if samples > 2:
            kinds = len(coded)
            coded += struct.pack(order + f"{samples}H", *[kind] * samples)
            coded += b"\0" * (len(coded) % 2)
            tags[-1] = (339, 3, samples, kinds)
        at = len(coded)
        coded = coded[:link] + struct.pack(order + "I", at) + coded[link + 4 :]
        coded += struct.pack(order + "H", len(tags))
        for tag, form, count, value in tags:
            short = form == 3 and count == 1
            coded += struct.pack(order + "HHI", tag, form, count)
            coded += struct.pack(
                order + ("HH" if short else "I"), *([value, 0] if short else [value])
            )
        link = len(coded)
        coded += struct.pack(order + "I", 0)
    return coded


RGB, GREY, CMYK = 2, 1, 5


@pytest.mark.parametrize("order", ["<", ">"])
def test_pages_of_all_sizes_and_kinds(tmp_path: Path, order: str) -> None:
    pages = [
        (np.full((40, 60, 3), (10, 20, 30), np.uint8), RGB, 1),
        (np.full((30, 30), 200, np.uint8), GREY, 1),
        (np.full((50, 40, 3), (40000, 0, 20000), np.uint16), RGB, 1),
        (np.full((20, 20), 0.5, np.float32), GREY, 3),
    ]
    (tmp_path / "mixed.tif").write_bytes(tiff(*pages, order=order))
    with open_source(str(tmp_path / "mixed.tif"), rate=5) as clip:
        assert (len(clip), clip.size, clip.rate) == (4, (60, 40), 5)
        middle = [clip.read(n).pixels[20, 30].tolist() for n in (3, 2, 1, 0)]
        assert middle == [[128] * 3, [156, 0, 78], [200] * 3, [10, 20, 30]]
        # A square page stands in the middle of a black frame.
        assert clip.read(1).pixels[:, :9].max() == 0
        assert clip.read(1).pixels[20, 12].tolist() == [200] * 3
        with pytest.raises(IndexError):
            clip.read(4)


def test_smaller_copies_of_a_page_are_no_frames(tmp_path: Path) -> None:
    small, large = np.full((4, 6), 10, np.uint8), np.full((40, 60), 20, np.uint8)
    (tmp_path / "copy.tif").write_bytes(tiff((small, GREY, 1), (large, GREY, 1), aside=1))
    with open_source(str(tmp_path / "copy.tif")) as clip:
        assert (len(clip), clip.size) == (1, (60, 40))
        assert clip.read(0).pixels[0, 0, 0] == 20


def test_a_chain_of_pages_that_bites_its_tail_ends(tmp_path: Path) -> None:
    coded = bytearray(tiff((np.zeros((4, 6), np.uint8), GREY, 1)))
    first = struct.unpack_from("<I", coded, 4)[0]
    struct.pack_into("<I", coded, len(coded) - 4, first)
    assert len(tiff_pages(bytes(coded))) == 1
    assert tiff_pages(bytes(coded[: first + 20])) == []


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_transparent_pages(tmp_path: Path, kind: type) -> None:
    full = np.iinfo(kind).max
    pixels = np.full((16, 24, 4), (0, full // 2, full, full // 4), kind)
    pixels[:8, :, 3] = full
    coded = tiff((pixels, RGB, 1), extra=2)
    (tmp_path / "clear.tif").write_bytes(coded)
    shown = read_image(tmp_path / "clear.tif")
    assert shown[2, 2].tolist() == pytest.approx([0, 127, 255], abs=1)
    assert shown[12, 2].tolist() == pytest.approx([191, 223, 255], abs=2)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_cmyk(tmp_path: Path, kind: type) -> None:
    full = np.iinfo(kind).max
    inks = np.zeros((32, 48, 4), kind)
    inks[:, :24], inks[:, 24:] = (0, full // 2, full, 0), (0, 0, 0, full // 2)
    (tmp_path / "inks.tif").write_bytes(tiff((inks, CMYK, 1)))
    pixels = read_image(tmp_path / "inks.tif")
    assert pixels[10, 10] == pytest.approx([255, 128, 0], abs=2)
    assert pixels[10, 40] == pytest.approx([128, 128, 128], abs=2)


@pytest.mark.parametrize(("most", "shown"), [(1.0, 128), (255.0, 128), (65535.0, 128)])
def test_floating_point(tmp_path: Path, most: float, shown: int) -> None:
    values = np.full((32, 48, 3), most, np.float32)
    values[:16] = most / 2
    values[0, 0] = np.nan
    (tmp_path / "float.tif").write_bytes(tiff((values, RGB, 3)))
    pixels = read_image(tmp_path / "float.tif")
    assert pixels[8, 8].tolist() == [shown] * 3
    assert pixels[20, 8].tolist() == [255] * 3
    assert pixels[0, 0].tolist() == [0] * 3


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ((np.full((32, 48), 1e6, np.float32), GREY, 3), "values up to 1e.06: scale them"),
        ((np.full((32, 48), 7, np.int32), GREY, 2), "numbers of int32 a pixel"),
        ((np.full((32, 48), 0.5, np.float16), GREY, 3), "floating-point samples of 16 bits"),
    ],
)
def test_kinds_that_cannot_be_shown_are_named(tmp_path: Path, page, words: str) -> None:
    (tmp_path / "odd.tif").write_bytes(tiff(page))
    with pytest.raises(PoseViewerError, match=words):
        StillClip(str(tmp_path / "odd.tif"))


def png(pixels: np.ndarray, *, depth: int, colour: int, key: bytes) -> bytes:
    """A PNG of packed rows with a transparent key."""
    height = len(pixels)
    width = pixels.shape[1] * 8 // depth if depth < 8 else pixels.shape[1]
    rows = b"".join(b"\0" + row.tobytes() for row in pixels)
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)),
        (b"tRNS", key),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    coded = b"\x89PNG\r\n\x1a\n"
    for kind, body in chunks:
        checked = kind + body
        coded += struct.pack(">I", len(body)) + checked + struct.pack(">I", zlib.crc32(checked))
    return coded


@pytest.mark.parametrize(
    ("pixels", "depth", "key"),
    [
        (np.array([[77, 78]], np.uint8), 8, b"\0\x4d"),
        (np.array([[0x1234, 0x1235]], ">u2"), 16, b"\x12\x34"),
        (np.array([[0b01000000]], np.uint8), 4, b"\0\x04"),
        (np.array([[0b10000000]], np.uint8), 1, b"\0\1"),
    ],
)
def test_one_grey_is_transparent(tmp_path: Path, pixels, depth: int, key: bytes) -> None:
    coded = png(pixels, depth=depth, colour=0, key=key)
    (tmp_path / "key.png").write_bytes(coded)
    header = png_header(coded)
    assert header is not None
    assert (header.depth, header.transparent, header.animated) == (depth, key, False)
    row = read_image(tmp_path / "key.png")[0, :, 0]
    assert row[0] == 255
    assert row[1] < 100


@pytest.mark.parametrize("turn", range(1, 9))
def test_transparency_is_turned_with_its_picture(tmp_path: Path, turn: int) -> None:
    pixels = np.zeros((16, 24, 4), np.uint8)
    pixels[..., 3] = 255
    pixels[:4, :8] = 0
    coded = cv2.imencode(".png", pixels)[1].tobytes()
    tag = struct.pack("<2sHIHHHIHHI", b"II", 42, 8, 1, 0x112, 3, 1, turn, 0, 0)
    chunk = b"eXIf" + tag
    exif = struct.pack(">I", len(tag)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    (tmp_path / "turned.png").write_bytes(coded[:33] + exif + coded[33:])
    shown = read_image(tmp_path / "turned.png")[..., 0]
    assert (shown == 255).sum() == 32
    # Where EXIF says that the top left corner of the picture belongs.
    right, low = turn in (2, 3, 6, 7), turn in (3, 4, 7, 8)
    corner = shown[:, ::-1] if right else shown
    corner = corner[::-1] if low else corner
    assert shown.shape == ((24, 16) if turn > 4 else (16, 24))
    assert corner[:8, :4].min() == 255 if turn > 4 else corner[:4, :8].min() == 255


def test_other_files_are_none_of_these() -> None:
    for coded in (
        b"",
        b"RIFF",
        b"II*\0",
        b"\x89PNG\r\n\x1a\n",
        b"no picture, but long enough " * 4,
    ):
        assert png_header(coded) is None
        assert tiff_pages(coded) == []
        assert webp_animation(coded) is None


def test_damaged_frames_of_a_webp_are_one_sentence(tmp_path: Path) -> None:
    animation = cv2.Animation()
    animation.frames = moving()
    animation.durations = np.full(6, 40, np.int32)
    path = tmp_path / "hurt.webp"
    assert cv2.imwriteanimation(str(path), animation)
    coded = bytearray(path.read_bytes())
    found = webp_animation(bytes(coded))
    assert found is not None
    at = coded.index(found.frames[3].picture[12:])
    coded[at + 8 : at + 28] = b"\xff" * 20
    path.write_bytes(coded)
    with open_source(str(path)) as clip:
        with pytest.raises(PoseViewerError, match=r"Frame 3 of hurt\.webp cannot be read"):
            clip.read(5)
        assert clip.read(2).pixels[20, 25].tolist() == pytest.approx([255, 20, 0], abs=20)


PLAY = """
import gc, sys
from poseviewer.video.open import open_source
with open_source(sys.argv[1]) as clip:
    print(len({clip.read(index).pixels.tobytes() for index in range(len(clip))}))
del clip
gc.collect()
"""


def test_an_animated_png_with_a_colour_profile_plays(tmp_path: Path) -> None:
    path = tmp_path / "photos.png"
    write_clip(path, count=6, codec="apng", pixel_format="rgb24", file_format="apng")
    coded = path.read_bytes()
    # Longer than what FFmpeg looks at first to tell an animated PNG from a still one.
    profile = b"iCCP" + b"sRGB\0\0" + zlib.compress(np.random.default_rng(0).bytes(4000))
    chunk = struct.pack(">I", len(profile) - 4) + profile + struct.pack(">I", zlib.crc32(profile))
    path.write_bytes(coded[:33] + chunk + coded[33:])
    # In a process of its own: PyAV freed the name of the profile twice.
    played = subprocess.run(
        [sys.executable, "-c", PLAY, path], capture_output=True, text=True, timeout=LONG
    )
    assert (played.returncode, played.stdout.strip()) == (0, "6"), played.stderr
