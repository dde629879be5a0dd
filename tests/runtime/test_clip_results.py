"""The store of answers: two kinds of them, measured as the settings say, within their bounds."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from poseviewer.core.angle import AngleSpec
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.stage import Request
from poseviewer.pipeline.angles import Goniometer
from poseviewer.pipeline.estimate import Estimator
from poseviewer.pipeline.follow import in_focus, single_frame, with_maps
from poseviewer.pipeline.follow_people import PeopleFollower
from poseviewer.pipeline.follow_person import RegionFollower
from poseviewer.pipeline.run import run
from poseviewer.pipeline.smooth import PoseFilter
from poseviewer.runtime.analysis import Analyst
from poseviewer.runtime.clip_results import LIVE_RESULTS, ClipResults
from poseviewer.runtime.factories import model_info, smoother
from poseviewer.runtime.result_store import ResultStore
from poseviewer.runtime.sections import AngleState, ReadingState
from poseviewer.runtime.state import AppState, SourceInfo
from tests.dots import CARD, Dots, DotsClip, loader
from tests.pipeline.test_people import Pair
from tests.waiting import LONG

ALL = Request(stages=None)
COUNT = 12
STATE = AppState()
MODEL = model_info(CARD)
INSIDE = AngleSpec("inside of knee", ("right_hip", "right_knee", "right_ankle"))


def info(count: int = COUNT, *, live: bool = False) -> SourceInfo:
    clip = DotsClip(max(count, 1))
    times = np.array([clip.time(n).seconds for n in range(count)])
    return SourceInfo("dots", "dots", clip.size, 25.0, live, times[:0] if live else times)


def alone(index: int, request: Request = ALL):
    return single_frame(DotsClip(COUNT).read(index), ESTIMATOR, RegionFollower(), request)


ESTIMATOR = Estimator(CARD, Dots())


def put(results: ClipResults, result, *, sequential: bool = False):
    return results.put(result, sequential=sequential, model=MODEL, engine="Dots, CPU")


def analyst(results: ClipResults, state: AppState = STATE, engine: Dots | None = None) -> Analyst:
    return Analyst(results, state, loader=loader(engine))


def analyse(results: ClipResults, start: int, end: int, *, clip: DotsClip | None = None,
            state: AppState = STATE, engine: Dots | None = None) -> None:  # fmt: skip
    one = analyst(results, state, engine)
    assert one.begin(start, end, instead=True)
    for frame in (clip or DotsClip(COUNT)).frames(start, end):
        one.result(frame)


def straight(clip: DotsClip, follower, state: AppState = STATE, **options):
    measure = Goniometer(
        own=state.angles.custom, gate=state.reading.gate, facing=state.angles.facing
    )
    options.setdefault("smoother", smoother(state.reading))
    pairs = run(clip, ESTIMATOR, follower, goniometer=measure, **options)
    return {frame.index: result for frame, result in pairs}


def same(one, other) -> None:
    np.testing.assert_array_equal(one.poses.xy, other.poses.xy)
    np.testing.assert_array_equal(one.poses.track, other.poses.track)
    np.testing.assert_array_equal(one.angles.degrees, other.angles.degrees)
    assert one.region == other.region
    assert one.others == other.others
    assert (one.smoothed is None) == (other.smoothed is None)
    if one.smoothed is not None:
        np.testing.assert_array_equal(one.smoothed.xy, other.smoothed.xy)


def test_an_answer_is_stored_without_pixels_and_with_its_maps() -> None:
    results = ResultStore(info()).of(STATE.key)
    result = put(results, alone(3))
    known = results.get(3)
    assert known is not None
    assert known.result.frame.pixels.size == 3
    assert known.result.frame.time == result.frame.time
    assert not known.sequential
    same(known.result, result)
    for ours, theirs in zip(known.result.stages, result.stages, strict=True):
        assert ours is theirs
    assert results.get(4) is None


def test_every_set_of_choices_has_answers_of_its_own() -> None:
    store = ResultStore(info())
    other = STATE.choosing(decoding="argmax").key
    put(store.of(STATE.key), alone(3))
    assert store.of(other).get(3) is None
    # Neither the gate nor who is in focus makes another answer of it.
    assert store.of(STATE.choosing(gate=0.5, focus=2).key).get(3) is not None


def test_maps_are_bounded_over_all_choices_and_the_least_used_go_first() -> None:
    one = sum(stage.values.nbytes for stage in alone(0).stages)
    store = ResultStore(info(), map_bytes=3 * one)
    first, second = store.of(STATE.key), store.of(STATE.choosing(flip=True).key)
    put(first, alone(0))
    put(first, alone(1))
    put(second, alone(0))
    assert first.get(0).result.stages  # type: ignore[union-attr]
    put(second, alone(1))
    there = [len(r.get(n).result.stages) for r in (first, second) for n in (0, 1)]  # type: ignore[union-attr]
    assert there == [3, 0, 3, 3]
    # The poses stay.
    assert len(first.get(1).result.poses) == 1  # type: ignore[union-attr]
    # A frame whose maps alone are more than the bound keeps them until the next.
    small = ResultStore(info(), map_bytes=1).of(STATE.key)
    put(small, alone(0))
    assert small.get(0).result.stages  # type: ignore[union-attr]
    put(small, alone(1))
    assert not small.get(0).result.stages  # type: ignore[union-attr]


def test_maps_that_are_fetched_later_leave_the_answer_as_it_is() -> None:
    results = ResultStore(info()).of(STATE.key)
    poor = put(results, alone(3, Request(stages=frozenset())))
    frame = DotsClip(COUNT).read(3)
    rich = with_maps(replace(results.get(3).result, frame=frame), ESTIMATOR, ALL)  # type: ignore[union-attr]
    same(rich, poor)
    # The same regions lead to the same poses, however often.
    again = ESTIMATOR.estimate(frame, poor.region, ALL, others=poor.others)
    np.testing.assert_array_equal(again.poses.xy, poor.poses.xy)
    assert again.region == poor.region
    for ours, theirs in zip(rich.stages, alone(3).stages, strict=True):
        np.testing.assert_array_equal(ours.values, theirs.values)
    results.put_maps(3, rich.region, rich.stages)
    assert results.get(3).result.stages == rich.stages  # type: ignore[union-attr]


def test_the_sequential_analysis_stands_before_the_single_frame() -> None:
    results = ResultStore(info()).of(STATE.key)
    put(results, alone(3))
    assert results.history.slice().index.tolist() == [3]  # type: ignore[union-attr]
    analyse(results, 0, 5)
    expected = straight(DotsClip(COUNT), RegionFollower(), end=5)
    for index in range(6):
        known = results.get(index)
        assert known is not None
        assert known.sequential
        same(known.result, expected[index])
    assert results.history.slice().index.tolist() == list(range(6))  # type: ignore[union-attr]
    assert results.analysed == 6
    assert [(p.number, p.frames) for p in results.people.seen()] == [(0, 6)]


@pytest.mark.parametrize("cut", [1, 4, 9])
def test_an_analysis_goes_on_where_it_stopped_as_if_it_had_not(cut: int) -> None:
    """The walk of somebody who is lost for a while: searches go on where they were."""
    clip = DotsClip(30, nobody=set(range(5, 14)))
    state = STATE.choosing(smooth=True, facing="auto")
    results = ResultStore(info(30)).of(state.key)
    engine = Dots()
    analyse(results, 0, cut, clip=clip, state=state, engine=engine)
    # Settings that change in between do no harm.
    results.measure_as(ReadingState(gate=0.5), AngleState())
    results.measure_as(state.reading, state.angles)
    runs = engine.runs
    analyse(results, 0, cut, clip=clip, state=state, engine=engine)
    assert engine.runs == runs
    analyse(results, 0, 29, clip=clip, state=state, engine=engine)
    expected = straight(clip, RegionFollower(), state, smoother=PoseFilter())
    for index in range(30):
        same(results.get(index).result, expected[index])  # type: ignore[union-attr]


def test_several_people_keep_their_numbers_when_an_analysis_goes_on() -> None:
    clip = Pair(40, late=8)
    state = STATE.choosing(region="people")
    results = ResultStore(info(40)).of(state.key)
    for end in (2, 9, 11, 39):
        analyse(results, 0, end, clip=clip, state=state)
    expected = straight(clip, PeopleFollower(), state)
    for index in range(40):
        same(results.get(index).result, expected[index])  # type: ignore[union-attr]
        turned = in_focus(expected[index], 1)
        assert results.get(index, focus=1).result.region == turned.region  # type: ignore[union-attr]


def test_two_take_one_analysis_further_and_neither_does_work_twice() -> None:
    clip, engine = DotsClip(20), Dots()
    results = ResultStore(info(20)).of(STATE.key)
    faults: list[Exception] = []

    def walk() -> None:
        try:
            analyse(results, 0, 19, clip=DotsClip(20), engine=engine)
        except Exception as error:  # noqa: BLE001 - reported below
            faults.append(error)

    walkers = [threading.Thread(target=walk) for _ in range(3)]
    for walker in walkers:
        walker.start()
    for walker in walkers:
        walker.join(LONG)
    assert not faults
    alone_engine = Dots()
    alone_estimator, steady = Estimator(CARD, alone_engine), smoother(STATE.reading)
    pairs = run(clip, alone_estimator, RegionFollower(), smoother=steady)
    expected = {frame.index: result for frame, result in pairs}
    for index in range(20):
        same(results.get(index).result, expected[index])  # type: ignore[union-attr]
    assert engine.runs == alone_engine.runs


def test_an_analysis_from_elsewhere_replaces_one_only_where_it_may() -> None:
    results = ResultStore(info()).of(STATE.key)
    analyse(results, 4, 7)
    first = analyst(results)
    assert first.begin(4, 9, instead=False)
    # Inside it, or where it comes next, it is the same analysis.
    assert analyst(results).begin(6, 7, instead=True)
    assert analyst(results).begin(8, 11, instead=False)
    assert results.analysed == 4
    # Elsewhere it would be lost.
    assert not analyst(results).begin(0, 6, instead=False)
    assert not analyst(results).begin(10, 11, instead=False)
    assert results.analysed == 4
    # One that has all its frames loses nothing.
    assert analyst(results).begin(0, 7, instead=False)
    assert results.analysed == 0
    assert results.get(5) is None
    assert results.people.seen() == ()
    with pytest.raises(PoseViewerError, match="has replaced this one"):
        first.result(DotsClip(COUNT).read(8))


def test_everything_is_measured_anew_when_the_definition_changes() -> None:
    results = ResultStore(info()).of(STATE.key)
    put(results, alone(9))
    analyse(results, 0, 5)
    for changes in (
        {"gate": 0.75},
        {"facing": "left"},
        {"facing": "auto"},
        {"custom": (INSIDE,)},
        {"smooth": False},
        {"min_cutoff": 0.3},
    ):
        state = STATE.choosing(**changes)
        results.measure_as(state.reading, state.angles)
        assert results.agree_with(state.reading, state.angles)
        assert not results.agree_with(replace(state.reading, gate=0.01), state.angles)
        smoother = PoseFilter() if state.reading.smooth else None
        if smoother is not None:
            smoother.settings = replace(smoother.settings, min_cutoff=state.reading.min_cutoff)
        expected = straight(DotsClip(COUNT), RegionFollower(), state, end=5, smoother=smoother)
        history = results.history.slice()  # type: ignore[union-attr]
        assert history.specs == expected[0].angles.specs
        for index in range(6):
            same(results.get(index).result, expected[index])  # type: ignore[union-attr]
            np.testing.assert_array_equal(history.degrees[index], expected[index].angles.degrees[0])
        single = results.get(9).result  # type: ignore[union-attr]
        measure = Goniometer(
            own=state.angles.custom, gate=state.reading.gate, facing=state.angles.facing
        )
        same(single, measure.measured(alone(9)))
        assert single.smoothed is None, "a frame alone is not smoothed"


def test_settings_that_change_while_an_analysis_runs() -> None:
    """Results that are put while the stored ones are measured anew are measured alike."""
    results = ResultStore(info(30)).of(STATE.key)
    state = STATE.choosing(smooth=True, facing="auto", gate=0.3)
    analyse(results, 0, 4, clip=DotsClip(30))
    done = threading.Event()

    def change() -> None:
        gates = (0.1, 0.3, 0.5)
        while not done.is_set():
            for gate in gates:
                results.measure_as(replace(state.reading, gate=gate), state.angles)

    changing = threading.Thread(target=change)
    changing.start()
    try:
        analyse(results, 0, 29, clip=DotsClip(30))
    finally:
        done.set()
        changing.join(LONG)
    results.measure_as(STATE.reading, STATE.angles)
    results.measure_as(state.reading, state.angles)
    expected = straight(DotsClip(30), RegionFollower(), state, smoother=PoseFilter())
    for index in range(30):
        same(results.get(index).result, expected[index])  # type: ignore[union-attr]


def test_a_feed_has_one_sequence_and_the_last_results_of_it() -> None:
    results = ResultStore(info(live=True)).of(STATE.key)
    raw = alone(3)
    for index in range(LIVE_RESULTS + 10):
        frame = replace(raw.frame, index=index)
        put(results, replace(raw, frame=frame, stages=()), sequential=True)
    results.interrupt()
    assert results.analysed == LIVE_RESULTS
    assert results.get(9) is None
    assert results.get(10) is not None
    assert len(results.history.slice().index) == LIVE_RESULTS + 10  # type: ignore[union-attr]
    # Its plot goes further back than its results, as long as old figures mean the same.
    results.measure_as(STATE.reading, STATE.angles)
    results.measure_as(STATE.reading, AngleState(custom=(INSIDE,)))
    history = results.history.slice()  # type: ignore[union-attr]
    assert len(history.index) == LIVE_RESULTS + 10
    new = history.degrees[:, history.specs.index(INSIDE)]
    assert np.isnan(new[:10]).all()
    assert np.isfinite(new[10:]).all()
    results.measure_as(STATE.reading, AngleState(facing="left"))
    assert len(results.history.slice().index) == LIVE_RESULTS  # type: ignore[union-attr]


def test_the_plot_follows_another_person_in_both_kinds_of_answer() -> None:
    clip = Pair(6)
    state = STATE.choosing(region="people")
    results = ResultStore(info(6)).of(state.key)
    analyse(results, 0, 5, clip=clip, state=state)
    expected = straight(clip, PeopleFollower(), state)
    for number in (0, 1):
        results.follow(number, locked=True)
        degrees = results.history.slice().degrees  # type: ignore[union-attr]
        for index, result in expected.items():
            row = result.poses.track.tolist().index(number)
            np.testing.assert_array_equal(degrees[index], result.angles.degrees[row])
    results.follow(7, locked=True)
    assert np.isnan(results.history.slice().degrees).all()  # type: ignore[union-attr]
