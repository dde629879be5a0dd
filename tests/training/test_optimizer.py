"""Muon for matrices, AdamW for the rest, under one rate."""

import pytest
import torch
from torch import nn

from poseviewer.training.optimizer import Optimizer


@pytest.fixture
def module():
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Conv2d(32, 48, 1, bias=False),
        nn.BatchNorm2d(48),
        nn.Conv2d(48, 48, 7, padding=3, groups=48),
        nn.Conv2d(48, 3, 1),
    ).to(memory_format=torch.channels_last)


def stepped(module, optimizer, rate):
    before = [p.detach().clone() for p in module.parameters()]
    images = torch.randn(4, 32, 8, 8, generator=torch.Generator().manual_seed(1))
    module(images).square().sum().backward()
    optimizer.step(rate=rate)
    return [a - b.detach() for a, b in zip(before, module.parameters(), strict=True)]


def test_the_step_of_a_matrix_is_orthogonal_and_as_long_as_one_of_adamw(module):
    change = stepped(module, Optimizer(module, rate=1e-2, decay=0.0), 1e-2)
    matrix = change[0].reshape(48, 32)
    strengths = torch.linalg.svdvals(matrix) / (1e-2 * 0.2 * 48**0.5)
    # Five steps of the iteration leave singular values between 0.5 and 1.5 (Jordan et al.).
    assert strengths.min() > 0.4
    assert strengths.max() < 1.6


def test_everything_else_moves_as_adamw_moves_it(module):
    import copy

    other = copy.deepcopy(module)
    rest = list(other.parameters())[1:]
    adamw = torch.optim.AdamW(
        [
            {"params": [p for p in rest if p.ndim > 1], "weight_decay": 0.05},
            {"params": [p for p in rest if p.ndim <= 1], "weight_decay": 0},
        ],
        lr=1e-2,
    )
    images = torch.randn(4, 32, 8, 8, generator=torch.Generator().manual_seed(1))
    other(images).square().sum().backward()
    adamw.step()
    stepped(module, Optimizer(module, rate=1e-2, decay=0.05), 1e-2)
    for ours, theirs in zip(list(module.parameters())[1:], rest, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_no_gradient_is_left_and_the_rate_is_the_one_given(module):
    optimizer = Optimizer(module, rate=1e-2, decay=0.0)
    change = stepped(module, optimizer, 0.0)
    assert all(p.grad is None for p in module.parameters())
    assert all(not part.any() for part in change)


def test_a_checkpoint_goes_on_where_it_stopped(module):
    import copy

    optimizer = Optimizer(module, rate=1e-2, decay=0.05)
    stepped(module, optimizer, 1e-2)
    again = copy.deepcopy(module)
    resumed = Optimizer(again, rate=1e-2, decay=0.05)
    resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))
    stepped(module, optimizer, 1e-2)
    stepped(again, resumed, 1e-2)
    for one, two in zip(module.parameters(), again.parameters(), strict=True):
        torch.testing.assert_close(one, two)


def test_a_checkpoint_of_another_optimizer_is_refused(module):
    with pytest.raises(KeyError):
        Optimizer(module, rate=1e-2, decay=0.0).load_state_dict({"state": {}, "param_groups": []})
