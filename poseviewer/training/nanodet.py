"""NanoDet-Plus: the finder starts from its weights.

NanoDet-Plus-m (RangiLyu, 2021, Apache-2.0; trained on COCO train 2017) is published, among other
forms, for ncnn: a list of layers, and the weights of its convolutions one after the other in a
file of bytes beside it. They are needed for training only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np
import torch

from poseviewer.core.errors import PoseViewerError
from poseviewer.core.reading import reading

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from torch import Tensor, nn

    from poseviewer.models.finder_lite import FinderLite

_HALF = 0x01306B47
"""What stands before weights of sixteen bits; 0 before such of 32."""

_WORD = 4
_CLASSES = 80
_MEAN, _SCALE = (103.53, 116.28, 123.675), (57.375, 57.12, 58.395)
"""What it takes from blue, green and red, and by what it divides."""


def load_nanodet(finder: FinderLite, path: Path) -> None:
    """Begin where NanoDet-Plus-m is: its person is ours, and its other classes are left out.

    Args:
        finder: Whose weights change, all but those of the joints' edges.
        path: The file of bytes (`.bin`) of ncnn.

    Raises:
        PoseViewerError: It is not one of NanoDet-Plus-m.
    """
    with reading(path, kind="the weights of NanoDet-Plus-m for ncnn"):
        data = path.read_bytes()
    layers, at = list(layers_of(finder)), 0
    with torch.no_grad(), reading(path, kind="the weights of NanoDet-Plus-m for ncnn"):
        for layer in layers:
            if isinstance(layer, int):
                head = finder.heads[layer]
                edges = cast("nn.Conv2d", head.edges)
                shape = (_CLASSES + len(edges.weight), *edges.weight.shape[1:])
                weight, bias, at = _taken(data, at, shape)
                _put(cast("nn.Conv2d", head.score), weight[:1], bias[:1])
                _put(edges, weight[_CLASSES:], bias[_CLASSES:])
            else:
                weight, bias, at = _taken(data, at, tuple(layer.weight.shape))
                _put(layer, weight, bias)
    if at != len(data):
        msg = f"{path} is not the weights of NanoDet-Plus-m: it is {len(data) - at} bytes too long."
        raise PoseViewerError(msg)
    with torch.no_grad():
        _sees_rgb(cast("nn.Conv2d", finder.trunk.down.stem[0]))


def _taken(data: bytes, at: int, shape: tuple[int, ...]) -> tuple[Tensor, Tensor, int]:
    """Weight and bias of the convolution that begins at a byte, and where the next one begins."""
    count = int(np.prod(shape))
    half = int(np.frombuffer(data, "<u4", 1, at)[0]) == _HALF
    weight = np.frombuffer(data, "<f2" if half else "<f4", count, at + _WORD)
    at += _WORD + -(-weight.nbytes // _WORD) * _WORD
    bias = np.frombuffer(data, "<f4", shape[0], at)
    return (
        torch.from_numpy(weight.astype(np.float32).reshape(shape)),
        torch.from_numpy(bias.astype(np.float32)),
        at + bias.nbytes,
    )


def _put(layer: nn.Conv2d, weight: Tensor, bias: Tensor) -> None:
    layer.weight.copy_(weight)
    cast("Tensor", layer.bias).copy_(bias)


def _sees_rgb(stem: nn.Conv2d) -> None:
    """Have a layer that was made for BGR less its mean read RGB from -1 to 1."""
    mean, scale = (torch.tensor(x).view(1, 3, 1, 1) for x in (_MEAN, _SCALE))
    weight, half = stem.weight.clone(), 127.5
    cast("Tensor", stem.bias).add_((weight * ((half - mean) / scale)).sum((1, 2, 3)))
    stem.weight.copy_((weight * (half / scale)).flip(1))


def layers_of(finder: FinderLite) -> Iterator[nn.Conv2d | int]:
    """The convolutions as they follow each other in the file; a head's number for its last one."""
    trunk, heads = finder.trunk, finder.heads
    order: list[tuple[nn.Module, tuple[str, ...]]] = [(trunk.down.stem, ("0",))]
    for stage in trunk.down.stages:
        first, *others = stage.children()
        order.append((first, ("side.0", "main.0", "main.2", "side.1", "main.3")))
        order += [(unit, ("main.0", "main.2", "main.3")) for unit in others]
    ghosts = [f"main.{i}.{part}" for i in range(2) for part in ("first", "cheap")]
    merged = (*ghosts, "side.0", "side.1")
    separable = ("0", "2")
    order += [(trunk.laterals, ("2.0", "1.0")), (trunk.finer[0], merged)]
    order += [(trunk.laterals, ("0.0",)), (trunk.finer[1], merged)]
    for step, coarser in zip(trunk.steps, trunk.coarser, strict=True):
        order += [(step, separable), (coarser, merged)]
    order += [(beyond, separable) for beyond in trunk.beyond]
    order += [(head, ("hidden.0", "hidden.2")) for head in heads]
    for module, names in order:
        for name in names:
            yield cast("nn.Conv2d", module.get_submodule(name))
    for number in reversed(range(len(heads))):
        for name in ("hidden.4", "hidden.6"):
            yield cast("nn.Conv2d", heads[number].get_submodule(name))
        yield number
