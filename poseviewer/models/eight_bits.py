"""Weights in eight bits: whole numbers and one scale for each output, half the size of float16.

Each row of a large tensor, the weights of one output, is divided by 1/127 of its largest magnitude
and rounded (symmetric quantisation per channel, Krishnamoorthi 2018, section 3.1). Networks compute
with what `unpacked` gives back, in float32.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

SCALE = ".int8_scale"
"""What the name of a tensor's scales ends with, after the name of the tensor."""

_SMALLEST = 16_384
"""Smaller tensors stay in float16: they weigh little, and depthwise filters are among them."""


def packed(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Large tensors as int8 (n, ...) with float32 scales (n,) beside them, the others in float16.

    Args:
        tensors: Of floats, by name; what has eight bits already stays as it is.
    """
    found: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if tensor.dtype == torch.int8 or name.endswith(SCALE):
            found[name] = tensor
        elif tensor.ndim < 2 or tensor.numel() < _SMALLEST:
            found[name] = tensor.half().contiguous()
        else:
            rows = tensor.float().flatten(1)
            scale = rows.abs().amax(1) / 127
            whole = (rows / scale.clamp(min=torch.finfo(torch.float32).tiny)[:, None]).round()
            found[name] = whole.to(torch.int8).reshape(tensor.shape)
            found[name + SCALE] = scale
    return found


def unpacked(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """What `packed` was given, but for rounding: int8 tensors in float32, the others as they are.

    Raises:
        ValueError: Scales are of no int8 tensor or not one for each of its rows.
    """
    found = {name: tensor for name, tensor in tensors.items() if not name.endswith(SCALE)}
    for name, scale in tensors.items():
        if name.endswith(SCALE):
            whole = found.get(name.removesuffix(SCALE))
            if whole is None or whole.dtype != torch.int8 or scale.shape != whole.shape[:1]:
                msg = f"{name} is not of rows in eight bits"
                raise ValueError(msg)
            by_row = scale.reshape(-1, *[1] * (whole.ndim - 1))
            found[name.removesuffix(SCALE)] = whole.float() * by_row
    return found
