"""Video files: upright, in true colours and at their own times, with the work kept small."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.video.cursor import Cursor
from poseviewer.video.file import FileClip
from tests.video.numbered import number_in, numbered, write_clip

if TYPE_CHECKING:
    from pathlib import Path

SIZE = (192, 108)


@pytest.mark.parametrize(("degrees", "turns"), [(90, 1), (180, 2), (270, 3), (-90, -1), (0, 0)])
def test_rotated_clips_are_upright(tmp_path: Path, degrees: int, turns: int) -> None:
    write_clip(tmp_path / "turned.mp4", count=6, rotation=degrees)
    expected = np.rot90(numbered(4, size=SIZE), turns)
    with FileClip(str(tmp_path / "turned.mp4")) as clip:
        assert clip.size == expected.shape[1::-1]
        frame = clip.read(4)
        assert frame.size == clip.size
        assert np.abs(frame.pixels.astype(int) - expected).mean() < 6
        assert frame.pixels.flags.c_contiguous


def test_mirrored_clips_are_unmirrored(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "mirror.mp4"), "w") as out:
        stream = out.add_stream("libx264", rate=30)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.set_display_rotation(90, hflip=True)
        for number in range(4):
            frame = av.VideoFrame.from_ndarray(numbered(number, size=SIZE), format="rgb24")
            out.mux(stream.encode(frame.reformat(format="yuv420p")))
        out.mux(stream.encode(None))
    with FileClip(str(tmp_path / "mirror.mp4")) as clip:
        pixels = clip.read(2).pixels.astype(int)
    turns = [np.rot90(numbered(2, size=SIZE)[:, ::-1], turn) for turn in (1, 3)]
    assert min(np.abs(pixels - turned).mean() for turned in turns) < 6


def test_an_edit_list_hides_frames_but_not_their_key_frame(tmp_path: Path) -> None:
    path = tmp_path / "edited.mp4"
    # Times before zero are hidden by the edit list that the muxer writes.
    write_clip(path, count=60, pts=range(-20, 40), options={"g": "250", "bf": "3"})
    with av.open(str(path)) as container:
        hidden = sum(packet.is_discard for packet in container.demux(video=0))
    assert hidden > 0
    with FileClip(str(path)) as clip:
        assert len(clip) == 60 - hidden
        numbers = [number_in(frame.pixels) for frame in clip.frames()]
        assert numbers == list(range(hidden, 60))
        for index in (30, 3, len(clip) - 1, 0, 17):
            assert number_in(clip.read(index).pixels) == hidden + index
        assert clip.notice is None


def test_a_stream_that_begins_between_key_frames(tmp_path: Path) -> None:
    write_clip(tmp_path / "whole.ts", count=60, options={"g": "20", "bf": "2"})
    coded = (tmp_path / "whole.ts").read_bytes()
    at = len(coded) // 6 // 188 * 188
    (tmp_path / "joined.ts").write_bytes(coded[:376] + coded[at:])
    with FileClip(str(tmp_path / "joined.ts")) as clip:
        numbers = [number_in(frame.pixels) for frame in clip.frames()]
        assert numbers == list(range(60 - len(numbers), 60))
        assert len(numbers) >= 40
        for index in (25, 0, len(clip) - 1):
            assert number_in(clip.read(index).pixels) == numbers[index]


def test_times_are_the_containers(tmp_path: Path) -> None:
    pts = [1000, 1040, 1041, 1500, 1501, 9000]
    times = write_clip(tmp_path / "vfr.mkv", count=6, pts=pts, time_base=Fraction(1, 1000))
    with FileClip(str(tmp_path / "vfr.mkv")) as clip:
        origin = clip.time(0).exact
        assert [clip.time(n).exact - origin for n in range(6)] == [t - times[0] for t in times]
        assert clip.rate == pytest.approx(5 / 8)
        assert clip.end(0) == clip.time(1).exact
        assert clip.end(5) > clip.time(5).exact


@pytest.mark.parametrize("matrix", [1, 5, 9])
@pytest.mark.parametrize("full", [False, True])
def test_colours_follow_matrix_and_range(tmp_path: Path, matrix: int, full: bool) -> None:
    y, u, v = 120, 100, 170
    path = tmp_path / "colour.mkv"
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=5, options={"crf": "1"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        stream.codec_context.colorspace = matrix
        stream.codec_context.color_range = 2 if full else 1
        for _ in range(3):
            frame = av.VideoFrame(64, 64, "yuv420p")
            for plane, value in zip(frame.planes, (y, u, v), strict=True):
                plane.update(bytes([value]) * plane.buffer_size)
            frame.colorspace, frame.color_range = matrix, 2 if full else 1
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    # ITU-R BT.601, BT.709, BT.2020: weights of red and blue in luma.
    kr, kb = {1: (0.2126, 0.0722), 5: (0.299, 0.114), 9: (0.2627, 0.0593)}[matrix]
    floor, luma, chroma = (0, 255, 255) if full else (16, 219, 224)
    yy, cb, cr = (y - floor) / luma, (u - 128) / chroma, (v - 128) / chroma
    red, blue = yy + 2 * (1 - kr) * cr, yy + 2 * (1 - kb) * cb
    green = (yy - kr * red - kb * blue) / (1 - kr - kb)
    with FileClip(str(path)) as clip:
        seen = clip.read(1).pixels[32, 32]
    assert seen == pytest.approx(np.array([red, green, blue]) * 255, abs=3)


def test_a_step_forward_decodes_one_picture_and_a_step_back_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_clip(tmp_path / "clip.mp4", count=120, options={"g": "250"})
    decoded = []
    advance = Cursor.advance
    monkeypatch.setattr(Cursor, "advance", lambda self: decoded.append(1) or advance(self))
    with FileClip(str(tmp_path / "clip.mp4")) as clip:
        clip.read(50)
        decoded.clear()
        for index in range(51, 61):
            clip.read(index)
        assert len(decoded) == 10
        decoded.clear()
        for index in range(60, 40, -1):
            clip.read(index)
        assert decoded == []


def test_prefetch_makes_back_steps_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_clip(tmp_path / "clip.mp4", count=200, options={"g": "250"})
    with FileClip(str(tmp_path / "clip.mp4"), cache_bytes=2_000_000) as clip:
        clip.read(150)
        work = []
        for index in range(149, 40, -1):
            work.append(0)
            while clip.prefetch(index + 1):
                work[-1] += 1
                assert work[-1] < 1000
            with monkeypatch.context() as patch:
                patch.setattr(Cursor, "advance", lambda self: pytest.fail("decoded on demand"))
                assert number_in(clip.read(index).pixels) == index
        # Work comes in chunks: most steps find nothing left to do.
        assert sum(turn == 0 for turn in work) > len(work) / 2
        assert not clip.prefetch(0)


def test_frames_are_at_hand_that_need_no_others_first(tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", count=100, options={"g": "250"})
    with FileClip(str(tmp_path / "clip.mp4"), cache_bytes=500_000) as clip:
        clip.read(50)
        assert [clip.at_hand(index) for index in (49, 50, 51, 60)] == [True, True, True, False]
        clip.read(99)
        assert not any(map(clip.at_hand, (8, 9)))


def test_playing_holds_few_pictures_and_stopping_brings_back_more(tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", count=100)
    with FileClip(str(tmp_path / "clip.mp4")) as clip:
        for index in range(80):
            clip.read(index)
        assert len(clip._cache) == 16
        while clip.prefetch(79):
            pass
        held = len(clip._cache)
        assert held == 80
        # Going back and playing on again decodes nothing twice, and stepping forgets nothing.
        for index in [*range(79, 40, -1), *range(41, 80)]:
            assert number_in(clip.read(index).pixels) == index
        assert len(clip._cache) == held
        # Nor does stepping with a look at every picture.
        for index in range(80, 100):
            assert not clip.prefetch(index - 1)
            clip.read(index)
        assert len(clip._cache) == 100


def test_the_cache_stays_within_its_bytes(tmp_path: Path) -> None:
    write_clip(tmp_path / "clip.mp4", count=100)
    with FileClip(str(tmp_path / "clip.mp4"), cache_bytes=500_000) as clip:
        for index in [*range(100), *range(99, -1, -1)]:
            clip.read(index)
            clip.prefetch(index)
            assert clip._cache.bytes <= 500_000


def test_a_picture_that_changes_its_size_keeps_the_first(tmp_path: Path) -> None:
    parts = []
    for number, size in enumerate([SIZE, (96, 64)]):
        write_clip(tmp_path / f"{number}.h264", count=10, size=size)
        parts.append((tmp_path / f"{number}.h264").read_bytes())
    (tmp_path / "both.h264").write_bytes(b"".join(parts))
    with FileClip(str(tmp_path / "both.h264")) as clip:
        assert len(clip) == 20
        assert {frame.size for frame in clip.frames()} == {SIZE}


def test_a_file_that_vanishes_is_an_error_not_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    write_clip(path, count=60, options={"g": "10"})
    clip = FileClip(str(path), cache_bytes=100_000)
    clip.read(30)
    path.unlink()
    with pytest.raises(PoseViewerError, match=r"clip\.mp4"):
        [clip.read(index) for index in range(29, -1, -1)]
    clip.close()
