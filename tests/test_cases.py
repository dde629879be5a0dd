"""Small inputs that failed once, each with its right value; they lie in the shared material."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from poseviewer.core.angle_file import read_angles, usable_angles
from poseviewer.core.errors import LONGEST, PoseViewerError
from poseviewer.models.facts import facts
from poseviewer.models.importers.files import read_contents
from poseviewer.models.importers.folder import model_folder
from poseviewer.models.importers.stored import complaints, stored_cards
from poseviewer.models.registry import card, shipped
from poseviewer.truth.frames import truth_of
from poseviewer.truth.readers import read_truth
from poseviewer.video.stills import FolderClip, read_image

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LABELS = [
    ("coco_10_mpii.json", "nested too deeply"),
    ("coco_126_coco.json", "keypoints of annotation 3 should be 51 numbers"),
    ("coco_137_mpiicpm.json", "joints of a person should be"),
    ("cocoof_13_mpii.json", "joints of a person should be"),
    ("csv_4_t.csv", "not UTF-8"),
    ("h5_44_mp.h5", "not UTF-8"),
    ("mat_2_lsp.mat", "not finite, or beyond"),
    ("matof_0_lsp.mat", "3 x 14 x 5 numbers"),
    ("coco/nanbbox.json", "the box of annotation 10 holds a number that is not finite"),
]
CHECKPOINTS = [
    ("self.pth", "nothing to import"),
    ("deep.pth", "nothing to import"),
    ("meta.pth", r"empty \(meta\) tensors"),
    ("blow40.pb", "more than 1024 MB"),
    ("script.pt", "TorchScript program"),
]


@pytest.fixture
def cases(shared: Path) -> Path:
    """The folder of these inputs; skips where it is absent."""
    folder = shared / "cases"
    if not folder.is_dir():
        pytest.skip("needs the cases of the shared material")
    return folder


def told(read: Callable[[], object], match: str) -> None:
    """Check that reading fails in one sentence."""
    with pytest.raises(PoseViewerError, match=match) as failure:
        read()
    assert len(str(failure.value)) <= LONGEST
    assert "\n" not in str(failure.value)


@pytest.mark.parametrize(("name", "match"), LABELS)
def test_damaged_labels_are_one_sentence(cases: Path, name: str, match: str) -> None:
    path = cases / "labels" / name
    if path.suffix == ".h5":
        pytest.importorskip("h5py")
    if path.suffix == ".csv":
        clip = FolderClip(str(cases / "labels" / "coco" / "images"))
        told(lambda: truth_of(clip, path), match)
    else:
        told(lambda: read_truth(path, split="all"), match)


def test_boxes_of_another_category_stand_beside_people(cases: Path) -> None:
    path = cases / "labels" / "coco" / "plaincat_ann.json"
    (truth,) = read_truth(path)
    assert len(truth.people) == 3
    shown = truth_of(FolderClip(str(path.parent / "images")), path)
    assert shown is not None
    found = [shown.at(number) for number in range(3)]
    assert [len(poses) for poses in found if poses is not None] == [1, 1, 1]


@pytest.mark.parametrize(("name", "match"), CHECKPOINTS)
def test_hostile_checkpoints_are_one_sentence(cases: Path, name: str, match: str) -> None:
    told(lambda: read_contents(cases / "checkpoints" / name), match)


def test_a_picture_that_claims_too_much_is_refused_from_its_header(cases: Path) -> None:
    path = cases / "pictures" / "jpg32k.jpg"
    script = (
        "import sys, pathlib; from poseviewer.video.stills import read_image\n"
        "try: read_image(pathlib.Path(sys.argv[1]))\n"
        "except Exception as error: print(type(error).__name__)\n"
        "print(pathlib.Path('/proc/self/status').read_text().split('VmHWM:')[1].split()[0])"
    )
    if sys.platform != "linux":
        pytest.skip("counts memory as Linux does")
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True
    )
    kind, kilobytes = done.stdout.split()
    assert kind == "PoseViewerError"
    assert int(kilobytes) < 300_000
    told(lambda: read_image(path), "more than 1024 MB")


@pytest.mark.parametrize(
    ("name", "match", "left"),
    [
        ("angles_101_angles.toml", "the name of an angle", ["right knee a", "left knee a"]),
        ("angles_39_angles.toml", "the offset is no number", ["right knee b", "left knee b"]),
        ("angles_9_angles.toml", "nested too deeply|TOML|array", []),
    ],
)
def test_one_bad_angle_hides_no_other(cases: Path, name: str, match: str, left: list[str]) -> None:
    path = cases / "settings" / name
    told(lambda: read_angles(path), match)
    found, complaint = usable_angles(path)
    assert [spec.name for spec in found] == left
    assert 0 < len(complaint) <= LONGEST


@pytest.mark.parametrize("name", ["card_3_card.json", "card_76_card.json"])
def test_one_bad_card_hides_no_other(cases: Path, name: str) -> None:
    shutil.copy(cases / "settings" / name, model_folder() / "bad.json")
    good = {
        "version": 1,
        "layout": "card",
        "settings": {"card": "cpm-lite"},
        "title": "Good",
        "licence": "unknown",
        "source": "here",
        "parameters": 3,
    }
    (model_folder() / "good.json").write_text(json.dumps(good))
    assert [one.name for one in stored_cards(shipped())] == ["good"]
    (sentence,) = complaints(shipped())
    assert "bad.json" in sentence
    assert len(sentence) <= LONGEST


def test_damaged_facts_are_one_sentence(cases: Path, tmp_path: Path) -> None:
    shutil.copy(cases / "settings" / "facts_15_facts.json", tmp_path / "w.json")
    beside = replace(card("hourglass-lite"), weights=tmp_path / "w.safetensors")
    told(lambda: facts(beside), r"w\.json is not the card")
