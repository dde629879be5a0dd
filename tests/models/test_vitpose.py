"""ViTPose: the published counts and cost, its symmetries, lenses and first weights."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from poseviewer.models.measure import measured
from poseviewer.models.registry import card
from poseviewer.models.vitpose import Attention, Decoder, ViTPose
from poseviewer.models.vitpose_lite import vitpose_lite

SIZES: dict[str, dict[str, int]] = {
    "S": {"width": 384, "depth": 12, "heads": 12},
    "B": {"width": 768, "depth": 12, "heads": 12},
    "L": {"width": 1024, "depth": 24, "heads": 16},
    "H": {"width": 1280, "depth": 32, "heads": 16},
    "12 x 192": {"width": 192, "depth": 12, "heads": 3},
    "6 x 192": {"width": 192, "depth": 6, "heads": 3},
}
TINY: dict[str, Any] = {"width": 24, "depth": 4, "heads": 3, "features": 16, "size": (64, 96)}


@pytest.mark.parametrize(
    ("name", "simple", "classic"),
    [
        ("S", 21_722_513, 24_290_577),
        ("B", 85_912_337, 89_994_513),
        ("L", 303_453_201, 308_544_785),
        ("H", 631_107_857, 637_208_849),
        ("12 x 192", 5_552_849, 7_363_857),
        ("6 x 192", 2_883_665, 4_694_673),
    ],
)
def test_counts_are_the_published_ones(name: str, simple: int, classic: int) -> None:
    decoders: dict[Decoder, int] = {"simple": simple, "classic": classic}
    with torch.device("meta"):
        for decoder, count in decoders.items():
            net = ViTPose(decoder=decoder, **SIZES[name])
            assert sum(p.numel() for p in net.parameters()) == count


@pytest.mark.parametrize(
    ("name", "layers", "products"),
    [("S", 4.31, 0.34), ("B", 16.78, 0.68), ("12 x 192", 1.14, 0.17)],
)
def test_it_costs_what_is_known(name: str, layers: float, products: float) -> None:
    size = SIZES[name]
    build = partial(ViTPose, decoder="simple", every=size["depth"], **size)
    (found,) = measured(replace(card("vitpose-lite"), input_size=(192, 256), build=build))
    attention = 2 * size["depth"] * 192 * 192 * size["width"]
    assert attention / 1e9 == pytest.approx(products, abs=0.005)
    assert (found.multiplications - attention) / 1e9 == pytest.approx(layers, rel=2e-3)


def test_attention_is_the_formula() -> None:
    torch.manual_seed(0)
    layer = Attention(24, 3)
    x = torch.rand(2, 10, 24)
    query, key, value = (
        part.reshape(2, 10, 3, 8).transpose(1, 2) for part in layer.qkv(x).chunk(3, dim=-1)
    )
    wanted = F.scaled_dot_product_attention(query, key, value)
    assert torch.allclose(layer(x), layer.proj(wanted.transpose(1, 2).reshape(2, 10, 24)))


def test_tokens_have_no_order_of_their_own() -> None:
    """Tokens that change places together with their positions are the same tokens."""
    torch.manual_seed(0)
    net = ViTPose(**TINY).eval().backbone
    torch.nn.init.normal_(net.pos_embed)
    image = torch.rand(1, 3, 96, 64)
    order = torch.randperm(24)
    with torch.inference_mode():
        plain = net.patch_embed(image).flatten(2).transpose(1, 2) + net.pos_embed[:, 1:]
        x, y = plain + net.pos_embed[:, :1], plain[:, order] + net.pos_embed[:, :1]
        for block, state in zip(net.blocks, net.states(image), strict=True):
            x, y = block(x), block(y)
            assert torch.allclose(x, state, atol=1e-5)
            assert torch.allclose(x[:, order], y, atol=1e-5)


@pytest.mark.parametrize("decoder", ["simple", "classic"])
def test_a_stage_is_the_decoder_after_a_block(decoder: Decoder) -> None:
    torch.manual_seed(0)
    net = ViTPose(decoder=decoder, every=2, joints=5, **TINY).eval()
    image = torch.rand(2, 3, 96, 64)
    with torch.inference_mode():
        stages, states = net(image), list(net.backbone.states(image))
        assert len(states) == 4
        for stage, tokens in zip(stages, states[1::2], strict=True):
            features = net.backbone.last_norm(tokens).transpose(1, 2).reshape(2, 24, 6, 4)
            assert stage.shape == (2, 5, 24, 16)
            assert torch.equal(stage, net.keypoint_head(features))


def test_norms_of_the_decoder_see_all_stages_together() -> None:
    torch.manual_seed(0)
    net = ViTPose(every=2, **TINY).eval()
    torch.nn.init.normal_(net.keypoint_head.final_layer.weight)
    norms = [m for m in net.modules() if isinstance(m, torch.nn.BatchNorm2d)]
    for norm in norms:
        norm.momentum = None  # The average of one batch is its own.
    image = torch.rand(2, 3, 96, 64)
    learning = net.train()(image)
    for norm in norms:
        # Its unbiased variance is a little larger than what normalised the batch.
        count = 2 * 2 * (48 if norm is norms[0] else 192) * 2
        norm.running_var *= (count - 1) / count
    for ours, wanted in zip(net.eval()(image), learning, strict=True):
        assert torch.allclose(ours, wanted, atol=1e-3)


def test_the_classic_decoder_costs_what_its_transposed_convolutions_do() -> None:
    build = partial(ViTPose, width=192, depth=2, heads=3, every=2, features=96)
    (found,) = measured(replace(card("vitpose-lite"), build=build))
    tokens = 144 * (3 * 16 * 16 * 192 + 2 * 12 * 192 * 192) + 2 * 2 * 144 * 144 * 192
    head = 16 * (144 * 192 * 96 + 24 * 24 * 96 * 96) + 48 * 48 * 96 * 17
    assert found.multiplications == tokens + head


def test_another_size_has_positions_in_between() -> None:
    net = ViTPose(**TINY).eval()
    with torch.no_grad():
        net.backbone.pos_embed[0, 1:] = torch.arange(6.0).repeat_interleave(4)[:, None]
    patches = torch.zeros(1, 24, 3, 4)
    rows = net.backbone._positions(patches)[0, 0, :, 0]
    assert rows.tolist() == pytest.approx([0.5, 2.5, 4.5], abs=0.1)


def test_blocks_are_left_out_in_training_only() -> None:
    torch.manual_seed(0)
    net = ViTPose(drop=0.9, **TINY)
    torch.nn.init.normal_(net.keypoint_head.final_layer.weight)
    image = torch.rand(4, 3, 96, 64)
    assert not torch.equal(
        list(net.backbone.states(image))[-1], list(net.backbone.states(image))[-1]
    )
    # The first block is never left out.
    assert torch.equal(
        next(iter(net.backbone.states(image))), next(iter(net.backbone.states(image)))
    )
    net.eval()
    assert torch.equal(net(image)[-1], net(image)[-1])


def test_the_lite_one_starts_with_what_is_known_of_pictures() -> None:
    torch.manual_seed(0)
    net = vitpose_lite().eval()
    looks: list[torch.Tensor] = []
    softmax = net.backbone.blocks[0].attn.softmax
    softmax.register_forward_hook(lambda _module, _given, found: looks.append(found))
    # Twelve soft blobs: neighbouring patches are alike, as in photos.
    image = F.interpolate(torch.randn(2, 3, 5, 5), (192, 192), mode="bicubic")
    with torch.inference_mode():
        stages = net(image)
    y, x = torch.meshgrid(torch.arange(12.0), torch.arange(12.0), indexing="ij")
    places = torch.stack([y, x], -1).reshape(-1, 2)
    apart = torch.cdist(places, places)
    assert looks[0].shape == (2, 3, 144, 144)
    seen = (looks[0] * apart).sum(-1).mean()
    assert seen < 0.6 * apart.mean()
    # Nothing is constant over the batch, and nobody is seen yet.
    assert all(0 < stage.abs().max() < 0.3 for stage in stages)
    table = net.backbone.pos_embed[0, 1:]
    alike = F.normalize(table, dim=1) @ F.normalize(table, dim=1).T
    assert (alike.argmax(1) == torch.arange(144)).all()
