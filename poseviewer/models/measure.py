"""What a network sees and costs, found by running it once and looking at each operation.

`spans` gives the theoretical receptive field exactly: which pixels each cell of each stage can
have seen. Every operation of a convolutional network treats rows and columns apart, so a first
and a last input pixel for each row and each column of some features say it all, with the
picture's edges and every rounding. `measured` gives its size without the edges, and the
multiplications of every stage.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import partial, reduce
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.weak import WeakIdKeyDictionary

from poseviewer.codec.coords import CoordsCodec
from poseviewer.models.hooks import tensors

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from numpy.typing import NDArray

    from poseviewer.models.card import ModelCard

_aten = torch.ops.aten
_PRODUCTS = (_aten.mm, _aten.addmm, _aten.bmm, _aten.baddbmm)
_MEANS = (_aten.mean, _aten.var_mean, _aten._adaptive_avg_pool2d, _aten.sum)
_POOLS = (_aten.max_pool2d_with_indices, _aten.max_pool2d, _aten.avg_pool2d)
_NEAREST = (_aten.upsample_nearest2d, _aten._upsample_nearest_exact2d)
_SMOOTH = (_aten.upsample_bilinear2d, _aten.upsample_bicubic2d)
_KEEP = (
    _aten.relu, _aten.relu_, _aten.add, _aten.add_, _aten.mul, _aten.mul_, _aten.sub, _aten.div,
    _aten.div_, _aten.cat, _aten.native_batch_norm, _aten.cudnn_batch_norm, _aten.hardtanh,
    _aten.hardtanh_, _aten.leaky_relu, _aten.leaky_relu_, _aten._prelu_kernel, _aten.sigmoid,
    _aten.sigmoid_, _aten.tanh, _aten.silu, _aten.silu_, _aten.elu, _aten.elu_, _aten.clone,
    _aten._to_copy, _aten.detach, _aten.alias, _aten.clamp, _aten.clamp_, _aten.neg, _aten.abs,
    _aten.exp, _aten.pow, _aten.copy_, _aten.contiguous, _aten.expand, _aten.native_dropout,
    _aten._native_batch_norm_legit_no_training, _aten.hardswish, _aten.hardswish_,
    _aten.hardsigmoid, _aten.maximum, _aten.minimum,
)  # fmt: skip
"""Operations that look at no neighbour along rows or columns."""


_Known = TypeVar("_Known")


class _Tracker(TorchDispatchMode, Generic[_Known]):  # type: ignore[no-untyped-call]
    """Follows every tensor that comes of the picture through the operations of a network.

    Args:
        image: The picture.
        known: What is known of it.
        after: What is known of a result, from the operation, its arguments, and the tensors among
            these that come of the picture with what is known of them.
    """

    def __init__(
        self,
        image: Tensor,
        known: _Known,
        after: Callable[[Any, tuple[Any, ...], list[tuple[Tensor, _Known]], Tensor], _Known],
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.cost = 0
        """Multiply-accumulates so far."""

        self.known: MutableMapping[Tensor, _Known] = WeakIdKeyDictionary()
        self.known[image] = known
        self._next = after

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        del types
        out = func(*args, **(kwargs or {}))
        results = list(tensors(out))
        if results:
            self.cost += _multiplications(func.overloadpacket, args, results[0])
        before = [(t, self.known[t]) for t in tensors(list(args)) if t in self.known]
        if before:
            for result in results:
                self.known[result] = self._next(func.overloadpacket, args, before, result)
        return out


def _multiplications(op: Any, args: tuple[Any, ...], result: Tensor) -> int:
    if op is _aten.convolution:
        # Transposed, each number of the input meets the weights of its channel.
        return (args[0] if args[6] else result).numel() * int(args[1][0].numel())
    if op in _PRODUCTS:
        left = args[-2] if op in (_aten.addmm, _aten.baddbmm) else args[0]
        return result.numel() * int(left.shape[-1])
    return 0


@dataclass(frozen=True, slots=True, eq=False)
class Spans:
    """The first and the last input pixel that each cell along one axis can have seen."""

    low: NDArray[np.float64]
    """(n,); infinite where a cell has seen nothing."""

    high: NDArray[np.float64]
    """(n,), included."""

    def at(self, number: int) -> tuple[int, int]:
        """First and last pixel of one cell; 0 and -1 where it has seen nothing but a margin."""
        if not math.isfinite(self.low[number]):
            return 0, -1
        return int(self.low[number]), int(self.high[number])

    def gathered(self, cells: NDArray[np.intp]) -> Spans:
        """Spans of n new cells, each of which looks at some of these (n, looks).

        Those outside see nothing.
        """
        inside = (cells >= 0) & (cells < len(self.low))
        known = np.where(inside, cells, 0)
        return Spans(
            np.where(inside, self.low[known], np.inf).min(axis=1),
            np.where(inside, self.high[known], -np.inf).max(axis=1),
        )

    def joined(self, other: Spans) -> Spans:
        """What a cell has seen that comes of both."""
        return Spans(np.minimum(self.low, other.low), np.maximum(self.high, other.high))


Both = tuple[Spans, Spans]
"""Rows and columns."""


def spans(module: Callable[..., Any], picture: Tensor) -> tuple[Both | None, ...]:
    """Find what every cell of every tensor that a module returns can have seen.

    Args:
        module: In evaluation mode.
        picture: (1, 3, h, w) on the module's device; on `meta` nothing is calculated, but the
            first run there imports half of torch.

    Returns:
        Spans of the rows and of the columns, per tensor; None where cells have no place.
    """
    size = picture.shape[-2], picture.shape[-1]
    start = tuple(Spans(np.arange(n * 1.0), np.arange(n * 1.0)) for n in size)
    tracker = _Tracker[Both](picture, (start[0], start[1]), partial(_spans_after, size))
    with torch.no_grad(), tracker:
        return tuple(
            tracker.known.get(stage) if stage.dim() == 4 else None
            for stage in list(tensors(module(picture)))
        )


def _spans_after(
    size: tuple[int, int],
    op: Any,
    args: tuple[Any, ...],
    before: list[tuple[Tensor, Both]],
    result: Tensor,
) -> Both:
    def along(axis: int) -> Spans:
        count = result.shape[axis - 2] if result.dim() == 4 else 1
        source, first = before[0][0], before[0][1][axis]
        if result.dim() == source.dim() == 4:
            cells = _cells(op, args, axis, source.shape[axis - 2], count)
            if cells is not None:
                return first.gathered(cells)
            parts = [_spread(both[axis], count) for _, both in before]
            if op in _KEEP and None not in parts:
                return reduce(Spans.joined, [part for part in parts if part is not None])
        # Whatever is not known joins everything.
        return Spans(np.zeros(count), np.full(count, size[axis] - 1.0))

    return along(0), along(1)


def _spread(seen: Spans, count: int) -> Spans | None:
    """Spans for `count` cells: as they are, or one for all; None where neither fits."""
    if len(seen.low) == count:
        return seen
    return seen.gathered(np.zeros((count, 1), np.intp)) if len(seen.low) == 1 else None


def _cells(
    op: Any, args: tuple[Any, ...], axis: int, given: int, count: int
) -> NDArray[np.intp] | None:
    """Which cells of its input each cell of a result looks at along an axis; None if unknown.

    Returns:
        (count, looks); numbers outside the input are of its margin.
    """
    cells = np.arange(count)[:, None]
    if op is _aten.convolution:
        taps = np.arange(int(args[1].shape[axis - 2]))
        stride, pad, gap = (_of(args[place], axis) for place in (3, 4, 5))
        if not args[6]:
            return cells * stride - pad + taps * gap
        # Transposed: the cells whose window, going the other way, holds this one.
        back = cells + pad - taps * gap
        return np.where(back % stride == 0, back // stride, -1)
    if op in _POOLS:
        kernel = _of(args[1], axis)
        stride = _of(args[2], axis) if len(args) > 2 and args[2] else kernel
        pad = _of(args[3], axis) if len(args) > 3 else 0
        gap = _of(args[4], axis) if len(args) > 4 and op is not _aten.avg_pool2d else 1
        return cells * stride - pad + np.arange(kernel) * gap
    if op in _NEAREST:
        return np.minimum(cells * given // count, given - 1)
    if op in _SMOOTH:
        reach = 0 if op is _aten.upsample_bilinear2d else 1
        if args[2] is True:
            at = cells * (given - 1) / max(count - 1, 1)
        else:
            at = (cells + 0.5) * given / count - 0.5
        looks = np.floor(at).astype(np.intp) + np.arange(-reach, 2 + reach)
        return looks.clip(0, given - 1)
    if str(op).startswith("aten.constant_pad"):
        # Pairs from the last axis backwards: columns first.
        place = 2 * (1 - axis)
        before = int(args[1][place]) if len(args[1]) > place else 0
        return cells - before
    return None


def _of(value: Any, axis: int) -> int:
    """What an argument says of an axis: it may have one number for both."""
    if isinstance(value, list | tuple):
        return int(value[axis if len(value) > 1 else 0])
    return int(value)


@dataclass(frozen=True, slots=True)
class StageMeasure:
    """One stage of a network, for one picture of the card's input size."""

    multiplications: int
    """Multiply-accumulates up to and with this stage; what papers often print as FLOPs."""

    receptive_field: int | None
    """Side of the square of input pixels that one of its cells depends on, be it larger than the
    picture; None where layers join all cells."""


def measured(card: ModelCard) -> tuple[StageMeasure, ...]:
    """Measure every stage of a card's network at the card's input size.

    A later stage of a cascade looks once at the box of every joint.
    """
    width, height = card.input_size
    if card.graph is not None:
        from poseviewer.models.graph_files.measure import graph_measure

        return tuple(
            StageMeasure(cost, None if math.isinf(side) else round(side))
            for cost, side in graph_measure(card.graph, card.input_size)
        )
    with torch.device("meta"):
        module: Callable[..., tuple[Tensor, ...]] = card.build().eval()
        image = torch.zeros(1, 3, height, width)
    tracker: _Tracker[_Reach] = _Tracker(
        image, _Reach(1, 1, 0), lambda *step: _reach_after(*step, cost=tracker.cost)
    )
    with torch.no_grad(), tracker, torch.device("meta"):
        found = [tracker.known.get(stage) for stage in module(image)]
    costs = [tracker.cost if reach is None else reach.cost for reach in found]
    if isinstance(card.codec, CoordsCodec):
        looks = len(card.stages[0].channels)
        costs = [costs[0] + looks * (cost - costs[0]) for cost in costs]
    return tuple(
        StageMeasure(cost, None if reach is None or math.isinf(reach.side) else round(reach.side))
        for cost, reach in zip(costs, found, strict=True)
    )


@dataclass(frozen=True, slots=True)
class _Reach:
    """What a cell of some features depends on, wherever it lies."""

    side: float
    """Of the receptive field, input pixels."""

    step: float
    """Input pixels between two cells."""

    cost: int
    """Multiply-accumulates done before it was ready."""


def _reach_after(
    op: Any,
    args: tuple[Any, ...],
    before: list[tuple[Tensor, _Reach]],
    result: Tensor,
    *,
    cost: int,
) -> _Reach:
    side, step = max(r.side for _, r in before), max(r.step for _, r in before)
    if op is _aten.convolution:
        kernel, stride, dilation = args[1].shape[-1], args[3][-1], args[5][-1]
        return _Reach(side + (kernel - 1) * dilation * step, step * stride, cost)
    if op in _POOLS:
        kernel = args[1][-1]
        stride = args[2][-1] if len(args) > 2 and args[2] else kernel
        return _Reach(side + (kernel - 1) * step, step * stride, cost)
    if op in _PRODUCTS or op in _MEANS:
        return _Reach(math.inf, step, cost)
    source = before[0][0]
    if source.dim() == result.dim() == 4 and len(before) == 1:
        # An enlargement has more cells on the same picture.
        step *= source.shape[-1] / result.shape[-1] if result.shape[-1] > source.shape[-1] else 1
    return _Reach(side, step, cost)
