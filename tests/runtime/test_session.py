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
from poseviewer.core.errors import DeviceMemoryError, PoseViewerError
from poseviewer.core.stage import Request
from poseviewer.core.video_choice import VideoChoice
from poseviewer.pipeline.estimate import Estimator
from poseviewer.pipeline.follow_person import RegionFollower
from poseviewer.pipeline.run import run
from poseviewer.runtime.factories import Loaded
from poseviewer.runtime.source_thread import open_location
from poseviewer.runtime.state import Stats
from tests.dots import CARD, Dots, DotsClip, DotsFeed, joints, loader, picture
from tests.runtime.conftest import Desk
from tests.video.variants import interlaced
from tests.waiting import LONG

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.runtime.sections import NetworkState
    from poseviewer.runtime.state import AppState
    from poseviewer.video.source import Source

BOX = Box(60, 0, 230, 230)


def test_opening_shows_the_first_frame_and_its_result(desk: Desk) -> None:
    desk.session.open("dots")
    state = desk.shown(0)
    assert state.source is not None
    assert (state.source.count, state.source.live) == (30, False)
    assert state.source.times[2] == DotsClip().time(2).seconds
    assert state.result is not None
    assert np.linalg.norm(state.result.poses.xy[0] - joints(0), axis=1).max() < 6
    assert state.engine == "Dots, CPU"
    assert state.model is not None
    assert state.model.name == "dots"
    state = desk.until(lambda s: s.devices and not s.busy)
    assert "hourglass-lite" in [model.name for model in state.models]


def test_until_a_network_runs_it_is_said_to_be_loading(desk: Desk) -> None:
    """From the first moment on: importing an engine takes longer than opening a clip."""
    desk.session.open("dots")
    desk.shown(0)
    assert [state for state in desk.seen if state.loaded is None]
    assert all(state.loaded or "Loading" in state.busy for state in desk.seen)


def test_seeking_shows_exactly_the_frame(desk: Desk) -> None:
    desk.session.open("dots")
    desk.shown(0)
    for index in (17, 3, 29, 28, 0, 11):
        desk.session.seek(index)
        state = desk.shown(index)
        assert state.playback.index == index
        assert state.frame is not None
        np.testing.assert_array_equal(state.frame.pixels, picture(index))


def test_seeking_goes_to_the_nearest_frame(desk: Desk) -> None:
    desk.session.open("dots")
    desk.shown(0)
    desk.session.seek(99)
    desk.shown(29)
    desk.session.seek(-4)
    desk.shown(0)


def test_stepping_both_ways_equals_a_sequential_pass(desk: Desk) -> None:
    desk.session.open("dots")
    desk.shown(0)
    desk.session.change("reading", region="box", box=BOX)
    pairs = run(DotsClip(12), Estimator(CARD, Dots()), RegionFollower("box", box=BOX))
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
        assert result.poses.track.tolist() == [-1], "numbers come from the frames before"


def test_steps_add_up_and_big_steps_stop_at_the_ends(desk: Desk) -> None:
    desk.session.open("dots")
    desk.shown(0)
    for _ in range(5):
        desk.session.step(1)
    assert desk.session.state.playback.index == 5
    desk.shown(5)
    desk.session.step(-10)
    desk.shown(0)
    desk.session.step(100)
    desk.shown(29)


def test_coming_back_gives_the_identical_result_without_the_network(desk: Desk) -> None:
    desk.session.want(None)
    desk.session.open("dots")
    desk.shown(0)
    first = {}
    for index in (0, 1, 2, 3):
        desk.session.step(index - desk.session.state.playback.index)
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
    rich = desk.until(lambda s: s.result and s.result.stages).result
    assert [stage.number for stage in rich.stages] == [1]
    assert rich.region == plain.region
    np.testing.assert_array_equal(rich.poses.xy, plain.poses.xy)


def test_a_paused_clip_shows_the_frame_while_the_network_is_slow(desk: Desk) -> None:
    gate = threading.Event()
    desk.engine.gate = gate
    desk.session.open("dots")
    state = desk.until(lambda s: s.frame is not None and s.frame.index == 0)
    assert state.result is None
    desk.session.seek(9)
    state = desk.until(lambda s: s.frame is not None and s.frame.index == 9)
    assert state.result is None
    gate.set()
    desk.shown(9)


def test_results_of_old_choices_are_dropped(desk: Desk) -> None:
    desk.session.open("dots")
    desk.shown(0)
    entered, gate = threading.Event(), threading.Event()
    desk.engine.before, desk.engine.gate = entered.set, gate
    desk.session.change("reading", region="whole")
    assert entered.wait(LONG)
    # The network is busy with the whole frame; meanwhile another wish comes.
    desk.session.change("reading", region="box", box=BOX)
    since = len(desk.seen)
    gate.set()
    state = desk.until(lambda s: s.result is not None and s.result.region == BOX)
    assert state.reading.region == "box"
    for seen in desk.seen[since:]:
        assert seen.result is None or seen.result.region.width != 320


def test_playing_runs_to_the_end_and_stops(desk: Desk) -> None:
    desk.session.open("short")
    desk.shown(0)
    desk.session.set_speed(4)
    since = len(desk.seen)
    desk.session.play()
    desk.passed(lambda s: s.playback.playing, since=since)
    state = desk.until(lambda s: not s.playback.playing)
    assert state.playback.index == 7
    desk.shown(7)
    since = len(desk.seen)
    desk.session.toggle()
    desk.passed(lambda s: s.playback.playing and s.playback.index < 7, since=since)
    desk.until(lambda s: not s.playback.playing and s.playback.index == 7)


def test_playing_every_frame_analyses_every_frame(desk: Desk) -> None:
    desk.session.open("short")
    desk.shown(0)
    desk.session.set_every_frame(True)
    desk.session.set_speed(4)
    desk.session.play()
    desk.until(lambda s: not s.playback.playing and s.playback.index == 7)
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
    desk.until(lambda s: _times_seen(desk, since, 4) >= 3)
    desk.session.pause()
    state = desk.until(lambda s: not s.playback.playing)
    assert (state.playback.start, state.playback.end) == (4, 7)
    frames = [s.frame.index for s in desk.seen[since:] if s.frame is not None]
    assert set(frames[frames.index(4) :]) == {4, 5, 6, 7}


def _times_seen(desk: Desk, since: int, index: int) -> int:
    """How often frame `index` was reached anew."""
    frames = [s.frame.index for s in desk.seen[since:] if s.frame is not None]
    return sum(a != index and b == index for a, b in pairwise(frames))


def test_marks_may_be_given_the_wrong_way_round_and_taken_away(desk: Desk) -> None:
    desk.session.open("dots")
    desk.shown(0)
    desk.session.mark(20, 5)
    assert desk.session.state.playback.start == 5
    assert desk.session.state.playback.end == 20
    desk.session.mark(None, None)
    assert desk.session.state.playback.end is None


def test_opening_something_broken_leaves_what_is_open(desk: Desk) -> None:
    desk.session.open("dots")
    desk.shown(0)
    desk.session.open("nowhere.mp4")
    state = desk.until(lambda s: s.notices and not s.busy)
    assert "nowhere.mp4 does not exist" in state.notices[-1].text
    assert state.notices[-1].level == "error"
    assert state.source is not None
    assert state.source.location == "dots"
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
    state = desk.until(lambda s: s.source is not None and s.source.count == 8)
    assert state.playback.index == 0
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
    state = desk.until(lambda s: s.notices and not s.playback.playing)
    assert "damaged" in state.notices[-1].text
    assert state.frame is not None
    assert state.frame.index == 4
    desk.session.seek(8)
    desk.shown(8)


def test_a_feed_shows_the_newest_and_can_be_frozen(desk: Desk) -> None:
    feed = desk.feed
    desk.session.open("feed")
    state = desk.until(lambda s: s.playback.playing)
    assert state.source is not None
    assert state.source.live
    feed.push()
    desk.shown(0)
    desk.session.pause()
    feed.push()
    desk.until(lambda s: not s.playback.playing and feed.drained)
    desk.session.toggle()
    feed.push()
    desk.shown(2)
    assert [s.frame.index for s in desk.seen if s.frame is not None and s.frame.index == 1] == []
    assert desk.session.history().index.tolist() == [0, 2]


def test_a_feed_that_is_lost_and_comes_back_is_said_once_each(desk: Desk) -> None:
    feed = desk.feed
    desk.session.open("feed")
    feed.push()
    desk.shown(0)
    feed.lost = "The camera is gone: plug it in again."
    desk.until(lambda s: s.notices and "gone" in s.notices[-1].text)
    state = desk.until(lambda s: s.playback.lost)
    assert not state.live
    assert state.result is None, "the last skeleton is not of what is there now"
    feed.lost = None
    desk.until(lambda s: "is back" in s.notices[-1].text)
    feed.push()
    state = desk.shown(1)
    assert [notice.topic for notice in state.notices] == ["source"]


def test_a_feed_that_ends_keeps_its_last_picture(desk: Desk) -> None:
    feed = desk.feed
    desk.session.open("feed")
    feed.push()
    desk.shown(0)
    feed.ended = True
    state = desk.until(lambda s: s.notices)
    assert state.notices[-1].text == "The feed has ended."
    assert state.frame is not None
    assert not state.playback.playing


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
    desk.until(lambda s: held and held[0] is not first and s.source is not None and not s.busy)
    desk.shown(0)
    assert not desk.session.state.notices


def test_a_slow_network_gets_the_newest_frame_of_a_feed(desk: Desk) -> None:
    feed = desk.feed
    desk.session.change("reading", region="whole")
    desk.session.open("feed")
    entered, gate = threading.Event(), threading.Event()
    desk.engine.before, desk.engine.gate = entered.set, gate
    feed.push()
    assert entered.wait(LONG)
    for _ in range(9):
        feed.push()
    desk.until(lambda s: s.frame is not None and s.frame.index == 9)
    gate.set()
    state = desk.shown(9)
    assert state.stats.drops == 8
    results = [s.result.frame.index for s in desk.seen if s.result is not None]
    assert set(results) == {0, 9}


def test_only_a_sequence_is_smoothed_and_its_raw_result_stays(desk: Desk) -> None:
    desk.session.open("dots")
    desk.shown(0)
    desk.session.change("reading", smooth=True)
    desk.session.seek(2)
    assert desk.shown(2).result.smoothed is None, "a frame alone has nothing to be smoothed with"
    analysed(desk)
    smooth = desk.until(lambda s: s.result is not None and s.result.smoothed is not None).result
    assert np.abs(smooth.smoothed.xy - smooth.poses.xy).max() > 0
    assert smooth.shown is smooth.smoothed
    runs = desk.engine.runs
    desk.session.change("reading", smooth=False)
    raw = desk.until(lambda s: s.result is not None and s.result.smoothed is None).result
    np.testing.assert_array_equal(raw.poses.xy, smooth.poses.xy)
    desk.session.change("reading", smooth=True, min_cutoff=0.2)
    again = desk.until(lambda s: s.result is not None and s.result.smoothed is not None).result
    assert np.abs(again.smoothed.xy - smooth.smoothed.xy).max() > 0
    assert desk.engine.runs == runs


def analysed(desk: Desk) -> None:
    """Analyse the clip and wait for the end."""
    desk.session.analyse()
    state = desk.until(lambda s: s.analysis is not None and s.analysis.finished)
    assert state.analysis.error is None


def test_history_is_in_order_of_frames_and_measured_anew_with_other_choices(desk: Desk) -> None:
    desk.session.open("dots")
    desk.shown(0)
    for index in (0, 9, 4):
        desk.session.seek(index)
        desk.shown(index)
    history = desk.session.history()
    assert history.index.tolist() == [0, 4, 9]
    assert (np.diff(history.seconds) > 0).all()
    assert history.degrees.shape == (3, len(history.specs))
    runs = desk.engine.runs
    desk.session.change("angles", facing="left")
    desk.until(lambda s: s.result is not None and s.result.angles.facing == ("left",))
    turned = desk.session.history()
    assert turned.index.tolist() == [0, 4, 9]
    lean = [spec.name for spec in history.specs].index("right knee")
    np.testing.assert_allclose(turned.degrees[:, lean], -history.degrees[:, lean], atol=1e-3)
    desk.session.change("reading", gate=1.0)
    desk.until(lambda s: np.isnan(desk.session.history().degrees).all())
    assert desk.session.history().index.tolist() == [0, 4, 9]
    assert desk.engine.runs == runs
    # Another way to read the network gives other answers, so there is another plot.
    desk.session.change("reading", decoding="argmax")
    desk.until(lambda s: desk_history(desk) == [4])


def desk_history(desk: Desk) -> list[int]:
    return desk.session.history().index.tolist()


def test_analyse_fills_the_history_and_takes_the_place_of_single_frames(desk: Desk) -> None:
    desk.session.open("dots")
    desk.shown(0)
    desk.session.seek(15)
    state = desk.shown(15)
    assert not state.answer.sequential
    assert state.result.poses.track.tolist() == [-1]
    analysed(desk)
    state = desk.until(lambda s: s.answer is not None and s.answer.sequential)
    assert (state.analysis.done, state.analysis.total, state.analysed) == (30, 30, 30)
    assert desk_history(desk) == list(range(30))
    straight = {
        frame.index: result
        for frame, result in run(DotsClip(30), Estimator(CARD, Dots()), RegionFollower())
    }
    runs = desk.engine.runs
    for index in (15, 22, 3):
        desk.session.seek(index)
        state = desk.shown(index)
        assert state.answer.sequential
        np.testing.assert_array_equal(state.result.poses.xy, straight[index].poses.xy)
        assert state.result.poses.track.tolist() == [0]
    assert desk.engine.runs == runs


def test_analyse_keeps_to_the_marks_and_stops_when_asked_again(desk: Desk) -> None:
    desk.session.open("dots")
    desk.shown(0)
    desk.session.mark(3, 6)
    analysed(desk)
    assert desk_history(desk) == [3, 4, 5, 6]
    assert desk.session.state.analysed == 4
    gate = threading.Event()
    desk.session.mark(3, None)
    desk.engine.gate = gate
    desk.session.analyse()
    desk.until(lambda s: s.analysis is not None and not s.analysis.finished)
    assert desk.session.analysing
    desk.session.analyse()
    gate.set()
    state = desk.until(lambda s: s.analysis is not None and s.analysis.finished)
    assert state.analysis.cancelled
    assert state.analysis.error == "Stopped; the frames analysed so far are stored."
    assert desk_history(desk)[:4] == [3, 4, 5, 6]


def test_an_analysis_under_other_choices_gives_way_to_one_under_these(desk: Desk) -> None:
    gate, entered = threading.Event(), threading.Event()
    desk.session.open("dots")
    desk.shown(0)
    desk.session.mark(0, 5)
    desk.engine.before, desk.engine.gate = entered.set, gate
    desk.session.analyse()
    assert entered.wait(LONG)
    desk.session.change("reading", decoding="argmax")
    desk.session.analyse()
    gate.set()
    state = desk.until(lambda s: s.analysis is not None and s.analysis.finished)
    assert state.analysis.error is None
    assert state.analysed == 6
    assert desk_history(desk) == [0, 1, 2, 3, 4, 5]


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
        other.session.change("network", model="bare")
        state = other.until(lambda s: s.notices)
        assert "no weights" in state.notices[-1].text
        assert state.model is None
        other.session.set_every_frame(True)
        other.session.play()
        other.until(lambda s: not s.playback.playing and s.playback.index == 7)
        other.session.change("network", model="dots")
        other.shown(7)
        other.until(lambda s: not s.notices)
    finally:
        other.session.close()


def test_an_engine_that_fails_is_said_once_and_the_window_lives_on(desk: Desk) -> None:
    def fail() -> None:
        raise RuntimeError("out of memory")

    desk.session.open("dots")
    desk.shown(0)
    desk.engine.before = fail
    desk.session.seek(3)
    state = desk.until(lambda s: s.notices)
    assert "out of memory" in state.notices[-1].text
    desk.engine.before = None
    desk.session.seek(4)
    desk.shown(4)


def test_a_network_that_computes_no_numbers_is_named_in_a_notice(desk: Desk) -> None:
    right = desk.engine.run
    desk.engine.run = lambda *asked: [one * np.float32(np.nan) for one in right(*asked)]
    desk.session.open("dots")
    state = desk.until(lambda s: s.notices)
    assert (
        "computed values that are not numbers: its weights may be damaged" in state.notices[-1].text
    )
    assert [notice.level for notice in state.notices] == ["error"]
    desk.engine.run = right
    desk.session.seek(4)
    desk.shown(4)


def test_a_snapshot_is_what_is_on_screen(desk: Desk, tmp_path: Path) -> None:
    import cv2

    desk.session.open("dots")
    desk.shown(0)
    desk.session.seek(6)
    desk.shown(6)
    desk.session.change("display", skeleton=False)
    desk.session.snapshot(tmp_path / "s.png")
    desk.until(lambda s: s.notices and "s.png" in s.notices[-1].text)
    written = cv2.imread(str(tmp_path / "s.png"))[..., ::-1]
    np.testing.assert_array_equal(written, picture(6))
    desk.session.snapshot(tmp_path / "none" / "s.png")
    desk.until(lambda s: s.notices[-1].level == "error")


def test_numbers_for_the_display(desk: Desk) -> None:
    desk.session.open("short")
    desk.shown(0)
    desk.session.set_every_frame(True)
    since = len(desk.seen)
    desk.session.play()

    def measured(state: AppState) -> bool:
        stats = state.stats
        numbers = (stats.inference_rate, stats.source_rate, stats.age, stats.network)
        return state.playback.playing and all(number > 0 for number in numbers)

    desk.passed(measured, since=since)
    state = desk.until(lambda s: not s.playback.playing and s.playback.index == 7)
    assert state.stats.network > 0
    # Nothing ages while it stands still.
    assert state.stats == Stats(network=state.stats.network)


def test_calls_before_anything_is_open_do_nothing(desk: Desk, tmp_path: Path) -> None:
    session = desk.session
    for call in (session.play, session.pause, session.toggle, session.cancel_export):
        call()
    session.step(1)
    session.seek(4)
    session.mark(1, 2)
    session.set_loop(True)
    session.set_speed(2)
    session.analyse()
    session.snapshot(tmp_path / "x.png")
    assert session.history().index.size == 0
    assert all(notice.level == "warning" for notice in session.state.notices)


def test_closing_twice_and_closing_in_the_middle_of_things(desk: Desk) -> None:
    desk.session.open("dots")
    desk.session.play()
    desk.session.analyse()
    desk.session.close()
    desk.session.close()
    desk.session.open("short")
    assert desk.session.state.source is None or desk.session.state.source.count == 30


def test_an_unknown_choice_is_a_mistake_of_the_program(desk: Desk) -> None:
    with pytest.raises(TypeError):
        desk.session.change("reading", colour="red")
    with pytest.raises(AttributeError):
        desk.session.change("colours", red=True)
    assert desk.session.state.undo == ""


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
    state = desk.until(lambda s: s.source is None)
    assert state.frame is state.result is None
    assert not len(desk.session.history().index)
    desk.session.close_source()
    desk.session.open("feed")
    desk.feed.push()  # type: ignore[attr-defined]
    desk.shown(0)
    desk.session.close_source()
    desk.session.open("dots")
    desk.shown(0)
    assert desk.session.state.source.count == 30
    desk.session.close()
    assert desk.feed.closed == 1  # type: ignore[attr-defined]


def test_what_is_still_opening_is_closed_too(desk: Desk) -> None:
    gate, made = threading.Event(), DotsClip(5)

    def slow() -> DotsClip:
        assert gate.wait(LONG)
        return made

    desk.sources["slow"] = slow
    desk.session.open("slow")
    desk.session.close_source()
    gate.set()
    desk.session.open("dots")
    desk.shown(0)
    desk.until(lambda _: made.closed)
    assert desk.session.state.source.count == 30


@pytest.mark.parametrize("leave", ["another", "close"])
def test_what_was_given_up_says_no_more_why_it_was_not_opened(desk: Desk, leave: str) -> None:
    gates = {name: threading.Event() for name in ("hangs", "slow")}

    def hangs() -> DotsClip:
        assert gates["hangs"].wait(LONG)
        raise PoseViewerError("hangs cannot be opened: no picture came in time.")

    def slow() -> DotsClip:
        assert gates["slow"].wait(LONG)
        return DotsClip(5)

    desk.sources["hangs"], desk.sources["slow"] = hangs, slow
    desk.session.open("hangs")
    if leave == "close":
        desk.session.close_source()
    else:
        desk.session.open("slow")
    hanging = [t for t in threading.enumerate() if t.name == "poseviewer-source-1"]
    gates["hangs"].set()
    for thread in hanging:
        thread.join(LONG)
    state = desk.session.state
    gates["slow"].set()
    assert state.notices == ()
    assert ("Opening slow" in state.busy) == (leave == "another")
    if leave == "another":
        desk.shown(0)
        desk.until(lambda s: "Opening" not in s.busy)


def test_what_a_source_has_to_say_is_told_once(desk: Desk) -> None:
    class Cut(DotsClip):
        notice = "cut.mp4 ends early: 5 of 9 frames can be read."

    desk.sources["cut"] = lambda: Cut(5)
    desk.session.open("cut")
    desk.shown(0)
    desk.session.seek(3)
    desk.shown(3)
    said = [n.text for n in desk.session.state.notices]
    assert said.count(Cut.notice) == 1
    assert desk.session.state.notices[-1].level == "warning"


def test_a_clip_is_analysed_and_exported_as_it_was_opened(tmp_path: Path) -> None:
    interlaced(top_first=True)(tmp_path / "fields.mp4")
    chosen = VideoChoice(deinterlace="field")
    opened = []

    def opener(location: str, **options: object) -> Source:
        opened.append(options)
        return open_location(location, **options)  # type: ignore[arg-type]

    desk = Desk(Dots(), {})
    desk._open = opener  # type: ignore[method-assign]
    desk.start()
    try:
        desk.session.open(str(tmp_path / "fields.mp4"), choice=chosen)
        state = desk.until(lambda state: state.source is not None and state.notices)
        assert state.source is not None
        assert state.source.count == 48
        assert state.source.video is not None
        assert state.source.video.choice == chosen
        assert "it is interlaced" in state.notices[-1].text
        assert state.notices[-1].level == "info"
        desk.session.analyse()
        desk.until(lambda state: state.analysis is not None and state.analysis.finished)
        assert opened == [{"choice": chosen}] * 2
    finally:
        desk.session.close()


def test_a_network_that_runs_out_of_memory_is_loaded_anew_and_answers(desk: Desk) -> None:
    full = threading.Event()
    loads: list[str] = []

    def run_out() -> None:
        if full.is_set() and len(loads) == 1:
            msg = "The CUDA device has too little memory left for this network: choose the CPU."
            raise DeviceMemoryError(msg)

    def load(network: NetworkState) -> Loaded:
        loads.append(network.device)
        on = "CPU" if full.is_set() else "CUDA"
        notice = "The CPU runs it." if full.is_set() else None
        return Loaded(CARD, Dots(before=run_out), f"Dots, {on}", notice)

    desk.session.close()
    session = desk.start(loader=load).session
    session.open("dots")
    assert desk.shown(0).answer.engine == "Dots, CUDA"
    full.set()
    session.seek(5)
    state = desk.shown(5)
    assert state.answer.engine == "Dots, CPU"
    assert "The CPU runs it." in [notice.text for notice in state.notices]
    assert len(loads) == 2
