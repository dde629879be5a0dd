"""Exports of odd sizes and rates, reopened by ffprobe, or by PyAV where there is none."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import av
import cv2
import numpy as np
import pytest

from poseviewer.core.frame import Frame, Timestamp
from poseviewer.runtime.export import export_clip
from poseviewer.runtime.jobs import ExportJob
from poseviewer.runtime.state import AppState
from poseviewer.video.source import Clip
from tests.dots import DotsClip, loader
from tests.video.numbered import write_clip
from tests.video.variants import shaped

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

VIDEOS = (".mp4", ".mov", ".mkv", ".webm")
PICTURES = (".gif", ".apng", ".webp")
SEQUENCES = ("%04d.png", "%04d.jpg")
COUNT = 9

SIZES = (
    (1, 1), (2, 2), (3, 5), (16, 9), (101, 77), (641, 479), (1919, 33), (4096, 16), (7, 1080),
)  # fmt: skip

FIVE = Fraction(5)
RATES = (
    Fraction(1), Fraction(25, 2), Fraction(24000, 1001), Fraction(60000, 1001), Fraction(120),
)  # fmt: skip
UNEVEN = (0, 3000, 6000, 10_500, 12_000, 18_000, 19_001, 40_000, 43_000)
"""Times of a clip of variable rate, in units of a 90,000th of a second."""


class Plain(Clip):
    """Frames whose grey rises, at given times."""

    name = location = "plain"

    def __init__(self, size: tuple[int, int], pts: Sequence[int], base: Fraction) -> None:
        self._size, self._pts, self._base = size, pts, base
        self.rate = float((len(pts) - 1) / ((pts[-1] - pts[0]) * base))

    @property
    def size(self) -> tuple[int, int]:
        return self._size

    def close(self) -> None:
        pass

    def __len__(self) -> int:
        return len(self._pts)

    def time(self, index: int) -> Timestamp:
        return Timestamp(self._pts[index], self._base)

    def read(self, index: int) -> Frame:
        width, height = self._size
        pixels = np.full((height, width, 3), 20 + 25 * index, np.uint8)
        return Frame(pixels, index, self.time(index))


def even(size: tuple[int, int], rate: Fraction) -> Plain:
    return Plain(size, range(COUNT), 1 / rate)


def uneven(size: tuple[int, int]) -> Plain:
    return Plain(size, UNEVEN, Fraction(1, 90_000))


@dataclass(frozen=True)
class Found:
    """What another program finds in a file."""

    size: tuple[int, int]
    seconds: tuple[float, ...]
    shape: str
    """Of a pixel, such as `1:1`."""
    colour: tuple[str, str, str, str]
    """Range, matrix, transfer and primaries."""
    turned: bool
    sound: bool


def reopened(path: Path) -> Found:
    """What ffprobe says of a file; PyAV where it is not installed."""
    return _by_ffprobe(path) if shutil.which("ffprobe") else _by_pyav(path)


def _by_ffprobe(path: Path) -> Found:
    command = ["ffprobe", "-v", "error", "-show_streams", "-show_frames", "-of", "json", str(path)]
    done = subprocess.run(command, capture_output=True, check=True)
    assert not done.stderr, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    (video,) = [one for one in said["streams"] if one["codec_type"] == "video"]
    frames = [one for one in said["frames"] if one["media_type"] == "video"]
    names = ("color_range", "color_space", "color_transfer", "color_primaries")
    return Found(
        (video["width"], video["height"]),
        tuple(float(one.get("pts_time", one.get("best_effort_timestamp_time"))) for one in frames),
        video.get("sample_aspect_ratio", "1:1"),
        tuple(video.get(name, "unknown") for name in names),  # type: ignore[arg-type]
        any("rotation" in one for one in video.get("side_data_list", ())),
        any(one["codec_type"] == "audio" for one in said["streams"]),
    )


def _by_pyav(path: Path) -> Found:
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        coder = stream.codec_context
        sound = bool(file.streams.audio)
        size, shape = (stream.width, stream.height), stream.sample_aspect_ratio or Fraction(1)
        frames = list(file.decode(video=0))
    tags = int(coder.color_range), int(coder.colorspace), int(coder.color_trc)
    known = ("tv", "bt709", "bt709", "bt709") if tags == (1, 1, 1) else ("unknown",) * 4
    return Found(
        size,
        tuple(float(frame.pts * frame.time_base) for frame in frames),
        f"{shape.numerator}:{shape.denominator}",
        known,
        any(frame.rotation for frame in frames),
        sound,
    )


def export(clip: Clip, output: Path, **job: Any) -> Path:
    made = ExportJob(output, **{"overlay": False, **job})
    return export_clip(made, AppState(), "plain", opener=lambda _: clip, loader=loader())


def seconds_of(clip: Clip) -> list[float]:
    return [clip.time(index).seconds - clip.time(0).seconds for index in range(len(clip))]


def padded(size: tuple[int, int]) -> tuple[int, int]:
    """A video's colours are of two by two pixels."""
    return size[0] + size[0] % 2, size[1] + size[1] % 2


def check_video(found: Found, size: tuple[int, int]) -> None:
    assert found.size == padded(size)
    assert found.shape in ("1:1", "0:1", "N/A")
    assert found.colour == ("tv", "bt709", "bt709", "bt709")
    assert not found.turned


@pytest.mark.slow
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("ending", [*VIDEOS, *PICTURES, *SEQUENCES])
def test_every_size_comes_back(tmp_path: Path, ending: str, size: tuple[int, int]) -> None:
    clip = even(size, FIVE)
    if ending in SEQUENCES:
        export(clip, tmp_path / "s" / ending)
        made = sorted((tmp_path / "s").iterdir())
        assert [path.stem for path in made] == [f"{number:04d}" for number in range(COUNT)]
        read = [cv2.imread(str(path)) for path in made]
        assert {one.shape for one in read} == {(size[1], size[0], 3)}
        assert [int(one.mean()) for one in read] == pytest.approx(
            [20 + 25 * n for n in range(COUNT)], abs=1
        )
        return
    out = export(clip, tmp_path / f"o{ending}")
    if ending == ".webp":
        # FFmpeg writes animated WebP and does not read it.
        read, animation = cv2.imreadanimation(str(out))
        assert read
        assert [one.shape[:2] for one in animation.frames] == [size[::-1]] * COUNT
        assert animation.durations.tolist()[:-1] == [200] * (COUNT - 1)
        return
    found = reopened(out)
    room = size if ending != ".gif" or max(size) <= 640 else found.size
    assert max(room) <= 640 or ending != ".gif"
    if ending in VIDEOS:
        check_video(found, size)
    else:
        assert found.size == room
    assert found.seconds == pytest.approx(seconds_of(clip), abs=1.1e-3)


@pytest.mark.slow
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("ending", [*VIDEOS, ".gif", ".apng"])
def test_every_rate_comes_back(tmp_path: Path, ending: str, rate: Fraction) -> None:
    clip = even((64, 48), rate)
    found = reopened(export(clip, tmp_path / f"o{ending}"))
    times = seconds_of(clip)
    if ending == ".gif" and rate > 25:
        # As many as it can show, each at its own time in hundredths.
        assert all(min(abs(one - time) for time in times) < 0.0051 for one in found.seconds)
        assert all(after - before > 0.03 for before, after in pairwise(found.seconds))
        return
    step = {".gif": 5.1e-3, ".mp4": 1e-6, ".mov": 1e-6}.get(ending, 0.51e-3)
    assert found.seconds == pytest.approx(times, abs=step)


@pytest.mark.parametrize("ending", [*VIDEOS, ".apng"])
def test_a_variable_rate_stays_one(tmp_path: Path, ending: str) -> None:
    clip = uneven((101, 77))
    found = reopened(export(clip, tmp_path / f"o{ending}"))
    assert found.seconds == pytest.approx(seconds_of(clip), abs=0.6e-3)
    if ending in VIDEOS:
        check_video(found, (101, 77))


@pytest.mark.parametrize("ending", [*VIDEOS, ".gif", ".apng"])
@pytest.mark.parametrize("rate", [Fraction(25), Fraction(10)])
def test_a_variable_rate_becomes_constant_on_request(
    tmp_path: Path, ending: str, rate: Fraction
) -> None:
    clip = uneven((64, 48))
    found = reopened(export(clip, tmp_path / f"o{ending}", rate=rate))
    wanted = [n / rate for n in range(int(clip.time(COUNT - 1).exact * rate) + 1)]
    shown = found.seconds
    if ending in VIDEOS:
        assert shown[: len(wanted)] == pytest.approx([float(one) for one in wanted], abs=0.6e-3)
        assert len(shown) - len(wanted) in (0, 1)
    else:
        # What does not change stands longer there.
        moments = {round(float(one), 2) for one in [*wanted, wanted[-1] + 1 / rate]}
        assert {round(one, 2) for one in shown} <= moments


@pytest.mark.parametrize(
    ("shape", "rotation", "size"),
    [
        (Fraction(4, 3), None, (256, 108)),
        (Fraction(1), 90, (108, 192)),
        (Fraction(4, 3), 90, (108, 256)),
    ],
)
@pytest.mark.parametrize("ending", [".mp4", ".webm", ".gif"])
def test_shape_and_rotation_are_in_the_pixels(
    tmp_path: Path,
    ending: str,
    shape: Fraction,
    rotation: int | None,
    size: tuple[int, int],
) -> None:
    turn = {} if rotation is None else {"rotation": rotation}
    shaped(shape, count=6, **turn)(tmp_path / "in.mp4")
    job = ExportJob(tmp_path / f"o{ending}", overlay=False)
    found = reopened(export_clip(job, AppState(), str(tmp_path / "in.mp4")))
    assert found.size == size
    assert found.shape in ("1:1", "0:1", "N/A")
    assert not found.turned


@pytest.mark.parametrize("ending", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize("job", [{}, {"rate": Fraction(20)}, {"size": (96, 96)}])
def test_sound_stays(tmp_path: Path, ending: str, job: dict[str, Any]) -> None:
    write_clip(tmp_path / "in.mp4", count=20, sound="aac")
    made = ExportJob(tmp_path / f"o{ending}", overlay=False, **job)
    assert reopened(export_clip(made, AppState(), str(tmp_path / "in.mp4"))).sound
    silent = ExportJob(tmp_path / f"s{ending}", overlay=False, audio=False, **job)
    assert not reopened(export_clip(silent, AppState(), str(tmp_path / "in.mp4"))).sound


@pytest.mark.parametrize("size", [(1, 1), (24, 10), (2000, 40)])
def test_people_are_drawn_at_any_size(tmp_path: Path, size: tuple[int, int]) -> None:
    out = export(DotsClip(3, size=size), tmp_path / "o.mp4", overlay=True, data=("csv",))
    assert reopened(out).size == padded(size)
