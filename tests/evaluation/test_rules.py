"""The rules of docs/facts/metrics.md on cases that can be reckoned by hand."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.skeleton import load_skeleton
from poseviewer.core.torso import torsos
from poseviewer.evaluation.measures import (
    PCK,
    average_precision,
    curve,
    errors,
    oks,
    pcp,
    sigmas,
    sticks,
    tally,
)
from poseviewer.truth.readers import head_sizes

if TYPE_CHECKING:
    from pathlib import Path

TWO = ("right_hip", "left_shoulder")


def test_the_threshold_is_on_the_side_that_the_rule_tells() -> None:
    apart, size = np.array([[2.0, 1.0]]), np.array([10.0])
    seen = np.ones((1, 2), np.bool_)
    inclusive = tally(apart, lengths=size, seen=seen, rule=PCK, parts=TWO)
    exclusive = tally(apart, lengths=size, seen=seen, rule=replace(PCK, side="<"), parts=TWO)
    assert inclusive.right.tolist() == [1, 1]
    assert exclusive.right.tolist() == [0, 1]
    assert "error <= 0.2 x torso" in str(inclusive.rule)
    assert "error < 0.2 x torso" in str(exclusive.rule)


def test_mean_and_pool_differ_where_labels_are_uneven() -> None:
    apart = np.array([[0.0, 9.0], [0.0, 9.0], [0.0, 0.0]])
    seen = np.array([[True, True], [True, False], [True, False]])
    counts = tally(apart, lengths=np.ones(3), seen=seen, rule=PCK, parts=TWO)
    assert counts.mean().value == pytest.approx(1 / 2)
    assert counts.pooled().value == pytest.approx(3 / 4)
    assert counts.mean().mean == "mean of 2 joints"
    assert counts.pooled().mean == "pooled over 2 joints"
    assert counts.pooled().counted == 4
    assert str(counts.pooled()).startswith("75.00 % (PCK@0.2: error <= 0.2 x torso")


def test_a_joint_that_was_not_found_is_wrong_and_one_without_length_does_not_count() -> None:
    apart = np.array([[np.nan, 0.0], [0.0, 0.0]])
    counts = tally(
        apart,
        lengths=np.array([1.0, np.nan]),
        seen=np.ones((2, 2), np.bool_),
        rule=PCK,
        parts=TWO,
    )
    assert counts.right.tolist() == [0, 1]
    assert counts.counted.tolist() == [1, 1]
    nothing = tally(apart, lengths=np.ones(2), seen=np.zeros((2, 2), bool), rule=PCK, parts=TWO)
    assert np.isnan(nothing.pooled().value)
    assert np.isnan(nothing.mean().value)


def test_the_torso_is_left_shoulder_to_right_hip_unless_the_other_may_stand_in() -> None:
    names = ("left_shoulder", "right_shoulder", "left_hip", "right_hip")
    joints = np.array([[[0, 0], [9, 0], [9, 12], [3, 4]]] * 2, np.float32)
    seen = np.array([[True] * 4, [True, True, True, False]])
    assert torsos(joints, seen=seen, names=names).tolist() == pytest.approx(
        [5, np.nan], nan_ok=True
    )
    assert torsos(joints, seen=seen, names=names, either=True).tolist() == [5, 12]
    assert np.isnan(torsos(joints, seen=seen, names=("a", "b", "c", "d"), either=True)).all()


def test_the_head_size_is_six_tenths_of_the_diagonal() -> None:
    assert head_sizes(np.array([[10, 10, 40, 50.0]])).tolist() == pytest.approx([30])


def test_the_area_under_a_step_is_known() -> None:
    seen = np.ones((1, 2), np.bool_)
    apart = np.array([[0.105, 0.305]])
    found = curve(apart, lengths=np.ones(1), seen=seen, rule=PCK, parts=TWO, until=0.4, points=41)
    assert found.pooled()[[10, 11, 30, 31]].tolist() == [0, 0.5, 0.5, 1]
    assert found.area().value == pytest.approx((0.2 * 0.5 + 0.095 * 1) / 0.4)
    assert "trapezoid" in found.area().rule


def test_strict_wants_both_ends_and_loose_their_mean() -> None:
    names = ("right_ankle", "right_knee")
    truth = np.array([[[0.0, 0.0], [10.0, 0.0]]])
    # One end 6 off, the other 3: the mean 4.5 is below half of 10, the worse end is not.
    found = truth + np.array([[[0.0, 6.0], [0.0, 3.0]]])
    limbs, ends = sticks(truth, names=names)
    _, answers = sticks(found, names=names)
    assert limbs == ("right_lower_leg",)
    assert pcp(answers, ends, parts=limbs).each.tolist() == [0]
    assert pcp(answers, ends, parts=limbs, strictness="loose").each.tolist() == [1]
    exact = truth + np.array([[[0.0, 5.0], [0.0, 5.0]]])
    counts = pcp(sticks(exact, names=names)[1], ends, parts=limbs)
    assert counts.each.tolist() == [1]
    assert counts.mean().mean == "mean of 1 limbs"


def test_limbs_with_an_unknown_end_do_not_count_and_unfound_ones_are_wrong() -> None:
    names = ("right_ankle", "right_knee")
    truth = np.array([[[0.0, 0.0], [10.0, 0.0]], [[0.0, 0.0], [np.nan, np.nan]]])
    found = np.array([[[0.0, 0.0], [np.nan, np.nan]], [[0.0, 0.0], [0.0, 0.0]]])
    limbs, ends = sticks(truth, names=names)
    counts = pcp(sticks(found, names=names)[1], ends, parts=limbs)
    assert (counts.right.tolist(), counts.counted.tolist()) == ([0], [1])


def test_oks_uses_twice_sigma() -> None:
    truth = np.zeros((1, 2, 2))
    seen, area = np.array([[True, False]]), np.array([100.0])
    constants = sigmas(["nose", "left_hip"])
    # At distance s * k = sqrt(area) * 2 sigma the exponent is one half.
    found = np.array([[[10 * 2 * 0.026, 0.0], [99.0, 99.0]], [[np.nan, np.nan], [0.0, 0.0]]])
    similar = oks(found, truth, seen=seen, area=area, constants=constants)
    assert similar[:, 0].tolist() == pytest.approx([np.exp(-0.5), 0])
    nobody = oks(found, truth, seen=np.zeros((1, 2), bool), area=area, constants=constants)
    assert np.isnan(nobody).all()


def test_without_pycocotools_one_sentence_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for module in ("pycocotools", "pycocotools.coco", "pycocotools.cocoeval"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(PoseViewerError, match=r"pip install poseviewer\[eval\]"):
        average_precision({"images": [], "annotations": [], "categories": []}, [])


def test_our_oks_is_that_of_pycocotools(shared: Path) -> None:
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    folder = shared / "oracles" / "faster-coco-eval"
    truth = json.loads((folder / "kpt_gt_dataset.json").read_text())
    found = json.loads((folder / "kpt_dt_dataset.json").read_text())
    picture = truth["images"][0]["id"]
    labelled = [one for one in truth["annotations"] if one["num_keypoints"]]
    table = COCO()
    table.dataset = {**truth, "annotations": labelled}
    table.createIndex()
    judge = COCOeval(table, table.loadRes(found), "keypoints")
    judge.evaluate()
    theirs = judge.ious[picture, 1]
    best = sorted(found, key=lambda one: -one["score"])[: len(theirs)]
    points = np.array([one["keypoints"] for one in labelled], float).reshape(-1, 17, 3)
    ours = oks(
        np.array([one["keypoints"] for one in best]).reshape(-1, 17, 3)[..., :2],
        points[..., :2],
        seen=points[..., 2] > 0,
        area=np.array([one["area"] for one in labelled]),
        constants=sigmas(load_skeleton("coco-17").joints),
    )
    assert np.abs(ours - theirs).max() < 1e-12


def one_person(joints: int) -> dict[str, object]:
    points = np.column_stack(
        [np.arange(joints) * 9.0 + 20, np.full(joints, 50.0), np.full(joints, 2)]
    )
    return {
        "images": [{"id": 1, "width": 300, "height": 100}],
        "categories": [{"id": 1, "name": "person"}],
        "annotations": [
            {
                "id": 1,
                "image_id": 1,
                "category_id": 1,
                "iscrowd": 0,
                "bbox": [10, 10, 200, 80],
                "area": 9300.0,
                "num_keypoints": joints,
                "keypoints": points.ravel().tolist(),
            }
        ],
    }


def test_average_precision_of_some_joints_only() -> None:
    joints = ("left_hip", "right_hip", "left_knee")
    truth = one_person(3)
    points = truth["annotations"][0]["keypoints"]  # type: ignore[index]
    answer = {"image_id": 1, "category_id": 1, "keypoints": points, "score": 0.5}
    judged = average_precision(truth, [answer], joints=joints)
    assert judged["AP"].value == pytest.approx(1)
    assert np.isnan(judged["APM"].value)  # no truth of that size
    assert judged["AP"].counted == 3
    assert "3 joints" in judged["AP"].mean
    assert average_precision(truth, [], joints=joints)["AP"].value == 0


def test_errors_keep_what_was_not_found() -> None:
    found = np.array([[[3.0, 4.0], [np.nan, np.nan]]])
    assert errors(found, np.zeros((1, 2, 2)))[0].tolist() == pytest.approx([5, np.nan], nan_ok=True)
