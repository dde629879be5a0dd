"""The released CPM against its layer tables."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

from poseviewer.models import cpm
from poseviewer.models.cpm import (
    ConvolutionalPoseMachine,
    VggPoseMachine,
    centre_map,
)

if TYPE_CHECKING:
    from pathlib import Path

NETS = {
    "cpm__trained_MPI-pose_deploy_centerMap": (ConvolutionalPoseMachine, 14, 6),
    "cpm__trained_LEEDS_PC-pose_deploy_centerMap": (ConvolutionalPoseMachine, 14, 6),
    "cpm__trained_FLIC-pose_deploy": (ConvolutionalPoseMachine, 9, 4),
    "cpm__trained_MPI-pose_deploy_resize": (VggPoseMachine, 14, 6),
}


@pytest.mark.parametrize("table", NETS)
def test_layers_are_those_of_the_release(shared: Path, table: str) -> None:
    released = json.loads((shared / f"oracles/layer_tables/{table}.json").read_text())
    kind, joints, stages = NETS[table]
    with torch.device("meta"):
        net = kind(joints=joints, stages=stages)
    wanted = {
        layer["name"]: (layer["kernel"], layer["cin"], layer["cout"])
        for layer in released["layers"]
        if layer["type"] == "conv"
    }
    ours = {
        name: (layer.kernel_size[0], layer.in_channels, layer.out_channels)
        for name, layer in net.named_modules()
        if isinstance(layer, nn.Conv2d)
    }
    assert ours == wanted
    assert Counter(ours.values()) == Counter(wanted.values())
    assert sum(p.numel() for p in net.parameters()) == released["params"]


@pytest.mark.parametrize("table", NETS)
def test_multiply_accumulates_are_those_of_the_release(shared: Path, table: str) -> None:
    released = json.loads((shared / f"oracles/layer_tables/{table}.json").read_text())
    kind, joints, stages = NETS[table]
    total = 0

    def count(layer: nn.Conv2d, _: object, out: torch.Tensor) -> None:
        nonlocal total
        total += layer.weight.numel() * out.shape[-2] * out.shape[-1]

    with torch.device("meta"):
        net = kind(joints=joints, stages=stages).eval()
        for layer in net.modules():
            if isinstance(layer, nn.Conv2d):
                layer.register_forward_hook(count)  # type: ignore[arg-type]
        net(torch.zeros(1, 3, 368, 368))
    assert total / 1e9 == pytest.approx(released["gmac"], abs=1e-3)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [(ConvolutionalPoseMachine, (167, 407, 647)), (VggPoseMachine, (164, 404, 644))],
)
def test_receptive_field_grows_by_240_pixels_a_stage(
    kind: type[nn.Module], fields: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """By gradient, along one line: columns that influence the middle cell of each stage."""
    # The field does not depend on the width, the time does.
    monkeypatch.setattr("poseviewer.models.cpm._WIDTH", 2)
    thin = [(name, a and (3 if a == 3 else 2), b and 2) for name, a, b in cpm._VGG]
    monkeypatch.setattr("poseviewer.models.cpm._VGG", thin)
    net = kind(joints=1, stages=3).double().eval()
    # Linear and positive: no ReLU can hide a path and nothing cancels. Average pooling has
    # the support of maximum pooling but lets the gradient reach all of it.
    _thin_and_positive(net)
    size = 704
    image = torch.ones(1, 3, 8, size, dtype=torch.double, requires_grad=True)
    stages = net(image)
    for stage, field in zip(stages, fields, strict=True):
        cell = stage[0, 0, 0, stage.shape[-1] // 2]
        (gradient,) = torch.autograd.grad(cell, image, retain_graph=True)
        seen = torch.nonzero(gradient.abs().sum(dim=(0, 1, 2))).flatten()
        assert int(seen.max() - seen.min()) + 1 == field


def _thin_and_positive(net: nn.Module) -> None:
    for name, layer in list(net.named_modules()):
        if isinstance(layer, nn.Conv2d):
            narrow = nn.Conv2d(
                layer.in_channels, layer.out_channels, layer.kernel_size, padding=layer.padding
            ).double()
            nn.init.constant_(narrow.weight, 1.0 / narrow.weight[0].numel())
            nn.init.zeros_(narrow.bias)  # type: ignore[arg-type]
            setattr(net, name, narrow)
    kernel = 3 if isinstance(net, ConvolutionalPoseMachine) else 2
    net.pool = lambda x: nn.functional.avg_pool2d(  # type: ignore[assignment]
        x, kernel, 2, ceil_mode=kernel == 3
    )


@pytest.mark.parametrize("kind", [ConvolutionalPoseMachine, VggPoseMachine])
def test_stages_do_not_depend_on_later_ones(kind: type[nn.Module]) -> None:
    torch.manual_seed(0)
    long, short = kind(joints=3, stages=3).eval(), kind(joints=3, stages=2).eval()
    short.load_state_dict(long.state_dict(), strict=False)
    image = torch.rand(1, 3, 48, 64)
    with torch.inference_mode():
        many, few = long(image), short(image)
    assert [tuple(s.shape) for s in many] == [(1, 4, 6, 8)] * 3
    assert all(torch.equal(a, b) for a, b in zip(few, many[:2], strict=True))


def test_centre_map_matters_from_the_second_stage_on() -> None:
    torch.manual_seed(0)
    net = ConvolutionalPoseMachine(joints=3, stages=2).eval()
    image = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        usual = net(image)
        moved = net(image, torch.roll(centre_map(64, 64, sigma=21, like=image), 16, dims=3))
        built = net(image, centre_map(64, 64, sigma=21, like=image))
    assert torch.equal(usual[0], moved[0])
    assert not torch.allclose(usual[1], moved[1])
    assert torch.equal(usual[1], built[1])


def test_centre_map_peaks_where_the_release_puts_it() -> None:
    bell = centre_map(368, 368, sigma=21, like=torch.zeros(1))
    assert bell.shape == (1, 1, 368, 368)
    # 184, counted from 1.
    assert divmod(int(bell.argmax()), 368) == (183, 183)
    assert bell.max() == 1.0
