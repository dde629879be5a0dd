"""Whose a found pose is, and how it is written for COCO."""

from __future__ import annotations

import numpy as np

from poseviewer.core.affine import Box
from poseviewer.evaluation.assess import Found, coco_results, matched
from poseviewer.truth.labelled import Labelled

CONSTANTS = np.full(3, 0.08)


def person(x: float, *, seen: bool = True) -> Labelled:
    joints = np.array([[x, 10.0], [x, 60.0], [x + 20, 110.0]])
    return Labelled("a", joints, np.full(3, seen), Box.whole((200, 200)), area=4000.0)


def given(found: list[np.ndarray], people: list[Labelled]) -> np.ndarray:
    stacked = np.stack(found) if found else np.empty((0, 3, 2))
    return matched(stacked, people, columns=(0, 1, 2), constants=CONSTANTS)


def test_each_pose_is_given_to_the_person_it_fits_best() -> None:
    one, other = person(20), person(120)
    near, exact, far = other.joints + 9, one.joints.copy(), other.joints + 900
    answer = given([far, near, exact], [one, other])
    assert (answer[0] == exact).all()
    assert (answer[1] == near).all()


def test_no_pose_is_given_twice() -> None:
    one, twin = person(20), person(24)
    answer = given([one.joints.copy()], [one, twin])
    assert (answer[0] == one.joints).all()
    assert np.isnan(answer[1]).all()


def test_a_network_of_one_person_is_taken_at_its_word() -> None:
    wrong = person(20).joints + 5000
    assert (given([wrong], [person(20)])[0] == wrong).all()
    assert np.isnan(given([], [person(20)])).all()


def test_a_person_without_a_label_gets_nobody() -> None:
    one, unknown = person(20), person(20, seen=False)
    answer = given([one.joints.copy(), one.joints + 1], [unknown, one])
    assert np.isnan(answer[0]).all()
    assert (answer[1] == one.joints).all()


def test_coco_counts_from_the_corner() -> None:
    xy = np.array([[1.0, 2.0], [np.nan, np.nan]])
    (told,) = coco_results(
        [Found("a.jpg", xy, np.array([0.8, 0.0]), 5.5)], pictures={"a.jpg": 7}, category=1
    )
    assert told["keypoints"] == [1.5, 2.5, 0.8, 0, 0, 0]
    assert told["score"] == 5.5
    assert told["image_id"] == 7
