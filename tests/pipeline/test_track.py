"""Who is who, against walkers whose identity is known by construction."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest

from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.pose import Poses
from poseviewer.core.skeleton import load_skeleton
from poseviewer.evaluation.measures import oks
from poseviewer.pipeline.track import PATIENCE, Tracker, best_pairs, distinct, likeness
from tests.crossing import SKELETON, Walker, Walkers, switches

BLANK = np.zeros((1, 1, 3), np.uint8)


def frame(index: int, rate: int = 30) -> Frame:
    return Frame(BLANK, index, Timestamp(index, Fraction(1, rate)))


def poses(people, score: float = 0.9) -> Poses:
    xy = np.asarray(people, np.float32).reshape(-1, len(SKELETON.joints), 2)
    n, k = xy.shape[:2]
    return Poses(
        xy,
        np.full((n, k), score, np.float32),
        np.zeros((n, 4), np.float32),
        np.full(n, -1),
        SKELETON,
    )


def track(
    clip: Walkers,
    *,
    noise: float = 0.0,
    lost: float = 0.0,
    gone: float = 0.0,
    merged: float = 0.0,
    every: int = 1,
    seed: int = 0,
) -> list[dict[int, int]]:
    """Number of everybody in every frame, from true joints made worse.

    Args:
        clip: Who walks where.
        noise: Standard deviation of every joint, shares of the height.
        lost: Share of joints that are missing.
        gone: Share of poses that are missing.
        merged: Shares of the height; of two people nearer than that only the nearer one is seen.
        every: Frames from one look to the next.
        seed: Of the noise, and of the order in which people come.
    """
    rng = np.random.default_rng(seed)
    tracker, seen = Tracker(), []
    for index in range(0, len(clip), every):
        people = {n: clip.joints(index, n) for n in clip.here(index) if rng.random() >= gone}
        height = np.mean([np.ptp(xy[:, 1]) for xy in people.values()]) if people else 1.0
        for n, xy in list(people.items()):
            hidden = any(
                clip.walkers[m].near > clip.walkers[n].near
                and abs(xy[:, 0].mean() - other[:, 0].mean()) < merged * height
                for m, other in people.items()
            )
            if hidden:
                del people[n]
        order = rng.permutation(list(people)).tolist()
        made = []
        for n in order:
            xy = people[n] + rng.normal(0, noise * height, people[n].shape)
            xy[rng.random(len(xy)) < lost] = np.nan
            made.append(xy)
        numbered = tracker.apply(poses(made), frame=frame(index, int(clip.rate)))
        seen.append(dict(zip(order, numbered.track.tolist(), strict=True)))
    return seen


PASSING = Walkers((Walker(-1.4, 1.1, 1.06), Walker(1.4, -1.0, 0.94, phase=0.4)))
THREE = Walkers(
    (
        Walker(-1.8, 1.2, 1.1),
        Walker(1.8, -1.3, 0.92, phase=0.7),
        Walker(0.3, 0.0, 1.0, phase=1.1),
    ),
    frames=100,
)
OVERTAKING = Walkers((Walker(-1.8, 0.7, 1.0), Walker(-2.6, 1.5, 1.05, phase=0.3)), frames=100)


EASY = [{}, {"noise": 0.02}, {"noise": 0.02, "lost": 0.2}]
HARD = [
    {"noise": 0.02, "lost": 0.1, "gone": 0.1},
    {"noise": 0.02, "merged": 0.12},
    {"noise": 0.03, "lost": 0.1, "gone": 0.1, "merged": 0.12},
    {"noise": 0.02, "merged": 0.12, "every": 3},
]


@pytest.mark.parametrize(
    ("clip", "worse"),
    [
        *((PASSING, worse) for worse in EASY + HARD),
        *((THREE, worse) for worse in EASY + HARD),
        # One walks past the other in the same direction: for a third of a second they are in
        # one place, and only their gaits tell them apart.
        *((OVERTAKING, worse) for worse in EASY[:2]),
    ],
)
def test_nobody_changes_numbers_when_people_cross(clip: Walkers, worse: dict) -> None:
    for seed in range(3):
        seen = track(clip, seed=seed, **worse)
        assert switches(seen) == 0
        numbers = {number for people in seen for number in people.values()}
        assert numbers == set(range(len(clip.walkers)))


def test_somebody_hidden_for_a_while_comes_back_as_the_same_and_later_as_another() -> None:
    def clip(seconds: float) -> Walkers:
        hidden = Walker(-1.5, 0.6, away=lambda t: 1.0 <= t < 1.0 + seconds)
        return Walkers((hidden, Walker(1.5, 0.0)), frames=120)

    short, long = track(clip(PATIENCE - 0.1), noise=0.01), track(clip(PATIENCE + 0.2), noise=0.01)
    assert switches(short) == 0
    assert switches(long) == 1
    assert long[-1] == {0: 2, 1: 1} or long[-1] == {0: 2, 1: 0}


def test_numbers_are_never_given_twice_and_a_reset_forgets() -> None:
    tracker = Tracker()
    first, second = (PASSING.joints(0, n) for n in (0, 1))
    assert tracker.apply(poses([first, second]), frame=frame(0)).track.tolist() == [0, 1]
    tracker.reset()
    assert tracker.apply(poses([second]), frame=frame(1)).track.tolist() == [2]
    assert tracker.apply(poses([first, second]), frame=frame(2)).track.tolist() == [3, 2]


def test_it_is_deterministic() -> None:
    worse = {"noise": 0.03, "lost": 0.2, "gone": 0.2}
    assert track(THREE, **worse) == track(THREE, **worse)


def test_the_weak_go_on_but_start_nobody() -> None:
    tracker = Tracker()
    person = PASSING.joints(0, 0)
    assert tracker.apply(poses([person], 0.25), frame=frame(0)).track.tolist() == [-1]
    assert tracker.apply(poses([person], 0.9), frame=frame(1)).track.tolist() == [0]
    assert tracker.apply(poses([person], 0.25), frame=frame(2)).track.tolist() == [0]


def test_going_back_frame_by_frame_keeps_the_numbers() -> None:
    tracker = Tracker()
    for index in [*range(30), *range(29, -1, -1)]:
        found = [PASSING.joints(index, n) for n in (1, 0)]
        assert tracker.apply(poses(found), frame=frame(index)).track.tolist() == [0, 1]


def test_another_network_shows_the_same_people() -> None:
    """Numbers outlive a change to a network with other joints."""
    other = load_skeleton("coco-17")
    tracker = Tracker()
    people = [PASSING.joints(10, n) for n in (0, 1)]
    tracker.apply(poses(people), frame=frame(10))
    xy = np.full((2, len(other.joints), 2), np.nan, np.float32)
    for joint in set(SKELETON.joints) & set(other.joints):
        for row, person in enumerate(reversed(people)):
            xy[row, other.index(joint)] = person[SKELETON.index(joint)]
    n, k = xy.shape[:2]
    found = Poses(
        xy, np.full((n, k), 0.9, np.float32), np.zeros((n, 4), np.float32), np.full(n, -1), other
    )
    assert tracker.apply(found, frame=frame(10)).track.tolist() == [1, 0]


def test_twins_of_one_person_are_one() -> None:
    a, b = PASSING.joints(0, 0), PASSING.joints(0, 1)
    found = poses([a + 2, b, a])
    score = found.score.copy()
    score[2] = 0.95
    found = Poses(found.xy, score, found.box, found.track, SKELETON)
    assert distinct(found).tolist() == [False, True, True]


def test_likeness_is_object_keypoint_similarity() -> None:
    rng = np.random.default_rng(3)
    found = np.stack([PASSING.joints(i, 0) + rng.normal(0, 3, (14, 2)) for i in (0, 2, 5)])
    known = np.stack([PASSING.joints(0, n) for n in (0, 1)])
    side = np.ptp(known, axis=1).max(axis=1)
    theirs = np.ptp(found, axis=1).max(axis=1)
    for row, one in enumerate(found):
        area = 0.25 * np.maximum(side, theirs[row]) ** 2
        expected = oks(
            one[None], known, seen=np.ones((2, 14), bool), area=area, constants=SKELETON.sigmas
        )
        ours = likeness(one[None], known, skeleton=SKELETON)
        np.testing.assert_allclose(ours, expected, atol=1e-6)


def test_no_other_pairs_are_worth_more() -> None:
    rng = np.random.default_rng(0)
    for _ in range(100):
        rows, columns = sorted(rng.integers(0, 6, 2).tolist())
        value = rng.random((rows, columns)) * (rng.random((rows, columns)) < 0.7)
        counted = np.where(value >= 0.2, value, 0.0)
        pairs = best_pairs(value, least=0.2)
        best = max(
            sum(counted[pair] for pair in enumerate(chosen))
            for chosen in permutations(range(columns), rows)
        )
        assert sum(value[pair] for pair in pairs) == pytest.approx(best)
        assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
        assert all(value[pair] >= 0.2 for pair in pairs)


def test_a_few_joints_do_not_take_the_number_of_a_whole_person() -> None:
    tracker = Tracker()
    whole = PASSING.joints(0, 0)
    piece = np.full_like(whole, np.nan)
    piece[[2, 3, 8]] = whole[[2, 3, 8]]
    tracker.apply(poses([whole]), frame=frame(0))
    # The piece lies exactly where the person was, the person has gone on a little.
    found = tracker.apply(poses([piece, PASSING.joints(2, 0)]), frame=frame(1))
    assert found.track.tolist()[1] == 0
    # Where it is all there is, it is taken for the person.
    assert tracker.apply(poses([piece]), frame=frame(2)).track.tolist() == [0]


def test_a_copy_loses_its_number_where_a_window_is_looked_at() -> None:
    """Two poses on one person that are too unlike for `distinct`, over many frames."""
    rng = np.random.default_rng(3)
    body = rng.uniform(0, 100, (len(SKELETON.joints), 2)) + 200
    beside = body + np.array((400, 0))
    counts = {}
    for window in (0.0, 1.0):
        tracker, numbers = Tracker(window=window), []
        for index in range(30):
            copy = body + rng.normal(0, 9, body.shape)
            both = poses([body, copy, beside])
            both = replace(both, score=both.score * np.float32([[1], [0.8], [1]]))
            numbers.append(tracker.apply(both, frame=frame(index)).track.tolist())
        counts[window] = [sum(row[person] >= 0 for row in numbers) for person in range(3)]
        assert len({row[0] for row in numbers}) == len({row[2] for row in numbers}) == 1
    assert counts[0.0] == [30, 30, 30]
    assert counts[1.0][0] == counts[1.0][2] == 30
    assert counts[1.0][1] <= 3


def test_people_who_pass_each_other_keep_their_numbers_in_a_window() -> None:
    """A moment on one place is not the median of a second."""
    body = np.random.default_rng(3).uniform(0, 100, (len(SKELETON.joints), 2))
    plain, windowed = Tracker(), Tracker(window=1.0)
    for index in range(60):
        steps = np.array([(10 * index, 0), (600 - 10 * index, 8)])
        pair = poses(body + steps[:, None])
        wanted = plain.apply(pair, frame=frame(index)).track.tolist()
        assert windowed.apply(pair, frame=frame(index)).track.tolist() == wanted


def test_a_window_that_goes_on_from_a_checkpoint_knows_the_copy_at_once() -> None:
    rng = np.random.default_rng(3)
    body = rng.uniform(0, 100, (len(SKELETON.joints), 2)) + 200
    whole, cut = Tracker(window=1.0), Tracker(window=1.0)
    for index in range(12):
        if index == 6:
            state = json.loads(json.dumps(cut.checkpoint()))
            cut = Tracker(window=1.0)
            cut.go_on(state, skeleton=SKELETON)
        both = poses([body, body + rng.normal(0, 9, body.shape)])
        both = replace(both, score=both.score * np.float32([[1], [0.8]]))
        wanted = whole.apply(both, frame=frame(index)).track.tolist()
        assert cut.apply(both, frame=frame(index)).track.tolist() == wanted
    assert wanted == [0, -1]
