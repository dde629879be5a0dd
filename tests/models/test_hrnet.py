"""HRNet: the published counts and cost, its exchange between branches, and its lenses."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from poseviewer.models.hrnet import HighResolutionModule, HRNet
from poseviewer.models.measure import measured
from poseviewer.models.registry import card

if TYPE_CHECKING:
    from pathlib import Path

SMALL = {"modules": (1, 2, 2), "blocks": 2, "bottlenecks": 2, "middle": 32, "stem": 32}


def parts(net: nn.Module) -> dict[str, int]:
    """Parameters of each part that is not a leaf's own name."""
    counts: dict[str, int] = {}
    for name, parameter in net.named_parameters():
        part = name.split(".")[0]
        part = "stem" if part in {"conv1", "bn1", "conv2", "bn2"} else part
        counts[part] = counts.get(part, 0) + parameter.numel()
    return counts


@pytest.mark.parametrize(
    ("width", "counts"),
    # Stem, layer1, then transition and stage in turn, output layer (released code).
    [
        (32, (38848, 286208, 221376, 390848, 73984, 6821632, 295424, 20407232, 561)),
        (48, (38848, 286208, 332064, 878112, 166272, 15335040, 664320, 45894048, 833)),
    ],
)
def test_counts_are_those_of_the_released_networks(width: int, counts: tuple[int, ...]) -> None:
    with torch.device("meta"):
        found = parts(HRNet(width=width))
    names = "stem layer1 transition1 stage2 transition2 stage3 transition3 stage4 final_layer"
    assert found == dict(zip(names.split(), counts, strict=True))
    assert sum(counts) == {32: 28_536_113, 48: 63_595_745}[width]


def test_a_smaller_one_has_the_counts_of_its_widths() -> None:
    with torch.device("meta"):
        assert sum(p.numel() for p in HRNet(width=16, **SMALL).parameters()) == 2_484_257
    assert card("hrnet-lite").parameters == 2_484_257 + 16 * (9 * 23 - 17) + 23 - 17


@pytest.mark.parametrize(("width", "gmac"), [(32, 7.645), (48, 15.692)])
def test_it_costs_what_is_published(width: int, gmac: float) -> None:
    network = replace(card("hrnet-lite"), input_size=(192, 256), build=partial(HRNet, width=width))
    costs = [stage.multiplications for stage in measured(network)]
    assert costs == sorted(set(costs))
    lenses = 7 * 64 * 48 * width * 17
    assert (costs[-1] - lenses) / 1e9 == pytest.approx(gmac, abs=1e-3)


def test_branches_exchange_what_the_paper_says() -> None:
    """Every output is the ReLU of a sum over all branches, each brought to its resolution."""
    torch.manual_seed(0)
    widths = [4, 8, 16, 32]
    module = HighResolutionModule(widths, blocks=1, outputs=4)
    for norm in (m for m in module.modules() if isinstance(m, nn.BatchNorm2d)):
        nn.init.uniform_(norm.running_mean)
        nn.init.uniform_(norm.weight)
    module.eval()
    branches = [torch.rand(2, wide, 16 >> i, 24 >> i) for i, wide in enumerate(widths)]
    with torch.inference_mode():
        found = module(branches)
        deep = [run(x) for run, x in zip(module.branches, branches, strict=True)]
        for target, output in enumerate(found):
            total = torch.zeros_like(output)
            for source, x in enumerate(deep):
                way = module.fuse_layers[target][source]
                if source > target:
                    x = way[1](way[0](x))
                    for axis in (2, 3):
                        x = x.repeat_interleave(2 ** (source - target), dim=axis)
                for step in range(source, target):
                    conv, norm = way[step - source][0], way[step - source][1]
                    x = norm(F.conv2d(x, conv.weight, stride=2, padding=1))
                    x = x.relu() if step + 1 < target else x
                total += x
            assert torch.allclose(output, total.relu(), atol=1e-5)


def test_a_stage_is_the_output_layer_on_the_finest_branch() -> None:
    torch.manual_seed(0)
    net = HRNet(joints=5, width=8, **SMALL).eval()
    image = torch.rand(1, 3, 64, 96)
    with torch.inference_mode():
        stages, branches = net(image), list(net.exchanged(image))
        assert len(stages) == len(branches) == sum(SMALL["modules"])
        for stage, found in zip(stages, branches, strict=True):
            assert torch.equal(stage, net.final_layer(found[0]))
    sizes = [[tuple(x.shape[1:]) for x in found] for found in branches]
    fine = [(8 << i, 16 >> i, 24 >> i) for i in range(4)]
    assert sizes == [fine[:2], fine[:3], fine[:3], fine, fine[:1]]


def test_the_released_names_are_kept(shared: Path) -> None:
    for width in (32, 48):
        path = shared / "oracles" / "keylayouts" / f"hrnet_w{width}_official.json"
        told = json.loads(path.read_text(encoding="utf-8"))["keys"]
        with torch.device("meta"):
            ours = {k: list(v.shape) for k, v in HRNet(width=width).state_dict().items()}
        counters = {key for key in ours if key.endswith("num_batches_tracked")}
        assert {k: v for k, v in ours.items() if k not in counters} == told
