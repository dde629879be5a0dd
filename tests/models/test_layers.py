"""A look inside a module: every layer once, hooks that go, activations of the very prefix."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from poseviewer.models.hooks import influence, layers, planes, strongest, tapped
from poseviewer.models.measure import spans


class Again(nn.Module):
    """Calls one module twice, has one that is never called, and returns a pair."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(inplace=True))
        self.shared = nn.Conv2d(4, 4, 1)
        self.alias = self.shared
        self.idle = nn.Conv2d(4, 4, 1)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        """An image to both answers of the shared module."""
        one = self.shared(self.first(image))
        return one, self.shared(one * 2)


class Mixed(nn.Module):
    """All that a pose network is made of, with a skip, at stride 4 and back to 2."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 2, 7, 2, 3)
        self.pool = nn.MaxPool2d(3, 2, 1)
        self.deep = nn.Conv2d(2, 2, 3, padding=2, dilation=2)
        self.rise = nn.ConvTranspose2d(2, 2, 4, 2, 1)
        self.norm = nn.BatchNorm2d(2)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """An image to features at three strides."""
        fine = torch.relu(self.norm(self.stem(image)))
        low = self.deep(self.pool(fine))
        up = nn.functional.interpolate(low, scale_factor=2.0, mode="nearest")
        soft = nn.functional.interpolate(low, scale_factor=2.0, mode="bilinear")
        return low, fine[:, :, : up.shape[2]] + up, torch.cat([self.rise(low), soft], dim=1)


@pytest.fixture
def again() -> Again:
    torch.manual_seed(0)
    return Again().eval()


@pytest.fixture
def picture() -> Tensor:
    return torch.randn(1, 3, 8, 6, generator=torch.Generator().manual_seed(1))


def hooked(module: nn.Module) -> list[str]:
    return [name for name, inner in module.named_modules() if inner._forward_hooks]


def test_every_module_is_listed_once(again: Again, picture: Tensor) -> None:
    found = layers(again, [(again, picture)])
    assert [layer.path for layer in found] == [name for name, _ in again.named_modules()]
    leaves = [layer.path for layer in found if layer.leaf]
    assert leaves == ["first.0", "first.1", "shared", "idle"]
    by = {layer.path: layer for layer in found}
    assert by["first.0"].parameters == 3 * 4 * 9 + 4
    assert by[""].parameters == sum(p.numel() for p in again.parameters())
    assert [(o.call, o.part, o.shape) for o in by["shared"].outputs] == [
        (0, 0, (4, 8, 6)),
        (1, 0, (4, 8, 6)),
    ]
    assert [(o.call, o.part) for o in by[""].outputs] == [(0, 0), (0, 1)]
    assert by["idle"].outputs == ()
    assert hooked(again) == []


def test_activations_are_those_of_the_prefix_though_the_next_layer_works_in_place(
    again: Again, picture: Tensor
) -> None:
    with torch.inference_mode():
        with tapped(again.first[0]) as before:
            assert hooked(again) == ["first.0"]
            again(picture)
        assert hooked(again) == []
        expected = again.first[0](picture)
        assert (expected < 0).any()
        assert torch.equal(before[0], expected)
        with tapped(again.shared) as calls:
            one, two = again(picture)
        assert torch.equal(calls[0], one)
        assert torch.equal(calls[1], two)


def test_hooks_go_even_when_the_network_fails(again: Again) -> None:
    with pytest.raises(RuntimeError), tapped(again.shared):
        again(torch.zeros(1, 5, 8, 6))
    assert hooked(again) == []
    with pytest.raises(RuntimeError):
        layers(again, [(again, torch.zeros(1, 5, 8, 6))])
    assert hooked(again) == []


def test_strongest_is_by_mean_absolute_activation() -> None:
    values = torch.zeros(4, 2, 2)
    values[1] = -3
    values[2, 0, 0] = 8
    values[3] = 1
    order, strength = strongest(values, 3)
    assert order.tolist() == [1, 2, 3]
    assert strength.tolist() == [0, 3, 2, 1]


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((1, 5, 3, 2), (5, 3, 2)),
        ((1, 7), (7, 1, 1)),
        ((1, 5, 4), (5, 1, 4)),
        ((1, 2, 3, 4, 5), (2, 12, 5)),
    ],
)
def test_whatever_the_rank_there_are_planes(
    shape: tuple[int, ...], expected: tuple[int, ...]
) -> None:
    assert tuple(planes(torch.zeros(shape)).shape) == expected


def positive() -> Mixed:
    """A network in which nothing cancels and nothing is cut off."""
    module = Mixed().eval()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.fill_(0.1)
    # A maximum passes one gradient on; a mean passes all of its window.
    module.pool = nn.AvgPool2d(3, 2, 1)  # type: ignore[assignment]
    return module


@pytest.mark.parametrize("size", [(36, 28), (33, 27)])
def test_spans_are_the_support_of_the_gradient(size: tuple[int, int]) -> None:
    module = positive()
    if size == (33, 27):
        # Odd sides do not come back to the same size; the first stage alone then.
        module.forward = lambda image: (module.deep(module.pool(module.stem(image))),)  # type: ignore[method-assign]
    picture = torch.rand(1, 3, size[1], size[0])
    found = spans(module, picture)
    for stage, both in enumerate(found):
        assert both is not None
        height, width = len(both[0].low), len(both[1].low)
        for y, x in [(0, 0), (height // 2, width // 2), (height - 1, width - 1), (1, width - 2)]:
            heat, _ = influence(
                lambda p, s=stage, y=y, x=x: module(p)[s][0, :, y, x].sum()[None], picture
            )
            rows = np.flatnonzero(heat.numpy().any(axis=1))
            columns = np.flatnonzero(heat.numpy().any(axis=0))
            assert both[0].at(y) == (rows[0], rows[-1]), (stage, y)
            assert both[1].at(x) == (columns[0], columns[-1]), (stage, x)


def test_what_joins_all_cells_sees_everything() -> None:
    class Squeezed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3, padding=1)

        def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
            x = self.conv(image)
            return x * x.mean(dim=(2, 3), keepdim=True), x.flatten(1)

    scaled, flat = spans(Squeezed().eval(), torch.zeros(1, 3, 9, 12))
    assert scaled is not None
    assert scaled[0].at(4) == (0, 8)
    assert scaled[1].at(0) == (0, 11)
    assert flat is None


def test_a_margin_has_been_seen_by_nobody() -> None:
    module = nn.Sequential(nn.ZeroPad2d((3, 4, 1, 2)), nn.Conv2d(3, 1, 3)).eval()
    (both,) = spans(module, torch.zeros(1, 3, 8, 10))
    assert both is not None
    rows, columns = both
    assert [rows.at(y) for y in (0, 4, 8)] == [(0, 1), (3, 5), (7, 7)]
    assert [columns.at(x) for x in (0, 1, 5, 12, 13)] == [
        (0, -1), (0, 0), (2, 4), (9, 9), (0, -1),
    ]  # fmt: skip


def test_influence_is_the_gradient_summed_over_colours() -> None:
    weights = torch.tensor([[1.0, -2.0, 0.5], [0.0, 1.0, 0.0]])
    heat, numbers = influence(
        lambda p: torch.stack([(p[0, :, 1, 2] * w).sum() for w in weights]), torch.ones(1, 3, 3, 4)
    )
    assert numbers.tolist() == [-0.5, 1.0]
    assert heat[1, 2] == 3.5 + 1.0
    assert heat.sum() == heat[1, 2]
