"""Several people, each looked at alone: two figures of dots whose joints are known."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from poseviewer.core.affine import Box
from poseviewer.core.detection import Detections, Sighting, Verdict
from poseviewer.core.frame import Frame
from poseviewer.core.stage import Request
from poseviewer.pipeline.estimate import Estimator
from poseviewer.pipeline.follow import Focus, SequentialEstimator, foremost, regions_of
from poseviewer.pipeline.follow_people import MOST, PeopleFollower
from poseviewer.pipeline.run import run
from poseviewer.pipeline.track import Tracker
from tests.dots import CARD, COLOURS, Dots, DotsClip, joints

SIZE = (760, 240)
ALL = Request(stages=None)


class Pair(DotsClip):
    """Two figures of dots, 400 pixels apart; the right one may come later."""

    name = location = "pair"

    def __init__(self, count: int = 30, *, late: int = 0) -> None:
        super().__init__(count, size=SIZE)
        self.late = late

    def people(self, index: int) -> np.ndarray:
        """Joints (n, 14, 2) of those who are there, from left to right."""
        # The figures themselves are as large as in a picture of 320 x 240.
        figure = joints(index, size=(320, 240))
        here = [figure + np.array([20, 0])]
        if index >= self.late:
            here.append(joints(index + 9, size=(320, 240)) + np.array([420, 0]))
        return np.stack(here)

    def read(self, index: int) -> Frame:
        image = np.full((*self.size[::-1], 3), 20, np.uint8)
        for person in self.people(index):
            for place, colour in zip(person, COLOURS, strict=True):
                centre = tuple(round(v * 16) for v in place)
                rgb = tuple(int(v) for v in colour)
                cv2.circle(image, centre, 5 * 16, rgb, -1, cv2.LINE_AA, 4)
        return Frame(image, index, self.time(index))


class Counting(Dots):
    """Remembers how many crops it was shown at once."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []

    def run(self, batch, wanted=None):
        self.batches.append(len(batch))
        return super().run(batch, wanted)


def errors(result, people: np.ndarray) -> list[float]:
    """Largest distance of a joint of each pose from the nearest of the people."""
    return [
        float(min(np.linalg.norm(xy - person, axis=1).max() for person in people))
        for xy in result.poses.xy
    ]


def test_both_are_found_followed_and_looked_at_in_one_batch() -> None:
    clip, engine = Pair(20), Counting()
    results = [r for _, r in run(clip, Estimator(CARD, engine), PeopleFollower())]
    assert all(len(result.poses) == 2 for result in results)
    assert all(sorted(result.poses.track.tolist()) == [0, 1] for result in results)
    for index, result in enumerate(results):
        assert max(errors(result, clip.people(index))) < 6
        assert len(result.others) == 1
        assert len(result.stage_poses[-1]) == 2
    # The first frame is searched through; then a batch of two and a glance a frame.
    assert engine.batches.count(2) == len(results)
    tail = engine.batches[-20:]
    assert max(tail.count(1), tail.count(2)) <= 10


def test_everybody_has_the_answer_of_one_looked_at_alone() -> None:
    clip, estimator = Pair(), Estimator(CARD, Dots())
    frame = clip.read(3)
    boxes = [Box.around(person, margin=1.5).fitted(1.0) for person in clip.people(3)]
    together = estimator.estimate(frame, boxes[0], ALL, others=boxes[1:])
    for row, box in enumerate(boxes):
        alone = estimator.estimate(frame, box, ALL)
        for stage, poses in enumerate(alone.stage_poses):
            np.testing.assert_allclose(together.stage_poses[stage].xy[row], poses.xy[0], atol=1e-3)
    first = estimator.estimate(frame, boxes[0], ALL)
    for ours, theirs in zip(together.stages, first.stages, strict=True):
        np.testing.assert_array_equal(ours.values, theirs.values)
        np.testing.assert_array_equal(ours.to_frame, theirs.to_frame)


def test_a_newcomer_is_found_within_two_seconds_and_the_first_keeps_the_number() -> None:
    clip = Pair(90, late=20)
    results = [r for _, r in run(clip, Estimator(CARD, Dots()), PeopleFollower())]
    assert {tuple(r.poses.track.tolist()) for r in results[:20]} == {(0,)}
    assert all(0 in r.poses.track for r in results)
    assert all(len(r.poses) == 2 for r in results[80:])


def test_a_live_search_costs_a_glance_a_frame_and_finds_both() -> None:
    clip, engine = Pair(120), Counting()
    sequence = SequentialEstimator(Estimator(CARD, engine), PeopleFollower(live=True), Tracker())
    for index in range(len(clip)):
        before = len(engine.batches)
        result = sequence.estimate(clip.read(index), Request(stages=frozenset()))
        sequence.update(result)
        # Four windows at most where nobody is known, three closer looks at a find, the people.
        assert len(engine.batches) - before <= 4 + 4 * 3 + 1
    assert len(result.poses) == 2


def test_a_known_result_leads_on_as_if_it_had_just_been_worked_out() -> None:
    clip, estimator = Pair(), Estimator(CARD, Dots())
    straight = PeopleFollower()
    results = [r for _, r in run(clip, estimator, straight, end=5)]
    other = PeopleFollower()
    other.update(results[4])
    frame = clip.read(5)
    found = other.regions(frame, estimator)
    for box in found:
        assert max(box.overlap(region) for region in regions_of(results[5])) > 0.9
    assert len(found) == 2


def test_people_and_their_maps_come_with_the_one_in_focus_first() -> None:
    clip, estimator = Pair(), Estimator(CARD, Dots())
    for number in (0, 1):
        results = [
            r for _, r in run(clip, estimator, PeopleFollower(), request=ALL, end=4, focus=number)
        ]
        for index, result in enumerate(results):
            assert result.poses.track.tolist()[0] == number
            assert len(result.stages) == 3
            left = result.region.centre[0] < SIZE[0] / 2
            nearest = clip.people(index)[0 if left else 1]
            assert np.linalg.norm(result.poses.xy[0] - nearest, axis=1).max() < 6
            assert result.region.centre == pytest.approx(
                (result.poses.box[0, :2] + result.poses.box[0, 2:] / 2).tolist(), abs=1e-3
            )


def test_turning_to_another_leaves_out_the_maps_of_the_first() -> None:
    clip, estimator = Pair(), Estimator(CARD, Dots())
    (result,) = [r for _, r in run(clip, estimator, PeopleFollower(), request=ALL, end=0)]
    turned = foremost(result, 1)
    assert turned.stages == ()
    assert turned.region == result.others[0]
    assert turned.others == (result.region,)
    np.testing.assert_array_equal(turned.poses.xy, result.poses.xy[::-1])
    np.testing.assert_array_equal(turned.angles.degrees, result.angles.degrees[::-1])
    for ours, theirs in zip(turned.stage_poses, result.stage_poses, strict=True):
        np.testing.assert_array_equal(ours.xy, theirs.xy[::-1])
    assert foremost(turned, 1).poses.track.tolist() == result.poses.track.tolist()


def test_the_focus_waits_a_little_for_somebody_who_is_away() -> None:
    clip, estimator = Pair(), Estimator(CARD, Dots())
    (both,) = [r for _, r in run(clip, estimator, PeopleFollower(), end=0)]
    focus = Focus()
    first = int(focus.turn(both).poses.track[0])
    other = foremost(both, both.poses.track.tolist().index(1 - first))
    gone = foremost(both, 0)
    only = np.array([at for at, t in enumerate(gone.poses.track.tolist()) if t != first])
    angles = gone.angles
    alone = replace(
        gone,
        poses=gone.poses.only(only),
        angles=replace(angles, degrees=angles.degrees[only], score=angles.score[only], facing=()),
    )
    for _ in range(3):
        assert int(focus.turn(alone).poses.track[0]) == 1 - first
    assert int(focus.turn(other).poses.track[0]) == first
    focus.picked = 1 - first
    assert int(focus.turn(both).poses.track[0]) == 1 - first


def test_nobody_is_a_look_at_the_whole_frame_and_there_is_a_limit() -> None:
    clip, estimator = DotsClip(nobody=set(range(30))), Estimator(CARD, Dots())
    results = [r for _, r in run(clip, estimator, PeopleFollower(), end=2)]
    assert all(len(r.poses) == 0 for r in results)
    assert results[0].region == Box.whole(clip.size).fitted(1.0)
    assert MOST >= 8


class Crowd(DotsClip):
    """Twenty figures of dots in rows of five."""

    name = location = "crowd"

    def __init__(self, count: int = 8) -> None:
        super().__init__(count, size=(1600, 960))

    def people(self, index: int) -> np.ndarray:
        figure = joints(index, size=(320, 240))
        return np.stack([figure + np.array([320 * (at % 5), 240 * (at // 5)]) for at in range(20)])

    read = Pair.read


class AllSeen:
    """A detector that sees everybody of a crowd, and is never asked for more."""

    def people(self, frame, estimator, *, most=1, near=None):
        there = Crowd().people(frame.index)[:most]
        boxes = np.concatenate([there.min(axis=1), there.max(axis=1)], axis=1)
        score, none = np.ones(len(there), np.float32), np.full(len(there), -1)
        verdict = np.full(len(there), Verdict.TAKEN, np.int8)
        seen = Detections(boxes, boxes, score, verdict, none, np.zeros(len(there)))
        regions = tuple(Box.around(person, margin=1.5) for person in there)
        return Sighting(seen, regions, tuple(there.astype(np.float32)))

    def support(self, found, boxes):
        return [1.0] * len(boxes)


def test_twenty_people_are_looked_at_in_one_batch_of_each_frame() -> None:
    clip, engine = Crowd(), Counting()
    estimator = Estimator(CARD, engine)
    estimator.finder = AllSeen()
    results = [r for _, r in run(clip, estimator, PeopleFollower())]
    assert engine.batches == [20] * len(clip)
    for index, result in enumerate(results):
        assert sorted(result.poses.track.tolist()) == list(range(20))
        assert max(errors(result, clip.people(index))) < 6
