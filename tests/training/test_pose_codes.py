"""Codes of poses: trained, written, run without torch; views by an independent camera."""

import json

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file
from torch.nn import functional

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.likeness import JOINTS
from poseviewer.core.skeleton import load_skeleton
from poseviewer.mannequin.loft import Camera
from poseviewer.models.pose_codes import (
    POSE,
    VIEW,
    network_input,
    pose_codes,
    read_joints,
    read_pose_codes,
)
from poseviewer.training.pose_codes import Trainer, measure_pose_codes, train_pose_codes
from poseviewer.training.pose_views import Sides, random_poses, random_sides

LSP = load_skeleton("lsp-14")


@pytest.fixture(scope="module")
def poses():
    return random_poses(range(64))


@pytest.fixture(scope="module")
def trainer():
    made = Trainer(steps=20)
    for _ in range(4):
        made.step()
    return made


def sides(count, *, azimuth=0.0, elevation=0.0, roll=0.0, distance=5.0):
    return Sides(*(np.full(count, value) for value in (azimuth, elevation, roll, distance)))


def test_random_poses_face_the_same_way_and_are_the_same_again(poses):
    across = poses[:, LSP.index("left_hip")] - poses[:, LSP.index("right_hip")]
    assert np.abs(across[:, 2]).max() < 1e-9
    assert (across[:, 0] > 0).all()
    np.testing.assert_array_equal(random_poses([5, 9]), poses[[5, 9]])


def test_a_level_view_is_that_of_the_mannequins_camera(poses):
    camera = Camera(1.0, 0.0, 0.0, distance=5.0, eye=0.0)
    np.testing.assert_allclose(sides(64).project(poses), camera.project(poses)[0], atol=1e-9)


def test_from_behind_left_and_right_change_places(poses):
    far = sides(64, distance=1e9)
    behind = sides(64, azimuth=np.pi, distance=1e9)
    np.testing.assert_allclose(
        behind.project(poses), far.project(poses) * (-1, 1), rtol=0, atol=1e-6
    )


def test_a_roll_turns_the_picture_and_changes_no_distance(poses):
    def apart(at):
        return np.linalg.norm(at[:, :, None] - at[:, None], axis=-1)

    level = sides(64, elevation=0.3).project(poses)
    rolled = sides(64, elevation=0.3, roll=0.4).project(poses)
    np.testing.assert_allclose(apart(rolled), apart(level), atol=1e-9)


def test_what_is_read_depends_neither_on_place_nor_on_size(poses):
    at = sides(64).project(poses)
    read = network_input(read_joints(at, LSP))
    assert read.shape == (64, 2 * len(JOINTS))
    moved = network_input(read_joints(at * 137 + (400, -20), LSP))
    np.testing.assert_allclose(moved, read, atol=1e-4)


def test_without_torch_the_networks_give_the_same(trainer, tmp_path, poses):
    path = tmp_path / "codes.safetensors"
    save_file({k: v.astype(np.float32) for k, v in trainer.tensors().items()}, path)
    codes = read_pose_codes(path)
    random = np.random.default_rng(0)
    read = network_input(read_joints(random_sides(64, random).project(poses), LSP))
    trainer.networks.eval()
    with torch.no_grad():
        seen = torch.from_numpy(read)
        embedded = functional.normalize(trainer.networks["embed"](seen)).numpy()
        whole = trainer.networks["encode"](seen)
        pose, view = functional.normalize(whole[:, :POSE]), whole[:, POSE:]
        drawn = trainer.networks["decode"](torch.cat([pose, view], dim=1)).numpy()
    trainer.networks.train()
    # The weights were rounded to half precision.
    np.testing.assert_allclose(codes.embed(read), embedded, atol=5e-3)
    found = codes.take_apart(read)
    assert found[1].shape == (64, VIEW)
    np.testing.assert_allclose(found[0], pose.numpy(), atol=5e-3)
    np.testing.assert_allclose(found[1], view.numpy(), atol=2e-2)
    ours = codes.put_together(pose.numpy(), view.numpy())
    np.testing.assert_allclose(ours.reshape(64, -1), drawn, atol=2e-2)


def test_training_writes_weights_and_what_they_are_worth(tmp_path, monkeypatch):
    monkeypatch.setattr("poseviewer.training.pose_codes._LEARNT", range(1_000, 1_600))
    monkeypatch.setattr("poseviewer.training.pose_codes.HELD_OUT", range(50))
    scores = train_pose_codes(tmp_path, epochs=1, seed=3, threads=1)
    card = json.loads((tmp_path / "pose-codes.json").read_text())
    assert card["held_out"] == scores
    assert "--seed 3" in card["command"]
    assert scores == measure_pose_codes(read_pose_codes(tmp_path / "pose-codes.safetensors"))


@pytest.mark.parametrize("damage", ["cut", "empty", "other", "shape"])
def test_damaged_weights_are_one_sentence(trainer, tmp_path, damage):
    path = tmp_path / "codes.safetensors"
    tensors = trainer.tensors()
    if damage == "shape":
        tensors["embed.5.weight"] = tensors["embed.5.weight"][:3]
    save_file({"a": np.zeros(3)} if damage == "other" else tensors, path)
    if damage in ("cut", "empty"):
        path.write_bytes(path.read_bytes()[: 5000 if damage == "cut" else 0])
    with pytest.raises(PoseViewerError, match=r"cannot be read: codes\.safetensors is missing or"):
        read_pose_codes(path)


def test_what_ships_keeps_its_word():
    found = measure_pose_codes(pose_codes())
    assert found["recall_embedding"]["1"] > 0.6 > 6 * found["recall_raw"]["1"]
    assert found["recall_pose_code"]["1"] > 0.6
    assert found["recall_view_code"]["1"] < 0.05
    assert found["swap"] < 0.5 * min(found["copy_of_pose"], found["copy_of_view"])


def test_the_weights_are_small():
    from poseviewer.core.assets import weights

    path = weights("pose-codes.safetensors")
    assert path.stat().st_size < 6 << 20
    assert all(np.isfinite(tensor).all() for tensor in load_file(path).values())
