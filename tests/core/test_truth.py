"""Which true joint and which true person belongs to what was found."""

import numpy as np
import pytest

from poseviewer.core.pose import Poses
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.truth import partners, true_place, true_places

LSP, COCO, MPII = (load_skeleton(name) for name in ("lsp-14", "coco-17", "mpii-16"))
BODY = np.array([[x, y] for y in (0, 20, 40, 60, 80, 100, 120) for x in (0, 30)], float)


def people(*places, skeleton=LSP, score=1.0):
    n, k = len(places), len(skeleton.joints)
    return Poses(
        np.array(places, np.float32).reshape(n, k, 2),
        np.full((n, k), score, np.float32),
        np.zeros((n, 4), np.float32),
        np.full(n, -1),
        skeleton,
    )


def test_joints_are_matched_by_their_common_names():
    truth = people(np.arange(34).reshape(17, 2), skeleton=COCO)
    places = true_places(truth, LSP)[0]
    for name in ("left_wrist", "right_ankle", "left_hip"):
        assert places[LSP.index(name)].tolist() == truth.xy[0, COCO.index(name)].tolist()
    assert np.isnan(places[[LSP.index("neck"), LSP.index("head_top")]]).all()


def test_a_neck_is_a_neck_where_a_head_comes_with_it():
    truth = people(BODY)
    places = true_places(truth, MPII)[0]
    assert places[MPII.index("upper_neck")].tolist() == BODY[LSP.index("neck")].tolist()
    assert np.isnan(places[MPII.index("pelvis")]).all()


def test_joints_that_are_not_labelled_have_no_place():
    truth = people(BODY)
    score = np.ones((1, 14), np.float32)
    score[0, 3] = 0
    hidden = Poses(truth.xy, score, truth.box, truth.track, LSP)
    places = true_places(hidden, LSP)
    assert np.isnan(places[0, 3]).all()
    assert np.isfinite(np.delete(places[0], 3, axis=0)).all()


def test_everybody_is_the_nearest_and_nobody_twice():
    places = np.stack([BODY, BODY + 200, BODY + 400])
    found = people(BODY + 203, BODY + 1, BODY + 210)
    assert partners(found, places).tolist() == [1, 0, -1]


def test_somebody_far_from_all_is_nobody_but_one_and_one_are_a_pair():
    found = people(BODY + 500)
    assert partners(found, np.stack([BODY, BODY + 50])).tolist() == [-1]
    assert partners(found, BODY[None]).tolist() == [0]


def test_without_a_joint_in_common_nobody_is_a_pair():
    places = np.full((1, 14, 2), np.nan)
    assert partners(people(BODY), places).tolist() == [-1]
    assert partners(people(), BODY[None]).tolist() == []
    assert partners(people(BODY), np.empty((0, 14, 2))).tolist() == [-1]


@pytest.mark.parametrize("person", [0, 1])
def test_the_true_place_is_that_of_the_person(person):
    truth = people(BODY + 200, BODY)
    found = people(BODY + 2, BODY + 201)
    wanted = (BODY, BODY + 200)[person]
    assert true_place(truth, found, person=person).tolist() == wanted.tolist()
    assert true_place(None, found, person=person) is None
    assert true_place(truth, found, person=2) is None
