"""The views and the measures by which a reader of joints' states learns and is judged."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import cv2
import numpy as np
import pytest
import torch

from poseviewer.core.affine import Box
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.pose import Visibility
from poseviewer.core.skeleton import load_skeleton
from poseviewer.models.facts import facts
from poseviewer.models.registry import card
from poseviewer.pipeline.joint_states import JointReader, evidence, reader_of
from poseviewer.training.gpu_pack import ABSENT, OCCLUDED, SOURCES, UNKNOWN, VISIBLE
from poseviewer.training.joint_states import (
    Examples,
    calibrated,
    drawn_scores,
    export,
    learned,
    main,
    mirrored,
    reliability,
)
from poseviewer.training.joint_views import UNPLACED, Shown, drawn, people
from tests.training.test_gpu_views import figure

if TYPE_CHECKING:
    from pathlib import Path

SKELETON = load_skeleton("poseviewer-23")
K = len(SKELETON.joints)
HOURGLASS = card("hourglass-lite")


def person(**changes: object) -> Shown:
    joints = figure().astype(np.float64)
    image = np.full((210, 160, 3), 60, np.uint8)
    for x, y in joints:
        cv2.circle(image, (int(x), int(y)), 4, (60, 255, 60), -1)
    known = Shown(
        image, joints, np.full(K, VISIBLE), 60.0, Box.centred(80, 102, 240, 240), "coco", "7"
    )
    return replace(known, **changes)  # type: ignore[arg-type]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """Three people of COCO, one to learn from, and one of LSPET; a picture each."""
    folder = tmp_path / "pack"
    folder.mkdir()
    coded, ends = b"", []
    for seed in range(4):
        pixels = np.random.default_rng(seed).integers(0, 256, (210, 160, 3), np.uint8)
        coded += cv2.imencode(".png", pixels)[1].tobytes()
        ends.append(len(coded))
    (folder / "images.bin").write_bytes(coded)
    joints = np.tile(figure(), (4, 1, 1))
    state, weight = np.full((4, K), VISIBLE, np.uint8), np.ones((4, K), np.float16)
    number = SKELETON.index
    # Taught by others, left out as nobody could place it, and never asked for.
    weight[:, number("nose")] = 0.7
    state[:, number("left_ankle")], weight[:, number("left_ankle")] = ABSENT, 0.5
    state[:, number("neck")], weight[:, number("neck")] = UNKNOWN, 0
    np.savez(
        folder / "people.npz",
        end=ends, joints=joints, state=state, weight=weight,
        box=np.zeros((4, 4), np.float32), nominal=np.tile([80, 102, 240], (4, 1)),
        extent=np.tile([160, 210], (4, 1)), id=np.array(["1", "2", "3", "5"]),
        source=[SOURCES.index(name) for name in ("coco", "coco", "lspet", "coco")],
        split=np.array(["train", "val", "train", "val"]),
    )  # fmt: skip
    return tmp_path


def test_what_a_data_set_leaves_out_counts_as_not_placed(pack: Path) -> None:
    coco, lspet = people(pack, split="train", skeleton=SKELETON)
    at = SKELETON.index
    assert coco.state[at("left_ankle")] == UNPLACED
    assert coco.state[at("left_heel")] == coco.state[at("left_big_toe")] == UNPLACED
    assert coco.state[at("nose")] == UNKNOWN, "teachers are certain of it"
    assert coco.state[at("neck")] == UNKNOWN, "COCO has none"
    assert coco.state[at("right_heel")] == VISIBLE
    assert lspet.state[at("neck")] == UNPLACED, "LSPET has one"
    a, b = figure()[[at("left_shoulder"), at("right_hip")]]
    assert coco.torso == pytest.approx(float(np.linalg.norm(a - b)))
    with pytest.raises(PoseViewerError, match=r"people\.npz"):
        next(people(pack / "nothing", split="val", skeleton=SKELETON))


def test_a_cut_view_keeps_joints_on_their_pixels_and_knows_what_it_lacks() -> None:
    rng = np.random.default_rng(1)
    for _ in range(40):
        view = drawn(person(), rng=rng, skeleton=SKELETON, group="waist up")
        height, width = view.image.shape[:2]
        placed = view.placed()
        assert placed[SKELETON.index("left_hip")]
        assert not placed[SKELETON.index("left_ankle")]
        at = view.joints[placed].round().astype(int)
        assert (at >= 0).all()
        assert (at < (width, height)).all()
        assert (view.image[at[:, 1], at[:, 0], 1] > 200).all()
        assert (view.state[~placed] == ABSENT).all()
        assert view.region.width == view.region.height


def test_what_covers_a_joint_hides_it() -> None:
    rng = np.random.default_rng(4)
    views = [drawn(person(), rng=rng, skeleton=SKELETON) for _ in range(300)]
    hidden = sum(int((view.state == OCCLUDED).sum()) for view in views)
    cut = sum((view.state == ABSENT).any() for view in views)
    assert 20 < hidden < 1500
    assert 90 < cut < 250


def test_evidence_is_mirrored_as_pictures_are() -> None:
    rng = np.random.default_rng(0)
    maps = rng.random((1, K, 48, 48), np.float32)
    edges = np.array([[12.0, -0.5, 170.0, 191.5]])
    other = np.ascontiguousarray(maps[:, list(SKELETON.mirror), :, ::-1])
    swapped = np.array([[191 - 170.0, -0.5, 191 - 12.0, 191.5]])
    codec = HOURGLASS.heatmaps
    first = evidence([maps], codec=codec, mirror=SKELETON.mirror, edges=edges)
    second = evidence([other], codec=codec, mirror=SKELETON.mirror, edges=swapped)
    np.testing.assert_allclose(mirrored(first, SKELETON.mirror), second, atol=1e-5)


def examples(count: int, *, seed: int = 0) -> Examples:
    """Views of which the first number says whether all joints are right, seven times in eight."""
    rng = np.random.default_rng(seed)
    found = np.zeros((count, K * 7 + 4), np.float32)
    found[:, 2] = rng.normal(size=count)
    told = found[:, 2] > 0
    right = np.where(rng.random(count) < 1 / 8, ~told, told)[:, None].repeat(K, axis=1)
    state = np.where(right, VISIBLE, ABSENT)
    return Examples(
        found,
        np.full((count, K), 0.9, np.float32),
        right,
        np.ones((count, K), bool),
        state,
        np.ones((count, K), bool),
        np.array([("lspet", "coco", "exercise", "nobody")[n % 4] for n in range(count)]),
        np.arange(count).astype(str),
    )


def test_a_reader_learns_and_is_calibrated() -> None:
    torch.set_num_threads(1)
    train, val = examples(2000), examples(2000, seed=1)
    # Joint by joint: the evidence of each is its own, and the mirror swaps none.
    reader = learned(train, mirror=range(K), hidden=8, epochs=20, seed=0)
    fitted = calibrated(reader, val)
    confidence, states = fitted.read(val.found)
    told = val.found[:, 2] > 0.2
    assert confidence[told].mean() == pytest.approx(7 / 8, abs=0.06)
    assert (states[told] == Visibility.VISIBLE).mean() > 0.9
    assert reliability(confidence, val)["expected_calibration_error"] < 0.2
    assert reliability(val.peak, val)["expected_calibration_error"] > 0.3


def test_what_is_drawn_is_judged_by_what_is_there() -> None:
    made = examples(4)
    state = np.full((4, K), UNKNOWN)
    # Right, found elsewhere, not labelled, outside.
    state[0, :4] = VISIBLE, OCCLUDED, UNPLACED, ABSENT
    right = np.zeros((4, K), bool)
    right[0, 0] = True
    judged = replace(made, state=state, right=right, known=state != UNKNOWN)
    shown = np.zeros((4, K), bool)
    shown[0, :3] = True
    scores = drawn_scores(shown, judged)
    assert scores["precision"] == pytest.approx(1 / 3, abs=1e-3)
    assert scores["recall"] == 0.5
    assert scores["f1"] == 0.4
    assert scores["precision there"] == pytest.approx(2 / 3, abs=1e-3)
    assert scores["recall there"] == 1
    assert scores["of what is not there"] == 0.5


def test_reliability_counts_in_tenths() -> None:
    made = examples(1000)
    half = made.right.mean(dtype=float)
    table = reliability(np.full(made.right.shape, 0.95, np.float32), made)
    assert table["expected_calibration_error"] == pytest.approx(0.95 - half, abs=1e-3)
    assert table["bins"] == [[0.95, round(half, 3), 1000 * K]]


def test_a_reader_lies_beside_its_weights_and_in_the_card(tmp_path: Path) -> None:
    shipped = reader_of(HOURGLASS)
    assert shipped is not None
    export(shipped, HOURGLASS, tmp_path, report={"peak": 1})
    table = json.loads((tmp_path / "hourglass-lite.json").read_text(encoding="utf-8"))
    assert table["joints"] == {"peak": 1}
    assert table["sha256"] == facts(HOURGLASS)["sha256"]
    again = reader_of(replace(HOURGLASS, weights=tmp_path / "hourglass-lite.safetensors"))
    assert again is not None
    for name in JointReader.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(again, name), getattr(shipped, name))


@pytest.mark.slow
def test_the_command_makes_a_reader_from_a_pack(
    pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    monkeypatch.setattr("poseviewer.training.joint_states.VIEWS", {"coco": 40, "lspet": 40})
    monkeypatch.setattr("poseviewer.training.joint_states._BATCH", 16)
    given = ["--model", "hourglass-lite", "--data", str(pack), "--out", str(out), "--epochs", "2"]
    main(given)
    assert reader_of(replace(HOURGLASS, weights=out / "hourglass-lite.safetensors")) is not None
    table = json.loads((out / "hourglass-lite.json").read_text(encoding="utf-8"))
    assert set(table["joints"]["sets"]) == {"coco", "cut off"}
