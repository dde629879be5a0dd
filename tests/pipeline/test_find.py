"""The finder: from a frame to candidates in its pixels, with an engine that is told the answer."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from poseviewer.codec.detection import DetectionCodec
from poseviewer.core.affine import Box
from poseviewer.core.assets import weights
from poseviewer.core.detection import Detections, Verdict
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.stage import Request
from poseviewer.models.finder import FinderCard, finder_engine
from poseviewer.pipeline.estimate import Estimator
from poseviewer.pipeline.evidence import DOUBTS, PERSON, evidence
from poseviewer.pipeline.find import Finder, region_around
from poseviewer.pipeline.follow import SequentialEstimator, single_frame
from poseviewer.pipeline.follow_people import PeopleFollower
from poseviewer.pipeline.follow_person import CHECKED, RegionFollower
from poseviewer.pipeline.run import run
from poseviewer.pipeline.track import Tracker
from tests.dots import CARD, Dots, DotsClip, joints
from tests.pipeline.test_people import Pair


def frame(width: int, height: int) -> Frame:
    return Frame(np.zeros((height, width, 3), np.uint8), 0, Timestamp(0, Fraction(1)))


class Told:
    """Answers with boxes in its input, each seen by a cell of its own."""

    def __init__(self, *boxes: tuple[float, float, float, float], peaks: tuple[float, ...]) -> None:
        self.boxes, self.peaks = boxes, peaks
        self.shape: tuple[int, ...] = ()

    def run(self, batch, wanted=None):
        self.shape = batch.shape
        size = batch.shape[3], batch.shape[2]
        codec = DetectionCodec()
        answers = [codec.encode(np.array([b]), np.array([b]), size=size) for b in self.boxes]
        score = np.max([s * p for (s, _), p in zip(answers, self.peaks, strict=True)], axis=0)
        return [score[None], np.sum([edges for _, edges in answers], axis=0)[None]]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((1920, 1080), (320, 192)),
        ((1088, 1920), (192, 320)),
        ((512, 512), (320, 320)),
        ((640, 480), (320, 256)),
        ((4000, 100), (320, 32)),
    ],
)
def test_the_input_has_the_shape_of_the_frame(size, expected):
    assert FinderCard().input_for(size) == expected


def test_boxes_are_in_frame_pixels():
    engine = Told((40.0, 32.0, 104.0, 160.0), (200.0, 96.0, 232.0, 160.0), peaks=(0.9, 0.2))
    found = Finder(engine, threshold=0.36).find(frame(960, 576))
    assert engine.shape == (1, 3, 192, 320)
    assert found.verdict.tolist() == [Verdict.TAKEN, Verdict.FAINT]
    np.testing.assert_allclose(found.score, (0.9, 0.2), atol=1e-6)
    # A pixel of the input is the mean of 3 x 3 of the frame.
    np.testing.assert_allclose(found.boxes[0], (121, 97, 313, 481), atol=1e-3)
    np.testing.assert_allclose(found.joints, found.boxes)


def test_a_frame_of_another_shape_is_not_stretched():
    found = Finder(Told((96.0, 64.0, 224.0, 128.0), peaks=(0.9,))).find(frame(640, 360))
    left, top, right, bottom = found.boxes[0]
    # 640 x 360 fills 320 x 180 of 320 x 192.
    assert right - left == pytest.approx(256)
    assert (top + bottom) / 2 == pytest.approx(179.5, abs=1.5)


def test_regions_are_squares_about_the_joints():
    region = region_around(np.array([10.0, 20.0, 30.0, 60.0]), margin=1.5)
    assert region == Box.centred(20, 40, 60, 60)


def test_joints_that_stand_out_speak_for_a_person_and_middling_ones_do_not():
    head = np.array([0.9] * 5 + [0.1] * 18)
    pattern = np.full(23, 0.5)
    assert evidence(0.2, head, share=0.5) > PERSON > evidence(0.2, pattern, share=0.5)
    body = np.full(23, 0.9)
    assert evidence(0.2, body, share=0.5) > PERSON
    assert evidence(0.02, body, share=0.5) < PERSON


def test_what_is_small_in_the_frame_needs_more_evidence():
    body = np.full(14, 0.8)
    large, medium, small = (evidence(0.3, body, share=share) for share in (0.9, 0.4, 0.05))
    assert large == medium > small


def test_a_certain_detector_gives_finite_evidence():
    assert np.isfinite([evidence(score, np.zeros(14), share=0.1) for score in (0.0, 1.0)]).all()


class Sees(Finder):
    """Sees people around given joints, whatever the frame shows; no boxes where there are none."""

    def __init__(self, *people: np.ndarray, scores: tuple[float, ...] = ()) -> None:
        super().__init__(Told(peaks=()))
        self.people_seen, self.scores, self.asked = list(people), scores, 0

    def begin(self, frame):
        self.asked += 1
        count = len(self.people_seen)
        boxes = np.array([[*p.min(0), *p.max(0)] for p in self.people_seen]).reshape(-1, 4)
        score = np.array(self.scores or [0.9] * count, np.float32)
        verdict = np.where(score < 0.2, Verdict.FAINT, Verdict.TAKEN).astype(np.int8)
        seen = Detections(boxes, boxes, score, verdict, np.full(count, -1), np.zeros(count))
        return lambda: seen


def with_finder(finder: Finder) -> Estimator:
    estimator = Estimator(CARD, Dots())
    estimator.finder = finder
    return estimator


FURNITURE = np.array([[10.0, 10.0], [60.0, 90.0]])


def test_a_single_frame_has_its_region_from_the_detector():
    finder = Sees(FURNITURE, joints(3), scores=(0.95, 0.5))
    estimator, frame_3 = with_finder(finder), DotsClip().read(3)
    result = single_frame(frame_3, estimator, RegionFollower(), Request())
    box = np.array([*joints(3).min(0), *joints(3).max(0)])
    assert result.region == region_around(box, margin=CARD.region_margin)
    assert np.linalg.norm(result.poses.xy[0] - joints(3), axis=1).max() < 6
    # The larger one was looked at first, and was right: the other may be a person.
    assert result.detections.verdict.tolist() == [Verdict.TAKEN, Verdict.TAKEN]
    assert not result.nobody


def test_a_second_look_at_the_same_person_gives_way():
    upper = joints(3)[6:] + np.array([0.0, 2.0])
    finder = Sees(joints(3), upper, scores=(0.9, 0.8))
    sighting = finder.people(DotsClip().read(3), with_finder(finder), most=5)
    assert len(sighting.regions) == 1
    found = sighting.detections
    assert found.verdict.tolist() == [Verdict.TAKEN, Verdict.OVERLAPS]
    assert found.rival.tolist() == [-1, 0]
    assert 0 < found.overlap[1] < 1


def test_nobody_is_drawn_where_no_joints_confirm_what_the_detector_sees():
    estimator = with_finder(Sees(FURNITURE, joints(3), scores=(0.9, 0.1)))
    clip, follower = DotsClip(), RegionFollower()
    result = single_frame(clip.read(3), estimator, follower, Request())
    assert result.nobody
    assert len(result.poses) == len(result.angles.degrees) == 0
    assert result.detections.verdict.tolist() == [Verdict.UNCONFIRMED, Verdict.FAINT]
    # The network does see the person in the whole frame, but is not followed there.
    follower.update(result)
    assert follower.region(clip.read(4), estimator) == Box.whole(clip.size)


def test_the_detector_is_asked_while_nobody_is_followed_and_rarely_besides():
    gone, finder = {3, 4, 5, 6}, Sees(joints(0))
    clip = DotsClip(30, nobody=gone)
    results = [r for _, r in run(clip, with_finder(finder), RegionFollower())]
    looked = [index for index, result in enumerate(results) if result.detections is not None]
    # It takes three frames to give up. Of the looks at who is followed no frame depends.
    assert looked == [0, 6, 7]
    assert finder.asked == 3 + (30 - 8) // CHECKED
    assert results[6].nobody
    assert [len(r.poses) for r in results] == [index not in gone for index in range(30)]


class Late(Sees):
    """Counts how often its answer is waited for before the next frame was estimated."""

    early = 0
    now = -1

    def begin(self, frame):
        answer = super().begin(frame)

        def wait():
            self.early += self.now <= frame.index
            return answer()

        return wait


def test_no_frame_waits_for_the_detector_while_somebody_is_followed():
    finder = Late(joints(0))
    sequence = SequentialEstimator(with_finder(finder), RegionFollower(), Tracker())
    for frame_n in DotsClip(40).frames(0, 39):
        result = sequence.estimate(frame_n, Request())
        finder.now = frame_n.index
        sequence.update(result)
        assert len(result.poses) == 1
    assert finder.asked == 4
    # But where it has to say where the person is.
    assert finder.early == 1


def test_what_the_detector_says_counts_alike_where_the_sequence_was_stored_meanwhile():
    def boxes(stored):
        finder = Sees(joints(0), scores=(0.95,))
        estimator = Estimator(CARD, Faint())
        estimator.finder = finder
        follower = RegionFollower()
        found = []
        for frame_n in DotsClip(60).frames(0, 59):
            found.append(follower.region(frame_n, estimator))
            follower.update(estimator.estimate(frame_n, found[-1], Request()))
            finder.people_seen, finder.scores = [], ()
            if stored:
                state = json.loads(json.dumps(follower.checkpoint()))
                follower = RegionFollower()
                follower.go_on(state, skeleton=estimator.skeleton)
        return found

    assert boxes(stored=True) == boxes(stored=False)


class Faint(Dots):
    """Sees every joint faintly, as a network sees people in patterns."""

    def run(self, batch, wanted=None):
        return [maps * 0.6 for maps in super().run(batch, wanted)]


@pytest.mark.parametrize("follower", [RegionFollower, PeopleFollower])
def test_what_is_followed_is_given_up_where_the_detector_sees_nobody(follower):
    estimator = Estimator(CARD, Faint())
    estimator.finder = finder = Sees(joints(0), scores=(0.95,))
    sequence = SequentialEstimator(estimator, follower(), Tracker())
    counts = []
    for frame_n in DotsClip(60).frames(0, 59):
        result = sequence.estimate(frame_n, Request())
        sequence.update(result)
        counts.append(len(result.poses))
        finder.people_seen, finder.scores = [], ()
    assert counts[0] == 1
    assert counts[-1] == 0
    assert DOUBTS <= counts.index(0) <= (DOUBTS + 1) * CHECKED


@pytest.mark.parametrize("follower", [RegionFollower, PeopleFollower])
def test_a_person_whose_joints_are_sure_is_followed_without_the_detector(follower):
    finder = Sees(joints(0))
    sequence = SequentialEstimator(with_finder(finder), follower(), Tracker())
    for frame_n in DotsClip(60).frames(0, 59):
        result = sequence.estimate(frame_n, Request())
        sequence.update(result)
        assert len(result.poses) == 1
        finder.people_seen = []


@pytest.mark.parametrize("margin", [1.35, 1.7])
def test_a_person_who_was_lost_comes_before_a_larger_one_and_has_the_room_of_the_card(margin):
    big = joints(0) * 3
    estimator, clip = with_finder(Sees(big, joints(0))), DotsClip()
    estimator.card = replace(CARD, region_margin=margin)
    near = Box.around(joints(0), margin=1.5)
    sighting = estimator.finder.people(clip.read(0), estimator, near=near)
    box = np.array([*joints(0).min(0), *joints(0).max(0)])
    assert sighting.regions == (region_around(box, margin=margin),)


def test_everybody_is_found_at_once_and_newcomers_a_few_frames_later():
    clip = Pair(12, late=3)
    finder = Sees(clip.people(0)[0])
    estimator, follower = with_finder(finder), PeopleFollower()
    counts = []
    sequence = SequentialEstimator(estimator, follower, Tracker())
    for frame_n in clip.frames(0, 11):
        finder.people_seen = list(clip.people(frame_n.index))
        result = sequence.estimate(frame_n, Request())
        sequence.update(result)
        counts.append(len(result.poses))
    assert counts[:3] == [1, 1, 1]
    assert counts[-1] == 2
    assert 2 <= finder.asked <= 4
    single = single_frame(clip.read(5), estimator, PeopleFollower(), Request())
    finder.people_seen = list(clip.people(5))
    assert len(single.poses) == 2
    finder.people_seen = []
    assert single_frame(clip.read(5), estimator, PeopleFollower(), Request()).nobody


def test_a_chosen_region_needs_no_detector():
    finder = Sees(joints(0))
    for follower in (RegionFollower("whole"), RegionFollower("box", box=Box(0, 0, 90, 90))):
        result = single_frame(DotsClip().read(0), with_finder(finder), follower, Request())
        assert result.detections is None
    assert finder.asked == 0


@pytest.mark.slow
def test_the_weights_that_ship_find_nobody_in_an_empty_frame():
    found = Finder(finder_engine(threads=1)).find(frame(320, 192))
    assert not found.taken.any()


@pytest.mark.slow
def test_the_detector_answers_beside_other_work_as_it_does_alone():
    pytest.importorskip("openvino")
    engine = finder_engine(threads=1)
    shown = np.random.default_rng(0).random((1, 3, 192, 320), np.float32)
    alone = [stage.copy() for stage in engine.run(shown)]
    # What was begun and is not waited for is in nobody's way.
    engine.begin(np.zeros_like(shown))
    for one, other in zip(engine.begin(shown)(), alone, strict=True):
        np.testing.assert_array_equal(one, other)
    engine.begin(np.zeros_like(shown))
    for one, other in zip(engine.run(shown), alone, strict=True):
        np.testing.assert_array_equal(one, other)


def test_missing_weights_are_one_sentence(monkeypatch):
    monkeypatch.setattr("poseviewer.models.finder.weights", lambda name: weights(f"nowhere/{name}"))
    with pytest.raises(PoseViewerError, match="finder-lite has no weights here"):
        finder_engine()
