"""Stills: turned upright, 8-bit RGB, in the order people count."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.video.letterbox import letterbox
from poseviewer.video.stills import FolderClip, StillClip, natural_key, read_image
from tests.video.numbered import numbered

if TYPE_CHECKING:
    from pathlib import Path


def test_grey_becomes_rgb(tmp_path: Path) -> None:
    grey = np.arange(64 * 48, dtype=np.uint32).reshape(48, 64).astype(np.uint8)
    cv2.imwrite(str(tmp_path / "grey.png"), grey)
    assert np.array_equal(read_image(tmp_path / "grey.png"), np.dstack([grey] * 3))


def test_sixteen_bits_become_eight(tmp_path: Path) -> None:
    deep = np.full((8, 8, 3), (0, 0, 51400), np.uint16)
    cv2.imwrite(str(tmp_path / "deep.png"), deep)
    assert read_image(tmp_path / "deep.png")[0, 0] == pytest.approx([200, 0, 0], abs=1)


@pytest.mark.parametrize(("kind", "full"), [(np.uint8, 255), (np.uint16, 65535)])
def test_transparency_shows_white(tmp_path: Path, kind: type, full: int) -> None:
    picture = np.zeros((4, 3, 4), kind)
    picture[:, 1, 3], picture[:, 2, 3] = full, full // 2
    cv2.imwrite(str(tmp_path / "alpha.png"), picture)
    assert read_image(tmp_path / "alpha.png")[0, :, 0] == pytest.approx([255, 0, 128], abs=1)


@pytest.mark.parametrize(("orientation", "turns"), [(1, 0), (3, 2), (6, -1), (8, 1)])
def test_photos_are_turned_upright(tmp_path: Path, orientation: int, turns: int) -> None:
    picture = numbered(5, size=(192, 108))
    coded = cv2.imencode(".jpg", picture[..., ::-1])[1].tobytes()
    # TIFF header, one entry: tag 0x0112 (orientation), type SHORT, one value.
    exif = b"Exif\0\0" + struct.pack(
        "<2sHIHHHIHHI", b"II", 42, 8, 1, 0x112, 3, 1, orientation, 0, 0
    )
    marker = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    (tmp_path / "photo.jpg").write_bytes(coded[:2] + marker + coded[2:])
    with StillClip(str(tmp_path / "photo.jpg")) as still:
        expected = np.rot90(picture, turns)
        assert still.size == expected.shape[1::-1]
        assert np.abs(still.read(0).pixels.astype(int) - expected).mean() < 6


def test_a_still_is_one_frame(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "still.png"), numbered(1, size=(192, 108)))
    with StillClip(str(tmp_path / "still.png")) as still:
        assert (len(still), still.rate, still.name) == (1, 0.0, "still.png")
        with pytest.raises(IndexError):
            still.read(1)


@pytest.mark.parametrize("content", [b"", b"no picture at all"])
def test_broken_images_are_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.png").write_bytes(content)
    with pytest.raises(PoseViewerError, match=r"bad\.png is not a picture"):
        StillClip(str(tmp_path / "bad.png"))


def test_a_folder_plays_in_natural_order(tmp_path: Path) -> None:
    for name in ("img10.png", "img9.png", "IMG1.png", "notes.txt", ".hidden.png"):
        cv2.imwrite(str(tmp_path / "x.png"), numbered(0, size=(96, 48)))
        (tmp_path / "x.png").rename(tmp_path / name)
    with FolderClip(str(tmp_path), rate=29.97) as clip:
        assert [path.name for path in clip.paths] == ["IMG1.png", "img9.png", "img10.png"]
        assert clip.rate == pytest.approx(29.97, abs=1e-3)
        assert float(clip.time(2).exact) == pytest.approx(2 / 29.97, abs=1e-4)


def test_images_of_other_sizes_are_letterboxed(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((50, 100, 3), 200, np.uint8))
    cv2.imwrite(str(tmp_path / "b.png"), np.full((100, 100, 3), 200, np.uint8))
    with FolderClip(str(tmp_path)) as clip:
        pixels = clip.read(1).pixels
        assert pixels.shape == (50, 100, 3)
        assert pixels[25, 50, 0] == 200
        assert pixels[25, 10, 0] == pixels[25, 90, 0] == 0


def test_a_broken_image_in_a_folder_is_named_when_it_is_reached(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), numbered(0, size=(96, 48)))
    (tmp_path / "b.png").write_bytes(b"broken")
    with FolderClip(str(tmp_path)) as clip:
        clip.read(0)
        with pytest.raises(PoseViewerError, match=r"b\.png"):
            clip.read(1)


@pytest.mark.parametrize("rate", [-1, 0.0, float("nan")])
def test_a_rate_must_be_above_zero(tmp_path: Path, rate: float) -> None:
    with pytest.raises(PoseViewerError, match="above 0"):
        FolderClip(str(tmp_path), rate=rate)


def test_natural_order() -> None:
    assert sorted(["f10", "f2", "f1"], key=natural_key) == ["f1", "f2", "f10"]


def test_superscripts_and_circled_digits_are_no_numbers() -> None:
    # str.isdigit takes them for digits, int does not.
    names = ["a²10", "a²9", "²", "③.png", "1²3", "13", "1²", "x٣", "x٢٣"]
    ordered = sorted(names, key=natural_key)
    assert ordered.index("a²9") < ordered.index("a²10")
    assert ordered.index("1²3") < ordered.index("13")
    # Decimal digits of another script are.
    assert ordered.index("x٣") < ordered.index("x٢٣")


def test_letterbox_keeps_what_fits() -> None:
    pixels = numbered(0, size=(96, 48))
    assert letterbox(pixels, size=(96, 48)) is pixels
    assert letterbox(pixels, size=(48, 96)).shape == (96, 48, 3)
