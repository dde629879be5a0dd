"""Frame N is the same pixels however it is reached, over many containers and codecs."""

from __future__ import annotations

import random
import zlib
from fractions import Fraction
from typing import TYPE_CHECKING

import pytest

from poseviewer.video.file import FileClip
from tests.video.numbered import number_in, write_clip

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

COUNT = 150
UNEVEN = [n * 33 + (n * n * 7) % 23 for n in range(COUNT)]
"""Milliseconds, no two steps alike."""

MS = Fraction(1, 1000)
B12 = {"g": "12", "bf": "3"}
FAST_START = {"movflags": "faststart"}

VARIANTS: dict[str, dict[str, object]] = {
    "cfr.mp4": {"options": {"g": "30"}},
    "vfr.mp4": {"options": B12, "pts": UNEVEN, "time_base": MS},
    "vfr.mkv": {"options": B12, "pts": UNEVEN, "time_base": MS},
    "gop250.mp4": {"options": {"g": "250", "bf": "3"}},
    "gop12_b.mp4": {"options": B12},
    "open_gop.mp4": {
        "options": {"g": "24", "bf": "3", "x264-params": "open-gop=1:scenecut=0"},
    },
    "open_gop_hevc.mp4": {
        "codec": "libx265",
        "options": {"x265-params": "keyint=24:open-gop=1:bframes=3:log-level=none"},
    },
    "no_b.mp4": {"options": {"g": "24", "bf": "0"}},
    "refresh.mp4": {"options": {"x264-params": "intra-refresh=1:keyint=20:bframes=0"}},
    "plain.mkv": {"options": B12},
    "mpeg4.avi": {"codec": "mpeg4", "options": {"g": "12", "bf": "2"}},
    "h264_b.avi": {"options": B12},
    "raw.h264": {"options": B12},
    "broadcast.ts": {"options": B12},
    "mpeg2.ts": {"codec": "mpeg2video", "options": {"g": "15", "bf": "2"}},
    "late_start.mp4": {"options": B12, "pts": range(500, 500 + COUNT)},
    "late_start.ts": {"options": B12, "pts": range(9000, 9000 + COUNT)},
    "high10.mp4": {"options": B12, "pixel_format": "yuv420p10le"},
    "hevc10.mkv": {
        "codec": "libx265",
        "pixel_format": "yuv420p10le",
        "options": {"x265-params": "keyint=30:log-level=none"},
    },
    "odd.mp4": {"options": B12, "size": (193, 109), "pixel_format": "yuv444p"},
    "vp9.webm": {
        "codec": "libvpx-vp9",
        "options": {"g": "30", "deadline": "realtime", "cpu-used": "8"},
    },
    "flash.flv": {"options": B12},
    "every_key.mov": {"codec": "mjpeg", "pixel_format": "yuvj420p"},
    "no_cues.mkv": {"options": B12, "file_format": "matroska"},
    "fragmented.mp4": {
        "options": B12,
        "container_options": {"movflags": "frag_keyframe+empty_moov+default_base_moof"},
    },
}


def digest(pixels: NDArray[np.uint8]) -> int:
    return zlib.crc32(pixels)


def walk(count: int, *, seed: int, steps: int) -> list[int]:
    """Jumps, steps and scrubs, as a person makes them."""
    chance, at, path = random.Random(seed), 0, []
    while len(path) < steps:
        kind = chance.random()
        if kind < 0.35:
            at = chance.randrange(count)
            path.append(at)
            continue
        step = chance.choice([-1, -1, 1, 1, -10, 10])
        for _ in range(chance.randrange(1, 8)):
            at = min(max(at + step, 0), count - 1)
            path.append(at)
    return path


def wrong_frames(path: Path, expected: Sequence[int], *, steps: int, cache: int) -> list[int]:
    """The frames that a random walk over a clip shows differently than `expected`."""
    wrong = []
    with FileClip(str(path), cache_bytes=cache) as clip:
        for turn, index in enumerate(walk(len(expected), seed=cache, steps=steps)):
            if turn % 3 == 0:
                clip.prefetch(index)
            frame = clip.read(index)
            assert frame.index == index
            if digest(frame.pixels) != expected[index]:
                wrong.append(index)
    return wrong


@pytest.mark.parametrize("name", sorted(VARIANTS))
def test_every_frame_is_itself_however_it_is_reached(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write_clip(path, count=COUNT, **VARIANTS[name])  # type: ignore[arg-type]
    if name == "no_cues.mkv":
        # A Void element in place of Cues: as if recording had been cut off.
        coded = path.read_bytes()
        at = coded.rfind(b"\x1c\x53\xbb\x6b")
        assert at > 0
        path.write_bytes(coded[:at])
    with FileClip(str(path)) as clip:
        # The first thing asked of it is a jump to the end.
        assert number_in(clip.read(COUNT - 1).pixels) == COUNT - 1
    with FileClip(str(path)) as clip:
        frames = [(number_in(frame.pixels), digest(frame.pixels)) for frame in clip.frames()]
        numbers, expected = zip(*frames, strict=True)
        assert list(numbers) == list(range(COUNT))
        times = [clip.time(index).exact for index in range(len(clip))]
        assert times == sorted(set(times))
        assert clip.notice is None
    with FileClip(str(path), cache_bytes=1_000_000) as clip:
        for index in reversed(range(COUNT)):
            assert digest(clip.read(index).pixels) == expected[index]
            clip.prefetch(index)
    # A cache of a few frames, and one that holds a part of the clip.
    for cache in (300_000, 1_500_000):
        assert wrong_frames(path, expected, steps=120, cache=cache) == []


@pytest.mark.parametrize("name", ["cut.mkv", "cut.mp4", "cut.ts", "cut.avi"])
def test_truncated_files_show_what_is_left(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    codec = {"codec": "mpeg4"} if name.endswith("avi") else {}
    options = {"options": {"g": "12", "bf": "0"}, **codec}
    write_clip(path, count=COUNT, container_options=_faststart(name), **options)
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * 0.6)])
    with FileClip(str(path)) as clip:
        assert COUNT // 3 < len(clip) < COUNT
        frames = [(number_in(frame.pixels), digest(frame.pixels)) for frame in clip.frames()]
        numbers, expected = zip(*frames, strict=True)
        # A transport stream promises no length that could be missed.
        assert name == "cut.ts" or (clip.notice and f"the {len(clip)} frames" in clip.notice)
    assert list(numbers) == list(range(len(numbers)))
    assert wrong_frames(path, expected, steps=100, cache=500_000) == []


@pytest.mark.parametrize("name", ["hurt.mp4", "hurt.mkv", "hurt.ts", "hurt.avi"])
def test_damage_looks_the_same_from_every_direction(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    codec = {"codec": "mpeg4"} if name.endswith("avi") else {}
    write_clip(path, count=COUNT, options=B12, container_options=_faststart(name), **codec)
    chance, coded = random.Random(3), bytearray(path.read_bytes())
    for _ in range(12):
        at = chance.randrange(len(coded) // 2, len(coded) * 7 // 8)
        coded[at : at + 20] = chance.randbytes(20)
    path.write_bytes(coded)
    with FileClip(str(path)) as clip:
        expected = [digest(frame.pixels) for frame in clip.frames()]
    assert len(set(expected)) > len(expected) // 3
    for cache in (300_000, 1_500_000):
        assert wrong_frames(path, expected, steps=100, cache=cache) == []


def _faststart(name: str) -> dict[str, str]:
    return FAST_START if name.endswith("mp4") else {}


REAL = [
    "squat.mp4",
    "sports2d_demo.mp4",
    "pose2sim_single_cam03.mp4",
    "intel_one_by_one.mp4",
    "opencv_vtest.avi",
    "mmaction_structuralize.mp4",
]


@pytest.mark.slow
@pytest.mark.parametrize("name", REAL)
def test_real_clips_are_the_same_in_random_order(shared: Path, name: str) -> None:
    path = shared / "videos" / name
    with FileClip(str(path)) as clip:
        expected = [digest(frame.pixels) for frame in clip.frames(0, 99)]
        assert clip.notice is None
    assert wrong_frames(path, expected, steps=60, cache=64 * 2**20) == []
