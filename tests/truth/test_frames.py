"""Ground truth of frames: which file belongs to which picture, and where its joints lie in it."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from poseviewer.core.affine import Box
from poseviewer.core.convergence import PCK_SHARE, converge
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.files import OutputSet
from poseviewer.core.frame import Frame, Timestamp
from poseviewer.core.skeleton import load_skeleton, matching_skeleton
from poseviewer.core.stage import Request
from poseviewer.core.torso import torsos
from poseviewer.core.truth import true_place
from poseviewer.evaluation.assess import ask
from poseviewer.evaluation.measures import PCK_EITHER, errors
from poseviewer.models.registry import card
from poseviewer.pipeline.estimate import Estimator
from poseviewer.records.tables import JointTable
from poseviewer.runtime.factories import load_network
from poseviewer.runtime.sections import NetworkState, ReadingState
from poseviewer.truth.frames import _poses, beside, truth_of, with_truth
from poseviewer.truth.readers import read_truth
from poseviewer.video.open import open_source
from tests.dots import CARD, Dots, DotsClip

if TYPE_CHECKING:
    from pathlib import Path

COCO = load_skeleton("coco-17").joints
WRIST = COCO.index("left_wrist")


def table(pictures: dict[str, Any], *, joints: tuple[str, ...] = COCO) -> dict[str, Any]:
    """A COCO table: pictures with the places of people's left wrists."""
    images, annotations = [], []
    for number, (name, people) in enumerate(pictures.items(), 100):
        images.append({"id": number, "file_name": name, "width": 1, "height": 1})
        for x, y in people:
            keypoints = [0.0] * (3 * len(joints))
            keypoints[3 * WRIST : 3 * WRIST + 3] = [x + 0.5, y + 0.5, 2]
            annotations.append(
                {
                    "id": len(annotations),
                    "image_id": number,
                    "keypoints": keypoints,
                    "bbox": [x - 5, y - 5, 10, 10],
                    "iscrowd": 0,
                }
            )
    kind = {"id": 1, "name": "person", "keypoints": list(joints), "skeleton": [[1, 2], [2, 3]]}
    return {"images": images, "annotations": annotations, "categories": [kind]}


def write_image(path: Path, size: tuple[int, int], dot: tuple[int, int]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = np.zeros((size[1], size[0], 3), np.uint8)
    cv2.circle(image, dot, 6, (255, 255, 255), -1)
    cv2.imwrite(str(path), image)


def centroid(pixels: np.ndarray) -> tuple[float, float]:
    weight = pixels[..., 0].astype(float)
    y, x = np.mgrid[: weight.shape[0], : weight.shape[1]]
    return float((x * weight).sum() / weight.sum()), float((y * weight).sum() / weight.sum())


@pytest.fixture
def shots(tmp_path: Path) -> Path:
    """Three pictures of other sizes and shapes, a dot in each, labelled where the dot is."""
    folder = tmp_path / "shots"
    sizes = {"a.png": (120, 90), "b.png": (300, 90), "c.png": (50, 160)}
    dots = {"a.png": (30, 40), "b.png": (250, 20), "c.png": (20, 140)}
    for name, size in sizes.items():
        write_image(folder / name, size, dots[name])
    places = {name.replace("png", "jpg"): [dot] for name, dot in dots.items()}
    (tmp_path / "shots.truth.json").write_text(json.dumps(table(places)))
    return folder


def test_labels_lie_on_their_picture_however_it_was_fitted(shots: Path) -> None:
    clip = open_source(str(shots))
    truth = truth_of(clip)
    assert truth is not None
    assert (truth.name, truth.count) == ("shots.truth.json", 3)
    for index in (2, 0, 1):
        poses = truth.at(index)
        assert poses is not None
        assert poses.skeleton.name == "coco-17"
        assert poses.xy[0, WRIST] == pytest.approx(centroid(clip.read(index).pixels), abs=0.6)
        assert np.isnan(np.delete(poses.xy[0], WRIST, axis=0)).all()
        assert poses.score[0].sum() == 1


def test_a_fit_is_known_before_its_frame_is_read(shots: Path) -> None:
    first, second = open_source(str(shots)), open_source(str(shots))
    second.read(2)
    assert (first.fit(2) == second.fit(2)).all()


def test_a_still_is_a_folder_of_one(shots: Path) -> None:
    labels = shots.parent / "shots.truth.json"
    truth = truth_of(open_source(str(shots / "b.png")), labels)
    assert truth is not None
    assert truth.at(0).xy[0, WRIST].tolist() == [250, 20]


def test_pictures_with_nobody_and_pictures_without_labels_differ(tmp_path: Path) -> None:
    labels = tmp_path / "l.json"
    labels.write_text(json.dumps(table({"x_0001.jpg": [], "x_0003.jpg": [(4, 5), (90, 95)]})))
    truth = truth_of(DotsClip(8), labels)
    assert truth is not None
    assert truth.count == 2
    assert len(truth.at(1)) == 0
    assert len(truth.at(3)) == 2
    assert truth.at(2) is None


def test_without_numbers_in_the_names_the_ids_are_frame_numbers(tmp_path: Path) -> None:
    content = table({"first.jpg": [(1, 2)], "second.jpg": [(3, 4)]})
    for image, note, number in zip(content["images"], content["annotations"], (6, 7), strict=True):
        image["id"] = note["image_id"] = number
    labels = tmp_path / "l.json"
    labels.write_text(json.dumps(content))
    truth = truth_of(DotsClip(8), labels)
    assert [i for i in range(8) if truth.at(i) is not None] == [6, 7]
    assert truth.at(7).xy[0, WRIST].tolist() == [3, 4]


def test_what_an_export_wrote_is_read_back(tmp_path: Path) -> None:

    clip, estimator = DotsClip(8, nobody={5}), Estimator(CARD, Dots())
    results = [estimator.estimate(clip.read(i), Box.whole(clip.size), Request()) for i in (3, 5)]
    with OutputSet() as outputs:
        record = JointTable(tmp_path / "dots.csv", outputs=outputs)
        for result in results:
            record.add(result)
        record.finish()
    truth = truth_of(clip, tmp_path / "dots.csv")
    assert truth.count == 2
    assert truth.at(3).skeleton.name == "lsp-14"
    assert truth.at(3).xy == pytest.approx(results[0].poses.xy, abs=1e-3)
    assert len(truth.at(5)) == 0
    assert truth.at(4) is None


def test_a_source_that_knows_needs_no_file() -> None:
    clip = DotsClip(4)
    truth = truth_of(clip)
    assert (truth.path, truth.count) == (None, 0)
    frames = list(with_truth(iter([(clip.read(2), None)]), truth))
    assert frames[0][1] is None
    assert truth.at(2).xy.tolist() == clip.truth(2).xy.tolist()


def test_every_place_beside_a_clip_is_looked_at(tmp_path: Path) -> None:
    clip, folder, images = tmp_path / "walk.mp4", tmp_path / "walk", tmp_path / "images"
    folder.mkdir()
    images.mkdir()
    assert beside(clip) is None
    for place, of in (
        ("walk_keypoints.json", clip),
        ("walk.truth.csv", clip),
        ("walk.truth.json", clip),
    ):
        (tmp_path / place).touch()
        assert beside(of) == tmp_path / place
    assert beside(folder) == tmp_path / "walk.truth.json"
    for place in ("walk_keypoints.json", "walk.truth.csv", "walk.truth.json"):
        (tmp_path / place).unlink()
    (tmp_path / "annotations").mkdir()
    for place in (
        tmp_path / "annotations" / "person_keypoints_walk.json",
        folder / "joints.mat",
        folder / "_annotations.coco.json",
        folder / "annotations.json",
    ):
        place.touch()
        assert beside(folder) == place
    (tmp_path / "joints.mat").touch()
    assert beside(images) == tmp_path / "joints.mat"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("l.json", json.dumps(table({"other.jpg": [(1, 2)]})), "labels no frame of dots"),
        ("l.json", "{", "not JSON"),
        ("l.json", "{}", "not a COCO keypoint table"),
        ("l.csv", "a,b\n1,2\n", "holds no poses"),
        ("l.csv", "frame,person,joint,x_px,y_px\n99,0,neck,1,2\n", "labels no frame"),
        ("l.mat", "x", "MATLAB"),
        ("l.txt", "x", "ground truth; give"),
    ],
)
def test_bad_files_are_told_in_one_sentence(
    tmp_path: Path, name: str, content: str, words: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(PoseViewerError, match=words):
        truth_of(DotsClip(8), tmp_path / name)
    with pytest.raises(PoseViewerError, match=r"l.none is not ground truth"):
        truth_of(DotsClip(8), tmp_path / "l.none")


def test_joints_that_no_skeleton_has_make_one_of_their_own(tmp_path: Path) -> None:
    joints = tuple(f"marker_{n}" for n in range(len(COCO)))
    labels = tmp_path / "l.json"
    labels.write_text(json.dumps(table({"f_2.png": [(8, 9)]}, joints=joints)))
    poses = truth_of(DotsClip(4), labels).at(2)
    assert poses.skeleton.joints == joints
    assert poses.skeleton.bones == ((0, 1), (1, 2))
    assert matching_skeleton(load_skeleton("mpii-16").joints).name == "mpii-16"


def test_errors_and_hits_are_those_of_the_evaluation(shared: Path) -> None:
    network = NetworkState(model="hourglass-lite", engine="torch", device="cpu")
    estimator = load_network(network).estimator(ReadingState())
    specs = card("hourglass-lite").stages
    labels = read_truth(shared / "data")[0].first(4)
    answers = ask(estimator, labels)
    columns = list(answers.columns)
    true = np.stack([one.joints[columns] for one in labels.people])
    seen = np.stack([one.seen[columns] for one in labels.people])
    lengths = torsos(true, seen=seen, names=answers.joints, either=True)

    skeleton = matching_skeleton(labels.joints)
    compared = 0
    for n, one in enumerate(labels.people):
        frame = Frame(labels.pictures(one.picture), n, Timestamp(n, Fraction(1)))
        result = estimator.estimate(frame, one.crop, Request())
        truth = true_place(_poses([one], skeleton, np.eye(2, 3)), result.poses, person=0)
        found = converge(result, specs=specs, truth=truth)
        ours = [result.poses.skeleton.joints.index(joint) for joint in answers.joints]
        for stage, given in enumerate(answers.given):
            wanted = errors(given[n], true[n])
            assert found.error[stage, ours][seen[n]] == pytest.approx(wanted[seen[n]], abs=1e-4)
            right = PCK_EITHER.right(wanted, lengths[n])
            assert found.hits[stage, ours][seen[n]].tolist() == right[seen[n]].tolist()
            compared += int(seen[n].sum())
    assert compared >= 3 * 3 * 10
    assert PCK_EITHER.threshold == PCK_SHARE
