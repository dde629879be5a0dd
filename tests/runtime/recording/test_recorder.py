"""Recording a live source: every frame with its true time, and a file whatever happens."""

from __future__ import annotations

import csv
import errno
import json
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from poseviewer.core.frame import Frame, Timestamp
from poseviewer.records.about import About
from poseviewer.runtime.jobs import RecordJob
from poseviewer.runtime.recording.annotated import ResultRecorder
from poseviewer.runtime.recording.video import Recorder, free_path
from poseviewer.video.file import FileClip
from poseviewer.video.open import open_source
from poseviewer.video.source import Feed
from tests.dots import BASE, SKELETON, DotsFeed, joints, picture
from tests.waiting import LONG

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from poseviewer.runtime.jobs import Recording
    from poseviewer.video.writer import ClipWriter
    from tests.runtime.conftest import Desk


def wait_for(desk: Desk, words: str) -> str:
    """The first notice with `words` in it."""
    state = desk.until(lambda s: any(words in n.text for n in s.notices))
    return next(n.text for n in state.notices if words in n.text)


class Full:
    """A container on a disk that is full after some pictures."""

    def __init__(self, container: object, *, room: int) -> None:
        self._container, self._room = container, room

    def __getattr__(self, name: str) -> object:
        return getattr(self._container, name)

    def mux(self, packets: object) -> None:
        self._room -= 1
        if self._room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        self._container.mux(packets)  # type: ignore[attr-defined]


def start(desk: Desk, path: Path) -> None:
    desk.session.open("feed")
    desk.feed.push()  # type: ignore[attr-defined]
    desk.shown(0)
    desk.session.record(path)


def push(desk: Desk, count: int) -> None:
    for _ in range(count):
        desk.feed.push()  # type: ignore[attr-defined]


def test_every_frame_is_written_with_its_true_time(desk: Desk, tmp_path: Path) -> None:
    start(desk, tmp_path / "live.mp4")
    push(desk, 12)
    desk.until(lambda s: s.frame is not None and s.frame.index == 12)
    recording = desk.session.state.recording
    assert recording is not None
    assert recording.path == str(tmp_path / "live.mp4")
    desk.session.stop_recording()
    said = wait_for(desk, "Recorded")
    assert "12 frames" in said
    assert str(tmp_path / "live.mp4") in said
    desk.until(lambda s: s.recording is None)
    with FileClip(str(tmp_path / "live.mp4")) as clip:
        assert len(clip) == 12
        times = [clip.time(n).exact - clip.time(0).exact for n in range(12)]
        assert times == [n * 3000 * clip.time(0).time_base for n in range(12)]
        assert abs(clip.read(5).pixels.astype(int) - picture(6)).mean() < 4
    assert {path.name for path in tmp_path.iterdir()} == {"live.mp4", "live_report.json"}


def test_a_frozen_picture_is_recorded_on(desk: Desk, tmp_path: Path) -> None:
    start(desk, tmp_path / "live.mp4")
    desk.session.pause()
    push(desk, 5)
    desk.until(lambda s: s.recording and s.recording.frames)
    desk.session.close()
    with FileClip(str(tmp_path / "live.mp4")) as clip:
        assert 1 <= len(clip) <= 5


def test_frames_without_room_are_counted_and_said(tmp_path: Path) -> None:
    told: list[tuple[str, str]] = []
    reports: list[Recording | None] = []
    path = tmp_path / "many.mp4"
    made = Recorder(path, rate=30, report=reports.append, notify=lambda *said: told.append(said))
    feed = DotsFeed()
    for _ in range(300):
        feed.push()
        frame = feed.read()
        assert frame is not None
        made.offer(frame)
    # Nobody has written yet: only so many may wait.
    made.start()
    made.stop()
    made.join(LONG)
    (level, text) = told[0]
    assert level == "warning"
    assert "60 frames arrived faster" in text
    assert "Recorded 240 frames" in text
    assert reports[-1] is None
    assert made.overruns == 60
    with FileClip(str(path)) as clip:
        assert len(clip) == 240


def test_closing_the_source_finishes_the_file(desk: Desk, tmp_path: Path) -> None:
    start(desk, tmp_path)
    push(desk, 4)
    desk.until(lambda s: s.frame is not None and s.frame.index == 4)
    desk.session.close_source()
    said = wait_for(desk, "Recorded")
    assert "Recorded 4 frames" in said
    (path,) = tmp_path.glob("*.mp4")
    assert path.name.startswith("dots-feed ")
    assert path.suffix == ".mp4"
    assert str(path) in said


def test_quitting_finishes_the_file(desk: Desk, tmp_path: Path) -> None:
    start(desk, tmp_path / "live.mkv")
    push(desk, 4)
    desk.until(lambda s: s.frame is not None and s.frame.index == 4)
    desk.session.close()
    with FileClip(str(tmp_path / "live.mkv")) as clip:
        assert len(clip) == 4


def test_a_lost_source_ends_the_recording_and_keeps_it(desk: Desk, tmp_path: Path) -> None:
    start(desk, tmp_path / "live.mp4")
    push(desk, 3)
    desk.until(lambda s: s.frame is not None and s.frame.index == 3)
    desk.feed.lost = "The dots are gone."  # type: ignore[attr-defined]
    said = wait_for(desk, "Recorded")
    assert said.startswith("dots-feed was lost. Recorded 3 frames")
    with FileClip(str(tmp_path / "live.mp4")) as clip:
        assert len(clip) == 3


def analyse(desk: Desk, first: int, count: int) -> None:
    for index in range(first, first + count):
        desk.feed.push()  # type: ignore[attr-defined]
        desk.shown(index)


def test_raw_annotated_and_data_are_written_at_once(desk: Desk, tmp_path: Path) -> None:
    job = RecordJob(annotated=True, data=("csv", "json"))
    desk.session.open("feed")
    analyse(desk, 0, 1)
    desk.session.record(tmp_path / "live.mp4", job)
    analyse(desk, 1, 10)
    desk.session.stop_recording()
    said = wait_for(desk, "Recorded")
    assert "Recorded 10 frames" in said
    assert (
        "with live_pose.mp4, live.csv, live_angles.csv, live_about.json, live_json beside it"
        in said
    )
    with (
        FileClip(str(tmp_path / "live.mp4")) as raw,
        FileClip(str(tmp_path / "live_pose.mp4")) as drawn,
    ):
        assert len(raw) == len(drawn) == 10
        assert [drawn.time(n).exact for n in range(10)] == [raw.time(n).exact for n in range(10)]
        # The skeleton is drawn, in colours that the picture itself does not have there.
        assert abs(raw.read(4).pixels.astype(int) - drawn.read(4).pixels).max() > 100
        assert abs(raw.read(4).pixels.astype(int) - picture(5)).mean() < 4
    with (tmp_path / "live.csv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    assert sorted({int(row["frame"]) for row in rows}) == list(range(1, 11))
    for row in rows[:14]:
        true = joints(1)[SKELETON.joints.index(row["joint"])]
        assert abs(float(row["x_px"]) - true[0]) < 4
    assert float(rows[0]["time_s"]) == 1 / 30
    names = {path.name for path in (tmp_path / "live_json").iterdir()}
    assert names == {f"live_{n:012d}_keypoints.json" for n in range(1, 11)}
    report = json.loads((tmp_path / "live_report.json").read_text())
    assert report["source"] == "dots-feed"
    assert report["seconds"] == 0.3
    assert report["frames"] == {
        "captured": 10, "written": 10, "overruns": 0, "analysed": 10,
        "dropped_before_analysis": 0, "annotated": 10, "annotated_overruns": 0,
    }  # fmt: skip
    assert [entry["smoothing"].split(",")[0] for entry in report["networks"]] == ["One Euro"]
    assert [(one["model"], one["engine"]) for one in report["networks"]] == [("dots", "Dots, CPU")]
    assert report["files"]["annotated"] == "live_pose.mp4"
    assert not list(tmp_path.glob("*.part*"))


def test_the_report_counts_what_the_network_never_saw(desk: Desk, tmp_path: Path) -> None:
    desk.session.open("feed")
    analyse(desk, 0, 1)
    desk.session.record(tmp_path / "live.mp4", RecordJob(data=("csv",)))
    gate, entered = threading.Event(), threading.Event()
    desk.engine.before, desk.engine.gate = entered.set, gate
    desk.feed.push()  # type: ignore[attr-defined]
    assert entered.wait(LONG)
    push(desk, 6)
    desk.until(lambda s: s.frame is not None and s.frame.index == 7)
    gate.set()
    desk.shown(7)
    desk.session.close_source()
    wait_for(desk, "Recorded 7 frames")
    frames = json.loads((tmp_path / "live_report.json").read_text())["frames"]
    assert (frames["captured"], frames["analysed"]) == (7, 2)
    assert frames["dropped_before_analysis"] == 5
    with (tmp_path / "live.csv").open(encoding="utf-8") as table:
        assert sorted({int(row["frame"]) for row in csv.DictReader(table)}) == [1, 7]


def test_results_without_room_are_counted_and_never_waited_for(desk: Desk, tmp_path: Path) -> None:
    desk.session.open("feed")
    analyse(desk, 0, 1)
    result = desk.session.state.result
    assert result is not None
    made = ResultRecorder(
        tmp_path / "live.mp4", job=RecordJob(annotated=True), about=About(rate=30)
    )
    room = 64 * 2**20 // result.frame.pixels.nbytes
    for index in range(400):
        frame = Frame(picture(index % 7), index, Timestamp(index * 3000, BASE))
        made.offer(replace(result, frame=frame))
    assert made.overruns == 400 - min(room, 120)
    made.start()
    made.stop()
    made.join(LONG)
    with FileClip(str(tmp_path / "live_pose.mp4")) as clip:
        assert len(clip) == made.frames == 120


def test_a_disk_that_refuses_the_data_leaves_the_video(desk: Desk, tmp_path: Path) -> None:
    name = "n" * 251  # with `.mp4` as long as a name may be, with `_json` longer
    desk.session.open("feed")
    analyse(desk, 0, 1)
    desk.session.record(tmp_path / f"{name}.mp4", RecordJob(data=("json",)))
    analyse(desk, 1, 3)
    desk.session.stop_recording()
    said = wait_for(desk, "Recorded 3 frames")
    assert "its name is too long" in said
    with FileClip(str(tmp_path / f"{name}.mp4")) as clip:
        assert len(clip) == 3
    assert len(list(tmp_path.iterdir())) == 1


def test_a_recording_replaces_nothing(desk: Desk, tmp_path: Path) -> None:
    desk.session.open("feed")
    analyse(desk, 0, 1)
    desk.session.record(tmp_path / "live.mp4", RecordJob(data=("csv",)))
    (tmp_path / "live.mp4").write_text("made meanwhile")
    (tmp_path / "live.csv").write_text("made meanwhile")
    analyse(desk, 1, 3)
    desk.session.stop_recording()
    said = wait_for(desk, "Recorded 3 frames")
    assert f"to {tmp_path / 'live (2).mp4'}, with live (2).csv, live_angles.csv" in said
    assert (tmp_path / "live.mp4").read_text() == "made meanwhile"
    assert (tmp_path / "live.csv").read_text() == "made meanwhile"
    with FileClip(str(tmp_path / "live (2).mp4")) as clip:
        assert len(clip) == 3


def test_a_full_disk_keeps_what_was_written(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = Recorder._open_video

    def limited(self: Recorder, frame: Frame) -> ClipWriter:
        made = begin(self, frame)
        monkeypatch.setattr(made, "_out", Full(made._out, room=70))
        return made

    monkeypatch.setattr(Recorder, "_open_video", limited)
    start(desk, tmp_path / "live.mp4")
    push(desk, 80)
    said = wait_for(desk, "disk is full")
    assert "Recorded 70 frames" in said
    with FileClip(str(tmp_path / "live.mp4")) as clip:
        assert 30 <= len(clip) <= 70


def test_only_what_is_live_is_recorded(desk: Desk, tmp_path: Path) -> None:
    desk.session.record(tmp_path)
    wait_for(desk, "only what is live can be recorded")
    desk.session.open("dots")
    desk.shown(0)
    desk.session.record(tmp_path)
    wait_for(desk, "exported, not recorded")
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_said(desk: Desk, tmp_path: Path) -> None:
    start(desk, tmp_path / "none" / "live.mp4")
    push(desk, 2)
    assert "does not exist" in wait_for(desk, "live.mp4")


def test_names_of_files_are_free_and_plain(tmp_path: Path) -> None:
    first = free_path(tmp_path, "rtsp://10.0.0.1/a:b")
    assert first.parent == tmp_path
    assert "/" not in first.name
    assert ":" not in first.name
    first.touch()
    assert free_path(tmp_path, "rtsp://10.0.0.1/a:b") != first


def test_the_mannequin_is_recorded(tmp_path: Path) -> None:
    """Written frames are those delivered less the overruns, at the feed's own times."""
    told: list[tuple[str, str]] = []
    made = Recorder(
        tmp_path / "m.mp4", rate=30, report=lambda _: None, notify=lambda *said: told.append(said)
    )
    made.start()
    frames = []
    with open_source("mannequin:160x120@30") as feed:
        assert isinstance(feed, Feed)
        while len(frames) < 12:
            frame = feed.read(1.0)
            if frame is not None:
                frames.append(frame)
                made.offer(frame)
    made.stop()
    made.join(LONG)
    with FileClip(str(tmp_path / "m.mp4")) as clip:
        assert len(clip) == len(frames) - made.overruns
        for number, frame in enumerate(frames):
            assert (
                clip.time(number).exact - clip.time(0).exact
                == frame.time.exact - frames[0].time.exact
            )
