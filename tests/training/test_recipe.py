"""Loss and learning rate."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from poseviewer.training.recipe import Plan, belief_loss, learning_rate

PLAN = Plan(Path(), Path(), epochs=1, warm_up=0.1, rate=1e-3)


def test_the_rate_rises_then_falls_to_nothing() -> None:
    assert learning_rate(PLAN, 0) < 1e-4
    assert learning_rate(PLAN, 0.05) == pytest.approx(5e-4)
    assert learning_rate(PLAN, 0.1) == pytest.approx(1e-3)
    assert learning_rate(PLAN, 0.55) == pytest.approx(5e-4)
    assert learning_rate(PLAN, 1.0) == pytest.approx(1e-6)
    assert learning_rate(PLAN, 1.7) == pytest.approx(1e-6)


def test_every_stage_is_supervised_unless_told_otherwise() -> None:
    target = torch.rand(2, 3, 4, 4)
    stages = tuple(torch.zeros(2, 3, 4, 4, requires_grad=True) for _ in range(3))
    weight = torch.ones(2, 3)
    whole = belief_loss(stages, target, weight)
    last = belief_loss(stages, target, weight, every=False)
    assert whole.item() == pytest.approx(3 * last.item())
    last.backward()  # type: ignore[no-untyped-call]
    assert stages[0].grad is None
    assert stages[2].grad is not None


def test_unlabelled_maps_do_not_count() -> None:
    target = torch.rand(1, 2, 4, 4)
    maps = target.clone()
    maps[:, 1] += 5
    weight = torch.tensor([[1.0, 0.0]])
    assert belief_loss((maps,), target, weight).item() == 0
    assert torch.isfinite(belief_loss((maps,), target, torch.zeros(1, 2)))


def test_peaks_weigh_ten_times_an_empty_cell() -> None:
    target = torch.zeros(1, 2, 1, 2)
    target[..., 0] = 1
    weight = torch.ones(1, 2)
    peak, empty = target.clone(), target.clone()
    peak[..., 0] += 1
    empty[..., 1] += 1
    ratio = belief_loss((peak,), target, weight) / belief_loss((empty,), target, weight)
    assert ratio.item() == pytest.approx(10)


def test_in_the_background_map_the_person_is_what_is_rare() -> None:
    target = torch.tensor([[[[1.0, 0.0]], [[0.0, 1.0]]]])
    weight = torch.tensor([[0.0, 1.0]])
    at_person, elsewhere = target.clone(), target.clone()
    at_person[0, 1, 0, 0] += 1
    elsewhere[0, 1, 0, 1] += 1
    ratio = belief_loss((at_person,), target, weight, background=True) / belief_loss(
        (elsewhere,), target, weight, background=True
    )
    assert ratio.item() == pytest.approx(10)
