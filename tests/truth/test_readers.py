"""Ground truth of every kind, brought to 0-based pixel-centred joints."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.skeleton import common_names, load_skeleton
from poseviewer.training.dataset import load_people
from poseviewer.truth.labelled import Folder, square_around
from poseviewer.truth.readers import read_truth

if TYPE_CHECKING:
    from pathlib import Path

LSP = load_skeleton("lsp-14").joints
MPII = common_names(load_skeleton("mpii-16").joints)


def test_the_pack_is_read_as_training_reads_it(pack: Path) -> None:
    crops, photos = read_truth(pack)
    trained = load_people(pack, split="val")
    for truth, people in ((crops, trained["lspet"]), (photos, trained["coco"])):
        judged = [one for one in truth.people if one.judged]
        assert len(judged) == len(people)
        for ours, theirs in zip(judged, people, strict=True):
            for j, joint in enumerate(LSP):
                at = truth.joints.index(joint) if joint in truth.joints else None
                assert theirs.seen[j] == (at is not None and ours.seen[at])
                if at is not None and theirs.seen[j]:
                    assert ours.joints[at] == pytest.approx(theirs.joints[j])
            assert ours.crop.centre == pytest.approx(tuple(theirs.centre))
            assert (ours.crop.width, ours.crop.height) == pytest.approx((theirs.side, theirs.side))
            assert (truth.pictures(ours.picture) == theirs.image).all()


def test_midpoints_that_nobody_labelled_are_not_seen(pack: Path) -> None:
    crops, _ = read_truth(pack, split="train")
    for person in crops.people:
        assert not person.seen[[MPII.index("pelvis"), MPII.index("thorax")]].any()
    assert crops.name == "lspet train"


def test_a_limit_takes_photos_whole(pack: Path) -> None:
    _, photos = read_truth(pack)
    assert len(photos.people) == 2
    assert len(photos.first(1).people) == 2
    assert photos.first(None) is photos


@pytest.mark.parametrize("split", ["test", "sealed"])
def test_a_split_that_the_pack_lacks_is_told(pack: Path, split: str) -> None:
    with pytest.raises(PoseViewerError, match="train and val"):
        read_truth(pack, split=split)


def test_what_is_no_truth_is_told(tmp_path: Path) -> None:
    with pytest.raises(PoseViewerError, match="ground truth; give"):
        read_truth(tmp_path / "nothing")
    for name, content, words in (
        ("a.txt", "", "known"),
        ("b.json", "{", "not JSON"),
        ("c.json", "{}", "COCO"),
        ("d.json", "[]", "MPII"),
        ("e.json", '[{"joints": 3}]', "MPII"),
        ("f.mat", "x", "MATLAB"),
        ("g.h5", "x", "hourglass"),
    ):
        (tmp_path / name).write_text(content)
        with pytest.raises(PoseViewerError, match=words):
            read_truth(tmp_path / name)


def write_picture(path: Path) -> np.ndarray:
    path.parent.mkdir(exist_ok=True)
    pixels = np.random.default_rng(1).integers(0, 256, (40, 60, 3), np.uint8)
    cv2.imwrite(str(path), pixels[..., ::-1])
    return pixels


def test_coco_loses_half_a_pixel_and_crowds(pack: Path, tmp_path: Path) -> None:
    table = json.loads((pack / "coco_val.json").read_text())
    table["annotations"].append({**table["annotations"][0], "id": 3, "iscrowd": 1})
    table["images"][0]["file_name"] = "p.png"
    (tmp_path / "people.json").write_text(json.dumps(table))
    pixels = write_picture(tmp_path / "elsewhere" / "p.png")
    (truth,) = read_truth(tmp_path / "people.json", images=tmp_path / "elsewhere")
    assert (truth.name, len(truth.people)) == ("people", 2)
    assert truth.people[0].joints[0].tolist() == [19.5, 29.5]
    assert [one.judged for one in truth.people] == [True, False]
    assert (truth.pictures("p.png") == pixels).all()
    with pytest.raises(PoseViewerError, match="--images"):
        truth.pictures("q.png")


def test_real_coco_table(shared: Path) -> None:
    (truth,) = read_truth(shared / "oracles" / "faster-coco-eval" / "kpt_gt_dataset.json")
    assert len(truth.people) == 11
    assert truth.joints[5] == "left_shoulder"


def test_lsp_lspet_and_parse(tmp_path: Path) -> None:
    savemat = pytest.importorskip("scipy.io").savemat
    lsp = np.ones((3, 14, 2000))
    lsp[0, :, 1000] = np.arange(14) + 5
    savemat(tmp_path / "joints.mat", {"joints": lsp})
    pixels = write_picture(tmp_path / "images" / "im1001.png")
    cv2.imwrite(str(tmp_path / "images" / "im1001.jpg"), pixels)
    (truth,) = read_truth(tmp_path, split="test")
    first = truth.people[0]
    assert (truth.name, len(truth.people), first.picture) == ("lsp test", 1000, "im1001.jpg")
    # MATLAB counts from 1; the third row is about occlusion and hides nothing.
    assert first.joints[:, 0].tolist() == [*range(4, 18)]
    assert first.seen.all()
    assert first.crop.centre == (10.5, 0)
    assert first.crop.width == 13 * 1.5
    assert truth.pictures(first.picture).shape == (40, 60, 3)
    with pytest.raises(PoseViewerError, match="train, test, all"):
        read_truth(tmp_path, split="val")

    lspet = np.ones((14, 3, 10000))
    lspet[3, :, 0] = (-250, 782, 0)
    savemat(tmp_path / "ext.mat", {"joints": lspet})
    (truth,) = read_truth(tmp_path / "ext.mat", split="train")
    assert (truth.name, truth.people[0].picture) == ("lspet train", "im00001.jpg")
    assert truth.people[0].seen.sum() == 13
    savemat(tmp_path / "odd.mat", {"joints": np.ones((5, 9, 3)), "other": 1})
    with pytest.raises(PoseViewerError, match="shape"):
        read_truth(tmp_path / "odd.mat", split="train")
    savemat(tmp_path / "none.mat", {"other": 1})
    with pytest.raises(PoseViewerError, match="no array called joints"):
        read_truth(tmp_path / "none.mat", split="train")


def test_the_real_lsp_and_parse(shared: Path) -> None:
    folder = shared / "oracles" / "eval_pose"
    (lsp,) = read_truth(folder / "lsp-joints-PC.mat", split="test")
    (parse,) = read_truth(folder / "parse-joints.mat", split="test")
    assert (len(lsp.people), len(parse.people)) == (1000, 205)
    assert parse.name == "parse test"


def test_the_real_mpii_h5(shared: Path) -> None:
    h5py = pytest.importorskip("h5py")
    path = shared / "oracles" / "pose-hg-demo" / "valid.h5"
    (truth,) = read_truth(path)
    assert len(truth.people) == 2958
    counted = np.sum([one.seen for one in truth.people], axis=0)
    assert counted[MPII.index("right_ankle")] == 2114
    with h5py.File(path) as file:
        row = [name.decode() for name in file["imgname"]].index("005808361.jpg")
        part, side = file["part"][row], file["scale"][row] * 200
        size = file["normalize"][row]
    same = [one for one in truth.people if one.head == size]
    assert len(same) == 1
    assert same[0].picture == "005808361.jpg"
    assert (same[0].joints == part - 1).all()
    assert same[0].crop.width == side


def test_the_crop_of_mpii_is_the_hourglass_one(tmp_path: Path) -> None:
    joints = [[10.0 + i, 20.0] for i in range(16)]
    hrnet: dict[str, Any] = {
        "image": "a.jpg",
        "center": [101.0, 201.0],
        "scale": 2.0,
        "joints": joints,
        "joints_vis": [0] + [1] * 15,
    }
    (tmp_path / "valid.json").write_text(json.dumps([hrnet]))
    (truth,) = read_truth(tmp_path / "valid.json")
    (person,) = truth.people
    assert person.crop.centre == (100, 200 + 15 * 2)
    assert person.crop.width == 2 * 1.25 * 200
    assert person.joints[0].tolist() == [9, 19]
    assert person.seen.tolist() == [False] + [True] * 15
    assert np.isnan(person.head)
    savemat = pytest.importorskip("scipy.io").savemat
    savemat(tmp_path / "gt_valid.mat", {"headboxes_src": np.array([[[1.0], [2]], [[31], [42]]])})
    (truth,) = read_truth(tmp_path / "valid.json")
    assert truth.people[0].head == pytest.approx(0.6 * 50)


def test_mpii_in_the_form_of_the_cpm_authors(tmp_path: Path) -> None:
    def row(name: str, validation: float, dataset: str = "MPI") -> dict[str, Any]:
        return {
            "dataset": dataset,
            "isValidation": validation,
            "img_paths": name,
            "objpos": [101.0, 201.0],
            "scale_provided": 2.0,
            "joint_self": [[0.0, 0.0, 0]] + [[10.0 + i, 20.0, 1] for i in range(15)],
        }

    rows = [row("t.jpg", 0.0), row("v.jpg", 1.0), row("l.jpg", 1.0, "LEEDS")]
    (tmp_path / "mpii.json").write_text(json.dumps(rows))
    (truth,) = read_truth(tmp_path / "mpii.json")
    (person,) = truth.people
    assert person.picture == "v.jpg"
    assert person.seen.tolist() == [False] + [True] * 15
    assert person.crop.centre == (100, 230)


def test_a_square_holds_its_points() -> None:
    box = square_around(np.array([[0.0, 0.0], [10.0, 4.0]]), margin=1.5)
    assert (box.centre, box.width, box.height) == ((5, 2), 15, 15)
    assert square_around(np.array([[3.0, 3.0]]), margin=1.5).width == 1.5


@pytest.mark.parametrize(
    ("skeleton", "there", "absent"),
    [
        ("mpii-16", {"neck", "head_top"}, {"upper_neck"}),
        ("cpm-14", {"neck", "head_top"}, {"head"}),
        ("openpose-mpi-15", {"neck", "head_top"}, {"head"}),
        ("openpose-coco-18", {"nose"}, {"neck"}),
        ("flic-9", {"left_wrist"}, {"head", "head_top"}),
    ],
)
def test_joints_share_a_name_where_they_mean_the_same(
    skeleton: str, there: set[str], absent: set[str]
) -> None:
    names = set(common_names(load_skeleton(skeleton).joints))
    assert there <= names
    assert not absent & names


@pytest.mark.parametrize(
    "name",
    ["/etc/passwd", "../secret.png", "a/../../secret.png", "..", r"C:\secret.png", r"..\secret.png",
     r"\\host\share\secret.png", "C:secret.png"],
)  # fmt: skip
def test_a_picture_outside_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    pictures = tmp_path / "images"
    pictures.mkdir()
    cv2.imwrite(str(tmp_path / "secret.png"), np.zeros((4, 4, 3), np.uint8))
    look_up = Folder([pictures])
    for outside in (name, str(tmp_path / "secret.png")):
        with pytest.raises(PoseViewerError, match="outside of the folder of pictures"):
            look_up(outside)


def test_a_picture_in_a_folder_of_the_folder_is_read(tmp_path: Path) -> None:
    (tmp_path / "a..b").mkdir()
    cv2.imwrite(str(tmp_path / "a..b" / "1..2.png"), np.full((4, 4, 3), 7, np.uint8))
    assert Folder([tmp_path])("a..b/1..2.png").max() == 7
    with pytest.raises(PoseViewerError, match="give its folder with --images"):
        Folder([tmp_path])("a..b/none.png")


def test_a_pack_that_names_an_archive_elsewhere_is_refused(pack: Path, tmp_path: Path) -> None:
    copy = tmp_path / "pack"
    shutil.copytree(pack, copy)
    with np.load(copy / "crops.npz", allow_pickle=False) as table:
        columns = dict(table)
    columns["shard"] = np.array(["../crops.tar"] * len(columns["shard"]))
    np.savez(copy / "crops.npz", **columns)
    with pytest.raises(PoseViewerError, match="outside of the folder"):
        read_truth(copy, split="val")
