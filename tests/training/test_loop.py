"""Training on a pack of three pictures: it learns, stops, goes on and leaves its weights."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import load_file

from poseviewer.core.errors import PoseViewerError
from poseviewer.models.facts import digest
from poseviewer.models.hourglass_lite import HourglassLite
from poseviewer.models.registry import card
from poseviewer.models.weights import load_weights
from poseviewer.training.checkpoint import Average, initialise
from poseviewer.training.heatmaps import train
from poseviewer.training.recipe import Plan

if TYPE_CHECKING:
    from pathlib import Path

    from torch import nn


def two_stacks() -> nn.Module:
    return HourglassLite(stacks=2, features=16)


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def small() -> object:
    """The lite hourglass, narrow and at 64 pixels, from random weights."""
    whole = card("hourglass-lite")
    return replace(whole, input_size=(64, 64), build=two_stacks, stages=whole.stages[:2])


def test_training_leaves_weights_card_and_checkpoint(
    small: object, pack: Path, tmp_path: Path
) -> None:
    plan = Plan(pack, tmp_path / "out", epochs=1, batch=2, coco_repeats=1, threads=1)
    scores = train(small, plan, command="poseviewer train")  # type: ignore[arg-type]
    assert set(scores) == {"lspet", "coco"}
    weights = tmp_path / "out" / "hourglass-lite.safetensors"
    told = json.loads(weights.with_suffix(".json").read_text())
    assert told["sha256"] == digest(weights)
    assert told["command"] == "poseviewer train"
    assert told["images"] >= 3
    assert len(told["validation"]["lspet"]["pck@0.2"]) == 2
    assert {t.dtype for t in load_file(weights).values()} == {torch.float16}
    load_weights(two_stacks(), weights, sha256=told["sha256"])

    # Going on with a longer schedule starts where the first sitting ended.
    train(small, replace(plan, epochs=2), resume=True)  # type: ignore[arg-type]
    later = json.loads(weights.with_suffix(".json").read_text())
    assert later["steps"] > told["steps"]
    assert later["sha256"] != told["sha256"]


def test_going_on_without_a_checkpoint_is_refused(
    small: object, pack: Path, tmp_path: Path
) -> None:
    plan = Plan(pack, tmp_path / "out", epochs=1, batch=2)
    with pytest.raises(PoseViewerError, match="no checkpoint"):
        train(small, plan, resume=True)  # type: ignore[arg-type]


def test_a_pickle_is_not_a_checkpoint(small: object, pack: Path, tmp_path: Path) -> None:
    torch.save({"module": {}}, tmp_path / "hourglass-lite.checkpoint.pt")
    plan = Plan(pack, tmp_path, epochs=1, batch=2)
    with pytest.raises(PoseViewerError, match="not a checkpoint"):
        train(small, plan, resume=True)  # type: ignore[arg-type]


def test_the_average_follows_and_can_be_restored() -> None:
    module = torch.nn.BatchNorm1d(2)
    average = Average(module, decay=0.5)
    with torch.no_grad():
        module.weight.fill_(3.0)
    for step in range(100, 103):
        average.update(step=step)
    assert average.tensors["weight"].tolist() == pytest.approx([2.75, 2.75])
    again = Average(torch.nn.BatchNorm1d(2), decay=0.5)
    again.restore(average.tensors)
    assert torch.equal(again.tensors["weight"], average.tensors["weight"])


def test_matching_tensors_start_another_network(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    donor, taker = two_stacks(), HourglassLite(stacks=1, features=24)
    path = tmp_path / "donor.safetensors"
    save_file({k: v for k, v in donor.state_dict().items() if v.is_floating_point()}, path)
    trunk = sum(k.startswith("trunk.") for k in load_file(path))
    assert trunk <= len(initialise(taker, path)) < len(load_file(path))
    assert torch.equal(donor.trunk.down.stem[1].weight, taker.trunk.down.stem[1].weight)  # type: ignore[index]
