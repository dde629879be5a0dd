"""The depthwise-separable pieces from which the lite networks are built."""

from __future__ import annotations

from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class _QuickGradient(torch.autograd.Function):
    """A depthwise convolution whose gradient is worked out in float32.

    oneDNN's bfloat16 gradient of a 5x5 or strided depthwise convolution is 4 to 17 times
    slower on a CPU than its float32 one; a third of a training step went there.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, stride: int, padding: int) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.padding = stride, padding
        return F.conv2d(x, weight, None, stride, padding, 1, len(weight))

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        x, weight = ctx.saved_tensors
        step, pad = [ctx.stride] * 2, [ctx.padding] * 2
        into_x, into_weight, _ = torch.ops.aten.convolution_backward(
            gradients[0].float(),
            x.float(),
            weight.float(),
            None,
            step,
            pad,
            [1, 1],
            False,
            [0, 0],
            len(weight),
            [True, True, False],
        )
        return into_x.to(x.dtype), into_weight.to(weight.dtype), None, None


class Depthwise(nn.Conv2d):
    """A depthwise k x k convolution, quick to train in bfloat16 on a CPU.

    Args:
        channels: In and out.
        kernel: k, odd.
        stride: Of both axes.
        padding: On every side; what keeps the size at stride 1 where None.
        bias: Whether there is one.
    """

    def __init__(
        self,
        channels: int,
        *,
        kernel: int,
        stride: int = 1,
        padding: int | None = None,
        bias: bool = False,
    ) -> None:
        pad = kernel // 2 if padding is None else padding
        super().__init__(channels, channels, kernel, stride, pad, groups=channels, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, channels, h, w) to (n, channels, h/stride, w/stride)."""
        slow = self.kernel_size[0] > 3 or self.stride[0] > 1
        learning = self.training and self.weight.requires_grad and torch.is_grad_enabled()
        bfloat16 = x.device.type == "cpu" and torch.is_autocast_enabled("cpu")
        if not (slow and learning and bfloat16):
            return super().forward(x)
        kind = torch.get_autocast_dtype("cpu")
        y: Tensor = _QuickGradient.apply(  # type: ignore[no-untyped-call]
            x.to(kind), self.weight.to(kind), self.stride[0], int(self.padding[0])
        )
        return y if self.bias is None else y + self.bias.to(kind)[:, None, None]


def pointwise(channels_in: int, channels_out: int) -> nn.Sequential:
    """A 1x1 convolution and batch norm, without an activation."""
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, 1, bias=False), nn.BatchNorm2d(channels_out)
    )


class SeparableResidual(nn.Module):
    """Depthwise k x k, norm, ReLU, pointwise, norm, added to the input."""

    def __init__(self, channels: int, *, kernel: int = 3) -> None:
        super().__init__()
        self.depthwise = nn.Sequential(Depthwise(channels, kernel=kernel), nn.BatchNorm2d(channels))
        self.pointwise = pointwise(channels, channels)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, channels, h, w) to features of the same shape."""
        return cast("Tensor", self.relu(x + self.pointwise(self.relu(self.depthwise(x)))))


def belief_head(
    channels: int, maps: int, *, background: bool = False, kernel: int = 1
) -> nn.Conv2d:
    """Make the last convolution of a stage, initialised to answer that there is no person.

    Nearly every target cell is zero (one in the background map, the last); with the default
    initialisation (and no norm before this layer) the same networks had learnt nothing
    after twenty minutes.
    """
    head = nn.Conv2d(channels, maps, kernel, padding=kernel // 2)
    nn.init.normal_(head.weight, std=1e-3)
    bias = torch.zeros(maps)
    if background:
        bias[-1] = 1.0
    head.bias = nn.Parameter(bias)
    return head
