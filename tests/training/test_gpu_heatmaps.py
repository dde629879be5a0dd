"""The trainer for GPUs, run on the processor for two steps."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import load_file, save_file

from poseviewer.models.registry import card
from poseviewer.models.weights import load_weights
from poseviewer.training.gpu_heatmaps import Trainer
from tests.training.test_gpu_views import crowd

if TYPE_CHECKING:
    from pathlib import Path

    from poseviewer.models.card import ModelCard


def trainer_of(network: ModelCard, *, starts: list[Path], judging: bool = True) -> Trainer:
    return Trainer(
        network,
        train=crowd(),
        val=crowd(),
        minutes=60,
        began=time.monotonic(),
        batch=2,
        rate=1e-3,
        trunk_rate=0.3,
        judging=judging,
        device=torch.device("cpu"),
        starts=starts,
    )


@pytest.mark.parametrize("name", ["hourglass-lite", "cpm-lite"])
def test_weights_of_a_run_fit_the_network(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = card(name)
    start = tmp_path / "start-trunk.safetensors"
    trunk = network.build().trunk
    save_file({f"trunk.{key}": value for key, value in trunk.state_dict().items()}, start)
    trainer = trainer_of(network, starts=[start])
    before = trainer.module.state_dict()["occlusion.weight"].clone()
    losses = [float(trainer.learn()) for _ in range(2)]
    assert all(0 < loss < 100 for loss in losses)
    trainer.save(tmp_path, command="test")
    after = load_file(tmp_path / f"{name}.safetensors")
    module = network.build()
    missing, unexpected = module.load_state_dict(after, strict=False)
    assert not unexpected
    assert all(key.endswith("num_batches_tracked") for key in missing)
    assert not torch.equal(after["occlusion.weight"].float(), before)
    # The trunk stays as it started down to stride 4.
    stem = next(iter(trunk.down.stem.state_dict()))
    assert torch.equal(after[f"trunk.down.stem.{stem}"], trunk.down.stem.state_dict()[stem].half())
    facts = json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))
    assert len(facts["validation"]["lspet"]["tight"]["pck@0.2"]) == len(network.stages)
    assert facts["images"] == 4


@pytest.mark.parametrize("name", ["hrnet-lite", "vitpose-lite"])
def test_a_network_without_a_trunk_learns_from_chance(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = replace(card(name), input_size=(96, 96))
    trainer = trainer_of(network, starts=[])
    assert all(p.requires_grad for p in trainer.module.parameters())
    before = {key: value.clone() for key, value in trainer.module.state_dict().items()}
    losses = [float(trainer.learn()) for _ in range(2)]
    assert all(0 < loss < 200 for loss in losses)
    for key, value in trainer.module.state_dict().items():
        assert not torch.equal(value, before[key]), key
    trainer.save(tmp_path, command="test")
    module = network.build()
    load_weights(module, tmp_path / f"{name}.safetensors")
    facts = json.loads((tmp_path / f"{name}.json").read_text(encoding="utf-8"))
    assert len(facts["validation"]["lspet"]["nominal"]["pck@0.2"]) == len(network.stages)


def test_a_run_goes_on_from_its_checkpoint(tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = replace(card("hourglass-lite"), input_size=(64, 64))
    first = trainer_of(network, starts=[], judging=False)
    first.learn()
    spent = first.seconds
    first.checkpoint(tmp_path / "run.pt")
    second = trainer_of(network, starts=[], judging=False)
    second.resume(tmp_path / "run.pt")
    assert (second.step, second.images) == (1, 2)
    assert second.seconds >= spent
    mine, theirs = (one.module.state_dict() for one in (second, first))
    assert all(torch.equal(mine[name], theirs[name]) for name in theirs)
    second.learn()
    second.save(tmp_path, command="test")
    facts = json.loads((tmp_path / "hourglass-lite.json").read_text(encoding="utf-8"))
    assert (facts["images"], facts["validation"]) == (4, {})
