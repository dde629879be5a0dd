"""Forms of an export, reopened by FFmpeg and OpenCV: sizes, rates, speeds, repeating pictures."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np
import pytest

from poseviewer.core.composite import LAYOUTS, SIZES, Composite
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.look import Look
from poseviewer.runtime.export import export_clip
from poseviewer.runtime.export_picture import fitted
from poseviewer.runtime.jobs import ExportJob
from poseviewer.runtime.state import AppState
from tests.dots import DotsClip, loader, picture

if TYPE_CHECKING:
    from pathlib import Path

COUNT = 12


def export(job: ExportJob) -> Path:
    return export_clip(job, AppState(), "dots", opener=lambda _: DotsClip(COUNT), loader=loader())


def decoded(path: Path) -> list[tuple[float, np.ndarray]]:
    with av.open(str(path)) as file:
        return [
            (float(frame.pts * frame.time_base), frame.to_ndarray(format="rgb24"))
            for frame in file.decode(video=0)
        ]


@pytest.mark.parametrize(("ending", "codec"), [
    (".mp4", "h264"), (".mov", "h264"), (".mkv", "h264"), (".webm", "vp9"),
    (".gif", "gif"), (".apng", "apng"),
])  # fmt: skip
def test_every_form_holds_the_frames_at_their_times(
    tmp_path: Path, ending: str, codec: str
) -> None:
    out = export(ExportJob(tmp_path / f"o{ending}", start=2, end=9, overlay=False))
    with av.open(str(out)) as file:
        assert file.streams.video[0].codec_context.codec.canonical_name == codec
    frames = decoded(out)
    clip = DotsClip(COUNT)
    times = [clip.time(index).seconds - clip.time(2).seconds for index in range(2, 10)]
    if ending == ".gif":
        # At most 25 a second: of 30 every other one.
        assert 4 <= len(frames) < 8
        assert all(min(abs(time - one) for one in times) <= 0.011 for time, _ in frames)
    else:
        assert [time for time, _ in frames] == pytest.approx(times, abs=1.1e-3)
    assert np.abs(frames[0][1].astype(int) - picture(2)).mean() < 5


def durations(path: Path) -> list[int]:
    """Hundredths of a second of every picture of a GIF."""
    with av.open(str(path)) as file:
        return [packet.duration for packet in file.demux(video=0) if packet.size]


def test_the_pictures_of_a_gif_stand_as_long_as_the_clip_lasts(tmp_path: Path) -> None:
    clip = DotsClip(COUNT)
    for end in (8, 9, COUNT - 1):
        found = durations(export(ExportJob(tmp_path / f"{end}.gif", end=end, overlay=False)))
        assert sum(found) / 100 == pytest.approx(float(clip.end(end)), abs=0.011)
        assert min(found) > 1
    slow = ExportJob(tmp_path / "slow.gif", end=5, overlay=False, speed=Fraction(1, 2))
    assert sum(durations(export(slow))) / 100 == pytest.approx(2 * float(clip.end(5)), abs=0.011)
    even = ExportJob(tmp_path / "even.gif", end=5, overlay=False, rate=Fraction(10))
    assert set(durations(export(even))) == {10}


def test_a_webp_repeats_its_pictures(tmp_path: Path) -> None:
    out = export(ExportJob(tmp_path / "o.webp", end=3, overlay=False))
    read, animation = cv2.imreadanimation(str(out))
    assert read
    assert len(animation.frames) == 4
    assert animation.loop_count == 0
    first = animation.frames[0][..., 2::-1]
    assert np.abs(first.astype(int) - picture(0)).mean() < 6


def test_a_picture_per_frame_has_the_number_of_the_frame(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "0099.png").touch()
    (tmp_path / "s" / "notes.txt").touch()
    export(ExportJob(tmp_path / "s" / "%04d.png", start=3, end=5, overlay=False))
    names = sorted(path.name for path in (tmp_path / "s").iterdir())
    assert names == ["0003.png", "0004.png", "0005.png", "notes.txt"]
    np.testing.assert_array_equal(
        cv2.imread(str(tmp_path / "s" / "0004.png"))[..., ::-1], picture(4)
    )


@pytest.mark.parametrize(("size", "room", "wanted"), [
    ((320, 240), (320, 240), (320, 240)),
    ((320, 240), (160, 160), (160, 120)),
    ((321, 243), (321, 243), (321, 243)),
    ((1920, 1080), (640, 640), (640, 360)),
    ((1080, 1920), (1280, 720), (404, 720)),
    ((320, 240), (640, 640), (640, 480)),
])  # fmt: skip
def test_a_picture_keeps_its_shape_in_the_room_it_has(
    size: tuple[int, int], room: tuple[int, int], wanted: tuple[int, int]
) -> None:
    assert fitted(size, room) == wanted


def test_lines_suit_the_size_that_is_written(tmp_path: Path) -> None:
    """The share of the picture that the skeleton covers grows as the picture shrinks."""
    changed = []
    for side in (320, 160):
        shown = [
            decoded(export(replace(job, size=(side, side))))[0][1].astype(int)
            for job in (
                ExportJob(tmp_path / "a.mkv", end=0),
                ExportJob(tmp_path / "b.mkv", end=0, overlay=False),
            )
        ]
        assert shown[0].shape[:2] == (side * 3 // 4, side)
        changed.append(float((np.abs(shown[0] - shown[1]).max(axis=2) > 40).mean()))
    assert changed[1] > changed[0]


def test_a_constant_rate_shows_the_newest_frame_of_each_moment(tmp_path: Path) -> None:
    out = export(ExportJob(tmp_path / "o.mkv", overlay=False, rate=Fraction(10)))
    frames = decoded(out)
    clip = DotsClip(COUNT)
    assert [time for time, _ in frames] == pytest.approx([n / 10 for n in range(len(frames))])
    last = clip.time(COUNT - 1).seconds
    # The last frame is shown at the first moment after it.
    assert len(frames) == int(last * 10) + 2
    for time, pixels in frames:
        newest = max(n for n in range(COUNT) if clip.time(n).seconds <= time + 1e-9)
        assert np.abs(pixels.astype(int) - picture(newest)).mean() < 5


def test_slow_motion_stretches_the_times(tmp_path: Path) -> None:
    out = export(ExportJob(tmp_path / "o.mkv", overlay=False, speed=Fraction(1, 4)))
    clip = DotsClip(COUNT)
    times = [4 * clip.time(index).seconds for index in range(COUNT)]
    assert [time for time, _ in decoded(out)] == pytest.approx(times, abs=1e-3)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_composed_clip_shows_frame_stages_and_angles(tmp_path: Path, layout: str) -> None:
    size = tuple(side // 2 for side in SIZES[layout])
    composite = Composite(layout, size, ("right_knee",), ("right knee",))
    out = export(ExportJob(tmp_path / "o.mkv", composite=composite))
    frames = decoded(out)
    assert len(frames) == COUNT
    first, last = frames[0][1], frames[-1][1]
    assert first.shape == (size[1], size[0], 3)
    # The curve has grown, the tiles have changed, and the person has walked.
    assert np.abs(first.astype(int) - last).max() > 100


def test_the_stages_of_one_frame_follow_each_other(tmp_path: Path) -> None:
    job = ExportJob(tmp_path / "o.mkv", start=4, forming=Fraction(1), look=Look(skeleton=False))
    frames = decoded(export(job))
    # Three stages of a second, and the last one once more.
    assert len(frames) == 80
    assert frames[-1][0] == pytest.approx(79 / 20)
    base = picture(4).astype(int)
    for second in (0, 1, 2):
        assert np.abs(frames[second * 20 + 19][1].astype(int) - base).max() > 60
    with pytest.raises(PoseViewerError, match="one frame"):
        export(replace(job, end=6))
    gif = export(replace(job, output=tmp_path / "o.gif"))
    # A picture that stands is written once: three stages, two passages, the end.
    assert len(decoded(gif)) < 20
    assert sum(durations(gif)) == 400


@pytest.mark.parametrize("size", [(100, 400), (400, 5000)])
def test_a_composed_picture_has_room_for_something(size: tuple[int, int]) -> None:
    with pytest.raises(PoseViewerError, match="sides of 180"):
        Composite("side", size)


def test_nothing_is_left_of_a_form_that_fails(tmp_path: Path) -> None:
    for name in ("o.xyz", "o.avi"):
        with pytest.raises(PoseViewerError):
            export(ExportJob(tmp_path / name, overlay=False))
    with pytest.raises(PoseViewerError, match="quality"):
        export(ExportJob(tmp_path / "o.mp4", overlay=False, quality="superb"))
    assert not list(tmp_path.iterdir())
