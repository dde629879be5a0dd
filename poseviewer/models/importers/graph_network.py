"""A torch module that runs the steps of a TensorFlow graph."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from poseviewer.models.importers.graphdef import from_json, tensor_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from poseviewer.models.importers.graphdef import GraphStep

_IMAGE = "image"


def graph_network(
    *, steps: list[dict[str, Any]], outputs: list[str], shapes: dict[str, list[int]]
) -> GraphNetwork:
    """Build a network from its steps as JSON holds them, one output a stage."""
    return GraphNetwork(
        from_json(steps),
        outputs=tuple(outputs),
        shapes={name: tuple(shape) for name, shape in shapes.items()},
    )


class GraphNetwork(nn.Module):
    """Steps that run in order on one picture.

    Args:
        steps: Those that the outputs need; see `Graph.reaching`.
        outputs: The results to return, one a stage.
        shapes: Of every tensor that the steps name.
    """

    def __init__(
        self,
        steps: tuple[GraphStep, ...],
        *,
        outputs: tuple[str, ...],
        shapes: Mapping[str, tuple[int, ...]],
    ) -> None:
        super().__init__()
        self._steps = steps
        self._outputs = outputs
        # What can be forgotten after each step: a graph of 500 steps would fill the memory.
        kept, self._last = set(outputs), []
        for step in reversed(steps):
            self._last.append([name for name in dict.fromkeys(step.inputs) if name not in kept])
            kept.update(step.inputs)
        self._last.reverse()
        learnt = {n for s in steps for n in (s.constants[:2] if s.kind == "norm" else s.constants)}
        for step in steps:
            for name in step.constants:
                tensor = torch.zeros(shapes[name])
                if tensor_name(name) in self._parameters or tensor_name(name) in self._buffers:
                    continue
                if name in learnt:
                    self.register_parameter(tensor_name(name), nn.Parameter(tensor))
                else:
                    self.register_buffer(tensor_name(name), tensor)

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        """The stages (n, channels, h, w) of a normalised picture (n, 3, h, w)."""
        found = {_IMAGE: image}
        for step, last in zip(self._steps, self._last, strict=True):
            found[step.name] = self._run(step, [found[name] for name in step.inputs])
            for name in last:
                del found[name]
        return tuple(found[name] for name in self._outputs)

    def extra_repr(self) -> str:
        """Add to `repr` what differs between networks of the same tensors; engines cache by it."""
        steps = hashlib.sha256(repr((self._steps, self._outputs)).encode()).hexdigest()
        return f"{len(self._steps)} steps, {steps[:16]}"

    def _run(self, step: GraphStep, maps: list[Tensor]) -> Tensor:
        x = maps[0]
        tensors: list[Tensor] = [getattr(self, tensor_name(name)) for name in step.constants]
        if step.kind == "conv":
            return _conv(step, x, tensors[0])
        if step.kind == "bias":
            return x + tensors[0].reshape(1, -1, 1, 1)
        if step.kind == "norm":
            return _norm(step, x, tensors)
        if step.kind == "relu":
            return F.relu(x)
        if step.kind == "relu6":
            return F.relu6(x)
        if step.kind == "add":
            return x + maps[1]
        if step.kind == "concat":
            return torch.cat(maps, dim=1)
        if step.kind == "maximum":
            if step.same:
                x = _padded(x, step.size, step.stride, value=float("-inf"))
            return F.max_pool2d(x, step.size, step.stride)
        height, width = step.size or (maps[1].shape[2], maps[1].shape[3])
        return _resized(x, int(height), int(width))


def _conv(step: GraphStep, x: Tensor, kernel: Tensor) -> Tensor:
    size = tuple((n - 1) * step.dilation + 1 for n in kernel.shape[2:])
    if step.same:
        x = _padded(x, size, step.stride)
    groups = x.shape[1] // kernel.shape[1]
    return F.conv2d(x, kernel, None, step.stride, 0, step.dilation, groups)


def _norm(step: GraphStep, x: Tensor, tensors: list[Tensor]) -> Tensor:
    scale, shift, *stored = (t.reshape(1, -1, 1, 1) for t in tensors)
    if step.batch:
        mean = x.mean((0, 2, 3), keepdim=True)
        variance = ((x - mean) ** 2).mean((0, 2, 3), keepdim=True)
    else:
        mean, variance = stored
    factor = scale * torch.rsqrt(variance + step.epsilon)
    return x * factor + (shift - mean * factor)


def _padded(x: Tensor, size: tuple[int, ...], stride: int, *, value: float = 0.0) -> Tensor:
    """TensorFlow's SAME: the odd cell of padding goes below and to the right."""
    edges = []
    for length, kernel in zip((x.shape[3], x.shape[2]), (size[1], size[0]), strict=True):
        more = max((-(-length // stride) - 1) * stride + kernel - length, 0)
        edges += [more // 2, more - more // 2]
    return F.pad(x, edges, value=value) if any(edges) else x


def _resized(x: Tensor, height: int, width: int) -> Tensor:
    """Bilinear as TensorFlow 1 does it: cell g of the result lies at g * old / new."""
    for axis, new in ((2, height), (3, width)):
        old = x.shape[axis]
        place = torch.arange(new, device=x.device, dtype=x.dtype) * (old / new)
        low = place.long()
        # Past the last cell the picture goes on as that cell.
        high = (low + 1).clamp(max=old - 1)
        share = (place - low).reshape((-1, 1) if axis == 2 else (-1,))
        x = x.index_select(axis, low) * (1 - share) + x.index_select(axis, high) * share
    return x
