"""The true skeleton on the frame."""

from dataclasses import replace

import numpy as np
import pytest

from poseviewer.core.affine import Box
from poseviewer.core.look import Look
from poseviewer.core.pose import Poses
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.stage import Request
from poseviewer.draw.colour import MIDDLE, TRUTH
from poseviewer.draw.primitives import Dot, Line
from poseviewer.draw.scene import build_scene
from poseviewer.draw.truth import truth_items
from poseviewer.pipeline.estimate import Estimator
from tests.dots import CARD, Dots, DotsClip

LSP = load_skeleton("lsp-14")
PLACES = np.array([[40 * (n % 3), 25 * n] for n in range(14)], float)


def person(xy, score=None):
    marks = np.ones(14) if score is None else score
    return Poses.single(xy, score=marks, skeleton=LSP, box=(0, 0, 1, 1))


def strokes(items, colour):
    return [item for item in items if isinstance(item, Line) and item.colour == colour]


def test_a_whisker_runs_from_every_joint_found_to_its_true_place():
    found = PLACES + np.array([3, 4])
    items = truth_items(person(PLACES), person(found), scale=1.0)
    whiskers = strokes(items, MIDDLE)
    assert [(line.start, line.end) for line in whiskers] == [
        (tuple(a), tuple(b)) for a, b in zip(found.tolist(), PLACES.tolist(), strict=True)
    ]


def test_dashes_lie_on_the_bones_and_reach_both_ends():
    items = truth_items(person(PLACES), Poses.nobody(LSP), scale=1.0)
    dashes = strokes(items, TRUTH)
    ends = np.array([place for line in dashes for place in (line.start, line.end)])
    for a, b in LSP.bones:
        for joint in (a, b):
            assert np.abs(ends - PLACES[joint]).sum(axis=1).min() == pytest.approx(0, abs=1e-9)
    lengths = [np.hypot(*np.subtract(line.end, line.start)) for line in dashes]
    bones = [np.hypot(*(PLACES[a] - PLACES[b])) for a, b in LSP.bones]
    assert 0.4 * sum(bones) < sum(lengths) < 0.75 * sum(bones)
    assert not strokes(items, MIDDLE)


def test_dashes_have_the_same_length_at_every_zoom():
    def mean(scale):
        dashes = strokes(truth_items(person(PLACES * 8), person(PLACES * 8), scale=scale), TRUTH)
        return np.mean([np.hypot(*np.subtract(d.end, d.start)) for d in dashes]) / scale

    assert mean(1.0) == pytest.approx(mean(4.0), rel=0.1)


def test_what_is_not_labelled_is_not_drawn():
    score = np.ones(14)
    score[LSP.index("left_wrist")] = 0
    items = truth_items(person(PLACES, score), person(PLACES), scale=1.0)
    assert sum(isinstance(item, Dot) for item in items) == 13
    wrist = tuple(PLACES[LSP.index("left_wrist")].tolist())
    assert wrist not in {end for line in strokes(items, TRUTH) for end in (line.start, line.end)}


def test_the_scene_draws_it_only_where_the_look_says_so():

    clip = DotsClip()
    plain = Estimator(CARD, Dots()).estimate(clip.read(3), Box.whole(clip.size), Request())
    result = replace(plain, truth=clip.truth(3))
    bare = build_scene(result, Look()).items
    assert build_scene(plain, Look(truth=True)).items == bare
    more = build_scene(result, Look(truth=True)).items
    assert sum(getattr(item, "colour", None) == TRUTH for item in more) > 13
