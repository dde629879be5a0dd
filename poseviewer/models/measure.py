"""What a network costs and sees: multiplications and receptive field of every stage.

Found by running the module on tensors without numbers and looking at each operation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from poseviewer.models.card import ModelCard

_aten = torch.ops.aten
_PRODUCTS = (_aten.mm, _aten.addmm, _aten.bmm, _aten.baddbmm)
_POOLS = (_aten.max_pool2d_with_indices, _aten.max_pool2d, _aten.avg_pool2d)
_MEANS = (_aten.mean, _aten.var_mean, _aten._adaptive_avg_pool2d, _aten.sum)


@dataclass(frozen=True, slots=True)
class StageMeasure:
    """One stage of a network, for one picture of the card's input size."""

    multiplications: int
    """Multiply-accumulates up to and with this stage; what papers often print as FLOPs."""

    field: int | None
    """Side of the square of input pixels that one of its cells depends on, be it larger than the
    picture; None where layers join all cells."""


@dataclass(frozen=True, slots=True)
class _Reach:
    """What a cell of some features depends on."""

    side: float
    """Of the receptive field, input pixels."""

    step: float
    """Input pixels between two cells."""

    cost: int
    """Multiply-accumulates done before it was ready."""


class _Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Follows every tensor that comes of the picture."""

    def __init__(self, image: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.cost = 0
        # The tensors are kept, lest another one takes the place of a forgotten one.
        self._seen: dict[int, tuple[Tensor, _Reach]] = {id(image): (image, _Reach(1, 1, 0))}

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        del types
        out = func(*args, **(kwargs or {}))
        result = out[0] if isinstance(out, tuple | list) else out
        if isinstance(result, Tensor):
            self.cost += _multiplications(func.overloadpacket, args, result)
            before = [(t, r) for t in _tensors(args) if (r := self.reach(t)) is not None]
            if before:
                after = _after(func.overloadpacket, args, before, result)
                for tensor in _tensors([out]):
                    self._seen[id(tensor)] = tensor, _Reach(after.side, after.step, self.cost)
        return out

    def reach(self, tensor: Tensor) -> _Reach | None:
        """What a tensor depends on; None where it does not come of the picture."""
        found = self._seen.get(id(tensor))
        return found[1] if found else None


def measured(card: ModelCard) -> tuple[StageMeasure, ...]:
    """Cost and receptive field of every stage of a card's network, at the card's input size.

    A later stage of a cascade looks once at the box of every joint.
    """
    width, height = card.input_size
    with torch.device("meta"):
        module: Callable[..., tuple[Tensor, ...]] = card.build().eval()
        image = torch.zeros(1, 3, height, width)
    with torch.no_grad(), _Watch(image) as watch, torch.device("meta"):
        stages = module(image)
        found = [watch.reach(stage) for stage in stages]
    costs = [watch.cost if reach is None else reach.cost for reach in found]
    if card.stages[0].kind == "coords":
        looks = len(card.stages[0].channels)
        costs = [costs[0] + looks * (cost - costs[0]) for cost in costs]
    return tuple(
        StageMeasure(cost, None if reach is None or math.isinf(reach.side) else round(reach.side))
        for cost, reach in zip(costs, found, strict=True)
    )


def _tensors(values: Any) -> Iterator[Tensor]:
    for value in values:
        if isinstance(value, Tensor):
            yield value
        elif isinstance(value, tuple | list):
            yield from _tensors(value)


def _multiplications(op: Any, args: tuple[Any, ...], result: Tensor) -> int:
    if op is _aten.convolution:
        return result.numel() * int(args[1][0].numel())
    if op in _PRODUCTS:
        left = args[-2] if op in (_aten.addmm, _aten.baddbmm) else args[0]
        return result.numel() * int(left.shape[-1])
    return 0


def _after(
    op: Any, args: tuple[Any, ...], before: list[tuple[Tensor, _Reach]], result: Tensor
) -> _Reach:
    """What a result depends on, given what its inputs do."""
    side, step = max(r.side for _, r in before), max(r.step for _, r in before)
    if op is _aten.convolution:
        kernel, stride, dilation = args[1].shape[-1], args[3][-1], args[5][-1]
        return _Reach(side + (kernel - 1) * dilation * step, step * stride, 0)
    if op in _POOLS:
        kernel = args[1][-1]
        stride = args[2][-1] if len(args) > 2 and args[2] else kernel
        return _Reach(side + (kernel - 1) * step, step * stride, 0)
    if op in _PRODUCTS or op in _MEANS:
        return _Reach(math.inf, step, 0)
    source = before[0][0]
    if source.dim() == result.dim() == 4 and len(before) == 1:
        # An enlargement has more cells on the same picture.
        step *= source.shape[-1] / result.shape[-1] if result.shape[-1] > source.shape[-1] else 1
    return _Reach(side, step, 0)
