"""The lifter learns, goes on from a checkpoint, and is used as it was trained."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from poseviewer.core.errors import PoseViewerError
from poseviewer.mannequin.bodies import JOINTS, random_bodies
from poseviewer.pipeline.lifter import SKELETON, centred, load_lifter
from poseviewer.training.lifter import Cameras, LifterPlan, LifterRun, train_lifter

if TYPE_CHECKING:
    from pathlib import Path

HIPS = [JOINTS.index("left_hip"), JOINTS.index("right_hip")]


def plan(folder: Path, *, steps: int) -> LifterPlan:
    return LifterPlan(folder, epochs=steps * 32 / 200, bodies=200, batch=32)


def test_bodies_have_both_sides_alike_and_limbs_of_people() -> None:
    bodies = random_bodies(60, seed=3)
    assert np.array_equal(bodies, random_bodies(60, seed=3))
    assert SKELETON.joints == JOINTS

    def length(one: str, other: str) -> np.ndarray:
        return np.linalg.norm(bodies[:, JOINTS.index(one)] - bodies[:, JOINTS.index(other)], axis=1)

    for joint, next_joint in (("hip", "knee"), ("knee", "ankle"), ("shoulder", "elbow")):
        left, right = (length(f"{s}_{joint}", f"{s}_{next_joint}") for s in ("left", "right"))
        assert left == pytest.approx(right, abs=1e-5)
        assert 0.2 < left.min() < left.max() < 0.55
    assert length("left_ear", "right_ear") == pytest.approx(0.17, abs=0.01)


def test_what_a_camera_sees_is_centred_as_when_it_is_used() -> None:
    cameras = Cameras(random_bodies(20, seed=1), seed=1, sets=["coco-17"])
    read, truth, there = cameras.take(16, noise=0.0, at=4)
    again, _, _ = cameras.take(16, noise=0.0, at=4)
    assert torch.equal(read, again)
    assert truth[:, HIPS].mean(dim=1).abs().max() < 1e-5
    # Without noise the joints are where some camera puts them; the same places read alike.
    xy = read[:, : 2 * len(JOINTS)].reshape(16, -1, 2).numpy() * 57 + 100
    assert centred(xy, there.numpy()) == pytest.approx(read.numpy(), abs=1e-3)
    assert not there[:, JOINTS.index("head_top")].any()


def test_it_learns_and_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    scores = train_lifter(plan(tmp_path / "whole", steps=40), judged=40)
    assert scores["poseviewer-23, exact"]["mpjpe"] > 0
    run = LifterRun(plan(tmp_path / "parts", steps=40))
    (tmp_path / "parts").mkdir()
    losses = [run.step() for _ in range(25)]
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])
    run.save({})
    train_lifter(plan(tmp_path / "parts", steps=40), resume=True, judged=40)
    one, other = (
        load_lifter(tmp_path / name / "lifter.safetensors") for name in ("whole", "parts")
    )
    assert one is not None
    assert other is not None
    for (weight, bias), (same, alike) in zip(one.layers, other.layers, strict=True):
        assert np.array_equal(weight, same)
        assert np.array_equal(bias, alike)


def test_folded_layers_answer_as_the_network_does(tmp_path: Path) -> None:
    run = LifterRun(plan(tmp_path, steps=30))
    for _ in range(6):
        run.step()
    lifter = run.lifter()
    read, _, _ = Cameras(random_bodies(20, seed=9), seed=9).take(16)
    network = run.averaged().eval()
    with torch.no_grad():
        wanted = network(read).numpy()
    assert lifter.answer(read.numpy()) == pytest.approx(wanted, abs=1e-4)


def test_without_a_checkpoint_there_is_nothing_to_go_on_from(tmp_path: Path) -> None:
    with pytest.raises(PoseViewerError, match="There is no checkpoint"):
        train_lifter(plan(tmp_path, steps=4), resume=True)
