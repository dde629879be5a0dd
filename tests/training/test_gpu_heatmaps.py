"""The trainer for GPUs, run on the processor for two steps."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import torch
from safetensors.torch import load_file, save_file

from poseviewer.core.skeleton import load_skeleton
from poseviewer.models.registry import card
from poseviewer.models.weights import load_weights
from poseviewer.training import gpu_heatmaps
from poseviewer.training.gpu_heatmaps import Teacher, Trainer
from poseviewer.training.gpu_pack import UNKNOWN
from tests.training.test_gpu_views import crowd

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor

    from poseviewer.models.card import ModelCard
    from poseviewer.training.gpu_pack import Crowd


def trainer_of(
    network: ModelCard,
    *,
    starts: list[Path],
    judging: bool = True,
    teacher: Teacher | None = None,
    train: Crowd | None = None,
) -> Trainer:
    return Trainer(
        network,
        train=crowd() if train is None else train,
        val=crowd(),
        minutes=60,
        began=time.monotonic(),
        batch=2,
        rate=1e-3,
        trunk_rate=0.3,
        judging=judging,
        device=torch.device("cpu"),
        starts=starts,
        teacher=teacher,
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


def test_a_teacher_answers_a_mirror_image_with_its_mirror_image() -> None:
    network = card("hourglass-lite")
    assert network.weights_path is not None
    teacher = Teacher(network, network.weights_path, device=torch.device("cpu"))
    picture = crowd().images[:1, :, :192, :192].float()
    mirror = list(load_skeleton(network.skeleton).mirror)
    maps = teacher(picture)
    assert maps.shape == (1, 23, 48, 48)
    assert 0 <= float(maps.min()) < float(maps.max()) <= 1
    assert torch.allclose(teacher(picture.flip(3)), maps.flip(3)[:, mirror], atol=0.02)


def test_what_no_label_tells_is_learnt_from_the_teacher(monkeypatch: pytest.MonkeyPatch) -> None:
    network = replace(card("hourglass-lite"), input_size=(64, 64))
    assert network.weights_path is not None
    teacher = Teacher(network, network.weights_path, device=torch.device("cpu"))
    people = crowd()
    people.state[:, 3], people.weight[:, 3] = UNKNOWN, 0
    wanted = []

    def told(stages: object, target: torch.Tensor, weight: torch.Tensor, **_: object) -> Tensor:
        wanted.append((target, weight))
        return stages[0].sum()  # type: ignore[index, no-any-return]

    monkeypatch.setattr(gpu_heatmaps, "belief_loss", told)
    for who in (None, teacher):
        torch.manual_seed(1)
        trainer_of(network, starts=[], judging=False, teacher=who, train=people).learn()
    (label, alone), (blend, counted) = wanted[0], wanted[-1]
    unknown = alone == 0
    assert unknown.any()
    assert not unknown.all()
    assert (counted[unknown] == 0.5).all()
    # Where there is a label the teacher moves the target half way and no further.
    apart = (blend - label)[~unknown].abs()
    assert 0 < float(apart.max()) <= 0.5
