"""Which pixels each cell of each stage can have seen: the theoretical receptive field, exactly.

Found by running the module and looking at each operation. Every operation of a convolutional
network treats rows and columns apart, so a first and a last input pixel for each row and each
column of some features say it all, with the picture's edges and every rounding.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.weak import WeakIdKeyDictionary

from poseviewer.models.hooks import tensors

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

    from numpy.typing import NDArray

_aten = torch.ops.aten
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
    """What every cell of every tensor that a module returns can have seen.

    Args:
        module: In evaluation mode.
        picture: (1, 3, h, w) on the module's device; on `meta` nothing is calculated, but the
            first run there imports half of torch.

    Returns:
        Spans of the rows and of the columns, per tensor; None where cells have no place.
    """
    with torch.no_grad(), _Watch(picture) as watch:
        return tuple(watch.of(stage) for stage in list(tensors(module(picture))))


class _Watch(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Follows every tensor that comes of the picture."""

    def __init__(self, image: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._size = image.shape[-2], image.shape[-1]
        start = tuple(Spans(np.arange(n * 1.0), np.arange(n * 1.0)) for n in self._size)
        self._seen: MutableMapping[Tensor, Both] = WeakIdKeyDictionary()
        self._seen[image] = start[0], start[1]

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        del types
        out = func(*args, **(kwargs or {}))
        before = [(t, self._seen[t]) for t in tensors(list(args)) if t in self._seen]
        if before:
            for tensor in tensors(out):
                rows, columns = (
                    self._after(func.overloadpacket, args, before, tensor, axis) for axis in (0, 1)
                )
                self._seen[tensor] = rows, columns
        return out

    def of(self, tensor: Tensor) -> Both | None:
        """What the cells of a tensor have seen; None where they have no place."""
        return self._seen.get(tensor) if tensor.dim() == 4 else None

    def _after(
        self,
        op: Any,
        args: tuple[Any, ...],
        before: list[tuple[Tensor, Both]],
        result: Tensor,
        axis: int,
    ) -> Spans:
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
        return Spans(np.zeros(count), np.full(count, self._size[axis] - 1.0))


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
