"""People of the pack, brought to the 14 joints of LSP."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.skeleton import load_skeleton
from poseviewer.training.dataset import empty_windows, figures, load_people, summary

if TYPE_CHECKING:
    from pathlib import Path


def test_crops_are_split_and_reordered(pack: Path) -> None:
    train = load_people(pack, split="train")["lspet"]
    assert len(train) == 2
    assert len(load_people(pack, split="val")["lspet"]) == 1
    lsp = load_skeleton("lsp-14")
    person = train[1]
    # MPII's right wrist is its joint 10 and lies at 60 + 8 * 10.
    assert person.joints[lsp.index("right_wrist")].tolist() == [140, 50 + 90 + 1]
    assert person.joints[lsp.index("neck")].tolist() == [60 + 64, 50 + 72 + 1]
    assert person.seen.all()
    assert (person.side, person.centre.tolist()) == (256, [127.5, 127.5])


def test_invisible_joints_are_masked_by_their_flag(pack: Path) -> None:
    person = load_people(pack, split="train")["lspet"][0]
    wrist = load_skeleton("lsp-14").index("right_wrist")
    assert not person.seen[wrist]
    assert person.weight[wrist] == 0
    assert person.joints[wrist].tolist() == [0, 0]


def test_photos_lack_neck_and_head_top(pack: Path) -> None:
    (person,) = load_people(pack, split="val")["coco"]
    lsp = load_skeleton("lsp-14")
    assert not person.seen[
        [lsp.index("neck"), lsp.index("head_top"), lsp.index("left_ankle")]
    ].any()
    assert person.seen.sum() == 11
    # COCO's right wrist is its joint 10; its pixels start at their corner.
    assert person.joints[lsp.index("right_wrist")].tolist() == [30 - 0.5, 60 - 0.5]
    assert person.side == pytest.approx(60 * 1.25)


def test_half_of_a_body_has_a_smaller_crop(pack: Path) -> None:
    person = load_people(pack, split="train")["lspet"][1]
    lower = person.half(upper=False)
    assert lower.side == pytest.approx((5 * 9) * 1.5, abs=20)
    assert lower.centre[1] < person.half(upper=True).centre[1]


def test_empty_windows_hold_no_joint(pack: Path) -> None:
    people = load_people(pack, split="train")["coco"]
    empty = empty_windows(people, count=5, rng=np.random.default_rng(0))
    assert empty
    for window in empty:
        assert not window.seen.any()
        assert (window.weight > 0).all()
        assert (window.weight < 0.5).all()
        joints = people[0].joints[people[0].seen]
        assert (np.abs(joints - window.centre).max(axis=1) > window.side / 2).all()
    assert summary(people + empty) == f"1 coco, {len(empty)} empty"


def test_a_wrong_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(PoseViewerError, match=r"crops\.npz"):
        load_people(tmp_path, split="train")


def test_a_missing_shard_is_named(pack: Path) -> None:
    (pack / "crops-00.tar").unlink()
    with pytest.raises(PoseViewerError, match=r"crops-00\.tar"):
        load_people(pack, split="val")


def test_figures_are_labelled_and_repeatable() -> None:
    one, two = (figures(2, backgrounds=[], seed=4) for _ in range(2))
    assert all(np.array_equal(a.image, b.image) for a, b in zip(one, two, strict=True))
    for person in one:
        assert person.source == "mannequin"
        assert person.seen.any()
        assert (person.weight == 1).all()
        inside = person.joints[person.seen]
        assert (inside > -1).all()
        assert (inside < 224).all()


def test_corrected_frames_are_learnt_from_besides(pack: Path, tmp_path: Path) -> None:
    picture = np.full((60, 40, 3), 90, np.uint8)
    cv2.imwrite(str(tmp_path / "clip_000005.png"), picture)
    names = list(load_skeleton("lsp-14").joints)
    points = [value for n in range(14) for value in (10 + n + 0.5, 20 + n + 0.5, 2 if n else 0)]
    table = {
        "images": [{"id": 5, "file_name": "clip_000005.png", "width": 40, "height": 60}],
        "annotations": [
            {"id": 1, "image_id": 5, "category_id": 1, "keypoints": points, "num_keypoints": 13,
             "bbox": [10, 20, 14, 14], "area": 196, "iscrowd": 0},
        ],
        "categories": [{"id": 1, "name": "person", "keypoints": names, "skeleton": []}],
    }  # fmt: skip
    labels = tmp_path / "clip_annotations.json"
    labels.write_text(json.dumps(table))
    (person,) = load_people(pack, split="train", labels=[labels])["labels"]
    assert person.source == "labels"
    assert person.seen.tolist() == [False, *[True] * 13]
    assert person.joints[3].tolist() == [13, 23]
    assert "labels" not in load_people(pack, split="train")
