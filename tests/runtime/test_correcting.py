"""Corrections in a session: shown, measured, exported, undone and done again."""

from __future__ import annotations

import csv
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.correction import NONE
from poseviewer.core.pose import Mark
from poseviewer.runtime.factories import sequence_measurement
from poseviewer.runtime.jobs import ExportJob
from tests.dots import Dots, DotsClip
from tests.runtime.conftest import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from poseviewer.core.result import FrameResult
    from poseviewer.runtime.state import AppState

COUNT, AT, JOINT = 150, 60, 9


@pytest.fixture
def long() -> Iterator[Desk]:
    """A session with a clip of six seconds."""
    made = Desk(Dots(), {"dots": lambda: DotsClip(COUNT)}).start()
    made.session.open("dots")
    made.shown(0)
    yield made
    made.session.close()


def analysed(desk: Desk) -> None:
    desk.session.analyse()
    desk.until(lambda s: s.analysed == COUNT and s.analysis.finished)


def at(desk: Desk, index: int = AT) -> FrameResult:
    desk.session.seek(index)
    result = desk.shown(index).result
    assert result is not None
    return result


def settled(desk: Desk, count: int = COUNT) -> dict[int, FrameResult]:
    """All results once what was corrected has been measured again."""
    found = desk.session._coordinator.found
    found.settle()
    return {n: found.get(n).result for n in range(count)}


def place(desk: Desk, xy: tuple[float, float], *, index: int = AT) -> AppState:
    at(desk, index)
    desk.session.correcting.place(0, JOINT, xy)
    return desk.until(
        lambda s: s.result is not None and s.result.poses.marks()[0, JOINT] == Mark.MOVED
    )


def test_a_frame_that_was_answered_alone_is_corrected_and_so_is_its_analysis(long: Desk) -> None:
    before = at(long).poses.xy[0, JOINT].copy()
    state = place(long, (11.0, 12.0))
    assert state.undo == "left shoulder moved"
    result = state.result
    assert result.poses.xy[0, JOINT].tolist() == [11, 12]
    assert result.network.xy[0, JOINT].tolist() == before.tolist()
    analysed(long)
    sequential = long.until(lambda s: s.answer is not None and s.answer.sequential).result
    assert sequential.poses.track.tolist() == [0]
    assert sequential.poses.xy[0, JOINT].tolist() == [11, 12]
    # What is drawn is where it was put, though the filter would have led it elsewhere.
    assert settled(long)[AT].shown.xy[0, JOINT].tolist() == [11, 12]


def test_what_is_measured_around_a_correction_is_as_if_all_were_measured(long: Desk) -> None:
    analysed(long)
    plain = settled(long)
    place(long, (11.0, 12.0))
    place(long, (15.0, 30.0), index=AT + 30)
    state = long.session.state
    found = settled(long)
    measure = sequence_measurement(state.reading, state.angles, corrections=state.corrections)
    for index in range(COUNT):
        said = plain[index]
        wanted = measure(replace(said, poses=said.poses))
        np.testing.assert_array_equal(found[index].poses.xy, wanted.poses.xy)
        np.testing.assert_array_equal(found[index].angles.degrees, wanted.angles.degrees)
        np.testing.assert_allclose(found[index].smoothed.xy, wanted.smoothed.xy, atol=0.02)
    changed = [n for n in range(COUNT) if found[n].smoothed.xy.tobytes()
               != plain[n].smoothed.xy.tobytes()]  # fmt: skip
    assert min(changed) == AT
    history = long.session.history()
    wanted = np.stack([found[n].angles.degrees[0] for n in range(COUNT)])
    np.testing.assert_array_equal(history.degrees, wanted)
    while long.session.state.undo:
        long.session.undo()
    again = settled(long)
    for index in range(COUNT):
        assert again[index].smoothed.xy.tobytes() == plain[index].smoothed.xy.tobytes()
        assert again[index].poses.xy.tobytes() == plain[index].poses.xy.tobytes()


def test_a_joint_is_led_from_place_to_place(long: Desk) -> None:
    analysed(long)
    place(long, (10.0, 10.0), index=20)
    at(long, 22)
    long.session.correcting.interpolate(0, JOINT)
    assert "Place the" in long.session.state.notices[-1].text
    place(long, (18.0, 14.0), index=24)
    at(long, 22)
    long.session.correcting.interpolate(0, JOINT)
    found = settled(long)
    places = [found[n].poses.xy[0, JOINT].tolist() for n in range(20, 25)]
    times = long.session.state.source.times[20:25]
    share = (times - times[0]) / (times[-1] - times[0])
    wanted = [10, 10] + share[:, None] * [8, 4]
    np.testing.assert_allclose(places, wanted, atol=0.01)
    assert found[22].poses.marks()[0, JOINT] == Mark.INTERPOLATED


def test_a_person_is_deleted_over_a_range_and_needs_a_number_for_it(long: Desk) -> None:
    at(long)
    long.session.correcting.remove(0, first=50, last=70)
    assert long.session.state.corrections == NONE
    analysed(long)
    long.until(lambda s: s.answer is not None and s.answer.sequential)
    long.session.correcting.remove(0, first=50, last=70)
    long.until(lambda s: s.result is not None and not len(s.result.poses))
    assert long.session.state.undo == "person 0 deleted in frames 50 to 70"
    found = settled(long)
    assert [len(found[n].poses) for n in (49, 50, 70, 71)] == [1, 0, 0, 1]
    assert np.isnan(long.session.history().degrees[60]).all()
    assert long.session.people.seen()[0].frames == COUNT - 21
    long.session.undo()
    assert long.session.people.seen()[0].frames == COUNT


def test_undo_says_whose_sides_were_swapped_and_where(long: Desk) -> None:
    correcting = long.session.correcting

    def said(text: str) -> None:
        long.until(lambda s: s.undo == text)

    at(long)
    correcting.swap_sides(0)
    said("left and right of a person swapped in frame 60")
    long.session.undo()
    analysed(long)
    long.until(lambda s: s.answer is not None and s.answer.sequential)
    correcting.swap_sides(0)
    said("left and right of person 0 swapped in frame 60")
    correcting.swap_sides(0)
    said("left and right of person 0 swapped back in frame 60")
    assert long.session.state.corrections == NONE
    long.session.change("people", names=((0, "Ann"),))
    correcting.swap_sides(0, first=10, last=70)
    said("left and right of Ann swapped in frames 10 to 70")
    correcting.exchange(0, 3)
    said("Ann and person 3 swapped from frame 60 on")


def test_files_hold_what_was_corrected_or_what_the_network_said(long: Desk, tmp_path: Path) -> None:
    analysed(long)
    state = place(long, (11.0, 12.0))
    said = state.result.network.xy[0, JOINT]
    for corrected, wanted in ((True, (11.0, 12.0)), (False, said)):
        job = ExportJob(tmp_path / f"{corrected}.mp4", start=AT, end=AT + 3, data=("csv",),
                        corrected=corrected)  # fmt: skip
        long.session.export(job)
        output = job.output
        long.until(lambda s, output=output: any(
            e.output == output and e.status == "done" for e in s.exports))  # fmt: skip
        with (tmp_path / f"{corrected}.csv").open(encoding="utf-8") as file:
            rows = [row for row in csv.DictReader(file) if int(row["frame"]) == AT]
        row = rows[JOINT]
        assert (float(row["x_px"]), float(row["y_px"])) == pytest.approx(wanted, abs=1e-3)


def test_what_the_network_said_is_shown_with_its_own_angles_and_curves(long: Desk) -> None:
    analysed(long)
    plain = settled(long)
    state = place(long, (11.0, 12.0))
    edits, corrected = state.corrections, settled(long)
    assert not np.array_equal(corrected[AT].angles.degrees, plain[AT].angles.degrees)
    long.session.change("display", said="network")
    state = long.until(lambda s: s.result is not None and s.result.network is None)
    assert state.corrections == edits
    found = settled(long)
    for index in range(COUNT):
        assert found[index].shown.xy.tobytes() == plain[index].shown.xy.tobytes()
        assert found[index].angles.degrees.tobytes() == plain[index].angles.degrees.tobytes()
    np.testing.assert_array_equal(long.session.history().degrees[AT], plain[AT].angles.degrees[0])
    # It is said, not done.
    long.session.correcting.mark(0, JOINT, "wrong")
    assert "Show as corrected" in long.session.state.notices[-1].text
    assert long.session.state.corrections == edits
    long.session.undo()
    long.until(lambda s: s.result is not None and s.result.network is not None)
    again = settled(long)
    assert again[AT].angles.degrees.tobytes() == corrected[AT].angles.degrees.tobytes()


def test_a_live_source_is_frozen_first(desk: Desk) -> None:
    desk.session.open("feed")
    for _ in range(3):
        desk.feed.push()
    desk.until(lambda s: s.result is not None and s.result.frame.index == 2)
    correcting = desk.session.correcting
    correcting.place(0, JOINT, (1, 1))
    assert "Freeze the live source" in desk.session.state.notices[-1].text
    assert desk.session.state.corrections == NONE
    desk.session.pause()
    desk.until(lambda s: s.past is not None and s.shown[1] is not None)
    correcting.place(0, JOINT, (1, 2))
    state = desk.until(lambda s: s.shown[1] is not None and s.shown[1].network is not None)
    assert state.shown[1].poses.xy[0, JOINT].tolist() == [1, 2]
    correcting.interpolate(0, JOINT)
    assert "clips" in desk.session.state.notices[-1].text
    desk.session.undo()
    assert desk.session.state.corrections == NONE


@pytest.mark.slow
def test_two_thousand_actions_undone_one_by_one_give_the_first_state(desk: Desk) -> None:
    """Undone, done again, and undone once more: bit for bit the same."""
    desk.session.open("dots")
    desk.shown(0)
    desk.session.analyse()
    desk.until(lambda s: s.analysed == 30 and s.analysis.finished)
    session, rng = desk.session, random.Random(5)

    def chosen(state: AppState) -> tuple[object, ...]:
        marks = state.playback.start, state.playback.end
        sections = state.network, state.reading, state.angles, state.people, state.display
        return (*sections, marks, state.corrections)

    actions = (
        lambda: session.change("reading", gate=round(rng.uniform(0.1, 0.9), 3)),
        lambda: session.change("display", arcs=rng.random() < 0.5, skeleton=rng.random() < 0.5),
        lambda: session.change("people", names=((0, rng.choice("abc")),)),
        lambda: session.mark(rng.randrange(9), rng.randrange(15, 30)),
        lambda: session.correcting.place(0, rng.randrange(14), (rng.random(), rng.random())),
        lambda: session.correcting.mark(
            0, rng.randrange(14), rng.choice(["accepted", "occluded", "wrong", "absent"])
        ),
        lambda: session.correcting.swap_sides(0, first=12 - rng.randrange(9), last=12),
        lambda: session.correcting.reset(0, [rng.randrange(14)]),
    )
    at(desk, 12)
    first, before = chosen(session.state), settled(desk, 30)[12]
    states = [first]
    for _ in range(2000):
        desk.until(lambda s: s.shown[1] is not None)
        rng.choice(actions)()
        states.append(chosen(session.state))
    states = [s for n, s in enumerate(states) if not n or s != states[n - 1]]
    last = states[-1]
    assert len(session.state.steps) > 1000
    while session.state.undo:
        session.undo()
    assert chosen(session.state) == first
    after = settled(desk, 30)[12]
    for name in ("xy", "score", "track"):
        assert getattr(after.poses, name).tobytes() == getattr(before.poses, name).tobytes()
    assert after.smoothed.xy.tobytes() == before.smoothed.xy.tobytes()
    while session.state.redo:
        session.redo()
    assert chosen(session.state) == last
    session.go_to_step(0)
    assert chosen(session.state) == first
