"""The OpenPose networks against their layer tables and key layouts."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest
import torch
from torch import nn

from poseviewer.models.openpose import OpenPose, OpenPoseBody25
from poseviewer.models.openpose_lightweight import LightweightOpenPose
from poseviewer.models.openpose_lite import OpenPoseLite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CAFFE: dict[str, Callable[[], nn.Module]] = {
    "op_pose-coco-pose_deploy_linevec": OpenPose,
    "op_pose-mpi-pose_deploy_linevec": lambda: OpenPose(joints=15, limbs=14),
    "op_pose-mpi-pose_deploy_linevec_faster_4_stages": lambda: OpenPose(
        joints=15, limbs=14, stages=4
    ),
    "op_pose-body_25-pose_deploy": OpenPoseBody25,
}


def table(shared: Path, name: str) -> dict:
    return json.loads((shared / f"oracles/layer_tables/{name}.json").read_text())


def gmac(build: Callable[[], nn.Module]) -> float:
    total = 0

    def count(layer: nn.Conv2d, _: object, out: torch.Tensor) -> None:
        nonlocal total
        total += layer.weight.numel() * out.shape[-2] * out.shape[-1]

    with torch.device("meta"):
        net = build().eval()
        for layer in net.modules():
            if isinstance(layer, nn.Conv2d):
                layer.register_forward_hook(count)  # type: ignore[arg-type]
        net(torch.zeros(1, 3, 368, 368))
    return total / 1e9


@pytest.mark.parametrize("name", CAFFE)
def test_layers_are_those_of_the_release(shared: Path, name: str) -> None:
    released = table(shared, name)
    with torch.device("meta"):
        net = CAFFE[name]()
    wanted = {
        layer["name"]: (layer["kernel"], layer["cin"], layer["cout"])
        for layer in released["layers"]
        if layer["type"] == "conv"
    }
    ours = {
        key: (layer.kernel_size[0], layer.in_channels, layer.out_channels)
        for key, layer in net.named_modules()
        if isinstance(layer, nn.Conv2d)
    }
    assert ours == wanted
    assert Counter(ours.values()) == Counter(wanted.values())
    slopes = {
        layer["name"]: layer["cout"] for layer in released["layers"] if layer["type"] == "prelu"
    }
    assert slopes == {
        key: layer.num_parameters
        for key, layer in net.named_modules()
        if isinstance(layer, nn.PReLU)
    }
    assert sum(p.numel() for p in net.parameters()) == released["params"]


@pytest.mark.parametrize("name", CAFFE)
def test_multiply_accumulates_are_those_of_the_release(shared: Path, name: str) -> None:
    assert gmac(CAFFE[name]) == pytest.approx(table(shared, name)["gmac"], abs=1e-3)


@pytest.mark.parametrize(
    ("refinements", "parameters", "work"),
    [(0, 2_483_065, 5.488), (1, 4_091_698, 8.882), (2, 5_700_331, 12.275), (3, 7_308_964, 15.669)],
)
def test_lightweight_is_as_large_as_published(
    refinements: int, parameters: int, work: float
) -> None:
    def build() -> nn.Module:
        return LightweightOpenPose(refinements=refinements)

    with torch.device("meta"):
        assert sum(p.numel() for p in build().parameters()) == parameters
    assert gmac(build) == pytest.approx(work, abs=1e-3)


@pytest.mark.parametrize(
    ("layout", "build"),
    [
        ("pytorch_openpose_body_pose_model_pth", OpenPose),
        ("lightweight_openpose_ref1", LightweightOpenPose),
        ("lightweight_openpose_ref3", lambda: LightweightOpenPose(refinements=3)),
    ],
)
def test_tensors_are_named_as_in_published_files(
    shared: Path, layout: str, build: Callable[[], nn.Module]
) -> None:
    keys = json.loads((shared / f"oracles/keylayouts/{layout}.json").read_text())["keys"]
    with torch.device("meta"):
        tensors = build().state_dict()
    ours = {
        key: list(value.shape)
        for key, value in tensors.items()
        if not key.endswith(".num_batches_tracked")
    }
    assert ours == {k: v for k, v in keys.items() if not k.endswith(".num_batches_tracked")}


FIELDS = {
    # The end of each stage, fields and beliefs (docs/facts/networks.md).
    "openpose": (
        lambda: OpenPose(joints=1, limbs=1),
        (164, 164, 404, 404, 644, 644, 884, 884, 1124, 1124, 1364, 1364),
    ),
    "body-25": (
        lambda: OpenPoseBody25(joints=1, limbs=1),
        (356, 596, 836, 1076, 1316, 1556),
    ),
}


@pytest.mark.parametrize("name", FIELDS)
def test_receptive_field_is_that_of_the_table(name: str) -> None:
    """By gradient, along one line: columns that influence the middle cell of each stage."""
    build, wanted = FIELDS[name]
    with torch.device("meta"):
        net = build()
    _thin_and_positive(net)
    size = max(wanted) // 16 * 16 + 32
    image = torch.ones(1, 3, 8, size, dtype=torch.double, requires_grad=True)
    for stage, field in zip(net(image), wanted, strict=True):
        cell = stage[0, 0, 0, stage.shape[-1] // 2]
        (gradient,) = torch.autograd.grad(cell, image, retain_graph=True)
        seen = torch.nonzero(gradient.abs().sum(dim=(0, 1, 2))).flatten()
        assert int(seen.max() - seen.min()) + 1 == field


def _thin_and_positive(net: nn.Module) -> None:
    """Give every kernel one channel in and out, linear and positive: nothing can cancel.

    The field does not depend on the width, the time does. Average pooling has the support of
    maximum pooling but lets the gradient reach all of it.
    """
    for name, layer in list(net.named_modules()):
        if isinstance(layer, nn.Conv2d):
            kernel = layer.kernel_size[0]
            setattr(net, name, _Mean(kernel))
        elif isinstance(layer, nn.PReLU):
            setattr(net, name, nn.Identity())
    net.pool = lambda x: nn.functional.avg_pool2d(x, 2)  # type: ignore[assignment]


class _Mean(nn.Module):
    """A convolution of one channel, taken over the mean of all channels."""

    def __init__(self, kernel: int) -> None:
        super().__init__()
        self.weight = torch.full((1, 1, 1, kernel), 1 / kernel, dtype=torch.double)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pad = (0, self.weight.shape[-1] // 2)
        return nn.functional.conv2d(x.mean(dim=1, keepdim=True), self.weight, padding=pad)


@pytest.mark.parametrize(
    ("kind", "more", "fewer"),
    [
        (OpenPose, {"stages": 3}, {"stages": 2}),
        (LightweightOpenPose, {"refinements": 2}, {"refinements": 1}),
        (OpenPoseLite, {"refinements": 2}, {"refinements": 1}),
    ],
)
def test_stages_do_not_depend_on_later_ones(kind: type[nn.Module], more: dict, fewer: dict) -> None:
    torch.manual_seed(0)
    long, short = kind(joints=2, limbs=1, **more).eval(), kind(joints=2, limbs=1, **fewer).eval()
    short.load_state_dict(long.state_dict(), strict=False)
    image = torch.rand(1, 3, 32, 64)
    with torch.inference_mode():
        many, few = long(image), short(image)
    assert [tuple(s.shape) for s in many] == [(1, 2, 4, 8), (1, 3, 4, 8)] * 3
    assert len(few) == 4
    assert all(torch.equal(a, b) for a, b in zip(few, many, strict=False))


def test_fields_of_body_25_do_not_depend_on_beliefs() -> None:
    torch.manual_seed(0)
    net = OpenPoseBody25(joints=2, limbs=1).eval()
    image = torch.rand(1, 3, 16, 24)
    with torch.inference_mode():
        before = net(image)
        net.Mconv7_stage0_L1.bias += 1
        after = net(image)
    assert all(torch.equal(a, b) for a, b in zip(before[:4], after[:4], strict=True))
    assert not torch.allclose(before[5], after[5])


def test_lite_starts_near_nobody() -> None:
    net = OpenPoseLite().eval()
    with torch.inference_mode():
        stages = net(torch.rand(1, 3, 64, 64))
    for fields, beliefs in zip(stages[::2], stages[1::2], strict=True):
        assert fields.abs().max() < 0.3
        assert beliefs[:, :18].abs().max() < 0.3
        assert (beliefs[:, 18] - 1).abs().max() < 0.3
