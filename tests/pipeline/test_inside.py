"""A network drawn out: what its tiles hold is what the network itself computes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from poseviewer.core.affine import Box, apply
from poseviewer.core.errors import PoseViewerError
from poseviewer.core.inside import InsideChoice, InsideView
from poseviewer.models.card import lenses
from poseviewer.models.hrnet import HRNet
from poseviewer.models.registry import card
from poseviewer.models.vitpose import ViTPose
from poseviewer.pipeline.prober import Prober
from tests.dots import DotsClip

FRAME = DotsClip().read(4)
REGION = Box(60.0, 10.0, 192.0, 192.0)
WRIST = 10


def made(net: nn.Module, *, name: str, stages: int, answers: bool = False) -> Prober:
    """A prober of a small network of COCO's joints for 96 x 96 pixels."""
    torch.manual_seed(1)
    for parameter in net.parameters():
        nn.init.normal_(parameter, std=0.2)
    base = card(name)
    specs = lenses(stages, word="module", codec=base.heatmaps, skeleton="coco-17")
    if answers:
        specs = tuple(replace(spec, supervised=True) for spec in specs)
    return Prober(replace(base, input_size=(96, 96), stages=specs), net)


@pytest.fixture(scope="module")
def hrnet() -> Prober:
    net = HRNet(width=8, modules=(1, 2, 2), blocks=1, bottlenecks=1, middle=8, stem=8)
    return made(net, name="hrnet-w32", stages=5)


@pytest.fixture(scope="module")
def vitpose() -> Prober:
    net = ViTPose(size=(96, 96), width=24, depth=4, heads=3, features=8, every=2)
    return made(net, name="vitpose-b", stages=2, answers=True)


def seen(prober: Prober, place: tuple[float, float] | None = None) -> InsideView:
    return prober.inside(FRAME, REGION, InsideChoice(WRIST, place))


def shown(prober: Prober) -> torch.Tensor:
    """The picture that a prober shows its network."""
    return prober._shown(FRAME, REGION, 0, 0).picture


def test_every_module_has_a_tile_for_each_of_its_branches(hrnet: Prober) -> None:
    view = seen(hrnet)
    assert view.columns == ("stem", *(f"module {i}" for i in range(1, 6)))
    assert view.rows == ("answer", "1/4", "1/8", "1/16", "1/32")
    there = [[view.tile(row, column) is not None for row in range(5)] for column in range(6)]
    assert [sum(column[1:]) for column in there] == [2, 2, 3, 3, 4, 1]
    assert [column[0] for column in there] == [False, *[True] * 5]
    for tile in view.tiles:
        side = 24 >> max(tile.row - 1, 0)
        assert tile.output.values.shape == (1, side, side)
        # Whatever its resolution, a tile covers what the network was shown.
        corners = apply(tile.output.to_frame, np.array([[-0.5, -0.5], [side - 0.5] * 2]))
        # Cells of HRNet's beliefs lie on the first of their four pixels: 3 of the frame before.
        early = 3 if tile.row == 0 else 0
        wanted = np.array([[60, 10], [252, 202]]) - early
        np.testing.assert_allclose(corners, wanted, atol=1e-9)


def test_the_head_after_a_module_is_the_stage(hrnet: Prober) -> None:
    view = seen(hrnet)
    with torch.inference_mode():
        stages = hrnet.module(shown(hrnet))
        branches = list(hrnet.module.exchanged(shown(hrnet)))
    for number, stage in enumerate(stages):
        tile = view.tile(0, number + 1)
        assert tile is not None
        assert np.array_equal(tile.output.values[0], stage[0, WRIST].numpy())
        warned = "" if number == 4 else "not trained to be read here"
        assert tile.output.spec.warning == warned
        fine = view.tile(1, number + 1)
        assert fine is not None
        size = branches[number][0][0].pow(2).mean(0).sqrt().numpy()
        np.testing.assert_allclose(fine.output.values[0], size, rtol=1e-5)
        assert fine.text == "8 channels of 24 x 24 cells"


def test_fusions_are_shares_of_what_is_summed(hrnet: Prober) -> None:
    view = seen(hrnet)
    sums: dict[tuple[int, int], float] = {}
    for fusion in view.fusions:
        at = fusion.column, fusion.target
        assert view.tile(fusion.target, fusion.column) is not None
        assert 0 <= fusion.share <= 1
        sums[at] = sums.get(at, 0.0) + fusion.share
    assert len(view.fusions) == 4 + 2 * 9 + 16 + 4
    assert all(total == pytest.approx(1) for total in sums.values())
    module = hrnet.module.stage2[0]
    with torch.inference_mode():
        x = hrnet.module
        entered: list[torch.Tensor] = []
        hooks = [
            t.register_forward_hook(lambda _m, _x, y: entered.append(y)) for t in x.transition1
        ]
        next(iter(x.exchanged(shown(hrnet))))
        for hook in hooks:
            hook.remove()
        deep = [run(x) for run, x in zip(module.branches, entered, strict=True)]
        sizes = [
            float(way(x).abs().mean()) for way, x in zip(module.fuse_layers[0], deep, strict=True)
        ]
    first = [fusion.share for fusion in view.fusions if (fusion.column, fusion.target) == (1, 1)]
    assert first == pytest.approx([size / sum(sizes) for size in sizes], rel=1e-5)


def test_every_block_has_its_attention(vitpose: Prober) -> None:
    view = seen(vitpose)
    assert view.columns == tuple(f"block {i}" for i in range(1, 5))
    assert view.rows == ("answer", "tokens", "carried", "mean", "head 1", "head 2", "head 3")
    assert len(view.tiles) == 4 * 7
    assert view.fusions == ()
    for tile in view.tiles:
        if tile.row >= 2:
            assert tile.output.spec.kind == "attention"
            assert tile.output.values.shape == (1, 6, 6)
            assert tile.output.values.sum() == pytest.approx(1, abs=1e-5)
    looks: list[torch.Tensor] = []
    hook = vitpose.module.backbone.blocks[2].attn.softmax.register_forward_hook(
        lambda _m, _x, found: looks.append(found)
    )
    with torch.inference_mode():
        stages = vitpose.module(shown(vitpose))
    hook.remove()
    peak = divmod(int(stages[-1][0, WRIST].argmax()), 24)
    # Cells lie 4 pixels apart, patches 16, and the first patch begins 2 pixels outside.
    row, column = (min(round((4 * at + 1.5 - 5.5) / 16), 5) for at in peak)
    for head in range(3):
        tile = view.tile(4 + head, 2)
        assert tile is not None
        wanted = looks[0][0, head, row * 6 + column].reshape(6, 6).numpy()
        np.testing.assert_allclose(tile.output.values[0], wanted, rtol=1e-5)


def test_a_block_is_read_where_it_was_asked_and_where_it_was_not(vitpose: Prober) -> None:
    view = seen(vitpose)
    warnings = []
    with torch.inference_mode():
        states = list(vitpose.module.backbone.states(shown(vitpose)))
        for number, state in enumerate(states):
            tile = view.tile(0, number)
            assert tile is not None
            maps = vitpose.module.decoded(state, shown(vitpose))
            assert np.array_equal(tile.output.values[0], maps[0, WRIST].numpy())
            warnings.append(bool(tile.output.spec.warning))
    assert warnings == [True, False, True, False]


def test_attention_looks_from_the_patch_at_a_place(vitpose: Prober) -> None:
    for place in ((61.0, 11.0), (150.0, 100.0), (240.0, 190.0)):
        patch = seen(vitpose, place).patch
        assert patch is not None
        assert (patch.width, patch.height) == pytest.approx((32, 32))
        assert patch.x - 4 <= place[0] <= patch.x + patch.width + 4
        assert patch.y - 4 <= place[1] <= patch.y + patch.height + 4
    # Two pixels of the network's input lie before the frame's region: four of the frame.
    first = seen(vitpose, (61.0, 11.0)).patch
    assert (first.x, first.y) == pytest.approx((56, 6))


def test_another_network_is_refused_in_a_sentence() -> None:
    net = nn.Conv2d(3, 17, 4, 4)
    with pytest.raises(PoseViewerError, match="neither an HRNet nor a ViTPose"):
        seen(made(net, name="hrnet-w32", stages=5))
