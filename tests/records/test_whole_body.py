"""Hands, feet and faces in OpenPose's and COCO-WholeBody's files."""

from __future__ import annotations

import json
from fractions import Fraction

import numpy as np
import pytest

from poseviewer.core.files import OutputSet
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.pose import Poses
from poseviewer.core.result import FrameResult
from poseviewer.core.skeleton import load_skeleton
from poseviewer.records.about import About
from poseviewer.records.coco import CocoResults
from poseviewer.records.openpose import openpose
from poseviewer.records.whole_body import PARTS, whole_body

FRAME = Frame(np.zeros((480, 640, 3), np.uint8), 4, Timestamp(4, Fraction(1, 25)))
BODY_25 = load_skeleton("body-25")


def result(skeleton: str, *, missing: str = "") -> FrameResult:
    """One person whose joint j is at (10 + j, 20 + 2 j), with a score of its own."""
    known = load_skeleton(skeleton)
    j = np.arange(len(known.joints), dtype=np.float32)
    xy = np.stack([10 + j, 20 + 2 * j], axis=-1)
    score = 0.5 + j / 1000
    if missing:
        gone = [missing in name for name in known.joints]
        xy[gone], score[gone] = np.nan, 0.0
    poses = Poses.single(xy, score=score, skeleton=known, box=(0, 0, 300, 400))
    return FrameResult.bare(FRAME, poses)


def at(skeleton: str, joint: str) -> list[float]:
    j = load_skeleton(skeleton).index(joint)
    return [10 + j, 20 + 2 * j, pytest.approx(0.5 + j / 1000, abs=1e-4)]


def person(shown: FrameResult) -> dict[str, list[float]]:
    table = openpose(shown, BODY_25)
    (one,) = table["people"]  # type: ignore[misc]
    return one


def triple(flat: list[float], number: int) -> list[float]:
    return flat[3 * number : 3 * number + 3]


def test_openpose_has_feet_and_hands_of_a_zoomed_body() -> None:
    one = person(result("holistic-203"))
    body = one["pose_keypoints_2d"]
    assert len(body) == 75
    for name, own in {
        "left_big_toe": "left_foot_index", "right_big_toe": "right_foot_index",
        "left_heel": "left_heel", "right_heel": "right_heel", "left_wrist": "left_wrist",
    }.items():  # fmt: skip
        assert triple(body, BODY_25.index(name)) == at("holistic-203", own)
    # It has no small toes.
    assert triple(body, BODY_25.index("left_small_toe")) == [0, 0, 0]
    for side in ("left", "right"):
        hand = one[f"hand_{side}_keypoints_2d"]
        assert len(hand) == 63
        assert triple(hand, 0) == at("holistic-203", f"{side}_hand_root")
        assert triple(hand, 4) == at("holistic-203", f"{side}_thumb_4")
        assert triple(hand, 20) == at("holistic-203", f"{side}_little_4")
    # Which points of its mesh the 68 are, nobody has said.
    assert one["face_keypoints_2d"] == []


def test_a_hand_that_was_not_found_is_an_empty_list() -> None:
    one = person(result("holistic-203", missing="left_"))
    assert one["hand_left_keypoints_2d"] == []
    assert len(one["hand_right_keypoints_2d"]) == 63


def test_a_face_of_68_becomes_70_with_the_pupils() -> None:
    one = person(result("wholebody-133"))
    face = one["face_keypoints_2d"]
    assert len(face) == 210
    for number in range(68):
        assert triple(face, number)[:2] == [10 + 23 + number, 20 + 2 * (23 + number)]
    assert triple(face, 68) == at("wholebody-133", "right_eye")
    assert triple(face, 69) == at("wholebody-133", "left_eye")
    assert triple(one["hand_left_keypoints_2d"], 0) == at("wholebody-133", "left_hand_root")


def test_a_network_of_a_body_leaves_hands_empty() -> None:
    one = person(result("blazepose-33"))
    assert one["hand_left_keypoints_2d"] == one["face_keypoints_2d"] == []
    heel = triple(one["pose_keypoints_2d"], BODY_25.index("left_heel"))
    assert heel == at("blazepose-33", "left_heel")


def test_coco_results_have_the_lists_of_coco_wholebody(tmp_path) -> None:
    path = tmp_path / "out.json"
    with OutputSet() as outputs:
        about = About(gate=0.2)
        record = CocoResults(path, outputs=outputs, about=about)
        record.add(result("holistic-203"))
        record.add(result("coco-17"))
        record.finish()
    whole, body = json.loads(path.read_text())
    assert "foot_kpts" not in body
    for name, start, stop in PARTS.values():
        assert len(whole[name]) == 3 * (stop - start)
    # COCO counts from the corner of the first pixel.
    j = load_skeleton("holistic-203").index("right_middle_2")
    assert whole["righthand_kpts"][30:33] == [10.5 + j, 20.5 + 2 * j, 2]
    assert not any(whole["face_kpts"])
    assert whole["face_score"] == 0
    assert whole["lefthand_score"] > 0.5


def test_names_of_meshes_and_labels_do_not_mix() -> None:
    contours = set(load_skeleton("face-contours-128").joints)
    assert not contours & set(load_skeleton("wholebody-133").joints)
    wide = whole_body(result("wholebody-133").poses)
    assert wide.found.all()
