"""The trainer for GPUs, run on the processor for two steps."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import load_file, save_file

from poseviewer.models.registry import card
from poseviewer.training.gpu_heatmaps import Trainer
from tests.training.test_gpu_views import crowd

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("name", ["hourglass-lite", "cpm-lite"])
def test_weights_of_a_run_fit_the_network(name: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    network = card(name)
    start = tmp_path / "start-trunk.safetensors"
    trunk = network.build().trunk
    save_file({f"trunk.{key}": value for key, value in trunk.state_dict().items()}, start)
    trainer = Trainer(
        network,
        train=crowd(),
        val=crowd(),
        minutes=60,
        began=time.monotonic(),
        batch=2,
        rate=1e-3,
        trunk_rate=0.3,
        device=torch.device("cpu"),
        starts=[start],
    )
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
