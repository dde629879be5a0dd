"""The paper's hourglass against its published counts and key layouts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
import torch

from poseviewer.models.hourglass import Residual, StackedHourglass

if TYPE_CHECKING:
    from pathlib import Path


def count(module: torch.nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize(
    ("stacks", "modules", "parameters"),
    [
        (1, 1, 3_426_448),
        (2, 1, 6_570_400),
        (4, 1, 12_858_304),
        (8, 1, 25_434_112),
        (4, 2, 24_871_872),
        (2, 4, 24_590_752),
        (1, 8, 24_450_192),
    ],
)
def test_parameters_of_the_paper(stacks: int, modules: int, parameters: int) -> None:
    with torch.device("meta"):
        assert count(StackedHourglass(stacks=stacks, modules=modules)) == parameters


@pytest.mark.parametrize(
    ("stacks", "parameters"), [(1, 3_586_960), (2, 6_730_912), (4, 13_018_816), (8, 25_594_624)]
)
def test_parameters_with_the_bearpaw_stem(stacks: int, parameters: int) -> None:
    with torch.device("meta"):
        assert count(StackedHourglass(stacks=stacks, stem="bearpaw")) == parameters


def test_one_residual() -> None:
    with torch.device("meta"):
        assert count(Residual(256, 256)) == 214_528


@pytest.mark.parametrize("stacks", [1, 2, 8])
def test_tensors_are_named_as_bearpaw_names_them(shared: Path, stacks: int) -> None:
    layout = json.loads((shared / f"oracles/keylayouts/bearpaw_hg{stacks}.json").read_text())
    with torch.device("meta"):
        ours = StackedHourglass(stacks=stacks, stem="bearpaw").state_dict()
    named = {k: list(v.shape) for k, v in ours.items() if not k.endswith("num_batches_tracked")}
    theirs = {k: v for k, v in layout["keys"].items() if not k.endswith("num_batches_tracked")}
    assert named == theirs


@pytest.mark.parametrize("stem", ["paper", "bearpaw"])
def test_stages_do_not_depend_on_later_ones(stem: str) -> None:
    torch.manual_seed(0)
    long = StackedHourglass(stacks=2, stem=stem).eval()  # type: ignore[arg-type]
    short = StackedHourglass(stacks=1, stem=stem).eval()  # type: ignore[arg-type]
    short.load_state_dict(long.state_dict(), strict=False)
    image = torch.rand(1, 3, 64, 64)
    with torch.inference_mode():
        one, two = long(image)
        assert torch.equal(short(image)[0], one)
    assert one.shape == two.shape == (1, 16, 16, 16)
    assert not torch.equal(one, two)


def test_every_stack_learns_from_its_own_prediction() -> None:
    net = StackedHourglass(stacks=2)
    net(torch.rand(2, 3, 64, 64))[0].square().mean().backward()  # type: ignore[no-untyped-call]
    assert net.score[0].weight.grad is not None
    assert net.score[1].weight.grad is None
    assert net.fc_[0].weight.grad is None
