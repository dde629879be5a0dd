"""Where the follower looks."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from poseviewer.core.affine import Box
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import Request
from poseviewer.pipeline.estimate import Estimator
from poseviewer.pipeline.follow_person import (
    MOST_WINDOWS,
    SPREAD,
    RegionFollower,
    around,
    followed,
    presence,
    too_far,
    windows,
)
from poseviewer.video.open import open_source
from tests.dots import CARD, Dots, DotsClip, joints

REQUEST = Request(stages=frozenset())


def _walk(follower: RegionFollower, estimator: Estimator, clip: DotsClip, indices) -> list:
    results = []
    for index in indices:
        frame = clip.read(index)
        result = estimator.estimate(frame, follower.region(frame, estimator), REQUEST)
        follower.update(result)
        results.append(result)
    return results


@pytest.mark.parametrize(
    "size", [(1768, 994), (608, 1080), (1088, 1920), (640, 480), (500, 500), (4000, 300), (30, 20)]
)
def test_windows_cover_the_frame_and_are_bounded(size: tuple[int, int]) -> None:
    levels = windows(size)
    every = [box for level in levels for box in level]
    assert 1 <= len(every) <= MOST_WINDOWS
    assert all(box.width == box.height for box in every)
    whole = levels[0][0]
    assert whole.width >= max(size)
    for level in levels[1:2]:
        covered = np.zeros((size[1], size[0]), bool)
        for box in level:
            x, y = round(box.x + 0.5), round(box.y + 0.5)
            covered[max(y, 0) : y + round(box.height), max(x, 0) : x + round(box.width)] = True
        assert covered.all()


def test_whole_and_box_stay_put() -> None:
    estimator, clip = Estimator(CARD, Dots()), DotsClip()
    frame = clip.read(0)
    assert RegionFollower("whole").region(frame, estimator) == Box.whole(frame.size)
    box = Box(10, 20, 100, 90)
    assert RegionFollower("box", box=box).region(frame, estimator) == box
    assert RegionFollower("box").region(frame, estimator) == Box.whole(frame.size)


@pytest.mark.parametrize("size", [(320, 240), (240, 320), (1280, 240)])
def test_the_first_frame_is_scanned_and_the_person_found(size: tuple[int, int]) -> None:
    clip = DotsClip(size=size)
    follower, estimator = RegionFollower(), Estimator(CARD, Dots())
    (result,) = _walk(follower, estimator, clip, [0])
    assert np.linalg.norm(result.poses.xy[0] - joints(0, size=size), axis=1).max() < 6
    body = np.ptp(joints(0, size=size), axis=0).max()
    assert 1.2 * body < result.region.width < 2.2 * body


def test_the_person_is_followed_without_scanning() -> None:
    engine = Dots()
    follower, estimator = RegionFollower(), Estimator(CARD, engine)
    clip = DotsClip(40)
    _walk(follower, estimator, clip, [0])
    before = engine.runs
    results = _walk(follower, estimator, clip, range(1, 40))
    assert engine.runs - before == 39
    for index, result in enumerate(results, 1):
        assert np.linalg.norm(result.poses.xy[0] - joints(index), axis=1).max() < 6
    widths = [result.region.width for result in results]
    assert max(abs(a / b - 1) for a, b in pairwise(widths)) < 0.1


def test_following_is_deterministic_and_reset_forgets() -> None:
    clip, estimator = DotsClip(), Estimator(CARD, Dots())
    follower = RegionFollower()
    first = _walk(follower, estimator, clip, range(5))
    follower.reset()
    again = _walk(follower, estimator, clip, range(5))
    assert [r.region for r in first] == [r.region for r in again]


def test_a_lost_person_is_searched_for_a_few_windows_at_a_time_and_found_again() -> None:
    engine = Dots()
    gone = set(range(5, 25))
    clip, estimator = DotsClip(60, nobody=gone), Estimator(CARD, engine)
    follower = RegionFollower()
    _walk(follower, estimator, clip, range(5))
    for index in sorted(gone):
        before = engine.runs
        _walk(follower, estimator, clip, [index])
        assert engine.runs - before <= SPREAD + 1 + 2
    back = _walk(follower, estimator, clip, range(25, 50))
    assert presence(back[-1].poses.score[0]) > 0.5


def test_a_live_first_scan_is_spread_too() -> None:
    engine = Dots()
    clip, estimator = DotsClip(nobody=set(range(30))), Estimator(CARD, engine)
    follower = RegionFollower(live=True)
    for index in range(10):
        before = engine.runs
        _walk(follower, estimator, clip, [index])
        assert engine.runs - before <= SPREAD + 1 + 2


def test_a_known_result_leads_on_as_if_it_had_just_been_worked_out() -> None:
    clip, estimator = DotsClip(), Estimator(CARD, Dots())
    straight = RegionFollower()
    results = _walk(straight, estimator, clip, range(4))
    other = RegionFollower()
    other.update(results[2])
    frame = clip.read(3)
    assert other.region(frame, estimator) == results[3].region


def test_a_region_follows_most_of_the_way_but_jumps_when_far() -> None:
    old = Box(100, 100, 100, 100)
    near = followed(old, Box(110, 100, 120, 120), frame=(640, 480))
    assert 100 < near.width < 120
    far = followed(old, Box(400, 300, 50, 50), frame=(640, 480))
    assert far == Box(400, 300, 50, 50)
    huge = followed(old, Box(-9000, -9000, 18200, 18200), frame=(640, 480))
    assert huge.width <= 2 * 640
    x, y = followed(old, Box(-300, -300, 100, 100), frame=(640, 480)).centre
    assert x >= 0
    assert y >= 0


def test_a_stray_ankle_does_not_widen_the_region() -> None:
    skeleton = load_skeleton("lsp-14")
    ankle = skeleton.index("left_ankle")
    sure = np.ones(len(skeleton.joints))
    with open_source("mannequin-clip:640x480@2x82") as clip:
        for index in range(len(clip)):
            truth = clip.truth(index)
            xy = truth.xy[0].astype(float)
            assert not too_far(xy, sure > 0, skeleton=skeleton).any()
            right = around(xy, sure, skeleton=skeleton)
            xy[ankle] += (200.0, 260.0)
            assert np.flatnonzero(too_far(xy, sure > 0, skeleton=skeleton)).tolist() == [ankle]
            region = around(xy, sure, skeleton=skeleton)
            assert region.overlap(right) > 0.6


def test_labels_of_real_people_are_hardly_ever_too_far(shared) -> None:
    pack = np.load(shared / "data" / "crops.npz")
    names = [str(name) for name in pack["joint_names"]]
    skeleton = load_skeleton("lsp-14")
    plain = {"neck": "upper_neck", "head_top": "head_top"}
    order = [
        names.index(plain.get(j) or j.replace("left_", "l_").replace("right_", "r_"))
        for j in skeleton.joints
    ]
    people = pack["joints"][pack["split"] == "val"][:, order]
    seen = people[..., 2] > 0
    wrong = [too_far(xy, s, skeleton=skeleton) for xy, s in zip(people[..., :2], seen, strict=True)]
    assert np.sum(wrong) < 0.01 * seen.sum()


def test_a_region_stays_while_its_person_hardly_moves() -> None:
    old = Box(100, 100, 100, 100)
    assert followed(old, Box(97, 98, 108, 108), frame=(640, 480)) == old
    assert followed(old, Box(105, 100, 100, 100), frame=(640, 480)) != old
    assert followed(old, Box(93, 93, 114, 114), frame=(640, 480)) != old
