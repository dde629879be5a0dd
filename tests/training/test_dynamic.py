"""Training of a network that generates heads: a few steps on a pack of three pictures."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from poseviewer.models.facts import digest
from poseviewer.models.fcpose_lite import FCPoseLite
from poseviewer.models.registry import card
from poseviewer.models.weights import load_weights
from poseviewer.training.dynamic import PeopleBatches, keypoint_loss, nearest_centres, train_dynamic
from poseviewer.training.recipe import Plan
from poseviewer.training.scenes import TrainingScene

if TYPE_CHECKING:
    from pathlib import Path


def test_some_steps_leave_weights_card_and_checkpoint(pack: Path, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    whole = card("fcpose-lite")
    made: list[FCPoseLite] = []

    def narrow() -> FCPoseLite:
        made.append(FCPoseLite(width=0.35, people=6))
        return made[-1]

    small = replace(whole, input_size=(96, 64), build=narrow)
    plan = Plan(pack, tmp_path / "out", epochs=0.2, batch=2, coco_repeats=1, threads=1)
    scores = train_dynamic(small, plan, command="poseviewer train")
    trained, start = made[0].state_dict(), FCPoseLite(width=0.35, people=6)
    weights = tmp_path / "out" / "fcpose-lite.safetensors"
    facts = json.loads(weights.with_suffix(".json").read_text())
    assert facts["sha256"] == digest(weights)
    assert facts["steps"] >= 2
    # Of the peaks, and of where directions end.
    assert len(scores["coco"]["AP"]) == 2
    assert all(torch.isfinite(one).all() for one in trained.values())
    load_weights(start, weights, sha256=facts["sha256"])

    train_dynamic(small, replace(plan, epochs=1.0), resume=True)
    later = json.loads(weights.with_suffix(".json").read_text())
    assert later["steps"] > facts["steps"]
    again = made[2].state_dict()
    for name, one in trained.items():
        # What finds people stays as it was.
        stays = name.split(".")[0] in ("trunk", "centre_hidden", "centres", "ways")
        assert not stays or torch.equal(one, again[name]), name
    assert not torch.equal(trained["controller.weight"], again["controller.weight"])


def test_people_of_a_batch_lie_in_their_views() -> None:
    rng = np.random.default_rng(3)
    joints = rng.uniform(20, 180, (2, 17, 2))
    seen = np.ones((2, 17), bool)
    picture = rng.integers(0, 256, (200, 200, 3), np.uint8)
    scene = TrainingScene(lambda: picture, joints, seen, seen, np.ones(17, bool), "coco")
    batches = PeopleBatches([scene] * 4, mirror=range(17), size=4, seed=0, side=64)
    batch = next(batches.batches())
    assert batch.images.shape == (4, 64, 64, 3)
    assert batch.picture.tolist() == sorted(batch.picture.tolist())
    assert len(batch.joints) == len(batch.picture) > 0
    assert (batch.seen.sum(axis=1) >= 3).all()
    inside = batch.joints[batch.seen]
    assert (inside > -0.5).all()
    assert (inside < 63.5).all()


def test_the_loss_is_small_for_the_truth_and_leaves_out_what_is_not_labelled() -> None:
    joints = torch.tensor([[[20.0, 30.0], [44.0, 12.0]]])
    seen = torch.ones(1, 2, dtype=torch.bool)
    x, y = torch.meshgrid(torch.arange(8) * 8 + 3.5, torch.arange(8) * 8 + 3.5, indexing="xy")
    away = joints[..., None, None] - torch.stack([x, y])
    maps = -4 * torch.linalg.vector_norm(away, dim=2)

    def loss(maps=maps, away=away, seen=seen) -> float:
        return keypoint_loss(maps, away, joints=joints, seen=seen).item()

    best = loss()
    assert best < loss(torch.zeros_like(maps))
    assert best < loss(away=away + 10)
    # Two cells off, as sure as before.
    assert best + 5 < loss(torch.roll(maps, 2, dims=3))
    wrong = maps.clone()
    wrong[0, 1] = torch.roll(maps[0, 1], 3, dims=0)
    hidden = torch.tensor([[True, False]])
    assert loss(wrong, seen=hidden) == pytest.approx(loss(seen=hidden))
    assert loss(seen=torch.zeros_like(seen)) == 0


def test_the_centre_of_a_person_is_looked_for_near_the_middle() -> None:
    centres = torch.zeros(2, 20, 20)
    centres[1, 10, 9], centres[1, 2, 2] = 0.5, 0.9
    joints = torch.tensor([[[10.0, 10.0], [70.0, 70.0]], [[10.0, 10.0], [70.0, 70.0]]])
    seen = torch.ones(2, 2, dtype=torch.bool)
    found = nearest_centres(centres, torch.tensor([1, 0]), joints, seen)
    # The sure cell far away is another person's; where nobody is seen, the middle counts.
    assert found[0].tolist() == [10, 9]
    assert (found[1] * 4 + 1.5 - 40).abs().max() <= 2
