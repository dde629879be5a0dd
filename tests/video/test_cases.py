"""Files of public bug reports, each by its right value."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.video_choice import VideoChoice
from poseviewer.video.open import open_source

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.video.source import Clip


@pytest.fixture
def cases(shared: Path) -> Path:
    folder = shared / "cases"
    if not folder.is_dir():
        pytest.skip("the cases of bug reports are not beside the checkout")
    return folder


def times(clip: Clip) -> list[Fraction]:
    return [clip.time(index).exact - clip.time(0).exact for index in range(len(clip))]


@pytest.mark.parametrize(
    ("name", "count", "rate"),
    [
        ("h264_bf.avi", 60, 30),
        ("raw.h264", 60, 30),
        ("joined.ts", 120, 30),
        ("hs1200.mkv", 60, 1200),
        ("start3.mkv", 60, 30),
    ],
)
def test_every_frame_is_there_and_time_goes_on(
    cases: Path, name: str, count: int, rate: int
) -> None:
    with open_source(str(cases / "video" / name)) as clip:
        assert len(clip) == count
        assert clip.rate == pytest.approx(rate)
        assert clip.notice is None
        found = times(clip)
        assert found == sorted(set(found))
        # Within the tick of Matroska's clock.
        expected = [Fraction(n, rate) for n in range(count)]
        assert max(abs(a - b) for a, b in zip(found, expected, strict=True)) <= Fraction(1, 1000)
        assert len({clip.read(index).pixels.tobytes() for index in range(count)}) > count // 3


def test_pixels_that_are_not_square(cases: Path) -> None:
    with open_source(str(cases / "video" / "sar64_45.mp4")) as clip:
        assert (len(clip), clip.size) == (25, (1024, 576))
        assert clip.read(12).pixels.shape == (576, 1024, 3)
        assert "720 x 576 is shown as 1024 x 576" in clip.remarks


@pytest.mark.parametrize(
    ("way", "count", "rate"), [("off", 50, 25), ("frame", 50, 25), ("field", 100, 50)]
)
def test_interlaced_footage_as_chosen(cases: Path, way: str, count: int, rate: int) -> None:
    choice = VideoChoice(deinterlace=way)  # type: ignore[arg-type]
    with open_source(str(cases / "video" / "int.mp4"), choice=choice) as clip:
        assert (len(clip), clip.rate) == (count, rate)
        assert times(clip) == [Fraction(n, rate) for n in range(count)]
        assert "it is interlaced" in clip.remarks
        pixels = clip.read(count // 2).pixels[..., 1].astype(int)
    combed = np.abs(2 * pixels[1:-1] - pixels[:-2] - pixels[2:]).mean()
    neighbours = np.abs(pixels[2:] - pixels[:-2]).mean()
    assert (combed > 2 * neighbours) == (way == "off")


def test_the_larger_of_two_streams(cases: Path) -> None:
    path = str(cases / "video" / "two_h264.mkv")
    with open_source(path) as clip:
        assert (len(clip), clip.size) == (60, (160, 120))
        assert "of 2 video streams, number 2, the largest, is shown" in clip.remarks
    with open_source(path, choice=VideoChoice(0)) as clip:
        assert (len(clip), clip.size) == (60, (64, 48))
    with pytest.raises(PoseViewerError, match="no video stream 3; there are: 1"):
        open_source(path, choice=VideoChoice(2))


def test_a_change_of_size_is_letterboxed(cases: Path) -> None:
    with open_source(str(cases / "video" / "reschange.ts")) as clip:
        assert len(clip) == 20
        before, after = clip.read(0).pixels, clip.read(len(clip) - 1).pixels
    assert before.shape == after.shape
    bars = after.max(axis=2)
    assert bars[:, 0].max() < 8 or bars[0].max() < 8
    assert before.max(axis=2)[:, 0].max() >= 8


def test_hlg_is_mapped(cases: Path) -> None:
    with open_source(str(cases / "video" / "hdr_hlg.mp4")) as clip:
        assert "high dynamic range (HLG) is mapped" in clip.remarks
        seen = clip.read(2).pixels[120, 160]
    # The signal is (0.780, 0.394, 0.195): BT.2100's inverse OETF and OOTF, BT.2390's EETF,
    # BT.2087 and BT.1886 by hand.
    assert seen == pytest.approx([255, 73, 35], abs=3)


def test_a_playlist_without_an_end_is_refused_at_once(cases: Path) -> None:
    with pytest.raises(PoseViewerError, match=r"live\.m3u8 is a playlist without an end"):
        open_source(str(cases / "video" / "live.m3u8"))


@pytest.mark.parametrize(("name", "count", "rate"), [("anim.png", 10, 10), ("pages.tif", 3, 25)])
def test_pictures_of_several_frames(cases: Path, name: str, count: int, rate: int) -> None:
    with open_source(str(cases / "pictures" / name)) as clip:
        assert (len(clip), clip.rate) == (count, rate)
        assert len({clip.read(index).pixels.tobytes() for index in range(count)}) == count
        if name == "pages.tif":
            assert [clip.read(n).pixels[0, 0, 0] for n in (2, 0, 1)] == [30, 10, 20]


@pytest.mark.parametrize(
    ("name", "colour"), [("cmyk.tif", (200, 100, 50)), ("gray_trns.png", (255, 255, 255))]
)
def test_kinds_of_pictures(cases: Path, name: str, colour: tuple[int, int, int]) -> None:
    with open_source(str(cases / "pictures" / name)) as still:
        assert still.read(0).pixels[20, 30].tolist() == list(colour)


def test_names_with_superscripts(cases: Path) -> None:
    with open_source(str(cases / "pictures" / "sup")) as clip:
        assert [path.name for path in clip.paths] == ["1²3.png", "13.png"]
        assert clip.read(1).pixels[0, 0, 0] == cv2.imread(str(clip.paths[1]))[0, 0, 0]
