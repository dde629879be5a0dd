"""Slow motion, skeletons between frames and frames that stand still, in files that are reopened."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING

import av
import numpy as np
import pytest

from poseviewer.core.composite import Composite
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.look import Look
from poseviewer.core.timeline import Freeze, Slow
from poseviewer.draw.composite import panels
from poseviewer.draw.primitives import Label
from poseviewer.runtime.export import export_clip
from poseviewer.runtime.jobs import ExportJob
from poseviewer.runtime.state import AppState
from tests.dots import DotsClip, loader, picture
from tests.video.numbered import write_clip

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

COUNT = 12
HALF, QUARTER = Fraction(1, 2), Fraction(1, 4)


def export(job: ExportJob, state: AppState | None = None) -> Path:
    state = state or AppState()
    return export_clip(job, state, "dots", opener=lambda _: DotsClip(COUNT), loader=loader())


def decoded(path: Path) -> list[tuple[float, NDArray[np.int64]]]:
    with av.open(str(path)) as file:
        return [
            (float(frame.pts * frame.time_base), frame.to_ndarray(format="rgb24").astype(int))
            for frame in file.decode(video=0)
        ]


def comment(path: Path) -> str:
    with av.open(str(path)) as file:
        return next(text for name, text in file.metadata.items() if name.lower() == "comment")


def time(index: int) -> float:
    return DotsClip(COUNT).time(index).seconds


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that is painted, in order."""
    from poseviewer.draw import raster

    said: list[str] = []

    def spy(scene, pixels, **options):
        said.extend(item.text for item in scene.items if isinstance(item, Label))
        return paint(scene, pixels, **options)

    paint = raster.paint
    monkeypatch.setattr(raster, "paint", spy)
    return said


def test_a_frame_stands_still_and_the_clip_goes_on(tmp_path: Path) -> None:
    stands = Freeze(4, Fraction(2))
    out = export(ExportJob(tmp_path / "o.mkv", overlay=False, freezes=(stands,)))
    frames = decoded(out)
    # 25 a second, for two seconds, and then the frame's own moment.
    assert len(frames) == COUNT + 50
    times = [moment for moment, _ in frames]
    assert times[:5] == pytest.approx([time(index) for index in range(5)], abs=1.1e-3)
    assert np.diff(times[4:54]) == pytest.approx(0.04, abs=1.1e-3)
    rest = [time(index) + 2 for index in range(4, COUNT)]
    assert times[54:] == pytest.approx(rest, abs=1.1e-3)
    for _, pixels in frames[4:55]:
        assert np.abs(pixels - picture(4)).mean() < 5
    assert np.abs(frames[55][1] - picture(5)).mean() < 5
    assert comment(out) == "frame 4 stands for 2 s; encoder: libx264 (software)"


def test_the_title_lies_over_the_frame_while_it_stands(tmp_path: Path, texts: list[str]) -> None:
    stands = Freeze(4, Fraction(1), "Knees out")
    out = export(ExportJob(tmp_path / "o.mkv", overlay=False, freezes=(stands,)))
    frames = decoded(out)
    bare = frames[29][1]
    assert np.abs(bare - picture(4)).mean() < 5
    for number in (4, 28):
        changed = np.abs(frames[number][1] - bare).max(axis=2) > 60
        assert changed[144:].mean() > 0.02
        assert not changed[:120].any()
    assert set(texts) == {"Knees out"}


def test_the_first_and_the_last_frame_may_stand_and_one_may_twice(tmp_path: Path) -> None:
    stands = Freeze(0, HALF), Freeze(11, Fraction(1)), Freeze(11, HALF, "Again")
    out = export(ExportJob(tmp_path / "o.mkv", overlay=False, freezes=stands))
    frames = decoded(out)
    assert len(frames) == COUNT + 12 + 25 + 12
    assert frames[-1][0] == pytest.approx(time(11) + 2, abs=2e-3)


def test_the_stages_play_while_the_frame_stands(tmp_path: Path, texts: list[str]) -> None:
    stands = Freeze(4, Fraction(2), "How it decides", stages=True)
    out = export(ExportJob(tmp_path / "o.mkv", freezes=(stands,), look=Look(skeleton=False)))
    frames = decoded(out)
    assert len(frames) == COUNT + 40
    times = [moment for moment, _ in frames]
    assert times[44] - times[4] == pytest.approx(2, abs=2e-3)
    base = picture(4).astype(int)
    # Half a second of each of three stages, and the last one once more.
    stages = [frames[4 + number][1] for number in (9, 19, 29)]
    for one in stages:
        assert (np.abs(one - base).max(axis=2) > 60).mean() > 0.02
    for one, other in pairwise(stages):
        assert np.abs(one[:140] - other[:140]).max() > 20
    for title in ("stage 1 of 3", "stage 2 of 3", "stage 3 of 3", "How it decides"):
        assert title in texts
    # Afterwards the frame as it is, without a map.
    assert np.abs(frames[44][1] - base).mean() < 5


def test_stages_play_within_a_composed_picture(tmp_path: Path) -> None:
    composite = Composite("side", (640, 360), ("right_knee",), ("right knee",))
    stands = Freeze(4, Fraction(1), stages=True)
    out = export(ExportJob(tmp_path / "o.mkv", composite=composite, freezes=(stands,)))
    frames = decoded(out)
    assert {pixels.shape for _, pixels in frames} == {(360, 640, 3)}
    first, last = frames[4][1], frames[4 + 19][1]
    # The frame changes at the left, the tiles and curves beside it stay.
    assert np.abs(first[:, :390] - last[:, :390]).max() > 60
    assert np.abs(first[:, 410:] - last[:, 410:]).mean() < 2


@pytest.mark.parametrize("rate", [None, Fraction(50)])
def test_a_slow_range_is_stretched_and_the_rest_is_not(tmp_path: Path, rate: Fraction) -> None:
    slow = Slow(3, 6, QUARTER)
    out = export(ExportJob(tmp_path / "o.mkv", overlay=False, slow=(slow,), rate=rate))
    frames = decoded(out)
    stretched = time(7) - time(3)
    wanted = [time(index) for index in range(4)]
    wanted += [time(3) + 4 * (time(index) - time(3)) for index in range(4, 7)]
    wanted += [time(index) + 3 * stretched for index in range(7, COUNT)]
    if rate is None:
        assert [moment for moment, _ in frames] == pytest.approx(wanted, abs=1.1e-3)
        return
    assert [moment for moment, _ in frames] == pytest.approx([n / 50 for n in range(len(frames))])
    for moment, pixels in frames:
        newest = max(n for n in range(COUNT) if wanted[n] <= moment + 1e-9)
        assert np.abs(pixels - picture(newest)).mean() < 5


def test_data_has_the_true_times_and_says_that_the_video_has_others(tmp_path: Path) -> None:
    job = ExportJob(
        tmp_path / "o.mkv",
        slow=(Slow(3, 6, QUARTER),),
        freezes=(Freeze(2, Fraction(1)),),
        interpolate=True,
        data=("csv",),
    )
    out = export(job)
    rows = (tmp_path / "o_angles.csv").read_text().splitlines()
    header = rows[0].split(",")
    at = header.index("time_s")
    times = [float(row.split(",")[at]) for row in rows[1:]]
    assert times == pytest.approx([time(index) for index in range(COUNT)])
    about = json.loads((tmp_path / "o_about.json").read_text())
    assert about["video"] == (
        "0.25x in frames 3 to 6; frame 2 stands for 1 s; "
        "skeletons between two frames are interpolated linearly in time"
    )
    assert comment(out).endswith(f"{about['video']}; encoder: libx264 (software)")


@pytest.mark.parametrize("rate", [None, Fraction(100)])
def test_skeletons_move_between_frames_that_stay(tmp_path: Path, rate: Fraction | None) -> None:
    """The dots of the frame repeat; the drawn skeleton is on its way to those of the next."""
    slow = (Slow(0, COUNT, QUARTER),)
    job = ExportJob(tmp_path / "a.mkv", slow=slow, rate=rate, look=Look(gate=0.0))
    state = AppState().choosing(smooth=False)
    still = decoded(export(job, state))
    moving = decoded(export(replace(job, output=tmp_path / "b.mkv", interpolate=True), state))
    if rate is None:
        # 25 a second of frames that come every 0.13 s and more.
        assert len(moving) > 3 * len(still)
    else:
        assert len(moving) == len(still)
    times = np.array([4 * time(index) for index in range(COUNT)])
    apart = []
    for moment, pixels in moving:
        index = int(np.searchsorted(times, moment + 1e-3) - 1)
        if index == COUNT - 1:
            continue
        share = (moment - times[index]) / (times[index + 1] - times[index])
        # What was drawn without interpolation is the same at a frame's own moment only.
        shown = [one for at, one in still if at <= moment + 1e-3][-1]
        apart.append((share, (np.abs(pixels - shown).max(axis=2) > 60).mean()))
    at_frames = [changed for share, changed in apart if share < 0.02]
    later = [changed for share, changed in apart if share > 0.6]
    assert max(at_frames) < 0.001
    assert np.mean(later) > 0.003


def test_nothing_moves_between_frames_at_full_speed(tmp_path: Path) -> None:
    job = ExportJob(tmp_path / "o.mkv", slow=(Slow(3, 5, QUARTER),), interpolate=True)
    frames = decoded(export(job))
    times = [moment for moment, _ in frames]
    before = [moment for moment in times if moment < time(3) - 1e-3]
    assert before == pytest.approx([time(0), time(1), time(2)], abs=1.1e-3)


def test_the_time_on_the_picture_is_the_sources(tmp_path: Path, texts: list[str]) -> None:
    job = ExportJob(
        tmp_path / "o.mkv",
        start=2,
        end=5,
        slow=(Slow(2, 2, HALF),),
        interpolate=True,
        freezes=(Freeze(4, HALF),),
        captions=("time", "figures", "legend"),
        look=Look(arcs=()),
    )
    frames = decoded(export(job))
    stamps = [text for text in texts if "frame" in text]
    # 0.05 s at half the speed are 0.1 s, so one picture lies between frames 2 and 3.
    assert stamps[:3] == ["0:00.067   frame 2", "0:00.092   frame 2 to 3", "0:00.117   frame 3"]
    assert stamps[-1] == "0:00.200   frame 5"
    assert "dots   320×240   25 fps" in texts  # noqa: RUF001
    assert "skeleton: smoothed" in texts
    assert len(frames) > 4


@pytest.mark.parametrize(("name", "change", "sentence"), [
    ("%04d.png", {"freezes": (Freeze(2, HALF),)}, "has no times to change"),
    ("o.png", {"start": 2, "slow": (Slow(1, 3, HALF),)}, "has no times to change"),
    ("o.mkv", {"freezes": (Freeze(30, HALF),)}, "Frame 30 cannot stand still"),
    ("o.mkv", {"end": 4, "slow": (Slow(6, 8, HALF),)}, "does not lie within"),
    ("o.mkv", {"start": 3, "forming": HALF, "freezes": (Freeze(3, HALF),)}, "stages of one frame"),
])  # fmt: skip
def test_times_that_cannot_be_had_leave_nothing(
    tmp_path: Path, name: str, change: dict, sentence: str
) -> None:
    with pytest.raises(PoseViewerError, match=sentence):
        export(ExportJob(tmp_path / name, **change))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("ending", "codec"), [(".webm", "opus"), (".mp4", "aac")])
def test_sound_is_as_long_as_the_picture(tmp_path: Path, ending: str, codec: str) -> None:
    """Of a file with sound, at its own times, slowed down, and with a frame that stands."""
    source = tmp_path / "source.mp4"
    write_clip(source, count=60, sound="aac")
    for number, change in enumerate((
        {},
        {"speed": QUARTER},
        {"slow": (Slow(10, 19, HALF),), "freezes": (Freeze(30, Fraction(3, 2)),)},
        {"slow": (Slow(10, 19, HALF),), "rate": Fraction(25)},
    )):  # fmt: skip
        out = tmp_path / f"{number}{ending}"
        job = ExportJob(out, start=4, end=47, overlay=False, **change)
        export_clip(job, AppState(), str(source), loader=loader())
        with av.open(str(out)) as file:
            assert file.streams.audio[0].codec_context.codec.canonical_name == codec
            voice = [frame.samples / frame.rate for frame in file.decode(audio=0)]
        frames = decoded(out)
        length = frames[-1][0] + 1 / float(job.rate or 30) / float(job.speed)
        # Within a packet of the one and of the other.
        assert sum(voice) == pytest.approx(length, abs=0.05)


def test_sound_may_be_left_out(tmp_path: Path) -> None:
    source = tmp_path / "source.mp4"
    write_clip(source, count=20, sound="aac")
    job = ExportJob(tmp_path / "o.webm", overlay=False, audio=False, speed=HALF)
    export_clip(job, AppState(), str(source), loader=loader())
    with av.open(str(job.output)) as file:
        assert not file.streams.audio


def test_what_is_not_slowed_is_not_interpolated(tmp_path: Path) -> None:
    job = ExportJob(tmp_path / "a.mkv", rate=Fraction(100), look=Look(gate=0.0))
    still = decoded(export(job))
    moving = decoded(
        export(replace(job, output=tmp_path / "b.mkv", slow=(Slow(9, 9, HALF),), interpolate=True))
    )
    for (_, one), (_, other) in zip(still[:20], moving[:20], strict=True):
        assert np.abs(one - other).max() < 40


@pytest.mark.parametrize("layout", ["side", "presenter", "portrait"])
def test_a_title_lies_on_the_frame_of_a_composed_picture(tmp_path: Path, layout: str) -> None:
    size = (360, 640) if layout == "portrait" else (640, 360)
    composite = Composite(layout, size, ("right_knee",), ("right knee",))  # type: ignore[arg-type]
    job = ExportJob(
        tmp_path / "o.mkv", end=4, composite=composite, freezes=(Freeze(2, HALF, "Here"),)
    )
    frames = decoded(export(job))
    titled, bare = frames[3][1], frames[2 + 12][1]
    rows, columns = np.nonzero(np.abs(titled - bare).max(axis=2) > 60)
    panel = panels(composite, aspect=320 / 240).frame
    assert len(rows) > 30
    assert panel.x <= columns.min() <= columns.max() <= panel.x + panel.width
    assert panel.y + panel.height / 2 <= rows.min() <= rows.max() <= panel.y + panel.height


def test_a_clip_of_times_that_are_hardly_right_is_not_slowed(tmp_path: Path) -> None:
    class Rushed(DotsClip):
        rate = 921_600.0

    job = ExportJob(tmp_path / "o.mp4", freezes=(Freeze(2, HALF),))
    with pytest.raises(PoseViewerError, match="921600 frames a second"):
        export_clip(job, AppState(), "dots", opener=lambda _: Rushed(COUNT), loader=loader())
    assert list(tmp_path.iterdir()) == []
