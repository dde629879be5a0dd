"""The depthwise-separable pieces from which the lite networks are built."""

from __future__ import annotations

from typing import cast

from torch import Tensor, nn


def normed(
    channels_in: int, channels_out: int, *, kernel: int = 1, groups: int = 1
) -> nn.Sequential:
    """A convolution of the same size followed by batch norm, without an activation."""
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, kernel, 1, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(channels_out),
    )


class SeparableResidual(nn.Module):
    """Depthwise k x k, norm, ReLU, pointwise, norm, added to the input."""

    def __init__(self, channels: int, *, kernel: int = 3) -> None:
        super().__init__()
        self.depthwise = normed(channels, channels, kernel=kernel, groups=channels)
        self.pointwise = normed(channels, channels)
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        """Features (n, channels, h, w) to features of the same shape."""
        return cast("Tensor", self.relu(x + self.pointwise(self.relu(self.depthwise(x)))))


def belief_head(channels: int, maps: int) -> nn.Conv2d:
    """The last 1x1 of a stage, initialised almost at zero.

    Nearly every target cell is zero; with the default initialisation (and no norm before
    this layer) the same networks had learnt nothing after twenty minutes.
    """
    head = nn.Conv2d(channels, maps, 1)
    nn.init.normal_(head.weight, std=1e-3)
    nn.init.zeros_(head.bias)  # type: ignore[arg-type]
    return head
