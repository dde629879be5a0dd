"""Recording a live source: every frame with its true time, and a file whatever happens."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

from poseviewer.runtime.recorder import Recorder, free_path
from poseviewer.video.file import FileClip
from poseviewer.video.open import open_source
from poseviewer.video.source import Feed
from tests.dots import DotsFeed, picture

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from poseviewer.core.frame import Frame
    from poseviewer.runtime.state import Recording
    from poseviewer.video.writer import ClipWriter
    from tests.runtime.conftest import Desk


def wait_for(desk: Desk, words: str) -> str:
    """The first notice with `words` in it."""
    view = desk.until(lambda v: any(words in n.text for n in v.notices))
    return next(n.text for n in view.notices if words in n.text)


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
    desk.until(lambda v: v.frame is not None and v.frame.index == 12)
    recording = desk.session.view().recording
    assert recording is not None
    assert recording.path == str(tmp_path / "live.mp4")
    desk.session.stop_recording()
    said = wait_for(desk, "Recorded")
    assert "12 frames" in said
    assert str(tmp_path / "live.mp4") in said
    desk.until(lambda v: v.recording is None)
    with FileClip(str(tmp_path / "live.mp4")) as clip:
        assert len(clip) == 12
        times = [clip.time(n).exact - clip.time(0).exact for n in range(12)]
        assert times == [n * 3000 * clip.time(0).time_base for n in range(12)]
        assert abs(clip.read(5).pixels.astype(int) - picture(6)).mean() < 4
    assert [path.name for path in tmp_path.iterdir()] == ["live.mp4"]


def test_a_frozen_picture_is_recorded_on(desk: Desk, tmp_path: Path) -> None:
    start(desk, tmp_path / "live.mp4")
    desk.session.pause()
    push(desk, 5)
    desk.until(lambda v: v.recording and v.recording.frames)
    desk.session.close()
    with FileClip(str(tmp_path / "live.mp4")) as clip:
        assert 1 <= len(clip) <= 5


def test_frames_without_room_are_counted_and_said(tmp_path: Path) -> None:
    told: list[tuple[str, str]] = []
    reports: list[Recording | None] = []
    path = tmp_path / "many.mp4"
    made = Recorder(path, rate=30, report=reports.append, tell=lambda *said: told.append(said))
    feed = DotsFeed()
    for _ in range(300):
        feed.push()
        frame = feed.read()
        assert frame is not None
        made.offer(frame)
    # Nobody has written yet: only so many may wait.
    made.start()
    made.stop()
    made.join(30)
    (level, text) = told[0]
    assert level == "warning"
    assert "60 frames came faster" in text
    assert "Recorded 240 frames" in text
    assert reports[-1] is None
    assert made.overruns == 60
    with FileClip(str(path)) as clip:
        assert len(clip) == 240


def test_closing_the_source_finishes_the_file(desk: Desk, tmp_path: Path) -> None:
    start(desk, tmp_path)
    push(desk, 4)
    desk.until(lambda v: v.frame is not None and v.frame.index == 4)
    desk.session.close_source()
    said = wait_for(desk, "Recorded")
    assert "Recorded 4 frames" in said
    (path,) = tmp_path.iterdir()
    assert path.name.startswith("dots-feed ")
    assert path.suffix == ".mp4"
    assert str(path) in said


def test_quitting_finishes_the_file(desk: Desk, tmp_path: Path) -> None:
    start(desk, tmp_path / "live.mkv")
    push(desk, 4)
    desk.until(lambda v: v.frame is not None and v.frame.index == 4)
    desk.session.close()
    with FileClip(str(tmp_path / "live.mkv")) as clip:
        assert len(clip) == 4


def test_a_lost_source_ends_the_recording_and_keeps_it(desk: Desk, tmp_path: Path) -> None:
    start(desk, tmp_path / "live.mp4")
    push(desk, 3)
    desk.until(lambda v: v.frame is not None and v.frame.index == 3)
    desk.feed.lost = "The dots are gone."  # type: ignore[attr-defined]
    said = wait_for(desk, "Recorded")
    assert said.startswith("dots-feed was lost. Recorded 3 frames")
    with FileClip(str(tmp_path / "live.mp4")) as clip:
        assert len(clip) == 3


def test_a_full_disk_keeps_what_was_written(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin = Recorder._begin

    def limited(self: Recorder, frame: Frame) -> ClipWriter:
        made = begin(self, frame)
        monkeypatch.setattr(made, "_out", Full(made._out, room=70))
        return made

    monkeypatch.setattr(Recorder, "_begin", limited)
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
        tmp_path / "m.mp4", rate=30, report=lambda _: None, tell=lambda *said: told.append(said)
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
    made.join(30)
    with FileClip(str(tmp_path / "m.mp4")) as clip:
        assert len(clip) == len(frames) - made.overruns
        for number, frame in enumerate(frames):
            assert (
                clip.time(number).exact - clip.time(0).exact
                == frame.time.exact - frames[0].time.exact
            )
