"""Who is who in a session: in an analysis, in a feed, and when the focus changes."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.pose import Poses
from poseviewer.pipeline.track import Tracker
from poseviewer.runtime.people import People
from tests.crossing import SKELETON, Walker, Walkers
from tests.pipeline.test_people import Pair

if TYPE_CHECKING:
    from tests.runtime.conftest import Desk

WALKERS = Walkers((Walker(-1.0, 0.5), Walker(1.2, -0.1)), frames=90)


def frame(index: int) -> Frame:
    return Frame(np.zeros((1, 1, 3), np.uint8), index, Timestamp(index, Fraction(1, 30)))


def poses(index: int, people=(0, 1)) -> Poses:
    xy = np.stack([WALKERS.joints(index, n) for n in people]).astype(np.float32)
    n, k = xy.shape[:2]
    score, box = np.full((n, k), 0.8, np.float32), np.zeros((n, 4), np.float32)
    return Poses(xy, score, box, np.full(n, -1), SKELETON)


def test_what_is_known_of_a_person() -> None:
    people, tracker = People(), Tracker()
    for index in (3, 4, 9, 4):
        # Looking again counts once.
        people.note(tracker.apply(poses(index), frame=frame(index)), frame=frame(index))
    person = people.seen()[1]
    assert (person.number, person.frames) == (1, 3)
    assert (person.first, person.last) == (0.1, 0.3)
    assert abs(person.confidence - 0.8) < 1e-6


def test_a_frame_that_is_looked_at_again_may_hold_other_people() -> None:
    people = People()
    numbered = replace(poses(3), track=np.array([0, 1]))
    people.note(numbered, frame=frame(3))
    people.note(numbered.only(np.array([0])), frame=frame(3))
    assert [(p.number, p.frames) for p in people.seen()] == [(0, 1)]
    people.note(replace(poses(4), track=np.array([-1, 1])), frame=frame(4))
    assert [(p.number, p.frames) for p in people.seen()] == [(0, 1), (1, 1)]


def test_people_without_numbers_are_not_listed(desk: Desk) -> None:
    desk.sources["pair"] = lambda: Pair(12)
    desk.session.open("pair")
    desk.session.change("reading", region="people")
    for index in (0, 5, 11):
        desk.session.seek(index)
        result = desk.until(
            lambda s, index=index: s.result is not None and s.result.frame.index == index
        ).result
        assert result.poses.track.tolist() == [-1, -1]
    assert desk.session.people.seen() == ()


def test_the_person_in_focus_comes_first_with_their_maps_and_angles(desk: Desk) -> None:
    desk.sources["pair"] = lambda: Pair(12)
    session = desk.session
    session.want(frozenset({2}))
    session.open("pair")
    session.change("reading", region="people")
    desk.shown(0)
    session.analyse()
    desk.until(lambda s: s.analysis is not None and s.analysis.finished)
    both = desk.until(
        lambda s: s.result is not None and s.answer.sequential and s.result.stages
    ).result
    assert len(both.stages) == 1
    first, second = both.poses.track.tolist()
    assert {person.number for person in session.people.seen()} == {first, second}
    angles = {n: both.angles.degrees[row].copy() for row, n in enumerate((first, second))}

    session.change("people", focus=second)
    # What is stored is there at once; its maps follow.
    assert session.state.result.poses.track.tolist() == [second, first]
    turned = desk.until(
        lambda s: s.result.poses.track.tolist() == [second, first] and s.result.stages
    ).result
    assert turned.region == both.others[0]
    assert len(turned.stages) == 1
    assert not np.array_equal(turned.stages[0].values, both.stages[0].values)
    np.testing.assert_array_equal(turned.poses.xy, both.poses.xy[::-1])
    np.testing.assert_array_equal(session.history().degrees[0], angles[second])
    assert [p.frames for p in session.people.seen()] == [12, 12]

    session.change("people", focus=None)
    session.seek(5)
    far = desk.shown(5).result
    assert sorted(far.poses.track.tolist()) == sorted((first, second))
    session.seek(0)
    assert desk.shown(0).result.poses.track.tolist() == [first, second]


def test_a_feed_gives_numbers_that_are_never_given_again(desk: Desk) -> None:
    def pushed(index: int) -> list[int]:
        desk.feed.push()  # type: ignore[attr-defined]
        state = desk.shown(index)
        assert state.answer.sequential
        return state.result.poses.track.tolist()

    desk.session.open("feed")
    assert [pushed(index) for index in range(3)] == [[0]] * 3
    # Another reading has people of its own.
    desk.session.change("reading", decoding="argmax")
    assert pushed(3) == [0]
    desk.session.undo()
    assert pushed(4) == [0], "the person never left"
    desk.session.pause()
    desk.until(lambda s: s.past is not None)
    desk.session.seek(1)
    assert desk.shown(1).result.poses.track.tolist() == [0]
    desk.session.toggle()
    desk.until(lambda s: s.past is None)
    # Somebody else may stand there meanwhile.
    assert pushed(5) == [1]
    assert [person.number for person in desk.session.people.seen()] == [0, 1]


def test_a_new_source_starts_with_nobody(desk: Desk) -> None:
    session = desk.session
    session.open("dots")
    desk.until(lambda s: s.result is not None and len(s.result.poses) == 1)
    session.change("people", focus=0, locked=True)
    session.open("short")
    state = desk.until(lambda s: s.source is not None and s.source.count == 8)
    assert (state.people.focus, state.people.locked) == (None, False)


def test_the_history_follows_whom_one_asks_for(desk: Desk) -> None:
    desk.sources["pair"] = lambda: Pair(12)
    session = desk.session
    session.change("reading", region="people")
    session.open("pair")
    desk.until(lambda s: s.result is not None and len(s.result.poses) == 2)
    session.analyse()
    desk.until(lambda s: s.analysis is not None and s.analysis.finished)
    knees = {}
    for number in (0, 1):
        session.change("people", focus=number, locked=True)
        history = session.history()
        column = [spec.name for spec in history.specs].index("right knee")
        assert len(history.index) == 12
        knees[number] = history.degrees[:, column]
        assert np.isfinite(knees[number]).all()
    assert np.abs(knees[0] - knees[1]).max() > 1
    session.change("people", focus=77, locked=True)
    assert np.isnan(session.history().degrees).all()
    session.change("people", focus=77, locked=False)
    assert np.isfinite(session.history().degrees).any()
