"""DeepPose: the paper's layers and counts, and the cascade's parts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from poseviewer.models.deeppose import Cascade, DeepPoseNetwork, deeppose
from poseviewer.models.deeppose_lite import deeppose_lite, part_network, whole_network
from poseviewer.models.engine import choose_engine, engines
from poseviewer.models.registry import card


def count(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize(("joints", "wanted"), [(14, 58_396_060), (10, 58_363_284)])
def test_a_stage_has_the_parameters_of_its_layers(joints: int, wanted: int) -> None:
    with torch.device("meta"):
        assert count(DeepPoseNetwork(joints=joints)) == wanted
        assert count(deeppose(joints=joints, stages=3)) == 3 * wanted


@pytest.mark.parametrize(("pool", "wanted"), [(4, 37_424_540), (5, 46_861_724)])
def test_smaller_poolings_come_near_the_papers_count(pool: int, wanted: int) -> None:
    with torch.device("meta"):
        network = DeepPoseNetwork(pool=pool)
        assert network(torch.zeros(2, 3, 220, 220)).shape == (2, 14, 1, 2)
    assert count(network) == wanted


def test_layers_have_the_sizes_of_the_table() -> None:
    sizes, counts = [], []
    with torch.device("meta"):
        x = torch.zeros(1, 3, 220, 220)
        for layer in DeepPoseNetwork().features:
            x = layer(x)
            if isinstance(layer, nn.Conv2d | nn.MaxPool2d | nn.AdaptiveMaxPool2d):
                sizes.append((x.shape[2], x.shape[3], x.shape[1]))
            if isinstance(layer, nn.Conv2d):
                counts.append(count(layer))
    assert counts == [34_944, 614_656, 885_120, 1_327_488, 884_992]
    assert sizes == [
        (55, 55, 96), (27, 27, 96), (27, 27, 256), (13, 13, 256),
        (13, 13, 384), (13, 13, 384), (13, 13, 256), (6, 6, 256),
    ]  # fmt: skip


def test_the_last_pooling_is_alexnets() -> None:
    x = torch.rand(1, 2, 13, 13)
    assert torch.equal(nn.AdaptiveMaxPool2d(6)(x), nn.MaxPool2d(3, 2)(x))


def test_normalisation_of_responses_is_alexnets() -> None:
    norms = [m for m in DeepPoseNetworkOnMeta().modules() if isinstance(m, nn.LocalResponseNorm)]
    assert [(n.size, n.alpha, n.beta, n.k) for n in norms] == [(5, 1e-4, 0.75, 2.0)] * 2


def DeepPoseNetworkOnMeta(**options: float) -> DeepPoseNetwork:
    with torch.device("meta"):
        return DeepPoseNetwork(**options)  # type: ignore[arg-type]


def test_dropout_can_be_chosen() -> None:
    for chance in (0.6, 0.4):
        network = DeepPoseNetworkOnMeta(dropout=chance)
        assert [m.p for m in network.modules() if isinstance(m, nn.Dropout)] == [chance] * 2


def test_every_stage_has_weights_of_its_own_and_the_statistics_are_kept() -> None:
    with torch.device("meta"):
        cascade = deeppose(stages=3)
    assert len({id(p) for p in cascade.parameters()}) == 3 * 16
    kept = cascade.state_dict()
    assert kept["mean"].shape == (2, 14, 2)
    assert kept["covariance"].shape == (2, 14, 2, 2)


def test_lite_stages_start_without_a_displacement() -> None:
    torch.manual_seed(0)
    network = part_network(joints=14, side=64).eval()
    with torch.inference_mode():
        answer = network(torch.rand(2, 3, 64, 64))
    assert answer.shape == (2, 14, 1, 3)
    assert answer.abs().max() < 0.05


def test_lite_is_small_enough_to_ship() -> None:
    with torch.device("meta"):
        kept = deeppose_lite().state_dict()
    assert sum(t.numel() for t in kept.values()) * 2 < 25_000_000


@pytest.mark.parametrize("name", ["deeppose", "deeppose-lite"])
def test_card_and_cascade_agree_on_sizes(name: str) -> None:
    one = card(name)
    with torch.device("meta"):
        cascade = one.build()
    assert isinstance(cascade, Cascade)
    assert cascade.sides == (one.input_size[0], one.coords.side, one.coords.side)
    joints = load_joints(name)
    assert [joints[j] for j in one.coords.torso] == ["left_shoulder", "right_hip"]
    with pytest.raises(TypeError, match="HeatmapCodec"):
        _ = one.heatmaps


@pytest.mark.parametrize("name", engines())
def test_an_engine_runs_one_stage_at_a_time(name: str) -> None:
    torch.manual_seed(0)
    usual = card("deeppose-lite")
    small = replace(usual, name="tiny-cascade", input_size=(64, 64), stages=usual.stages[:2])
    # One network of each kind: converting takes seconds.
    networks = [whole_network(joints=14, side=64), part_network(joints=14, side=32)]
    module = Cascade(networks, sides=(64, 32)).eval()
    engine, notice = choose_engine(small, device="cpu", engine=name, module=module)
    assert (engine.name, engine.device, notice) == (name, "cpu", None)
    for stage, (side, n) in enumerate([(64, 1), (32, 3)]):
        batch = torch.randn(n, 3, side, side)
        with torch.inference_mode():
            wanted = module.networks[stage](batch).numpy()
        (ours,) = engine.run(batch.numpy(), [stage])
        assert ours.shape == wanted.shape == (n, 14, 1, 3)
        assert np.abs(ours - wanted).max() < 1e-5


def load_joints(name: str) -> tuple[str, ...]:
    return card(name).stages[0].channels
