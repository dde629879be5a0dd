"""One frame, one answer: however it is reached, and whatever runs beside it."""

from __future__ import annotations

import csv
import threading
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.look import Look
from poseviewer.pipeline.estimate import Estimator
from poseviewer.pipeline.follow_person import RegionFollower
from poseviewer.pipeline.run import run
from poseviewer.runtime.factories import smoother
from poseviewer.runtime.jobs import ExportJob
from poseviewer.runtime.sections import ReadingState
from tests.dots import CARD, Dots, DotsClip
from tests.pipeline.test_people import Pair
from tests.tables import tables, written
from tests.waiting import LONG

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.core.result import FrameResult
    from poseviewer.runtime.state import AppState
    from tests.runtime.conftest import Desk


def finished(desk: Desk, *, what: str = "analysis") -> AppState:
    state = desk.until(lambda s: getattr(s, what) is not None and getattr(s, what).finished)
    assert getattr(state, what).error is None
    return state


def analyse(desk: Desk) -> AppState:
    desk.session.analyse()
    return finished(desk)


def same(one: FrameResult, other: FrameResult) -> None:
    np.testing.assert_array_equal(one.poses.xy, other.poses.xy)
    np.testing.assert_array_equal(one.poses.track, other.poses.track)
    np.testing.assert_array_equal(one.angles.degrees, other.angles.degrees)
    assert one.region == other.region


def straight(count: int = 30) -> dict[int, FrameResult]:
    steady = smoother(ReadingState())
    pairs = run(DotsClip(count), Estimator(CARD, Dots()), RegionFollower(), smoother=steady)
    return {frame.index: result for frame, result in pairs}


def played(desk: Desk, start: int, end: int) -> dict[int, FrameResult]:
    """Play every frame from `start` to `end`, as fast as it goes."""
    desk.session.pause()
    desk.session.seek(start)
    desk.shown(start)
    desk.session.set_every_frame(True)
    desk.session.mark(start, end)
    desk.session.set_speed(4)
    desk.seen.clear()
    desk.session.play()
    desk.until(lambda s: not s.playback.playing and s.playback.index == end)
    desk.shown(end)
    desk.session.mark(None, None)
    found = {s.result.frame.index: s.result for s in desk.seen if s.result is not None}
    assert sorted(found) == list(range(start, end + 1))
    return found


def test_a_frame_has_one_answer_by_jump_step_and_play(desk: Desk) -> None:
    desk.session.open("dots")
    desk.shown(0)
    jumped = {}
    for index in (20, 6, 13, 7, 2, 12):
        desk.session.seek(index)
        jumped[index] = desk.shown(index).result
    # Opened again, for what is stored would be given back.
    desk.session.open("dots")
    desk.until(lambda s: s.source is not None and len(desk.session.history().index) <= 1)
    desk.shown(0)
    for index in range(1, 8):
        desk.session.step(1)
        state = desk.shown(index)
        assert not state.answer.sequential
        if index in jumped:
            same(state.result, jumped[index])
    desk.session.open("dots")
    desk.until(lambda s: len(desk.session.history().index) <= 1)
    desk.shown(0)
    for index, result in played(desk, 5, 20).items():
        if index in jumped:
            same(result, jumped[index])


def test_once_analysed_every_way_gives_the_analysis(desk: Desk) -> None:
    expected = straight()
    desk.session.open("dots")
    desk.shown(0)
    desk.session.seek(9)
    desk.shown(9)
    analyse(desk)
    desk.until(lambda s: s.answer is not None and s.answer.sequential)
    for index in (9, 25, 1):
        desk.session.seek(index)
        same(desk.shown(index).result, expected[index])
    for index in range(2, 5):
        desk.session.step(1)
        same(desk.shown(index).result, expected[index])
    for index, result in played(desk, 10, 20).items():
        same(result, expected[index])


def test_going_back_to_other_choices_shows_their_analysis_at_once(desk: Desk) -> None:
    desk.session.open("dots")
    desk.shown(0)
    analyse(desk)
    desk.session.seek(7)
    first = desk.shown(7)
    desk.session.change("reading", decoding="argmax")
    state = desk.session.state
    assert state.shown[1] is None, "an answer to other choices is not drawn"
    assert state.stale == "of the previous choices"
    state = desk.until(lambda s: not s.stale)
    assert not state.answer.sequential
    assert state.analysed == 0
    assert desk.session.people.seen() == ()
    runs = desk.engine.runs
    desk.session.change("reading", decoding="dark")
    # Without waiting for any thread.
    state = desk.session.state
    assert state.answer.sequential
    assert state.analysed == 30
    same(state.result, first.result)
    assert len(desk.session.history().index) == 30
    assert [p.frames for p in desk.session.people.seen()] == [30]
    assert desk.engine.runs == runs


def test_an_analysis_goes_on_under_the_choices_it_was_begun_with(desk: Desk) -> None:
    gate, entered = threading.Event(), threading.Event()
    desk.session.open("dots")
    desk.shown(0)
    desk.engine.before, desk.engine.gate = entered.set, gate
    desk.session.analyse()
    assert entered.wait(LONG)
    desk.session.change("reading", decoding="argmax")
    gate.set()
    state = finished(desk)
    assert state.analysed == 0
    desk.until(lambda s: not s.stale)
    assert desk.session.history().index.tolist() == [0]
    desk.session.undo()
    state = desk.session.state
    assert state.reading.decoding == "dark"
    assert state.analysed == 30
    assert len(desk.session.history().index) == 30


def test_an_analysis_ends_with_its_source(desk: Desk) -> None:
    """What it still finds is not shown, stored or reported for the source that is open then."""
    gate, entered = threading.Event(), threading.Event()
    desk.session.open("dots")
    desk.shown(0)
    desk.session.change("reading", smooth=True)
    desk.engine.before, desk.engine.gate = entered.set, gate
    desk.session.analyse()
    assert entered.wait(LONG)
    desk.session.open("short")
    desk.until(lambda s: s.source is not None and s.source.count == 8)
    desk.seen.clear()
    gate.set()
    state = desk.shown(0)
    assert not desk.session.analysing
    desk.session.seek(5)
    state = desk.shown(5)
    assert (state.analysis, state.analysed) == (None, 0)
    assert not state.answer.sequential
    assert desk.session.history().index.tolist() == [0, 5]
    assert all(s.analysis is None and s.analysed == 0 for s in desk.seen)
    analyse(desk)
    assert desk.session.history().index.tolist() == list(range(8))


def test_a_late_answer_is_not_stored_as_one_of_the_next_source(desk: Desk) -> None:
    gate, entered = threading.Event(), threading.Event()
    desk.session.open("dots")
    desk.shown(0)
    desk.engine.before, desk.engine.gate = entered.set, gate
    desk.session.seek(5)
    assert entered.wait(LONG)
    desk.session.open("short")
    desk.until(lambda s: s.source is not None and s.source.count == 8)
    gate.set()
    desk.shown(0)
    assert desk.session.history().index.tolist() == [0]


def test_a_late_answer_does_not_take_the_place_of_a_stored_one(desk: Desk) -> None:
    gate, entered = threading.Event(), threading.Event()
    desk.session.open("dots")
    desk.shown(0)
    desk.session.mark(0, 5)
    analyse(desk)
    desk.engine.before, desk.engine.gate = entered.set, gate
    desk.session.seek(10)
    assert entered.wait(LONG)
    desk.session.seek(3)
    state = desk.shown(3)
    assert state.answer.sequential
    desk.seen.clear()
    gate.set()
    desk.session.want(frozenset({1}))
    desk.until(lambda s: s.result is not None and s.result.stages)
    assert {s.result.frame.index for s in desk.seen} == {3}


def test_a_stored_frame_comes_with_its_answer_and_the_maps_follow(desk: Desk) -> None:
    desk.session.want(frozenset({2}))
    desk.session.open("dots")
    desk.shown(0)
    analyse(desk)
    gate = threading.Event()
    desk.engine.gate = gate
    desk.seen.clear()
    desk.session.seek(11)
    state = desk.shown(11)
    assert state.result.stages == ()
    # Frame and answer came together: no state had the frame without it.
    assert all(s.shown[1] is not None for s in desk.seen if s.frame.index == 11)
    gate.set()
    rich = desk.until(lambda s: s.result is not None and s.result.stages)
    same(rich.result, state.result)


def export(desk: Desk, folder: Path, **job: object) -> dict[str, str]:
    folder.mkdir()
    desk.session.export(ExportJob(folder / "o.mp4", data=("csv",), **job))  # type: ignore[arg-type]
    desk.until(
        lambda s: s.export is not None and s.export.finished and str(folder) in s.export.output
    )
    assert desk.session.state.export.error is None
    return written(folder)


def test_an_export_without_an_analysis_makes_it(desk: Desk, tmp_path: Path) -> None:
    expected = straight()
    desk.session.open("dots")
    desk.shown(0)
    assert not desk.session.state.answer.sequential
    assert export(desk, tmp_path / "a") == tables(tmp_path / "b", list(expected.values()))
    state = desk.until(lambda s: s.answer.sequential and s.analysed == 30)
    same(state.result, expected[0])
    runs = desk.engine.runs
    analyse(desk)
    assert desk.engine.runs == runs, "nothing was left to analyse"


def test_an_export_writes_the_analysis_that_is_there(desk: Desk, tmp_path: Path) -> None:
    expected = straight()
    desk.session.open("dots")
    desk.shown(0)
    analyse(desk)
    runs = desk.engine.runs
    part = [expected[index] for index in range(12, 20)]
    assert export(desk, tmp_path / "a", start=12, end=19) == tables(tmp_path / "b", part)
    assert desk.engine.runs == runs, "no network was needed"
    look = Look(overlay_stage=1)
    assert export(desk, tmp_path / "c", start=12, end=19, look=look) == tables(tmp_path / "d", part)
    assert desk.engine.runs == runs + 8


def test_an_export_goes_on_with_an_analysis_and_replaces_none(desk: Desk, tmp_path: Path) -> None:
    expected = straight()
    desk.session.open("dots")
    desk.shown(0)
    desk.session.mark(0, 5)
    analyse(desk)
    part = [expected[index] for index in range(4, 12)]
    assert export(desk, tmp_path / "a", start=4, end=11) == tables(tmp_path / "b", part)
    assert desk.session.state.analysed == 12
    # One that begins elsewhere has numbers of its own; what was analysed stays.
    steady, estimator = smoother(ReadingState()), Estimator(CARD, Dots())
    pairs = run(DotsClip(30), estimator, RegionFollower(), smoother=steady, start=20, end=23)
    own = [result for _, result in pairs]
    assert export(desk, tmp_path / "c", start=20, end=23) == tables(tmp_path / "d", own)
    assert desk.session.state.analysed == 12


def test_an_export_and_an_analysis_beside_it_are_one(desk: Desk, tmp_path: Path) -> None:
    expected = straight()
    desk.session.open("dots")
    desk.shown(0)
    desk.session.analyse()
    assert export(desk, tmp_path / "a") == tables(tmp_path / "b", list(expected.values()))
    finished(desk)
    assert desk.session.state.analysed == 30


def test_an_export_keeps_to_the_choices_it_was_begun_with(desk: Desk, tmp_path: Path) -> None:
    """The gate is moved while it is written: that is for what is shown, not for the file."""
    expected = straight()
    desk.session.open("dots")
    desk.shown(0)
    moved = threading.Event()

    def move() -> None:
        if desk.engine.runs > before + 8 and not moved.is_set():
            moved.set()
            desk.session.change("reading", gate=0.99)

    before = desk.engine.runs
    desk.engine.before = move
    assert export(desk, tmp_path / "a") == tables(tmp_path / "b", list(expected.values()))
    assert moved.is_set()
    desk.until(lambda s: np.isnan(desk.session.history().degrees).mean() > 0.5)


def test_the_person_in_focus_comes_first_in_what_is_exported(desk: Desk, tmp_path: Path) -> None:
    desk.sources["pair"] = lambda: Pair(10)
    desk.session.open("pair")
    desk.shown(0)
    desk.session.change("reading", region="people")
    analyse(desk)
    for number in (0, 1):
        desk.session.change("people", focus=number)
        written = export(desk, tmp_path / str(number))["o_angles.csv"].splitlines()
        rows = list(csv.DictReader(written))
        first = {row["frame"]: row["person"] for row in reversed(rows)}
        assert set(first.values()) == {str(number)}
        state = desk.until(
            lambda s, number=number: (
                s.result is not None and s.result.poses.track.tolist()[0] == number
            )
        )
        assert state.answer.sequential


def test_choices_marks_and_angles_are_taken_back(desk: Desk) -> None:
    desk.session.open("dots")
    desk.shown(0)
    assert desk.session.state.undo == ""
    desk.session.change("reading", gate=0.4)
    desk.session.change("reading", gate=0.5)
    desk.session.change("reading", gate=0.5)
    desk.session.change("network", precision="bf16")
    desk.session.mark(3, 9)
    state = desk.until(lambda s: s.playback.end == 9)
    assert state.undo == "in and out marks"
    desk.session.undo()
    state = desk.until(lambda s: s.playback.end is None)
    assert state.undo == "precision"
    desk.session.undo()
    assert desk.session.state.network.precision == "fp32"
    assert desk.session.state.undo == "confidence gate"
    desk.session.undo()
    assert desk.session.state.reading.gate == 0.3, "one gesture is one step"
    assert desk.session.state.undo == ""
    desk.session.undo()
    desk.session.change("display", skeleton=False)
    desk.session.open("short")
    state = desk.until(lambda s: s.source is not None and s.source.count == 8)
    assert state.undo == "", "what was done to another source is not taken back here"
    desk.session.undo()
    assert not desk.session.state.display.skeleton


def test_notices_replace_what_was_said_before_about_the_same(desk: Desk, tmp_path: Path) -> None:
    desk.session.open("dots")
    desk.shown(0)
    for name in ("none/a.png", "b.png"):
        desk.session.snapshot(tmp_path / name)
        desk.until(lambda s, name=name: any(name.split("/")[-1] in n.text or "folder" in n.text
                                            for n in s.notices))  # fmt: skip
    state = desk.until(lambda s: "b.png" in s.notices[-1].text)
    assert [n.topic for n in state.notices] == ["snapshot"]
    desk.session.open("short")
    desk.until(lambda s: s.source is not None and s.source.count == 8)
    assert desk.session.state.notices == (), "what was said of another source is taken back"


def test_an_export_goes_on_and_stays_in_sight_when_another_clip_is_opened(
    desk: Desk, tmp_path: Path
) -> None:
    expected = straight()
    desk.session.open("dots")
    desk.shown(0)
    waits, reached = threading.Event(), threading.Event()

    def hold() -> None:
        if threading.current_thread().name.endswith("export"):
            reached.set()
            assert waits.wait(LONG)

    desk.engine.before = hold
    folder = tmp_path / "a"
    folder.mkdir()
    desk.session.export(ExportJob(folder / "o.mp4", data=("csv",)))
    assert reached.wait(LONG)
    desk.until(lambda s: s.export is not None)
    desk.seen.clear()
    long = desk.session.state.source
    desk.session.open("short")
    short = desk.until(lambda s: s.source not in (None, long)).source
    assert all(state.export is not None for state in desk.seen)
    waits.set()
    state = desk.until(lambda s: s.export is not None and s.export.finished)
    assert state.export.error is None
    assert written(folder) == tables(tmp_path / "b", list(expected.values()))
    # One that has ended is of no more interest to the next clip.
    desk.session.open("dots")
    desk.until(lambda s: s.source not in (None, short))
    assert desk.session.state.export is None
