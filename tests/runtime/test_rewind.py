"""Freezing a feed and going back: true numbers and times, the same answers, bounded memory."""

from __future__ import annotations

import csv
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.frame import Frame, Timestamp
from poseviewer.runtime.history import AngleHistory
from poseviewer.runtime.jobs import ExportJob
from poseviewer.runtime.live import FrameRing
from poseviewer.runtime.state import Keep, Past
from poseviewer.video.file import FileClip
from poseviewer.video.memory import MemoryClip
from tests.dots import BASE, DotsFeed, joints, picture
from tests.waiting import LONG

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.runtime.state import AppState
    from tests.runtime.conftest import Desk


def run(desk: Desk, count: int) -> AppState:
    """Open the feed and let `count` frames come, each analysed."""
    desk.session.open("feed")
    for index in range(count):
        desk.feed.push()  # type: ignore[attr-defined]
        state = desk.shown(index)
    return state


def frames(count: int, *, size: int = 10) -> list[Frame]:
    return [
        Frame(np.full((size, size, 3), n % 256, np.uint8), n, Timestamp(n * 3000, BASE))
        for n in range(count)
    ]


def test_the_ring_is_bounded_in_seconds() -> None:
    ring = FrameRing(Keep(seconds=1.0, megabytes=512))
    for frame in frames(100):
        ring.put(frame)
    held = ring.frames()
    # A frame lasts a thirtieth of a second: 31 frames span one second.
    assert [frame.index for frame in held] == list(range(69, 100))
    assert ring.bytes == sum(frame.pixels.nbytes for frame in held)


def test_the_ring_is_bounded_in_bytes_and_copies_nothing() -> None:
    ring = FrameRing(Keep(seconds=60.0, megabytes=1))
    given = frames(12, size=256)  # 192 KiB each
    for frame in given:
        ring.put(frame)
    assert ring.bytes <= 2**20
    assert [frame.index for frame in ring.frames()] == list(range(7, 12))
    assert all(held is given[held.index] for held in ring.frames())


def test_the_newest_is_held_however_little_is_kept() -> None:
    ring = FrameRing(Keep(seconds=0.0, megabytes=0))
    for frame in frames(3):
        ring.put(frame)
    assert [frame.index for frame in ring.frames()] == [2]


def test_numbers_that_a_stream_skipped_are_not_made_up() -> None:
    past = Past(np.array([3, 7, 8]), np.array([0.1, 0.5, 0.6]), 0)
    assert [past.position(n) for n in (0, 3, 6, 7, 8, 99)] == [0, 0, 0, 1, 2, 2]
    assert past.behind(3) == pytest.approx(0.5)
    clip = MemoryClip([frames(9)[n] for n in (3, 7, 8)], name="s", rate=30)
    assert clip.read(1).index == 1
    assert [frame.index for frame in clip.frames(1)] == [7, 8]
    with pytest.raises(IndexError, match="no position 3"):
        clip.read(3)


def test_a_frozen_feed_is_stepped_like_a_clip(desk: Desk) -> None:
    run(desk, 6)
    live = {s.result.frame.index: s.result for s in desk.seen if s.result is not None}
    runs = desk.engine.runs
    desk.session.pause()
    state = desk.until(lambda s: s.past is not None)
    assert state.past is not None
    assert not state.playback.playing
    assert state.past.index.tolist() == [0, 1, 2, 3, 4, 5]
    assert state.past.seconds.tolist() == pytest.approx([n / 30 for n in range(6)])
    for move, index in (
        (lambda: desk.session.step(-1), 4),
        (lambda: desk.session.step(-3), 1),
        (lambda: desk.session.seek(0), 0),
        (lambda: desk.session.step(2), 2),
        (lambda: desk.session.seek(99), 5),
    ):
        move()
        state = desk.shown(index)
        assert state.playback.index == index
        assert state.frame is not None
        assert (state.frame.pixels == picture(index)).all()
        # The very answer that was given while it was live.
        assert state.result is not None
        assert (state.result.poses.xy == live[index].poses.xy).all()
    assert desk.engine.runs == runs


def test_maps_of_a_kept_frame_come_with_the_same_answer(desk: Desk) -> None:
    run(desk, 3)
    live = {s.result.frame.index: s.result for s in desk.seen if s.result is not None}
    desk.session.pause()
    desk.session.want(frozenset([2]))
    desk.session.seek(1)
    state = desk.until(
        lambda s: s.result is not None and s.result.frame.index == 1 and s.result.stages
    )
    assert state.result is not None
    assert np.allclose(state.result.poses.xy, live[1].poses.xy)
    assert np.abs(state.result.poses.xy[0] - joints(1)).max() < 3


def test_the_device_is_read_on_and_going_on_shows_the_newest(desk: Desk) -> None:
    run(desk, 3)
    drops = desk.session.state.stats.drops
    desk.session.pause()
    desk.until(lambda s: s.past is not None)
    for _ in range(5):
        desk.feed.push()  # type: ignore[attr-defined]
    for index in (0, 1, 2, 0):
        desk.session.seek(index)
    desk.shown(0)
    desk.until(lambda _: desk.feed.drained)  # type: ignore[attr-defined]
    assert desk.session.state.stats.drops == drops, "who scrubs drops nothing of the feed"
    desk.session.toggle()
    state = desk.until(lambda s: s.past is None)
    assert state.playback.playing
    desk.feed.push()  # type: ignore[attr-defined]
    desk.shown(8)
    desk.session.pause()
    state = desk.until(lambda s: s.past is not None)
    assert state.past is not None
    assert state.past.index.tolist() == [0, 1, 2, 8], "what came meanwhile was not kept"


def test_a_frozen_feed_passes_its_frames_by(desk: Desk) -> None:
    class Counting(DotsFeed):
        skipped = 0

        def skip(self, timeout: float = 1.0) -> Frame | None:
            self.skipped += 1
            return super().skip(timeout)

    feed = Counting()
    desk.sources["counting"] = lambda: feed
    desk.session.open("counting")
    feed.push()
    desk.shown(0)
    assert not feed.skipped
    desk.session.pause()
    desk.until(lambda s: s.past is not None and feed.skipped)


def test_freezing_stands_still_at_the_picture_that_is_seen(desk: Desk) -> None:
    run(desk, 3)
    gate, entered = threading.Event(), threading.Event()
    desk.engine.before, desk.engine.gate = entered.set, gate
    desk.feed.push()  # type: ignore[attr-defined]
    assert entered.wait(LONG)
    desk.feed.push()  # type: ignore[attr-defined]
    desk.until(lambda s: s.frame is not None and s.frame.index == 4)
    desk.session.pause()
    state = desk.until(lambda s: s.past is not None and s.frame is not None and s.frame.index == 2)
    assert state.past is not None
    assert state.past.index[-1] == 4, "newer frames can be stepped to"
    gate.set()
    desk.shown(2)


def test_replaying_goes_from_the_oldest_to_the_newest_and_stops(desk: Desk) -> None:
    run(desk, 6)
    desk.seen.clear()
    desk.session.feed.replay()
    desk.passed(lambda s: s.playback.playing and s.past is not None, since=0)
    state = desk.until(
        lambda s: not s.playback.playing and s.frame is not None and s.frame.index == 5
    )
    assert state.past is not None
    shown = [s.frame.index for s in desk.seen if s.frame is not None and s.past is not None]
    replayed = shown[shown.index(0) :]
    assert replayed == sorted(replayed)
    desk.session.set_speed(0.25)
    desk.session.set_loop(True)
    state = desk.until(lambda s: s.playback.loop)
    assert state.playback.speed == 0.25
    desk.session.feed.replay()
    desk.until(lambda s: s.playback.playing)
    desk.session.feed.replay()
    desk.until(lambda s: not s.playback.playing and s.past is not None)


def test_marks_count_as_the_feed_does(desk: Desk) -> None:
    run(desk, 6)
    desk.session.feed.keep(Keep(seconds=0.1))
    desk.feed.push()  # type: ignore[attr-defined]
    desk.shown(6)
    desk.session.pause()
    state = desk.until(lambda s: s.past is not None)
    assert state.past is not None
    assert state.past.index.tolist() == [3, 4, 5, 6]
    desk.session.mark(4, 5)
    state = desk.until(lambda s: s.playback.end is not None)
    assert (state.playback.start, state.playback.end) == (4, 5)


def test_another_model_answers_the_frozen_frame(desk: Desk) -> None:
    run(desk, 3)
    desk.session.pause()
    desk.session.seek(1)
    before = desk.shown(1).result
    desk.session.change("reading", decoding="argmax")
    state = desk.until(
        lambda s: (
            s.result is not None
            and s.result is not before
            and s.result.frame.index == 1
            and s.past is not None
        )
    )
    assert state.reading.decoding == "argmax"


def test_a_feed_that_ended_can_still_be_gone_back_in(desk: Desk) -> None:
    run(desk, 4)
    desk.feed.ended = True  # type: ignore[attr-defined]
    desk.until(lambda s: s.past is not None)
    desk.session.seek(1)
    desk.shown(1)
    desk.session.toggle()
    state = desk.until(lambda s: "only the stored seconds" in s.notices[-1].text)
    assert state.past is not None


def test_a_frozen_picture_stays_when_the_camera_is_lost(desk: Desk) -> None:
    run(desk, 4)
    desk.session.pause()
    desk.until(lambda s: s.past is not None)
    desk.session.seek(1)
    desk.shown(1)
    desk.feed.lost = "The camera is gone: plug it in again."  # type: ignore[attr-defined]
    state = desk.until(lambda s: s.playback.lost)
    assert state.result is not None
    assert state.result.frame.index == 1


def test_a_running_frame_that_is_asked_for_again_keeps_its_answer(desk: Desk) -> None:
    """A choice changes while the feed has nothing new: the frame is not followed twice."""
    run(desk, 3)
    first, runs = desk.session.state.result, desk.engine.runs
    assert first is not None
    desk.session.change("angles", facing="left")
    state = desk.until(lambda s: s.result is not None and s.result.angles.facing == ("left",))
    assert state.result is not None
    assert (state.result.poses.xy == first.poses.xy).all()
    assert state.result.poses.track.tolist() == first.poses.track.tolist()
    assert desk.engine.runs == runs


def test_stepping_measures_the_frames_that_the_network_had_skipped() -> None:
    history = AngleHistory((), kept=8)

    class Seen:
        def __init__(self, index: int) -> None:
            self.frame = frames(index + 1)[index]
            self.poses: list[object] = []

    for index in (0, 3, 6, 4, 6, 7, 1):
        history.add(Seen(index))  # type: ignore[arg-type]
    kept = history.slice()
    assert kept.index.tolist() == [0, 1, 3, 4, 6, 7]
    assert kept.seconds.tolist() == pytest.approx([n / 30 for n in kept.index])


def test_the_last_seconds_become_a_clip(desk: Desk, tmp_path: Path) -> None:
    run(desk, 8)
    out = tmp_path / "last.mp4"
    desk.session.export(ExportJob(out))
    desk.until(lambda s: s.notices and "freeze the live source first" in s.notices[-1].text)
    desk.session.pause()
    desk.until(lambda s: s.past is not None)
    desk.session.export(ExportJob(out, start=2, end=6, data=("csv",)))
    state = desk.until(lambda s: s.export is not None and s.export.finished)
    assert state.export is not None
    assert state.export.error is None
    with FileClip(str(out)) as clip:
        assert len(clip) == 5
        assert [clip.time(n).exact * 30 for n in range(5)] == [0, 1, 2, 3, 4]
    with (tmp_path / "last.csv").open(encoding="utf-8") as table:
        rows = list(csv.DictReader(table))
    # The numbers and times are those of the feed.
    assert sorted({int(row["frame"]) for row in rows}) == [2, 3, 4, 5, 6]
    assert float(rows[0]["time_s"]) == pytest.approx(2 / 30)


def test_closing_a_frozen_feed_leaves_nothing(desk: Desk) -> None:
    run(desk, 2)
    desk.session.pause()
    desk.until(lambda s: s.past is not None)
    desk.session.close_source()
    state = desk.until(lambda s: s.source is None)
    assert state.past is None
    desk.session.open("short")
    desk.shown(0)
    assert isinstance(desk.feed, DotsFeed)  # type: ignore[attr-defined]
