"""A look inside a module while it runs: through hooks that are gone as soon as it has run."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from poseviewer.core.layer import Layer, LayerOutput

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from torch import nn


def layers(module: nn.Module, runs: Sequence[tuple[nn.Module, Tensor]]) -> tuple[Layer, ...]:
    """Every module inside `module`, outermost first, with what it returns.

    Args:
        module: A module used in several places is listed once, with one output a call.
        runs: What to run to find out, and on which picture (1, 3, h, w).
    """
    names = dict(module.named_modules())
    calls: dict[str, list[list[tuple[int, ...]]]] = {path: [] for path in names}

    def note(path: str, _module: nn.Module, _given: Any, result: Any) -> None:
        calls[path].append([tuple(t.shape[1:]) for t in tensors(result)])

    with ExitStack() as hooks, torch.inference_mode():
        for path, inner in names.items():
            hooks.callback(inner.register_forward_hook(partial(note, path)).remove)
        for network, picture in runs:
            network(picture)
    return tuple(
        Layer(
            path,
            type(inner).__name__,
            sum(p.numel() for p in inner.parameters()),
            tuple(
                LayerOutput(call, part, shape)
                for call, parts in enumerate(calls[path])
                for part, shape in enumerate(parts)
            ),
            leaf=next(inner.children(), None) is None,
        )
        for path, inner in names.items()
    )


@contextmanager
def tapped(module: nn.Module) -> Iterator[list[Tensor]]:
    """What `module` returns while the block runs, tensor by tensor, call by call.

    Copies: the layer after it may work in place.
    """
    found: list[Tensor] = []

    def keep(_module: nn.Module, _given: Any, result: Any) -> None:
        found.extend(t.detach().clone() for t in tensors(result))

    hook = module.register_forward_hook(keep)
    try:
        yield found
    finally:
        hook.remove()


def tensors(value: Any) -> Iterator[Tensor]:
    """The tensors in what a module returns, in order."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, tuple | list):
        for part in value:
            yield from tensors(part)
    elif isinstance(value, dict):
        yield from tensors(list(value.values()))


def strongest(values: Tensor, most: int) -> tuple[Tensor, Tensor]:
    """The channels of (c, h, w) with the greatest mean absolute activation.

    Returns:
        At most `most` numbers, strongest first, and the measure of every channel (c,).
    """
    strength = values.abs().flatten(1).mean(dim=1)
    order = strength.argsort(descending=True, stable=True)
    return order[:most], strength


def planes(values: Tensor) -> Tensor:
    """A batch's first entry as channels of planes (c, h, w), whatever its rank."""
    first = values[0]
    if first.dim() < 2:
        return first.reshape(-1, 1, 1)
    return first.reshape(first.shape[0], -1, first.shape[-1])


def influence(answer: Callable[[Tensor], Tensor], picture: Tensor) -> tuple[Tensor, Tensor]:
    """How much some numbers change with each pixel of a picture.

    Args:
        answer: From a picture to a few numbers (k,).
        picture: (1, 3, h, w).

    Returns:
        (h, w) sum over the numbers and the colours of the absolute gradient, and the numbers.
    """
    with torch.enable_grad():
        seen = picture.detach().clone().requires_grad_()
        numbers = answer(seen)
        total = torch.zeros_like(seen[0, 0])
        for at, number in enumerate(numbers):
            (slope,) = torch.autograd.grad(number, seen, retain_graph=at + 1 < len(numbers))
            total = total + slope[0].abs().sum(dim=0)
    return total.detach(), numbers.detach()
