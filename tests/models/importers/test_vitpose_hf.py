"""ViTPose gives the numbers that Hugging Face's transformers gives, from the same file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch

from poseviewer.models.importers.checkpoint import match
from poseviewer.models.importers.files import Contents
from poseviewer.models.importers.vitpose import VITPOSE_HF
from poseviewer.models.vitpose import ViTPose
from tests.models.importers.make_vitpose_hf import DEPTH, HEADS, SIZE, WIDTH, waves

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from poseviewer.models.vitpose import Decoder

STORED = Path(__file__).with_name("vitpose_hf.npz")


def loaded(decoder: Decoder) -> tuple[ViTPose, dict[str, NDArray[Any]]]:
    """Our network with the tensors of transformers' file, in float64, and what that answered."""
    with np.load(STORED) as file:
        answers = {
            name.removeprefix(f"{decoder} "): file[name]
            for name in file
            if name.startswith(decoder)
        }
    shapes = json.loads(str(answers.pop("shapes")))
    tensors = {name: waves(name, shape) for name, shape in shapes.items()}
    contents = VITPOSE_HF.prepared(Contents("safetensors file", tensors))
    net = ViTPose(size=SIZE, width=WIDTH, depth=DEPTH, heads=HEADS, decoder=decoder)
    ours = {name: tuple(tensor.shape) for name, tensor in net.state_dict().items()}
    places = match(contents.shapes, ours, rename=VITPOSE_HF.rename)
    assert places.complete, places
    net.load_state_dict(
        {place: contents.tensors[name] for place, name in places.places.items()}, strict=False
    )
    return net.eval().double(), answers


@pytest.mark.parametrize("decoder", ["simple", "classic"])
def test_it_equals_transformers(decoder: Decoder) -> None:
    net, wanted = loaded(decoder)
    attention: list[torch.Tensor] = []
    for block in net.backbone.blocks:
        block.attn.softmax.register_forward_hook(lambda _m, _x, found: attention.append(found[0]))
    image = waves("image", [1, 3, SIZE[1], SIZE[0]]) * 20
    with torch.inference_mode():
        maps = net(image)[-1][0]
        seen = torch.stack(attention)
        states = torch.cat(list(net.backbone.states(image)))
    for ours, name in ((maps, "maps"), (states, "states"), (seen, "attention")):
        assert ours.shape == wanted[name].shape
        assert np.abs(ours.numpy() - wanted[name]).max() < 1e-6, name
    # The answers say something: they differ from place to place and from joint to joint.
    assert wanted["maps"].std(axis=(1, 2)).min() > 0.1
    assert wanted["attention"].max() > 0.5


def test_query_key_and_value_are_the_rows_of_one_matrix() -> None:
    name = "backbone.encoder.layer.3.attention.attention."
    apart = {f"{name}{part}.bias": torch.full((2,), i) for i, part in enumerate(("query", "key"))}
    half = VITPOSE_HF.prepared(Contents("safetensors file", dict(apart)))
    assert half.tensors.keys() == apart.keys()
    apart[f"{name}value.bias"] = torch.full((2,), 2)
    joined = VITPOSE_HF.prepared(Contents("safetensors file", apart)).tensors
    assert joined[f"{name}qkv.bias"].tolist() == [0, 0, 1, 1, 2, 2]
    assert VITPOSE_HF.rename(f"{name}qkv.bias") == "backbone.blocks.3.attn.qkv.bias"
