"""The session as the window uses it."""

from __future__ import annotations

import subprocess
import sys
import threading
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.affine import Box
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.look import Look
from poseviewer.core.stage import Request
from poseviewer.pipeline.estimate import Estimator
from poseviewer.pipeline.follow_person import RegionFollower
from poseviewer.pipeline.run import run
from tests.dots import CARD, Dots, DotsClip, DotsFeed, joints, loader, picture
from tests.runtime.conftest import Desk

if TYPE_CHECKING:
    from pathlib import Path

BOX = Box(60, 0, 230, 230)


def test_opening_shows_the_first_frame_and_its_result(desk: Desk) -> None:
    desk.session.open("dots")
    view = desk.shown(0)
    assert view.source is not None
    assert (view.source.count, view.source.live) == (30, False)
    assert view.source.times[2] == DotsClip().time(2).seconds
    assert view.result is not None
    assert np.linalg.norm(view.result.poses.xy[0] - joints(0), axis=1).max() < 6
    assert view.engine == "Dots, CPU"
    assert view.model is not None
    assert view.model.name == "dots"
    view = desk.until(lambda v: v.devices and not v.busy)
    assert "hourglass-lite" in [model.name for model in view.models]


def test_seeking_shows_exactly_the_frame(desk: Desk) -> None:
    desk.session.open("dots")
    desk.shown(0)
    for index in (17, 3, 29, 28, 0, 11):
        desk.session.seek(index)
        view = desk.shown(index)
        assert view.transport.index == index
        assert view.frame is not None
        np.testing.assert_array_equal(view.frame.pixels, picture(index))


def test_seeking_goes_to_the_nearest_frame_and_by_time(desk: Desk) -> None:
    desk.session.open("dots")
    desk.shown(0)
    desk.session.seek(99)
    desk.shown(29)
    desk.session.seek(-4)
    desk.shown(0)
    clip = DotsClip()
    desk.session.seek_time(clip.time(12).seconds)
    desk.shown(12)
    desk.session.seek_time(clip.time(13).seconds - 1e-4)
    desk.until(lambda v: v.transport.index == 12)
    desk.session.seek_time(-3)
    desk.shown(0)


def test_stepping_both_ways_equals_a_sequential_pass(desk: Desk) -> None:
    box = Box(60, 0, 230, 230)
    desk.session.choose(region="box", box=box)
    desk.session.open("dots")
    desk.shown(0)
    pairs = run(DotsClip(12), Estimator(CARD, Dots()), RegionFollower("box", box=box))
    straight = [result for _, result in pairs]
    path = [*range(1, 8), *range(6, 2, -1), *range(4, 12)]
    index = 0
    for target in path:
        desk.session.step(target - index)
        index = target
        result = desk.shown(index).result
        assert result is not None
        np.testing.assert_array_equal(result.poses.xy, straight[index].poses.xy)
        np.testing.assert_array_equal(result.angles.degrees, straight[index].angles.degrees)


def test_steps_add_up_and_big_steps_stop_at_the_ends(desk: Desk) -> None:
    desk.session.open("dots")
    desk.shown(0)
    for _ in range(5):
        desk.session.step(1)
    assert desk.session.view().transport.index == 5
    desk.shown(5)
    desk.session.step(-10)
    desk.shown(0)
    desk.session.step(100)
    desk.shown(29)


def test_coming_back_gives_the_identical_result_even_when_followed(desk: Desk) -> None:
    desk.session.want(None)
    desk.session.open("dots")
    desk.shown(0)
    first = {}
    for index in (0, 1, 2, 3):
        desk.session.step(index - desk.session.view().transport.index)
        first[index] = desk.shown(index).result
    desk.session.seek(20)
    desk.shown(20)
    runs = desk.engine.runs
    for index in (2, 0, 3, 1):
        desk.session.seek(index)
        again = desk.shown(index).result
        assert again.region == first[index].region
        np.testing.assert_array_equal(again.poses.xy, first[index].poses.xy)
        np.testing.assert_array_equal(again.stages[1].values, first[index].stages[1].values)
    assert desk.engine.runs == runs


def test_maps_that_were_not_asked_for_are_fetched_for_the_same_region(desk: Desk) -> None:
    desk.session.want(frozenset())
    desk.session.open("dots")
    plain = desk.shown(0).result
    desk.session.want(frozenset([1]))
    rich = desk.until(lambda v: v.result and v.result.stages).result
    assert [stage.number for stage in rich.stages] == [1]
    assert rich.region == plain.region
    np.testing.assert_array_equal(rich.poses.xy, plain.poses.xy)


def test_a_paused_clip_shows_the_frame_while_the_network_is_slow(desk: Desk) -> None:
    gate = threading.Event()
    desk.engine.gate = gate
    desk.session.open("dots")
    view = desk.until(lambda v: v.frame is not None and v.frame.index == 0)
    assert view.result is None
    desk.session.seek(9)
    view = desk.until(lambda v: v.frame is not None and v.frame.index == 9)
    assert view.result is None
    gate.set()
    desk.shown(9)


def test_results_of_old_choices_are_dropped(desk: Desk) -> None:
    desk.session.open("dots")
    desk.shown(0)
    entered, gate = threading.Event(), threading.Event()
    desk.engine.before, desk.engine.gate = entered.set, gate
    desk.session.choose(region="whole")
    assert entered.wait(10)
    # The network is busy with the whole frame; meanwhile another wish comes.
    desk.session.choose(region="box", box=BOX)
    since = len(desk.seen)
    gate.set()
    view = desk.until(lambda v: v.result is not None and v.result.region == BOX)
    assert view.choices.region == "box"
    for seen in desk.seen[since:]:
        assert seen.result is None or seen.result.region.width != 320


def test_playing_runs_to_the_end_and_stops(desk: Desk) -> None:
    desk.session.open("short")
    desk.shown(0)
    desk.session.set_speed(4)
    desk.session.play()
    desk.until(lambda v: v.transport.playing)
    view = desk.until(lambda v: not v.transport.playing)
    assert view.transport.index == 7
    desk.shown(7)
    desk.session.toggle()
    desk.until(lambda v: v.transport.playing and v.transport.index < 7)
    desk.until(lambda v: not v.transport.playing and v.transport.index == 7)


def test_playing_every_frame_analyses_every_frame(desk: Desk) -> None:
    desk.session.open("short")
    desk.shown(0)
    desk.session.set_every_frame(True)
    desk.session.set_speed(4)
    desk.session.play()
    desk.until(lambda v: not v.transport.playing and v.transport.index == 7)
    desk.shown(7)
    np.testing.assert_array_equal(desk.session.history().index, np.arange(8))


def test_marks_bound_the_loop(desk: Desk) -> None:
    desk.session.open("dots")
    desk.shown(0)
    desk.session.mark(4, 7)
    desk.session.set_loop(True)
    desk.session.set_every_frame(True)
    desk.session.set_speed(4)
    since = len(desk.seen)
    desk.session.play()
    desk.until(lambda v: _times_seen(desk, since, 4) >= 3)
    desk.session.pause()
    view = desk.until(lambda v: not v.transport.playing)
    assert (view.transport.start, view.transport.end) == (4, 7)
    frames = [v.frame.index for v in desk.seen[since:] if v.frame is not None]
    assert set(frames[frames.index(4) :]) == {4, 5, 6, 7}


def _times_seen(desk: Desk, since: int, index: int) -> int:
    """How often frame `index` was reached anew."""
    frames = [v.frame.index for v in desk.seen[since:] if v.frame is not None]
    return sum(a != index and b == index for a, b in pairwise(frames))


def test_marks_may_be_given_the_wrong_way_round_and_taken_away(desk: Desk) -> None:
    desk.session.open("dots")
    desk.shown(0)
    desk.session.mark(20, 5)
    assert desk.session.view().transport.start == 5
    assert desk.session.view().transport.end == 20
    desk.session.mark(None, None)
    assert desk.session.view().transport.end is None


def test_opening_something_broken_leaves_what_is_open(desk: Desk) -> None:
    desk.session.open("dots")
    desk.shown(0)
    desk.session.open("nowhere.mp4")
    view = desk.until(lambda v: v.notices and not v.busy)
    assert "nowhere.mp4 does not exist" in view.notices[-1].text
    assert view.notices[-1].level == "error"
    assert view.source is not None
    assert view.source.location == "dots"
    desk.session.seek(5)
    desk.shown(5)


def test_opening_another_clip_takes_its_place(desk: Desk) -> None:
    first = DotsClip(30)
    desk.sources["first"] = lambda: first
    desk.session.open("first")
    desk.shown(0)
    desk.session.seek(25)
    desk.shown(25)
    desk.session.open("short")
    view = desk.until(lambda v: v.source is not None and v.source.count == 8)
    assert view.transport.index == 0
    desk.shown(0)
    desk.session.seek(25)
    desk.shown(7)
    desk.session.close()
    assert first.closed == 1


def test_a_clip_that_breaks_while_playing_pauses_and_says_so(desk: Desk) -> None:
    class Broken(DotsClip):
        def read(self, index):
            if index == 5:
                raise PoseViewerError("dots cannot be read at frame 5: it is damaged.")
            return super().read(index)

    desk.sources["broken"] = lambda: Broken(10)
    desk.session.open("broken")
    desk.shown(0)
    desk.session.play()
    view = desk.until(lambda v: v.notices and not v.transport.playing)
    assert "damaged" in view.notices[-1].text
    assert view.frame is not None
    assert view.frame.index == 4
    desk.session.seek(8)
    desk.shown(8)


def test_a_feed_shows_the_newest_and_can_be_frozen(desk: Desk) -> None:
    feed = desk.feed
    desk.session.open("feed")
    view = desk.until(lambda v: v.transport.playing)
    assert view.source is not None
    assert view.source.live
    feed.push()
    desk.shown(0)
    desk.session.pause()
    feed.push()
    desk.until(lambda v: not v.transport.playing and feed.pushed.empty())
    desk.session.toggle()
    feed.push()
    desk.shown(2)
    assert [v.frame.index for v in desk.seen if v.frame is not None and v.frame.index == 1] == []
    assert desk.session.history().index.tolist() == [0, 2]


def test_a_feed_that_is_lost_and_comes_back_is_said_once_each(desk: Desk) -> None:
    feed = desk.feed
    desk.session.open("feed")
    feed.push()
    desk.shown(0)
    feed.lost = "The camera is gone: plug it in again."
    desk.until(lambda v: v.notices and "gone" in v.notices[-1].text)
    feed.lost = None
    desk.until(lambda v: "is back" in v.notices[-1].text)
    feed.push()
    view = desk.shown(1)
    assert len(view.notices) == 2


def test_a_feed_that_ends_keeps_its_last_picture(desk: Desk) -> None:
    feed = desk.feed
    desk.session.open("feed")
    feed.push()
    desk.shown(0)
    feed.ended = True
    view = desk.until(lambda v: v.notices)
    assert view.notices[-1].text == "The feed has ended."
    assert view.frame is not None
    assert not view.transport.playing


def test_opening_the_same_feed_again_lets_go_of_it_first(desk: Desk) -> None:
    held = []

    class Device(DotsFeed):
        def __init__(self) -> None:
            if held:
                raise PoseViewerError("The camera is in use.")
            held.append(self)
            super().__init__()
            self.push()

        def close(self) -> None:
            if self in held:
                held.remove(self)

    desk.sources["camera"] = Device
    desk.session.open("camera")
    desk.shown(0)
    first = held[0]
    desk.session.open("camera")
    desk.until(lambda v: held and held[0] is not first and v.source is not None and not v.busy)
    desk.shown(0)
    assert not desk.session.view().notices


def test_a_slow_network_gets_the_newest_frame_of_a_feed(desk: Desk) -> None:
    feed = desk.feed
    desk.session.choose(region="whole")
    desk.session.open("feed")
    entered, gate = threading.Event(), threading.Event()
    desk.engine.before, desk.engine.gate = entered.set, gate
    feed.push()
    assert entered.wait(10)
    for _ in range(9):
        feed.push()
    desk.until(lambda v: v.frame is not None and v.frame.index == 9)
    gate.set()
    view = desk.shown(9)
    assert view.stats.drops == 8
    results = [v.result.frame.index for v in desk.seen if v.result is not None]
    assert set(results) == {0, 9}


def test_smoothing_leaves_the_raw_result_alone(desk: Desk) -> None:
    desk.session.choose(region="box", box=BOX)
    desk.session.open("dots")
    raw = desk.shown(0).result
    desk.session.step(1)
    raw = desk.shown(1).result
    assert raw.smoothed is None
    desk.session.choose(smooth=True)
    desk.until(lambda v: v.result.smoothed is not None)
    desk.session.step(1)
    shown = desk.shown(2).result
    assert shown.smoothed is not None
    assert np.abs(shown.smoothed.xy - shown.poses.xy).max() > 0
    assert shown.shown is shown.smoothed
    desk.session.step(-1)
    np.testing.assert_array_equal(desk.shown(1).result.poses.xy, raw.poses.xy)


def test_history_is_in_order_of_frames_and_begins_anew_with_other_choices(desk: Desk) -> None:
    desk.session.open("dots")
    desk.shown(0)
    for index in (0, 9, 4):
        desk.session.seek(index)
        desk.shown(index)
    history = desk.session.history()
    assert history.index.tolist() == [0, 4, 9]
    assert (np.diff(history.seconds) > 0).all()
    assert history.degrees.shape == (3, len(history.specs))
    desk.session.choose(gate=0.3)
    desk.until(lambda v: v.result.generation == v.result.generation and desk_history(desk) == [4])


def desk_history(desk: Desk) -> list[int]:
    return desk.session.history().index.tolist()


def test_analyse_fills_the_history_and_keeps_what_was_seen(desk: Desk) -> None:
    desk.session.open("dots")
    desk.shown(0)
    desk.session.seek(15)
    seen = desk.shown(15).result
    desk.session.analyse()
    view = desk.until(lambda v: v.analysis is not None and v.analysis.finished)
    assert view.analysis.error is None
    assert (view.analysis.done, view.analysis.total) == (30, 30)
    assert desk_history(desk) == list(range(30))
    runs = desk.engine.runs
    desk.session.seek(22)
    desk.shown(22)
    assert desk.engine.runs == runs
    desk.session.seek(15)
    np.testing.assert_array_equal(desk.shown(15).result.poses.xy, seen.poses.xy)


def test_analyse_keeps_to_the_marks_and_stops_when_asked_again(desk: Desk) -> None:
    desk.session.open("dots")
    desk.shown(0)
    desk.session.mark(3, 6)
    desk.session.analyse()
    desk.until(lambda v: v.analysis is not None and v.analysis.finished)
    assert desk_history(desk) == [0, 3, 4, 5, 6]
    gate = threading.Event()
    desk.session.mark(None, None)
    desk.engine.gate = gate
    desk.session.analyse()
    desk.until(lambda v: v.analysis is not None and not v.analysis.finished)
    desk.session.analyse()
    gate.set()
    view = desk.until(lambda v: v.analysis is not None and v.analysis.finished)
    assert view.analysis.error is not None


def test_a_model_without_weights_is_not_run(desk: Desk) -> None:
    def refuse(choices):
        if choices.model == "bare":
            raise PoseViewerError("The model bare has no weights here; choose another one.")
        return loader(desk.engine)(choices)

    desk.session.close()
    other = Desk(desk.engine, desk.sources).start(loader=refuse)
    try:
        other.session.open("short")
        other.shown(0)
        other.session.choose(model="bare")
        view = other.until(lambda v: v.notices)
        assert "no weights" in view.notices[-1].text
        assert view.model is None
        other.session.set_every_frame(True)
        other.session.play()
        other.until(lambda v: not v.transport.playing and v.transport.index == 7)
        other.session.choose(model="dots")
        other.shown(7)
        assert len(other.session.view().notices) == 1
    finally:
        other.session.close()


def test_an_engine_that_fails_is_said_once_and_the_window_lives_on(desk: Desk) -> None:
    def fail() -> None:
        raise RuntimeError("out of memory")

    desk.session.open("dots")
    desk.shown(0)
    desk.engine.before = fail
    desk.session.seek(3)
    view = desk.until(lambda v: v.notices)
    assert "out of memory" in view.notices[-1].text
    desk.engine.before = None
    desk.session.seek(4)
    desk.shown(4)


def test_a_snapshot_is_what_is_on_screen(desk: Desk, tmp_path: Path) -> None:
    import cv2

    desk.session.open("dots")
    desk.shown(0)
    desk.session.seek(6)
    desk.shown(6)
    desk.session.snapshot(tmp_path / "s.png", Look(skeleton=False))
    desk.until(lambda v: v.notices and "s.png" in v.notices[-1].text)
    written = cv2.imread(str(tmp_path / "s.png"))[..., ::-1]
    np.testing.assert_array_equal(written, picture(6))
    desk.session.snapshot(tmp_path / "none" / "s.png", Look())
    desk.until(lambda v: v.notices[-1].level == "error")


def test_numbers_for_the_display(desk: Desk) -> None:
    desk.session.open("short")
    desk.shown(0)
    desk.session.set_every_frame(True)
    desk.session.play()
    view = desk.until(lambda v: not v.transport.playing and v.transport.index == 7)
    view = desk.until(lambda v: v.stats.inference_rate > 0)
    assert view.stats.source_rate > 0
    assert view.stats.age > 0
    assert view.stats.network > 0


def test_calls_before_anything_is_open_do_nothing(desk: Desk, tmp_path: Path) -> None:
    session = desk.session
    for call in (session.play, session.pause, session.toggle, session.cancel_export):
        call()
    session.step(1)
    session.seek(4)
    session.seek_time(1)
    session.mark(1, 2)
    session.set_loop(True)
    session.set_speed(2)
    session.analyse()
    session.snapshot(tmp_path / "x.png", Look())
    assert session.history().index.size == 0
    assert all(notice.level == "warning" for notice in session.view().notices)


def test_closing_twice_and_closing_in_the_middle_of_things(desk: Desk) -> None:
    desk.session.open("dots")
    desk.session.play()
    desk.session.analyse()
    desk.session.close()
    desk.session.close()
    desk.session.open("short")
    assert desk.session.view().source is None or desk.session.view().source.count == 30


def test_an_unknown_choice_is_a_mistake_of_the_program(desk: Desk) -> None:
    with pytest.raises(TypeError):
        desk.session.choose(colour="red")


def test_the_session_costs_no_heavy_import() -> None:
    code = (
        "import sys; import poseviewer.runtime.session; "
        "print(sorted({'torch', 'cv2', 'av', 'openvino', 'PySide6'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_requests_are_what_the_estimator_gets(desk: Desk) -> None:
    desk.session.want(frozenset([0, 2]))
    desk.session.open("dots")
    result = desk.shown(0).result
    assert [stage.number for stage in result.stages] == [0, 2]
    assert result.stage(1) is None
    assert Request(stages=None).wants(1)


def test_closing_a_source_leaves_nothing_and_lets_another_open(desk: Desk) -> None:
    desk.session.open("dots")
    desk.shown(0)
    desk.session.close_source()
    view = desk.until(lambda v: v.source is None)
    assert view.frame is view.result is None
    assert not len(desk.session.history().index)
    desk.session.close_source()
    desk.session.open("feed")
    desk.feed.push()  # type: ignore[attr-defined]
    desk.shown(0)
    desk.session.close_source()
    desk.session.open("dots")
    desk.shown(0)
    assert desk.session.view().source.count == 30
    desk.session.close()
    assert desk.feed.closed == 1  # type: ignore[attr-defined]


def test_what_is_still_opening_is_closed_too(desk: Desk) -> None:
    gate, made = threading.Event(), DotsClip(5)

    def slow() -> DotsClip:
        assert gate.wait(10)
        return made

    desk.sources["slow"] = slow
    desk.session.open("slow")
    desk.session.close_source()
    gate.set()
    desk.session.open("dots")
    desk.shown(0)
    desk.until(lambda _: made.closed)
    assert desk.session.view().source.count == 30


def test_what_a_source_has_to_say_is_told_once(desk: Desk) -> None:
    class Cut(DotsClip):
        notice = "cut.mp4 ends early: 5 of 9 frames can be read."

    desk.sources["cut"] = lambda: Cut(5)
    desk.session.open("cut")
    desk.shown(0)
    desk.session.seek(3)
    desk.shown(3)
    said = [n.text for n in desk.session.view().notices]
    assert said.count(Cut.notice) == 1
    assert desk.session.view().notices[-1].level == "warning"
