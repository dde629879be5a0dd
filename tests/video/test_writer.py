"""What is written can be read back: every frame, its time, its sound; or nothing is left."""

from __future__ import annotations

import os
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np
import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import OutputSet
from poseviewer.core.frame import Timestamp
from poseviewer.video.file import FileClip
from poseviewer.video.writer import ClipWriter
from tests.video.numbered import number_in, numbered, write_clip
from tests.video.variants import joined

if TYPE_CHECKING:
    from pathlib import Path

SIZE = (192, 108)
MS = Fraction(1, 1000)


def sound_of(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return []
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def sound_times(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [
            float(packet.pts * packet.time_base)
            for packet in container.demux(audio=0)
            if packet.size
        ]


def copy(source: Path, target: Path, *, start: int = 0, end: int | None = None) -> ClipWriter:
    with FileClip(str(source)) as clip:
        last = len(clip) - 1 if end is None else end
        writer = ClipWriter(
            target,
            size=clip.size,
            time_base=clip.index.time_base,
            rate=clip.rate,
            source=str(source),
            sound_end=None if last == len(clip) - 1 else clip.end(last),
        )
        with writer:
            for frame in clip.frames(start, last):
                writer.write(frame.pixels, time=frame.time)
    return writer


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_uneven_times_and_sound_come_back(tmp_path: Path, suffix: str) -> None:
    source, target = tmp_path / "source.mp4", tmp_path / f"copy{suffix}"
    pts = [n * 33 + (n * n * 7) % 23 for n in range(90)]
    write_clip(source, count=90, pts=pts, time_base=MS, sound="aac")
    writer = copy(source, target)
    assert (writer.frames, writer.notice) == (90, None)
    with FileClip(str(source)) as before, FileClip(str(target)) as after:
        assert len(after) == 90
        origin = before.time(0).exact
        slack = Fraction(1, 2000) if suffix == ".mkv" else 0
        for index in range(90):
            assert abs(after.time(index).exact - (before.time(index).exact - origin)) <= slack
            assert number_in(after.read(index).pixels) == index
    # The first packet of AAC only warms the decoder up, before time zero.
    assert sound_of(target) == sound_of(source)[1 if suffix == ".mkv" else 0 :]
    assert os.listdir(tmp_path) == sorted([target.name, source.name])


def test_a_range_has_its_own_part_of_the_sound(tmp_path: Path) -> None:
    source, target = tmp_path / "source.mp4", tmp_path / "part.mp4"
    write_clip(source, count=90, sound="aac")
    copy(source, target, start=30, end=59)
    with FileClip(str(target)) as clip:
        assert [number_in(frame.pixels) for frame in clip.frames()] == list(range(30, 60))
        assert clip.time(0).exact == 0
        assert clip.end(29) == 1
    packets, whole = sound_of(target), sound_of(source)
    times = np.array(sound_times(source))
    inside = np.flatnonzero((times >= 1) & (times < 2))
    assert packets == whole[inside[0] : inside[-1] + 1]
    assert sound_times(target) == pytest.approx(times[inside] - 1, abs=1e-4)


def test_sound_that_fits_is_copied_bit_for_bit(tmp_path: Path) -> None:
    source = tmp_path / "source.avi"
    write_clip(source, count=20, codec="mpeg4", sound="pcm_mulaw")
    made = copy(source, tmp_path / "copy.mov")
    assert made.notice is None
    # Bytes are compared, for MOV gives each sample of PCM a packet of its own size.
    assert b"".join(sound_of(made.path)) == b"".join(sound_of(source))


def test_a_source_without_sound_gives_a_file_without(tmp_path: Path) -> None:
    source = tmp_path / "source.mp4"
    write_clip(source, count=10)
    assert copy(source, tmp_path / "copy.mp4").notice is None
    assert sound_of(tmp_path / "copy.mp4") == []


@pytest.mark.parametrize("size", [(193, 109), (193, 108), (192, 109)])
def test_odd_sizes_keep_every_pixel(tmp_path: Path, size: tuple[int, int]) -> None:
    target = tmp_path / "odd.mp4"
    with ClipWriter(target, size=size, time_base=Fraction(1, 30), rate=30) as writer:
        for number in range(12):
            writer.write(numbered(number, size=size), time=Timestamp(number, Fraction(1, 30)))
    with FileClip(str(target)) as clip:
        assert len(clip) == 12
        assert clip.size == (size[0] + size[0] % 2, size[1] + size[1] % 2)
        for number in (0, 11):
            seen = clip.read(number).pixels.astype(int)
            kept = seen[: size[1], : size[0]]
            assert np.abs(kept - numbered(number, size=size)).mean() < 6
            if size[0] % 2:
                assert np.abs(seen[:, -1] - seen[:, -2]).mean() < 4


def test_240_frames_a_second(tmp_path: Path) -> None:
    target, base = tmp_path / "fast.mp4", Fraction(1, 240)
    with ClipWriter(target, size=SIZE, time_base=base, rate=240) as writer:
        for number in range(240):
            writer.write(numbered(number, size=SIZE), time=Timestamp(1000 + number, base))
    with FileClip(str(target)) as clip:
        assert clip.rate == pytest.approx(240)
        assert [clip.time(index).exact for index in range(240)] == [n * base for n in range(240)]


def test_the_same_frames_are_the_same_file(tmp_path: Path) -> None:
    """Whatever was written before: x264's own choice, AVX-512, reads what that left in memory."""
    random = np.random.default_rng(1)
    clips = []
    for size in 2 * ((320, 240), (336, 256)):
        noise = random.integers(0, 256, (12, size[1], size[0]), np.uint8)
        soft = np.stack([cv2.GaussianBlur(picture, (0, 0), 3) for picture in noise])
        grey = np.clip((soft.astype(int) - 128) * 6 + 128, 0, 255).astype(np.uint8)
        clips.append((size, np.repeat(grey[..., None], 3, axis=-1)))
    files: list[set[bytes]] = [set() for _ in clips]
    for turn in range(10):
        for (size, frames), written in zip(clips, files, strict=True):
            path = tmp_path / f"{turn}.mp4"
            with ClipWriter(path, size=size, time_base=Fraction(1, 25), rate=25) as writer:
                for n, pixels in enumerate(frames):
                    writer.write(pixels, time=Timestamp(n, Fraction(1, 25)))
            written.add(path.read_bytes())
    assert [len(written) for written in files] == [1, 1, 1, 1]


def test_colours_are_bt709_and_tagged_so(tmp_path: Path) -> None:
    colours = [(200, 40, 40), (40, 200, 40), (40, 40, 200), (128, 128, 128), (250, 250, 250)]
    target, base = tmp_path / "colour.mp4", Fraction(1, 5)
    with ClipWriter(target, size=(64, 64), time_base=base, rate=5) as writer:
        for number, colour in enumerate(colours):
            writer.write(np.full((64, 64, 3), colour, np.uint8), time=Timestamp(number, base))
    with av.open(str(target)) as container:
        coder = container.streams.video[0].codec_context
        assert (coder.colorspace, coder.color_primaries, coder.color_trc) == (1, 1, 1)
        assert coder.color_range == 1
        # ITU-R BT.709: Y' = 0.2126 R + 0.7152 G + 0.0722 B, 219 steps from 16.
        for picture, (r, g, b) in zip(container.decode(video=0), colours, strict=True):
            luma = np.frombuffer(memoryview(picture.planes[0]), np.uint8)[0]
            assert luma == pytest.approx(
                16 + 219 / 255 * (0.2126 * r + 0.7152 * g + 0.0722 * b), abs=2
            )
    with FileClip(str(target)) as clip:
        for frame, colour in zip(clip.frames(), colours, strict=True):
            assert frame.pixels[32, 32] == pytest.approx(np.array(colour), abs=4)


def test_a_colour_of_four_pixels_is_their_mean(tmp_path: Path) -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (64, 96, 3), np.uint8)
    with ClipWriter(tmp_path / "o.mp4", size=(96, 64), time_base=Fraction(1, 5)) as writer:
        frame = writer.converted(pixels)
        writer.write_converted(frame, time=Timestamp(0, Fraction(1, 5)))
    red, green, blue = np.moveaxis(pixels / 255, 2, 0)
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    planes = (
        (16 + 219 * luma, 1),
        (128 + 224 * (blue - luma) / 1.8556, 2),
        (128 + 224 * (red - luma) / 1.5748, 2),
    )
    for plane, (wanted, side) in zip(frame.planes, planes, strict=True):
        height, width = 64 // side, 96 // side
        mean = wanted.reshape(height, side, width, side).mean(axis=(1, 3))
        written = np.frombuffer(memoryview(plane), np.uint8).reshape(height, -1)[:, :width]
        assert np.abs(written - mean).max() < 1


def test_abort_leaves_nothing_and_keeps_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "out.mp4"
    target.write_bytes(b"an older file")
    writer = ClipWriter(target, size=SIZE, time_base=Fraction(1, 30), rate=30)
    for number in range(5):
        writer.write(numbered(number, size=SIZE), time=Timestamp(number, Fraction(1, 30)))
    writer.abort()
    writer.abort()
    assert os.listdir(tmp_path) == ["out.mp4"]
    assert target.read_bytes() == b"an older file"


def test_an_exception_aborts(tmp_path: Path) -> None:
    def interrupted() -> None:
        with ClipWriter(tmp_path / "out.mp4", size=SIZE, time_base=Fraction(1, 30)) as writer:
            writer.write(numbered(0, size=SIZE), time=Timestamp(0, Fraction(1, 30)))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert os.listdir(tmp_path) == []


def test_no_frames_is_an_error_that_leaves_nothing(tmp_path: Path) -> None:
    writer = ClipWriter(tmp_path / "out.mp4", size=SIZE, time_base=Fraction(1, 30))
    with pytest.raises(PoseViewerError, match="no frame"):
        writer.finish()
    assert os.listdir(tmp_path) == []


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_a_full_disk_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    def full(outputs: OutputSet, path: Path) -> Path:
        partial = made(outputs, path)
        partial.unlink()
        partial.symlink_to("/dev/full")
        return partial

    made = OutputSet.file
    monkeypatch.setattr(OutputSet, "file", full)
    noise = np.random.default_rng(0)

    def fill() -> None:
        with ClipWriter(tmp_path / f"out{suffix}", size=SIZE, time_base=Fraction(1, 30)) as writer:
            for number in range(60):
                pixels = noise.integers(0, 255, (SIZE[1], SIZE[0], 3), np.uint8)
                writer.write(pixels, time=Timestamp(number, Fraction(1, 30)))

    with pytest.raises(PoseViewerError, match="disk is full"):
        fill()
    assert os.listdir(tmp_path) == []


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(PoseViewerError, match="does not exist"):
        ClipWriter(tmp_path / "nowhere" / "out.mp4", size=SIZE, time_base=Fraction(1, 30))


@pytest.mark.parametrize("name", ["out.avi", "out.gif", "out"])
def test_an_unknown_ending(tmp_path: Path, name: str) -> None:
    with pytest.raises(PoseViewerError, match=r"\.mp4, \.mov, \.mkv or \.webm"):
        ClipWriter(tmp_path / name, size=SIZE, time_base=Fraction(1, 30))


def test_wrong_shapes_and_times_are_refused(tmp_path: Path) -> None:
    writer = ClipWriter(tmp_path / "out.mp4", size=SIZE, time_base=Fraction(1, 30))
    with pytest.raises(ValueError, match="108 x 192"):
        writer.write(numbered(0, size=(96, 96)), time=Timestamp(0, Fraction(1, 30)))
    writer.write(numbered(0, size=SIZE), time=Timestamp(5, Fraction(1, 30)))
    with pytest.raises(ValueError, match="must rise"):
        writer.write(numbered(1, size=SIZE), time=Timestamp(5, Fraction(1, 30)))
    writer.abort()


@pytest.mark.slow
def test_the_sound_of_a_real_clip(shared: Path, tmp_path: Path) -> None:
    source, target = shared / "videos" / "sports2d_demo.mp4", tmp_path / "copy.mp4"
    copy(source, target, end=20)
    whole, part = sound_of(source), sound_of(target)
    assert part == whole[: len(part)]
    assert len(part) == pytest.approx(21 / 30 * 44100 / 1024, abs=1)


def test_sound_goes_on_where_the_clock_starts_over(tmp_path: Path) -> None:
    joined(30, 30, options={"bf": "2"}, sound="mp2")(tmp_path / "joined.ts")
    clip = FileClip(str(tmp_path / "joined.ts"))
    with (
        clip,
        ClipWriter(
            tmp_path / "out.mp4",
            size=clip.size,
            time_base=clip.time(0).time_base,
            source=clip.location,
            sound_shifts=clip.shifts,
        ) as writer,
    ):
        for frame in clip.frames():
            writer.write(frame.pixels, time=frame.time)
    times = sound_times(tmp_path / "out.mp4")
    assert times == sorted(times)
    assert times[-1] == pytest.approx(2, abs=0.15)
    assert len(times) > 70
