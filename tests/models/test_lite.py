"""The lite networks: stages, trunk and the quick gradient they train with."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from poseviewer.models.cpm_lite import PoseMachineLite
from poseviewer.models.hourglass_lite import HourglassLite
from poseviewer.models.measure import spans
from poseviewer.models.mobilenet_v2 import MobileNetV2
from poseviewer.models.openpose_lite import OpenPoseLite
from poseviewer.models.pose_trunk import PoseTrunk
from poseviewer.models.separable import Depthwise


def test_trunk_halves_the_size_from_map_to_map() -> None:
    trunk = MobileNetV2(width=1.0).eval()
    with torch.inference_mode():
        maps = trunk(torch.rand(1, 3, 64, 96))
    assert [tuple(m.shape[2:]) for m in maps] == [(32, 48), (16, 24), (8, 12), (4, 6), (2, 3)]
    assert tuple(m.shape[1] for m in maps) == trunk.channels == (16, 24, 32, 96, 1280)


@pytest.mark.parametrize(
    ("width", "channels"),
    # As in the published MoveNets: Lightning, MultiPose, Thunder.
    [
        (1.0, (16, 24, 32, 64, 1280)),
        (1.5, (24, 40, 48, 96, 1280)),
        (1.75, (32, 40, 56, 112, 1280)),
    ],
)
def test_widths_are_those_of_movenet(width: float, channels: tuple[int, ...]) -> None:
    with torch.device("meta"):
        assert PoseTrunk(width=width).down.channels == channels


def test_trunk_has_the_published_count() -> None:
    with torch.device("meta"):
        trunk = MobileNetV2(width=1.0)
    # 3,504,872 of the classifier (Sandler et al.) less its linear layer; a bias in place of a
    # norm is one number a channel instead of two.
    biases = sum(m.out_channels for m in trunk.modules() if isinstance(m, nn.Conv2d))
    assert sum(p.numel() for p in trunk.parameters()) + biases == 3_504_872 - 1_281_000


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
        assert stage[:, :23].abs().max() < 0.3
        if stage.shape[1] == 24:
            assert (stage[:, 23] - 1).abs().max() < 0.3


def test_trunks_can_be_exchanged_between_the_families() -> None:
    hourglass, cpm = HourglassLite().state_dict(), PoseMachineLite().state_dict()
    common = {k for k in cpm if k in hourglass and cpm[k].shape == hourglass[k].shape}
    assert {k for k in cpm if k.startswith("trunk.")} <= common


@pytest.mark.parametrize("net", [HourglassLite(), PoseMachineLite()], ids=["hourglass", "cpm"])
def test_occlusion_comes_with_the_stages(net: HourglassLite | PoseMachineLite) -> None:
    image = torch.rand(2, 3, 64, 96)
    with torch.inference_mode():
        stages, hidden = net.eval().stages_and_occlusion(image)
        alone = net(image)
    assert all(torch.equal(a, b) for a, b in zip(stages, alone, strict=True))
    assert hidden.shape == (2, 23, *stages[-1].shape[2:])


@pytest.mark.parametrize(
    ("kernel", "stride", "padding"),
    [(3, 1, None), (3, 2, None), (3, 2, 0), (5, 1, None), (5, 2, None), (11, 1, None)],
)
def test_quick_gradient_is_the_gradient(kernel: int, stride: int, padding: int | None) -> None:
    torch.manual_seed(0)
    layer = Depthwise(8, kernel=kernel, stride=stride, padding=padding, bias=True)
    image = torch.randn(2, 8, 12, 14, requires_grad=True)
    plain = layer(image)
    aim = torch.randn_like(plain)
    exact = torch.autograd.grad((plain * aim).sum(), (image, *layer.parameters()))
    with torch.autocast("cpu", torch.bfloat16):
        quick = layer(image)
        assert quick.dtype == torch.bfloat16
    found = torch.autograd.grad((quick.float() * aim).sum(), (image, *layer.parameters()))
    for a, b in zip(exact, found, strict=True):
        assert a.shape == b.shape
        # bfloat16 keeps eight bits.
        assert (a - b).abs().max() <= 0.02 * a.abs().max()


@pytest.mark.parametrize(
    ("kind", "reach", "stages"),
    [(HourglassLite, 99, (0, 2)), (PoseMachineLite, 91, (0, 1)), (OpenPoseLite, 139, (1, 3))],
)
def test_the_first_stage_sees_parts_and_the_second_everything(
    kind: type[nn.Module], reach: int, stages: tuple[int, int]
) -> None:
    """Stage 1 of the published networks sees 160 of 368 pixels, 43 %."""
    with torch.device("meta"):
        seen = spans(kind().eval(), torch.zeros(1, 3, 320, 320))
    sides = []
    for stage in stages:
        both = seen[stage]
        assert both is not None
        low, high = both[0].at(20)
        sides.append(high - low + 1)
    assert sides[0] == reach
    assert sides[1] > 300
