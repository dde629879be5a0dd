"""Who is who in a session: across seeks, the background analysis and changes of focus."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.pose import Poses
from poseviewer.runtime.people import People
from tests.crossing import SKELETON, Walker, Walkers
from tests.pipeline.test_people import Pair

WALKERS = Walkers((Walker(-1.0, 0.5), Walker(1.2, -0.1)), frames=90)


def frame(index: int) -> Frame:
    return Frame(np.zeros((1, 1, 3), np.uint8), index, Timestamp(index, Fraction(1, 30)))


def poses(index: int, people=(0, 1)) -> Poses:
    xy = np.stack([WALKERS.joints(index, n) for n in people]).astype(np.float32)
    n, k = xy.shape[:2]
    score, box = np.full((n, k), 0.8, np.float32), np.zeros((n, 4), np.float32)
    return Poses(xy, score, box, np.full(n, -1), SKELETON)


def test_coming_back_to_a_frame_gives_the_same_numbers() -> None:
    people = People()
    tracker = people.tracker()
    first = [tracker.apply(poses(i), frame=frame(i)).track.tolist() for i in range(20)]
    tracker.reset()
    assert tracker.apply(poses(80), frame=frame(80)).track.tolist() == [2, 3]
    tracker.reset()
    again = tracker.apply(poses(5, (1, 0)), frame=frame(5)).track.tolist()
    assert again == first[5][::-1] == [1, 0]
    # Not been there, but near.
    tracker.reset()
    assert tracker.apply(poses(25), frame=frame(25)).track.tolist() == [0, 1]


def test_who_goes_through_all_frames_in_order_is_believed() -> None:
    people = People()
    tracker = people.tracker()
    tracker.apply(poses(0), frame=frame(0))
    tracker.reset()
    assert tracker.apply(poses(80), frame=frame(80)).track.tolist() == [2, 3]
    whole = people.tracker(leads=True)
    for index in range(90):
        assert whole.apply(poses(index), frame=frame(index)).track.tolist() == [0, 1]
    # The frame on screen, asked for again, and then as if come back to.
    assert tracker.apply(poses(80), frame=frame(80)).track.tolist() == [0, 1]
    tracker.reset()
    assert tracker.apply(poses(80), frame=frame(80)).track.tolist() == [0, 1]
    assert [(p.number, p.frames) for p in people.seen()] == [(0, 90), (1, 90)]


def test_what_is_known_of_a_person() -> None:
    people = People()
    tracker = people.tracker()
    for index in (3, 4, 9):
        tracker.apply(poses(index), frame=frame(index))
    # Looking again counts once.
    tracker.apply(poses(4), frame=frame(4))
    person = people.seen()[1]
    assert (person.number, person.frames) == (1, 3)
    assert (person.first, person.last) == (0.1, 0.3)
    assert abs(person.confidence - 0.8) < 1e-6


def test_the_person_in_focus_comes_first_with_their_maps_and_angles(desk) -> None:
    desk.sources["pair"] = lambda: Pair(12)
    session = desk.session
    session.want(frozenset({2}))
    session.choose(region="people")
    session.open("pair")
    both = desk.until(lambda v: v.result is not None and len(v.result.poses) == 2).result
    assert len(both.stages) == 1
    first, second = both.poses.track.tolist()
    assert {person.number for person in session.people.seen()} == {first, second}
    angles = {n: both.angles.degrees[row].copy() for row, n in enumerate((first, second))}

    session.choose(focus=second)
    turned = desk.until(
        lambda v: v.result is not None and v.result.poses.track.tolist() == [second, first]
    ).result
    assert turned.region == both.others[0]
    assert len(turned.stages) == 1
    assert not np.array_equal(turned.stages[0].values, both.stages[0].values)
    np.testing.assert_allclose(turned.poses.xy, both.poses.xy[::-1], atol=1e-3)
    np.testing.assert_allclose(session.history().degrees[0], angles[second], atol=0.1)

    session.choose(focus=None)
    desk.until(lambda v: v.choices.focus is None and v.result is not None)
    session.seek(5)
    far = desk.shown(5).result
    assert sorted(far.poses.track.tolist()) == sorted((first, second))
    session.seek(0)
    assert sorted(desk.shown(0).result.poses.track.tolist()) == sorted((first, second))


def test_a_new_source_starts_with_nobody(desk) -> None:
    session = desk.session
    session.open("dots")
    desk.until(lambda v: v.result is not None and len(v.result.poses) == 1)
    session.choose(focus=0, locked=True)
    session.open("short")
    view = desk.until(lambda v: v.source is not None and v.source.count == 8)
    assert (view.choices.focus, view.choices.locked) == (None, False)


def test_the_history_follows_whom_one_asks_for(desk) -> None:
    desk.sources["pair"] = lambda: Pair(12)
    session = desk.session
    session.choose(region="people")
    session.open("pair")
    desk.until(lambda v: v.result is not None and len(v.result.poses) == 2)
    session.analyse()
    desk.until(lambda v: v.analysis is not None and v.analysis.finished)
    knees = {}
    for number in (0, 1):
        session.choose(focus=number, locked=True)
        history = session.history()
        column = [spec.name for spec in history.specs].index("right knee")
        assert len(history.index) == 12
        knees[number] = history.degrees[:, column]
        assert np.isfinite(knees[number]).all()
    assert np.abs(knees[0] - knees[1]).max() > 1
    session.choose(focus=77, locked=True)
    assert np.isnan(session.history().degrees).all()
    session.choose(focus=77, locked=False)
    assert np.isfinite(session.history().degrees).any()
