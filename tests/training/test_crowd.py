"""Training of a network that finds everybody: two steps on a pack of three pictures."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from poseviewer.models.facts import digest
from poseviewer.models.openpose_lite import OpenPoseLite
from poseviewer.models.registry import card
from poseviewer.models.weights import load_weights
from poseviewer.training import crowd
from poseviewer.training.crowd import train_crowd
from poseviewer.training.recipe import Plan, field_loss

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    import pytest
    from numpy.typing import NDArray
    from torch import nn

    from poseviewer.training.teacher import Seen


def narrow() -> nn.Module:
    return OpenPoseLite(refinements=1, features=16, blocks=1)


def test_two_steps_leave_weights_card_and_checkpoint(pack: Path, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    whole = card("openpose-lite")
    small = replace(whole, input_size=(96, 64), build=narrow, stages=whole.stages[:4])
    plan = Plan(pack, tmp_path / "out", epochs=0.5, batch=2, coco_repeats=1, threads=1)
    scores = train_crowd(small, plan, command="poseviewer train")
    weights = tmp_path / "out" / "openpose-lite.safetensors"
    facts = json.loads(weights.with_suffix(".json").read_text())
    assert facts["sha256"] == digest(weights)
    assert facts["steps"] == 2
    assert "COCO" in facts["rule"]
    # One number a stage, not one for fields and one for beliefs.
    assert len(scores["coco"]["AP"]) == 2
    load_weights(narrow(), weights, sha256=facts["sha256"])

    train_crowd(small, replace(plan, epochs=1), resume=True)
    later = json.loads(weights.with_suffix(".json").read_text())
    assert later["steps"] == 3


def test_a_teacher_looks_at_every_picture_once_and_is_named(
    pack: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.set_num_threads(1)
    looks = []

    class Blind:
        def __init__(self, path: Path) -> None:
            assert path.name == "movenet-multipose.json"

        def look(self, pixels: NDArray[np.uint8], *, side: int) -> list[Seen]:
            looks.append((pixels.shape, side))
            return []

    monkeypatch.setattr(crowd, "Teacher", Blind)
    whole = card("openpose-lite")
    small = replace(whole, input_size=(96, 64), build=narrow, stages=whole.stages[:4])
    teacher = tmp_path / "movenet-multipose.json"
    plan = Plan(
        pack, tmp_path / "out", epochs=0.5, batch=2, coco_repeats=2, threads=1, teacher=teacher
    )
    train_crowd(small, plan)
    # The two crops and the one photo that are trained on, however often an epoch shows them.
    assert sorted(side for _, side in looks) == [256, 256, 512]
    facts = json.loads((tmp_path / "out" / "openpose-lite.json").read_text())
    assert "movenet-multipose" in facts["data"]


def test_the_loss_is_nothing_for_the_truth_and_looks_where_cells_count() -> None:
    torch.manual_seed(0)
    fields, beliefs = torch.rand(2, 4, 5, 5), torch.rand(2, 3, 5, 5)
    ones = torch.ones_like(fields), torch.ones_like(beliefs)
    kinds = [True, False, True, False]

    def loss(stages: list[torch.Tensor], weights=ones, *, every: bool = True) -> float:
        truth = {"fields": (fields, weights[0]), "beliefs": (beliefs, weights[1])}
        return field_loss(stages, kinds, **truth, every=every).item()

    right = [fields, beliefs, fields, beliefs]
    assert loss(right) == 0
    assert loss([fields + 1, *right[1:]]) > 0
    assert loss([fields + 1, beliefs + 1, *right[2:]], every=False) == 0
    assert loss([*right[:3], beliefs + 1], every=False) > 0
    # What does not count may be wrong.
    weights = (ones[0].clone(), ones[1].clone())
    weights[1][:, 1] = 0
    wrong = beliefs.clone()
    wrong[:, 1] += 5
    assert loss([fields, wrong, fields, wrong], weights) == 0
    # A rare cell counts more than an empty one.
    fields[:] = 0
    beliefs[:] = 0
    beliefs[:, -1] = 1
    beliefs[0, 0, 2, 2] = 1
    missed, imagined = beliefs.clone(), beliefs.clone()
    missed[0, 0, 2, 2] = 0
    imagined[0, 1, 2, 2] = 1
    truth = {"fields": (fields, ones[0]), "beliefs": (beliefs, ones[1])}
    assert field_loss([missed], [False], **truth) > 5 * field_loss([imagined], [False], **truth)
